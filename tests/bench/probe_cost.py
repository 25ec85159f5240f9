# SPDX-License-Identifier: MIT
"""CPU time of a probe at a fixed period, of who watches an app that is up. Called by tools/bench."""
import pathlib
import shlex
import subprocess
import tempfile
import time

from bench_app import App, Certificate, curl_words, write_spec
from bench import environment
from cpu import cpu_seconds
from moments import Datagrams, ended
from monitors import Blackbox, Haproxy
from waiters import Waiter

PERIOD = 0.01
SAMPLE = 0.5  # seconds; a probe's cost is the mean of a sample
WATCH = '[watch]\ninterval = "{}"\n'


class Watching(Waiter):
    """unitgate run with [watch], which stays once it is ready."""
    name = "unitgate run, [watch] each 10 ms"
    interval, path = "10ms", ""
    notify = None  # or one that several share

    def start(self):
        write_spec(self.folder / "specs", self.app, self.path, WATCH.format(self.interval))
        self.notify = self.notify or Datagrams(self.folder / "notify")
        self.process = subprocess.Popen(
            [self.bench.binary, "--specs", self.folder / "specs", "--state", self.folder / "state", "run", "app"],
            env=environment(NOTIFY_SOCKET=self.notify.path), stdout=subprocess.DEVNULL,
            stderr=open(self.folder / "log", "w"))
        return self.process.pid

    def wait(self):
        self.notify.next_with(b"READY=1")
        self.notify.next_with(b"BARRIER=1")
        self.notify.drain()

    def close(self):
        self.kill()
        self.notify.close()

    def kill(self):
        self.process.kill()
        ended(self.process)


class BlackboxEach10(Blackbox):
    name, period, goes_on = "blackbox exporter, asked each 10 ms", PERIOD, True


PROBERS = (Watching, Haproxy, BlackboxEach10)


def costs(bench, prober, certificate):
    """us of CPU time a probe, of each sample; and the TLS handshakes and requests in all."""
    app = App(bench, "open", certificate)
    app.turn()
    app.turned()
    folder = pathlib.Path(tempfile.mkdtemp(dir=bench.scratch))
    one = prober(bench, app, folder)
    pid = one.start()
    if prober is Watching:
        one.wait()
    time.sleep(1)
    first = app.counts()
    sampled = []
    used, requests = cpu_seconds(pid), first[0]
    for _ in range(bench.count):
        time.sleep(SAMPLE)
        used_now, requests_now = cpu_seconds(pid), app.counts()[0]
        sampled.append(1e6 * (used_now - used) / (requests_now - requests))
        used, requests = used_now, requests_now
    last = app.counts()
    one.close()
    app.end()
    return sampled, last[1] - first[1], last[0] - first[0]


def curl_costs(bench, certificate):
    app = App(bench, "open", certificate)
    app.turn()
    app.turned()
    rows = bench.measure(shlex.split(curl_words(app)))
    app.end()
    return [1000 * row[1] for row in rows]


def show_floor(bench, certificate, base):
    app = App(bench, "open", certificate)
    app.turn()
    app.turned()
    count = max(100, bench.count)
    rows = bench.floor(app, True, count, PERIOD)
    bare = [] if certificate else bench.bare_requests(app, count, PERIOD)
    app.end()
    bench.row("floor: libcurl alone, kept", [used for _, used in rows], "us", base)
    if bare:
        bench.row("floor: system calls alone, kept", bare, "us", base)


def bench_probe_cost(bench):
    for certificate in (None, Certificate(bench.scratch)):
        scheme = "HTTPS" if certificate else "HTTP"
        bench.title(f"CPU time of one probe, each {1000 * PERIOD:.0f} ms, {scheme} (target: 60 us; 2 TLS handshakes in "
                    f"1,000 probes), means of {SAMPLE} s")
        base = None
        for prober in PROBERS:
            if prober.program and not bench.find(prober.program):
                bench.skipped(prober.program)
                continue
            sampled, handshakes, requests = costs(bench, prober, certificate)
            seconds = bench.count * SAMPLE
            extra = f"  {1000 * seconds / requests:5.1f} ms between two"
            if certificate:
                extra += f", {handshakes} handshakes in {requests}"
            median = bench.row(prober.name, sampled, "us", base, extra)
            base = base or median
        show_floor(bench, certificate, base)
        bench.row("curl, one process a probe", curl_costs(bench, certificate), "us", base)
