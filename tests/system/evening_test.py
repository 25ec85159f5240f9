# SPDX-License-Identifier: MIT
"""An operator's evening: a bad version comes up, is looked at, put away, released, and a good one follows; and what
another user than root may look at."""

import json
import re

from world import GOOD, NEWER, Case, proxy_spec

UNIT = 'deploy-proxy.service'


class Evening(Case):
    def unitgate(self, *arguments, code=0, user=None):
        """Standard output of one call; what it says on standard error is in the text of a failure."""
        call = ['unitgate', *arguments]
        done = self.host.run(*(['setpriv', f'--reuid={user}', f'--regid={user}', '--clear-groups'] if user else []), *call,
                             check=False)
        self.assertEqual(done.returncode, code, f"{' '.join(call)}: {done.stdout}{done.stderr}")
        self.said = done.stdout + done.stderr
        return done.stdout

    def unit(self, code=0):
        (row,) = json.loads(self.unitgate('status', '--json', code=code))['units']
        return row

    def test_a_bad_version_is_seen_put_away_released_and_followed_by_a_good_one(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec(deadline='3s'))
        row = self.unit(code=3)  # nothing has been started yet
        self.assertEqual((row['health'], row['active_state'], row['last_good']), ('waiting', 'inactive', None))
        self.start(UNIT)
        row = self.unit()
        self.assertEqual((row['health'], row['active_state'], row['wanted']), ('fine', 'active', GOOD))
        self.assertEqual(row['last_gate']['version'], GOOD)
        self.assertGreater(row['last_gate']['took_usec'], 0)

        # The bad version: rolled back to the good one, which serves on.
        self.newest(NEWER, '502')
        self.host.run('systemctl', 'reload', UNIT, check=False)
        self.assert_up(UNIT)
        text = self.unitgate('status', code=1)
        self.assertIn(f'held: {NEWER} since', text)
        self.assertIn('unitgate release proxy', text)
        row = self.unit(code=1)
        self.assertEqual((row['health'], row['active_state']), ('trouble', 'active'))
        self.assertEqual((row['last_good']['version'], row['held']['version']), (GOOD, NEWER))
        self.assertEqual((row['standing'], row['last_gate']['version']), ('held', GOOD))
        (alert,) = row['alerts']
        self.assertIsNone(alert['recovered'])

        # What failed, and why.
        self.assertIn(alert['id'], self.unitgate('alerts'))
        shown = self.unitgate('alerts', 'show', alert['id'][:20])
        for word in ('unhealthy-on-latest', NEWER, f'rolled back to: {GOOD}', 'status 502', f'unitgate alerts clear {alert["id"]}'):
            self.assertIn(word, shown)
        self.unitgate('alerts', 'clear', alert['id'], code=2)  # not without saying why
        self.unitgate('alerts', 'clear', alert['id'], '--note', 'false alarm')
        self.assertEqual(self.unitgate('alerts'), 'no alerts\n')
        cleared = json.loads(self.host.read(f'/var/lib/unitgate/alerts/cleared/{alert["id"]}.json'))
        self.assertEqual((cleared['cleared']['note'], cleared['cleared']['by'], cleared['version']),
                         ('false alarm', 'root', NEWER))

        # Still held, until it is released; then it is tried again, and is good by now.
        self.assertEqual(self.unit(code=1)['held']['version'], NEWER)
        self.host.run('systemctl', 'reload', UNIT)
        self.assertEqual(self.deployed(), [GOOD, NEWER, GOOD])
        self.host.write(f'/srv/recipes/traefik/{NEWER}.behaviour', 'healthy')
        self.assertIn(f"released '{NEWER}'", self.unitgate('release', 'proxy'))
        row = self.unit(code=3)
        self.assertEqual((row['health'], row['standing'], row['held']), ('waiting', 'behind', None))
        self.host.run('systemctl', 'reload', UNIT)
        self.assertEqual(self.deployed(), [GOOD, NEWER, GOOD, NEWER])
        row = self.unit()
        self.assertEqual((row['health'], row['last_good']['version'], row['alerts']), ('fine', NEWER, []))
        self.assertIn('1 unit: 1 fine\n', self.unitgate('status'))

    def test_an_alert_that_is_left_is_marked_recovered_once_the_wanted_version_has_passed(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec(deadline='3s'))
        self.start(UNIT)
        self.newest(NEWER, '502')
        self.host.run('systemctl', 'restart', UNIT)
        self.assertNotIn('recovered', self.unitgate('alerts'))
        self.host.run('systemctl', 'restart', UNIT)  # the held version is wanted, and last good healthy
        self.assertNotIn('recovered', self.unitgate('alerts'))
        self.newest('5.1.2+v3.6.16')
        self.host.run('systemctl', 'restart', UNIT)
        self.assertIn('recovered: traefik has passed since', self.unitgate('alerts'),
                      self.host.read('/var/lib/unitgate/apps/proxy/state.json'))
        self.assertIn('1 (1 recovered)', self.unitgate('status', code=1))

    def test_a_spec_edited_without_a_daemon_reload_is_stale(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.assertIsNone(self.unit()['stale'])
        self.host.write('/etc/unitgate/specs/proxy.toml', proxy_spec(deadline='90s'))
        self.assertIn('is not what the spec makes now', self.unit(code=1)['stale']['cause'])
        self.reload()
        self.assertIsNone(self.unit()['stale'])
        self.host.write(f'/etc/systemd/system/{UNIT}', '[Service]\nExecStart=true\n')
        self.addCleanup(self.host.remove, f'/etc/systemd/system/{UNIT}')
        self.assertEqual(self.unit(code=1)['stale']['code'], 'unit-shadowed')
        self.reload()
        self.assertEqual(self.unit(code=1)['stale']['code'], 'unit-shadowed')

    def test_another_user_may_look_at_plan_verify_and_status_and_is_told_what_it_may_not(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.unitgate('status', user=65534)  # nothing has failed yet, and that any user may see
        self.newest(NEWER, 'exit')
        self.host.run('systemctl', 'restart', UNIT)
        plan = self.unitgate('plan', user=65534)
        self.assertIn(f'wave 1\n  {UNIT}, gate passed in', plan)
        self.unitgate('verify', user=65534)
        self.assertIn('1 spec good', self.said)
        text = self.unitgate('status', user=65534, code=1)  # alerts are root's: whether there are some is not known
        self.assertRegex(text, rf'{UNIT} +active \(exited\) +{re.escape(NEWER)} +{re.escape(GOOD)} ')
        self.assertIn('/alerts', self.said)
        self.assertIn("as root or with 'sudo'", self.said)
        self.unitgate('alerts', user=65534, code=1)
        self.assertIn("as root or with 'sudo'", self.said)
        self.unitgate('release', 'proxy', user=65534, code=1)
        self.assertIn("as root or with 'sudo'", self.said)

    def test_without_its_bus_status_shows_what_files_tell_and_fails(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        done = self.host.run('env', 'DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere', 'unitgate', 'status', check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, rf'{UNIT} +unknown +{re.escape(GOOD)} +{re.escape(GOOD)} ')
        self.assertIn('the states of the units are not known', done.stderr)
