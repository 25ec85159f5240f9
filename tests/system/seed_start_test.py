# SPDX-License-Identifier: MIT
"""`verify` and `start` on the seed's host of eight units: with the gate of the night that began it all, and mended."""

import json

import seed
from world import GOOD, NEWER, Case


class SeedStart(Case):
    def setUp(self):
        super().setUp()
        seed.place(self.host, GOOD, settle='1s')
        self.addCleanup(self.host.remove, '/etc/unitgate/credentials')
        self.reload()

    def unitgate(self, *arguments, code):
        done = self.host.run('unitgate', *arguments, check=False, timeout=300)
        self.assertEqual(done.returncode, code, f'{arguments}:\n{done.stdout}{done.stderr}')
        return done

    def old_gate(self, deadline):
        seed.old_gate(self.host, deadline)
        self.reload()

    def assert_names_the_chain(self, text):
        self.assertIn('[gate-deadlock]', text)
        self.assertIn('https://ci.example.net/', text)
        self.assertIn("'deploy-dashboard.service' starts after 'deploy-proxy.service'", text)

    def test_the_old_gate_is_named_by_verify_and_refused_by_start(self):
        self.old_gate('15min')
        self.assert_names_the_chain(self.unitgate('verify', code=1).stdout)
        done = self.unitgate('start', code=1)
        self.assert_names_the_chain(done.stderr)
        self.assertIn('nothing is started', done.stderr)
        for unit in seed.UNITS:
            self.assertEqual(self.host.active(unit), 'inactive')
        found = json.loads(self.unitgate('start', '--json', code=1).stdout)
        self.assertIn('gate-deadlock', [problem['code'] for problem in found['problems']])

    def test_with_force_the_old_gate_starts_and_fails_as_it_did_that_night(self):
        self.old_gate('3s')
        done = self.unitgate('start', '--force', code=1)
        self.assertRegex(done.stdout, 'deploy-proxy.service +failed: ')
        self.assertRegex(done.stdout, "deploy-dashboard.service +failed: it requires 'deploy-proxy.service', which is not up")
        self.assertIn('next: journalctl -b -e -u deploy-proxy.service', done.stderr)
        self.assertEqual(done.stderr.count('next: '), 1, done.stderr)

    def test_the_mended_gate_is_clean_and_all_eight_come_up(self):
        self.assertIn('8 specs good', self.unitgate('verify', code=0).stdout)
        done = self.unitgate('start', code=0)
        for unit in seed.UNITS:
            self.assert_up(unit)
            self.assertRegex(done.stdout, f'{unit} +up: ')
        self.assertEqual(done.stderr, '')
        # What stands behind the proxy goes first, and the proxy itself last.
        downs = [line.split()[0] for line in self.unitgate('stop', code=0).stdout.splitlines() if 'stopped' in line]
        self.assertEqual(sorted(downs), sorted(seed.UNITS))
        self.assertEqual(downs[-1], 'deploy-proxy.service', downs)

    def test_a_newer_proxy_is_reconciled_and_the_seven_behind_it_stay_up(self):
        self.unitgate('start', code=0)
        before = [self.host.show(unit, 'InvocationID') for unit in seed.UNITS]
        seed.release_proxy(self.host, NEWER)
        self.assertIn(f'{NEWER} is wanted, {GOOD} is up', self.unitgate('start', code=3).stderr)
        self.unitgate('reconcile', code=0)
        self.assertIn('3.6.15', self.served()[1])
        self.assertEqual([self.host.show(unit, 'InvocationID') for unit in seed.UNITS], before)
        self.unitgate('start', code=0)
