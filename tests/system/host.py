# SPDX-License-Identifier: MIT
"""A real systemd host, booted in a second and thrown away: systemd as PID 1 with its own D-Bus, journal and network,
on an overlay of this machine's root folder. Needs root, the kernel's overlay and tmpfs, and systemd-nspawn.

Owns every mount, process and control group of the host. All mounts are made in a private mount namespace of this
process, so they are gone with it however it ends; the host's PID 1 is ended when this process dies. Changes nothing
of the machine itself. Used by the system tests and by the demo; knows nothing about unitgate but how to install it.
"""

import atexit
import ctypes
import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS, _PR_SET_PDEATHSIG = 0x00020000, 1
_numbers = itertools.count(1)
_private = False
_open_hosts = []

# What a fresh machine may lack, and the Debian package that has it.
_TOOLS = {'systemd-nspawn': 'systemd-container', 'dbus-daemon': 'dbus', 'nsenter': 'util-linux',
          'journalctl': 'systemd', 'systemctl': 'systemd'}


class HostError(Exception):
    """The host did something that it should not: did not boot, a command in it failed or hung."""


class Missing(HostError):
    """This machine can't boot such a host: the text says which package or right is missing."""


def check_machine():
    """Raises Missing unless this machine has what a host needs."""
    if os.geteuid() != 0:
        raise Missing("booting a test host needs root: run this as root or with 'sudo'")
    lacking = sorted({package for tool, package in _TOOLS.items() if not shutil.which(tool)})
    if lacking:
        raise Missing(f"booting a test host needs packages that are not installed: 'apt-get install {' '.join(lacking)}'")
    known = Path('/proc/filesystems').read_text().split()
    for kind in ('overlay', 'tmpfs', 'cgroup2'):
        if kind not in known:
            if shutil.which('modprobe'):
                subprocess.run(['modprobe', '-q', kind], check=False)
            if kind not in Path('/proc/filesystems').read_text().split():
                raise Missing(f"booting a test host needs the kernel's '{kind}' file system, which '/proc/filesystems' "
                              "does not list: load its module, or run on a machine or container that has it")


def _enter_private_mounts():
    global _private
    if _private:
        return
    check_machine()
    if _libc.unshare(_CLONE_NEWNS) != 0:
        number = ctypes.get_errno()
        raise Missing(f"can't make a mount namespace: {os.strerror(number)}: this needs CAP_SYS_ADMIN "
                      "(a container must be started privileged)")
    mount('--make-rprivate', '/')
    _private = True


def mount(*arguments):
    done = subprocess.run(['mount', *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Missing(f"'mount {' '.join(map(str, arguments))}' failed: {done.stderr.strip()}: a test host needs the "
                      "right to mount tmpfs and overlay file systems (CAP_SYS_ADMIN)")


def until(condition, what, timeout=60.0, pause=0.01):
    """Waits until condition() is true and gives its value. The bound is generous: it ends hung tests, it measures
    nothing."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise HostError(f'waited {timeout:.0f} s in vain for: {what}')
        time.sleep(pause)


def _own_cgroup():
    """(folder of this process in the unified hierarchy) or None."""
    mount = None
    for line in Path('/proc/self/mountinfo').read_text().splitlines():
        fields = line.split(' - ')
        if fields[1].split()[0] == 'cgroup2':
            mount = fields[0].split()[4]
    if mount is None:
        return None
    for line in Path('/proc/self/cgroup').read_text().splitlines():
        if line.startswith('0::'):
            here = Path(mount + line[3:])
            return here if here.is_dir() else Path(mount)
    return Path(mount)


def _remove_cgroup(folder):
    for path, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(path)
        except OSError:
            pass


class Host:
    """One throwaway host. Make it, put files into `root`, start() it; close() it, or use it as a context."""

    def __init__(self, memory='75%'):
        _enter_private_mounts()
        self.name = f'ug{os.getpid()}-{next(_numbers)}'
        self.environment = []    # of commands in the host, beside what each gets: 'NAME=value'
        self.binds = []          # (outside, inside): bound into the host at the next start()
        self.options = []        # of systemd-nspawn at the next start(), beside those that every host has
        self.leader = None       # the host's PID 1 as this machine numbers it
        self._nspawn = None
        self._cgroup = None
        self._folder = Path(tempfile.mkdtemp(prefix='unitgate-host-'))
        _open_hosts.append(self)
        try:
            mount('-t', 'tmpfs', '-o', f'size={memory},mode=755', 'tmpfs', self._folder)
            for name in ('upper', 'work', 'root'):
                (self._folder / name).mkdir()
            self.root = self._folder / 'root'
            mount('-t', 'overlay', 'overlay', '-o',
                   f'lowerdir=/,upperdir={self._folder}/upper,workdir={self._folder}/work', self.root)
            if not (self.root / 'usr/bin/systemctl').exists():
                raise Missing("this machine's '/usr' is a file system of its own: an overlay of '/' has no systemctl")
            self._furnish()
        except BaseException:
            self.close()
            raise

    # Before the first boot.

    def _furnish(self):
        """Takes away whatever the machine would start by itself, so that a host is the same everywhere."""
        root, etc = self.root, self.root / 'etc/systemd/system'
        (root / 'etc/machine-id').write_text('')
        (root / 'etc/hostname').write_text('host\n')
        for folder in [*etc.glob('*.wants'), *etc.glob('*.requires'), root / 'var/log/journal', root / 'etc/unitgate',
                       root / 'var/lib/unitgate', root / 'usr/share/unitgate', root / 'usr/lib/unitgate']:
            shutil.rmtree(folder, ignore_errors=True)
        (root / 'var/log/journal').mkdir()
        self._link('/dev/null', 'etc/systemd/system-generators/systemd-sysv-generator')
        self._link('/lib/systemd/system/multi-user.target', 'etc/systemd/system/default.target')
        for unit in ('systemd-logind.service', 'getty.target', 'console-getty.service', 'systemd-sysusers.service',
                     'systemd-journal-catalog-update.service', 'systemd-update-done.service', 'systemd-networkd.service',
                     'systemd-networkd.socket', 'systemd-resolved.service', 'systemd-timesyncd.service', 'ldconfig.service',
                     'systemd-firstboot.service', 'systemd-hwdb-update.service', 'cryptsetup.target',
                     'systemd-tmpfiles-clean.timer'):
            self._link('/dev/null', f'etc/systemd/system/{unit}')
        self.write('/etc/systemd/journald.conf.d/test.conf', '[Journal]\nStorage=persistent\nRateLimitBurst=0\n'
                   'ForwardToConsole=no\nForwardToWall=no\nForwardToSyslog=no\n')
        self.write('/etc/hosts', '127.0.0.1 localhost\n::1 localhost\n')

    def _link(self, target, name):
        link = self.root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink() or link.exists():
            link.unlink()
        link.symlink_to(target)

    def install(self, build):
        """`meson install` of a build folder (prefix /usr) into the host, and the journal's catalog brought up to
        date."""
        build = Path(build).resolve()
        if not shutil.which('meson'):
            raise Missing("'meson' is not installed: 'apt-get install meson'")
        done = subprocess.run(['meson', 'install', '-C', str(build), '--no-rebuild', '--quiet', '--destdir', str(self.root)],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise HostError(f"'meson install -C {build}' failed: {done.stdout}{done.stderr}")
        subprocess.run(['journalctl', '--root', str(self.root), '--update-catalog'], check=True, capture_output=True)

    # Running.

    def start(self, wait=True, parameters=()):
        """Boots the host: with `wait` until its start-up has finished, else until its PID 1 takes commands."""
        assert self._nspawn is None, 'the host runs already'
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        address = f'\0unitgate-test/{self.name}'
        notify.bind(address)
        self._private_nspawn_folder()
        command = ['systemd-nspawn', '-D', str(self.root), '-M', self.name, '--register=no', '--keep-unit',
                   '--private-network', '--notify-ready=yes', '--console=pipe', '--link-journal=no', '--resolv-conf=off',
                   '--timezone=off', '--capability=CAP_SYS_RESOURCE',
                   *[f'--bind={outside}:{inside}' for outside, inside in self.binds], *self.options, '-b', *parameters]
        if Path('/run/systemd/system').is_dir():
            command = ['systemd-run', '--scope', '--quiet', '--collect', '-p', 'Delegate=yes', '--'] + command
        else:
            self._make_cgroup()
        environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'NOTIFY_SOCKET': '@' + address[1:],
                       'SYSTEMD_NSPAWN_UNIFIED_HIERARCHY': '1', 'LANG': 'C.UTF-8'}
        with open(self._folder / 'console.log', 'ab') as console:
            self._nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                                            env=environment, preexec_fn=self._in_child, start_new_session=True)
        self._pidfd = os.pidfd_open(self._nspawn.pid)
        self._wait_for_boot(notify, wait)
        notify.close()

    def _in_child(self):
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if self._cgroup is not None:
            (self._cgroup / 'cgroup.procs').write_text('0')

    def _private_nspawn_folder(self):
        """systemd-nspawn leaves a folder there: in this process's mounts alone."""
        folder = Path('/run/systemd/nspawn')
        if not os.path.ismount(folder):
            folder.mkdir(parents=True, exist_ok=True)
            mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', folder)

    def _make_cgroup(self):
        """A control group of its own: two hosts in one would end each other's processes."""
        here = _own_cgroup()
        if here is None:
            raise Missing("booting a test host needs the unified control group hierarchy (cgroup2) mounted: "
                          "'mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified'")
        for stale in here.glob('unitgate-host-ug*-*'):
            if not Path('/proc', stale.name.split('ug')[-1].split('-')[0]).exists():  # else another process has it
                _remove_cgroup(stale)
        self._cgroup = here / f'unitgate-host-{self.name}'
        try:
            self._cgroup.mkdir(exist_ok=True)
        except OSError as error:
            raise Missing(f"can't make the control group '{self._cgroup}': {error.strerror}: a container must have its "
                          "cgroup file system writable (privileged)") from error

    def _wait_for_boot(self, notify, wait, timeout=90.0):
        end = time.monotonic() + timeout
        while True:
            ready, _, _ = select.select([notify, self._pidfd], [], [], max(0.0, end - time.monotonic()))
            if notify in ready:
                words = notify.recv(65536).decode(errors='replace').split('\n')
                for word in words:
                    if word.startswith('X_NSPAWN_LEADER_PID='):
                        self.leader = int(word.partition('=')[2])
                if self.leader is not None and not wait:
                    until(lambda: self.path('/run/dbus/system_bus_socket').exists(), 'the host\'s D-Bus', timeout)
                    return
                if 'READY=1' in words and self.leader is not None:
                    return
            elif self._pidfd in ready or time.monotonic() > end:
                console = self.console()[-3000:]
                self.kill_power()
                raise HostError(f'the host did not boot within {timeout:.0f} s or ended at once; its console:\n{console}')

    def console(self):
        log = self._folder / 'console.log'
        return log.read_text(errors='replace') if log.exists() else ''

    def command(self, *command):
        """The command line that runs `command` in the host."""
        assert self.leader, 'the host does not run'
        # Its root folder too: where this machine's is one of chroot(2), it is not that of its mount namespace.
        return ['nsenter', '-t', str(self.leader), '-a', '-r', '-w', '--', 'env', '-i', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
                'LANG=C.UTF-8', 'HOME=/root', 'SYSTEMD_COLORS=0', 'SYSTEMD_PAGER=', *self.environment, *map(str, command)]

    def run(self, *command, check=True, timeout=120.0, input=None):
        """Runs a command in the host to its end; gives a CompletedProcess with text."""
        try:
            done = subprocess.run(self.command(*command), capture_output=True, text=True, errors='replace', timeout=timeout,
                                  **({'input': input} if input is not None else {'stdin': subprocess.DEVNULL}))
        except subprocess.TimeoutExpired as expired:
            raise HostError(f"'{' '.join(map(str, command))}' did not end within {timeout:.0f} s in the host") from expired
        if check and done.returncode != 0:
            raise HostError(f"'{' '.join(map(str, command))}' ended with {done.returncode} in the host:\n"
                            f'{done.stdout}{done.stderr}')
        return done

    def spawn(self, *command, **options):
        """Begins a command in the host; gives a Popen."""
        options = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, 'text': True} | options
        return subprocess.Popen(self.command(*command), **options)

    # Files.

    def path(self, name):
        """Where a path of the host is on this machine: with the host's own /run, /tmp and /dev while it runs."""
        base = Path(f'/proc/{self.leader}/root') if self.leader else self.root
        return base / str(name).lstrip('/')

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_text(text)
        path.chmod(mode)
        return path

    def read(self, name):
        return self.path(name).read_text(errors='replace')

    def remove(self, *names):
        for name in names:
            path = self.path(name)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.is_symlink() or path.exists():
                path.unlink()

    # Units and the journal.

    def show(self, unit, *properties):
        """Properties of a unit as a dict; of one property its value."""
        text = self.run('systemctl', 'show', unit, '-p', ','.join(properties)).stdout
        values = dict(line.split('=', 1) for line in text.splitlines() if '=' in line)
        return values.get(properties[0], '') if len(properties) == 1 else values

    def active(self, unit):
        return self.run('systemctl', 'is-active', unit, check=False).stdout.strip()

    def status(self, unit):
        """What `systemctl status` shows of it, with all that it has printed by now."""
        self.sync_journal()
        return self.run('systemctl', 'status', '--no-pager', '--full', '-n', '100', unit, check=False).stdout

    def sync_journal(self):
        self.run('journalctl', '--sync')

    def cursor(self):
        """Where the journal ends now, for journal(since=…)."""
        self.sync_journal()
        text = self.run('journalctl', '-n', '0', '--show-cursor', '--quiet', check=False).stdout
        return text.partition('cursor:')[2].strip() or None

    def journal(self, *matches, since=None, all_boots=False):
        """Entries as dicts, oldest first. `matches` are arguments of journalctl: FIELD=value, '-u', a unit…"""
        self.sync_journal()
        command = ['journalctl', '--output=json', '--all', '--quiet', '--no-pager', *matches]
        command += ['--after-cursor', since] if since else []
        command += [] if all_boots else ['-b']
        text = self.run(*command, check=False).stdout
        return [json.loads(line) for line in text.splitlines() if line.startswith('{')]

    # The ends.

    def poweroff(self, timeout=60.0):
        """An orderly shutdown. The host can be started again; its files are as it left them."""
        if self._nspawn is None:
            return
        try:
            if self.leader:
                os.kill(self.leader, signal.SIGRTMIN + 4)
            self._nspawn.wait(timeout)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        self.kill_power()

    def kill_power(self):
        """The whole host dies at once, as in a power cut: PID 1 is killed and the kernel takes all others with it."""
        if self._nspawn is None:
            return
        if self.leader:
            try:
                os.kill(self.leader, signal.SIGKILL)
            except ProcessLookupError:
                pass
        else:
            self._nspawn.terminate()
        try:
            self._nspawn.wait(30)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()
        os.close(self._pidfd)
        self._nspawn = self.leader = None
        if self._cgroup is not None:
            _remove_cgroup(self._cgroup)

    def close(self):
        """Ends the host and takes away all that it was."""
        self.kill_power()
        if self in _open_hosts:
            _open_hosts.remove(self)
        for _ in range(3):
            done = subprocess.run(['umount', '-R', str(self._folder)], capture_output=True, text=True)
            if done.returncode == 0 or not os.path.ismount(self._folder):
                break
        else:
            subprocess.run(['umount', '-R', '-l', str(self._folder)], capture_output=True, check=False)
        try:
            self._folder.rmdir()
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@atexit.register
def close_all():
    for host in list(_open_hosts):
        host.close()


def end_on_signals():
    """SIGTERM and SIGHUP end this process as Ctrl-C does, so that every host is closed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def end_with_parent():
    """This process gets SIGTERM when the one that made it is gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
