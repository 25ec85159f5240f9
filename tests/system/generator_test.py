# SPDX-License-Identifier: MIT
"""The units that the generator makes at boot and at daemon-reload, as systemd sees them."""

import os
from pathlib import Path

from world import NEWER, Case, app_spec, proxy_spec, step_spec

ROOT = Path(__file__).resolve().parent.parent.parent


class Generator(Case):
    def test_a_bad_spec_does_not_hide_a_good_one_and_its_unit_fails_with_the_reason(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec(), bad=proxy_spec().replace('deadline =', 'deadlin =', 1).replace('traefik', 'other'))
        self.start('deploy-proxy.service')
        self.assert_up('deploy-proxy.service')
        self.assertNotEqual(self.start('deploy-bad.service', check=False).returncode, 0)
        self.assert_failed('deploy-bad.service', 78)
        status = self.host.status('deploy-bad.service')
        self.assertIn("'deadlin'", status)
        self.assertIn("'deadline'", status)
        self.assertIn('bad.toml', status)

    def test_a_spec_that_is_no_toml_at_all_has_a_unit_that_fails_with_the_reason(self):
        self.specs(broken='this is = = no toml\n')
        self.start('deploy-broken.service', check=False)
        self.assert_failed('deploy-broken.service', 78)
        status = self.host.status('deploy-broken.service')
        self.assertIn('broken.toml:1', status)

    def test_a_file_whose_name_is_no_name_is_told_to_the_kernel_log_and_by_verify(self):
        # A container has no kernel log: a pipe stands in for it. Generators see the host read-only since systemd 255, which
        # keeps them from writing to a file, and not to a device or a pipe.
        os.mkfifo(self.host.path('/dev/kmsg'))
        self.addCleanup(self.host.remove, '/dev/kmsg')
        log = os.open(self.host.path('/dev/kmsg'), os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, log)
        self.host.write('/etc/unitgate/specs/Bad_Name.toml', proxy_spec())
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.assertIn('Bad_Name.toml', os.read(log, 65536).decode())
        verify = self.host.run('unitgate', 'verify', check=False)
        self.assertEqual(verify.returncode, 1)
        self.assertIn('Bad_Name.toml', verify.stdout + verify.stderr)
        self.start('deploy-proxy.service')

    def test_units_lie_in_the_late_folder_and_an_installed_unit_wins(self):
        self.host.write('/etc/systemd/system/test-mine.service', '[Service]\nType=oneshot\nExecStart=true\n')
        self.newest(NEWER)
        self.specs(proxy=proxy_spec(), other=app_spec('other', 8081, unit='name = "test-mine.service"'))
        self.assertEqual(self.host.show('deploy-proxy.service', 'FragmentPath'),
                         '/run/systemd/generator.late/deploy-proxy.service')
        self.assertEqual(self.host.show('deploy-proxy.service', 'SourcePath'), '/etc/unitgate/specs/proxy.toml')
        self.assertEqual(self.host.show('test-mine.service', 'FragmentPath'), '/etc/systemd/system/test-mine.service')

    def test_the_unit_has_the_settings_that_a_start_job_with_a_verdict_needs(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        want = {'Type': 'notify', 'NotifyAccess': 'exec', 'RemainAfterExit': 'yes', 'Restart': 'no', 'OOMPolicy': 'continue',
                'StartLimitIntervalUSec': '0', 'StateDirectory': 'unitgate',
                'OnFailure': 'unitgate-alert@deploy-proxy.service.service'}
        self.assertEqual(self.host.show('deploy-proxy.service', *want), want)
        # Of units that wait for it systemd shows only loaded ones.
        self.assertIn('deploy-proxy.service', self.host.show('deploy.target', 'Wants').split())
        values = self.host.show('deploy-proxy.service', 'ExecStart', 'ExecReload')
        self.assertIn('/unitgate run proxy', values['ExecStart'])
        self.assertIn('/unitgate run --reload proxy', values['ExecReload'])

    def test_a_link_to_dev_null_masks_a_spec_of_a_lower_folder(self):
        self.host.write('/usr/lib/unitgate/specs/vendor.toml', step_spec())
        self.reload()
        self.assertEqual(self.host.show('deploy-vendor.service', 'LoadState'), 'loaded')
        self.host.path('/etc/unitgate/specs/vendor.toml').symlink_to('/dev/null')
        self.reload()
        self.assertEqual(self.host.show('deploy-vendor.service', 'LoadState'), 'not-found')

    def test_two_specs_with_one_unit_name_are_an_error_of_the_later(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec(), zweiter=app_spec('zweiter', 8081, unit='name = "deploy-proxy.service"'))
        self.assertIn('run proxy', self.host.show('deploy-proxy.service', 'ExecStart'))
        verify = self.host.run('unitgate', 'verify', check=False)
        self.assertEqual(verify.returncode, 1)
        self.assertIn('zweiter.toml', verify.stdout + verify.stderr)

    def test_every_unit_passes_systemd_analyze_verify_with_nothing_on_stderr(self):
        for spec in sorted((ROOT / 'specs').glob('*.toml')):
            self.host.write(f'/etc/unitgate/specs/{spec.name}', spec.read_text())
        self.host.write('/etc/unitgate/unitgate.toml', 'base_domain = "ci.example.net"\n')
        self.reload()
        folder = self.host.path('/run/systemd/generator.late')
        units = [f'/run/systemd/generator.late/{path.name}' for path in folder.glob('*.service')]
        self.assertGreaterEqual(len(units), 8)
        installed = self.host.run('systemctl', 'show', '-p', 'FragmentPath', '--value', 'deploy.target',
                                  'unitgate-alert@x.service').stdout.split()
        self.assertEqual(len(installed), 2)
        done = self.host.run('systemd-analyze', 'verify', *self.manuals(), *units, installed[0],
                             'unitgate-alert@deploy-proxy.service.service', check=False)
        self.assertEqual((done.stderr, done.returncode), ('', 0))

    def test_deploy_target_is_installed_disabled_and_brings_everything_up_by_hand(self):
        self.newest(NEWER)
        self.app('bridge', 8081)
        self.specs(proxy=proxy_spec(), bridge=app_spec('bridge', 8081, unit='after = ["deploy-proxy.service"]'))
        self.assertEqual(self.host.run('systemctl', 'is-enabled', 'deploy.target', check=False).stdout.strip(), 'disabled')
        self.start('deploy.target')
        self.assert_up('deploy-proxy.service')
        self.assert_up('deploy-bridge.service')
        self.assertEqual(self.host.active('deploy.target'), 'active')

    def test_a_spec_that_others_may_write_is_refused_and_names_the_command_that_mends_it(self):
        self.newest(NEWER)
        self.specs(proxy=proxy_spec())
        self.host.path('/etc/unitgate/specs/proxy.toml').chmod(0o666)
        self.reload()
        self.start('deploy-proxy.service', check=False)
        self.assert_failed('deploy-proxy.service', 78)
        self.assertTrue(any('chmod' in entry['MESSAGE'] for entry in self.events('deploy-proxy.service')),
                        self.story('deploy-proxy.service'))
        self.assertEqual(self.deployed(), [])
