# SPDX-License-Identifier: MIT
"""The verbs probe and prove on the host that the eight shipped specs were written for, while all of it is up."""

import json

import seed
from world import GOOD, NEWER, Case

NAMES = ('proxy', 'bridge', 'dashboard', 'drone', 'backupbot', 'nightly-sweep', 'reports', 'warm-keycloak')
NOBODY = ('setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups')


class ProbeAndProve(Case):
    def setUp(self):
        super().setUp()
        seed.place(self.host, GOOD, settle='0s')
        self.addCleanup(self.host.remove, '/etc/unitgate/credentials')
        self.reload()
        self.start('deploy.target', timeout=300)

    def json(self, *command, code=0):
        done = self.host.run(*command, '--json', check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_they_tell_what_each_gate_meets_and_where_it_has_teeth(self):
        starts = {unit: self.host.show(unit, 'InvocationID') for unit in seed.UNITS}
        for name in NAMES:
            with self.subTest(name):
                tried = self.json('unitgate', 'probe', name)
                self.assertEqual(tried['version_from'], 'last good')
                for probe in tried['probes']:
                    if probe['target'].startswith('https:'):
                        self.assertIn('throwaway ca', probe['certificate']['issuer'])
                        self.assertTrue(all(one['matches'] for one in probe['compared']))
                proof = self.json('unitgate', 'prove', name)
                self.assertEqual((proof['holes'], proof['not_shown']), (0, 0))
                for probe in proof['probes']:
                    (healthy,) = [row for row in probe['rows'] if row['server'].startswith('a healthy copy')]
                    self.assertTrue(healthy['passed'])
                    if probe['target'].startswith('http'):
                        self.assertEqual(healthy['server'], "a healthy copy: the app's own answer")
        # Nothing was deployed, started or complained about.
        self.assertEqual({unit: self.host.show(unit, 'InvocationID') for unit in seed.UNITS}, starts)
        self.assertEqual(self.alerts(), {})

    def test_a_gate_that_compares_no_version_passes_the_old_one_and_is_told_so(self):
        spec = self.host.read('/etc/unitgate/specs/proxy.toml')
        self.host.write('/etc/unitgate/specs/proxy.toml', '\n'.join(
            line for line in spec.splitlines() if not line.startswith('json ')) + '\n')
        proof = self.json('unitgate', 'prove', 'proxy')
        self.assertEqual(proof['holes'], 0)
        (old,) = [row for row in proof['probes'][0]['rows'] if row['server'] == 'answers as another version would']
        self.assertEqual((old['grade'], old['key']), ('advice', 'json'))
        self.assertIn('json = { "/Version" = "{app_version}" }', old['note'])
        self.json('unitgate', 'prove', 'proxy', '--strict', code=1)
        # With it, a version that is not there yet does not pass.
        self.host.write('/etc/unitgate/specs/proxy.toml', spec)
        (probe,) = self.json('unitgate', 'probe', 'proxy', '--as', NEWER, code=1)['probes']
        self.assertEqual(probe['cause'], 'json')

    def test_any_user_may_do_both_and_is_told_what_could_not_be_read(self):
        self.json(*NOBODY, 'unitgate', 'probe', 'proxy')
        self.assertEqual(self.json(*NOBODY, 'unitgate', 'prove', 'proxy')['holes'], 0)
        (probe,) = self.json(*NOBODY, 'unitgate', 'probe', 'reports', code=1)['probes']
        self.assertIn("cannot use credential 'token'", probe['untried'])
        self.assertIn('CREDENTIALS_DIRECTORY', probe['untried'])
        proof = self.json(*NOBODY, 'unitgate', 'prove', 'reports')
        self.assertEqual((proof['holes'], proof['not_shown']), (0, 0))
        self.assertEqual(proof['probes'][0]['rows'][-1]['server'], 'a healthy copy: made from the spec')
        # Whoever has a copy brings it.
        self.host.write('/srv/own/token', seed.TOKEN, 0o644)
        done = self.host.run(*NOBODY, 'env', 'CREDENTIALS_DIRECTORY=/srv/own', 'unitgate', 'probe', 'reports')
        self.assertIn('pass  probe-1', done.stdout)
        self.assertNotIn(seed.TOKEN, done.stdout)
