# SPDX-License-Identifier: MIT
"""What verbs and the generator take that make no request. Called by tools/bench."""
from bench import ROOT


def seed_spec():
    """The shipped proxy, comments and all, without the units and sockets that it shares with others."""
    lines = (ROOT / "specs" / "proxy.toml").read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("after ", "requires ", "listens ", "app ")))


def bench_generator(bench):
    bench.title("Generator on 1,000 specs (target: 2.5 x reading them with toml11 alone)")
    specs, out = bench.scratch / "thousand", bench.scratch / "units"
    specs.mkdir()
    out.mkdir()
    for i in range(1000):
        (specs / f"app-{i:04}.toml").write_text(seed_spec())
    base = bench.row("toml11 alone", [row[0] for row in bench.measure([bench.peers / "toml_reader", specs])], "ms")
    command = [bench.binary, "--specs", specs, "generate", "--to", out]
    bench.row("unitgate generate", [row[0] for row in bench.measure(command)], "ms", base)
    made = len(list(out.glob("deploy-app-*.service")))
    print(f"  ({made} units of {sum(path.stat().st_size for path in specs.iterdir()) // 1000} bytes of TOML each)")


def bench_start(bench):
    bench.title("Verbs that make no request (target: 2 x an empty program linked with libsystemd, which they do not load)")
    count = max(bench.count, 200)
    one = bench.scratch / "one"
    one.mkdir()
    (one / "proxy.toml").write_text(seed_spec())
    state = bench.scratch / "no state"
    commands = {"empty program": [bench.peers / "empty"], "unitgate --version": [bench.binary, "--version"],
                "unitgate verify, one spec": [bench.binary, "--specs", one, "verify"],
                "unitgate plan, one spec": [bench.binary, "--specs", one, "--no-pager", "plan"],
                "unitgate generate, one spec": [bench.binary, "--specs", one, "generate", "--to", bench.scratch / "one-unit"],
                "unitgate alerts list, none": [bench.binary, "--state", state, "--no-pager", "alerts", "list"]}
    # In turns, so that whatever else this machine does meets all of them.
    rows = {name: [] for name in commands}
    for _ in range(10):
        for name, command in commands.items():
            rows[name] += bench.measure(command, 2, count // 10)
    for column, what in ((0, ""), (1, ", CPU")):
        base = None
        for name in commands:
            median = bench.row(name + what, [row[column] for row in rows[name]], "ms", base)
            base = base or median
