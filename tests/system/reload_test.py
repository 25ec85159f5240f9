# SPDX-License-Identifier: MIT
"""A reload brings a newer version to an active unit; what requires the unit stays up."""

import json

from world import GOOD, NEWER, Case, app_spec, proxy_spec

UNIT, BRIDGE = 'deploy-proxy.service', 'deploy-bridge.service'


class Reload(Case):
    def setUp(self):
        super().setUp()
        self.newest(GOOD)
        self.app('bridge', 8081)
        self.specs(proxy=proxy_spec(), bridge=app_spec('bridge', 8081, unit=f'after = ["{UNIT}"]\nrequires = ["{UNIT}"]'))
        self.start(UNIT, BRIDGE)
        self.bridge = self.host.show(BRIDGE, 'InvocationID')

    def assert_bridge_untouched(self):
        self.assert_up(BRIDGE)
        self.assertEqual(self.host.show(BRIDGE, 'InvocationID'), self.bridge)

    def test_reload_deploys_a_newer_version_while_what_requires_it_stays_up(self):
        self.newest(NEWER)
        self.host.run('systemctl', 'reload', UNIT)
        self.assert_up(UNIT)
        self.assertEqual(json.loads(self.served()[1])['Version'], '3.6.15')
        self.assertEqual(self.state('proxy')['last_good']['version'], NEWER)
        self.assert_bridge_untouched()

    def test_reload_of_an_unhealthy_version_rolls_back_and_the_unit_stays_active(self):
        self.newest(NEWER, '502')
        self.specs(proxy=proxy_spec(deadline='2s'),
                   bridge=app_spec('bridge', 8081, unit=f'after = ["{UNIT}"]\nrequires = ["{UNIT}"]'))
        self.host.run('systemctl', 'reload', UNIT, check=False)
        self.assert_up(UNIT)
        self.assertEqual(json.loads(self.served()[1])['Version'], '3.6.14')
        self.assertEqual([alert['reason'] for alert in self.alerts().values()], ['unhealthy-on-latest'])
        self.assert_bridge_untouched()

    def test_a_restart_takes_what_requires_it_down_and_up_again(self):
        self.host.run('systemctl', 'restart', UNIT)
        self.until(lambda: self.host.active(BRIDGE) == 'active', 'the bridge')
        self.assertNotEqual(self.host.show(BRIDGE, 'InvocationID'), self.bridge)
