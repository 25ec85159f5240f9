# SPDX-License-Identifier: MIT
"""`start`, `stop` and `reconcile` through another service manager: of a container (-M), of a host behind ssh (-H), of a
user (--user)."""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from host import mount
from world import GOOD, NEWER, Case, app_spec, build_folder, proxy_spec, step_spec

PROXY, BRIDGE = 'deploy-proxy.service', 'deploy-bridge.service'


class Elsewhere(Case):
    """The same from outside, whatever leads there. The specs are on the other side."""

    def setUp(self):
        super().setUp()
        self.newest(GOOD)
        self.app('bridge', 8081)
        self.specs(proxy=proxy_spec(), bridge=app_spec('bridge', 8081, unit=f'after = ["{PROXY}"]\nrequires = ["{PROXY}"]'))

    def assert_status(self, unitgate, options, proxy, code, text=''):
        """What status shows from afar: the state of each unit, and what it says of itself."""
        done = unitgate('status', '--json', *options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        rows = {row['unit']: row for row in json.loads(done.stdout)['units']}
        self.assertEqual(set(rows), {PROXY, BRIDGE})
        self.assertEqual(rows[PROXY]['active_state'], proxy)
        self.assertIn(text, rows[PROXY]['status_text'] or '')
        done = unitgate('status', *options, 'proxy')
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(PROXY, done.stdout)
        self.assertNotIn(BRIDGE, done.stdout)
        self.assertIn(proxy, done.stdout)

    def both_ways(self, unitgate, options):
        """`unitgate(*arguments)` gives a CompletedProcess."""
        self.assert_status(unitgate, options, 'inactive', 3)
        done = unitgate('start', '--json', *options, 'bridge', 'proxy')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        units = json.loads(done.stdout)['units']
        self.assertEqual([(unit['unit'], unit['verdict']) for unit in units], [(PROXY, 'up'), (BRIDGE, 'up')])
        self.assertEqual([unit['version'] for unit in units], [GOOD, '1'])
        self.assert_up(BRIDGE)
        self.assert_status(unitgate, options, 'active', 0, f'up: {GOOD}')
        self.newest(NEWER)
        done = unitgate('reconcile', *options)  # what deploy.target wants
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.deployed(), [GOOD, NEWER])
        done = unitgate('stop', *options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.host.active(PROXY), 'inactive')
        self.newest('5.1.2+v3.6.16', '502')
        self.specs(proxy=proxy_spec(deadline='1s'))
        self.host.remove('/var/lib/unitgate/apps/proxy')
        done = unitgate('start', *options)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assert_status(unitgate, options, 'failed', 1)
        return done


class OfAContainer(Elsewhere):
    """This machine has no machined: its entry for the host is written by hand, in mounts that only this process sees."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = Path('/run/systemd/machines')
        if not os.path.ismount(folder):
            folder.mkdir(parents=True, exist_ok=True)
            mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', folder)
        (folder / cls.host.name).write_text(f'NAME={cls.host.name}\nCLASS=container\nLEADER={cls.host.leader}\n')

    def unitgate(self, *arguments):
        return subprocess.run([build_folder() / 'unitgate', *arguments], capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def test_units_of_a_container_are_started_reconciled_and_stopped_from_outside(self):
        done = self.both_ways(self.unitgate, ['-M', self.host.name])
        self.assertIn(f'next: journalctl -M {self.host.name} -b -e -u {PROXY}', done.stderr)

    def test_a_container_that_does_not_run_is_an_error_that_says_how_to_look(self):
        for verb in ('start', 'status'):
            done = self.unitgate(verb, '-M', 'no-such-machine')
            self.assertEqual(done.returncode, 1)
            self.assertIn("in machine 'no-such-machine'", done.stderr)
            self.assertIn('machinectl list', done.stderr)


class BehindSsh(Elsewhere):
    """A real sshd on the host's own loopback."""

    @classmethod
    def setUpClass(cls):
        tree = build_folder() / 'sshd'
        program = next((path for path in (tree / 'usr/sbin/sshd', Path('/usr/sbin/sshd')) if path.exists()), None)
        if not program:
            raise unittest.SkipTest("there is no sshd: tools/test fetches it, or 'apt-get install openssh-server'")
        super().setUpClass()
        host = cls.host
        if tree in program.resolve().parents:
            for part in ('usr/sbin/sshd', 'usr/lib'):
                subprocess.run(['cp', '-a', '--parents', part, host.path('/')], cwd=tree, check=True)
        host.path('/run/sshd').mkdir(exist_ok=True)
        host.run('sh', '-ec', 'getent passwd sshd >/dev/null || useradd --system --home-dir /run/sshd sshd')
        host.run('sh', '-ec', 'rm -rf /root/.ssh; install -d -m 700 /root/.ssh; cd /root/.ssh; '
                 'ssh-keygen -q -t ed25519 -N "" -f id_ed25519; cp id_ed25519.pub authorized_keys; '
                 'ssh-keygen -q -t ed25519 -N "" -f host_key; echo "web1 $(cat host_key.pub)" >known_hosts')
        host.write('/root/.ssh/config', 'Host web1\nHostName 127.0.0.1\nHostKeyAlias web1\nBatchMode yes\n', 0o600)
        host.write('/etc/sshd-test.conf', 'ListenAddress 127.0.0.1:2222\nHostKey /root/.ssh/host_key\nUsePAM no\n'
                   'AuthorizedKeysFile /root/.ssh/authorized_keys\nPermitRootLogin yes\nStrictModes no\n')

    def setUp(self):
        super().setUp()
        self.host.run('systemd-run', '--quiet', '--unit=test-sshd', '--service-type=exec', '/usr/sbin/sshd', '-D', '-f',
                      '/etc/sshd-test.conf')
        self.until(lambda: self.host.run('ssh', '-p', '2222', 'web1', 'true', check=False).returncode == 0,
                   'an answer of the sshd: ' + self.story('test-sshd'))

    def unitgate(self, *arguments):
        return self.host.run('unitgate', *arguments, check=False)

    def test_units_of_a_host_are_started_reconciled_and_stopped_through_ssh(self):
        done = self.both_ways(self.unitgate, ['-H', 'web1:2222'])
        self.assertIn(f'next: ssh -p 2222 web1 journalctl -b -e -u {PROXY}', done.stderr)

    def test_a_connection_that_breaks_during_a_start_is_made_again(self):
        self.host.write('/srv/step/app/newest', '1\n')
        self.host.write('/srv/step/app/deploy', 'read x <go\n')
        os.mkfifo(self.host.path('/srv/step/app/go'))
        self.app('app', 8070, version='1', start=True)
        self.specs(app=step_spec())
        process = self.host.spawn('unitgate', 'start', '-H', 'web1:2222', 'app')
        self.arrived('app deploy 1')
        self.host.run('pkill', '-x', 'systemd-stdio-b')
        self.open_fifo('/srv/step/app/go')
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertIn('connected again', out)
        self.assertRegex(out, 'deploy-app.service +up: 1')

    def test_a_host_that_is_not_there_is_an_error_that_says_what_to_try(self):
        for verb in ('start', 'status'):
            done = self.unitgate(verb, '-H', 'nowhere.invalid')
            self.assertEqual(done.returncode, 1)
            self.assertIn("on host 'nowhere.invalid'", done.stderr)
            self.assertIn('ssh nowhere.invalid', done.stderr)


class OfAUser(Case):
    """A user manager that lingers, as after 'loginctl enable-linger'."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run = cls.host.run
        run('systemctl', 'unmask', 'systemd-logind.service')
        run('systemctl', 'start', 'systemd-logind.service')
        run('sh', '-ec', 'getent passwd operator1 >/dev/null || useradd --create-home operator1')
        cls.uid = run('id', '-u', 'operator1').stdout.strip()
        # The user's, whoever writes into it first.
        run('install', '-d', '-o', 'operator1', '-g', 'operator1',
            *('/home/operator1/' + folder for folder in ('.config', '.config/systemd', '.config/systemd/user')))
        # From within the host: logind of systemd 257 asks in whose control group a caller is.
        inside = 'systemd-run', '--quiet', '--wait', '--pipe'
        run(*inside, 'loginctl', 'enable-linger', 'operator1')
        cls.addClassCleanup(run, 'systemctl', 'mask', 'systemd-logind.service', check=False)
        cls.addClassCleanup(run, 'systemctl', 'stop', 'systemd-logind.service', check=False)
        cls.addClassCleanup(run, *inside, 'loginctl', 'disable-linger', 'operator1', check=False)
        run('systemctl', 'start', f'user@{cls.uid}.service')

    def user(self, *command, check=False):
        return self.host.run('setpriv', '--reuid', self.uid, '--regid', self.uid, '--init-groups', 'env',
                             f'XDG_RUNTIME_DIR=/run/user/{self.uid}', 'HOME=/home/operator1', *command, check=check)

    def unitgate(self, *arguments):
        return self.user('unitgate', '--specs', '/home/operator1/specs', *arguments)

    def generate(self):
        done = self.unitgate('generate', '--to', '/home/operator1/.config/systemd/user')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.user('systemctl', '--user', 'daemon-reload', check=True)

    def place(self, version):
        self.host.write('/home/operator1/specs/notes.toml', f'''
[version]
pin = "{version}"
[deploy]
command = ["sh", "-c", "echo {version} >>/home/operator1/deployed"]
[gate]
deadline = "10s"
[[gate.probe]]
url = "http://notes.example.net:8071/"
connect = "127.0.0.1:8071"
''')
        self.generate()

    def test_units_of_a_user_are_started_said_to_be_behind_and_reconciled(self):
        self.app('notes', 8071, start=True)
        self.place('1')
        done = self.unitgate('start', '--user')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, 'deploy-notes.service +up: 1')
        self.place('2')
        done = self.unitgate('start', '--user')
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn('2 is wanted, 1 is up', done.stderr)
        self.assertIn('next: unitgate reconcile --user notes', done.stderr)
        done = self.unitgate('status', '--user', 'notes')
        self.assertEqual((done.returncode, done.stderr), (3, ''), done.stdout)
        self.assertIn('behind: 2 is wanted, 1 is up (unitgate reconcile --user notes)', done.stdout)
        done = self.unitgate('reconcile', '--user')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.host.read('/home/operator1/deployed'), '1\n2\n')
        done = self.unitgate('stop', '--user')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('inactive', self.user('systemctl', '--user', 'is-active', 'deploy-notes.service').stdout)

    def test_a_start_of_a_users_units_needs_no_bus(self):
        self.app('notes', 8071, start=True)
        self.place('1')
        bus = 'dbus.socket', 'dbus.service'
        self.user('systemctl', '--user', 'stop', *bus, check=True)
        self.addCleanup(self.user, 'systemctl', '--user', 'start', *bus)
        for verb in ('start', 'stop'):
            done = self.unitgate(verb, '--user')
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def place_more(self, **specs):
        """Specs with a gate of one unit probe each: name=(unit, [unit] text)."""
        for name, (unit, text) in specs.items():
            self.host.write(f'/home/operator1/specs/{name}.toml', f'[unit]\n{text}\n[version]\npin = "1"\n[deploy]\n'
                            f'command = ["true"]\n[gate]\ndeadline = "60s"\n[[gate.probe]]\nunit = "{unit}"\n')
            self.addCleanup(self.host.remove, f'/home/operator1/specs/{name}.toml')
            self.addCleanup(self.host.remove, f'/home/operator1/.config/systemd/user/deploy-{name}.service')
        self.generate()

    def user_shows(self, unit, what):
        return self.user('systemctl', '--user', 'show', '--value', '-p', what, unit, check=True).stdout.strip()

    def test_a_unit_probe_of_a_users_spec_asks_the_users_manager(self):
        self.host.write('/home/operator1/.config/systemd/user/napper.service', '[Service]\nExecStart=sleep infinity\n')
        self.addCleanup(self.user, 'systemctl', '--user', 'stop', 'napper.service')
        self.place_more(awake=('napper.service', ''))
        self.user('systemctl', '--user', 'start', '--no-block', 'deploy-awake.service', check=True)
        self.until(lambda: 'inactive' in self.user_shows('deploy-awake.service', 'StatusText'), 'a failing try')
        self.user('systemctl', '--user', 'start', 'napper.service', check=True)
        self.until(lambda: self.user_shows('deploy-awake.service', 'ActiveState') == 'active', 'the pass')

    def test_probe_asks_the_users_manager_with_user_and_the_systems_without(self):
        self.host.write('/home/operator1/.config/systemd/user/napper.service', '[Service]\nExecStart=sleep infinity\n')
        self.addCleanup(self.user, 'systemctl', '--user', 'stop', 'napper.service')
        self.place_more(awake=('napper.service', ''))
        self.user('systemctl', '--user', 'start', 'napper.service', 'deploy-awake.service', check=True)
        found = {}
        for options in ((), ('--user',)):
            done = self.unitgate('--json', 'probe', *options, 'awake')
            found[options] = json.loads(done.stdout), done.returncode
        ours, code = found[('--user',)]
        self.assertEqual((code, ours['passed'], ours['version'], ours['version_from']), (0, True, '1', 'last good'), ours)
        theirs, code = found[()]
        self.assertEqual((code, theirs['probes'][0]['cause']), (1, 'missing'), theirs)

    def test_a_deadlock_among_a_users_units_is_named_while_it_happens(self):
        self.place_more(first=('deploy-second.service', ''), second=(
            'deploy-first.service', 'after = ["deploy-first.service"]\nrequires = ["deploy-first.service"]'))
        done = self.unitgate('start', '--user', '--force', 'first', 'second')
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn('gate-deadlock', done.stdout)

    def test_without_a_user_manager_the_error_says_how_to_get_one(self):
        done = self.host.run('setpriv', '--reuid', 'nobody', '--clear-groups', 'unitgate', 'start', '--user', check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn('of this user', done.stderr)
        self.assertIn('loginctl enable-linger', done.stderr)
