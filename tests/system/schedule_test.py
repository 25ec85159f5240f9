# SPDX-License-Identifier: MIT
"""`[unit] schedule`: a timer that brings an app to its wanted version by itself."""

from world import GOOD, NEWER, Case, proxy_spec

HOST_WIDE = 'unitgate-reconcile.service'
PROXY, TIMER, RECONCILE = 'deploy-proxy.service', 'deploy-proxy.timer', 'unitgate-reconcile@proxy.service'
# Not more often: systemd starts no unit more than five times in ten seconds.
OFTEN = '[unit]\nschedule = "*-*-* *:*:00/3"'


class Schedule(Case):
    def setUp(self):
        super().setUp()
        # systemd lets a timer be late by up to a minute, so that wake-ups come together.
        self.drop_in(TIMER, '[Timer]\nAccuracySec=1us\n')
        self.addCleanup(self.host.run, 'systemctl', 'stop', TIMER, RECONCILE, check=False)
        self.newest(GOOD)
        self.specs(proxy=proxy_spec(deadline='2s', more=OFTEN))
        self.start(PROXY)

    def heard(self, text, *matches):
        """Waits for a message of the journal that holds a text, and gives it."""
        done = self.host.run('timeout', '60', 'bash', '-c', 'grep -m 1 -F -e "$0" < <(exec journalctl "$@" 2>/dev/null)', text,
                             '--follow', '--output=cat', f'--after-cursor={self.since}', *matches, check=False)
        self.assertEqual(done.returncode, 0, f"no '{text}' in the journal:\n{self.story(RECONCILE)}")
        return done.stdout

    def test_what_verify_takes_for_a_calendar_event_is_one_for_systemd(self):
        texts = ('daily', 'every day', 'Mon 04:00', 'Montag', '25:00', '4:00am', '0 4 * * *', 'Fri..Mon', 'Mon..Fri,Sun 4:30',
                 '*:0/15', '*:0/0', '*-*-* *:*:00/3', '*-02~01', '*-*~29', '2026-13-01', '04:00 UTC', '04:00 tomorrow',
                 '04:00:07.5', '12-25 24:00', '1,5..9,20/3:00', '@1395716396', 'Mon', '4')
        for text in texts:
            self.host.write('/etc/unitgate/specs/proxy.toml', proxy_spec(more=f'[unit]\nschedule = "{text}"'))
            found = self.host.run('unitgate', 'verify', '--json', 'proxy', check=False).stdout
            self.assertEqual('bad-schedule' not in found,
                             self.host.run('systemd-analyze', 'calendar', '--', text, check=False).returncode == 0, text)

    def test_a_timer_that_fires_brings_the_newer_version(self):
        self.newest(NEWER)
        invocation = self.host.show(PROXY, 'InvocationID')
        self.host.run('systemctl', 'start', TIMER)
        line = self.heard('up: ', '-u', RECONCILE)
        self.assertRegex(line, f'{PROXY} +up: {NEWER[:5]}')
        self.assertEqual(self.deployed(), [GOOD, NEWER])
        self.assertEqual(self.host.show(PROXY, 'InvocationID'), invocation)
        self.assertNotEqual(self.host.show(TIMER, 'LastTriggerUSec'), '')
        # It fires again, and finds nothing to do.
        self.heard(f'{PROXY}: up to date: {NEWER}', '-u', RECONCILE)
        self.assertEqual(self.deployed(), [GOOD, NEWER])

    def test_a_timer_that_finds_a_bad_version_leaves_the_last_good_one_and_no_failed_unit(self):
        self.newest(NEWER, '502')
        self.host.run('systemctl', 'start', TIMER)
        self.heard('is wanted and held', '-u', RECONCILE)
        self.assertEqual(self.deployed(), [GOOD, NEWER, GOOD])
        self.assert_up(PROXY)
        self.assertNotEqual(self.host.active(RECONCILE), 'failed')

    def test_a_timer_leaves_a_stopped_unit_stopped(self):
        self.host.run('systemctl', 'stop', PROXY)
        self.newest(NEWER)
        self.host.run('systemctl', 'start', TIMER)
        self.heard('left alone', '-u', RECONCILE)
        self.assertEqual((self.host.active(PROXY), self.deployed()), ('inactive', [GOOD]))

    def test_the_timer_is_there_after_a_boot_by_itself(self):
        self.assertIn(TIMER, self.host.show('timers.target', 'Wants'))
        self.assertEqual(self.host.show(TIMER, 'Unit'), RECONCILE)

    def test_the_service_for_the_whole_host_brings_the_newer_version(self):
        self.newest(NEWER)
        self.start(HOST_WIDE)
        self.assertEqual(self.deployed(), [GOOD, NEWER])
        self.assert_up(PROXY)
        self.assertIn(f'up: {NEWER}', self.status_text(PROXY))

    def test_a_rollback_leaves_the_service_for_the_whole_host_not_failed(self):
        self.newest(NEWER, '502')
        self.start(HOST_WIDE)
        self.assertEqual(self.deployed(), [GOOD, NEWER, GOOD])
        self.assertEqual(self.host.show(HOST_WIDE, 'ActiveState', 'Result'), {'ActiveState': 'inactive', 'Result': 'success'})

    def test_the_timer_for_the_whole_host_is_active_once_it_is_started(self):
        timer = 'unitgate-reconcile.timer'
        self.addCleanup(self.host.run, 'systemctl', 'stop', timer)
        self.start(timer)
        self.assertEqual(self.host.show(timer, 'ActiveState', 'SubState', 'Unit'),
                         {'ActiveState': 'active', 'SubState': 'waiting', 'Unit': HOST_WIDE})
        self.assertNotEqual(self.host.show(timer, 'NextElapseUSecRealtime'), '')
