# SPDX-License-Identifier: MIT
"""The night that began it all, on the host of eight units: the old gate waits for the dashboard, which waits for the proxy.
A script waited 900 s for that; the deadlock is named within two."""

import seed
from power_cut_test import OwnHost
from world import GOOD

WITHIN = 2_000_000  # us, from the begin of the gate; what the project asks for
GATE_BEGINS, DEADLOCK = 'a8cfb9bb49334a8b9f9ddb38c6b15230', 'b4570a859dd1488989dfb088937aaa40'  # deployed, gate-deadlock


class SeedDeadlock(OwnHost):
    def setUp(self):
        super().setUp()
        seed.place(self.host, GOOD)
        seed.old_gate(self.host)
        self.assertIn('deadline = "15min"', self.host.read('/etc/unitgate/specs/proxy.toml'))

    def boot(self):
        """No unit was active before in this boot."""
        self.host.poweroff()
        self.host.start()
        self.since = None

    def assert_named_within_two_seconds(self):
        self.assert_failed(seed.PROXY, 69)
        begun, named = (self.events(seed.PROXY, f'MESSAGE_ID={event}') for event in (GATE_BEGINS, DEADLOCK))
        self.assertEqual((len(begun), len(named)), (1, 1), self.story(seed.PROXY))
        took = int(named[0]['_SOURCE_REALTIME_TIMESTAMP']) - int(begun[0]['_SOURCE_REALTIME_TIMESTAMP'])
        self.assertLess(took, WITHIN, self.story(seed.PROXY))
        self.assertIn("'deploy-dashboard.service' starts after 'deploy-proxy.service'", named[0]['MESSAGE'])
        (alert,) = self.alerts().values()
        self.assertEqual((alert['reason'], alert['app']), ('gate-deadlock', 'traefik'))
        self.assertEqual(self.deployed(), [GOOD], 'a healthy version was rolled back')
        self.assertEqual(self.host.active('deploy-dashboard.service'), 'inactive')

    def test_a_forced_start_names_it_within_two_seconds_where_a_script_waits_900(self):
        self.boot()
        refused = self.host.run('unitgate', 'start', check=False)
        self.assertEqual(refused.returncode, 1, refused.stdout + refused.stderr)
        self.assertEqual(self.host.active(seed.PROXY), 'inactive')
        forced = self.host.run('unitgate', 'start', '--force', check=False)
        self.assertEqual(forced.returncode, 1, forced.stdout + forced.stderr)
        self.assertIn('gate-deadlock', forced.stdout)
        self.assert_named_within_two_seconds()

    def test_a_boot_with_it_names_it_within_two_seconds_where_a_script_waits_900(self):
        self.reload()
        self.host.run('systemctl', 'enable', 'deploy.target')
        self.addCleanup(self.host.run, 'systemctl', 'disable', 'deploy.target')
        self.boot()
        self.assert_named_within_two_seconds()
