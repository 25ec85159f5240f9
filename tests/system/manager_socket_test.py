# SPDX-License-Identifier: MIT
"""How `unitgate start` reaches the service manager: as root over its private socket, as systemctl does, and over the bus
where that can't be. Either way it comes to the same."""

import contextlib
import json
import os

from start_verb_test import BRIDGE, SITE, Trouble
from verify_test import FRONT_ASKS_SITE, spec
from world import PRIVATE_SOCKET as SOCKET, app_spec, step_spec

# Takes each connection and ends it at once, as a manager with too many of them does.
REFUSING = f'''import socket
server = socket.socket(socket.AF_UNIX)
server.bind("{SOCKET}.refusing")
server.listen()
while True:
    server.accept()[0].close()
'''
NO_HOLDS = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><policy context="mandatory"><deny send_interface="org.freedesktop.systemd1.Manager" send_member="RefUnit"/>
</policy></busconfig>
'''


class ManagerSocket(Trouble):
    @contextlib.contextmanager
    def no_holds(self):
        policy = '/etc/dbus-1/system.d/zz-test.conf'
        self.host.write(policy, NO_HOLDS)
        self.host.run('systemctl', 'reload', 'dbus.service')
        try:
            yield
        finally:
            self.host.remove(policy)
            self.host.run('systemctl', 'reload', 'dbus.service')

    def prepare(self):
        """A unit that waits in its deploy."""
        self.specs(app=step_spec())
        self.host.write('/srv/step/app/newest', '1\n')
        self.host.write('/srv/step/app/deploy', 'read x <go\n')
        os.mkfifo(self.host.path('/srv/step/app/go'))
        self.app('app', 8070, version='1', start=True)

    def begin(self, *arguments):
        process = self.host.spawn('unitgate', *arguments, 'start')
        self.arrived('app deploy 1')
        return process

    def let_go(self):
        self.open_fifo('/srv/step/app/go')

    def assert_comes_up(self, process):
        self.let_go()
        code, out, err = self.finish(process)
        self.assertEqual(code, 0, out + err)
        self.assertRegex(out, 'deploy-app.service +up: 1')

    def test_a_start_of_roots_needs_no_bus(self):
        self.app('bridge', 8081, start=True)
        self.specs(bridge=app_spec('bridge', 8081, deploy='command = ["true"]'))
        with self.no_bus():
            self.assertEqual(self.verdicts('start'), {BRIDGE: 'up'})
            self.assertEqual(self.verdicts('stop'), {BRIDGE: 'stopped'})

    def test_a_bus_that_goes_away_meanwhile_is_not_missed(self):
        self.prepare()
        process = self.begin()
        with self.no_bus():
            self.assert_comes_up(process)

    def test_a_bus_that_says_nothing_costs_a_second_and_no_more(self):
        self.app('bridge', 8081, start=True)
        self.specs(bridge=app_spec('bridge', 8081, deploy='command = ["true"]'))
        self.host.run('systemctl', 'kill', '--signal=SIGSTOP', 'dbus.service')
        try:
            self.assertEqual(self.verdicts('start', timeout=20), {BRIDGE: 'up'})
        finally:
            self.host.run('systemctl', 'kill', '--signal=SIGCONT', 'dbus.service')

    def test_without_the_socket_it_goes_over_the_bus(self):
        self.prepare()
        with self.hidden_socket():
            self.assert_comes_up(self.begin())

    def test_a_socket_that_takes_no_more_connections_is_left_for_the_bus(self):
        self.prepare()
        self.host.run('systemd-run', '--unit=test-refusing', '/usr/bin/python3', '-c', REFUSING)
        self.until(self.host.path(SOCKET + '.refusing').exists, 'the socket that refuses')
        with self.hidden_socket():
            self.host.path(SOCKET + '.refusing').rename(self.host.path(SOCKET))
            self.assert_comes_up(self.begin())

    def test_over_the_bus_daemon_reloads_reexecs_and_a_new_bus_change_no_verdict(self):
        for disturb, times in ((self.reload_manager, 10), (self.reexec_manager, 10), (self.restart_bus, 1)):
            for good in (True, False):
                with self.subTest(disturb=disturb.__name__, good=good):
                    self.reset()
                    self.trouble(disturb, times, good, while_it_begins=self.hidden_socket())

    def test_a_bus_that_stays_away_ends_a_wait_over_it_with_an_error(self):
        self.prepare()
        with self.hidden_socket():
            process = self.begin()
        with self.no_bus():
            code, out, err = self.finish(process)
            self.let_go()
        self.assertEqual(code, 1, err)
        self.assertIn('did not come back', out)
        self.assertIn('systemctl status deploy-app.service', err)

    def test_what_a_condition_kept_from_starting_is_said_to_be_skipped_after_a_restart_of_the_bus_too(self):
        """Nothing but a hold keeps such a unit loaded, and the bus took that with it."""
        self.host.write('/etc/unitgate/specs/site.toml', app_spec('site', 8082, unit=(
            'after = ["deploy-app.service"]\nrequires = ["deploy-app.service"]\nwanted_by = []')))
        self.drop_in(SITE, '[Unit]\nConditionPathExists=/nowhere\n')
        self.prepare()
        process = self.begin('--json')
        self.host.run('systemctl', 'restart', 'dbus.service')
        self.until(lambda: self.holders(SITE), 'a hold on the new bus')
        self.let_go()
        code, out, err = self.finish(process)
        self.assertEqual(code, 1, out + err)
        found = {unit['unit']: unit['verdict'] for unit in json.loads(out)['units']}
        self.assertEqual(found, {'deploy-app.service': 'up', SITE: 'skipped'})

    def holders(self, unit):
        return self.host.show(unit, 'Refs')

    def problems(self):
        done = self.host.run('unitgate', '--json', 'start', '--dry-run', check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return json.loads(done.stdout)['problems']

    def test_where_holds_are_refused_it_finds_the_same(self):
        """Then units are not kept loaded, and what waits for one is only found from the other end."""
        self.host.write('/etc/systemd/system/test-late.target', '[Unit]\nAfter=test-later.target\nWants=test-later.target\n')
        self.host.write('/etc/systemd/system/test-later.target', '[Unit]\nAfter=deploy-front.service\n')
        site = 'http://site.example.net/'
        nobody = 'wanted_by = []\n'
        for loaded, now in (('', ''), (nobody, nobody), (nobody, '')):  # the last: edited since, so that nothing holds it
            with self.subTest(loaded=loaded, now=now):
                def specs(wanted):
                    return {'front': FRONT_ASKS_SITE.replace('[unit]\n', '[unit]\n' + wanted), 'site': spec(
                        site, serves=site, unit=wanted + 'after = ["test-late.target"]\nwants = ["test-late.target"]')}
                self.specs(**specs(loaded))
                for name, text in specs(now).items():
                    self.host.write(f'/etc/unitgate/specs/{name}.toml', text)
                found = self.problems()
                self.assertIn('gate-deadlock', [one['code'] for one in found])
                with self.no_holds():
                    self.assertEqual(self.problems(), found)
                with self.no_bus():
                    self.assertEqual(self.problems(), found)
                with self.hidden_socket():
                    self.assertEqual(self.problems(), found)
