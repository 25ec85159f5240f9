# SPDX-License-Identifier: MIT
"""Hundreds of apps, each probed ten times a second: how late the probes come, as the server sees it, and what memory
that takes. Called by tools/bench."""
import pathlib
import tempfile
import threading
import time

from bench_app import App
from cpu import cpu_seconds
from moments import Datagrams
from monitors import Blackbox, Haproxy
from probe_cost import Watching

MANY, PERIOD = 500, 0.1
LASTS = 15  # seconds


def memory_kib(pid):
    """Proportional set size: what is shared counts by its share."""
    text = pathlib.Path("/proc", str(pid), "smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


class Watches:
    """A unitgate for each app, as each is a unit of its own."""
    name = f"{MANY} x unitgate run, [watch]"
    program = None

    def __init__(self, bench, app):
        self.notify = Datagrams(pathlib.Path(tempfile.mkdtemp(dir=bench.scratch)) / "notify")
        self.all, self.pids = [], []
        for i in range(MANY):
            one = Watching(bench, app, pathlib.Path(tempfile.mkdtemp(dir=bench.scratch)))
            one.interval, one.path, one.notify = "100ms", str(i), self.notify
            self.all.append(one)
            self.pids.append(one.start())
            if i >= 8:  # so many start at a time
                self.notify.next_with(b"READY=1")
        for _ in range(8):
            self.notify.next_with(b"READY=1")
        self.notify.drain()

    def close(self):
        for one in self.all:
            one.kill()
        self.notify.close()


class OneHaproxy:
    name, program = f"haproxy, {MANY} servers", "haproxy"

    def __init__(self, bench, app):
        self.one = Haproxy(bench, app, pathlib.Path(tempfile.mkdtemp(dir=bench.scratch)))
        self.one.period, self.one.many = "100ms", MANY
        self.pids = [self.one.start()]

    def close(self):
        self.one.close()


class OneBlackbox:
    """Asked by this process, over 32 connections: whatever is due."""
    name, program = f"blackbox exporter, {MANY} targets", "prometheus-blackbox-exporter"

    def __init__(self, bench, app):
        self.one = Blackbox(bench, app, pathlib.Path(tempfile.mkdtemp(dir=bench.scratch)))
        self.one.goes_on = True
        self.one.period = 3600
        self.pids = [self.one.start()]
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.ask, args=(i,)) for i in range(32)]
        for thread in self.threads:
            thread.start()

    def ask(self, first):
        connection = self.one.connect()
        numbers = range(first, MANY, 32)
        due = {i: time.monotonic() + PERIOD * i / MANY for i in numbers}
        while not self.stop.is_set():
            i = min(due, key=due.get)
            time.sleep(max(0.0, due[i] - time.monotonic()))
            due[i] = time.monotonic() + PERIOD
            self.one.ask_once(connection, i)

    def close(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        self.one.process.kill()
        self.one.process.wait()


def lateness(arrivals):
    """ms by which the distance from one probe of an app to its next is longer than the period."""
    last, late = {}, []
    for number, at in arrivals:
        if number in last:
            late.append(max(0.0, 1000 * (at - last[number] - PERIOD)))
        last[number] = at
    return late, len(last)


def bench_many_gates(bench):
    bench.title(f"{MANY} apps that are up, each probed each {1000 * PERIOD:.0f} ms for {LASTS} s, HTTP: how much later than "
                "that the next probe came (target: p99 5 ms)")
    for kind in (Watches, OneHaproxy, OneBlackbox):
        if kind.program and not bench.find(kind.program):
            bench.skipped(kind.program)
            continue
        app = App(bench, "open")
        app.turn()
        app.turned()
        all_of_them = kind(bench, app)
        time.sleep(2)
        used = cpu_seconds(*all_of_them.pids)
        app.record()
        began = time.monotonic()
        time.sleep(LASTS)
        late, seen = lateness(app.arrivals())
        lasted = time.monotonic() - began
        used = cpu_seconds(*all_of_them.pids) - used
        memory = sum(map(memory_kib, all_of_them.pids))
        all_of_them.close()
        app.end()
        bench.row(kind.name, late, "ms", extra=f"  {seen} seen, {len(late) / lasted:.0f} probes/s, {memory / MANY:.0f} KiB "
                  f"(PSS) and {100 * used / lasted / MANY:.3f} % of a core each")
