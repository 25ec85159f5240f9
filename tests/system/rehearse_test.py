# SPDX-License-Identifier: MIT
"""`unitgate rehearse`: a cold start of the proxy on the live host that this project grew out of. Whatever becomes of it, all
eight units are back afterwards."""

import json
import os
import pty

import seed
from host import until
from world import GOOD, STATE, Case

PROXY, DASHBOARD = 'deploy-proxy.service', 'deploy-dashboard.service'
APPS = sorted({'bridge', 'dashboard', 'drone', 'backupbot', 'nightly-sweep', 'reports', 'warm-keycloak'})
# The stacks that the specs with another name than theirs deploy.
STACK = {'warm-keycloak': 'keycloak'}


class Rehearse(Case):
    def setUp(self):
        super().setUp()
        seed.place(self.host, GOOD, settle='1s')
        self.addCleanup(self.host.remove, '/etc/unitgate/credentials')
        for name in APPS:
            spec = f'/etc/unitgate/specs/{name}.toml'
            stop = f'[stop]\ncommand = ["systemctl", "stop", "app@{STACK.get(name, name)}.service"]\n\n[version]'
            self.host.write(spec, self.host.read(spec).replace('[version]', stop, 1))
        self.reload()
        self.start('deploy.target', timeout=300)
        self.before = self.invocations()
        self.assertTrue(all(self.before.values()))
        self.watching = ()

    def invocations(self):
        return {unit: self.host.show(unit, 'InvocationID') for unit in seed.UNITS}

    def old_gate(self):
        seed.old_gate(self.host, '30s')
        self.reload()

    def rehearse(self, *arguments, code=0):
        done = self.host.run('unitgate', 'rehearse', *arguments, check=False, timeout=240)
        self.assertEqual(done.returncode, code, f'{done.stdout}{done.stderr}\n{self.story(PROXY)}')
        return done.stdout + done.stderr

    def rehearse_json(self, *arguments, code=0):
        done = self.host.run('unitgate', '--json', 'rehearse', *arguments, check=False, timeout=240)
        self.assertEqual(done.returncode, code, f'{done.stdout}{done.stderr}\n{self.story(PROXY)}')
        return json.loads(done.stdout)

    def assert_all_back(self, restarted=True):
        for unit in seed.UNITS:
            self.assert_up(unit, 'running' if unit in self.watching else 'exited')
        if restarted:
            for unit, before in self.before.items():
                self.assertNotEqual(self.host.show(unit, 'InvocationID'), before, f'{unit} was not stopped')
        self.assertFalse(self.host.path(f'{STATE}/rehearsal.json').exists())
        self.assertEqual(self.served()[0], 200)
        self.assertEqual(self.served('/', 'ci.example.net')[0], 200)

    def hold_deploy(self):
        """The proxy's next deploy waits on a FIFO. Gives what lets it go."""
        os.mkfifo(self.host.path('/srv/recipes/traefik/go'))
        self.host.write(f'/srv/recipes/traefik/{GOOD}.hook', 'echo "app rehearsed" >/srv/step/arrived; '
                        'read x </srv/recipes/traefik/go\n')

        def let_go():
            self.host.remove(f'/srv/recipes/traefik/{GOOD}.hook')
            self.open_fifo('/srv/recipes/traefik/go')
        return let_go

    def kill(self, name):
        """A signal to the rehearsal."""
        (pid,) = [pid for pid in self.host.run('pgrep', '-x', 'unitgate').stdout.split()
                  if 'rehearse' in self.host.read(f'/proc/{pid}/cmdline').split('\0')]
        self.host.run('kill', f'-{name}', pid)

    def begin(self):
        process = self.host.spawn('unitgate', 'rehearse', 'proxy', '--yes')
        self.arrived('app rehearsed')
        for unit in seed.UNITS[1:]:
            self.assertEqual(self.host.active(unit), 'inactive', unit)
        self.assertEqual(self.host.active(PROXY), 'activating')
        return process

    def test_the_proxy_passes_without_the_dashboard_and_everything_is_back(self):
        found = self.rehearse_json('proxy', '--yes')
        self.assertEqual(found['verdict'], 'up', found)
        self.assertEqual(sorted(found['stopped']), sorted(seed.UNITS[1:]))
        self.assertLess(found['stopped'].index('deploy-bridge.service'), found['stopped'].index(DASHBOARD))
        self.assertTrue(found['all_back'])
        self.assertEqual(found['unhealthy'], [])
        self.assertEqual({app['name']: app['state'] for app in found['apps']}, dict.fromkeys(APPS, 'up'))
        self.assertEqual(self.deployed(), [GOOD, GOOD], 'it was not deployed anew')
        self.assert_all_back()
        self.assertEqual(self.alerts(), {})

    def test_what_is_put_back_comes_up_in_order(self):
        self.rehearse('proxy', '--yes')
        up = int(self.host.show(PROXY, 'ActiveEnterTimestampMonotonic'))
        for unit in ('deploy-bridge.service', DASHBOARD):
            began = int(self.host.show(unit, 'InactiveExitTimestampMonotonic'))
            self.assertGreaterEqual(began, up, f'{unit} began too early')
            up = int(self.host.show(unit, 'ActiveEnterTimestampMonotonic'))

    def test_a_unit_that_was_not_up_is_stopped_again(self):
        self.host.run('systemctl', 'stop', PROXY)
        stopped = [unit for unit in seed.UNITS if self.host.active(unit) == 'inactive']
        found = self.rehearse_json('proxy', '--yes')
        self.assertEqual((found['verdict'], found['all_back']), ('up', True), found)
        self.assertEqual([unit for unit in seed.UNITS if self.host.active(unit) != 'active'], stopped)
        self.assertIn(PROXY, stopped)

    def test_the_unit_of_the_caller_is_left_alone_though_it_is_ordered_after(self):
        done = self.host.run('systemd-run', '--quiet', '--wait', '--pipe', '--unit=test-caller', f'--property=After={PROXY}',
                             'unitgate', '--json', 'rehearse', 'proxy', '--yes', check=False, timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('left alone: the unit that this program runs in', done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual((found['verdict'], found['all_back']), ('up', True), found)
        self.assertEqual(sorted(found['stopped']), sorted(seed.UNITS[1:]))
        self.assert_all_back()

    def test_a_target_that_requires_a_unit_that_is_stopped_is_back(self):
        target = 'test-apps.target'
        self.host.write(f'/etc/systemd/system/{target}', f'[Unit]\nRequires={DASHBOARD}\nAfter={DASHBOARD}\n')
        self.reload()
        self.start(target)
        before = self.host.show(target, 'InvocationID')
        said = self.rehearse('proxy', '--yes')
        self.assertIn(f'systemd stops with them: {target}', said)
        self.assertIn('9 of 9 units are back', said)
        self.assertEqual(self.host.active(target), 'active')
        self.assertNotEqual(self.host.show(target, 'InvocationID'), before, 'it was not stopped')
        self.assert_all_back()

    def test_an_app_that_does_not_come_back_is_told(self):
        # It breaks once its gate has passed again, before its unit counts as up.
        self.drop_in('deploy-drone.service', "[Service]\nExecStartPost=/bin/sh -c 'echo 502 >/srv/apps/drone.behaviour'\n")
        self.reload()
        said = self.rehearse('proxy', '--yes', code=1)
        self.assertIn("'drone' was healthy before and is not now: ", said)
        self.assertIn(f'{PROXY} came up without what is ordered after it, in ', said)
        self.assertIn('8 of 8 units are back', said)

    def test_with_apps_they_are_really_down_meanwhile(self):
        said = self.rehearse('proxy', '--yes', '--apps')
        self.assertIn(f'{PROXY} came up without what is ordered after it, in ', said)
        self.assertEqual(said.count('really down'), len(APPS), said)
        self.assertIn('8 of 8 units are back', said)
        self.assert_all_back()

    def watch(self, *names):
        """These have [watch] from now on: their units stay active (running)."""
        for name in names:
            spec = f'/etc/unitgate/specs/{name}.toml'
            self.host.write(spec, self.host.read(spec).replace('[version]', '[watch]\ninterval = "100ms"\n\n[version]', 1))
        self.watching = [f'deploy-{name}.service' for name in names]
        self.reload()
        self.host.run('systemctl', 'restart', PROXY, timeout=120)  # and with it what requires it
        self.start(*seed.UNITS)
        for unit in self.watching:
            self.until(lambda: 'watch: healthy' in self.status_text(unit), 'a watch')
        self.before = self.invocations()

    def test_units_that_watch_their_apps_are_rehearsed_and_watch_on(self):
        self.watch('proxy', 'bridge', 'dashboard')
        for options in ([], ['--apps']):
            with self.subTest(options):
                found = self.rehearse_json('proxy', '--yes', *options)
                self.assertEqual((found['verdict'], found['all_back'], found['unhealthy']), ('up', True, []), found)
                self.assertEqual({app['state'] for app in found['apps']}, {'down' if options else 'up'}, found)
                self.assert_all_back()
                for unit in self.watching:
                    self.until(lambda: 'watch: healthy' in self.status_text(unit), 'a watch')
                self.before = self.invocations()
        self.assertEqual(self.deployed(), [GOOD, GOOD, GOOD], 'it was not deployed anew, or by its watch too')
        self.assertEqual(self.alerts(), {}, 'a watch took the rehearsal for an outage')

    def test_the_old_gate_of_a_unit_that_watches_fails_and_the_watch_is_back(self):
        self.watch('proxy', 'dashboard')
        self.old_gate()
        found = self.rehearse_json('proxy', '--yes', code=1)
        self.assertEqual((found['verdict'], found['all_back']), ('failed', True), found)
        self.assertIn('gate-deadlock', found['detail'])
        self.assert_all_back()
        self.assertEqual([alert['reason'] for alert in self.alerts().values()], ['gate-deadlock'])

    def test_failures_that_cannot_be_reset_end_it_and_everything_is_back(self):
        policy = '/etc/dbus-1/system.d/zz-test.conf'
        self.host.write(policy, '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" '
                        '"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n'
                        '<busconfig><policy context="mandatory"><deny send_interface="org.freedesktop.systemd1.Manager" '
                        'send_member="ResetFailedUnit"/></policy></busconfig>\n')
        self.host.run('systemctl', 'reload', 'dbus.service')
        self.addCleanup(self.host.run, 'systemctl', 'reload', 'dbus.service')
        self.addCleanup(self.host.remove, policy)
        with self.hidden_socket():  # the policy is the bus's
            found = self.rehearse_json('proxy', '--yes', code=1)
        self.assertEqual((found['verdict'], found['all_back']), ('failed', True), found)
        self.assertEqual(found['detail'], f"cannot reset the failures of '{PROXY}'")
        self.assert_all_back()

    def test_the_old_gate_fails_and_names_the_dashboard(self):
        self.old_gate()
        found = self.rehearse_json('proxy', '--yes', code=1)
        self.assertEqual(found['verdict'], 'failed')
        self.assertIn('gate-deadlock', found['detail'])
        self.assertIn(f"'{DASHBOARD}' is stopped for a rehearsal", found['detail'])
        self.assertLess(found['seconds'], 15, 'the deadline was waited out')
        self.assertTrue(found['all_back'])
        self.assert_all_back()
        (alert,) = self.alerts().values()
        self.assertEqual((alert['reason'], alert['probe']['cause']), ('gate-deadlock', 'unit-stopped'))
        self.assertNotIn('held', {key for key, value in self.state('proxy').items() if value})

    def test_the_old_gate_fails_with_the_apps_down_too_and_all_is_back(self):
        self.old_gate()
        said = self.rehearse('proxy', '--yes', '--apps', code=1)
        self.assertIn('did not come up', said)
        self.assertIn(DASHBOARD, said)
        self.assertIn('8 of 8 units are back', said)
        self.assert_all_back()

    def test_killed_midway_its_restore_puts_everything_back(self):
        let_go = self.hold_deploy()
        process = self.begin()
        self.kill('KILL')
        process.communicate(timeout=30)
        note = json.loads(self.host.read(f'{STATE}/rehearsal.json'))
        self.assertEqual(sorted(note['units']), sorted(seed.UNITS[1:]))
        self.assertIn('was cut short', self.rehearse('proxy', '--yes', code=1))
        let_go()
        self.assertIn("what the rehearsal of 'proxy' had stopped is back", self.rehearse('--restore'))
        self.assert_all_back()
        self.assertIn('nothing to put back', self.rehearse('--restore'))

    def test_ctrl_c_puts_everything_back(self):
        for name in ('INT', 'TERM', 'HUP'):
            with self.subTest(name):
                self.before = self.invocations()
                let_go = self.hold_deploy()
                process = self.begin()
                self.kill(name)
                until(lambda: json.loads(self.host.read(f'{STATE}/rehearsal.json'))['phase'] == 'putting-back',
                      'the putting back')
                let_go()
                out, err = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 1, out + err)
                self.assertIn('interrupted', out)
                self.assertIn('8 of 8 units are back', out)
                self.assert_all_back()
                self.host.remove('/srv/recipes/traefik/go')

    def begin_over_the_bus(self):
        with self.hidden_socket():
            return self.begin()

    def test_a_restart_of_the_bus_midway_loses_nothing(self):
        for begin in (self.begin, self.begin_over_the_bus):
            with self.subTest(begin.__name__):
                self.before = self.invocations()
                let_go = self.hold_deploy()
                process = begin()
                self.host.run('systemctl', 'daemon-reexec')
                self.host.run('systemctl', 'restart', 'dbus.service')
                let_go()
                out, err = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 0, out + err)
                self.assertIn('8 of 8 units are back', out)
                self.assert_all_back()
                self.host.remove('/srv/recipes/traefik/go')

    def test_everything_is_put_back_also_while_the_bus_is_away(self):
        let_go = self.hold_deploy()
        process = self.begin()
        with self.no_bus():
            let_go()
            out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertIn('8 of 8 units are back', out)
        self.assert_all_back()

    def test_begun_over_a_bus_that_stays_away_it_puts_everything_back_over_the_private_socket(self):
        let_go = self.hold_deploy()
        process = self.begin_over_the_bus()
        with self.no_bus():
            until(lambda: json.loads(self.host.read(f'{STATE}/rehearsal.json'))['phase'] == 'putting-back',
                  'the putting back')
            let_go()
            out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, out + err)
        self.assertIn('did not come back', out)
        self.assertIn('8 of 8 units are back', out)
        self.assert_all_back()

    def test_without_bus_and_socket_it_says_that_nothing_is_back_and_its_restore_mends_that(self):
        let_go = self.hold_deploy()
        process = self.begin_over_the_bus()
        with self.no_bus(), self.hidden_socket():
            out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, out + err)
        self.assertIn('0 of 8 units are back; next: unitgate rehearse --restore', out)
        let_go()
        self.assertIn("what the rehearsal of 'proxy' had stopped is back", self.rehearse('--restore'))
        self.assert_all_back()

    def test_without_yes_and_a_terminal_nothing_is_stopped(self):
        self.assertIn("'--yes'", self.rehearse('proxy', code=2))
        self.assertEqual(self.invocations(), self.before)

    def asked(self, answer):
        """The question is asked on a terminal and gets `answer`, as it is typed. Gives exit code and what was said."""
        master, slave = pty.openpty()
        try:
            process = self.host.spawn('unitgate', 'rehearse', 'proxy', stdin=slave)
            os.close(slave)
            said = ''
            while 'Go on? [y/N]\n' not in said:
                line = process.stderr.readline()
                self.assertNotEqual(line, '', f'no question: {said}')
                said += line
            self.assertEqual(self.invocations(), self.before, 'stopped before the answer')
            os.write(master, answer)
            out, err = process.communicate(timeout=120)
        finally:
            os.close(master)
        return process.returncode, said + err + out

    def test_on_a_terminal_it_lists_and_asks_and_only_a_yes_goes_on(self):
        for answer in (b'N\n', b'\n', b'yellow\n', b'\x04'):
            with self.subTest(answer):
                code, said = self.asked(answer)
                self.assertEqual(code, 1, said)
                self.assertIn('nothing is stopped', said)
                self.assertEqual(self.invocations(), self.before)
        code, said = self.asked(b'y\n')
        self.assertEqual(code, 0, said)
        for unit in seed.UNITS[1:]:
            self.assertIn(f'  {unit}\n', said.partition('Go on?')[0])
        self.assertIn('8 of 8 units are back', said)
        self.assert_all_back()
