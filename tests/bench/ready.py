# SPDX-License-Identifier: MIT
"""From the moment that an app can be used to the moment that who waits for it knows. Called by tools/bench."""
import os
import pathlib
import random
import shutil
import tempfile
import threading
import time

from bench_app import App, Certificate
from cpu import cpu_seconds
from monitors import MONITORS
from waiters import WAITERS

FROM = 0.3  # CPU while waiting is counted from this many seconds after the start: loading libcurl comes before it
KINDS = {"closed": "closed port -> open", "open": "503 -> 200"}


class Series:
    """One waiter and its runs, each with an app of its own that turns at a moment nobody has told it."""

    def __init__(self, bench, waiter, first, certificate):
        self.bench, self.waiter, self.first, self.certificate = bench, waiter, first, certificate
        dice = random.Random(waiter.name)
        step = 3.5 / bench.count  # the same moments on the whole for each, in another order
        self.delays = [0.5 + step * (i + dice.random()) for i in range(bench.count)]
        dice.shuffle(self.delays)
        self.late, self.used, self.waited, self.error = [], 0.0, 0.0, None

    def run(self, processor=None):
        try:
            if processor is not None:
                os.sched_setaffinity(0, {processor})  # of this thread and of what it starts
            for delay in self.delays:
                self.one(delay)
        except BaseException as error:  # told by who has begun this thread
            self.error = error

    def one(self, delay):
        app = App(self.bench, self.first, self.certificate)
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.bench.scratch))
        one = self.waiter(self.bench, app, folder)
        app.turn(delay)
        began = time.monotonic()
        pid = one.start()
        time.sleep(max(0.0, began + FROM - time.monotonic()))
        before, at = cpu_seconds(pid), time.monotonic()
        time.sleep(max(0.0, began + delay - 0.05 - time.monotonic()))
        self.used += cpu_seconds(pid) - before
        self.waited += time.monotonic() - at
        knows = one.wait()
        self.late.append((knows - app.turned()) / 1e6)
        app.end()
        shutil.rmtree(folder)


def side_by_side(series, processors):
    threads = [threading.Thread(target=one.run, args=(processor,)) for one, processor in zip(series, processors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in series:
        if one.error:
            raise one.error


def measure_all(bench, waiters, first, certificate):
    """Those that cost little run side by side, then the busy ones, the busiest on a processor of its own."""
    all_series = [Series(bench, waiter, first, certificate) for waiter in waiters]
    light = [series for series in all_series if not series.waiter.busy]
    busy = [series for series in all_series if series.waiter.busy]
    side_by_side(light, [None] * len(light))
    processors = sorted(os.sched_getaffinity(0))
    alone = [processors[0 if series is busy[-1] else -1] for series in busy]
    side_by_side(busy, alone)
    return all_series


def show_floor(bench, first, certificate):
    """The least that is left once the app can be used: one request, on a kept connection where it answered before."""
    app = App(bench, "open", certificate)
    app.turn()
    app.turned()
    kept = first == "open"
    name = f"floor: one request, {'kept' if kept else 'new'} connection"
    bench.row(name, [took for took, _ in bench.floor(app, kept, 200)], "ms")
    app.end()


def bench_ready(bench):
    waiters = [waiter for waiter in (*WAITERS, *MONITORS) if not waiter.program or bench.find(waiter.program)]
    missing = sorted({waiter.program for waiter in (*WAITERS, *MONITORS) if waiter not in waiters})
    for first, kind in KINDS.items():
        for certificate in (None, Certificate(bench.scratch)):
            scheme = "HTTPS" if certificate else "HTTP"
            budget = "2 % of a core" if first == "closed" else "1 % of a core, as the connection is kept"
            bench.title(f"{kind}, {scheme}, at a moment from 0.5 to 4 s, until READY=1 is sent (target: median 2 ms, "
                        f"p99 10 ms; {budget})")
            show_floor(bench, first, certificate)
            base = None
            for series in measure_all(bench, waiters, first, certificate):
                share = 100 * series.used / series.waited
                median = bench.row(series.waiter.name, series.late, "ms", base, f"  {share:6.2f} % of a core")
                base = base or median
            for name in missing:
                bench.skipped(name)
    bench.note("Each waits for an app of its own. Those that cost less than 3 % of a core ran side by side; the busy ones "
               "after them, s6 -w 10 on one processor, the others on another. CPU time is counted from "
               f"{1000 * FROM:.0f} ms after the start.")
