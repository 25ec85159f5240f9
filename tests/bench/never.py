# SPDX-License-Identifier: MIT
"""The CPU time of a gate that never passes, against a loop with curl. Called by tools/bench."""
import pathlib
import tempfile
import time

from bench_app import App, write_spec
from cpu import cpu_seconds
from moments import ended
from waiters import Loop1, Unitgate

SHORT, LONG = 60, 900  # seconds


def bench_never(bench):
    lasts = LONG if bench.long else SHORT
    bench.title(f"CPU time of a gate that does not pass for {lasts} s, its start included (target at {LONG} s: 1/50 of the "
                "loop)")
    if not bench.long:
        bench.note(f"The longer it lasts the better is the ratio, as the pauses grow: --long measures the {LONG} s.")
    ways = []  # side by side: each costs less than 3 % of a core
    for first, kind in (("closed", "closed port"), ("open", "503")):
        for waiter in (Loop1, Unitgate):
            app = App(bench, first)
            one = waiter(bench, app, pathlib.Path(tempfile.mkdtemp(dir=bench.scratch)))
            one.deadline = f"{2 * LONG}s"
            app.record()
            ways.append((f"{kind}: {waiter.name}", app, one, one.start()))
    time.sleep(lasts)
    used = [(name, 1000 * cpu_seconds(pid)) for name, _, _, pid in ways]
    for i, (name, ms) in enumerate(used):
        base = used[i - i % 2][1]
        ratio = f", 1/{base / ms:.1f} of the loop" if i % 2 else ""
        requests = ways[i][1].counts()[0]
        bench.note(f"{name:<44} {ms:9.1f} ms  {requests} requests{ratio}")
    for _, app, one, _ in ways:
        app.turn()
        one.wait()
        app.turned()
        app.end()
