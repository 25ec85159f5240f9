# SPDX-License-Identifier: MIT
"""A deploy command that is killed for memory: deploy-failed and rolled back, while the run itself goes on."""

from world import Case, step_spec

UNIT = 'deploy-app.service'
EAT = "python3 -c 'x = bytearray(256 * 1024 * 1024)'\n"


class OutOfMemory(Case):
    def setUp(self):
        super().setUp()
        if 'memory' not in self.host.read('/sys/fs/cgroup/cgroup.controllers').split():
            self.skipTest("the host's control groups have no memory controller (this machine gives it to the old hierarchy)")
        self.drop_in(UNIT, '[Service]\nMemoryMax=64M\nMemorySwapMax=0\n')

    def test_a_deploy_command_killed_for_memory_is_deploy_failed_and_rolled_back(self):
        self.app('app', 8070, version='1', start=True)
        self.host.write('/srv/step/app/newest', '1')
        self.specs(app=step_spec())
        self.start(UNIT)
        self.host.write('/srv/step/app/newest', '2')
        self.host.write('/srv/step/app/deploy', EAT)
        self.host.run('systemctl', 'restart', UNIT)
        self.assert_up(UNIT)
        (alert,) = self.alerts().values()
        self.assertEqual((alert['reason'], alert['rolled_back_to']), ('deploy-failed', '1'))
        self.assertIn('rollback 1', self.steps())
