# SPDX-License-Identifier: MIT
"""Runs the tests on a booted host: one file per behaviour, each test's name a sentence. Last line: N passed, N failed,
N skipped. usage: run.py [--build BUILD] [--list] [FILTER]"""

import argparse
import os
import sys
import time
import traceback
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import host  # noqa: E402


def sentence(test):
    """'test_a_stop_in_the_gate_ends_inactive' of Interrupted -> 'interrupted: a stop in the gate ends inactive'."""
    kind, _, method = test.id().rpartition('.')
    if method.startswith('test_'):
        method = method[5:]
    return f"{kind.split('.')[0].removesuffix('_test').replace('_', ' ')}: {method.replace('_', ' ')}"


class Lines(unittest.TestResult):
    """One line a test, the reason of a skip beside it, the trace of a failure under it."""

    def __init__(self):
        super().__init__()
        self.passed = self.failed = self.skips = 0

    def startTest(self, test):
        super().startTest(test)
        self.begun, self.ok = time.monotonic(), True

    def line(self, word, test, tail=''):
        took = time.monotonic() - getattr(self, 'begun', time.monotonic())
        print(f'{word:4} {sentence(test)} ({took:.1f} s){tail}', flush=True)

    def broke(self, test, error):
        self.failed += 1
        self.line('FAIL', test)
        print('    ' + ''.join(traceback.format_exception(*error)).replace('\n', '\n    '), flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.line('ok', test)

    def addFailure(self, test, error):
        self.broke(test, error)

    def addError(self, test, error):
        self.broke(test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.failed += 1
            self.line('FAIL', test, f' {subtest._subDescription()}')
            print('    ' + ''.join(traceback.format_exception(*error)).replace('\n', '\n    '), flush=True)

    def addSkip(self, test, reason):
        self.skips += 1
        self.line('skip', test, f': {reason}')


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--build', default=str(HERE.parent.parent / 'build'))
    arguments.add_argument('--list', action='store_true')
    arguments.add_argument('filter', nargs='?', default='')
    options = arguments.parse_args()
    os.environ['UNITGATE_BUILD'] = options.build
    found = [test for test in flat(unittest.TestLoader().discover(str(HERE), '*_test.py'))
             if options.filter.lower() in sentence(test).lower()]
    if options.list:
        for test in found:
            print(sentence(test))
        return 0
    result = Lines()
    try:
        host.check_machine()
        unittest.TestSuite(found).run(result)
    except host.Missing as error:
        print(f'FAIL no test host: {error}')
        result.failed += max(1, len(found) - result.testsRun)
    except KeyboardInterrupt:
        print('FAIL interrupted')
        result.failed += 1
    finally:
        host.close_all()
    print(f'{result.passed} passed, {result.failed} failed, {result.skips} skipped')
    return 1 if result.failed else 0


if __name__ == '__main__':
    host.end_on_signals()
    sys.exit(main())
