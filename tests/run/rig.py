# SPDX-License-Identifier: MIT
"""What the tests of `unitgate run` without a host share: a server that answers by plan, a fake NOTIFY_SOCKET, and one run."""

import array
import collections
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROGRAM = os.environ.get('UNITGATE', str(Path(__file__).resolve().parents[2] / 'build/unitgate'))
MEMORY = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None  # fsync is not what these tests are about


class Server(ThreadingHTTPServer):
    """/ID answers for the app ID: the version that its deploy command wrote, by that version's plan: how many tries fail
    before it is healthy; None: it never is."""
    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.apps = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that gave up


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.apps[self.path.strip('/')].answer(self)

    def log_message(self, *_):
        pass


class App:
    """One app with its folder, spec, state and server side."""

    def __init__(self, server, name, plans):
        self.name, self.plans, self.server = name, plans, server
        self.folder = Path(tempfile.mkdtemp(prefix='unitgate-run-', dir=MEMORY))
        self.state = self.folder / 'state'
        (self.folder / 'specs').mkdir()
        self.tries = collections.Counter()
        self.hangs_up = False  # at every third failing try, instead of an answer
        self.is_odd = False  # answers as no plain server does: with a hint before
        self.at_most = None  # so many passes in a row, then one try fails
        self.passes = []  # (moment, version), written down before the answer leaves
        server.apps[name] = self

    def deployed(self):
        try:
            return (self.folder / 'deployed').read_text().strip()
        except FileNotFoundError:
            return ''

    def answer(self, request):
        version = self.deployed()
        self.tries[version] += 1
        if self.is_odd:
            request.wfile.write(b'HTTP/1.1 103 Early Hints\r\n\r\n')
        plan = self.plans.get(version)
        if plan == 'deploy':  # dead until that
            plan = 0 if self.healed_by() else None
        if plan is not None and self.tries[version] > plan and (self.at_most is None or len(self.passes) < self.at_most):
            self.passes.append((time.monotonic(), version))
            request.send_response(200)
        elif self.hangs_up and self.tries[version] % 3 == 0:
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        else:
            self.passes.clear()
            request.send_response(503)
        body = json.dumps({'v': version}).encode()
        request.send_header('Content-Length', str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def spec(self, version='2', deploy='echo $UNITGATE_VERSION >deployed', gate='', rollback='', more='', source=None, host='127.0.0.1'):
        source = source or f'pin = "{version}"'
        text = f'''{more}
[version]
{source}
[deploy]
command = ["sh", "-c", {json.dumps(deploy)}]
directory = "{self.folder}"
[rollback]
{rollback}
[gate]
interval = "20ms"
{gate}
[[gate.probe]]
url = "http://{host}:{self.server.server_port}/{self.name}"
json = {{ "/v" = "{{version}}" }}
'''
        (self.folder / 'specs' / f'{self.name}.toml').write_text(text)

    def last_good(self, version):
        path = self.state / 'apps' / self.name / 'state.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({'schema': 1, 'last_good': {'version': version, 'fingerprint': 'of an older table',
                                                               'since': '2026-06-13T05:44:28Z'}}))

    def read_state(self):
        return json.loads((self.state / 'apps' / self.name / 'state.json').read_text())

    def note(self):
        return json.loads((self.state / 'apps' / self.name / 'watch.json').read_text())

    def alerts(self):
        return [json.loads(path.read_text()) for path in sorted((self.state / 'alerts').glob('*.json'))]

    def start(self, *options, environment=None):
        return Run(self, *options, more=environment)

    def run(self, *options):
        return self.start(*options).wait()

    def close(self):
        shutil.rmtree(self.folder)


class Run:
    """One `unitgate run` and what it says to its manager: self.said is (moment of reading, text)."""

    def __init__(self, app, *options, more=None):
        self.app, self.said = app, []
        self.printed_at_barriers = []  # all that it had printed when it asked whether the manager has caught up
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.address = f'\0unitgate-test-{os.getpid()}-{id(self)}-{time.monotonic_ns()}'
        self.socket.bind(self.address)
        self.socket.setblocking(False)
        environment = dict(os.environ, NOTIFY_SOCKET='@' + self.address[1:], INVOCATION_ID=os.urandom(16).hex())
        environment.pop('SYSTEMD_EXEC_PID', None)
        environment |= more or {}
        self.invocation = environment['INVOCATION_ID']
        self.output = open(app.folder / 'output', 'wb')
        self.process = subprocess.Popen(
            [PROGRAM, '--specs', str(app.folder / 'specs'), '--state', str(app.state), 'run', *options, app.name],
            env=environment, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)
        self.ended = os.pidfd_open(self.process.pid)  # reads as soon as it has ended

    def read(self, wait=0.05):
        select.select([self.socket, *([self.ended] if wait else [])], [], [], wait)
        try:
            text, extra, _, _ = self.socket.recvmsg(4096, 1024)
        except BlockingIOError:
            return False
        if extra:
            self.printed_at_barriers.append((self.app.folder / 'output').read_text())
        for _, _, data in extra:  # the barrier: closing its descriptor is the answer
            descriptors = array.array('i')
            descriptors.frombytes(data[:len(data) // 4 * 4])
            for descriptor in descriptors:
                os.close(descriptor)
        self.said.append((time.monotonic(), text.decode()))
        return True

    def until(self, condition, what):
        deadline = time.monotonic() + 60
        while not condition():
            self.read()
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f'{what} has not come; {self.story()}')
        return self

    def wait(self):
        deadline = time.monotonic() + 120
        while self.process.poll() is None:
            self.read()
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f'the run does not end; {self.story()}')
        while self.read(wait=0):
            pass
        os.close(self.ended)
        self.socket.close()
        self.output.close()
        return self

    @property
    def code(self):
        return self.process.returncode

    def ready(self):
        return [(moment, text) for moment, text in self.said if 'READY=1' in text.split('\n')]

    def status(self):
        texts = [line for _, text in self.said for line in text.split('\n') if line.startswith('STATUS=')]
        return texts[-1][7:] if texts else ''

    def story(self):
        return f'exit {self.process.poll()}, said {self.said}, printed {(self.app.folder / "output").read_text()}'


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def app(self, name, **plans):
        app = App(self.server, name, {key[1:]: value for key, value in plans.items()})
        self.addCleanup(app.close)
        return app

    def assert_no_process(self, mark):
        """No process has `mark` on its command line."""
        for path in Path('/proc').glob('[0-9]*/cmdline'):
            try:
                line = path.read_bytes().replace(b'\0', b' ').decode(errors='replace').strip()
            except OSError:
                continue
            self.assertNotEqual(line, mark)


TERM = -signal.SIGTERM
