# SPDX-License-Identifier: MIT
"""The demo: a real host boots, eight apps come up through their gates, a bad version is rolled back. Tells what it does as
it goes and fails if anything that it shows is not so. Called by tools/demo. usage: demo.py --build BUILD"""

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import host as hosts  # noqa: E402
import seed  # noqa: E402
import world  # noqa: E402

BAD, FIXED = '5.2.0+v3.7.0', '5.2.1+v3.7.1'
COLOUR = sys.stdout.isatty()
begun = time.monotonic()


class NotSo(Exception):
    """Something that the demo shows is not so."""


def paint(code, text):
    return f'\033[{code}m{text}\033[0m' if COLOUR else text


def heading(text):
    print('\n' + paint('1', f'== {text}'), flush=True)


def say(text):
    print(text, flush=True)


def shown(text):
    print('\n'.join('    ' + line for line in text.rstrip().splitlines()), flush=True)


def check(so, what):
    print(f"  {paint('32', 'yes') if so else paint('31', 'NO')}  {what}", flush=True)
    if not so:
        raise NotSo(what)


def command(host, *words, check=True, timeout=280, show=True):
    """Shows a command and what it prints, as a person at the host's terminal would see it."""
    print('  ' + paint('36', '# ' + ' '.join(words)), flush=True)
    done = host.run(*words, check=check, timeout=timeout)
    if show and (done.stdout or done.stderr):
        shown(done.stdout + done.stderr)
    return done


class Live:
    """Prints the journal's lines of the deploy units while a command runs."""

    def __init__(self, host):
        self.follow = host.spawn('journalctl', '-f', '-n', 'all', '--after-cursor', host.cursor(), '-o', 'json', '--all')
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.follow.stdout:
            entry = json.loads(line)
            if entry.get('MESSAGE') == 'the demo has seen enough':
                break
            elif 'UNITGATE_NAME' in entry and entry.get('_COMM') != 'systemd':
                print(f"    {time.monotonic() - begun:6.2f} s  {entry['UNITGATE_NAME']:14} {entry['MESSAGE']}", flush=True)

    def stop(self, host):
        host.run('logger', 'the demo has seen enough')
        self.thread.join(10)
        self.follow.terminate()
        self.follow.wait()
        self.follow.stdout.close()


def live(host, *words, **options):
    print('  ' + paint('36', '# ' + ' '.join(words)), flush=True)
    watching = Live(host)
    try:
        return host.run(*words, timeout=280, **options)
    finally:
        watching.stop(host)


def up(host, unit):
    return host.show(unit, 'ActiveState', 'SubState') == {'ActiveState': 'active', 'SubState': 'exited'}


def answers(host, url):
    words = ['curl', '-sS', '--connect-to', '::127.0.0.1:443', '--cacert', '/etc/unitgate/ca.pem', url]
    return command(host, *words, check=False).stdout


def start_everything(host):
    heading('Eight specs, no hand-written unit: systemd makes deploy units of them at boot')
    command(host, 'ls', '/etc/unitgate/specs')
    command(host, 'systemctl', 'list-unit-files', '--no-legend', '--no-pager', 'deploy-*.service', 'warm-*.service')
    heading("'systemctl start deploy.target' returns when every app answers, not when it was deployed")
    live(host, 'systemctl', 'start', 'deploy.target')
    say('')
    for unit in seed.UNITS:
        check(up(host, unit), f"{unit} is active (exited): {host.show(unit, 'StatusText')}")
    proxy_up = int(host.show(seed.PROXY, 'ActiveEnterTimestampMonotonic'))
    check(all(int(host.show(unit, 'InactiveExitTimestampMonotonic')) >= proxy_up for unit in seed.UNITS[1:]),
          'no other app was started before the proxy answered')
    check('3.6.15' in answers(host, 'https://traefik.ci.example.net/api/version'), 'the proxy serves version 3.6.15')


def bad_version(host):
    heading(f'A new release of the proxy, {BAD}, answers 502')
    say("  'reload' brings an active unit to its newest version; what requires it stays up. The gate gets 5 s here.")
    host.write('/etc/unitgate/specs/proxy.toml.d/50-demo.toml', '[gate]\ndeadline = "5s"\n')
    seed.release_proxy(host, BAD, '502')
    command(host, 'git', '-C', seed.RECIPE, 'describe', '--tags', '--abbrev=0')
    live(host, 'systemctl', 'reload', seed.PROXY, check=False)
    heading('The old version serves again, and nobody who required the proxy noticed')
    check('3.6.15' in answers(host, 'https://traefik.ci.example.net/api/version'), 'the proxy serves version 3.6.15 again')
    check(all(up(host, unit) for unit in seed.UNITS), 'all eight units are active')
    command(host, 'systemctl', 'status', '--no-pager', '-n', '0', seed.PROXY, check=False)
    status = host.show(seed.PROXY, 'StatusText')
    check(BAD in status and world.NEWER in status, 'its status tells both versions')


def traces(host):
    heading('One alert file says what happened; it stays until a person clears it')
    folder = f'{world.STATE}/alerts'
    names = sorted(path.name for path in host.path(folder).glob('*.json'))
    check(len(names) == 1 and names[0].endswith('-traefik-unhealthy-on-latest.json'), f'one alert: {", ".join(names)}')
    command(host, 'cat', f'{folder}/{names[0]}')
    alert = json.loads(host.read(f'{folder}/{names[0]}'))
    check((alert['app'], alert['version'], alert['rolled_back_to']) == ('traefik', BAD, world.NEWER),
          'it names the app, the version that failed and the one that serves')
    check((alert['probe']['cause'], alert['probe']['status']) == ('status', 502), 'and the cause: status 502')
    heading('The journal has the story under the unit, with explanations')
    text = command(host, 'journalctl', '-x', '-b', '--no-pager', '--no-hostname', '-u', seed.PROXY, 'PRIORITY=3', 'PRIORITY=4').stdout
    check('\u2591\u2591' in text, 'journalctl -x explains the events')


def afterwards(host):
    heading('The next start does not try the version that failed')
    before = host.read(f'{seed.RECIPE}/deployed')
    live(host, 'systemctl', 'reload', seed.PROXY)
    check(host.read(f'{seed.RECIPE}/deployed') == before, 'nothing was deployed: the version is held')
    heading(f'A release that mends it, {FIXED}, goes through at once')
    seed.release_proxy(host, FIXED)
    live(host, 'systemctl', 'reload', seed.PROXY)
    check('3.7.1' in answers(host, 'https://traefik.ci.example.net/api/version'), 'the proxy serves version 3.7.1')
    check(all(up(host, unit) for unit in seed.UNITS), 'all eight units are active')


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--build', required=True)
    os.environ['UNITGATE_BUILD'] = arguments.parse_args().build
    hosts.end_on_signals()
    try:
        heading('A throwaway host boots: systemd as PID 1, on an overlay of this machine that nothing leaves')
        host = world.new_host()
        seed.place(host, world.NEWER)
        since = time.monotonic()
        host.start()
        say(f"  booted in {time.monotonic() - since:.1f} s: {host.run('systemctl', '--version').stdout.splitlines()[0]}")
        for part in (start_everything, bad_version, traces, afterwards):
            part(host)
        heading(f'All of this was so; {time.monotonic() - begun:.0f} s. The host is gone, this machine is as it was.')
        return 0
    except NotSo as error:
        say(paint('31', f'The demo failed, for this is not so: {error}'))
        for unit in (seed.PROXY,):
            shown(host.run('journalctl', '-b', '--no-pager', '-n', '40', '-u', unit, check=False).stdout)
        return 1
    except hosts.HostError as error:
        say(paint('31', f'The demo failed: {error}'))
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        hosts.close_all()


if __name__ == '__main__':
    sys.exit(main())
