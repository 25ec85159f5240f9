# SPDX-License-Identifier: MIT
"""What watches an app for its own ends and could tell a unit: haproxy, monit, the blackbox exporter. Used by the
benchmarks as waiters (waiters.py), and as what probes many apps at a fixed period."""
import http.client
import os
import select
import socket
import subprocess
import threading
import time

from bench_app import HOST
from moments import PATIENCE, Datagrams, ended
from waiters import Waiter


class Monitor(Waiter):
    """A server that runs until close()."""

    def run(self, *words):
        path, surroundings = self.bench.find(self.program)
        self.process = subprocess.Popen([path, *map(str, words)], env=surroundings, cwd=self.folder,
                                        stdout=open(self.folder / "log", "w"), stderr=subprocess.STDOUT)
        return self.process.pid

    def close(self):
        self.process.kill()
        ended(self.process)


def haproxy_server(app, name, period):
    """A line of a backend."""
    line = f"  server {name} 127.0.0.1:{app.port} check inter {period} rise 1 fall 1"
    if app.certificate:
        line += f" check-ssl ssl verify required ca-file {app.certificate.ca} check-sni {HOST} verifyhost {HOST}"
    return line


class Haproxy(Monitor):
    """Its change of state is seen as the line that it logs to a socket, the moment it logs it."""
    name, program, period = "haproxy, check inter 10ms", "haproxy", "10ms"
    many = 1

    def start(self):
        self.log = Datagrams(self.folder / "haproxy.log")
        servers = "\n".join(haproxy_server(self.app, i, self.period) for i in range(self.many))
        (self.folder / "haproxy.cfg").write_text(f"""global
  log {self.folder}/haproxy.log local0
  maxconn 100
  spread-checks 0
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend front
  bind unix@{self.folder}/front
  default_backend back
backend back
  option httpchk
  http-check send meth GET uri-lf "/%[srv_name]" ver HTTP/1.1 hdr Host {HOST} hdr Connection close
{servers}
""")
        return self.run("-db", "-f", self.folder / "haproxy.cfg")

    def wait(self):
        at = self.log.next_with(b"is UP")
        self.close()
        return at

    def close(self):
        super().close()
        self.log.close()


class Monit(Monitor):
    """Its shortest cycle is a second. It is seen by the command that it runs, which takes a few ms more."""
    name, program = "monit, set daemon 1", "monit"

    def start(self):
        os.mkfifo(self.folder / "up")
        self.up = os.open(self.folder / "up", os.O_RDWR | os.O_NONBLOCK)
        tls = " with ssl options {verify: disable}" if self.app.certificate else ""
        file = self.folder / "monitrc"
        file.write_text(f"""set daemon 1
set pidfile {self.folder}/pid
set statefile {self.folder}/state
set idfile {self.folder}/id
check host app with address 127.0.0.1
  if failed port {self.app.port} protocol {self.app.scheme}{tls} then exec "/bin/true"
  else if succeeded then exec "/bin/sh -c 'echo up >{self.folder}/up'"
""")
        file.chmod(0o600)
        return self.run("-I", "-c", file)

    def wait(self):
        if not select.select([self.up], [], [], PATIENCE)[0]:
            raise SystemExit(f"monit has not told within {PATIENCE} s: " + (self.folder / "log").read_text())
        at = time.monotonic_ns()
        os.close(self.up)
        self.close()
        return at


class Blackbox(Monitor):
    """It probes when it is asked; who asks it is not counted."""
    name, program = "blackbox exporter, asked each 100 ms", "prometheus-blackbox-exporter"
    period = 0.1

    def start(self):
        tls = f"\n      tls_config: {{ca_file: {self.app.certificate.ca}, server_name: {HOST}}}" if self.app.certificate else ""
        (self.folder / "blackbox.yml").write_text(f"""modules:
  app:
    prober: http
    timeout: 5s
    http:
      valid_status_codes: [200]
      preferred_ip_protocol: ip4{tls}
""")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        pid = self.run(f"--config.file={self.folder}/blackbox.yml", f"--web.listen-address=127.0.0.1:{self.port}",
                       "--log.level=error")
        self.knows = None
        self.stop = threading.Event()
        self.asks = threading.Thread(target=self.ask, daemon=True)
        self.asks.start()
        return pid

    def ask_once(self, connection, path=""):
        connection.request("GET", f"/probe?module=app&target={self.app.local_url}{path}")
        return b"\nprobe_success 1" in connection.getresponse().read()

    def connect(self):
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            try:
                connection.connect()
                return connection
            except OSError:
                time.sleep(0.005)

    def ask(self):
        connection = self.connect()
        due = time.monotonic()
        while not self.stop.is_set():
            if self.ask_once(connection) and not self.knows:
                self.knows = time.monotonic_ns()
                if not self.goes_on:
                    return
            due = max(due + self.period, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))

    goes_on = False

    def wait(self):
        self.asks.join(PATIENCE)
        self.close()
        return self.knows

    def close(self):
        self.stop.set()
        self.asks.join(PATIENCE)
        super().close()


MONITORS = (Haproxy, Monit, Blackbox)
