# SPDX-License-Identifier: MIT
"""A cold boot with deploy.target enabled brings every app up, each after what it waits for."""

from power_cut_test import OwnHost
from world import NEWER, app_spec, proxy_spec


class Boot(OwnHost):
    def test_an_enabled_deploy_target_brings_all_apps_up_at_boot_and_a_disabled_one_none(self):
        self.newest(NEWER)
        self.app('bridge', 8081)
        after = 'after = ["deploy-proxy.service", "network-online.target"]\nrequires = ["deploy-proxy.service"]'
        self.specs(proxy=proxy_spec(), bridge=app_spec('bridge', 8081, unit=after))
        self.host.poweroff()
        self.host.start()
        self.assertEqual(self.host.active('deploy-proxy.service'), 'inactive')
        self.assertEqual(self.deployed(), [])

        self.host.run('systemctl', 'enable', 'deploy.target')
        self.host.poweroff()
        self.host.start()  # its start-up has finished: every start job of the boot has ended
        self.assert_up('deploy-proxy.service')
        self.assert_up('deploy-bridge.service')
        self.assertEqual(self.served()[0], 200)
        up = int(self.host.show('deploy-proxy.service', 'ActiveEnterTimestampMonotonic'))
        self.assertGreaterEqual(int(self.host.show('deploy-bridge.service', 'InactiveExitTimestampMonotonic')), up)
        self.assertEqual(self.alerts(), {})
