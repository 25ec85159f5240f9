# SPDX-License-Identifier: MIT
"""CPU time of processes that run. Used by the benchmarks."""

import os
import pathlib

TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def trees(pids):
    """The processes and all below them."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    todo, found = list(pids), []
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_seconds(*pids):
    """CPU time of processes, of all below them, and of those they have waited for. What runs is read in
    nanoseconds, what was waited for in ticks."""
    total = 0.0
    for one in trees(pids):
        try:
            stat = pathlib.Path("/proc", str(one), "stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, stat[13:15])) * TICK
            for task in pathlib.Path("/proc", str(one), "task").iterdir():
                total += int((task / "schedstat").read_text().split()[0]) / 1e9
        except (OSError, ValueError):
            pass  # it has just ended
    return total
