# SPDX-License-Identifier: MIT
"""The app that benchmarks wait for (bench_app.cpp), its certificate, and how unitgate and curl are told to ask it."""
import subprocess

from bench import environment

HOST = "bench.example.test"


class Certificate:
    """A self-signed one for HOST: `pem` with the key for the server, `ca` for who trusts it."""

    def __init__(self, folder):
        self.pem, self.ca = folder / "server.pem", folder / "ca.pem"
        if self.pem.exists():
            return
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=" + HOST, "-addext", "subjectAltName=DNS:" + HOST,
                        "-keyout", folder / "key.pem", "-out", self.ca], check=True, stderr=subprocess.DEVNULL)
        self.pem.write_text(self.ca.read_text() + (folder / "key.pem").read_text())


class App:
    """`first`: 'closed', its port refuses connections, or 'open', it answers 503; in both cases until it turns."""

    def __init__(self, bench, first="open", certificate=None):
        self.certificate = certificate
        self.process = subprocess.Popen([bench.peers / "bench_app", first, *([certificate.pem] if certificate else [])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        env=environment())
        self.port = int(self.process.stdout.readline().split()[1])
        self.scheme = "https" if certificate else "http"
        self.url = f"{self.scheme}://{HOST}:{self.port}/"
        self.connect_to = f"{HOST}:{self.port}:127.0.0.1:{self.port}"  # as curl takes it
        self.local_url = f"{self.scheme}://127.0.0.1:{self.port}/"

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        return self.process.stdout.readline()

    def turn(self, delay=0.0):
        """It begins to answer 200, so many seconds from now. turned() must be the next that is asked."""
        self.process.stdin.write(f"turn {delay:.6f}\n")

    def turned(self):
        """Waits for that; the moment, CLOCK_MONOTONIC in ns."""
        return int(self.process.stdout.readline())

    def counts(self):
        """Requests, TLS handshakes and connections so far."""
        return tuple(map(int, self.ask("counts").split()))

    def record(self):
        self.ask("record")

    def arrivals(self):
        """(number in the path, seconds since record()) of each request."""
        pairs = (one.split() for one in self.ask("arrivals").split(";")[:-1])
        return [(int(number), int(at) / 1e6) for number, at in pairs]

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def write_spec(folder, app, path="", more="", deadline="1min", name="app"):
    """A spec that asks the app; `more` are sections of it."""
    folder.mkdir(parents=True)
    (folder / f"{name}.toml").write_text(f'''description = "bench"
[version]
pin = "1"
[deploy]
command = ["true"]
{more}
[gate]
deadline = "{deadline}"
[[gate.probe]]
url = "{app.url}{path}"
connect = "127.0.0.1:{app.port}"
''' + (f'ca = "{app.certificate.ca}"\n' if app.certificate else ""))


def curl_words(app):
    words = f"curl -fsS -o /dev/null --connect-to {app.connect_to} {app.url}"
    return words + (f" --cacert {app.certificate.ca}" if app.certificate else "")
