# SPDX-License-Identifier: MIT
"""A start job ends when the app answers, not when it was deployed; what is ordered after it begins only then."""

import os

from world import NEWER, Case, app_spec, proxy_spec


class StartBlocks(Case):
    def test_start_returns_only_once_the_proxy_answers_and_the_dashboard_begins_only_then(self):
        self.newest(NEWER)
        self.app('dashboard', 8080)
        os.mkfifo(self.host.path('/srv/recipes/traefik/start'))
        after = 'after = ["deploy-proxy.service"]\nrequires = ["deploy-proxy.service"]'
        self.specs(proxy=proxy_spec(), dashboard=app_spec('dashboard', 8080, unit=after))
        # No name of the proxy's leads anywhere: only the pin of `connect` does.
        self.assertNotEqual(self.host.run('getent', 'hosts', 'traefik.ci.example.net', check=False).returncode, 0)

        job = self.host.spawn('systemctl', 'start', 'deploy-proxy.service', 'deploy-dashboard.service')
        self.until(lambda: 'refused' in self.status_text('deploy-proxy.service'), 'a gate that tells of refused connections')
        self.assertIsNone(job.poll(), 'systemctl start came back while the proxy was down')
        self.assertEqual(self.host.show('deploy-proxy.service', 'ActiveState'), 'activating')
        self.assertEqual(self.host.show('deploy-dashboard.service', 'ActiveState'), 'inactive')
        self.assertEqual(self.deployed('dashboard'), [])

        self.open_fifo('/srv/recipes/traefik/start')
        _, errors = job.communicate(timeout=120)
        self.assertEqual(job.returncode, 0, errors + self.story('deploy-proxy.service'))
        self.assert_up('deploy-proxy.service')
        self.assert_up('deploy-dashboard.service')
        self.assertEqual(self.served()[0], 200)
        up = int(self.host.show('deploy-proxy.service', 'ActiveEnterTimestampMonotonic'))
        begun = int(self.host.show('deploy-dashboard.service', 'InactiveExitTimestampMonotonic'))
        self.assertGreaterEqual(begun, up)
        self.assertEqual(self.alerts(), {})
        self.assertEqual(self.state('proxy')['last_good']['version'], NEWER)

    def test_stopping_the_deploy_unit_leaves_the_app_alone(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.start('deploy-proxy.service')
        self.host.run('systemctl', 'stop', 'deploy-proxy.service')
        self.assertEqual(self.host.active('deploy-proxy.service'), 'inactive')
        self.assertEqual(self.served()[0], 200)

    def test_a_healthy_version_that_runs_already_is_not_deployed_again(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.start('deploy-proxy.service')
        self.host.run('systemctl', 'restart', 'deploy-proxy.service')
        self.assert_up('deploy-proxy.service')
        self.assertEqual(self.deployed(), [NEWER])
        self.assertEqual(self.event_words('deploy-proxy.service')[-1], 'already-healthy')

    def test_the_same_version_is_deployed_again_when_its_deploy_table_was_edited(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.start('deploy-proxy.service')
        self.specs(proxy=proxy_spec().replace('timeout = "60s"', 'timeout = "61s"'))
        self.host.run('systemctl', 'restart', 'deploy-proxy.service')
        self.assertEqual(self.deployed(), [NEWER, NEWER])
