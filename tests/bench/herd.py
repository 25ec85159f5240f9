# SPDX-License-Identifier: MIT
"""Many units that wait for one app at once: what the app has to bear, and when the last one is ready. Called by
tools/bench."""
import itertools
import pathlib
import tempfile
import time
from collections import Counter

from bench_app import App
from cpu import cpu_seconds
from ready import KINDS
from waiters import Loop1, Unitgate

MANY = 100
WAITS = 4.0  # seconds, from when all have begun
BUSY = 0.1   # seconds: requests are counted in spans of this length


class OneOfMany(Unitgate):
    """Each has a spec of its own, and all have the state folder of one host."""
    number = itertools.count()

    def start(self):
        self.spec = f"app-{next(self.number)}"
        return super().start()

    def state(self):
        return self.folder.parent / "state"


def one_round(bench, waiter, first):
    """ms until each knows; requests in the busiest span before and after the app turns, each as requests a second;
    CPU time of all while they wait, in cores."""
    app = App(bench, first)
    app.record()
    began = time.monotonic()
    all_of_them = [waiter(bench, app, pathlib.Path(tempfile.mkdtemp(dir=bench.scratch))) for _ in range(MANY)]
    pids = [one.start() for one in all_of_them]
    time.sleep(1)
    started = time.monotonic() - began
    app.turn(WAITS)
    used, at = cpu_seconds(*pids), time.monotonic()
    time.sleep(max(0.0, WAITS - 0.5))
    used, waited = cpu_seconds(*pids) - used, time.monotonic() - at
    knows = [one.wait() for one in all_of_them]
    turned = app.turned()
    arrivals = [second for _, second in app.arrivals()]
    opens = started + WAITS
    app.end()
    before = Counter(int(second / BUSY) for second in arrivals if started < second < opens - BUSY)
    after = Counter(int((second - opens) / BUSY) for second in arrivals if second >= opens - BUSY)
    return ([(moment - turned) / 1e6 for moment in knows], max(before.values(), default=0) / BUSY,
            sum(before.values()) / (WAITS - BUSY), max(after.values(), default=0) / BUSY, used / waited)


def bench_herd(bench):
    rounds = max(2, bench.count // 10)
    for first, kind in KINDS.items():
        bench.title(f"{MANY} units that wait for one app at once, {kind}, HTTP, until READY=1 of each; {rounds} rounds "
                    "(target: the last within 100 ms, no herd)")
        for waiter in (OneOfMany, Loop1):
            took = [one_round(bench, waiter, first) for _ in range(rounds)]
            bench.row(waiter.name, [ms for one in took for ms in one[0]], "ms")
            bench.row("  the last of each round", [max(one[0]) for one in took], "ms")
            peak, mean, burst, cores = (max(one[i] for one in took) for i in range(1, 5))
            bench.note(f"  while they wait {mean:.0f} requests/s, {peak:.0f}/s in the busiest {1000 * BUSY:.0f} ms, "
                       f"{100 * cores:.0f} % of a core in all; once it has turned up to {burst:.0f}/s")
