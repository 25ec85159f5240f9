# SPDX-License-Identifier: MIT
"""What it costs a gate that passes in the end that its run looks for a deadlock while it fails: from the app's listen() to
an active unit, with nothing and with a hundred jobs queued behind the unit, and each with no bus, where nothing is looked
for. Called by tools/bench."""

from bench import trivial_spec

JOBS = 100
PORT = 8080
# Runs in the host. The two ways of a pair follow each other, each first in every other pair, so that whatever else the
# machine does meets both. Both open the port after the same time, in which the run has connected and asked once or more
# (0.5 s and 1 s of failures): how long the next try is off then is what most of the time from listen() depends on. Nothing
# is asked of systemd until it must be over: on two processors each question would be in the way of what is measured.
IN_HOST = """
import random, socket, subprocess, sys, time
rounds, jobs, port = map(int, sys.argv[1:])
UNIT = "deploy-app.service"
behind = [f"behind@{i}.service" for i in range(jobs)]
bus = ["dbus.socket", "dbus.service"]


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def wait_for(*wanted):
    while (found := systemctl("show", "-P", "ActiveState", UNIT).strip()) not in wanted:
        assert found == "activating", found
        time.sleep(0.02)


def until_idle():
    while systemctl("list-jobs", "--no-legend").strip():
        time.sleep(0.02)


def one(bus_is_up, jobs, delay):
    systemctl("start" if bus_is_up else "stop", *bus)
    time.sleep(0.3)
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    systemctl("start", "--no-block", UNIT, *(behind if jobs else []))
    time.sleep(delay)
    opened = time.monotonic_ns()
    server.listen(64)
    time.sleep(0.5)
    wait_for("active")
    print(int(bus_is_up), int(jobs), int(systemctl("show", "-P", "ActiveEnterTimestampMonotonic", UNIT)) * 1000 - opened, flush=True)
    server.close()
    until_idle()
    systemctl("stop", UNIT)


for number in range(rounds):
    for jobs_queued in (False, True):
        delay = random.uniform(1.2, 2.2)
        for bus_is_up in (False, True) if number % 2 else (True, False):
            one(bus_is_up, jobs_queued, delay)
"""


def bench_deadlock_watch(bench):
    bench.title("From listen() to an active unit after 1.2 to 2.2 s of failing tries, with the search for a deadlock and without "
                "(target: no slower)")
    new_host = bench.new_host()
    if not new_host:
        return
    with new_host as host:
        host.install(bench.build)
        host.write("/etc/unitgate/specs/app.toml", trivial_spec(f'tcp = "127.0.0.1:{PORT}"'))
        host.write("/etc/systemd/system/behind@.service", "[Unit]\nAfter=deploy-app.service\n"
                   "[Service]\nType=oneshot\nExecStart=true\n")
        host.start()
        text = host.run("/usr/bin/python3", "-c", IN_HOST, bench.count + 1, JOBS, PORT, timeout=60 + 20 * bench.count).stdout
        took = {}
        for line in text.splitlines():
            bus_is_up, jobs, nanoseconds = map(int, line.split())
            took.setdefault((jobs, bus_is_up), []).append(nanoseconds / 1e6)
        for jobs, queued in ((0, "nothing queued"), (1, f"{JOBS} jobs queued")):
            base = bench.row(f"{queued}, no bus: no search", took[jobs, 0][1:], "ms")
            bench.row(f"{queued}, and a search", took[jobs, 1][1:], "ms", base)
            bench.pairs("the search, pair by pair", took[jobs, 0][1:], took[jobs, 1][1:], "ms")
