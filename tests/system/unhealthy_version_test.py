# SPDX-License-Identifier: MIT
"""A newer version that is not healthy, while a last good one is there: alert, hold, rollback, and the host serves on."""

import json
import re

from world import GOOD, NEWER, Case, proxy_spec

CAUSES = {'refused': 'refused', 'tls': 'tls', '502': 'status', 'hang': 'timeout', 'wrong-version': 'json'}
UNIT = 'deploy-proxy.service'


class UnhealthyVersion(Case):
    def bring_up_good_then(self, behaviour):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.assert_up(UNIT)
        self.newest(NEWER, behaviour)
        self.specs(proxy=proxy_spec(deadline='3s'))
        self.host.run('systemctl', 'restart', UNIT)

    def check_rolled_back(self, reason):
        self.assert_up(UNIT)
        (name, alert), = self.alerts().items()
        self.assertRegex(name, rf'^\d{{8}}T\d{{6}}Z-traefik-{reason}\.json$')
        self.assertEqual((alert['app'], alert['reason'], alert['version']), ('traefik', reason, NEWER))
        self.assertEqual(alert['ts'], name.split('-')[0])
        self.assertEqual((alert['unit'], alert['rolled_back_to']), (UNIT, GOOD))
        self.assertTrue(re.fullmatch('[0-9a-f]{32}', alert['invocation_id']))
        self.assertEqual(self.host.path(f'/var/lib/unitgate/alerts/{name}').stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.deployed(), [GOOD, NEWER, GOOD])
        self.assertEqual(json.loads(self.served()[1])['Version'], '3.6.14')
        state = self.state('proxy')
        self.assertEqual((state['held']['version'], state['last_good']['version']), (NEWER, GOOD))
        status = self.status_text(UNIT)
        self.assertIn(GOOD, status)
        self.assertIn(NEWER, status)
        return alert

    def check_next_start_leaves_it_alone(self):
        self.host.run('systemctl', 'restart', UNIT)
        self.assert_up(UNIT)
        self.assertEqual(self.deployed(), [GOOD, NEWER, GOOD])
        self.assertEqual(len(self.alerts()), 1)
        status = self.status_text(UNIT)
        self.assertIn(GOOD, status)
        self.assertIn(NEWER, status)
        self.assertIn('held-skipped', self.event_words(UNIT))

    def check(self, behaviour):
        self.bring_up_good_then(behaviour)
        alert = self.check_rolled_back('unhealthy-on-latest')
        self.assertEqual(alert['probe']['cause'], CAUSES[behaviour])
        self.assertEqual(alert['probe']['url'], 'https://traefik.ci.example.net/api/version')
        words = self.event_words(UNIT)
        for word in ('gate-failed', 'alert-written', 'rolling-back', 'rolled-back'):
            self.assertEqual(words.count(word), 1, words)
        self.assertLess(words.index('alert-written'), words.index('rolling-back'), words)
        self.check_next_start_leaves_it_alone()

    def test_a_version_that_refuses_connections_is_rolled_back_and_held(self):
        self.check('refused')

    def test_a_version_with_a_bad_certificate_is_rolled_back_and_held(self):
        self.check('tls')

    def test_a_version_that_answers_502_is_rolled_back_and_held(self):
        self.check('502')

    def test_a_version_that_hangs_is_rolled_back_and_held(self):
        self.check('hang')

    def test_a_version_that_reports_another_version_is_rolled_back_and_held(self):
        self.check('wrong-version')

    def test_a_version_whose_deploy_command_fails_is_rolled_back_and_held_without_a_gate(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.newest(NEWER, 'exit')
        self.host.run('systemctl', 'restart', UNIT)
        self.assert_up(UNIT)
        (alert,) = self.alerts().values()
        self.assertEqual((alert['reason'], alert['probe']), ('deploy-failed', None))
        self.assertEqual(self.deployed(), [GOOD, GOOD])
        self.assertNotIn('gate-failed', self.event_words(UNIT))
        self.assertTrue(any('no such image' in entry['MESSAGE'] for entry in self.events(UNIT)),
                        'the output of the deploy command is not in the journal of the unit')

    def test_a_held_version_is_tried_again_when_a_newer_one_comes(self):
        self.bring_up_good_then('502')
        self.newest('5.1.2+v3.6.16')
        self.specs(proxy=proxy_spec())
        self.host.run('systemctl', 'restart', UNIT)
        self.assert_up(UNIT)
        self.assertEqual(self.state('proxy')['last_good']['version'], '5.1.2+v3.6.16')
        self.assertEqual(json.loads(self.served()[1])['Version'], '3.6.16')

    def test_a_rollback_that_is_unhealthy_too_is_a_second_alert_and_a_failed_unit(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.newest(NEWER, 'refused')
        self.host.write(f'/srv/recipes/traefik/{GOOD}.behaviour', '502')
        self.specs(proxy=proxy_spec(deadline='2s', rollback='2s'))
        self.assertNotEqual(self.host.run('systemctl', 'restart', UNIT, check=False).returncode, 0)
        self.assert_failed(UNIT, 69)
        self.assertEqual([alert['reason'] for alert in self.alerts().values()], ['unhealthy-on-latest', 'rollback-unhealthy'])
