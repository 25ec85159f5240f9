# SPDX-License-Identifier: MIT
"""Runs the tests on a booted host: one file per behaviour, each test's name a sentence. They mostly wait, so several
hosts run side by side. Last line: N passed, N failed, N skipped.
usage: run.py [--build BUILD] [--jobs N] [--list] [FILTER]"""

import argparse
import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import host  # noqa: E402
import workers  # noqa: E402

SLOWEST = 10  # so many are named at the end of a longer run


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def parts(tests):
    """What one host runs in one go: a class with fixtures of its own, else a single test."""
    found = []
    for test in tests:
        kind = type(test)
        if found and type(found[-1][0]) is kind and workers.has_fixtures(kind):
            found[-1].append(test)
        else:
            found.append([test])
    return found


class Lines:
    """One line a test, the reason of a skip beside it, what it printed above and the trace of a failure under it."""

    def __init__(self):
        self.passed = self.failed = self.skips = 0
        self.took = []

    def show(self, outcome):
        print(outcome.printed, end='')
        print(f'{outcome.word:4} {outcome.name} ({outcome.took:.1f} s){outcome.tail}')
        if outcome.trace:
            print('    ' + outcome.trace.replace('\n', '\n    '))
        sys.stdout.flush()
        self.passed += outcome.word == 'ok'
        self.failed += outcome.word == 'FAIL'
        self.skips += outcome.word == 'skip'
        self.took.append((outcome.took, outcome.name))

    def close(self):
        if len(self.took) > 2 * SLOWEST:
            print('the slowest: ' + ', '.join(f'{name} ({took:.1f} s)' for took, name in sorted(self.took)[:-SLOWEST - 1:-1]))
        print(f'{self.passed} passed, {self.failed} failed, {self.skips} skipped')
        return 1 if self.failed else 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--build', default=str(HERE.parent.parent / 'build'))
    arguments.add_argument('--jobs', type=int, default=min(8, (os.cpu_count() or 1) + 1))
    arguments.add_argument('--list', action='store_true')
    arguments.add_argument('filter', nargs='?', default='')
    options = arguments.parse_args()
    os.environ['UNITGATE_BUILD'] = options.build
    found = {test.id(): test for test in flat(unittest.TestLoader().discover(str(HERE), '*_test.py'))
             if options.filter.lower() in workers.sentence(test).lower()}
    if options.list:
        for test in found.values():
            print(workers.sentence(test))
        return 0
    lines = Lines()
    try:
        host.check_machine()
        workers.run(parts(found.values()), options.jobs, lines.show)
    except host.Missing as error:
        print(f'FAIL no test host: {error}')
        lines.failed += max(1, len(found) - len(lines.took))
    except KeyboardInterrupt:
        print('FAIL interrupted')
        lines.failed += 1
    return lines.close()


if __name__ == '__main__':
    host.end_on_signals()
    sys.exit(main())
