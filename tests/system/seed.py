# SPDX-License-Identifier: MIT
"""The host this project grew out of, in miniature: the eight specs that are shipped, unchanged, with recipes, apps and a
proxy for them. Used by the demo and by the test of the shipped specs."""

import json
import subprocess
from pathlib import Path

from host import HostError

ROOT = Path(__file__).resolve().parent.parent.parent
PROXY = 'deploy-proxy.service'
UNITS = ('deploy-proxy.service', 'deploy-bridge.service', 'deploy-dashboard.service', 'deploy-drone.service',
         'deploy-backupbot.service', 'deploy-nightly-sweep.service', 'deploy-reports.service', 'warm-keycloak.service')
TOKEN = 'a-throwaway-token-of-the-demo'
RECIPE = '/srv/recipes/traefik'

# Name of the stack: (port, version, what it answers). @VERSION@ is the version that runs.
APPS = {
    'bridge': (8090, '2.4.1', {'/health': '{"version": "@VERSION@"}'}),
    'dashboard': (8080, '7.0.3', {'/': '<html><meta name="version" content="@VERSION@"><h1>CI</h1></html>'}),
    'drone': (8081, '2.24.0', {'/version': '{"version": "@VERSION@"}'}),
    'nightly-sweep': (9464, '0.9.2', {'/metrics': 'nightly_sweep_info{version="@VERSION@"} 1\n'}),
    'reports': (8082, '1.12.0', {'/api/health': '{"ready": true, "version": "@VERSION@"}'}),
    'keycloak': (8083, '26.0.7', {'/health/ready': '{"status": "UP"}',
                                  '/realms/ci/.well-known/openid-configuration':
                                  '{"issuer": "https://login.ci.example.net/realms/ci"}'}),
}
ROUTES = {'ci': 'dashboard', 'bridge.ci': 'bridge', 'drone.ci': 'drone', 'reports.ci': 'reports', 'login.ci': 'keycloak'}


def _git(host, *arguments):
    folder = str(host.root / RECIPE.lstrip('/'))  # git resolves links, and /proc/PID/root is one
    done = subprocess.run(['git', '-C', folder, '-c', 'user.name=demo', '-c', 'user.email=demo@example.net', *arguments],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise HostError(f"'git {' '.join(arguments)}' failed: {done.stderr}")


def release_proxy(host, tag, behaviour='healthy'):
    """A new tag in the proxy's recipe, as a person would push it."""
    version = tag.partition('+')[2]
    host.write(f'{RECIPE}/compose.yml', f'services:\n  app:\n    image: traefik:{version}\n')
    host.write(f'{RECIPE}/{tag}.behaviour', behaviour)
    if behaviour == 'hang':
        host.write('/srv/apps/hang.json', json.dumps({'port': 8099}))
        host.write('/srv/apps/hang.behaviour', 'hang')
    _git(host, 'add', 'compose.yml')
    _git(host, 'commit', '--quiet', '-m', tag)
    _git(host, 'tag', tag)


def place(host, tag, settle='10s'):
    """Specs, recipes, apps and credentials; the proxy's newest tag is `tag`. The host may be running or not. `settle` is
    that of the one spec that has any, for tests that have no use for its 10 s."""
    for spec in sorted((ROOT / 'specs').glob('*.toml')):
        host.write(f'/etc/unitgate/specs/{spec.name}', spec.read_text().replace('= "10s"', f'= "{settle}"'))
    host.write('/etc/unitgate/credentials/reports-token', TOKEN + '\n', 0o600)
    # The throwaway authority is one that this host trusts.
    bundle = '/etc/ssl/certs/ca-certificates.crt'
    known = host.read(bundle) if host.path(bundle).exists() else ''
    mine = host.read('/etc/unitgate/ca.pem')
    if mine not in known:
        host.write(bundle, known + mine)
    for name, (port, version, answers) in APPS.items():
        host.write(f'/srv/apps/{name}.json', json.dumps({'port': port, 'answers': answers}))
        host.write(f'/srv/recipes/{name}/VERSION', version + '\n')
        host.write(f'/srv/recipes/{name}/compose.yml', f'services:\n  app:\n    image: {name}:{version}\n')
    host.write('/srv/apps/reports.behaviour', 'token')
    host.write('/srv/apps/reports.token', TOKEN)
    host.write('/srv/apps/backupbot.json', json.dumps({'unix': '/run/backupbot/control.sock'}))
    host.write('/srv/recipes/backupbot/compose.yml', 'services:\n  app:\n    image: backupbot:${UNITGATE_VERSION}\n')
    host.path(RECIPE).mkdir(parents=True, exist_ok=True)
    host.write(f'{RECIPE}/routes', ''.join(f'{domain}.example.net {APPS[name][0]}\n' for domain, name in ROUTES.items()))
    _git(host, 'init', '--quiet')
    release_proxy(host, tag)


def old_gate(host, deadline='15min'):
    """The gate of the night that began it all: it asks for a page that only the dashboard serves, whose unit waits for the
    proxy's. A new boot or a daemon-reload makes it count."""
    name = '/etc/unitgate/specs/proxy.toml'
    head, _, _ = host.read(name).partition('[[gate.probe]]')
    gate = f'deadline = "{deadline}"'
    if (new := head.replace('deadline = "15min"', gate)) == head and gate not in head:
        raise HostError(f"'{name}' has no deadline of 15min")
    host.write(name, new + '[[gate.probe]]\nurl = "https://ci.example.net/"\nconnect = "127.0.0.1:443"\n')
