# SPDX-License-Identifier: MIT
"""Runs the tests of `unitgate run` that need no host. usage: main.py PROGRAM [FILTER]. Last line: N passed, N failed."""

import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
os.environ['UNITGATE'] = sys.argv[1]

loader = unittest.TestLoader()
if len(sys.argv) > 2:
    loader.testNamePatterns = [f'*{sys.argv[2]}*']
result = unittest.TextTestRunner(verbosity=2).run(loader.discover(str(HERE), '*_test.py'))
failed = len(result.failures) + len(result.errors)
print(f'{result.testsRun - failed - len(result.skipped)} passed, {failed} failed, {len(result.skipped)} skipped')
sys.exit(failed > 0)
