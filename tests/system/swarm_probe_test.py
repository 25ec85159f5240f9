# SPDX-License-Identifier: MIT
"""The probe `swarm`, on a real Docker Engine that is a swarm of one node."""

import json
from pathlib import Path

from engine import Engine, specification
from power_cut_test import OwnHost
from world import new_host

UNIT, SERVICE = 'deploy-web.service', 'web_app'

SPEC = '''[unit]
after = ["docker.service"]
[version]
file = "/srv/stack/newest"
[deploy]
command = ["/usr/local/bin/deploy-stack", "web_app", "{version}"]
[gate]
deadline = "%s"
[rollback]
deadline = "60s"
[[gate.probe]]
swarm = "web_app"
'''


class SwarmProbe(OwnHost):
    @classmethod
    def setUpClass(cls):
        cls.host = new_host()
        try:
            cls.engine = Engine(cls.host)
            program = Path(__file__).resolve().parent / 'deploy-stack'
            cls.host.write('/usr/local/bin/deploy-stack', program.read_text(), 0o755)
            cls.host.start()
            cls.engine.begin()
        except BaseException:
            cls.host.close()
            raise

    def setUp(self):
        super().setUp()
        self.engine.remove_all()
        self.specs(web=SPEC % '60s')

    def newest(self, version, **service):
        self.host.write(f'/srv/stack/{version}.json', json.dumps(specification(**service)))
        self.host.write('/srv/stack/newest', version)

    def probed(self):
        """(cause, detail) of one try of the probe."""
        done = self.host.run('unitgate', '--json', 'probe', 'web', check=False)
        (probe,) = json.loads(done.stdout)['probes']
        self.assertEqual(probe['target'], f'swarm {SERVICE}')
        self.assertEqual(done.returncode, 1 if probe['cause'] else 0)
        return probe['cause'], probe['detail']

    def test_it_passes_once_all_replicas_run_and_not_on_those_of_before(self):
        self.newest('1', image='app:late', replicas=2)  # there is no such image yet
        job = self.host.spawn('systemctl', 'start', UNIT)
        self.until(lambda: f'last replicas from swarm {SERVICE}' in self.status_text(UNIT), 'a gate that waits for replicas')
        self.assertEqual(self.probed(), ('replicas', '0 of 2 replicas run'))
        self.engine.make_image('late')
        _, errors = job.communicate(timeout=100)
        self.assertEqual(job.returncode, 0, errors + self.story(UNIT))
        self.assert_up(UNIT)
        self.assertEqual(self.engine.images_that_run(SERVICE), ['app:late'] * 2)

        # While an update is under way, the replicas of before run for seconds yet.
        self.engine.make_image('2')
        self.newest('2', image='app:2', replicas=2)
        self.host.run('systemctl', 'restart', UNIT)
        self.assertEqual(self.engine.images_that_run(SERVICE), ['app:2'] * 2)
        self.assertEqual(self.state('web')['last_good']['version'], '2')

        self.engine.scale(SERVICE, 0)
        self.assertEqual(self.probed(), ('replicas', 'the service is scaled to 0 replicas'))

    def test_a_version_whose_replicas_do_not_stay_up_is_rolled_back(self):
        self.engine.make_image('1')
        self.newest('1', image='app:1')
        self.start(UNIT)
        self.specs(web=SPEC % '12s')
        self.newest('2', image='app:1', command=['/bin/false'])
        self.host.run('systemctl', 'restart', UNIT)
        self.assert_up(UNIT)
        (alert,) = self.alerts().values()
        self.assertEqual((alert['reason'], alert['version'], alert['rolled_back_to']), ('unhealthy-on-latest', '2', '1'))
        self.assertEqual(alert['probe']['cause'], 'replicas')
        self.assertEqual(self.engine.images_that_run(SERVICE), ['app:1'])
        self.assertEqual(self.probed(), (None, None))

    def test_each_other_cause_has_its_name(self):
        self.assertEqual(self.probed(), ('missing', 'there is no such service'))
        self.host.run('systemctl', 'stop', 'docker.service', 'docker.socket', check=False)
        cause, _ = self.probed()
        self.assertIn(cause, ('unreachable', 'refused'))
        self.host.run('systemctl', 'start', 'docker.service')
        self.until(lambda: self.probed()[0] == 'missing', 'an engine that is a manager again')
