# SPDX-License-Identifier: MIT
"""A real Docker Engine in a test host, a swarm of one node: for tests that need one. It has no bridge and no packet
filter, so its containers use the host's network."""

import http.client
import io
import json
import socket
import tarfile
import unittest

from host import HostError
from world import build_folder

INSIDE = '/opt/docker'


def files():
    """(folder that Docker's packages are unpacked in, a static busybox); raises SkipTest where they are not."""
    tree = build_folder() / 'docker'
    busybox = next((path for path in (tree / 'bin/busybox', tree / 'usr/bin/busybox') if path.exists()), None)
    if not (tree / 'usr/sbin/dockerd').exists() or busybox is None:
        raise unittest.SkipTest('there is no Docker Engine: tools/test fetches it, where Debian has docker.io')
    return tree, busybox


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('docker', timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Engine:
    """Furnishes a host that has not booted; begin() once it has."""

    def __init__(self, host):
        self.host = host
        tree, self.busybox = files()
        host.binds.append((tree, INSIDE))
        host.options += ['--capability=all', '--system-call-filter=@keyring bpf add_key keyctl request_key']
        path = ':'.join(f'{INSIDE}/{folder}' for folder in ('usr/sbin', 'usr/bin', 'sbin', 'bin'))
        libraries = next((tree / 'usr/lib').glob('*-linux-gnu'), next((tree / 'lib').glob('*-linux-gnu'), None))
        library_path = f'LD_LIBRARY_PATH={INSIDE}/{libraries.relative_to(tree)}' if libraries else ''
        host.write('/etc/systemd/system/docker.service', f'''[Service]
Type=notify
Delegate=yes
KillMode=mixed
Environment=PATH={path}:/usr/sbin:/usr/bin:/sbin:/bin {library_path}
ExecStart={INSIDE}/usr/sbin/dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs -H unix:///run/docker.sock
TimeoutStartSec=60s
''')

    def begin(self):
        self.host.run('systemctl', 'start', 'docker.service')
        self.call('POST', '/swarm/init', {'ListenAddr': '127.0.0.1:2377', 'AdvertiseAddr': '127.0.0.1'})

    def call(self, method, path, body=None, kind='application/json'):
        connection = Connection(self.host.path('/run/docker.sock'))
        connection.request(method, path, json.dumps(body) if isinstance(body, dict) else body, {'Content-Type': kind})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise HostError(f'{method} {path}: {answer.status} {text.decode()}')
        return json.loads(text) if text and kind == 'application/json' else None

    def make_image(self, tag):
        """app:TAG, which has /bin/sleep and /bin/false; from no registry."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode='w') as tar:
            tar.add(self.busybox, 'bin/busybox')
            for name in ('sleep', 'false'):
                link = tarfile.TarInfo(f'bin/{name}')
                link.type, link.linkname = tarfile.SYMTYPE, 'busybox'
                tar.addfile(link)
        self.call('POST', f'/images/create?fromSrc=-&repo=app&tag={tag}', packed.getvalue(), 'application/x-tar')

    def service(self, name):
        return next((one for one in self.call('GET', '/services?status=true') if one['Spec']['Name'] == name), None)

    def scale(self, name, replicas):
        service = self.service(name)
        service['Spec']['Mode'] = {'Replicated': {'Replicas': replicas}}
        self.call('POST', f"/services/{service['ID']}/update?version={service['Version']['Index']}", service['Spec'])

    def images_that_run(self, name):
        service = self.service(name)
        return [task['Spec']['ContainerSpec']['Image'] for task in self.call('GET', '/tasks')
                if task['ServiceID'] == service['ID'] and task['Status']['State'] == 'running']

    def remove_all(self):
        for service in self.call('GET', '/services'):
            self.call('DELETE', f"/services/{service['ID']}")


def specification(image, replicas=1, command=('/bin/sleep', '100000')):
    short = 100_000_000  # nanoseconds
    return {'TaskTemplate': {'ContainerSpec': {'Image': image, 'Command': list(command), 'StopGracePeriod': short},
                             'Networks': [{'Target': 'host'}], 'RestartPolicy': {'Delay': short}},
            'Mode': {'Replicated': {'Replicas': replicas}},
            'UpdateConfig': {'Parallelism': 0, 'Monitor': 20 * short}}
