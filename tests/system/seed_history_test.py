# SPDX-License-Identifier: MIT
"""The cold boot that this program grew out of: the proxy's gate polled a page that the dashboard serves."""

from world import NEWER, Case, event_words, proxy_spec

DASHBOARDS_PAGE = '''url = "https://ci.example.net/"
connect = "127.0.0.1:443"
ca = "/etc/unitgate/ca.pem"
'''


class SeedHistory(Case):
    def test_with_the_dashboard_stopped_a_gate_on_its_page_fails_with_cause_status(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec(deadline='2s', probe=DASHBOARDS_PAGE))
        self.assertNotEqual(self.start('deploy-proxy.service', check=False).returncode, 0)
        self.assert_failed('deploy-proxy.service', 69)
        (alert,) = self.alerts().values()
        self.assertEqual(alert['reason'], 'unhealthy-on-latest')
        self.assertEqual(alert['probe']['url'], 'https://ci.example.net/')
        self.assertEqual((alert['probe']['cause'], alert['probe']['status']), ('status', 404))
        self.assertGreater(alert['probe']['tries'], 1)

    def test_with_the_dashboard_stopped_a_gate_on_the_proxys_own_page_passes_at_once(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.start('deploy-proxy.service')  # the proxy answers from here on
        # One try is allowed to be under way before the deadline: a gate that needs the dashboard could not pass.
        self.specs(proxy=proxy_spec() + '\n[stop]\ncommand = ["true"]\n')
        self.host.run('systemctl', 'restart', 'deploy-proxy.service')
        self.assert_up('deploy-proxy.service')
        self.assertEqual(self.served('/', 'ci.example.net')[0], 404)
        self.assertEqual(self.event_words('deploy-proxy.service')[-1], 'already-healthy')
        self.assertEqual(self.alerts(), {})

    def test_with_the_dashboard_stopped_the_gate_after_a_deploy_passes_at_its_first_try(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.start('deploy-proxy.service')
        command = 'command = ["/usr/local/bin/deploy-proxy", "{version}"]'
        self.specs(proxy=proxy_spec().replace(command, 'when = "always"\ncommand = ["true"]'))
        self.host.run('systemctl', 'restart', 'deploy-proxy.service')
        self.assert_up('deploy-proxy.service')
        self.assertEqual(self.served('/', 'ci.example.net')[0], 404)
        words = self.event_words('deploy-proxy.service')
        self.assertEqual((words.count('deployed'), words.count('gate-passed')), (2, 2), words)
        passed = [entry for entry in self.events('deploy-proxy.service')
                  if event_words().get(entry.get('MESSAGE_ID')) == 'gate-passed']
        self.assertEqual(passed[-1]['UNITGATE_TRIES'], '1')
        self.assertEqual(self.alerts(), {})

    def test_with_the_dashboard_up_the_same_gate_passes(self):
        self.newest(NEWER)
        self.app('dashboard', 8080, start=True)
        self.specs(proxy=proxy_spec(probe=DASHBOARDS_PAGE))
        self.start('deploy-proxy.service')
        self.assert_up('deploy-proxy.service')
