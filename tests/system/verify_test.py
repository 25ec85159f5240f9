# SPDX-License-Identifier: MIT
"""`unitgate verify` on a booted host: what the service manager has loaded and what lies on disk lead to the same
findings, and they are those that a cold boot would pay for."""

import json
import re

import seed
from world import GOOD, Case

ETC = '/etc/systemd/system'
OLD_GATE = ('path    = "/api/version"', 'url     = "https://ci.example.net/"')


def spec(asks, *, serves='', unit='', more='', probe=''):
    """A spec that deploys nothing; its gate asks a URL."""
    return f'''{f'serves = ["{serves}"]' if serves else ''}
{more}
[unit]
{unit or 'after = []'}
[version]
pin = "1"
[deploy]
command = ["true"]
[[gate.probe]]
url = "{asks}"
{probe}
'''


FRONT, SITE = 'http://front.example.net/', 'http://site.example.net/'
FRONT_ASKS_SITE = spec(SITE, serves=FRONT)
SITE_AFTER_FRONT = spec(SITE, serves=SITE, unit='after = ["deploy-front.service"]')


def of_the_order(findings):
    """What the graph of units alone tells, but for where the manager has it from."""
    codes = 'gate-deadlock', 'ordering-cycle', 'soft-cycle', 'server-not-started', 'unknown-unit'
    return [{key: one[key] for key in ('severity', 'code', 'path', 'line', 'column', 'units', 'cause')}
            for one in findings if one['code'] in codes]


class Verify(Case):
    def unit(self, name, text):
        """A unit of the host's own; `name` begins with 'test-', or goes when the test ends."""
        self.host.write(f'{ETC}/{name}', text)
        self.addCleanup(self.host.remove, f'{ETC}/{name}')

    def verify(self, *arguments, user=None):
        """Exit code and findings."""
        as_user = ['runuser', '-u', user, '--'] if user else []
        done = self.host.run(*as_user, 'unitgate', '--json', 'verify', *arguments, check=False)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        return done.returncode, json.loads(done.stdout)

    def both(self, codes):
        """The findings, which must be the same with and without the service manager, and those that keep `start` from
        starting, which asks about fewer units."""
        code, online = self.verify()
        offline_code, offline = self.verify('--root', '/')
        self.maxDiff = None
        self.assertEqual(offline, online)
        self.assertEqual(offline_code, code)
        self.assertEqual(sorted(one['code'] for one in online), sorted(codes), json.dumps(online, indent=2))
        if any(one['severity'] == 'error' for one in of_the_order(online)):
            done = self.host.run('unitgate', '--json', 'start', '--dry-run', check=False)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertEqual(of_the_order(json.loads(done.stdout)['problems']), of_the_order(online))
        return code, online

    def old_gate(self):
        seed.place(self.host, GOOD)
        self.addCleanup(self.host.remove, '/etc/unitgate/credentials')
        path = '/etc/unitgate/specs/proxy.toml'
        self.host.write(path, self.host.read(path).replace(*OLD_GATE))
        self.assertIn(OLD_GATE[1], self.host.read(path))
        self.reload()

    def test_the_gate_that_cost_a_night_is_found_where_systemd_analyze_is_silent(self):
        self.old_gate()
        analyzed = self.host.run('systemd-analyze', 'verify', *self.manuals(),
                                 *(f'/run/systemd/generator.late/{unit}' for unit in seed.UNITS))
        self.assertEqual(analyzed.stdout + analyzed.stderr, '')
        code, findings = self.both(['gate-deadlock'])
        self.assertEqual(code, 1)
        (found,) = findings
        self.assertEqual((found['severity'], found['path']), ('error', '/etc/unitgate/specs/proxy.toml'))
        chain = '\n'.join(found['notes'])
        self.assertRegex(chain, r"'deploy-proxy.service' asks https://ci.example.net/ in probe 'probe-1' "
                                r'\(/etc/unitgate/specs/proxy.toml:\d+\)\n'
                                r"  which 'deploy-dashboard.service' answers \(/etc/unitgate/specs/dashboard.toml:\d+: .*\)\n"
                                r"'deploy-dashboard.service' starts after 'deploy-proxy.service' "
                                r'\(/etc/unitgate/specs/dashboard.toml:\d+: after = deploy-proxy.service\)\n')
        self.assertIn('https://traefik.ci.example.net/', found['remedy'])

    def test_the_shipped_specs_are_clean_also_with_strict(self):
        seed.place(self.host, GOOD)
        self.addCleanup(self.host.remove, '/etc/unitgate/credentials')
        self.reload()
        self.both([])
        strict = self.host.run('unitgate', 'verify', '--strict')
        self.assertEqual(strict.stdout, '8 specs good\n')

    def test_chains_through_targets_other_units_and_drop_ins_are_the_same_online_and_offline(self):
        self.unit('test-early.target', '[Unit]\nRequires=deploy-front.service\n')
        self.unit('test-vault.service', '[Unit]\nWants=test-early.target\nAfter=test-early.target\n[Service]\nExecStart=true\n')
        self.drop_in('deploy-site.service', '[Unit]\nWants=test-vault.service\nAfter=test-vault.service\n')
        self.specs(front=FRONT_ASKS_SITE, site=spec(SITE, serves=SITE))
        _, findings = self.both(['gate-deadlock'])
        chain = '\n'.join(findings[0]['notes'])
        for link in ("'deploy-site.service' starts after 'test-vault.service' (/etc/systemd/system/deploy-site.service.d/50-test.conf:3",
                     "'test-vault.service' starts after 'test-early.target' (/etc/systemd/system/test-vault.service:3",
                     "'test-early.target' starts after 'deploy-front.service'"):
            self.assertIn(link, chain)

    def test_before_sockets_mounts_and_instances_are_the_same_online_and_offline(self):
        for name, text, needs in (
                ('test-x.service', '[Unit]\nBefore=deploy-site.service\nAfter=deploy-front.service\n[Service]\nExecStart=true\n',
                 'test-x.service'),
                ('test-y.socket', '[Unit]\nDefaultDependencies=no\nAfter=deploy-front.service\n[Socket]\nListenStream=/run/test-y\n'
                 '[Install]\n', 'test-y.service'),
                ('test-data.mount', '[Unit]\nDefaultDependencies=no\nAfter=deploy-front.service\n[Mount]\nWhat=tmpfs\nType=tmpfs\n'
                 'Where=/test/data\n', 'test-z.service'),
                ('test-w@.service', '[Unit]\nAfter=deploy-front.service\n[Service]\nExecStart=true\n', 'test-w@a-b.service')):
            with self.subTest(name):
                self.reset()
                self.unit('test-y.service', '[Unit]\nDefaultDependencies=no\nRequires=test-y.socket\n[Service]\nExecStart=true\n')
                self.unit('test-z.service', '[Unit]\nRequiresMountsFor=/test/data/deep\n[Service]\nExecStart=true\n')
                self.unit(name, text)
                self.specs(front=FRONT_ASKS_SITE,
                           site=spec(SITE, serves=SITE, unit=f'requires = ["{needs}"]\nafter = ["{needs}"]'))
                self.both(['gate-deadlock'])

    def test_timers_bindings_addresses_and_slices_are_the_same_online_and_offline(self):
        service = '[Unit]\n{}\n[Service]\n{}\nExecStart=true\n'.format
        asks_address = spec('http://elsewhere.example.net/', serves=FRONT, probe='connect = "127.0.0.1:8080"')
        for name, files, front, site in (
                ('a timer, through what wants it and what it is before by default',
                 {'timers.target.d/50-test.conf': '[Unit]\nWants=test-t.timer\n',
                  'test-t.timer': '[Unit]\nAfter=deploy-front.service\n[Timer]\nOnCalendar=yearly\n',
                  'test-t.service': service('', 'Type=exec')},
                 FRONT_ASKS_SITE, spec(SITE, serves=SITE, unit='wants = ["timers.target"]\nafter = ["timers.target"]')),
                ('a binding, with a peer that it is a part of',
                 {'test-x.service': service('After=deploy-front.service\nPartOf=test-peer.service', ''),
                  'test-peer.service': service('', '')},
                 FRONT_ASKS_SITE, spec(SITE, serves=SITE, unit='binds_to = ["test-x.service"]\nafter = ["test-x.service"]\n'
                                       'part_of = ["test-peer.service"]')),
                ('an address, where one connects and the other listens', {}, asks_address,
                 spec(SITE, serves=SITE, more='listens = ["127.0.0.1:8080"]', unit='after = ["deploy-front.service"]')),
                ('a slice, through the one that it lies in',
                 {'test-outer.slice': '[Unit]\nAfter=deploy-front.service\n',
                  'test-x.service': service('', 'Slice=test-outer-inner.slice')},
                 FRONT_ASKS_SITE, spec(SITE, serves=SITE, unit='requires = ["test-x.service"]\nafter = ["test-x.service"]'))):
            with self.subTest(name):
                self.reset()
                for path, text in files.items():
                    self.unit(path, text)
                self.specs(front=front, site=site)
                self.both(['gate-deadlock'])

    def test_circles_are_told_from_the_same_end_online_and_offline(self):
        around = {'front': spec(FRONT, serves=FRONT, unit='after = ["deploy-site.service"]'), 'site': SITE_AFTER_FRONT}
        self.specs(**around)
        code, findings = self.both(['soft-cycle'])
        self.assertEqual(code, 1)
        self.assertIn("dropping the start job of one of 'deploy-front.service', 'deploy-site.service'", findings[0]['notes'][-1])
        required = 'required_by = ["deploy.target"]\n'
        self.specs(**{name: text.replace('[unit]\n', '[unit]\n' + required) for name, text in around.items()})
        self.both(['ordering-cycle'])
        # What systemd says of it bears the finding out.
        refused = self.host.run('systemctl', 'start', 'deploy.target', check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('cyclic', refused.stderr)

    def dropped(self):
        """The unit whose start job systemd deletes once deploy.target is started."""
        self.host.run('systemctl', 'start', '--no-block', 'deploy.target')
        self.addCleanup(self.host.run, 'systemctl', 'stop', 'deploy.target')
        said = self.until(lambda: [entry['MESSAGE'] for entry in self.host.journal(since=self.since)
                                   if 'break ordering cycle' in entry.get('MESSAGE', '')], 'the cycle in the journal')
        return re.search(r'Job (\S+)/start deleted', said[0])[1]

    def test_the_job_that_is_named_is_the_one_that_systemd_drops(self):
        self.specs(front=spec(FRONT, serves=FRONT, unit='after = ["deploy-site.service"]\nrequired_by = ["deploy.target"]'),
                   site=SITE_AFTER_FRONT)
        _, findings = self.both(['soft-cycle'])
        self.assertIn("on 'systemctl start deploy.target' systemd would break it by silently dropping the start job of "
                      "'deploy-site.service'", findings[0]['notes'])
        self.assertEqual(self.dropped(), 'deploy-site.service')

    def test_where_several_jobs_could_be_dropped_the_one_that_systemd_drops_is_among_those_that_are_named(self):
        # Round the circle in both directions, and longer: which one is hit depends on names and places.
        for names in (['front', 'site'], ['front', 'mid', 'site'], ['site', 'mid', 'front'], ['a', 'z', 'k', 'b']):
            with self.subTest(names):
                self.reset()
                self.since = self.host.cursor()
                url = 'http://{}.example.net/'.format
                self.specs(**{name: spec(url(name), serves=url(name), unit=f'after = ["deploy-{names[i - 1]}.service"]')
                              for i, name in enumerate(names)})
                _, findings = self.both(['soft-cycle'])
                note = findings[0]['notes'][-1]
                self.assertIn("dropping the start job of one of 'deploy-", note)
                self.assertIn(self.dropped(), re.findall(r"'(deploy-\w+\.service)'", note))

    def test_servers_that_are_masked_missing_or_idle_and_names_without_a_unit_are_found_alike(self):
        self.host.path(f'{ETC}/test-masked.service').symlink_to('/dev/null')
        self.specs(front=FRONT_ASKS_SITE, site=spec(SITE, serves=SITE, unit='wanted_by = []'))
        self.both(['server-not-started'])
        self.specs(site=spec(SITE, serves=SITE, unit='name = "test-masked.service"'))
        _, findings = self.both(['server-not-started', 'unit-masked'])
        self.specs(front=spec(FRONT, serves=FRONT, unit='after = ["dokcer.service", "test-no@x.service", "srv-x.mount", "app@x.service"]\n'
                              'requires = ["nosuch.socket"]\nwanted_by = ["deploy.target", "nosuch.target"]'),
                   site=spec(SITE, serves=SITE))
        code, findings = self.both(['unknown-unit'] * 4)
        self.assertEqual(code, 0)
        self.assertEqual([one['cause'].partition("'")[2].partition("'")[0] for one in findings],
                         ['dokcer.service', 'test-no@x.service', 'nosuch.socket', 'nosuch.target'])
        self.assertEqual(self.verify('--strict')[0], 1)

    def test_a_drop_in_that_gives_a_unit_five_seconds_is_found(self):
        self.specs(site=spec(SITE, serves=SITE))
        self.drop_in('deploy-site.service', '[Service]\nTimeoutStartSec=5s\n')
        self.reload()
        self.assertEqual(self.host.show('deploy-site.service', 'TimeoutStartUSec'), '5s')
        _, findings = self.both(['timeout-too-short'])
        self.assertIn('may take 5s to start (/etc/systemd/system/deploy-site.service.d/50-test.conf:2: TimeoutStartSec=5s)',
                      findings[0]['cause'])
        self.drop_in('deploy-site.service', '[Service]\nTimeoutStartSec=infinity\n')
        self.reload()
        self.both(['no-timeout'])

    def test_a_oneshot_without_a_time_out_that_a_deploy_unit_waits_for_is_found(self):
        self.unit('test-slow.service', '[Service]\nType=oneshot\nExecStart=true\n')
        self.specs(site=spec(SITE, serves=SITE, unit='after = ["test-slow.service"]'))
        self.both(['no-timeout'])
        self.unit('test-slow.service', '[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=true\n')
        self.reload()
        self.both([])

    def test_a_spec_edited_without_a_daemon_reload_is_stale_and_is_judged_as_it_would_be_loaded(self):
        self.specs(front=FRONT_ASKS_SITE, site=SITE_AFTER_FRONT)
        self.both(['gate-deadlock'])
        self.host.write('/etc/unitgate/specs/site.toml', spec(SITE, serves=SITE))
        code, findings = self.both(['unit-stale'])
        self.assertEqual(code, 0)
        self.assertEqual(findings[0]['units'], ['deploy-site.service'])
        self.assertIn("'After=deploy-front.service'", findings[0]['cause'])
        self.reload()
        self.both([])

    def test_a_file_changed_since_the_manager_loaded_it_is_stale(self):
        self.app('site', 8080, start=True)
        self.specs(site=spec(SITE, serves=SITE, probe='connect = "127.0.0.1:8080"'))
        self.start('deploy-site.service')  # what is not up is loaded anew when somebody asks
        self.both([])
        self.drop_in('deploy-site.service', '[Service]\nNice=1\n')
        code, findings = self.verify()
        self.assertEqual((code, [one['code'] for one in findings]), (0, ['unit-stale']))
        self.assertIn('was loaded before one of its files was changed', findings[0]['cause'])
        self.reload()
        self.both([])

    def test_a_deploy_table_edited_since_its_version_passed_is_found_and_start_says_so(self):
        self.app('site', 8080, start=True)
        good = spec(SITE, serves=SITE, probe='connect = "127.0.0.1:8080"')
        self.specs(site=good)
        self.start('deploy-site.service')
        self.both([])
        self.specs(site=good.replace('["true"]', '["true", "anew"]'))
        code, findings = self.both(['deploy-edited'])
        self.assertEqual((code, findings[0]['units']), (0, ['deploy-site.service']))
        done = self.host.run('unitgate', 'start', check=False)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn('its [deploy] has changed since', done.stderr)

    def test_an_installed_unit_file_that_hides_the_generated_one_is_found(self):
        self.unit('deploy-site.service', '[Service]\nType=oneshot\nExecStart=true\n')
        self.specs(site=spec(SITE, serves=SITE))
        code, findings = self.both(['unit-shadowed', 'no-timeout'])
        self.assertEqual(code, 1)
        self.assertIn('/etc/systemd/system/deploy-site.service', findings[0]['cause'])

    def test_another_user_sees_the_same(self):
        self.old_gate()
        code, findings = self.verify()
        self.assertEqual(code, 1)
        self.assertEqual(self.verify(user='nobody'), (code, findings))
        self.assertEqual(self.verify('--root', '/', user='nobody'), (code, findings))

    def test_who_listens_now_only_adds_a_warning(self):
        self.app('site', 8080, start=True)
        # Nothing says who serves the address: only the process that listens there does.
        self.unit('app@site.service.d/50-test.conf', '[Unit]\nAfter=deploy-front.service\n')
        self.unit('test-late.target', '[Unit]\nWants=app@site.service\n')
        self.specs(front=spec('http://127.0.0.1:8080/', serves=FRONT, unit='wants = ["test-late.target"]'))
        self.assertEqual(self.verify('--root', '/'), (0, []))
        code, findings = self.verify()
        self.assertEqual((code, [(one['code'], one['severity']) for one in findings]), (0, [('listener-deadlock', 'warning')]))
        self.assertRegex('\n'.join(findings[0]['notes']), r"which 'app@site.service' answers \(process \d+ listens there now\)")

    def test_names_alone_are_looked_at_and_a_manager_that_is_away_is_said(self):
        self.specs(front=FRONT_ASKS_SITE, site=SITE_AFTER_FRONT)
        self.assertEqual(self.verify('front')[0], 1)
        self.assertEqual(self.verify('site'), (0, []))
        self.host.run('systemctl', 'stop', 'dbus.socket', 'dbus.service', check=False)
        self.addCleanup(self.host.run, 'systemctl', 'start', 'dbus.socket', 'dbus.service')
        code, findings = self.verify()
        self.assertEqual((code, sorted(one['code'] for one in findings)), (1, ['gate-deadlock', 'not-checked']))
