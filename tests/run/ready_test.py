# SPDX-License-Identifier: MIT
"""READY=1 comes after the gate has passed, and always then: 1,000 runs of random kinds, 8 at a time."""

import concurrent.futures
import random

from rig import App, Case

RUNS, AT_A_TIME = 1000, 8


class Ready(Case):
    def one(self, number, seed):
        """A run of a random kind; gives what is wrong with it, or None."""
        dice = random.Random(f'{seed}-{number}')
        # How many tries fail before a version is healthy; None: it never is, and the deadline is a short one.
        new = dice.choice([0, 0, 0, 1, 2, 5, 9, None])
        old = dice.choice([0, 0, 1, 4, None])
        has_old, fails = dice.random() < 0.5, dice.random() < 0.1
        reload = dice.random() < 0.1
        passes = dice.choice([1, 1, 1, 2, 3])
        app = App(self.server, f'a{number}', {'1': old, '2': new})
        app.hangs_up = True
        try:
            if has_old:
                app.last_good('1')
            app.spec(deploy='[ $UNITGATE_VERSION = 2 ] && exit 3; echo $UNITGATE_VERSION >deployed' if fails
                     else 'echo $UNITGATE_VERSION >deployed',
                     gate=f'passes = {passes}\ndeadline = "{"150ms" if new is None else "100s"}"',
                     rollback=f'deadline = "{"150ms" if old is None else "100s"}"')
            run = app.run(*['--reload'] * reload)
            up = '2' if new is not None and not fails else '1' if has_old and old is not None else None
            story = f'seed {seed} run {number}: new {new} old {old if has_old else "-"} fails {fails}: {run.story()}'
            if run.code != (69 if up is None else 0):
                return f'exit code {run.code}: {story}'
            ready = run.ready()
            if len(ready) != (up is not None and not reload):
                return f'{len(ready)} READY=1: {story}'
            if up is None:
                return None if app.alerts() else f'no alert: {story}'
            if app.read_state()['last_good']['version'] != up:
                return f'last good is not {up}: {story}'
            if not ready:
                return None
            moment, text = ready[0]
            if f'STATUS=up: {up}' not in text:
                return f'READY=1 for another version than {up}: {story}'
            before = [version for when, version in app.passes if when <= moment]
            if before[-passes:] != [up] * passes:
                return f'READY=1 before {passes} passes of {up}: passes {app.passes}, {story}'
            return None
        finally:
            del self.server.apps[app.name]
            app.close()

    def test_in_1000_random_runs_ready_never_comes_before_the_gate_has_passed_and_is_never_missing_after(self):
        seed = random.SystemRandom().randrange(10 ** 9)
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            wrong = [text for text in pool.map(lambda number: self.one(number, seed), range(RUNS)) if text]
        self.assertFalse(wrong, f'{len(wrong)} of {RUNS} runs went wrong, the first: {wrong[:1]}')
