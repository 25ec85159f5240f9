# SPDX-License-Identifier: MIT
"""What `unitgate verify` says of the git checkouts that specs deploy from, and that git cannot be made to do anything
while it is asked."""

import json
import os

from world import Case

RECIPE, UPSTREAM = '/srv/checkout/app', '/srv/checkout/upstream'


def spec(directory=RECIPE):
    return f'''[version]
pin = "1"
[deploy]
command = ["true"]
directory = "{directory}"
[[gate.probe]]
tcp = "127.0.0.1:1"
'''


class Checkout(Case):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.host.remove, '/srv/checkout')
        self.host.path(UPSTREAM).mkdir(parents=True)
        self.git(UPSTREAM, 'init', '--quiet', '--initial-branch=main')
        self.commit('one')
        self.host.run('git', 'clone', '--quiet', UPSTREAM, RECIPE)
        self.specs(app=spec())

    def git(self, folder, *arguments):
        return self.host.run('git', '-C', folder, '-c', 'user.name=test', '-c', 'user.email=test@example.net', *arguments).stdout

    def commit(self, text):
        self.git(UPSTREAM, 'commit', '--quiet', '--allow-empty', '-m', text)

    def fetch(self, commits):
        for number in range(commits):
            self.commit(f'more {number}')
        self.git(RECIPE, 'fetch', '--quiet')

    def findings(self, user=None):
        as_user = ['runuser', '-u', user, '--'] if user else []
        done = self.host.run(*as_user, 'unitgate', '--json', 'verify', check=False)
        self.assertEqual(done.stderr, '')
        return [(one['code'], one['cause']) for one in json.loads(done.stdout)]

    def stale(self, text):
        return [('checkout-stale', f"'{RECIPE}', the checkout that is deployed from, {text}")]

    def test_a_checkout_that_is_where_its_upstream_is_is_no_finding(self):
        self.assertEqual(self.findings(), [])
        # What upstream has by now is not asked: only what was fetched counts.
        self.commit('unknown here')
        self.assertEqual(self.findings(), [])

    def test_commits_that_were_fetched_and_not_merged_are_counted_also_from_a_folder_below(self):
        self.fetch(288)
        self.assertEqual(self.findings(), self.stale("is 288 commits behind 'origin/main' as last fetched"))
        self.host.path(f'{RECIPE}/deep/er').mkdir(parents=True)
        self.specs(app=spec(f'{RECIPE}/deep/er'))
        self.assertEqual(self.findings(), self.stale("is 288 commits behind 'origin/main' as last fetched"))
        self.git(RECIPE, 'merge', '--quiet', '--ff-only', 'origin/main')
        self.git(RECIPE, 'commit', '--quiet', '--allow-empty', '-m', 'ahead')
        self.assertEqual(self.findings(), [])

    def test_another_branch_than_the_default_one_is_told_whether_it_follows_one_or_not(self):
        self.git(UPSTREAM, 'branch', 'stable')
        self.git(RECIPE, 'fetch', '--quiet')
        other = "is on branch '{}', not on 'main', the default one of 'origin'"
        self.git(RECIPE, 'checkout', '--quiet', 'stable')
        self.assertEqual(self.findings(), self.stale(other.format('stable')))
        self.git(RECIPE, 'checkout', '--quiet', '-b', 'try')
        self.assertEqual(self.findings(), self.stale(other.format('try')))

    def test_on_no_branch_a_tag_is_somebodys_choice_and_anything_else_is_behind(self):
        self.git(RECIPE, 'tag', 'v1')
        self.git(RECIPE, 'checkout', '--quiet', '--detach', 'v1')
        self.fetch(1)
        self.assertEqual(self.findings(), [])
        self.git(RECIPE, 'tag', '--delete', 'v1')
        self.assertEqual(self.findings(), self.stale("is on no branch and no tag, and is 1 commit behind 'origin/main' as "
                                                     'last fetched'))

    def test_a_checkout_without_an_upstream_and_a_folder_that_is_none_are_no_findings(self):
        self.git(RECIPE, 'remote', 'remove', 'origin')
        self.specs(app=spec(), plain=spec('/srv/apps'), gone=spec('/srv/nowhere'))
        self.assertEqual(self.findings(), [])

    def test_nothing_that_a_checkout_configures_is_run_and_nothing_is_written_to_it(self):
        self.fetch(1)
        script = self.host.write('/srv/checkout/evil', '#!/bin/sh\necho "$0 $*" >>/srv/checkout/ran\n', 0o755)
        self.assertTrue(os.access(script, os.X_OK))
        for key in ('core.fsmonitor', 'core.pager', 'core.sshCommand', 'core.editor', 'core.askPass', 'credential.helper',
                    'diff.external', 'gpg.program', 'pager.rev-list', 'uploadpack.packObjectsHook', 'alias.rev-list'):
            self.git(RECIPE, 'config', key, '!/srv/checkout/evil' if key == 'alias.rev-list' else '/srv/checkout/evil')
        for hook in ('post-index-change', 'reference-transaction', 'post-checkout', 'pre-auto-gc'):
            self.host.write(f'{RECIPE}/.git/hooks/{hook}', '#!/bin/sh\n/srv/checkout/evil hook\n', 0o755)
        def files():
            return {str(path): path.stat().st_mtime_ns for path in self.host.path(RECIPE).rglob('*')}
        self.host.remove('/srv/checkout/ran')
        before = files()
        self.assertEqual(self.findings(), self.stale("is 1 commit behind 'origin/main' as last fetched"))
        self.assertFalse(self.host.path('/srv/checkout/ran').exists())
        self.assertEqual(files(), before)

    def test_another_users_checkout_is_not_looked_into_and_that_is_said(self):
        self.fetch(1)
        # Root's own can be looked into by anybody who may read it.
        self.assertEqual(self.findings(user='nobody'), self.stale("is 1 commit behind 'origin/main' as last fetched"))
        self.host.run('chown', '-R', 'nobody', RECIPE)
        ((code, cause),) = self.findings()
        self.assertEqual(code, 'not-checked')
        self.assertIn('belongs to another user', cause)
        self.assertEqual(self.findings(user='nobody'), self.stale("is 1 commit behind 'origin/main' as last fetched"))

    def test_a_checkout_that_is_broken_is_said(self):
        self.host.write(f'{RECIPE}/.git/HEAD', 'nonsense\n')
        ((code, cause),) = self.findings()
        self.assertEqual(code, 'not-checked')
        self.assertIn("cannot look into the checkout '/srv/checkout/app'", cause)
