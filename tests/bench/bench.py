# SPDX-License-Identifier: MIT
"""What all benchmarks share: the binary, the peers, a scratch folder, and how figures are printed."""
import math
import os
import pathlib
import shutil
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Written for a benchmark, and the libraries that each needs.
PROGRAMS = {"empty": ["-lsystemd"], "toml_reader": [], "one_request": ["-lcurl"], "measure": [],
            "floor": ["-lcurl"], "bare_request": [], "bench_app": ["-lssl", "-lcrypto"]}
# Programs of Debian's that are unpacked beside the build, and where in their packages they are.
UNPACKED = {"haproxy": "usr/sbin/haproxy", "monit": "usr/bin/monit",
            "prometheus-blackbox-exporter": "usr/bin/prometheus-blackbox-exporter"}


class Bench:
    def __init__(self, build, count, scratch, long=False):
        self.build, self.count, self.scratch, self.long = build, count, scratch, long
        self.binary = str(build / "unitgate")
        self.peers = build / "bench"

    def build_peers(self):
        self.peers.mkdir(exist_ok=True)
        for name, libraries in PROGRAMS.items():
            source, program = next((ROOT / "tests" / "bench").glob(name + ".c*")), self.peers / name
            compiler = ["cc"] if source.suffix == ".c" else ["c++", "-std=c++20"]
            if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
                subprocess.run([*compiler, "-O2", "-o", program, source, *libraries], check=True)

    def fetch_peers(self):
        subprocess.run(["bash", "-c", '. "$1/tools/common.bash"; fetch_peers "$2"', "bash", ROOT, self.peers], check=True)

    def find(self, name):
        """A program to compare with, as the first word of a command and the environment that it needs; or None."""
        unpacked = self.peers / name / UNPACKED.get(name, "")
        if name in UNPACKED and unpacked.is_file():
            libraries = [str(path) for path in (self.peers / name / "usr" / "lib").glob("*-linux-gnu")]
            return str(unpacked), environment(LD_LIBRARY_PATH=":".join(libraries))
        path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
        return (path, environment()) if path else None

    def measure(self, command, warm=1, count=None):
        """(wall ms, CPU ms, peak KiB) of each of `count` runs, after `warm` runs that are not counted."""
        command = [str(word) for word in command]
        count = count or self.count
        run = subprocess.run([self.peers / "measure", str(warm + count), *command], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        if run.returncode != 0:
            raise SystemExit(f"'{' '.join(command)}' failed:\n{run.stderr}")
        rows = [tuple(map(int, line.split())) for line in run.stdout.splitlines()][warm:]
        return [(wall / 1000, cpu / 1000, peak) for wall, cpu, peak in rows]

    def floor(self, app, kept, count, pause=0.0):
        """(ms, CPU us) of each of `count` plain requests."""
        command = [self.peers / "floor", str(count), str(round(1e6 * pause)), "kept" if kept else "new", app.url,
                   app.connect_to, app.certificate.ca if app.certificate else ""]
        lines = subprocess.run(command, text=True, check=True, stdout=subprocess.PIPE, env=environment()).stdout.splitlines()
        return [(int(took) / 1e6, int(used) / 1e3) for took, used in map(str.split, lines)]

    def bare_requests(self, app, count, pause):
        """CPU us of each of `count` requests on a kept connection without TLS, made with nothing but system calls."""
        command = [self.peers / "bare_request", str(count), str(round(1e6 * pause)), str(app.port)]
        lines = subprocess.run(command, text=True, check=True, stdout=subprocess.PIPE, env=environment()).stdout.splitlines()
        return [int(used) / 1e3 for used in lines]

    def title(self, text):
        print(f"\n{text}", flush=True)

    def note(self, text):
        print(f"  {text}", flush=True)

    def skipped(self, name):
        self.note(f"{name:<34} skipped: {name} is not installed ('tools/bench --fetch' gets it)")

    def new_host(self):
        """A host that can be booted; None where this machine can't, said in a line."""
        try:
            import host as test_host
            test_host.check_machine()
        except Exception as error:  # no root, or a package is missing: the text says which
            return self.note(f"skipped: {error}")
        return test_host.Host()

    def row(self, name, values, unit, base=None, extra=""):
        """One line: median, 99th percentile (the nearest value, so of few the greatest) and maximum; against
        `base` (the median of a peer) the ratio. Gives the median."""
        values = sorted(values)
        median, p99 = statistics.median(values), values[math.ceil(0.99 * len(values)) - 1]
        ratio = f"  {median / base:7.2f} x" if base else ""
        print(f"  {name:<34} median {median:9.2f}  p99 {p99:9.2f}  max {values[-1]:9.2f} {unit}  n={len(values)}{ratio}{extra}",
              flush=True)
        return median

    def pairs(self, name, base, values, unit):
        """One line: what each of `values` is above the one of `base` that was measured beside it. Steadier than the ratio
        of the medians, for what moves both falls out."""
        above = [value - beside for beside, value in zip(base, values)]
        first, median, third = statistics.quantiles(above) if len(above) > 1 else above * 3
        print(f"  {name:<34} median {median:+9.2f}  quartiles {first:+.2f} and {third:+.2f} {unit}  n={len(above)}", flush=True)


def trivial_spec(probe, unit=""):
    """A spec that deploys nothing and asks `probe`, a line of TOML; `unit` are lines of its [unit]."""
    return f"""[unit]
{unit}
[version]
pin = "1"
[deploy]
command = ["true"]
[[gate.probe]]
{probe}
"""


def environment(**more):
    """A plain environment: nothing of a service this may run in, no proxy."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **more}
