# SPDX-License-Identifier: MIT
"""[gate] fail_fast and main_unit: a gate ends at once for what no waiting heals, as systemd's signals tell it."""

from world import Case, app_spec

UNIT, APP, OTHER = 'deploy-app.service', 'app@app.service', 'test-other.service'


class FailFast(Case):
    def setUp(self):
        super().setUp()
        self.app('app', 8070, '503')
        # Half an hour between two tries in the end: an end within the test's time was told, neither found nor waited for.
        self.gate = '[gate]\nfail_fast = true\ninterval = "30min"\n'

    def spec(self, gate='', probe='', **more):
        text = app_spec('app', 8070, deadline='1h', rollback='1min', **more).replace('[gate]\n', self.gate + gate)
        self.specs(app=text + probe)

    def begin(self, phase):
        self.start('--no-block', UNIT)
        self.until(lambda: phase in self.status_text(UNIT), f'a gate that waits: {phase}')
        self.assertEqual(self.host.show(UNIT, 'ActiveState'), 'activating')

    def ended(self):
        """The end of the run, and the only alert that it has left."""
        self.until(lambda: self.host.show(UNIT, 'ActiveState') != 'activating', 'the end of the gate')
        alert, = self.alerts().values()
        return alert

    def test_a_main_unit_that_dies_ends_the_gate(self):
        self.spec(f'main_unit = "{APP}"\n')
        self.begin('last 503 from ')
        self.host.run('systemctl', 'kill', '--signal=SIGKILL', APP)
        alert = self.ended()
        self.assert_failed(UNIT, 69)
        self.assertEqual((alert['reason'], alert['probe']['name'], alert['probe']['cause']),
                         ('unhealthy-on-latest', 'main-unit', 'failed'))
        self.assertIn(f"of unit {APP} can't pass any more, seen after ", alert['detail'])

    def test_a_main_unit_that_ends_well_ends_the_gate_too(self):
        self.spec(f'main_unit = "{APP}"\n')
        self.begin('last 503 from ')
        self.host.run('systemctl', 'stop', APP)
        alert = self.ended()
        self.assert_failed(UNIT, 69)
        self.assertEqual((alert['probe']['name'], alert['probe']['cause']), ('main-unit', 'inactive'))

    def test_a_main_unit_that_is_restarted_is_alive(self):
        self.spec(f'main_unit = "{APP}"\n')
        self.begin('last 503 from ')
        self.app('app', 8070)
        self.host.run('systemctl', 'restart', APP)
        self.until(lambda: self.host.show(UNIT, 'ActiveState') != 'activating', 'the end of the gate')
        self.assert_up(UNIT)
        self.assertEqual(self.alerts(), {})

    def test_without_a_main_unit_the_gate_waits_on(self):
        self.spec()
        self.begin('last 503 from ')
        self.host.run('systemctl', 'kill', '--signal=SIGKILL', APP)
        self.until(lambda: self.host.show(APP, 'ActiveState') == 'failed', 'a dead app')
        self.host.run('systemctl', 'stop', UNIT)
        alert, = self.alerts().values()
        self.assertEqual(alert['reason'], 'interrupted')

    def test_a_main_unit_that_dies_rolls_back_at_once(self):
        self.app('app', 8070)
        self.spec(f'main_unit = "{APP}"\n')
        self.start(UNIT)
        self.assert_up(UNIT)
        self.app('app', 8070, '503')
        self.spec(f'main_unit = "{APP}"\n', version='[version]\npin = "2"')
        self.host.run('systemctl', 'stop', UNIT)
        self.begin('last 503 from ')
        self.host.run('systemctl', 'kill', '--signal=SIGKILL', APP)
        self.app('app', 8070)  # as the rollback will start it
        alert = self.ended()
        self.assert_up(UNIT)
        self.assertEqual(self.deployed('app'), ['1', '2', '1'])
        self.assertEqual((alert['version'], alert['rolled_back_to'], alert['probe']['name']), ('2', '1', 'main-unit'))

    def test_the_unit_of_a_probe_that_fails_ends_the_gate(self):
        self.host.write(f'/etc/systemd/system/{OTHER}', '[Service]\nType=oneshot\nExecStart=false\n')
        self.app('app', 8070)
        self.spec(probe=f'[[gate.probe]]\nname = "other"\nunit = "{OTHER}"\n')
        self.begin(f'last inactive from unit {OTHER}')
        self.host.run('systemctl', 'start', OTHER, check=False)
        alert = self.ended()
        self.assert_failed(UNIT, 69)
        self.assertEqual((alert['probe']['name'], alert['probe']['cause']), ('other', 'failed'))
