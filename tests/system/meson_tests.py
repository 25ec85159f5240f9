# SPDX-License-Identifier: MIT
"""Runs the tests that meson knows (unit tests and checks without a host) and counts their cases, not their programs.
Last line: N passed, N failed, N skipped. usage: meson_tests.py BUILD [FILTER]"""

import json
import re
import subprocess
import sys
from pathlib import Path


def run_filtered(build, text):
    """Catch2 alone takes a filter: the cases of the unit tests whose name holds the text. Those with a tag of their own in
    tests/unit/meson.build end the program where they can't run, so each tag has one to itself."""
    program = Path(build) / 'tests/unit/unitgate-tests'
    tests = []
    for name, tag in [('unit', '~[.]'), *((f'unit-{tag}', f'[{tag}]') for tag in ('root', 'grpc', 'memory'))]:
        done = subprocess.run([str(program), f'{tag}*{text}*'], capture_output=True, text=True, errors='replace')
        tests.append({'name': name, 'returncode': done.returncode, 'stdout': done.stdout, 'stderr': done.stderr,
                      'result': {0: 'OK', 77: 'SKIP'}.get(done.returncode, 'FAIL')})
    return tests


def run_all(build):
    log = Path(build) / 'meson-logs/testlog.json'
    log.unlink(missing_ok=True)
    done = subprocess.run(['meson', 'test', '-C', str(build), '--no-rebuild', '--quiet'], capture_output=True, text=True,
                          errors='replace')
    if not log.exists():
        print(done.stdout + done.stderr)
        return [{'name': 'meson test', 'returncode': 1, 'stdout': '', 'stderr': '', 'result': 'FAIL'}]
    return [json.loads(line) for line in log.read_text().splitlines() if line.strip()]


def cases(test):
    """(passed, failed, skipped) of one program: Catch2's closing line, our own, or the program as a whole."""
    text = test.get('stdout', '') or ''
    bad = test['result'] not in ('OK', 'EXPECTEDFAIL', 'SKIP')
    if 'No test cases matched' in text or 'No tests ran' in text:
        return 0, 0, 0
    if test['result'] == 'SKIP':
        return 0, 0, 1
    if found := re.search(r'^All tests passed \(\d+ assertions? in (\d+) test cases?\)$', text, re.M):
        return int(found[1]), int(bad), 0
    if found := re.search(r'^test cases:\s*\d+(.*)$', text, re.M):
        numbers = {word: int(number) for number, word in re.findall(r'(\d+) (passed|failed|skipped)', found[1])}
        failed = numbers.get('failed', 0)
        return numbers.get('passed', 0), max(failed, int(bad)), numbers.get('skipped', 0)
    if found := re.search(r'^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$', text, re.M):
        return int(found[1]), max(int(found[2]), int(bad)), int(found[3] or 0)
    return int(not bad), int(bad), 0


def main():
    build, text = sys.argv[1], ''.join(sys.argv[2:3])
    total = [0, 0, 0]
    for test in run_filtered(build, text) if text else run_all(build):
        numbers = cases(test)
        total = [a + b for a, b in zip(total, numbers)]
        name = test['name'].split(' / ')[-1].split(':')[-1]
        print(f"{'FAIL' if numbers[1] else 'ok':4} {name}: {numbers[0]} passed, {numbers[1]} failed, {numbers[2]} skipped")
        if numbers[1]:
            print(test.get('stdout') or '', test.get('stderr') or '', sep='\n')
        for line in (test.get('stdout') or '').splitlines():
            if re.match(r'\s*(skip|skipped|SKIPPED)\b', line):
                print('    ', line.strip())
    print(f'{total[0]} passed, {total[1]} failed, {total[2]} skipped')
    return 1 if total[1] else 0


if __name__ == '__main__':
    sys.exit(main())
