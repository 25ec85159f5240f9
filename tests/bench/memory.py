# SPDX-License-Identifier: MIT
"""Peak memory and time of a run whose app is healthy already. Called by tools/bench."""
import pathlib
import tempfile

from bench_app import App, Certificate, write_spec


def bench_memory(bench):
    for certificate in (None, Certificate(bench.scratch)):
        app = App(bench, "open", certificate)
        app.turn()
        app.turned()
        bench.title(f"Peak memory of a run that is healthy already, {app.scheme.upper()} (target: 1.2 x one request with "
                    "libcurl)")
        folder = pathlib.Path(tempfile.mkdtemp(dir=bench.scratch))
        write_spec(folder / "specs", app)
        peer = bench.measure([bench.peers / "one_request", app.url, app.connect_to, certificate.ca if certificate else ""])
        ours = bench.measure([bench.binary, "--specs", folder / "specs", "--state", folder / "state", "run", "app"])
        base = bench.row("one request with libcurl", [row[2] for row in peer], "KiB")
        bench.row("unitgate run", [row[2] for row in ours], "KiB", base)
        base = bench.row("  time of the one", [row[0] for row in peer], "ms")
        bench.row("  time of the other", [row[0] for row in ours], "ms", base)
        app.end()
