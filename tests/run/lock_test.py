# SPDX-License-Identifier: MIT
"""One run at a time holds an app."""

import os

from rig import Case


class Lock(Case):
    def test_of_64_concurrent_runs_one_works_and_the_others_exit_75_at_once(self):
        app = self.app('proxy', v2=0)
        os.mkfifo(app.folder / 'go')
        app.spec(deploy='read line <go; echo $UNITGATE_VERSION >deployed')
        runs = [app.start() for _ in range(64)]
        left = list(runs)
        # The one that works waits for us: the others have to end before it does.
        while len(left) > 1:
            left = [run for run in left if run.read(0.001) or run.process.poll() is None]
        (app.folder / 'go').write_text('go\n')
        for run in runs:
            run.wait()
        codes = sorted(run.code for run in runs)
        self.assertEqual(codes, [0] + [75] * 63)
        for run in runs:
            self.assertEqual(len(run.ready()), run.code == 0, run.story())
            if run.code == 75:
                self.assertIn('another run', run.status())
        self.assertEqual(app.alerts(), [])
        self.assertEqual(app.read_state()['last_good']['version'], '2')

    def test_two_specs_of_one_app_keep_each_other_out(self):
        first, second = self.app('proxy', v2=0), self.app('edge', v2=0)
        os.mkfifo(first.folder / 'go')
        first.spec(more='app = "traefik"', deploy='echo >begun; read line <go; echo $UNITGATE_VERSION >deployed')
        second.spec(more='app = "traefik"')
        second.state = first.state
        holds = first.start().until((first.folder / 'begun').exists, 'the deploy command')
        run = second.run()
        self.assertEqual((run.code, run.ready(), second.deployed()), (75, [], ''), run.story())
        self.assertIn('another run', run.status())
        (first.folder / 'go').write_text('go\n')
        self.assertEqual(holds.wait().code, 0, holds.story())
        self.assertEqual(second.run().code, 0)
        self.assertEqual(first.alerts(), [])
