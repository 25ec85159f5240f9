# SPDX-License-Identifier: MIT
"""A run is ended in each of its phases, in each way there is: one alert, no process left, the next start is right."""

from world import Case, step_spec

UNIT = 'deploy-app.service'
HANG = 'setsid sleep 987654 &\nsleep 987654\n'
PHASES = ('version', 'deploy', 'gate', 'rollback')


class Phases:
    """How a run comes to stand still in a phase; shared with the power cuts."""

    def stand_still_in(self, phase, limit='10min'):
        """Gives the start job, once the run is in that phase. `limit` holds for each step of the spec."""
        self.app('app', 8070, version='1')
        self.host.write('/srv/step/newest', '1')
        self.specs(app=step_spec(deadline=limit, rollback=limit, deploy_timeout=limit, version_timeout=limit))
        if phase == 'rollback':
            self.host.run('systemctl', 'start', 'app@app.service')
            self.start(UNIT)
            self.host.run('systemctl', 'stop', UNIT)
            self.host.write('/srv/step/newest', '2')
            self.host.write('/srv/step/deploy', 'exit 1\n')
        if phase != 'gate':
            self.host.write(f'/srv/step/{phase}', HANG)
        job = self.host.spawn('systemctl', 'start', UNIT)
        if phase == 'gate':
            self.until(lambda: self.status_text(UNIT).startswith('gate:'), 'the gate')
        else:
            self.arrived({'version': 'version', 'deploy': 'deploy 1', 'rollback': 'rollback 1'}[phase])
        self.until(lambda: (self.state('app').get('under_way') or {}).get('step') == phase, f'the note of phase {phase}')
        return job

    def alerts_of(self, invocation):
        return [alert for alert in self.alerts().values() if alert['invocation_id'] == invocation]

    def check_aftermath(self, phase, invocation):
        """One alert for that run, nothing held, and a start that comes up."""
        mine = self.until(lambda: self.alerts_of(invocation), 'the alert of the interrupted run')
        # In the rollback the run has written its alert already: that one says what failed, and stays the only one.
        self.assertEqual([alert['reason'] for alert in mine], ['deploy-failed' if phase == 'rollback' else 'interrupted'])
        self.assertEqual(self.processes('sleep 987654'), [])
        state = self.state('app')
        if phase == 'rollback':
            self.assertEqual(state['last_good']['version'], '1')
        else:
            self.assertIsNone(state.get('held'))
        before = len(self.alerts())
        for name in ('version', 'deploy', 'rollback'):
            self.host.remove(f'/srv/step/{name}')
        self.host.run('systemctl', 'start', 'app@app.service')
        self.start(UNIT)
        self.assert_up(UNIT)
        self.assertEqual(self.state('app')['last_good']['version'], '1')
        self.assertIsNone(self.state('app').get('under_way'))
        self.assertEqual(len(self.alerts_of(invocation)), 1, self.alerts())
        self.assertEqual(len(self.alerts()), before, self.alerts())


class Interrupted(Phases, Case):
    def by(self, phase, way, limit='10min'):
        job = self.stand_still_in(phase, limit)
        invocation = self.host.show(UNIT, 'InvocationID')
        way()
        job.communicate(timeout=120)
        return invocation

    def stop(self, phase):
        invocation = self.by(phase, lambda: self.host.run('systemctl', 'stop', UNIT))
        self.assertEqual(self.host.active(UNIT), 'inactive', self.story(UNIT))
        self.check_aftermath(phase, invocation)

    def kill(self, phase, number):
        invocation = self.by(phase, lambda: self.host.run('systemctl', 'kill', '--kill-who=main', f'--signal={number}', UNIT))
        self.until(lambda: self.host.active(UNIT) in ('failed', 'inactive'), 'the end of the run')
        self.check_aftermath(phase, invocation)

    def time_out(self, phase):
        # Only a run that hangs can be hit: it has asked for as much time as the step may take, and asks for no more.
        self.drop_in(UNIT, '[Service]\nTimeoutStartSec=1s\n')
        invocation = self.by(phase, lambda: self.host.run('systemctl', 'kill', '--kill-who=main', '--signal=STOP', UNIT), '3s')
        self.assertEqual(self.host.show(UNIT, 'ActiveState', 'Result'), {'ActiveState': 'failed', 'Result': 'timeout'})
        self.check_aftermath(phase, invocation)


def add(phase):
    def stop(self):
        self.stop(phase)

    def term(self):
        self.kill(phase, 'TERM')

    def kill(self):
        self.kill(phase, 'KILL')

    def time_out(self):
        self.time_out(phase)

    setattr(Interrupted, f'test_a_stop_in_the_phase_{phase}_ends_inactive_with_one_alert', stop)
    setattr(Interrupted, f'test_sigterm_in_the_phase_{phase}_leaves_one_alert_and_no_process', term)
    setattr(Interrupted, f'test_sigkill_in_the_phase_{phase}_leaves_one_alert_and_no_process', kill)
    setattr(Interrupted, f'test_systemds_time_out_in_the_phase_{phase}_leaves_one_alert_and_no_process', time_out)


for each in PHASES:
    add(each)
