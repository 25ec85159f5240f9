# SPDX-License-Identifier: MIT
"""A run that watches its app after READY=1: alerts, recovery, actions, reloads, the watchdog; without a host."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

from rig import PROGRAM, TERM, Case


def watch(action='alert', failures=3, interval='20ms'):
    return f'[watch]\ninterval = "{interval}"\nfailures = {failures}\naction = "{action}"\n'


class Watch(Case):
    def watched(self, action='alert', failures=3, gate='', deploy=None, environment=None, **plans):
        app = self.app('proxy', **(plans or {'v2': 0}))
        spec = {'more': watch(action, failures), 'gate': gate} | ({'deploy': deploy} if deploy else {})
        app.spec(**spec)
        run = app.start(environment=environment)
        run.until(lambda: len(run.ready()) == 1, 'READY=1')
        return app, run

    def reasons(self, app):
        return [alert['reason'] for alert in app.alerts()]

    def reload(self, app, run, **spec):
        """As ExecReload= does it, with the main process's number."""
        if spec:
            app.spec(**spec)
        arguments = [PROGRAM, '--specs', str(app.folder / 'specs'), '--state', str(app.state), 'run', '--reload', app.name]
        return subprocess.Popen(arguments, env=dict(os.environ, MAINPID=str(run.process.pid), INVOCATION_ID=run.invocation),
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def closed_port(self):
        """A probe of a port that is taken, and where nobody listens."""
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(('127.0.0.1', 0))
        return f'tcp = "127.0.0.1:{taken.getsockname()[1]}"\n'

    def printed(self, app):
        return (app.folder / 'output').read_text()

    def stop(self, app, run):
        run.process.send_signal(signal.SIGTERM)
        run.wait()
        self.assertEqual(run.code, TERM, run.story())
        self.assertNotIn('interrupted', self.reasons(app))

    def zombies(self, run):
        found = []
        for path in Path('/proc').glob('[0-9]*/stat'):
            try:
                state, parent = path.read_text().rpartition(')')[2].split()[:2]
            except OSError:
                continue  # gone meanwhile
            if state == 'Z' and int(parent) == run.process.pid:
                found.append(path.parent.name)
        return found

    def test_what_a_deploy_has_left_behind_is_no_zombie_once_it_ends(self):
        app, run = self.watched(deploy='mkfifo hold; (read end <hold) & echo $! >left; echo $UNITGATE_VERSION >deployed')
        left = (app.folder / 'left').read_text().strip()
        parent = Path(f'/proc/{left}/stat').read_text().rpartition(')')[2].split()[1]
        self.assertEqual(int(parent), run.process.pid)
        (app.folder / 'hold').write_text('end\n')
        run.until(lambda: not Path(f'/proc/{left}').exists(), f'an end of {left}')
        self.stop(app, run)

    def test_a_probe_that_a_reload_ends_is_no_zombie(self):
        app = self.app('proxy', v2=0)
        command = f'cd {app.folder}; [ -e hold ] || exit 0; echo $$ >probe.new; mv probe.new probe; read end <hold'
        app.spec(more=watch(), gate='timeout = "1h"\ndeadline = "2h"\n[[gate.probe]]\n'
                 f'exec = ["sh", "-c", {json.dumps(command)}]')
        run = app.start()
        run.until(lambda: len(run.ready()) == 1, 'READY=1')
        os.mkfifo(app.folder / 'hold')
        for count in (2, 3):
            run.until(lambda: (app.folder / 'probe').exists(), 'a probe that waits')
            probe = (app.folder / 'probe').read_text().strip()
            (app.folder / 'probe').unlink()
            run.process.send_signal(signal.SIGHUP)
            run.until(lambda: len(run.ready()) == count, 'a spec that is read again')
            run.until(lambda: not Path(f'/proc/{probe}').exists(), f'an end of {probe}')
        self.assertEqual(self.zombies(run), [])
        self.stop(app, run)

    def test_an_app_that_dies_is_told_once_and_its_recovery_is_noted(self):
        app, run = self.watched()
        run.until(lambda: run.status().startswith('up: 2; watch: healthy'), 'a live status')
        app.plans['2'] = None
        run.until(lambda: 'watch: unhealthy' in run.status(), 'an unhealthy status')
        self.assertEqual(self.reasons(app), ['unhealthy-while-active'])
        alert, = app.alerts()
        self.assertEqual((alert['version'], alert['invocation_id'], alert['probe']['cause']), ('2', run.invocation, 'status'))
        self.assertEqual(alert['probe']['tries'], 3)  # of this episode, not of the watch
        tries = app.tries['2']
        run.until(lambda: app.tries['2'] > tries + 20, 'more tries')
        self.assertEqual(self.reasons(app), ['unhealthy-while-active'])
        before = app.note()['passed']
        app.plans['2'] = 0
        run.until(lambda: run.status().startswith('up: 2; watch: healthy'), 'a healthy status')
        self.assertGreater(app.note()['passed'], before)
        self.stop(app, run)
        listed = subprocess.run([PROGRAM, '--state', str(app.state), 'alerts', 'list'], capture_output=True, text=True).stdout
        self.assertIn('recovered: proxy has passed since', listed)

    def test_a_new_episode_is_a_new_alert(self):
        app, run = self.watched(failures=1)
        for count in (1, 2):
            app.plans['2'] = None
            run.until(lambda: 'watch: unhealthy' in run.status(), 'an unhealthy status')
            self.assertEqual(len(app.alerts()), count)
            app.plans['2'] = 0
            run.until(lambda: 'watch: healthy' in run.status(), 'a healthy status')
        self.stop(app, run)

    def test_the_app_is_asked_each_interval(self):
        app = self.app('proxy', v2=0)
        app.spec(more=watch(interval='200ms'))
        run = app.start()
        run.until(lambda: len(app.passes) > 12, 'ten tries of the watch')
        moments = [moment for moment, _ in app.passes]
        between = [later - earlier for earlier, later in zip(moments[1:], moments[2:])]  # the first is the gate's
        self.assertGreater(sorted(between)[len(between) // 2], 0.19)
        self.assertLess(min(between), 0.24)
        self.stop(app, run)

    def test_one_of_any_that_passes_keeps_the_app_healthy(self):
        app, run = self.watched(failures=1, gate='any = true\n[[gate.probe]]\nname = "dead"\n' + self.closed_port())
        run.until(lambda: app.tries['2'] > 10, 'tries')
        self.assertTrue(run.status().startswith('up: 2; watch: healthy'), run.status())
        self.assertEqual(app.alerts(), [])
        self.stop(app, run)

    def test_an_app_has_recovered_once_it_has_passed_so_often_in_a_row(self):
        app, run = self.watched(failures=1, gate='passes = 3')
        app.plans['2'] = None
        run.until(lambda: 'watch: unhealthy' in run.status(), 'an unhealthy status')
        app.passes.clear()
        app.at_most = 2  # passes in a row
        app.plans['2'] = 0
        tries = app.tries['2']
        run.until(lambda: app.tries['2'] > tries + 12, 'more tries')
        self.assertNotIn('healthy again', self.printed(app))
        app.at_most = None
        run.until(lambda: 'healthy again' in self.printed(app), 'a recovery')
        self.stop(app, run)

    def test_an_optional_probe_that_fails_is_told_once_at_the_gate_and_once_in_the_watch_and_does_no_harm(self):
        app, run = self.watched(failures=1, gate='[[gate.probe]]\nname = "extra"\noptional = true\n' + self.closed_port())
        run.until(lambda: app.tries['2'] > 10, 'tries')
        self.assertTrue(run.status().startswith('up: 2; watch: healthy'), run.status())
        self.assertEqual(app.alerts(), [])
        told = [line for line in self.printed(app).splitlines() if line.startswith("optional probe 'extra'")]
        self.assertEqual(len(told), 2, self.printed(app))
        self.assertIn('refused', told[0])
        self.stop(app, run)

    def test_an_alert_that_cannot_be_written_ends_the_unit_with_73(self):
        app, run = self.watched('fail')
        (app.state / 'alerts').write_text('')
        app.plans['2'] = None
        run.wait()
        self.assertEqual(run.code, 73, run.story())
        self.assertIn('unhealthy-while-active', self.printed(app))

    def test_fail_ends_the_unit_with_69_and_one_alert(self):
        app, run = self.watched('fail')
        app.plans['2'] = None
        run.wait()
        self.assertEqual(run.code, 69, run.story())
        self.assertEqual(self.reasons(app), ['unhealthy-while-active'])
        self.assertTrue(run.status().startswith('failed: unhealthy-while-active: '), run.status())

    def test_redeploy_heals_an_app_and_goes_on_watching(self):
        app, run = self.watched('redeploy', deploy='echo $UNITGATE_VERSION >deployed; echo x >>deploys', gate='deadline = "30s"')
        # Dead until it is deployed again.
        app.healed_by = lambda: (app.folder / 'deploys').read_text().count('x') > 1
        app.plans['2'] = 'deploy'
        run.until(lambda: (app.folder / 'deploys').read_text().count('x') == 2 and run.status().startswith('up: 2; watch: healthy'),
                  'a second deploy')
        self.assertEqual(self.reasons(app), ['unhealthy-while-active'])
        self.assertNotIn('under_way', app.read_state())
        self.stop(app, run)

    def test_redeploy_that_does_not_help_fails_the_unit(self):
        app, run = self.watched('redeploy', gate='deadline = "100ms"')
        app.plans['2'] = None
        run.wait()
        self.assertEqual(run.code, 69, run.story())
        self.assertEqual(sorted(self.reasons(app)), ['unhealthy-on-last-good', 'unhealthy-while-active'])

    def test_an_app_is_not_deployed_again_for_ever(self):
        app, run = self.watched('redeploy', failures=1, deploy='echo $UNITGATE_VERSION >deployed; echo x >>deploys',
                                gate='deadline = "30s"')
        deploys = lambda: (app.folder / 'deploys').read_text().count('x')
        for count in (2, 3, 4):
            app.healed_by = lambda: deploys() >= count
            app.plans['2'] = 'deploy'
            run.until(lambda: deploys() == count and 'watch: healthy' in run.status(), f'deploy {count}')
        app.plans['2'] = None
        run.until(lambda: 'watch: unhealthy' in run.status(), 'an unhealthy status')
        tries = app.tries['2']
        run.until(lambda: app.tries['2'] > tries + 10, 'more tries')
        self.assertEqual(deploys(), 4)
        self.assertEqual(len(app.alerts()), 4)
        self.stop(app, run)

    def test_a_reload_deploys_without_an_alert_and_the_watch_goes_by_the_new_spec(self):
        app, run = self.watched(failures=1, v2=0, v3=30)
        said = len(run.said)
        reload = self.reload(app, run, version='3', more=watch(failures=7))
        run.until(lambda: reload.poll() is not None, 'the end of the reload')
        self.assertEqual(reload.returncode, 0)
        run.until(lambda: run.status().startswith('up: 3; watch: healthy'), 'a watch of the new version')
        self.assertEqual(app.alerts(), [])
        said = [text for _, text in run.said[said:]]
        reloading = next(i for i, text in enumerate(said) if 'RELOADING=1' in text)
        self.assertRegex(said[reloading], r'MONOTONIC_USEC=\d+')
        self.assertTrue(any('READY=1' in text for text in said[reloading:]))
        app.plans['3'] = None
        run.until(lambda: 'of 7 times' in run.status(), 'a failure by the new spec')
        self.stop(app, run)

    def test_a_reload_of_a_bad_spec_leaves_the_watch_as_it_was(self):
        app, run = self.watched()
        path = app.folder / 'specs/proxy.toml'
        path.write_text(path.read_text() + '\nnonsense = 1\n')
        reload = self.reload(app, run)
        run.until(lambda: reload.poll() is not None, 'the end of the reload')
        self.assertEqual(reload.returncode, 78)
        run.until(lambda: any('RELOADING=1' in text for _, text in run.said), 'the answer to SIGHUP')
        app.plans['2'] = None
        run.until(lambda: 'watch: unhealthy' in run.status(), 'an unhealthy status')
        self.assertEqual(sorted(self.reasons(app)), ['config-invalid', 'unhealthy-while-active'])
        self.stop(app, run)

    def test_a_reload_whose_credential_is_missing_leaves_the_watch_as_it_was(self):
        app, run = self.watched()
        reload = self.reload(app, run, more='credentials = { token = "/nonexistent" }\n' + watch(failures=7))
        run.until(lambda: reload.poll() is not None, 'the end of the reload')
        self.assertEqual(reload.returncode, 78)
        run.until(lambda: any('RELOADING=1' in text for _, text in run.said), 'the answer to SIGHUP')
        app.plans['2'] = None
        run.until(lambda: 'watch: unhealthy' in run.status(), 'an unhealthy status')
        self.assertNotIn('of 7 times', ' '.join(text for _, text in run.said))
        self.stop(app, run)

    def test_on_a_terminal_that_goes_the_watch_goes_too(self):
        app, run = self.watched(environment={'INVOCATION_ID': ''})
        run.until(lambda: 'watch: healthy' in run.status(), 'a watch')
        run.process.send_signal(signal.SIGHUP)
        run.wait()
        self.assertEqual(run.code, -signal.SIGHUP, run.story())

    def test_a_reload_that_meets_a_new_watch_says_that_only_a_start_begins_it(self):
        app = self.app('proxy', v2=0)
        app.spec()
        self.assertEqual(app.run().status(), 'up: 2')
        app.spec(more=watch())
        run = app.run('--reload')
        self.assertEqual((run.code, run.status()), (0, 'up: 2; not watched: [watch] takes effect with the next start'),
                         run.story())
        app, run = self.watched()
        run.until(lambda: 'watch: healthy' in run.status(), 'a watch')  # which holds no lock
        reload = app.start('--reload', environment={'MAINPID': str(run.process.pid), 'INVOCATION_ID': run.invocation}).wait()
        self.assertEqual((reload.code, reload.status()), (0, 'up: 2'), reload.story())
        run.until(lambda: any('RELOADING=1' in text for _, text in run.said), 'the answer to SIGHUP')
        self.stop(app, run)

    def test_a_spec_without_watch_ends_the_process_and_not_the_unit(self):
        app, run = self.watched()
        self.reload(app, run, more='').wait()
        run.wait()
        self.assertEqual((run.code, run.status()), (0, 'up: 2'), run.story())

    def test_an_episode_is_not_told_again_after_the_spec_was_read_again(self):
        app, run = self.watched()
        app.plans['2'] = None
        run.until(lambda: 'watch: unhealthy' in run.status(), 'an unhealthy status')
        run.process.send_signal(signal.SIGHUP)
        run.until(lambda: any('RELOADING=1' in text for _, text in run.said), 'the answer to SIGHUP')
        tries = app.tries['2']
        run.until(lambda: app.tries['2'] > tries + 10, 'more tries')
        self.assertEqual(len(app.alerts()), 1)
        self.stop(app, run)

    def test_the_watchdog_is_fed_twice_in_its_time_and_by_nothing_without_it(self):
        app, run = self.watched(environment={'WATCHDOG_USEC': '400000'})
        fed = lambda: [moment for moment, text in run.said if text == 'WATCHDOG=1']
        run.until(lambda: len(fed()) > 8, 'the watchdog fed')
        between = sorted(later - earlier for earlier, later in zip(fed(), fed()[1:]))
        self.assertLess(between[len(between) // 2], 0.3)  # half of it, and what reading it here takes
        self.stop(app, run)
        app, run = self.watched()
        run.until(lambda: 'watch: healthy' in run.status(), 'a watch')
        self.stop(app, run)
        self.assertEqual([text for _, text in run.said if 'WATCHDOG' in text], [])
