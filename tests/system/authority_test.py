# SPDX-License-Identifier: MIT
"""Whom a probe trusts: the system's authorities, or with `ca` that file's alone."""

import subprocess

from world import NEWER, Case, certificates, proxy_spec

UNIT = 'deploy-proxy.service'
BUNDLE = '/etc/ssl/certs/ca-certificates.crt'


class Authority(Case):
    def setUp(self):
        super().setUp()
        # The system trusts the proxy's authority, in both ways that Debian has: in the bundle and in the folder.
        own = (certificates() / 'ca.crt').read_text()
        before = self.host.read(BUNDLE)
        self.host.write(BUNDLE, before + '\n' + own)
        self.addCleanup(self.host.write, BUNDLE, before)
        name = subprocess.run(['openssl', 'x509', '-noout', '-subject_hash', '-in', certificates() / 'ca.crt'], check=True,
                              capture_output=True, text=True).stdout.strip()
        self.host.write(f'/etc/ssl/certs/{name}.0', own)
        self.addCleanup(self.host.remove, f'/etc/ssl/certs/{name}.0')
        self.newest(NEWER)

    def ask(self, ca):
        self.specs(proxy=proxy_spec(deadline='2s').replace('ca = "/etc/unitgate/ca.pem"\n', ca))
        self.start(UNIT, check=False)

    def test_without_ca_the_systems_authorities_are_trusted(self):
        self.ask('')
        self.assert_up(UNIT)

    def test_with_ca_the_systems_authorities_are_not_trusted_beside_it(self):
        self.host.write('/etc/unitgate/other.pem', (certificates() / 'rogue-ca.crt').read_text())
        self.addCleanup(self.host.remove, '/etc/unitgate/other.pem')
        self.ask('ca = "/etc/unitgate/other.pem"\n')
        self.assert_failed(UNIT, 69)
        (alert,) = self.alerts().values()
        self.assertEqual(alert['probe']['cause'], 'tls')
