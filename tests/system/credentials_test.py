# SPDX-License-Identifier: MIT
"""A secret of a spec reaches the app that asks for it, and nothing that is kept or shown."""

from world import STATE, Case, app_spec

CANARY = 'canary-4d1f0c77aa'
UNIT = 'deploy-reports.service'


class Credentials(Case):
    def setUp(self):
        super().setUp()
        self.host.write('/etc/unitgate/credentials/token', CANARY + '\n', 0o600)
        self.addCleanup(self.host.remove, '/etc/unitgate/credentials')

    def spec(self, **more):
        return app_spec('reports', 8081, more='credentials = { token = "/etc/unitgate/credentials/token" }',
                        probe='header = { Authorization = "Bearer {credential:token}" }', **more)

    def assert_never_shown(self):
        self.assertNotIn(CANARY, self.host.run('journalctl', '-b', '-o', 'json', '--all').stdout)
        self.assertNotIn(CANARY, self.host.run('systemctl', 'show', UNIT).stdout)
        self.assertNotIn(CANARY, self.host.status(UNIT))
        kept = self.host.run('grep', '-rF', CANARY, STATE, check=False)
        self.assertEqual((kept.returncode, kept.stdout), (1, ''))

    def test_a_header_with_a_credential_passes_through_load_credential(self):
        self.app('reports', 8081, 'token')
        self.host.write('/srv/apps/reports.token', CANARY)
        self.specs(reports=self.spec())
        self.start(UNIT)
        self.assert_up(UNIT)
        self.assert_never_shown()

    def test_a_credential_that_is_refused_never_shows_in_journal_status_or_alert(self):
        self.app('reports', 8081, 'token')
        self.host.write('/srv/apps/reports.token', 'another one')
        self.specs(reports=self.spec(deadline='2s'))
        self.start(UNIT, check=False)
        self.assert_failed(UNIT, 69)
        (alert,) = self.alerts().values()
        self.assertEqual((alert['probe']['cause'], alert['probe']['status']), ('status', 401))
        self.assert_never_shown()

    def test_a_users_password_in_an_url_never_shows_either(self):
        self.app('reports', 8081, '404')
        self.specs(reports=app_spec('reports', 8081, deadline='2s').replace('http://', f'http://user:{CANARY}@')
                   .replace(':8081/"', f':8081/?key={CANARY}"'))
        self.start(UNIT, check=False)
        self.assert_failed(UNIT, 69)
        self.assert_never_shown()

    def test_a_credential_that_is_missing_starts_no_deploy(self):
        self.app('reports', 8081, 'token')
        self.host.remove('/etc/unitgate/credentials/token')
        self.specs(reports=self.spec())
        self.assertNotEqual(self.start(UNIT, check=False).returncode, 0)
        self.assertEqual(self.host.show(UNIT, 'ActiveState'), 'failed')
        self.assertEqual(self.deployed('reports'), [])
