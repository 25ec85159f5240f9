# SPDX-License-Identifier: MIT
"""Whose time-out counts: the spec's own, never the manager's; and what is ended leaves nothing behind."""

import os
import time

from world import Case, app_spec, step_spec

UNIT, SLOW = 'deploy-app.service', 'deploy-slow.service'
# A command that hangs, with a child that has left its process group and session.
HANG = 'setsid sleep 987654 &\nsleep 987654\n'


class TimeLimits(Case):
    def slow_app(self, seconds):
        """Starts the unit of an app that begins to answer `seconds` after its gate began; gives what systemctl said."""
        self.app('slow', 8085)
        os.mkfifo(self.host.path('/srv/apps/slow.start'))
        job = self.host.spawn('systemctl', 'start', SLOW)
        self.until(lambda: self.status_text(SLOW).startswith('gate:'), 'the gate')
        begun = time.monotonic()
        # The time itself is what the test is about; it is waited out, and the unit is looked at all the while.
        while time.monotonic() < begun + seconds:
            self.assertEqual(self.host.show(SLOW, 'ActiveState'), 'activating', self.story(SLOW))
        self.open_fifo('/srv/apps/slow.start')
        _, errors = job.communicate(timeout=120)
        self.assertEqual(job.returncode, 0, errors + self.story(SLOW))
        self.assert_up(SLOW)
        self.assertEqual(self.alerts(), {})

    def test_a_gate_of_three_minutes_outlives_a_managers_default_of_five_seconds(self):
        self.assertEqual(self.host.run('systemctl', 'show', '-p', 'DefaultTimeoutStartUSec', '--value').stdout.strip(), '5s')
        self.specs(slow=app_spec('slow', 8085, deadline='3min'))
        self.slow_app(6.0)

    def test_a_gate_outlives_a_shorter_time_out_in_a_drop_in(self):
        self.drop_in(SLOW, '[Service]\nTimeoutStartSec=2s\n')
        self.specs(slow=app_spec('slow', 8085, deadline='3min'))
        self.assertEqual(self.host.show(SLOW, 'TimeoutStartUSec'), '2s')
        self.slow_app(4.0)

    def test_the_units_own_time_out_is_the_sum_of_all_limits_and_thirty_seconds(self):
        self.specs(app=step_spec(version_timeout='10s', deploy_timeout='1min', deadline='3min', rollback='2min'))
        # 10 s + 1 min + 3 min + 1 min + 2 min + 30 s
        self.assertEqual(self.host.show(UNIT, 'TimeoutStartUSec'), '7min 40s')

    def test_a_hung_deploy_command_is_ended_at_its_own_time_out_with_all_that_it_started(self):
        self.host.write('/srv/step/app/newest', '1')
        self.host.write('/srv/step/app/deploy', HANG)
        self.specs(app=step_spec(deploy_timeout='1s'))
        self.start(UNIT, check=False)
        self.assert_failed(UNIT, 69)
        (alert,) = self.alerts().values()
        self.assertEqual(alert['reason'], 'deploy-failed')
        self.assertEqual(self.processes('sleep 987654'), [])

    def test_a_hung_deploy_command_that_was_rolled_back_leaves_no_process_either(self):
        self.app('app', 8070, version='1', start=True)
        self.host.write('/srv/step/app/newest', '1')
        self.specs(app=step_spec(deploy_timeout='1s'))
        self.start(UNIT)
        self.host.write('/srv/step/app/newest', '2')
        self.host.write('/srv/step/app/deploy', HANG)
        self.host.run('systemctl', 'restart', UNIT)
        self.assert_up(UNIT)
        self.assertIn('rollback 1', self.steps())
        self.assertEqual(self.processes('sleep 987654'), [])

    def test_a_hung_version_command_is_ended_at_its_own_time_out(self):
        self.host.write('/srv/step/app/version', HANG)
        self.specs(app=step_spec(version_timeout='1s'))
        self.start(UNIT, check=False)
        self.assert_failed(UNIT, 69)
        (alert,) = self.alerts().values()
        self.assertEqual(alert['reason'], 'version-unknown')
        self.assertEqual(self.processes('sleep 987654'), [])
