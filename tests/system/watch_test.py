# SPDX-License-Identifier: MIT
"""[watch]: the process stays after READY=1, notices an app that dies, acts, survives reloads, and is itself watched."""

import json
import time

from world import STATE, Case, app_spec

UNIT, APP = 'deploy-app.service', 'app@app.service'
INTERVAL, FAILURES = 0.3, 3


def watch(action='alert', failures=FAILURES):
    return f'[watch]\ninterval = "{INTERVAL}s"\nfailures = {failures}\naction = "{action}"\n'


class Watch(Case):
    def setUp(self):
        super().setUp()
        self.app('app', 8070)

    def watched(self, action='alert', **more):
        self.specs(app=app_spec('app', 8070, more=watch(action), **more))
        self.start(UNIT)
        self.assert_up(UNIT, 'running')
        self.until(lambda: self.status_text(UNIT).startswith('up: 1; watch: healthy'), 'a live status')

    def reasons(self):
        return [alert['reason'] for alert in self.alerts().values()]

    def kill_the_app(self):
        self.host.run('systemctl', 'kill', '--signal=SIGKILL', APP)
        return time.monotonic()

    def main_pid(self):
        return self.host.show(UNIT, 'MainPID')

    def test_an_app_that_is_killed_is_told_in_time_and_its_recovery_noted(self):
        self.watched()
        killed = self.kill_the_app()
        self.until(lambda: self.reasons() == ['unhealthy-while-active'], 'an alert')
        took = time.monotonic() - killed
        print(f'     {took:.2f} s from kill to alert; interval x failures is {INTERVAL * FAILURES:.1f} s')
        self.assertLess(took, INTERVAL * FAILURES + 1)
        self.assert_up(UNIT, 'running')
        self.until(lambda: 'watch: unhealthy' in self.status_text(UNIT), 'a status that tells')
        self.assertIn('"health": "trouble"', self.host.run('unitgate', '--json', 'status', 'app', check=False).stdout)
        self.host.run('systemctl', 'start', APP)
        self.until(lambda: self.event_words(UNIT)[-1] == 'recovered', 'a recovery in the journal')
        self.assertIn('(1 recovered)', self.host.run('unitgate', 'status', 'app', check=False).stdout)
        self.assertEqual(self.host.run('unitgate', 'start', 'app').returncode, 0)  # left alone, on the wanted version
        self.assertEqual(self.host.run('unitgate', 'reconcile', 'app').returncode, 0)
        self.assertEqual(len(self.alerts()), 1)

    def test_a_stop_is_quick_and_leaves_no_alert(self):
        self.watched()
        began = time.monotonic()
        self.host.run('systemctl', 'stop', UNIT)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.host.show(UNIT, 'ActiveState'), 'inactive')
        self.assertEqual(self.alerts(), {})

    def test_a_frozen_loop_is_killed_by_the_watchdog_and_recorded(self):
        self.drop_in(UNIT, '[Service]\nWatchdogSec=1s\nTimeoutAbortSec=1s\n')
        self.watched()
        self.host.run('kill', '-STOP', self.main_pid())
        self.until(lambda: self.host.show(UNIT, 'ActiveState') == 'failed', 'a unit that failed')
        self.assertEqual(self.host.show(UNIT, 'Result'), 'watchdog')
        self.until(lambda: self.reasons() == ['interrupted'], 'an alert')
        alert, = self.alerts().values()
        self.assertIn("killed by systemd's watchdog while it watched the app", alert['detail'])
        self.assertEqual(alert['version'], '1')

    def test_a_watch_that_gets_on_is_left_alone_by_the_watchdog(self):
        self.drop_in(UNIT, '[Service]\nWatchdogSec=400ms\n')
        self.watched()
        pid = self.main_pid()
        requests = self.host.path('/srv/apps/app.requests')
        before = len(requests.read_text().splitlines())
        self.until(lambda: len(requests.read_text().splitlines()) > before + 6, 'two seconds of probing')
        self.assert_up(UNIT, 'running')
        self.assertEqual(self.main_pid(), pid)

    def test_fail_fails_the_unit_with_one_alert_and_whom_it_concerns_sees_it(self):
        self.host.write('/etc/systemd/system/test-bound.service', f'[Unit]\nBindsTo={UNIT}\nAfter={UNIT}\n'
                        '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n')
        self.watched('fail')
        self.start('test-bound.service')
        self.kill_the_app()
        self.until(lambda: self.host.show(UNIT, 'ActiveState') == 'failed', 'a unit that failed')
        self.assert_failed(UNIT, 69)
        self.until(lambda: self.host.active('test-bound.service') == 'inactive', 'the unit that is bound to it')
        # The alert unit has run, and has added nothing.
        alert_unit = f'unitgate-alert@{UNIT}.service'
        self.until(lambda: self.host.journal('-u', alert_unit, since=self.since), 'the alert unit')
        self.until(lambda: self.host.active(alert_unit) == 'inactive', 'the end of the alert unit')
        self.assertEqual(self.reasons(), ['unhealthy-while-active'])

    def test_redeploy_brings_the_app_up_again_while_the_unit_stays_active(self):
        self.watched('redeploy')
        pid, deployed = self.main_pid(), self.deployed('app')
        self.kill_the_app()
        self.until(lambda: self.event_words(UNIT)[-1] == 'recovered', 'a recovery')
        self.assert_up(UNIT, 'running')
        self.assertEqual(self.main_pid(), pid)
        self.assertEqual(self.deployed('app'), [*deployed, '1'])
        self.assertEqual(self.reasons(), ['unhealthy-while-active'])
        self.assertEqual(self.host.show(APP, 'ActiveState'), 'active')
        self.assertIn('redeploying', self.event_words(UNIT))

    def test_a_reload_that_meets_a_new_watch_says_that_only_a_start_begins_it(self):
        self.specs(app=app_spec('app', 8070))
        self.start(UNIT)
        self.assert_up(UNIT)
        self.specs(app=app_spec('app', 8070, more=watch(), version='[version]\npin = "2"'))
        self.host.run('systemctl', 'reload', UNIT)
        self.assert_up(UNIT)
        self.assertEqual(self.deployed('app'), ['1', '2'])
        self.assertEqual(self.status_text(UNIT), 'up: 2; not watched: [watch] takes effect with the next start')
        self.assertEqual(self.event_words(UNIT)[-1], 'not-watched')
        self.host.run('systemctl', 'restart', UNIT)
        self.assert_up(UNIT, 'running')
        self.until(lambda: self.status_text(UNIT).startswith('up: 2; watch: healthy'), 'a live status')

    def test_a_reload_deploys_without_an_alert_and_is_read_by_the_watch(self):
        self.watched()
        pid = self.main_pid()
        self.specs(app=app_spec('app', 8070, more=watch(failures=1000), version='[version]\npin = "2"'))
        self.host.run('systemctl', 'reload', UNIT)
        self.until(lambda: self.status_text(UNIT).startswith('up: 2; watch: healthy'), 'a watch of the new version')
        self.assert_up(UNIT, 'running')
        self.assertEqual(self.main_pid(), pid)
        self.assertEqual(self.deployed('app')[-1], '2')
        self.assertEqual(self.alerts(), {})
        self.kill_the_app()
        self.until(lambda: 'of 1000 times' in self.status_text(UNIT), 'a failure by the new spec')
        note = json.loads(self.host.path(f'{STATE}/apps/app/watch.json').read_text())
        self.assertEqual(note['version'], '2')
