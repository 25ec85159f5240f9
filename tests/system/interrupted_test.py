# SPDX-License-Identifier: MIT
"""A run is ended in each of its phases, in each way there is: one alert, no process left, the next start is right."""

from world import Case, step_spec

UNIT = 'deploy-app.service'
HANG = 'setsid sleep 987654 &\nsleep 987654\n'
PHASES = ('version', 'deploy', 'gate', 'rollback', 'rollback-gate')


class Phases:
    """How a run comes to stand still in a phase; shared with the power cuts."""

    def stand_still_in(self, phase, limit='10min', name='app', port=8070):
        """Gives the start job, once the run is in that phase. `limit` holds for each step of the spec."""
        unit, folder = f'deploy-{name}.service', f'/srv/step/{name}'
        self.app(name, port, version='1')
        self.host.write(f'{folder}/newest', '1')
        self.specs(**{name: step_spec(port, deadline=limit, rollback=limit, deploy_timeout=limit, version_timeout=limit,
                                      name=name)})
        if phase.startswith('rollback'):
            self.host.run('systemctl', 'start', f'app@{name}.service')
            self.start(unit)
            self.host.run('systemctl', 'stop', unit)
            self.host.write(f'{folder}/newest', '2')
            self.host.write(f'{folder}/deploy', 'exit 1\n')
        if phase == 'rollback-gate':
            self.host.write(f'{folder}/rollback', f'systemctl stop app@{name}.service\n')
        elif phase != 'gate':
            self.host.write(f'{folder}/{phase}', HANG)
        job = self.host.spawn('systemctl', 'start', unit)
        if phase.endswith('gate'):
            words = phase.replace('-', ' ')
            self.until(lambda: self.status_text(unit).startswith(words), f"the status '{words}'")
        else:
            self.arrived(f'{name} ' + {'version': 'version', 'deploy': 'deploy 1', 'rollback': 'rollback 1'}[phase])
        self.until(lambda: (self.state(name).get('under_way') or {}).get('step') == phase, f'the note of phase {phase}')
        return job

    def let_go(self, name='app'):
        """What hung or failed is mended: every step does its work from here on."""
        for phase in ('version', 'deploy', 'rollback'):
            self.host.remove(f'/srv/step/{name}/{phase}')

    def alerts_of(self, invocation):
        return [alert for alert in self.alerts().values() if alert['invocation_id'] == invocation]

    def check_aftermath(self, phase, invocation, name='app'):
        """One alert for that run, nothing held, and a start that comes up."""
        unit = f'deploy-{name}.service'
        self.until(lambda: self.alerts_of(invocation), 'the alert of the interrupted run')
        self.alert_units_have_ended()
        mine = self.alerts_of(invocation)
        # In the rollback the run has written its alert already: that one says what failed, and stays the only one.
        has_failed = phase.startswith('rollback')
        self.assertEqual([alert['reason'] for alert in mine], ['deploy-failed' if has_failed else 'interrupted'])
        self.assertEqual(self.processes('sleep 987654'), [])
        state = self.state(name)
        if has_failed:
            self.assertEqual((state['last_good']['version'], state['held']['version']), ('1', '2'))
        else:
            self.assertIsNone(state.get('held'))
        before = len(self.alerts())
        self.let_go(name)
        self.host.run('systemctl', 'start', f'app@{name}.service')
        self.start(unit)
        self.assert_up(unit)
        self.assertEqual(self.state(name)['last_good']['version'], '1')
        self.assertIsNone(self.state(name).get('under_way'))
        self.assertEqual(len(self.alerts_of(invocation)), 1, self.alerts())
        self.assertEqual(len(self.alerts()), before, self.alerts())


class Interrupted(Phases, Case):
    def by(self, phase, way):
        job = self.stand_still_in(phase)
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

    def test_systemds_time_out_in_any_phase_leaves_one_alert_and_no_process(self):
        # Only a run that hangs can be hit: it has asked for as much time as its step may take and half a minute, and asks
        # for no more. All four wait that out side by side.
        jobs, invocations = {}, {}
        for number, phase in enumerate(PHASES):
            unit = f'deploy-in-{phase}.service'
            self.drop_in(unit, '[Service]\nTimeoutStartSec=1s\n')
            jobs[phase] = self.stand_still_in(phase, '3s', f'in-{phase}', 8071 + number)
            self.host.run('systemctl', 'kill', '--kill-who=main', '--signal=STOP', unit)
            invocations[phase] = self.host.show(unit, 'InvocationID')
        for phase, job in jobs.items():
            job.communicate(timeout=120)
            values = self.host.show(f'deploy-in-{phase}.service', 'ActiveState', 'Result')
            self.assertEqual(values, {'ActiveState': 'failed', 'Result': 'timeout'}, phase)
        for phase in PHASES:
            self.check_aftermath(phase, invocations[phase], f'in-{phase}')

    def test_a_run_that_is_killed_before_it_has_changed_anything_is_told_once_without_a_note_of_its_own(self):
        # Pinned and good already: it tries the app before all else, and the app has just begun to hang.
        self.app('app', 8070, version='1')
        self.specs(app='[version]\npin = "1"\n[deploy]\ncommand = ["true"]\n[gate]\ntimeout = "10min"\ndeadline = "20min"\n'
                       '[[gate.probe]]\nurl = "http://127.0.0.1:8070/"\n')
        self.host.run('systemctl', 'start', 'app@app.service')
        self.start(UNIT)
        self.host.run('systemctl', 'stop', UNIT)
        before = self.state('app')
        self.host.run('systemctl', 'kill', '--signal=STOP', 'app@app.service')
        job = self.host.spawn('systemctl', 'start', UNIT)
        self.until(lambda: self.status_text(UNIT).startswith('trying whether'), 'the try')
        self.assertEqual(self.state('app'), before)
        invocation = self.host.show(UNIT, 'InvocationID')
        self.host.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', UNIT)
        job.communicate(timeout=120)
        (alert,) = self.until(lambda: self.alerts_of(invocation), 'the alert of the killed run')
        self.assertEqual((alert['app'], alert['reason'], alert['unit']), ('app', 'interrupted', UNIT))
        self.host.run('systemctl', 'kill', '--signal=CONT', 'app@app.service')
        self.alert_units_have_ended()
        self.start(UNIT)
        self.assert_up(UNIT)
        self.assertEqual(self.alerts_of(invocation), [alert])
        self.assertEqual(len(self.alerts()), 1, self.alerts())

    def test_a_killed_run_is_told_once_from_its_units_properties_where_no_monitor_variable_is_set(self):
        self.drop_in('unitgate-alert@.service', '[Service]\nUnsetEnvironment=MONITOR_SERVICE_RESULT MONITOR_EXIT_CODE '
                     'MONITOR_EXIT_STATUS MONITOR_INVOCATION_ID MONITOR_UNIT\n')
        invocation = self.by('gate', lambda: self.host.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', UNIT))
        (alert,) = self.until(lambda: self.alerts_of(invocation), 'the alert of the interrupted run')
        self.assertEqual((alert['app'], alert['version'], alert['unit']), ('app', '1', UNIT))
        self.assertEqual(alert['detail'], 'killed by SIGKILL in step gate')
        self.until(lambda: 'interrupted' in self.event_words(UNIT), 'the event under the unit')
        self.host.run('unitgate', 'alerts', 'record', UNIT)  # as the alert unit did, a second time
        self.assertEqual(list(self.alerts().values()), [alert])
        self.assertEqual(self.event_words(UNIT).count('interrupted'), 1)
        self.check_aftermath('gate', invocation)


def add(phase):
    name = phase.replace('-', '_')

    def stop(self):
        self.stop(phase)

    def term(self):
        self.kill(phase, 'TERM')

    def kill(self):
        self.kill(phase, 'KILL')

    setattr(Interrupted, f'test_a_stop_in_the_phase_{name}_ends_inactive_with_one_alert', stop)
    setattr(Interrupted, f'test_sigterm_in_the_phase_{name}_leaves_one_alert_and_no_process', term)
    setattr(Interrupted, f'test_sigkill_in_the_phase_{name}_leaves_one_alert_and_no_process', kill)


for each in PHASES:
    add(each)
