# SPDX-License-Identifier: MIT
"""What waits for an app that a unit starts: unitgate, loops with curl, s6-notifyoncheck. Used by the benchmarks; what
monitors an app instead is in monitors.py."""
import subprocess
import time

from bench_app import curl_words, write_spec
from bench import environment
from moments import Datagrams, ended


class Waiter:
    """start() gives the pid whose CPU time counts, with all below it; wait() the moment that it knew."""
    program = None  # of a peer, as Bench.find() takes it
    busy = False    # costs more than 3 % of a core: is measured apart from the others
    deadline = "1min"

    def __init__(self, bench, app, folder):
        self.bench, self.app, self.folder = bench, app, folder


class Unitgate(Waiter):
    name, spec = "unitgate run", "app"

    def state(self):
        return self.folder / "state"

    def start(self):
        write_spec(self.folder / "specs", self.app, deadline=self.deadline, name=self.spec)
        self.notify = Datagrams(self.folder / "notify")
        self.process = subprocess.Popen(
            [self.bench.binary, "--specs", self.folder / "specs", "--state", self.state(), "run", self.spec],
            env=environment(NOTIFY_SOCKET=str(self.folder / "notify")), stdout=subprocess.DEVNULL,
            stderr=open(self.folder / "log", "w"))
        return self.process.pid

    def wait(self):
        ready = self.notify.next_with(b"READY=1")
        self.notify.next_with(b"BARRIER=1")
        ended(self.process)
        if self.process.returncode != 0:
            raise SystemExit((self.folder / "log").read_text())
        self.notify.close()
        return ready


class Loop(Waiter):
    def start(self):
        script = f"until {curl_words(self.app)} 2>/dev/null; do sleep {self.pause}; done"
        self.process = subprocess.Popen(["sh", "-c", script], env=environment())
        return self.process.pid

    def wait(self):
        return ended(self.process)


class Loop1(Loop):
    name, pause = "until curl; do sleep 1; done", "1"


class Loop01(Loop):
    name, pause, busy = "until curl; do sleep 0.1; done", "0.1", True


class S6(Waiter):
    program = "s6-notifyoncheck"

    def start(self):
        for name, text in (("run", f"s6-notifyoncheck -n 0 -w {self.pause} sleep 1000"),
                           ("data/check", f"{curl_words(self.app)} 2>/dev/null")):
            file = self.folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"#!/bin/sh\nexec {text}\n")
            file.chmod(0o755)
        (self.folder / "notification-fd").write_text("3\n")
        self.process = subprocess.Popen(["s6-supervise", self.folder], env=environment(),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while subprocess.run(["s6-svok", self.folder]).returncode != 0:
            time.sleep(0.005)
        self.waits = subprocess.Popen(["s6-svwait", "-U", self.folder])
        return self.process.pid

    def wait(self):
        at = ended(self.waits)
        subprocess.run(["s6-svc", "-xd", self.folder], check=True)
        ended(self.process)
        return at


class S6Each1000(S6):
    name, pause = "s6-notifyoncheck", 1000


class S6Each100(S6):
    name, pause, busy = "s6-notifyoncheck -w 100", 100, True


class S6Each10(S6):
    name, pause, busy = "s6-notifyoncheck -w 10", 10, True


WAITERS = (Unitgate, Loop1, Loop01, S6Each1000, S6Each100, S6Each10)
