# SPDX-License-Identifier: MIT
"""A service manager that is too busy to listen, with a slow generator say: who is ready meanwhile stays so."""

import os
import signal

from world import Case, app_spec

UNIT = 'deploy-slow.service'


class BusyManager(Case):
    def run_is_over(self, pid):
        """It has ended; the manager, which does nothing, has not seen that yet."""
        stat = self.host.path(f'/proc/{pid}/stat')
        return not stat.exists() or stat.read_text().rpartition(')')[2].split()[0] == 'Z'

    def test_a_manager_that_reads_a_ready_only_after_the_run_has_ended_takes_it_all_the_same(self):
        self.app('slow', 8085)
        os.mkfifo(self.host.path('/srv/apps/slow.start'))
        self.specs(slow=app_spec('slow', 8085))
        job = self.host.spawn('systemctl', 'start', UNIT)
        self.until(lambda: self.status_text(UNIT).startswith('gate:'), 'the gate')
        run = self.host.show(UNIT, 'MainPID')
        os.kill(self.host.leader, signal.SIGSTOP)
        try:
            self.open_fifo('/srv/apps/slow.start')
            self.until(lambda: self.run_is_over(run), 'the end of the run')
        finally:
            os.kill(self.host.leader, signal.SIGCONT)
        _, errors = job.communicate(timeout=120)
        self.assertEqual(job.returncode, 0, errors + self.story(UNIT))
        self.assert_up(UNIT)
        self.assertEqual(self.alerts(), {})
        self.assertIn('ready', self.event_words(UNIT))
