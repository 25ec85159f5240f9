# SPDX-License-Identifier: MIT
"""Verdicts of single runs: rollback and hold, interruption, what can't be written, bad configuration."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import time

from rig import PROGRAM, TERM, Case

SHORT = 'deadline = "200ms"'


class Verdict(Case):
    def test_a_bad_version_is_rolled_back_and_held_until_it_is_another(self):
        app = self.app('proxy', v1=0, v2=None, v3=0)
        app.spec(version='1')
        self.assertEqual(app.run().code, 0)
        app.spec(version='2', gate=SHORT)
        run = app.run()
        self.assertEqual(run.code, 0, run.story())
        self.assertEqual(run.status(), 'up: 1; 2 failed and is held')
        state = app.read_state()
        self.assertEqual((state['last_good']['version'], state['held']['version']), ('1', '2'))
        self.assertNotIn('under_way', state)
        alert, = app.alerts()
        self.assertEqual((alert['reason'], alert['version'], alert['rolled_back_to'], alert['invocation_id']),
                         ('unhealthy-on-latest', '2', '1', run.invocation))
        self.assertEqual(alert['probe']['cause'], 'status')
        tries = app.tries['2']
        run = app.run()
        self.assertEqual((run.code, len(run.ready()), app.tries['2']), (0, 1, tries), run.story())
        self.assertIn('2', run.status())
        self.assertEqual(len(app.alerts()), 1)
        app.spec(version='3', gate=SHORT.replace('200ms', '60s'))
        run = app.run()
        self.assertEqual((run.code, run.status()), (0, 'up: 3'), run.story())
        self.assertNotIn('held', app.read_state())

    def test_a_healthy_last_good_is_not_deployed_again(self):
        app = self.app('proxy', v2=0)
        app.spec(deploy='echo $UNITGATE_VERSION >deployed; echo x >>deploys')
        for _ in range(3):
            self.assertEqual(app.run().code, 0)
        self.assertEqual((app.folder / 'deploys').read_text(), 'x\n')

    def test_the_deadline_at_boot_holds_until_something_has_passed_in_this_boot(self):
        app = self.app('proxy', v1=0, v2=None)
        app.spec(version='2', gate=SHORT.replace('200ms', '60s') + '\nboot_deadline = "150ms"')
        run = app.run()
        self.assertEqual(run.code, 69, run.story())
        self.assertLess(app.alerts()[0]['probe']['seconds'], 30)
        app.spec(version='1')
        self.assertEqual(app.run().code, 0)
        app.spec(version='2', gate=SHORT + '\nboot_deadline = "10min"')
        run = app.run()
        self.assertEqual((run.code, run.status()), (0, 'up: 1; 2 failed and is held'), run.story())
        state = app.read_state()
        state['passed_boot'] = '0' * 32  # the host has booted since
        (app.state / 'apps/proxy/state.json').write_text(json.dumps(state))
        app.plans['1'] = None
        app.spec(version='1', gate=SHORT.replace('200ms', '10min') + '\nboot_deadline = "150ms"')
        run = app.run()
        self.assertEqual(run.code, 69, run.story())
        self.assertIn('unhealthy-on-last-good', [alert['reason'] for alert in app.alerts()])

    def test_a_gate_that_gives_up_rolls_back_long_before_its_deadline(self):
        app = self.app('proxy', v1=0, v2=None)
        app.spec(version='1')
        self.assertEqual(app.run().code, 0)
        app.spec(version='2', gate='deadline = "10min"\ngive_up = 5')
        run = app.run()
        self.assertEqual((run.code, run.status()), (0, 'up: 1; 2 failed and is held'), run.story())
        self.assertIn('kept failing, given up after', app.alerts()[0]['detail'])

    def test_an_unknown_version_is_ready_with_an_alert_when_last_good_is_healthy(self):
        app = self.app('proxy', v2=0)
        app.spec()
        self.assertEqual(app.run().code, 0)
        app.spec(source='command = ["sh", "-c", "exit 3"]')
        run = app.run()
        self.assertEqual((run.code, len(run.ready())), (0, 1), run.story())
        self.assertIn('version unknown', run.status())
        self.assertEqual([alert['reason'] for alert in app.alerts()], ['version-unknown'])

    def interrupted(self, app, run):
        self.assertEqual(run.code, TERM, run.story())
        self.assertEqual(run.ready(), [])
        self.assertEqual([alert['reason'] for alert in app.alerts()], ['interrupted'])
        self.assertEqual(app.alerts()[0]['invocation_id'], run.invocation)
        self.assertNotIn('held', app.read_state())
        self.assertNotIn('under_way', app.read_state())

    def test_sigterm_in_a_gate_ends_the_run_by_that_signal(self):
        app = self.app('proxy', v1=0, v2=None)
        app.spec()
        app.last_good('1')
        run = app.start()
        run.until(lambda: run.status().startswith('gate: try'), 'the gate')
        run.process.terminate()
        self.interrupted(app, run.wait())
        self.assertEqual(app.alerts()[0]['version'], '2')

    def test_sigterm_in_the_version_command_leaves_no_process(self):
        app = self.app('proxy', v1=0)
        app.spec(source='command = ["sh", "-c", "setsid sleep 41501 & sleep 41501"]')
        app.last_good('1')
        run = app.start().until(lambda: subprocess.run(['pgrep', '-fx', 'sleep 41501'], capture_output=True).returncode == 0,
                                'the command')
        run.process.terminate()
        self.interrupted(app, run.wait())
        self.assert_no_process('sleep 41501')

    def test_a_stop_that_signals_the_deploy_command_too_is_never_taken_for_its_failure(self):
        for _ in range(20):
            app = self.app('proxy', v1=0, v2=0)
            app.spec(deploy='echo $$ >pid; exec sleep 41502')
            app.last_good('1')
            pid = app.folder / 'pid'
            run = app.start().until(lambda: pid.exists() and pid.read_text().endswith('\n'), 'the deploy command')
            # As systemd does it: the main process first, then the others of the control group.
            os.kill(run.process.pid, signal.SIGTERM)
            with contextlib.suppress(ProcessLookupError):  # unless the run was faster
                os.kill(int(pid.read_text()), signal.SIGTERM)
            self.interrupted(app, run.wait())

    def test_a_deploy_command_that_hangs_is_ended_with_all_it_started_and_rolled_back(self):
        app = self.app('proxy', v1=0, v2=0)
        app.spec(deploy='[ $UNITGATE_VERSION = 1 ] || { setsid sleep 41503 & sleep 41503; }; '
                        'echo $UNITGATE_VERSION >deployed')
        text = (app.folder / 'specs/proxy.toml').read_text()
        (app.folder / 'specs/proxy.toml').write_text(text.replace('[rollback]', 'timeout = "2s"\n[rollback]'))
        app.last_good('1')
        run = app.run()
        self.assertEqual((run.code, run.status()), (0, 'up: 1; 2 failed and is held'), run.story())
        self.assert_no_process('sleep 41503')
        alert, = app.alerts()
        self.assertEqual(alert['reason'], 'deploy-failed')
        self.assertIn('took longer than 2s', alert['detail'])

    def test_a_killed_run_is_told_once_by_the_next_and_leaves_no_deploy_command(self):
        app = self.app('proxy', v1=0, v2=0)
        app.spec(deploy='[ -e pid ] || { echo $$ >pid; exec sleep 41504; }; echo $UNITGATE_VERSION >deployed')
        pid = app.folder / 'pid'
        killed = app.start().until(lambda: pid.exists() and pid.read_text().endswith('\n'), 'the deploy command')
        killed.process.kill()
        killed.wait()
        self.assertEqual(app.read_state()['under_way']['step'], 'deploy')
        for _ in range(2):
            run = app.run()
            self.assertEqual((run.code, run.status()), (0, 'up: 2'), run.story())
            alert, = app.alerts()
            self.assertEqual((alert['reason'], alert['version'], alert['invocation_id']),
                             ('interrupted', '2', killed.invocation))
        self.assert_no_process('sleep 41504')

    def test_a_killed_reload_is_told_though_its_start_has_an_alert_with_the_same_invocation(self):
        app = self.app('proxy', v1=0, v2=None, v3=0)
        app.spec(version='2', gate=SHORT)
        app.last_good('1')
        start = app.run()
        self.assertEqual((start.code, [alert['reason'] for alert in app.alerts()]), (0, ['unhealthy-on-latest']), start.story())
        app.spec(version='3', deploy='[ -e pid ] || { echo $$ >pid; exec sleep 41505; }; echo $UNITGATE_VERSION >deployed')
        pid = app.folder / 'pid'
        killed = app.start('--reload', environment={'INVOCATION_ID': start.invocation})
        killed.until(lambda: pid.exists() and pid.read_text().endswith('\n'), 'the deploy command')
        killed.process.kill()
        killed.wait()
        for _ in range(2):
            self.assertEqual(app.run('--reload').code, 0)
            self.assertCountEqual(((alert['reason'], alert['version'], alert['invocation_id']) for alert in app.alerts()),
                                  [('unhealthy-on-latest', '2', start.invocation), ('interrupted', '3', start.invocation)])

    def test_a_rollback_whose_command_fails_is_a_second_alert_and_leaves_the_hold(self):
        app = self.app('proxy', v1=0, v2=None)
        app.spec(gate=SHORT, rollback='command = ["sh", "-c", "exit 3"]')
        app.last_good('1')
        run = app.run()
        self.assertEqual((run.code, run.ready(), app.deployed()), (69, [], '2'), run.story())
        self.assertEqual(run.status(), "failed: rollback-failed: 'sh' exited with status 3")
        self.assertCountEqual(((alert['reason'], alert['version'], alert['rolled_back_to']) for alert in app.alerts()),
                              [('unhealthy-on-latest', '2', '1'), ('rollback-failed', '1', None)])
        state = app.read_state()
        self.assertEqual((state['last_good']['version'], state['held']['version']), ('1', '2'))
        self.assertNotIn('under_way', state)
        # The next start wants the last good version, and brings it up by the deploy command.
        run = app.run()
        self.assertEqual((run.code, run.status(), app.deployed()), (0, 'up: 1; 2 failed and is held', '1'), run.story())
        self.assertEqual(len(app.alerts()), 2)

    def test_a_reload_that_was_killed_in_its_rollback_has_the_alert_that_it_wrote_and_no_second(self):
        app = self.app('proxy', v1=0, v2=None, v3=None)
        app.spec(version='2', gate=SHORT)
        app.last_good('1')
        start = app.run()
        app.spec(version='3', gate=SHORT, deploy='[ $UNITGATE_VERSION = 3 ] || [ -e pid ] || { echo $$ >pid; exec sleep 41506; }; '
                                                 'echo $UNITGATE_VERSION >deployed')
        pid = app.folder / 'pid'
        killed = app.start('--reload', environment={'INVOCATION_ID': start.invocation})
        killed.until(lambda: pid.exists() and pid.read_text().endswith('\n'), 'the rollback')
        killed.process.kill()
        killed.wait()
        self.assertEqual(app.run('--reload').code, 0)
        self.assertCountEqual(((alert['reason'], alert['version'], alert['invocation_id']) for alert in app.alerts()),
                              [('unhealthy-on-latest', version, start.invocation) for version in ('2', '3')])

    def test_a_deploy_command_sees_no_notify_socket(self):
        app = self.app('proxy', v2=0)
        app.spec(deploy='env >seen; echo $UNITGATE_VERSION >deployed')
        self.assertEqual(app.run().code, 0)
        seen = (app.folder / 'seen').read_text()
        self.assertNotIn('NOTIFY_SOCKET', seen)
        self.assertIn('UNITGATE_NAME=proxy\n', seen)
        self.assertIn('UNITGATE_PREVIOUS=\n', seen)

    def test_a_deploy_command_is_told_what_it_replaces_and_in_a_rollback_that_is_the_version_that_failed(self):
        app = self.app('proxy', v1=0, v2=None)
        app.last_good('1')
        app.spec(gate=SHORT, deploy='echo "$UNITGATE_VERSION for $UNITGATE_PREVIOUS" >>told; echo $UNITGATE_VERSION >deployed')
        run = app.run()
        self.assertEqual(run.code, 0, run.story())
        self.assertEqual((app.folder / 'told').read_text(), '2 for 1\n1 for 2\n')

    def test_a_secret_that_slips_into_a_text_leaves_by_no_way(self):
        app = self.app('proxy', v2=0)
        for secret, head, probe in (('of-a-credential', 'credentials = {{ token = "{0}/token" }}', '"Bearer {credential:token}"'),
                                    ('of-a-header', '', '"no-such-program-of-a-header"')):
            name = f'no-such-program-{secret}'
            (app.folder / 'token').write_text(name + '\n')
            app.spec(more=head.format(app.folder))
            path = app.folder / 'specs/proxy.toml'
            # Where texts of a run do name something: the program that could not be executed.
            path.write_text(re.sub('(?m)^command = .*', f'command = ["{name}"]', path.read_text()) +
                            f'header = {{ Authorization = {probe} }}\n')
            run = app.run()
            self.assertEqual(run.code, 69, run.story())
            self.assertIn("cannot run '[hidden]'", run.status())
            left = run.story() + ''.join(file.read_text() for file in app.state.rglob('*') if file.is_file())
            self.assertNotIn(secret, left)
            self.assertIn('[hidden]', left)

    def test_each_phase_asks_systemd_for_its_own_limit(self):
        app = self.app('proxy', v2=2)
        app.spec(gate='deadline = "3min"')
        run = app.run()
        asked = [int(line.split('=')[1]) // 10 ** 6 for _, text in run.said for line in text.split('\n')
                 if line.startswith('EXTEND_TIMEOUT_USEC=')]
        self.assertEqual(asked, [600 + 30, 180 + 30])  # a pinned version takes no time

    def test_a_run_that_is_late_asks_for_no_more_than_the_time_out_of_its_unit(self):
        app = self.app('proxy', v1=0, v2=0)
        app.last_good('1')
        # Five limits of a second and the 30 s of TimeoutStartSec=; the first command takes the 5 s of grace as well.
        app.spec(source='pin = "2"\ntimeout = "1s"', gate='deadline = "1s"', rollback='deadline = "1s"',
                 deploy='[ $UNITGATE_VERSION = 1 ] || { trap "" TERM; sleep 41507 & wait; wait; wait; }; '
                        'echo $UNITGATE_VERSION >deployed')
        text = (app.folder / 'specs/proxy.toml').read_text()
        (app.folder / 'specs/proxy.toml').write_text(text.replace('[rollback]', 'timeout = "1s"\n[rollback]'))
        begun = time.monotonic()
        run = app.run()
        self.assertEqual((run.code, run.status()), (0, 'up: 1; 2 failed and is held'), run.story())
        asked = [(moment, int(line.split('=')[1]) / 10 ** 6) for moment, text in run.said for line in text.split('\n')
                 if line.startswith('EXTEND_TIMEOUT_USEC=')]
        self.assertEqual(len(asked), 3, run.story())  # deploy, rollback, its gate
        self.assertEqual(asked[0][1], 1 + 30)
        for moment, seconds in asked[1:]:
            self.assertGreater(seconds, 1 + 20)
            self.assertLess(seconds, 1 + 30)
            self.assertLess(moment + seconds, begun + 5 + 30 + 1)

    def test_where_no_state_can_be_written_nothing_is_deployed(self):
        app = self.app('proxy', v2=0)
        app.spec()
        app.state.write_text('a file, no folder')
        run = app.run()
        self.assertEqual((run.code, run.ready(), app.deployed()), (73, [], ''), run.story())

    def test_a_state_file_that_is_none_stops_the_run(self):
        app = self.app('proxy', v2=0)
        app.spec()
        app.last_good('1')
        (app.state / 'apps/proxy/state.json').write_text('{')
        run = app.run()
        self.assertEqual((run.code, run.ready(), app.deployed()), (73, [], ''), run.story())
        self.assertEqual((app.state / 'apps/proxy/state.json').read_text(), '{')
        if not os.path.exists('/run/systemd/journal/socket'):  # else the journal is told, as in a unit
            self.assertIn('; move it away', (app.folder / 'output').read_text())

    def test_alerts_that_can_not_be_written_do_not_stop_the_rollback_but_the_ready(self):
        app = self.app('proxy', v1=0, v2=None)
        app.spec(gate=SHORT)
        app.last_good('1')
        (app.state / 'alerts').write_text('a file, no folder')
        run = app.run()
        self.assertEqual((run.code, run.ready(), app.deployed()), (73, [], '1'), run.story())

    def test_a_bad_spec_is_exit_78_with_the_reason_in_the_status(self):
        app = self.app('proxy')
        app.spec(gate='intervall = "1s"')
        run = app.run()
        self.assertEqual((run.code, run.ready(), app.deployed()), (78, [], ''), run.story())
        self.assertIn("'intervall'", run.status())
        self.assertEqual([alert['reason'] for alert in app.alerts()], ['config-invalid'])

    def test_what_ends_a_run_at_once_is_told_once_the_manager_has_noted_that_it_began(self):
        app = self.app('proxy')
        for name, gate, code in (('a bad spec', 'intervall = "1s"', 78), ('a state that is no folder', SHORT, 73)):
            with self.subTest(name):
                app.spec(gate=gate)
                (app.state / 'apps').write_text('') if code == 73 else None
                run = app.run()
                self.assertEqual((run.code, run.printed_at_barriers[:1]), (code, ['']), run.story())

    def test_who_hears_that_it_is_ready_finds_the_lock_free(self):
        app = self.app('proxy', v2=0)
        app.spec()
        run = app.start()
        run.until(run.ready, 'READY=1')  # its barrier is not answered yet
        with open(app.state / 'apps/proxy/lock') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.assertEqual(run.wait().code, 0, run.story())

    def test_without_systemd_it_prints_what_it_does(self):
        app = self.app('proxy', v2=1)
        app.spec()
        clean = {key: value for key, value in os.environ.items() if key not in ('NOTIFY_SOCKET', 'INVOCATION_ID')}
        done = subprocess.run([PROGRAM, '--specs', str(app.folder / 'specs'), '--state', str(app.state), 'run', 'proxy'],
                              env=clean, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('proxy 2 is up', done.stdout + done.stderr)

    def test_where_libcurl_is_missing_nothing_is_deployed_and_it_says_what_to_install(self):
        app = self.app('proxy', v2=0)
        app.spec(host='localhost')
        run = self.run_without(app, 'libcurl.so.4')
        self.assertEqual((run.code, run.ready(), app.deployed()), (78, [], ''), run.story())
        alert, = app.alerts()
        self.assertEqual(alert['reason'], 'config-invalid')
        self.assertRegex(alert['detail'], "'libcurl.so.4'.*; install the package libcurl4")

    def test_where_libcurl_is_missing_two_probes_of_one_place_are_none(self):
        app = self.app('proxy', v2=0)
        app.spec()
        path = app.folder / 'specs/proxy.toml'
        path.write_text(path.read_text() + f'[[gate.probe]]\nurl = "http://127.0.0.1:{app.server.server_port}/other"\n')
        run = self.run_without(app, 'libcurl.so.4')
        self.assertEqual((run.code, run.ready(), app.deployed()), (78, [], ''), run.story())

    def test_where_libcurl_is_missing_an_answer_that_is_not_plain_does_not_pass_and_says_what_to_install(self):
        app = self.app('proxy', v2=0)
        app.is_odd = True
        app.spec(gate='deadline = "300ms"')
        run = self.run_without(app, 'libcurl.so.4')
        self.assertEqual((run.code, run.ready(), app.deployed()), (69, [], '2'), run.story())
        alert, = app.alerts()
        self.assertEqual(alert['reason'], 'unhealthy-on-latest')
        self.assertRegex(alert['detail'], "'libcurl.so.4'.*; install the package libcurl4")

    def run_without(self, app, library):
        (app.folder / 'lib').mkdir()
        (app.folder / 'lib' / library).touch()  # no library
        return app.start(environment={'LD_LIBRARY_PATH': str(app.folder / 'lib')}).wait()

    def test_where_libsystemd_is_missing_nothing_is_deployed_and_what_only_reads_files_works(self):
        app = self.app('proxy', v2=0)
        app.spec()
        run = self.run_without(app, 'libsystemd.so.0')
        self.assertEqual((run.code, run.ready(), app.deployed()), (127, [], ''), run.story())
        self.assertRegex((app.folder / 'output').read_text(), "'libsystemd.so.0'.*; install the package libsystemd0")
        done = subprocess.run([PROGRAM, '--specs', str(app.folder / 'specs'), 'verify', '--root', str(app.folder)],
                              env={**os.environ, 'LD_LIBRARY_PATH': str(app.folder / 'lib')}, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ''), done.stdout)

    def test_a_failure_says_what_to_do_about_it_in_its_alert(self):
        app = self.app('proxy', v2=0)
        (app.folder / 'script').write_text('echo no first line that says who reads this')
        (app.folder / 'script').chmod(0o755)
        app.spec()
        text = (app.folder / 'specs/proxy.toml').read_text()
        for deploy, remedy in ((f'{app.folder}/script', r"'.*/script'.*; a script needs a first line such as '#!/bin/sh'"),
                               ('no-such-program', r"'no-such-program'.*; install it, or write its full path")):
            command = re.sub('(?m)^command = .*', f'command = ["{deploy}"]', text)
            (app.folder / 'specs/proxy.toml').write_text(command)
            self.assertEqual(app.run().code, 69)
            self.assertTrue(any(re.search(remedy, alert['detail']) for alert in app.alerts()), app.alerts())
        app.spec(source='command = ["false"]')
        self.assertEqual(app.run().code, 69)
        self.assertTrue(any(alert['detail'].endswith('exited with status 1; run it by hand and look at what it prints')
                            for alert in app.alerts()), app.alerts())

    def test_a_reader_of_its_output_that_goes_away_stops_no_run(self):
        app = self.app('proxy', v1=0, v2=None)
        app.spec(gate=SHORT)
        app.last_good('1')
        reading, writing = os.pipe()
        environment = {key: value for key, value in os.environ.items() if key not in ('NOTIFY_SOCKET', 'INVOCATION_ID')}
        os.close(reading)
        # As a shell would start it: Python itself ignores the signal.
        process = subprocess.Popen(
            [PROGRAM, '--specs', str(app.folder / 'specs'), '--state', str(app.state), 'run', 'proxy'],
            env=environment, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, restore_signals=True)
        os.close(writing)
        self.assertEqual((process.wait(60), app.deployed()), (0, '1'))
        self.assertNotIn('under_way', app.read_state())

    def test_without_systemd_a_terminal_shows_events_in_colour_above_a_line_of_progress(self):
        app = self.app('proxy', v1=0, v2=None)
        app.spec(gate=SHORT)
        app.last_good('1')
        master, slave = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if key not in ('NOTIFY_SOCKET', 'INVOCATION_ID', 'NO_COLOR')}
        process = subprocess.Popen(
            [PROGRAM, '--specs', str(app.folder / 'specs'), '--state', str(app.state), 'run', 'proxy'],
            env=environment | {'TERM': 'xterm'}, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
        os.close(slave)
        shown = b''
        with contextlib.suppress(OSError):  # what a terminal gives that nobody holds any more
            while part := os.read(master, 65536):
                shown += part
        os.close(master)
        self.assertEqual(process.wait(60), 0, shown)
        shown = shown.decode()
        for part in ('wanted version of proxy is 2\r\n', '\r\x1b[Kgate: try 1, last 503 from ',
                     '\r\x1b[K\x1b[31mgate of proxy 2 failed after ', '\r\x1b[K\x1b[33mrolling proxy back from 2 to 1\x1b[0m\r\n',
                     '\r\x1b[K\x1b[32mgate of proxy 1 passed after '):
            self.assertIn(part, shown)
        # The line of progress is gone in the end.
        self.assertRegex(shown, r'\r\x1b\[K\x1b\[33mproxy 1 is up again [^\r\n\x1b]*; 2 failed\x1b\[0m\r\n$')
