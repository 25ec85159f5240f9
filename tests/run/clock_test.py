# SPDX-License-Identifier: MIT
"""The clocks that the kernel's timers of a run are on, as the kernel tells: what a stepped wall clock can't reach. The unit
tests step the wall clock of the code that reckons with times."""

import time
import unittest
from pathlib import Path

from rig import TERM, Case

STEADY = {time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME}


def clocks_of_timers(pid):
    """The clocks of a process's timerfds, from /proc (timerfd_create(2))."""
    found = set()
    for entry in Path(f'/proc/{pid}/fdinfo').iterdir():
        try:
            lines = entry.read_text().splitlines()
        except FileNotFoundError:
            continue  # closed meanwhile
        found |= {int(line.split(':')[1]) for line in lines if line.startswith('clockid:')}
    return found


class Clocks(Case):
    def assert_steady(self, run):
        found = clocks_of_timers(run.process.pid)
        self.assertTrue(found, 'no timer is waiting: nothing is shown')
        self.assertLessEqual(found, STEADY)

    @unittest.skipUnless(Path('/proc/self/fdinfo').is_dir(), 'there is no /proc here')
    def test_no_timer_of_a_gate_or_a_watch_is_on_the_wall_clock(self):
        app = self.app('proxy', v2=None)
        app.spec(gate='deadline = "10min"', more='[watch]\ninterval = "20ms"\n')
        run = app.start()
        run.until(lambda: run.status().startswith('gate: try'), 'a gate that waits')
        self.assert_steady(run)
        app.plans['2'] = 0
        run.until(lambda: 'watch: healthy' in run.status(), 'a watch')
        self.assert_steady(run)
        run.process.terminate()
        run.wait()
        self.assertEqual(run.code, TERM, run.story())
