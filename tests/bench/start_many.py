# SPDX-License-Identifier: MIT
"""`unitgate start` of a hundred units with trivial gates, against systemctl on the same host. Called by tools/bench."""

from bench import trivial_spec

SIZE = 100
LISTENER = """import socket
server = socket.socket()
server.bind(("127.0.0.1", 8080))
server.listen(1024)
while True:
    server.accept()[0].close()
"""
# Runs in the host. The ways take turns, so that whatever else the machine does meets all of them.
IN_HOST = """
import subprocess, sys, time
first, units = sys.argv[2].split(), sys.argv[3:]
quiet = {"stdout": subprocess.DEVNULL}
ways = {
    "target": lambda: subprocess.run(["systemctl", "start", "bench.target"], check=True),
    "start": lambda: subprocess.run(["unitgate", "start"], check=True, **quiet),
    "each": lambda: [subprocess.run(["systemctl", "start", unit], check=True) for unit in units],
}
for _ in range(int(sys.argv[1])):
    for name, way in ways.items():
        # What requires these stops with them, in one transaction; asking for each unit costs systemd a minute.
        subprocess.run(["systemctl", "stop", "bench.target", *first], check=True)
        began = time.monotonic_ns()
        way()
        print(name, time.monotonic_ns() - began, flush=True)
        states = subprocess.run(["systemctl", "is-active", *units], stdout=subprocess.PIPE, text=True).stdout.split()
        assert states == ["active"] * len(units), states
"""


def chain(i):
    return [i - 1] if i else []


def layers(i):
    """Ten layers of ten; each unit waits for all ten of the layer before."""
    begin = i - i % 10 - 10
    return list(range(begin, begin + 10)) if i >= 10 else []


def unit(i):
    return f"deploy-app-{i:03}.service"


def spec(before):
    names = ", ".join(f'"{unit(i)}"' for i in before)
    return trivial_spec('tcp = "127.0.0.1:8080"', f"after = [{names}]\nrequires = [{names}]")


def bench_start_many(bench):
    bench.title(f"Start of {SIZE} units with trivial gates (target: 1.1 x systemctl start of a target that wants them all, "
                "and faster than a systemctl start for each)")
    new_host = bench.new_host()
    if not new_host:
        return
    units = [unit(i) for i in range(SIZE)]
    with new_host as host:
        host.install(bench.build)
        host.write("/usr/local/lib/listener.py", LISTENER)
        host.write("/etc/systemd/system/listener.service", "[Service]\nExecStart=/usr/bin/python3 /usr/local/lib/listener.py\n")
        host.write("/etc/systemd/system/bench.target", f"[Unit]\nWants={' '.join(units)}\n")
        host.start()
        host.run("systemctl", "enable", "deploy.target")  # as README says; it keeps the deploy units loaded
        host.run("systemctl", "start", "listener")
        for shape in (chain, layers):
            for i in range(SIZE):
                host.write(f"/etc/unitgate/specs/app-{i:03}.toml", spec(shape(i)))
            host.run("systemctl", "daemon-reload")
            count = max(3, bench.count // 4)
            first = " ".join(unit(i) for i in range(SIZE) if not shape(i))
            text = host.run("/usr/bin/python3", "-c", IN_HOST, count + 1, first, *units, timeout=900).stdout
            took = {}
            for line in text.splitlines():
                name, nanoseconds = line.split()
                took.setdefault(name, []).append(int(nanoseconds) / 1e6)
            took = {name: values[1:] for name, values in took.items()}  # the first start of all deploys
            base = bench.row(f"{shape.__name__}: systemctl start TARGET", took["target"], "ms")
            bench.row(f"{shape.__name__}: unitgate start", took["start"], "ms", base)
            bench.row(f"{shape.__name__}: systemctl start for each", took["each"], "ms", base)
