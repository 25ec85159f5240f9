# SPDX-License-Identifier: MIT
"""`unitgate start`, `stop` and `reconcile` against the manager of the booted host."""

import contextlib
import json
import os
import pty
import re

from world import GOOD, NEWER, Case, app_spec, proxy_spec, step_spec

PROXY, BRIDGE, SITE = 'deploy-proxy.service', 'deploy-bridge.service', 'deploy-site.service'
BEHIND_PROXY = f'after = ["{PROXY}"]\nrequires = ["{PROXY}"]'


class Verbs(Case):
    def chain(self, **proxy):
        """The seed's chain: the proxy first, the bridge after it, the site after both."""
        self.app('bridge', 8081)
        self.app('site', 8082)
        self.specs(proxy=proxy_spec(**proxy), bridge=app_spec('bridge', 8081, unit=BEHIND_PROXY),
                   site=app_spec('site', 8082, unit=f'after = ["{BRIDGE}"]\nrequires = ["{BRIDGE}"]'))

    def unitgate(self, *arguments, code=0, timeout=120.0):
        done = self.host.run('unitgate', *arguments, check=False, timeout=timeout)
        self.assertEqual(done.returncode, code, f'{arguments}:\n{done.stdout}{done.stderr}')
        return done

    def verdicts(self, *arguments, code=0, timeout=120.0):
        found = json.loads(self.unitgate('--json', *arguments, code=code, timeout=timeout).stdout)
        return {unit['unit']: unit['verdict'] for unit in found['units']}

    def finish(self, process, timeout=120.0):
        out, err = process.communicate(timeout=timeout)
        return process.returncode, out, err


class StartVerb(Verbs):
    def test_start_brings_the_whole_chain_up_in_order(self):
        self.newest(GOOD)
        self.chain()
        out = self.unitgate('start').stdout
        for unit in (PROXY, BRIDGE, SITE):
            self.assert_up(unit)
        ups = [line.split()[0] for line in out.splitlines() if ' up: ' in line]
        self.assertEqual(ups, [PROXY, BRIDGE, SITE], out)
        self.assertIn(f"waiting for '{PROXY}'", out)
        again = self.unitgate('start').stdout
        self.assertEqual(again.count('already up'), 3, again)

    def test_start_of_one_name_starts_what_it_requires_and_no_more(self):
        self.newest(GOOD)
        self.chain()
        self.assertEqual(self.verdicts('start', 'bridge'), {PROXY: 'up', BRIDGE: 'up'})
        self.assertEqual(self.host.active(SITE), 'inactive')

    def test_dry_run_starts_nothing(self):
        self.newest(GOOD)
        self.chain()
        out = self.unitgate('start', '--dry-run').stdout
        self.assertEqual(out.count('would start'), 3, out)
        self.assertEqual(self.host.active(PROXY), 'inactive')

    def test_a_failure_names_itself_what_depends_on_it_and_the_next_command(self):
        self.newest(GOOD, '502')
        self.chain(deadline='1s')
        done = self.unitgate('start', code=1)
        self.assertRegex(done.stdout, f'{PROXY} +failed: unhealthy-on-latest')
        self.assertRegex(done.stdout, f"{BRIDGE} +failed: it requires '{PROXY}', which is not up")
        self.assertIn(f'journalctl -b -e -u {PROXY}', done.stderr)

    def test_a_rollback_is_up_but_not_on_the_wanted_version(self):
        self.newest(GOOD)
        self.chain()
        self.unitgate('start')
        self.host.run('systemctl', 'stop', PROXY)
        self.newest(NEWER, '502')
        self.chain(deadline='2s')
        out = self.unitgate('start', code=3).stdout
        self.assertRegex(out, rf'{PROXY} +(rolled|held) back (to|at) {NEWER[:4]}|{PROXY}.*failed and is held', out)
        for unit in (PROXY, BRIDGE, SITE):
            self.assert_up(unit)
        self.assertEqual(self.verdicts('start', code=3)[PROXY], 'not-wanted')

    def test_an_active_unit_that_is_behind_is_left_alone_and_named(self):
        self.newest(GOOD)
        self.chain()
        self.unitgate('start')
        self.newest(NEWER)
        err = self.unitgate('start', code=3).stderr
        self.assertIn(f'{NEWER} is wanted, {GOOD} is up', err)
        self.assertIn('unitgate reconcile proxy', err)
        self.assertEqual(self.deployed(), [GOOD])

    def test_units_that_require_one_another_and_whose_conditions_fail_are_said_to_be_skipped(self):
        self.app('bridge', 8081)
        self.app('site', 8082)
        self.specs(bridge=app_spec('bridge', 8081, unit=f'requires = ["{SITE}"]\nwanted_by = []'),
                   site=app_spec('site', 8082, unit=f'requires = ["{BRIDGE}"]\nwanted_by = []'))
        for unit in (BRIDGE, SITE):
            self.drop_in(unit, '[Unit]\nConditionPathExists=/nowhere\n')
        self.reload()
        # Both are unloaded at once, and the reason with them, where they are started before they are held.
        for _ in range(25):
            out = self.unitgate('start', code=1).stdout
            for unit in (BRIDGE, SITE):
                self.assertRegex(out, f'{unit} +skipped: a condition of the unit is not met')

    def test_a_unit_whose_condition_fails_is_said_to_be_skipped(self):
        self.newest(GOOD)
        self.chain()
        self.drop_in(SITE, '[Unit]\nConditionPathExists=/nowhere\n')
        self.reload()
        out = self.unitgate('start', code=1).stdout
        self.assertRegex(out, f'{SITE} +skipped: a condition of the unit is not met')

    def test_a_required_unit_that_fails_is_named_though_it_is_no_deploy_unit(self):
        self.host.write('/etc/systemd/system/test-disk.service', '[Service]\nType=oneshot\nExecStart=false\n')
        self.newest(GOOD)
        unit = '[unit]\nafter = ["test-disk.service"]\nrequires = ["test-disk.service"]'
        self.specs(proxy=proxy_spec(more=unit))
        done = self.unitgate('start', code=1)
        self.assertIn(f"{PROXY}: it requires 'test-disk.service', which is failed\n"
                      'next: journalctl -b -e -u test-disk.service\n', done.stderr)

    def test_a_spec_whose_unit_is_not_made_yet_ends_with_the_reload_that_makes_it(self):
        self.newest(GOOD)
        self.reload()  # no unit of an earlier test is left
        self.host.write('/etc/unitgate/specs/proxy.toml', proxy_spec())
        done = self.unitgate('start', '--force', code=1)
        self.assertIn('next: systemctl daemon-reload', done.stderr)

    def test_a_unit_that_only_an_edited_spec_requires_is_asked_for_by_name(self):
        """Before a daemon-reload it comes with no job of another one, and a gate that waits for it would wait in vain."""
        self.app('site', 8082)
        asks_the_site = {'deploy': 'command = ["true"]', 'deadline': '15s', 'probe': 'name = "site"'}
        self.specs(bridge=app_spec('bridge', 8082, **asks_the_site), site=app_spec('site', 8082))
        self.host.write('/etc/unitgate/specs/bridge.toml',
                        app_spec('bridge', 8082, unit=f'requires = ["{SITE}"]', **asks_the_site))
        self.assertEqual(self.verdicts('start'), {BRIDGE: 'up', SITE: 'up'})

    def test_a_bad_spec_whose_unit_another_took_starts_nothing_of_the_others(self):
        self.app('site', 8082)
        thief = app_spec('site', 8082, unit='name = "deploy-bad.service"')
        self.specs(bad='this is = = no toml\n', thief=thief)
        for options in ([], ['--force']):
            done = self.unitgate('start', *options, 'bad', code=1)
            self.assertIn("the spec 'bad' has no unit: another spec took its name", done.stderr)
            self.assertIn("'unitgate verify' shows which", done.stderr)
            self.assertEqual(self.host.active('deploy-bad.service'), 'inactive')
        self.assertEqual(self.verdicts('start', 'thief'), {'deploy-bad.service': 'up'})

    def test_a_unit_that_is_not_what_its_spec_makes_is_started_with_a_warning(self):
        self.newest(GOOD)
        self.chain()
        self.host.write('/etc/unitgate/specs/bridge.toml', app_spec('bridge', 8081, unit=BEHIND_PROXY, deadline='90s'))
        # A unit file of the host's own hides the one that the spec makes.
        self.host.write(f'/etc/systemd/system/{SITE}', f'[Unit]\nAfter={BRIDGE}\nRequires={BRIDGE}\n[Service]\nType=oneshot\n'
                        'RemainAfterExit=yes\nTimeoutStartSec=1min\nExecStart=true\n')
        self.addCleanup(self.reload)
        self.addCleanup(self.host.remove, f'/etc/systemd/system/{SITE}')
        for options, code in ((['--dry-run'], 0), ([], 0), (['proxy'], 0)):
            done = self.unitgate('start', *options, code=code)
            whole = 'proxy' not in options
            self.assertEqual('warning: ' in done.stderr, whole, done.stderr)
            self.assertEqual('[unit-stale]' in done.stderr, whole, done.stderr)
            self.assertEqual('[unit-shadowed]' in done.stderr, whole, done.stderr)
            self.assertNotIn('error: ', done.stderr)
        self.assertEqual(self.host.active(SITE), 'active')
        # What runs under that name is no run of the spec.
        found = json.loads(self.unitgate('start', '--json', code=3).stdout)['problems']
        self.assertEqual({(one['code'], one['severity']) for one in found},
                         {('unit-stale', 'warning'), ('unit-shadowed', 'warning')})

    def test_what_is_up_beside_a_failure_is_said(self):
        self.newest(GOOD)
        self.chain()
        self.app('site', 8082, '502')
        self.specs(site=app_spec('site', 8082, deadline='1s', unit=f'after = ["{BRIDGE}"]'))
        done = self.unitgate('start', code=1)
        self.assertIn(f'up: {PROXY}, {BRIDGE}\nnext: journalctl -b -e -u {SITE}\n', done.stderr)

    def test_ctrl_c_leaves_the_jobs_and_says_how_to_watch_them(self):
        self.specs(app=step_spec())
        self.host.write('/srv/step/app/newest', '1\n')
        process = self.host.spawn('unitgate', 'start')
        self.arrived('app deploy 1')
        inner = [int(pid) for pid in self.host.run('pgrep', '-x', 'unitgate').stdout.split()]
        # The one that is no service: it has no unit of its own.
        for pid in inner:
            if 'start' in self.host.read(f'/proc/{pid}/cmdline').split('\0'):
                self.host.run('kill', '-INT', pid)
        code, _, err = self.finish(process)
        self.assertEqual(code, 1, err)
        self.assertIn('no longer following', err)
        self.assertIn('systemctl list-jobs', err)
        self.assertEqual(self.host.active('deploy-app.service'), 'activating')

    def on_terminal(self, code=0, when='', then=None):
        """What `start` shows on a terminal; once it has shown `when`, `then` is called."""
        master, slave = pty.openpty()
        process = self.host.spawn('env', 'TERM=xterm', 'unitgate', 'start', stdout=slave, stderr=slave)
        os.close(slave)
        text = b''
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            text += part
            if then and when in text.decode(errors='replace'):
                then()
                then = None
        os.close(master)
        self.assertEqual(process.wait(), code, text.decode())
        return text.decode()

    def test_on_a_terminal_a_deploy_its_gate_and_its_rollback_are_shown_and_what_failed(self):
        for name, port in (('app', 8070), ('bridge', 8081)):
            self.app(name, port, '502' if name == 'bridge' else 'healthy', version='1', start=True)
        self.host.write('/srv/step/app/newest', '1\n')
        behaviour = '/srv/apps/app.behaviour'
        self.specs(app=step_spec(deadline='2s'))
        self.start('deploy-app.service')
        self.host.run('systemctl', 'stop', 'deploy-app.service')
        self.host.write('/srv/step/app/newest', '2\n')
        self.host.write('/srv/step/app/deploy', f'read x <go\necho 502 >{behaviour}\n')
        self.host.write('/srv/step/app/rollback', f'echo healthy >{behaviour}\n')
        os.mkfifo(self.host.path('/srv/step/app/go'))
        self.specs(bridge=app_spec('bridge', 8081, deploy='command = ["true"]', deadline='1s'))
        shown = self.on_terminal(1, 'deploying 2', lambda: self.open_fifo('/srv/step/app/go'))
        for text in (r'deploy-app\.service +deploying 2 ', r'deploy-app\.service +gate: try \d+, last 502 from http://app\.',
                     r'deploy-app\.service +rolled back to 1: 2 failed and is held',
                     r'deploy-bridge\.service +failed: unhealthy-on-latest'):
            self.assertRegex(shown, text)

    def test_units_that_are_ordered_but_require_nothing_come_up_in_topological_order(self):
        before = {'a': 'm', 'm': 'z'}  # against the order of their names
        for port, name in enumerate('amz', 8081):
            self.app(name, port, start=True)
        self.specs(**{name: app_spec(name, port, deploy='command = ["true"]', unit=(
            f'after = ["deploy-{before[name]}.service"]' if name in before else '')) for port, name in enumerate('amz', 8081)})
        self.unitgate('start')
        for name, other in before.items():
            began = int(self.host.show(f'deploy-{name}.service', 'InactiveExitTimestampMonotonic'))
            up = int(self.host.show(f'deploy-{other}.service', 'ActiveEnterTimestampMonotonic'))
            self.assertGreaterEqual(began, up, f"'{name}' began before '{other}' was up")

    def test_on_a_terminal_each_unit_has_one_line_that_changes(self):
        self.newest(GOOD)
        self.chain()
        shown = self.on_terminal()
        self.assertIn('\x1b[J', shown)
        self.assertIn(f"waiting for '{PROXY}'", shown)
        self.assertEqual(shown.count('up: 1 '), 2, shown)
        for unit in (PROXY, BRIDGE, SITE):  # once told it is not drawn again, as of a moment before
            told = re.search(f'{unit} +up: ', shown)
            self.assertIsNotNone(told, shown)
            self.assertNotIn(unit + ' ', shown[told.end():], shown)

    def test_another_user_is_refused_and_told_whom_to_ask(self):
        self.newest(GOOD)
        self.chain()
        done = self.host.run('setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'unitgate', 'start', 'proxy',
                             check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn('may not start units', done.stderr)
        self.assertIn('administrator', done.stderr)
        self.assertEqual(self.host.active(PROXY), 'inactive')

    def test_stop_takes_the_chain_down_in_reverse_and_leaves_the_apps(self):
        self.newest(GOOD)
        self.chain()
        self.unitgate('start')
        out = self.unitgate('stop').stdout
        downs = [line.split()[0] for line in out.splitlines() if 'stopped' in line]
        self.assertEqual(downs, [SITE, BRIDGE, PROXY], out)
        self.assertEqual(self.host.active(PROXY), 'inactive')
        self.assertEqual(self.served()[0], 200)


    def test_stop_of_one_names_what_systemd_stops_with_it(self):
        self.newest(GOOD)
        self.chain()
        self.unitgate('start')
        dry = self.unitgate('stop', '--dry-run', 'bridge').stdout
        self.assertEqual(dry, f'{SITE}: would stop too, it depends on one that stops\n{BRIDGE}: would stop\n')
        self.assert_up(SITE)
        self.assertEqual(self.verdicts('stop', 'bridge'), {SITE: 'stopped', BRIDGE: 'stopped'})
        self.assert_up(PROXY)
        again = self.unitgate('stop', 'bridge').stdout
        self.assertRegex(again, rf'^{BRIDGE} +was not running\n$')

    def test_another_user_may_look_but_not_stop_or_reconcile(self):
        self.newest(GOOD)
        self.chain()
        self.unitgate('start')
        nobody = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'unitgate']
        self.host.run(*nobody, 'verify')
        self.host.run(*nobody, 'start', '--dry-run')
        for verb in ('stop', 'reconcile'):
            self.newest(NEWER)
            done = self.host.run(*nobody, verb, check=False)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assert_up(PROXY)


class GateDeadlock(Verbs):
    """The seed's night: the proxy's gate asks a page that only the dashboard serves, which waits for the proxy."""

    def setUp(self):
        super().setUp()
        self.newest(GOOD)
        self.app('dashboard', 8080)
        old = 'url = "https://ci.example.net/"\nconnect = "127.0.0.1:443"\nca = "/etc/unitgate/ca.pem"\n'
        self.specs(proxy=proxy_spec(probe=old, deadline='2s'),
                   dashboard=app_spec('dashboard', 8080, unit=BEHIND_PROXY, more='serves = ["https://ci.example.net/"]'))

    def test_start_refuses_and_names_the_chain(self):
        done = self.unitgate('start', code=1)
        self.assertIn('[gate-deadlock]', done.stderr)
        self.assertIn("'deploy-dashboard.service' starts after 'deploy-proxy.service'", done.stderr)
        self.assertIn('nothing is started', done.stderr)
        self.assertEqual(self.host.active(PROXY), 'inactive')

    def test_force_starts_all_the_same(self):
        self.unitgate('start', '--force', code=1)
        self.assertEqual(self.host.active(PROXY), 'failed')


class Trouble(Verbs):
    """A chain of which something happens to manager or bus meanwhile."""

    def trouble(self, disturb, times, good=True, while_it_begins=contextlib.nullcontext()):
        """A chain of three. The first waits in its deploy while half of the trouble passes; the rest of the chain comes
        up, or fails, during the other half. A fourth waits in its deploy until all of it has passed, so that the start
        is there to see it. No deploy command talks to the manager: that might fail for itself."""
        for name in ('gate', 'late'):
            self.host.write(f'/srv/step/{name}/newest', '1\n')
            self.host.write(f'/srv/step/{name}/deploy', 'read x <go\n')
            os.mkfifo(self.host.path(f'/srv/step/{name}/go'))
        for name, port in (('gate', 8070), ('bridge', 8081), ('site', 8082), ('late', 8083)):
            self.app(name, port, 'healthy' if good or name != 'bridge' else '502', version='1', start=True)
        nothing = 'command = ["true"]'
        behind_gate = 'after = ["deploy-gate.service"]\nrequires = ["deploy-gate.service"]'
        self.specs(gate=step_spec(8070, name='gate'), late=step_spec(8083, name='late', more=f'[unit]\n{behind_gate}'),
                   bridge=app_spec('bridge', 8081, deploy=nothing, deadline='60s' if good else '1s', unit=behind_gate),
                   site=app_spec('site', 8082, deploy=nothing, unit=f'after = ["{BRIDGE}"]\nrequires = ["{BRIDGE}"]'))
        with while_it_begins:
            process = self.host.spawn('unitgate', '--json', 'start')
            self.arrived('gate deploy 1')
        for _ in range(times - times // 2):
            disturb()
        self.open_fifo('/srv/step/gate/go')
        self.arrived('late deploy 1')
        for _ in range(times // 2):
            disturb()
        self.assertIsNone(process.poll(), 'the start was over before the trouble was')
        self.open_fifo('/srv/step/late/go')
        code, out, err = self.finish(process)
        found = {unit['unit']: unit['verdict'] for unit in json.loads(out)['units']}
        want = dict.fromkeys(('deploy-gate.service', 'deploy-late.service'), 'up') | dict.fromkeys(
            (BRIDGE, SITE), 'up' if good else 'failed')
        self.assertEqual(found, want, out + err)
        self.assertEqual(code, 0 if good else 1, err)

    def reload_manager(self):
        self.host.run('systemctl', 'daemon-reload')

    def reexec_manager(self):
        self.host.run('systemctl', 'daemon-reexec')

    def restart_bus(self):
        self.host.run('systemctl', 'restart', 'dbus.service')


class StartSurvives(Trouble):
    """Whatever happens to manager and bus meanwhile, the verdict is the right one."""

    def test_50_daemon_reloads(self):
        self.trouble(self.reload_manager, 50)

    def test_50_daemon_reloads_and_a_failure(self):
        self.trouble(self.reload_manager, 50, good=False)

    def test_50_daemon_reexecs(self):
        self.trouble(self.reexec_manager, 50)

    def test_50_daemon_reexecs_and_a_failure(self):
        self.trouble(self.reexec_manager, 50, good=False)

    def test_a_restart_of_the_bus(self):
        self.trouble(self.restart_bus, 1)

    def test_a_restart_of_the_bus_and_a_failure(self):
        self.trouble(self.restart_bus, 1, good=False)


class ReconcileVerb(Verbs):
    def setUp(self):
        super().setUp()
        self.newest(GOOD)
        self.chain()
        self.unitgate('start')
        self.bridge = self.host.show(BRIDGE, 'InvocationID')

    def test_reconcile_brings_a_newer_version_and_dependents_stay_up(self):
        self.newest(NEWER)
        dry = self.unitgate('reconcile', '--dry-run').stdout
        self.assertIn(f'{PROXY}: would reload', dry)
        self.assertEqual(self.deployed(), [GOOD])
        self.unitgate('reconcile')
        self.assertEqual(self.deployed(), [GOOD, NEWER])
        self.assertEqual(self.host.show(BRIDGE, 'InvocationID'), self.bridge)
        self.assertIn('up to date', self.unitgate('reconcile').stdout)
        self.assertEqual(self.deployed(), [GOOD, NEWER])

    def test_reconcile_stops_at_the_first_that_rolls_back(self):
        self.newest(NEWER, '502')
        self.app('bridge', 8081)
        self.specs(proxy=proxy_spec(deadline='2s'),
                   bridge=app_spec('bridge', 8081, unit=BEHIND_PROXY, version='[version]\npin = "2"'))
        err = self.unitgate('reconcile', code=3).stderr
        self.assertIn(f"not looked at: {BRIDGE}, {SITE} ('--keep-going' goes on)", err)
        self.assertEqual(self.deployed(), [GOOD, NEWER, GOOD])
        self.assertEqual(self.deployed('bridge'), ['1'])
        self.assertEqual(self.host.show(BRIDGE, 'InvocationID'), self.bridge)
        # Held now: said, but no reason to stop.
        out = self.unitgate('reconcile', code=3).stdout
        self.assertIn('is wanted and held', out)
        self.assertEqual(self.deployed('bridge'), ['1', '2'])

    def test_reconcile_stops_at_one_that_fails_and_may_not_roll_back(self):
        self.newest(NEWER, '502')
        self.specs(proxy=proxy_spec(deadline='2s').replace('[rollback]\n', '[rollback]\nenabled = false\n'),
                   bridge=app_spec('bridge', 8081, unit=BEHIND_PROXY, version='[version]\npin = "2"'))
        self.unitgate('reconcile', code=1)
        self.assertEqual(self.deployed(), [GOOD, NEWER])
        self.assertEqual(self.deployed('bridge'), ['1'])
        self.assertEqual(self.host.show(BRIDGE, 'InvocationID'), self.bridge)

    def test_reconcile_waits_for_a_start_that_is_under_way(self):
        self.host.run('systemctl', 'stop', SITE)
        self.host.write('/srv/step/app/newest', '1\n')
        self.host.write('/srv/step/app/deploy', 'read x <go\n')
        os.mkfifo(self.host.path('/srv/step/app/go'))
        self.app('app', 8070, version='1', start=True)
        self.specs(app=step_spec())
        self.host.run('systemctl', 'start', '--no-block', 'deploy-app.service')
        self.arrived('app deploy 1')
        self.assertIn('is being started', self.unitgate('reconcile', '--dry-run', 'app').stdout)
        process = self.host.spawn('unitgate', 'reconcile', 'app')
        self.assertIn('deploying 1', process.stdout.readline())
        self.open_fifo('/srv/step/app/go')
        code, out, err = self.finish(process)
        self.assertEqual(code, 0, out + err)
        self.assertRegex(out, 'deploy-app.service +up: 1')
        self.assertEqual(self.steps().count('deploy 1'), 1)

    def test_keep_going_goes_on(self):
        self.newest(NEWER, '502')
        self.specs(proxy=proxy_spec(deadline='2s'),
                   bridge=app_spec('bridge', 8081, unit=BEHIND_PROXY, version='[version]\npin = "2"'))
        self.unitgate('reconcile', '--keep-going', code=3)
        self.assertEqual(self.deployed('bridge'), ['1', '2'])

    def test_inactive_units_are_started_only_when_asked(self):
        self.host.run('systemctl', 'stop', SITE)
        self.assertIn('left alone', self.unitgate('reconcile').stdout)
        self.assertEqual(self.host.active(SITE), 'inactive')
        self.unitgate('reconcile', '--start')
        self.assert_up(SITE)

    def test_a_unit_that_was_rolled_back_is_on_its_wanted_version_once_that_is_taken_back(self):
        self.newest(NEWER, '502')
        self.specs(proxy=proxy_spec(deadline='2s'))
        self.unitgate('reconcile', 'proxy', code=3)
        self.unitgate('start', code=3)
        self.newest(GOOD)
        self.assertEqual(self.verdicts('start'), {PROXY: 'up', BRIDGE: 'up', SITE: 'up'})
        self.unitgate('status', code=1)  # the alert is still there

    def test_reconcile_that_starts_units_goes_on_past_one_that_is_held(self):
        self.newest(NEWER, '502')
        self.specs(proxy=proxy_spec(deadline='2s'))
        self.unitgate('reconcile', 'proxy', code=3)
        self.unitgate('stop')
        found = json.loads(self.unitgate('--json', 'reconcile', '--start', code=3).stdout)
        self.assertEqual({unit['unit']: unit['outcome'] for unit in found['units']},
                         {PROXY: 'not-wanted', BRIDGE: 'started', SITE: 'started'})
        for unit in (PROXY, BRIDGE, SITE):
            self.assert_up(unit)
