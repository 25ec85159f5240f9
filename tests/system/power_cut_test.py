# SPDX-License-Identifier: MIT
"""The whole host dies at once, in each phase of a run; what was promised on disk is there afterwards."""

import json
import os
import shutil
import subprocess
import unittest

import world
from host import Host
from interrupted_test import PHASES, UNIT, Phases
from world import GOOD, NEWER, STATE, Case, new_host, proxy_spec


class OwnHost(Case):
    """A host for this class alone, since its power is cut."""

    @classmethod
    def setUpClass(cls):
        cls.host = new_host()
        cls.host.start()

    @classmethod
    def tearDownClass(cls):
        cls.host.close()


class PowerCut(Phases, OwnHost):
    def cut(self, phase):
        job = self.stand_still_in(phase)
        invocation = self.host.show(UNIT, 'InvocationID')
        boot = self.host.read('/proc/sys/kernel/random/boot_id').strip().replace('-', '')
        before = self.alerts()
        self.host.kill_power()
        job.communicate(timeout=60)
        # Nobody was left to write an alert; the note of the run is whole.
        self.assertEqual(self.alerts(), before)
        note = self.state('app')['under_way']
        self.assertEqual((note['invocation_id'], note['step']), (invocation, phase))

        self.host.start()
        self.let_go()
        self.app('app', 8070, version='1', start=True)
        self.start(UNIT)
        self.assert_up(UNIT)
        (mine,) = self.alerts_of(invocation)
        has_failed = phase.startswith('rollback')
        self.assertEqual(mine['reason'], 'deploy-failed' if has_failed else 'interrupted')
        self.assertEqual(mine['boot_id'], boot)
        after = self.alerts()
        self.assertEqual(len(after), len(before) + (not has_failed), after)
        state = self.state('app')
        self.assertIsNone(state.get('under_way'))
        self.assertEqual(state['last_good']['version'], '1')
        self.assertEqual(self.processes('sleep 987654'), [])
        # And the next but one has nothing more to tell.
        self.host.run('systemctl', 'restart', UNIT)
        self.assertEqual(self.alerts(), after)


def add(phase):
    name = phase.replace('-', '_')
    setattr(PowerCut, f'test_a_power_cut_in_the_phase_{name}_is_one_alert_of_the_next_run', lambda self: self.cut(phase))


for each in PHASES:
    add(each)


class Durability(unittest.TestCase):
    """State on a disk that writes late: what a copy of the mounted disk holds is what a power cut would leave."""

    def setUp(self):
        self.host = Host()
        self.addCleanup(self.host.close)
        image = self.image = self.host._folder / 'disk'
        subprocess.run(['truncate', '-s', '24M', image], check=True)
        made = subprocess.run(['mkfs.ext4', '-q', '-F', image], capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest(f'no ext4 image can be made: {made.stderr.strip()}')
        self.disk = self.host._folder / 'state'
        self.disk.mkdir()
        mounted = subprocess.run(['mount', '-o', 'loop,commit=300,noauto_da_alloc', image, self.disk], capture_output=True,
                                 text=True)
        if mounted.returncode != 0:
            self.skipTest(f'this machine has no loop devices to mount an image with: {mounted.stderr.strip()}')
        world.furnish(self.host)
        self.host.binds.append((self.disk, STATE))

    def power_cut(self):
        """What the disk holds at this moment, mounted as after a power cut."""
        copy, folder = self.host._folder / 'copy', self.host._folder / 'after'
        if folder.exists():
            subprocess.run(['umount', folder], check=True)
        shutil.copy(self.image, copy)
        folder.mkdir(exist_ok=True)
        subprocess.run(['mount', '-o', 'loop', copy, folder], check=True)
        return folder

    @staticmethod
    def noted(disk):
        return json.loads((disk / 'apps/proxy/state.json').read_text())

    def test_note_last_good_and_alerts_are_on_the_disk_when_the_deploy_systemd_and_the_rollback_go_by_them(self):
        case = Case()
        case.host, case.since = self.host, None
        self.host.start()
        case.newest(GOOD)
        case.specs(proxy=proxy_spec())
        # A file that nobody syncs is the control: were it there, the disk would not write late and this proved nothing.
        self.host.write(f'{STATE}/control', 'written, not synced')

        # The note of the run is there before anything is deployed: the deploy command takes the picture.
        fifo = '/srv/recipes/traefik/hold'
        os.mkfifo(self.host.path(fifo))
        self.host.write(f'/srv/recipes/traefik/{GOOD}.hook', f'read x <{fifo}\n')
        job = self.host.spawn('systemctl', 'start', 'deploy-proxy.service')
        with open(self.host.path(fifo), 'w') as writer:  # returns when the command reads
            state = self.noted(self.power_cut())
            self.assertNotIn('last_good', state)
            note = state['under_way']
            self.assertEqual((note['step'], note['version'], note['invocation_id']),
                             ('deploy', GOOD, self.host.show('deploy-proxy.service', 'InvocationID')))
            writer.write('go\n')
        job.communicate(timeout=120)
        case.assert_up('deploy-proxy.service')
        after = self.power_cut()
        control = after / 'control'
        if control.exists() and control.read_text():
            self.skipTest('this kernel wrote a file back that nobody synced: late writing can not be shown here')
        self.assertEqual(self.noted(after)['last_good']['version'], GOOD)

        # The alert and the hold are there before the rollback begins: the old version's deploy takes the picture.
        case.newest(NEWER, '502')
        case.specs(proxy=proxy_spec(deadline='2s'))
        job = self.host.spawn('systemctl', 'restart', 'deploy-proxy.service')
        writer = open(self.host.path(fifo), 'w')  # returns when the rollback's command reads
        after = self.power_cut()
        alerts = list((after / 'alerts').glob('*-traefik-unhealthy-on-latest.json'))
        self.assertEqual(len(alerts), 1)
        self.assertTrue(alerts[0].read_text().endswith('}\n'))
        self.assertEqual(self.noted(after)['held']['version'], NEWER)
        writer.write('go\n')
        writer.close()
        job.communicate(timeout=120)
        case.assert_up('deploy-proxy.service')
        subprocess.run(['umount', after], check=True)
