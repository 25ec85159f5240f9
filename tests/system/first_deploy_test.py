# SPDX-License-Identifier: MIT
"""The first deploy of an app fails: there is nothing to fall back on, and nobody else is blamed for it."""

import time

from world import NEWER, Case, app_spec, proxy_spec

UNIT = 'deploy-proxy.service'
DEPENDENTS = ('bridge', 'dashboard', 'drone', 'backupbot', 'reports', 'sweep')


class FirstDeploy(Case):
    def test_dependents_of_a_failed_first_deploy_do_not_start_and_raise_no_alerts(self):
        self.newest(NEWER, 'refused')
        after = f'after = ["{UNIT}"]\nrequires = ["{UNIT}"]'
        self.specs(proxy=proxy_spec(deadline='2s'),
                   **{name: app_spec(name, 8081 + number, unit=after) for number, name in enumerate(DEPENDENTS)})
        units = [UNIT, *(f'deploy-{name}.service' for name in DEPENDENTS)]
        self.assertNotEqual(self.start(*units, check=False).returncode, 0)
        self.assert_failed(UNIT, 69)
        for name in DEPENDENTS:
            unit = f'deploy-{name}.service'
            # The journal event of its alert unit says that all of OnFailure has run.
            self.until(lambda: 'dependency-failed' in self.event_words(unit), f"the event 'dependency-failed' of {unit}")
            self.assertEqual(self.host.show(unit, 'ActiveState'), 'inactive')
            self.assertEqual(self.deployed(name), [])
        self.alert_units_have_ended()
        for name in DEPENDENTS:
            self.assertEqual(self.event_words(f'deploy-{name}.service'), ['dependency-failed'])
        (name, alert), = self.alerts().items()
        self.assertRegex(name, r'-traefik-unhealthy-on-latest\.json$')
        self.assertIsNone(alert['rolled_back_to'])
        self.assertIsNone(self.state('proxy').get('held'), 'nothing may be held without a last good version')

    def test_the_next_start_tries_the_same_version_again(self):
        self.newest(NEWER, 'refused')
        self.specs(proxy=proxy_spec(deadline='2s'))
        self.start(UNIT, check=False)
        self.assert_failed(UNIT, 69)
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.assert_up(UNIT)
        self.assertEqual(self.deployed(), [NEWER, NEWER])

    def test_seven_failing_starts_in_a_row_are_never_refused(self):
        self.newest(NEWER, 'exit')
        self.specs(proxy=proxy_spec())
        took = 0.0
        for _ in range(7):
            began = time.monotonic()
            self.start(UNIT, check=False)
            took += time.monotonic() - began
            values = self.host.show(UNIT, 'Result', 'ExecMainStatus', 'StartLimitIntervalUSec')
            self.assertEqual((values['Result'], values['ExecMainStatus']), ('exit-code', '69'))
        self.assertEqual(values['StartLimitIntervalUSec'], '0')
        self.assertEqual(len(self.alerts()), 7)
        self.assertLess(took, 10, "systemd's default limit, five starts in 10 s, was never reached: this shows nothing")

    def test_a_version_that_cannot_be_found_out_is_an_alert_and_a_failed_unit(self):
        self.specs(proxy=proxy_spec())  # no file that names the newest version
        self.start(UNIT, check=False)
        self.assert_failed(UNIT, 69)
        (alert,) = self.alerts().values()
        self.assertEqual((alert['reason'], alert['version']), ('version-unknown', None))
        self.assertEqual(self.deployed(), [])

    def test_a_version_that_cannot_be_found_out_leaves_a_healthy_last_good_up(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.host.remove('/srv/recipes/traefik/newest')
        self.host.run('systemctl', 'restart', UNIT)
        self.assert_up(UNIT)
        (alert,) = self.alerts().values()
        self.assertEqual(alert['reason'], 'version-unknown')
        self.assertEqual(self.deployed(), [NEWER])
