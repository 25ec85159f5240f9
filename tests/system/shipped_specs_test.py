# SPDX-License-Identifier: MIT
"""The eight specs that are shipped, unchanged, on a host like the one they were written for."""

import seed
from world import GOOD, NEWER, Case


class ShippedSpecs(Case):
    def test_the_eight_shipped_specs_bring_the_seed_host_up_each_through_its_gate(self):
        seed.place(self.host, GOOD)
        self.addCleanup(self.host.remove, '/etc/unitgate/credentials')
        self.reload()
        self.start('deploy.target', timeout=300)
        for unit in seed.UNITS:
            self.assert_up(unit)
        up = int(self.host.show('deploy-proxy.service', 'ActiveEnterTimestampMonotonic'))
        for unit in seed.UNITS[1:]:
            self.assertGreaterEqual(int(self.host.show(unit, 'InactiveExitTimestampMonotonic')), up, unit)
        bridge = int(self.host.show('deploy-bridge.service', 'ActiveEnterTimestampMonotonic'))
        dashboard = int(self.host.show('deploy-dashboard.service', 'ExecMainStartTimestampMonotonic'))
        self.assertGreaterEqual(dashboard, bridge, 'the run of the dashboard began before the bridge was up')
        self.assertEqual(self.alerts(), {})

        seed.release_proxy(self.host, NEWER)
        self.host.run('systemctl', 'reload', 'deploy-proxy.service')
        self.assertIn('3.6.15', self.served()[1])
        for unit in seed.UNITS:
            self.assert_up(unit)
