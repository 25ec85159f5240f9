# SPDX-License-Identifier: MIT
"""`systemctl start` of a unit whose app is healthy already, on a booted host. Called by tools/bench."""

from bench import trivial_spec

IN_HOST = """
import subprocess, sys, time
for _ in range(int(sys.argv[1])):
    for unit in sys.argv[2:]:
        subprocess.run(["systemctl", "stop", unit], check=True)
        began = time.monotonic_ns()
        subprocess.run(["systemctl", "start", unit], check=True)
        print(unit, time.monotonic_ns() - began)
"""


def bench_systemctl(bench):
    bench.title("systemctl start of a unit whose app is healthy already (target: no more than a oneshot unit with curl)")
    new_host = bench.new_host()
    if not new_host:
        return
    url = "http://127.0.0.1:8080/"
    service = "[Unit]\nAfter=network.target\nStartLimitIntervalSec=0\n[Service]\n"
    with new_host as host:
        host.install(bench.build)
        host.write("/etc/unitgate/specs/app.toml", trivial_spec(f'url = "{url}"'))
        host.write("/etc/systemd/system/app.service", service + "ExecStart=/usr/bin/python3 -m http.server -b 127.0.0.1 8080\n"
                   "WorkingDirectory=/etc/unitgate\nStandardError=null\n")
        host.write("/etc/systemd/system/curl-app.service", service + "Type=oneshot\nRemainAfterExit=yes\n"
                   f"ExecStart=/usr/bin/curl -fsS -o /dev/null {url}\n")
        host.start()
        host.run("systemctl", "start", "app")
        # As on a host that has booted: a target that is up wants both, so that the manager keeps them loaded. The first
        # start deploys, the others find it healthy.
        host.run("systemctl", "add-wants", "deploy.target", "curl-app.service")
        host.run("systemctl", "start", "deploy.target")
        units = ("curl-app.service", "deploy-app.service")
        lines = host.run("/usr/bin/python3", "-c", IN_HOST, bench.count + 2, *units, timeout=300).stdout.splitlines()
        took = {unit: [int(line.split()[1]) / 1e6 for line in lines if line.split()[0] == unit][2:] for unit in units}
        base = bench.row("oneshot unit with curl", took[units[0]], "ms")
        bench.row("deploy unit", took[units[1]], "ms", base)
