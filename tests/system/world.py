# SPDX-License-Identifier: MIT
"""What stands in the test host beside unitgate: certificates, the TLS reverse proxy (caddy), small apps, deploy commands.
One booted host is shared by all tests that need no boot of their own; Case puts it back as new before each test."""

import atexit
import contextlib
import functools
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from host import Host, HostError, Missing, until

HERE = Path(__file__).resolve().parent
STATE = '/var/lib/unitgate'
PRIVATE_SOCKET = '/run/systemd/private'  # of the service manager, for root
GOOD, NEWER = '5.1.0+v3.6.14', '5.1.1+v3.6.15'


def build_folder():
    return Path(os.environ.get('UNITGATE_BUILD', HERE.parent.parent / 'build')).resolve()


@functools.cache
def certificates():
    """A throwaway authority and two server certificates: one of it, one of an authority that nobody trusts."""
    folder = Path(tempfile.mkdtemp(prefix='unitgate-tls-'))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']

    def openssl(*arguments):
        done = subprocess.run(['openssl', *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise HostError(f'openssl: {done.stderr}')

    if not shutil.which('openssl'):
        raise Missing("'openssl' is not installed: 'apt-get install openssl'")
    for authority, server in (('ca', 'server'), ('rogue-ca', 'rogue')):
        openssl('req', '-x509', *key, '-subj', f'/CN=throwaway {authority}', '-keyout', folder / f'{authority}.key', '-out',
                folder / f'{authority}.crt', '-addext', 'keyUsage=critical,keyCertSign')
        openssl('req', *key[:-2], '-subj', '/CN=ci.example.net', '-keyout', folder / f'{server}.key', '-out',
                folder / f'{server}.csr')
        (folder / 'names').write_text('subjectAltName=DNS:ci.example.net,DNS:*.ci.example.net\n')
        openssl('x509', '-req', '-in', folder / f'{server}.csr', '-CA', folder / f'{authority}.crt', '-CAkey',
                folder / f'{authority}.key', '-CAcreateserial', '-days', '30', '-extfile', folder / 'names', '-out',
                folder / f'{server}.crt')
    return folder


def furnish(host):
    """Puts unitgate and the world around it into a host that has not booted yet."""
    host.install(build_folder())
    tls = certificates()
    for name in ('server.crt', 'server.key', 'rogue.crt', 'rogue.key'):
        host.write(f'/etc/proxy/tls/{name}', (tls / name).read_text(), 0o600)
    host.write('/etc/unitgate/ca.pem', (tls / 'ca.crt').read_text())
    for name in ('deploy-proxy', 'deploy-app', 'step', 'docker'):
        host.write(f'/usr/local/bin/{name}', (HERE / name).read_text(), 0o755)
    host.write('/usr/local/lib/app.py', (HERE / 'app.py').read_text(), 0o755)
    caddy = build_folder() / 'caddy/usr/bin/caddy'
    caddy = caddy if caddy.exists() else Path('/usr/bin/caddy')
    if not caddy.exists():
        raise Missing("'caddy' is missing: tools/test fetches it, or 'apt-get install caddy'")
    if caddy.resolve() != Path('/usr/bin/caddy'):
        shutil.copy(caddy.resolve(), host.path('/usr/bin/caddy'))
    host.write('/etc/systemd/system/caddy-proxy.service', '''[Unit]
Description=The TLS reverse proxy
StartLimitIntervalSec=0
[Service]
Type=exec
Environment=HOME=/root XDG_DATA_HOME=/var/lib/proxy XDG_CONFIG_HOME=/var/lib/proxy
# A test that makes this FIFO keeps the proxy from answering until it has written to it.
ExecStart=/bin/sh -ec 'if [ -p /srv/recipes/traefik/start ]; then read x </srv/recipes/traefik/start; fi; \
    exec /usr/bin/caddy run --adapter caddyfile --config /etc/proxy/Caddyfile'
TimeoutStopSec=3s
''')
    host.write('/etc/systemd/system/app@.service', '''[Unit]
Description=The app %i
StartLimitIntervalSec=0
[Service]
Type=exec
ExecStart=/usr/bin/python3 /usr/local/lib/app.py %i
TimeoutStopSec=3s
''')
    # Docker's engine is not part of the host; the specs that name it find a unit and the one command that they call.
    host.write('/etc/systemd/system/docker.service', '''[Unit]
Description=Stand-in for the Docker engine
[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=1min
ExecStart=true
''')
    # A manager whose default would end any gate within seconds: units must bring their own time-outs.
    host.write('/etc/systemd/system.conf.d/test.conf', '[Manager]\nDefaultTimeoutStartSec=5s\n')
    for folder in ('/srv/apps', '/srv/recipes/traefik', '/srv/step', '/etc/unitgate/specs', STATE):
        host.path(folder).mkdir(parents=True, exist_ok=True)
    return host


@functools.cache
def event_words():
    """MESSAGE_ID -> word, from the table of events."""
    table = (HERE.parent.parent / 'src/report/events.cpp').read_text()
    return {found[1]: found[0] for found in re.findall(r'"([a-z-]+)",\s*"([0-9a-f]{32})"', table)}


def new_host():
    host = Host()
    try:
        return furnish(host)
    except BaseException:
        host.close()
        raise


_shared = None


def shared_host():
    global _shared
    if _shared is None:
        _shared = new_host()
        _shared.start()
    return _shared


def proxy_spec(deadline='60s', rollback='60s', timeout='1s', more='', probe=''):
    """The seed's proxy: answers /api/version itself, over TLS with its own name, whatever stands behind it."""
    return f'''description = "The host's reverse proxy"
app = "traefik"
domain = "traefik.ci.example.net"
{more}
[version]
command = ["cat", "/srv/recipes/traefik/newest"]
extract = '\\+v(.+)$'
[deploy]
command = ["/usr/local/bin/deploy-proxy", "{{version}}"]
timeout = "60s"
[gate]
deadline = "{deadline}"
timeout = "{timeout}"
[rollback]
deadline = "{rollback}"
[[gate.probe]]
''' + (probe or '''path = "/api/version"
connect = "127.0.0.1:443"
ca = "/etc/unitgate/ca.pem"
json = { "/Version" = "{app_version}" }
''')


def app_spec(name, port, *, deadline='60s', rollback='60s', unit='', probe='', more='', version='[version]\npin = "1"',
             deploy=''):
    """An app behind a unit of its own: deployed by deploy-app, probed over plain HTTP."""
    return f'''description = "The app {name}"
{more}
[unit]
{unit or 'after = []'}
{version}
[deploy]
{deploy or f'command = ["/usr/local/bin/deploy-app", "{name}", "{{version}}"]'}
timeout = "60s"
[gate]
deadline = "{deadline}"
timeout = "1s"
[rollback]
deadline = "{rollback}"
[[gate.probe]]
url = "http://{name}.example.net:{port}/"
connect = "127.0.0.1:{port}"
{probe}
'''


def step_spec(port=8070, *, deadline='60s', rollback='60s', deploy_timeout='60s', version_timeout='60s', more='', name='app'):
    """A spec whose every step tells the test that it has begun, and does there what the test wants."""
    return f'''{more}
[version]
command = ["/usr/local/bin/step", "{name}", "version"]
timeout = "{version_timeout}"
[deploy]
command = ["/usr/local/bin/step", "{name}", "deploy", "{{version}}"]
timeout = "{deploy_timeout}"
[rollback]
command = ["/usr/local/bin/step", "{name}", "rollback", "{{version}}"]
deadline = "{rollback}"
[gate]
deadline = "{deadline}"
timeout = "1s"
[[gate.probe]]
url = "http://{name}.example.net:{port}/"
connect = "127.0.0.1:{port}"
json = {{ "/Version" = "{{version}}" }}
'''


class Case(unittest.TestCase):
    """A test on the shared host, which is as new before each."""

    @classmethod
    def setUpClass(cls):
        cls.host = shared_host()

    def setUp(self):
        self.reset()
        self.since = self.host.cursor()

    def reset(self):
        host = self.host
        listed = host.run('systemctl', 'list-units', '--all', '--plain', '--no-legend', '--full', 'deploy*', 'app@*',
                          'caddy-proxy*', 'warm-*', 'unitgate*', 'test-*', check=False).stdout
        units = [line.split()[0] for line in listed.splitlines() if line.strip()]
        units = [unit for unit in units if unit.endswith(('.service', '.target', '.mount'))]
        if units:
            host.run('systemctl', 'kill', '--signal=SIGKILL', *units, check=False)
            host.run('systemctl', 'stop', *units, check=False)
        if host.run('mountpoint', '-q', STATE, check=False).returncode == 0:
            host.run('umount', STATE)
        for folder in ('/etc/unitgate/specs', '/run/unitgate/specs', '/usr/lib/unitgate/specs', '/srv/apps',
                       '/srv/recipes/traefik', '/srv/step', STATE):
            path = host.path(folder)
            if path.is_dir():
                for entry in list(path.iterdir()):
                    host.remove(f'{folder}/{entry.name}')
        host.remove('/etc/proxy/Caddyfile', '/etc/unitgate/unitgate.toml')
        for entry in list(host.path('/etc/systemd/system').glob('*.d')) + list(host.path('/etc/systemd/system').glob('test-*')):
            host.remove(f'/etc/systemd/system/{entry.name}')
        os.mkfifo(host.path('/srv/step/arrived'))
        self.arrivals = os.open(host.path('/srv/step/arrived'), os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.arrivals)
        self._heard = ''
        host.path('/srv/step/app').mkdir()
        host.run('systemctl', 'reset-failed', check=False)

    # Setting things up.

    def specs(self, **texts):
        """Writes specs (name with '_' for '-') and lets systemd make their units."""
        for name, text in texts.items():
            self.host.write(f"/etc/unitgate/specs/{name.replace('_', '-')}.toml", text)
        self.reload()

    def reload(self):
        self.host.run('systemctl', 'daemon-reload')

    def drop_in(self, unit, text):
        self.host.write(f'/etc/systemd/system/{unit}.d/50-test.conf', text)

    def app(self, name, port, behaviour='healthy', version=None, start=False, tls=False):
        settings = {'port': port} | ({'tls': ['/etc/proxy/tls/server.crt', '/etc/proxy/tls/server.key']} if tls else {})
        self.host.write(f'/srv/apps/{name}.json', json.dumps(settings))
        self.host.write(f'/srv/apps/{name}.behaviour', behaviour)
        if version is not None:
            self.host.write(f'/srv/apps/{name}.version', version)
        if start:
            self.host.run('systemctl', 'start', f'app@{name}.service')

    def newest(self, version, behaviour='healthy'):
        """What the proxy's recipe offers as its newest version."""
        self.host.write('/srv/recipes/traefik/newest', version + '\n')
        self.host.write(f'/srv/recipes/traefik/{version}.behaviour', behaviour)
        if behaviour == 'hang':
            self.app('hang', 8099, 'hang')

    def arrived(self, phase, timeout=60.0):
        """Waits until a step says that it has begun: 'NAME PHASE [VERSION]'."""
        while phase not in self._heard.split('\n')[:-1]:
            ready, _, _ = select.select([self.arrivals], [], [], timeout)
            if not ready:
                raise HostError(f"no step '{phase}' within {timeout:.0f} s; heard: {self._heard!r}")
            self._heard += os.read(self.arrivals, 4096).decode()
        self._heard = ''

    def open_fifo(self, name):
        """Lets go what waits on a FIFO of the host, once it does."""
        with open(self.host.path(name), 'w') as fifo:
            fifo.write('go\n')

    # Taking things away.

    @contextlib.contextmanager
    def hidden_socket(self):
        """Nobody finds the manager's private socket; connections that were made go on. From systemd 257 on root's systemctl
        does not fall back to the bus by itself, neither a test's nor that of a deploy command."""
        over_bus = 'SYSTEMCTL_FORCE_BUS=1'
        path = self.host.path(PRIVATE_SOCKET)
        away = path.with_name('private.away')
        self.host.run('systemctl', 'set-environment', over_bus)
        path.rename(away)
        self.host.environment.append(over_bus)
        try:
            yield
        finally:
            self.host.environment.remove(over_bus)
            away.rename(path)
            self.host.run('systemctl', 'unset-environment', over_bus.partition('=')[0])

    @contextlib.contextmanager
    def no_bus(self):
        self.host.run('systemctl', 'stop', 'dbus.socket', 'dbus.service')
        try:
            yield
        finally:
            self.host.run('systemctl', 'start', 'dbus.socket', 'dbus.service')
            self.until(lambda: self.host.run('busctl', 'status', check=False).returncode == 0, 'the bus')

    # Looking.

    def start(self, *units, check=True, timeout=120.0):
        return self.host.run('systemctl', 'start', *units, check=check, timeout=timeout)

    def deployed(self, app='traefik'):
        """Versions in the order they were deployed."""
        path = self.host.path('/srv/recipes/traefik/deployed' if app == 'traefik' else f'/srv/apps/{app}.deployed')
        return path.read_text().split() if path.exists() else []

    def steps(self):
        path = self.host.path('/srv/step/app/log')
        return path.read_text().splitlines() if path.exists() else []

    def alerts(self):
        """Open alerts by name of their file, oldest first."""
        folder = self.host.path(f'{STATE}/alerts')
        return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob('*.json'))} if folder.exists() else {}

    def state(self, name):
        path = self.host.path(f'{STATE}/apps/{name}/state.json')
        return json.loads(path.read_text()) if path.exists() else {}

    def events(self, unit, *matches):
        """Journal entries that show under a unit, since the test began."""
        return self.host.journal('-u', unit, *matches, since=self.since)

    def event_words(self, unit):
        """The events of unitgate under a unit, in order, as the words that the manual uses."""
        words = event_words()
        return [words[entry['MESSAGE_ID']] for entry in self.events(unit) if entry.get('MESSAGE_ID') in words]

    def status_text(self, unit):
        return self.host.show(unit, 'StatusText')

    def assert_up(self, unit, substate='exited'):
        # A run that has said READY=1 ends a moment later.
        def settled():
            values = self.host.show(unit, 'ActiveState', 'SubState')
            return values if values != {'ActiveState': 'active', 'SubState': 'running'} or substate == 'running' else None
        try:
            values = self.until(settled, f"the end of the run of '{unit}'")
        except HostError as error:
            self.fail(f'{error}\n{self.story(unit)}')
        self.assertEqual((values['ActiveState'], values['SubState']), ('active', substate), self.story(unit))

    def assert_failed(self, unit, code=None):
        values = self.host.show(unit, 'ActiveState', 'ExecMainStatus')
        self.assertEqual(values['ActiveState'], 'failed', self.story(unit))
        if code is not None:
            self.assertEqual(values['ExecMainStatus'], str(code), self.story(unit))

    def alert_units_have_ended(self):
        """Waits for what OnFailure= of failed units has started or is about to."""
        self.until(lambda: not self.host.run('systemctl', 'list-units', '--plain', '--no-legend', 'unitgate-alert@*').stdout.strip(),
                   'the end of every alert unit')

    @staticmethod
    def manuals():
        """Options of 'systemd-analyze verify': the manual pages that units name are looked for where there is a man(1)."""
        return [] if shutil.which('man') else ['--man=no']

    def story(self, unit):
        """What happened to a unit, for the text of a failure."""
        return self.host.run('journalctl', '-b', '-u', unit, '-n', '40', '--no-pager', '-o', 'short-monotonic', check=False).stdout

    def served(self, path='/api/version', name='traefik.ci.example.net'):
        """(status, body) as the proxy answers."""
        text = self.host.run('curl', '-sS', '-m', '10', '-w', '\n%{http_code}', '--connect-to', '::127.0.0.1:443', '--cacert',
                             '/etc/unitgate/ca.pem', f'https://{name}{path}', check=False).stdout
        body, _, status = text.rpartition('\n')
        return int(status), body

    def processes(self, text):
        """Command lines of the host's processes that hold a text."""
        lines = self.host.run('ps', '-eo', 'args').stdout.splitlines()
        return [line for line in lines if text in line and 'ps -eo' not in line]

    def until(self, condition, what, timeout=60.0):
        return until(condition, what, timeout)
