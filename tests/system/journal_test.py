# SPDX-License-Identifier: MIT
"""The journal tells the story of a run under its unit, with fields for machines and explanations for people."""

from world import GOOD, NEWER, Case, proxy_spec

UNIT = 'deploy-proxy.service'


class Journal(Case):
    def bring_up_good_then_bad(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.newest(NEWER, '502')
        self.specs(proxy=proxy_spec(deadline='2s'))
        self.host.run('systemctl', 'restart', UNIT)

    def test_journalctl_x_explains_what_happened_and_what_to_do(self):
        self.bring_up_good_then_bad()
        text = self.host.run('journalctl', '-x', '-b', '-u', UNIT, '--after-cursor', self.since, '--no-pager').stdout
        entries = [entry for entry in self.events(UNIT) if 'UNITGATE_NAME' in entry]
        self.assertGreater(len(entries), 6)
        explained = [line for line in text.splitlines() if line.startswith('\u2591\u2591')]
        self.assertTrue(any('unitgate-alerts(5)' in line or 'unitgate release' in line or 'unitgate-run(8)' in line
                            for line in explained), text)
        for entry in entries:
            catalog = self.host.run('journalctl', '--dump-catalog', entry['MESSAGE_ID'], check=False)
            self.assertEqual(catalog.returncode, 0, f"no explanation of: {entry['MESSAGE']}")

    def test_events_carry_the_fields_that_the_manual_names(self):
        self.bring_up_good_then_bad()
        (failed,) = [entry for entry in self.events(UNIT) if entry.get('UNITGATE_CAUSE') == 'status'
                     and entry.get('UNITGATE_VERSION') == NEWER and entry['PRIORITY'] == '3']
        self.assertEqual((failed['UNITGATE_NAME'], failed['UNITGATE_APP'], failed['UNITGATE_PROBE']),
                         ('proxy', 'traefik', 'probe-1'))
        self.assertGreater(int(failed['UNITGATE_TRIES']), 1)
        self.assertGreater(int(failed['UNITGATE_ELAPSED_USEC']), 1_000_000)
        (alert,) = [entry for entry in self.events(UNIT) if entry.get('UNITGATE_REASON') == 'unhealthy-on-latest'
                    and 'is in' in entry['MESSAGE']]
        (name,) = self.alerts()
        self.assertIn(name, alert['MESSAGE'])

    def test_a_run_that_is_called_without_a_terminal_says_what_happens_and_is_in_the_journal_too(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        run = self.host.run('unitgate', 'run', 'proxy')
        self.assertIn(f'traefik {GOOD} is up', run.stderr)
        self.assertIn(f'traefik {GOOD} is up',
                      ' '.join(entry['MESSAGE'] for entry in self.host.journal('UNITGATE_NAME=proxy', since=self.since)))
        self.host.run('chmod', '0750', '/var/lib/unitgate/apps/proxy')
        denied = self.host.run('runuser', '-u', 'nobody', '--', 'unitgate', 'run', 'proxy', check=False)
        self.assertEqual(denied.returncode, 73)
        self.assertIn('Permission denied', denied.stderr)

    def test_what_a_unit_says_stands_in_the_journal_once(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        said = [entry['MESSAGE'] for entry in self.events(UNIT)]
        self.assertEqual(len([line for line in said if line.startswith(f'traefik {GOOD} is up')]), 1, said)

    def test_what_the_alert_unit_writes_shows_under_the_deploy_unit(self):
        self.newest(NEWER, 'refused')
        self.specs(proxy=proxy_spec())
        job = self.host.spawn('systemctl', 'start', UNIT)
        self.until(lambda: self.status_text(UNIT).startswith('gate:'), 'the gate')
        self.host.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', UNIT)
        job.communicate(timeout=60)
        self.until(self.alerts, 'the alert')
        self.until(lambda: 'interrupted' in self.event_words(UNIT), 'the event under the unit')
        (entry,) = [entry for entry in self.events(UNIT) if entry.get('OBJECT_SYSTEMD_UNIT') == UNIT
                    and entry.get('UNITGATE_REASON') == 'interrupted' and 'interrupted' in entry['MESSAGE']][:1]
        self.assertEqual(entry['_SYSTEMD_UNIT'], f'unitgate-alert@{UNIT}.service')

    def test_what_a_run_says_is_found_under_its_unit_though_the_journal_reads_it_after_the_run_has_ended(self):
        self.specs(proxy=proxy_spec().replace('deadline =', 'deadlin =', 1))
        # What comes by way of standard error brings its unit along, and lends it to all that comes from the same process.
        self.drop_in(UNIT, '[Service]\nStandardOutput=null\nStandardError=null\n')
        self.reload()
        journald = self.host.show('systemd-journald.service', 'MainPID')
        self.host.run('kill', '-STOP', journald)
        try:
            self.start(UNIT, check=False)
        finally:
            self.host.run('kill', '-CONT', journald)
        self.assert_failed(UNIT, 78)
        status = self.host.status(UNIT)
        self.assertIn('configuration of proxy is invalid', status)
        self.assertIn("'deadline'", status)
        self.assertIn('config-invalid', self.event_words(UNIT))

    def test_alerts_record_by_hand_of_a_unit_that_is_up_tells_the_journal_nothing(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.assert_up(UNIT)
        before = self.event_words(UNIT)
        done = self.host.run('unitgate', 'alerts', 'record', UNIT)
        self.assertIn('has not failed', done.stderr)
        self.host.run('journalctl', '--sync')
        self.assertEqual(self.event_words(UNIT), before)
        self.assertEqual(self.alerts(), {})
