# SPDX-License-Identifier: MIT
"""The throwaway host itself: it keeps its files over a power cut and leaves nothing of itself on the machine."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from host import Host, HostError, until

HERE = Path(__file__).resolve().parent


class ThrowawayHost(unittest.TestCase):
    def test_files_and_journal_survive_a_power_cut_and_processes_do_not(self):
        with Host() as host:
            host.start()
            first = host.read('/proc/sys/kernel/random/boot_id')
            host.write('/etc/kept', 'kept')
            host.run('logger', '-t', 'test', 'before the cut')
            host.sync_journal()
            host.run('systemd-run', '--unit=stays', 'sleep', '987655')
            host.kill_power()
            host.start()
            self.assertNotEqual(host.read('/proc/sys/kernel/random/boot_id'), first)
            self.assertEqual(host.read('/etc/kept'), 'kept')
            self.assertEqual(host.active('stays'), 'inactive')
            self.assertEqual([entry['MESSAGE'] for entry in host.journal('-b', '-1', '-t', 'test', all_boots=True)],
                             ['before the cut'])
        self.assertFalse(Path('/etc/kept').exists(), 'the host wrote through to the machine')

    def test_a_command_that_fails_in_the_host_is_an_error_with_its_output(self):
        with Host() as host:
            host.start()
            with self.assertRaisesRegex(HostError, "ended with 3.*\n?.*oops"):
                host.run('sh', '-c', 'echo oops >&2; exit 3')

    def test_a_test_run_that_is_killed_leaves_no_host_behind(self):
        text = 'import host; h = host.Host(); h.start(); print(h.leader, h._folder, flush=True); input()'
        child = subprocess.Popen([sys.executable, '-c', text], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        leader, folder = child.stdout.readline().split()
        self.assertFalse(os.path.ismount(folder), 'its mounts are seen outside of it')
        child.send_signal(signal.SIGKILL)
        child.communicate()
        until(lambda: not Path(f'/proc/{leader}').exists(), "the end of the host's PID 1")
        self.assertEqual(os.listdir(folder), [])
        os.rmdir(folder)
