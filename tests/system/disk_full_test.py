# SPDX-License-Identifier: MIT
"""The disk of the state folder is full: the journal carries what the alert file can't, and the host still serves."""

import json

from world import GOOD, NEWER, STATE, Case, proxy_spec

UNIT = 'deploy-proxy.service'
FILL = f'cat /dev/zero >{STATE}/filling 2>/dev/null || true\n'


class DiskFull(Case):
    def setUp(self):
        super().setUp()
        self.host.run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', STATE)

    def test_an_alert_that_cannot_be_written_is_in_the_journal_and_the_rollback_still_happens(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.start(UNIT)
        self.newest(NEWER, '502')
        self.host.write(f'/srv/recipes/traefik/{NEWER}.hook', FILL)  # full once the run is under way
        self.specs(proxy=proxy_spec(deadline='2s'))
        self.host.run('systemctl', 'restart', UNIT, check=False)
        self.assert_failed(UNIT, 73)
        self.assertEqual(self.alerts(), {})
        self.assertEqual(self.deployed(), [GOOD, NEWER, GOOD])
        self.assertEqual(json.loads(self.served()[1])['Version'], '3.6.14')
        (entry,) = [entry for entry in self.events(UNIT) if 'UNITGATE_ALERT' in entry]
        alert = json.loads(entry['UNITGATE_ALERT'])
        self.assertEqual((alert['app'], alert['reason'], alert['version']), ('traefik', 'unhealthy-on-latest', NEWER))
        self.assertEqual(alert['probe']['status'], 502)
        # The state file is whole: as it was.
        self.assertEqual(self.state('proxy')['last_good']['version'], GOOD)

    def test_on_a_disk_that_is_full_from_the_start_nothing_is_deployed(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.host.run('sh', '-c', FILL)
        self.start(UNIT, check=False)
        self.assert_failed(UNIT, 73)
        self.assertEqual(self.deployed(), [])

    def test_once_there_is_room_again_the_next_start_is_right(self):
        self.newest(GOOD)
        self.specs(proxy=proxy_spec())
        self.host.run('sh', '-c', FILL)
        self.start(UNIT, check=False)
        self.host.remove(f'{STATE}/filling')
        self.start(UNIT)
        self.assert_up(UNIT)
