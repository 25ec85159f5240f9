# SPDX-License-Identifier: MIT
"""When something happened that a waiter tells: a datagram sent, a process ended. All moments are CLOCK_MONOTONIC in
ns. Used by the waiters."""
import os
import select
import socket
import struct
import threading
import time

SO_TIMESTAMPNS = 35
PATIENCE = 90  # seconds, for whatever is waited for


class Datagrams:
    """A socket for datagrams whose moment of sending is told by the kernel, however late they are read."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = str(path)
        self.socket.bind(self.path)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.settimeout(PATIENCE)
        self.ending, self.drained = os.eventfd(0), None

    def next(self):
        """(text, moment). Descriptors that come along are closed, which is what sd_notify_barrier(3) waits for."""
        data, extra, _, _ = self.socket.recvmsg(65536, 256)
        at = None
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("qq", value)
                at = seconds * 10**9 + nanoseconds - (time.time_ns() - time.monotonic_ns())
            elif level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                for fd in struct.unpack(f"{len(value) // 4}i", value):
                    os.close(fd)
        return data, at

    def next_with(self, text):
        """The moment of the first one that holds `text`."""
        while True:
            data, at = self.next()
            if text in data:
                return at

    def drain(self):
        """From now on whatever comes is read and dropped, as a full socket would cost who sends."""
        self.drained = threading.Thread(target=self.drop_all, daemon=True)
        self.drained.start()

    def drop_all(self):
        while select.select([self.socket, self.ending], [], [])[0] == [self.socket]:
            self.next()

    def close(self):
        if self.drained:
            os.eventfd_write(self.ending, 1)
            self.drained.join()
        os.close(self.ending)
        self.socket.close()


def ended(process):
    """Waits for the end of a process. Popen.wait() with a time-out looks each 50 ms only."""
    fd = os.pidfd_open(process.pid)
    if not select.select([fd], [], [], PATIENCE)[0]:
        raise SystemExit(f"{process.args} has not ended within {PATIENCE} s")
    at = time.monotonic_ns()
    os.close(fd)
    process.wait()
    return at
