# SPDX-License-Identifier: MIT
"""How long `unitgate verify` takes on many specs, and how that grows. Called by tools/bench."""

SIZES = (1250, 2500, 5000, 10000)


def chain(i):
    """Each waits for the one before, and asks it too."""
    return i - 1 if i else None


def star(i):
    """All wait for the first and ask it."""
    return 0 if i else None


def layers(i):
    """Ten side by side, a thousand deep."""
    return i - 10 if i >= 10 else None


def spec(i, before):
    after = f'after    = ["deploy-app-{before:05}.service"]\nrequires = ["deploy-app-{before:05}.service"]' if before is not None else ''
    asked = f'''
[[gate.probe]]
url     = "https://app-{before:05}.example.net/health"
connect = "127.0.0.1:443"
''' if before is not None else ''
    return f'''# One app of many.
description = "App {i}"
app     = "app-{i:05}"
domain  = "app-{i:05}.example.net"
listens = ["127.0.0.1:{10000 + i}"]

[unit]
{after}

[version]
command = ["git", "-C", "/srv/recipes/app-{i:05}", "describe", "--tags", "--abbrev=0"]
timeout = "30s"

[deploy]
command   = ["docker", "stack", "deploy", "--compose-file", "compose.yml", "app-{i:05}"]
directory = "/srv/recipes/app-{i:05}"
environment = {{ STACK = "app-{i:05}" }}
timeout   = "10min"

[gate]
deadline = "15min"

[[gate.probe]]
path    = "/api/version"
connect = "127.0.0.1:{10000 + i}"
json    = {{ "/Version" = "{{version}}" }}
{asked}'''


def bench_verify(bench):
    bench.title("unitgate verify (target: 10,000 specs in 1,000 ms, growth near linear: the last column stays flat)")
    for shape in (layers, star, chain):
        for size in SIZES:
            folder = bench.scratch / f"verify-{shape.__name__}-{size}"
            folder.mkdir()
            for i in range(size):
                (folder / f"app-{i:05}.toml").write_text(spec(i, shape(i)))
            command = [bench.binary, "--specs", folder, "--state", bench.scratch / "no-state", "--no-pager", "verify"]
            times = [row[0] for row in bench.measure(command, count=max(3, bench.count // 4))]
            bench.row(f"{shape.__name__}, {size} specs", times, "ms", None, f"  {1000 * min(times) / size:6.1f} us each at best")
    print(f"  ({len(spec(5000, 4990))} bytes of TOML each; the unit files of this machine are read as well)")
