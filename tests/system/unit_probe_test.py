# SPDX-License-Identifier: MIT
"""The probe `unit`: passes the moment another unit is active, as systemd's signals tell."""

from world import Case, app_spec

UNIT, OTHER = 'deploy-app.service', 'test-other.service'


class UnitProbe(Case):
    def setUp(self):
        super().setUp()
        # Up or down as the test says, started by hand alone.
        self.host.write(f'/etc/systemd/system/{OTHER}', '[Service]\nType=oneshot\nRemainAfterExit=yes\n'
                        'ExecStart=/bin/sh -c "! test -e /srv/step/fail"\n')
        self.app('app', 8070)
        spec = app_spec('app', 8070, deadline='120s').partition('[[gate.probe]]')[0]
        # An interval this long: a pass that is seen soon was told, not found.
        self.specs(app=spec.replace('[gate]', '[gate]\ninterval = "60s"') + f'[[gate.probe]]\nunit = "{OTHER}"\n')

    def begin(self):
        job = self.host.spawn('systemctl', 'start', UNIT)
        self.waits_for_the_unit()
        return job

    def waits_for_the_unit(self):
        self.until(lambda: f'last inactive from unit {OTHER}' in self.status_text(UNIT), 'a gate that waits for the unit')

    def assert_soon_up(self, job=None):
        if job:
            _, errors = job.communicate(timeout=100)
            self.assertEqual(job.returncode, 0, errors + self.story(UNIT))
        self.until(lambda: self.host.show(UNIT, 'ActiveState') != 'activating', 'a gate that has come to a verdict')
        self.assert_up(UNIT)
        came = int(self.host.show(OTHER, 'ActiveEnterTimestampMonotonic'))
        seen = int(self.host.show(UNIT, 'ActiveEnterTimestampMonotonic'))
        print(f'     {(seen - came) / 1000:.1f} ms from active to active')
        self.assertLess(seen - came, 5e6)

    def test_it_passes_when_the_unit_becomes_active(self):
        job = self.begin()
        self.host.run('systemctl', 'start', OTHER)
        self.assert_soon_up(job)

    def test_a_unit_that_is_active_already_passes_at_once(self):
        self.host.run('systemctl', 'start', OTHER)
        self.start(UNIT)
        self.assert_up(UNIT)
        self.host.run('systemctl', 'restart', UNIT)
        self.assertEqual(self.event_words(UNIT)[-1], 'already-healthy')

    def test_each_cause_has_its_name_and_the_status_follows_it(self):
        job = self.begin()
        self.host.write('/srv/step/fail', '')
        self.host.run('systemctl', 'start', OTHER, check=False)
        self.until(lambda: 'last failed' in self.status_text(UNIT), 'a unit that failed')
        self.host.run('systemctl', 'mask', '--runtime', OTHER)
        self.host.remove(f'/etc/systemd/system/{OTHER}')
        self.host.run('systemctl', 'daemon-reload')
        self.host.run('systemctl', 'reset-failed', OTHER, check=False)
        self.until(lambda: 'last missing' in self.status_text(UNIT), 'a unit that is masked or gone')
        self.host.run('systemctl', 'unmask', '--runtime', OTHER)
        self.host.write(f'/etc/systemd/system/{OTHER}', '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n')
        self.host.run('systemctl', 'daemon-reload')
        self.until(lambda: 'last inactive' in self.status_text(UNIT), 'a unit that is there again')
        self.host.run('systemctl', 'start', OTHER)
        self.assert_soon_up(job)

    def test_it_survives_a_reload_a_reexec_and_a_new_bus(self):
        self.start('--no-block', UNIT)  # a systemctl that waits would not survive it
        self.waits_for_the_unit()
        self.host.run('systemctl', 'daemon-reload')
        self.host.run('systemctl', 'daemon-reexec')
        self.host.run('systemctl', 'restart', 'dbus.service')
        self.host.run('systemctl', 'start', OTHER)
        self.assert_soon_up()

    def test_what_was_known_before_the_bus_was_lost_counts_for_nothing(self):
        self.start('--no-block', UNIT)
        self.waits_for_the_unit()
        self.addCleanup(self.host.run, 'systemctl', 'start', 'dbus.socket')
        self.host.run('systemctl', 'stop', 'dbus.socket', 'dbus.service')
        self.until(lambda: 'last bus' in self.status_text(UNIT), 'a gate that has lost the bus')
        self.host.run('systemctl', 'start', OTHER)
        self.assertEqual(self.host.show(UNIT, 'ActiveState'), 'activating')
        self.host.run('systemctl', 'start', 'dbus.socket')
        self.until(lambda: self.host.show(UNIT, 'ActiveState') != 'activating', 'a verdict with the bus back')
        self.assert_up(UNIT)

    def test_without_a_bus_it_does_not_pass_and_with_it_again_it_does(self):
        self.host.run('systemctl', 'start', OTHER)
        self.host.run('systemctl', 'stop', 'dbus.socket', 'dbus.service')
        self.addCleanup(self.host.run, 'systemctl', 'start', 'dbus.socket')
        job = self.host.spawn('systemctl', 'start', UNIT)
        self.until(lambda: f'last bus from unit {OTHER}' in self.status_text(UNIT), 'a gate without a bus')
        self.assertEqual(self.host.show(UNIT, 'ActiveState'), 'activating')
        self.host.run('systemctl', 'start', 'dbus.socket')
        _, errors = job.communicate(timeout=100)
        self.assertEqual(job.returncode, 0, errors + self.story(UNIT))
        self.assert_up(UNIT)
