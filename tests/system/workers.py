# SPDX-License-Identifier: MIT
"""Tests spread over processes, each with hosts of its own. Whoever is free takes the next part, so how long one takes
changes nothing but the order. A process that dies counts as a failure of every test that it had taken and not told.
Used by run.py; shows nothing itself."""

import contextlib
import dataclasses
import io
import multiprocessing
import multiprocessing.connection
import signal
import time
import traceback
import unittest

import host
import world


@dataclasses.dataclass
class Outcome:
    """What became of one test, or of one of its sub-tests that failed."""
    word: str  # ok, FAIL or skip
    name: str
    took: float = 0.0
    tail: str = ''  # beside the name
    trace: str = ''
    printed: str = ''


def sentence(test):
    """'test_a_stop_in_the_gate_ends_inactive' of Interrupted -> 'interrupted: a stop in the gate ends inactive'."""
    kind, _, method = test.id().rpartition('.')
    if method.startswith('test_'):
        method = method[5:]
    return f"{kind.split('.')[0].removesuffix('_test').replace('_', ' ')}: {method.replace('_', ' ')}"


def has_fixtures(kind):
    """Whether a class of tests sets up more than the host that all share."""
    return kind.setUpClass.__func__ not in (world.Case.setUpClass.__func__, unittest.TestCase.setUpClass.__func__)


class _Telling(unittest.TestResult):
    def __init__(self, tell):
        super().__init__()
        self.tell = tell
        self.printed = io.StringIO()
        self.begun = time.monotonic()

    def outcome(self, word, test, tail='', error=None):
        trace = ''.join(traceback.format_exception(*error)) if error else ''
        self.tell(Outcome(word, sentence(test), time.monotonic() - self.begun, tail, trace, self.printed.getvalue()))
        self.printed.seek(0)
        self.printed.truncate()

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def addSuccess(self, test):
        self.outcome('ok', test)

    def addFailure(self, test, error):
        self.outcome('FAIL', test, error=error)

    def addError(self, test, error):
        self.outcome('FAIL', test, error=error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.outcome('FAIL', test, f' {subtest._subDescription()}', error)

    def addSkip(self, test, reason):
        self.outcome('skip', test, f': {reason}')


def _work(parts, pipe):
    """A process's life: says that it is free, takes the number of a part, tells what became of it; None ends it."""
    host.end_with_parent()
    host.end_on_signals()
    result = _Telling(pipe.send)
    try:
        with contextlib.redirect_stdout(result.printed):
            while True:
                pipe.send(None)
                number = pipe.recv()
                if number is None:
                    break
                unittest.TestSuite(parts[number]).run(result)
    except (KeyboardInterrupt, EOFError, BrokenPipeError):
        pass
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        host.close_all()


def run(parts, jobs, show):
    """Runs `parts`, lists of tests, in at most `jobs` processes; `show` gets each Outcome."""
    world.certificates()  # made once for all, and taken away by this process
    context = multiprocessing.get_context('fork')
    left = iter(range(len(parts)))
    busy = {}  # our end of its pipe: (the process, names that it has taken and not told)
    try:
        for _ in range(min(jobs, len(parts))):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(parts, theirs), daemon=True)
            process.start()
            theirs.close()
            busy[ours] = process, []
        while busy:
            for pipe in multiprocessing.connection.wait(list(busy)):
                process, taken = busy[pipe]
                try:
                    told = pipe.recv()
                except EOFError:
                    process.join()
                    for name in taken:
                        show(Outcome('FAIL', name, tail=f': its process ended with {process.exitcode}'))
                    del busy[pipe]
                    continue
                if told is None:
                    number = next(left, None)
                    taken[:] = [] if number is None else [sentence(test) for test in parts[number]]
                    pipe.send(number)
                else:
                    taken[:] = [name for name in taken if name != told.name]
                    show(told)
    finally:
        for process, _ in busy.values():
            process.terminate()
        for process, _ in busy.values():
            process.join()
