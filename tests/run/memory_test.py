# SPDX-License-Identifier: MIT
"""What a run holds in memory while it waits, and that its end does not read what it never needed."""

import os
import re
import unittest

from rig import PROGRAM, TERM, Case


def resident_code(pid):
    """(KiB resident, KiB mapped) of the program's own code."""
    resident = mapped = 0
    ours = False
    with open(f'/proc/{pid}/smaps', encoding='utf-8') as smaps:
        for line in smaps:
            if found := re.match(r'[0-9a-f]+-[0-9a-f]+ (\S+) .* (/\S+)?$', line.rstrip()):
                ours = found[1] == 'r-xp' and found[2] == os.path.realpath(PROGRAM)
            elif ours and line.startswith(('Rss:', 'Size:')):
                kib = int(line.split()[1])
                resident, mapped = (resident + kib, mapped) if line[0] == 'R' else (resident, mapped + kib)
    return resident, mapped


class Memory(Case):
    def test_a_run_that_waits_holds_less_than_four_fifths_of_its_code(self):
        app = self.app('proxy', v2=None)
        app.spec(gate='deadline = "60s"')
        run = app.start()
        run.until(lambda: app.tries['2'] >= 5, 'the fifth try')
        resident, mapped = resident_code(run.process.pid)
        run.process.terminate()
        self.assertEqual(run.wait().code, TERM)
        self.assertGreater(resident, 0)
        self.assertLess(resident, 4 / 5 * mapped)

    def test_the_end_of_a_run_calls_no_destructor_of_a_library(self):
        with open(PROGRAM, 'rb') as program:
            if b'__asan_init' in program.read():
                raise unittest.SkipTest('under sanitizers the end looks for leaks')
        app = self.app('proxy', v2=0)
        app.spec(host='localhost')
        run, printed = self.run_and_see_libraries(app)
        self.assertIn('libcurl.so.4', printed)
        self.assertFalse([line for line in printed.splitlines() if 'calling fini' in line])

    def test_plain_http_to_an_address_loads_libcurl_only_for_an_answer_that_is_not_plain(self):
        app = self.app('proxy', v2=2)
        app.spec()
        run, printed = self.run_and_see_libraries(app)
        self.assertNotIn('libcurl', printed)
        self.assertEqual(app.tries['2'], 3, run.story())
        app = self.app('odd', v2=0)
        app.is_odd = True
        app.spec()
        self.assertIn('libcurl.so.4', self.run_and_see_libraries(app)[1])

    def run_and_see_libraries(self, app):
        """A run that comes up, and what the loader says of it."""
        run = app.start(environment={'LD_DEBUG': 'files'}).wait()
        self.assertEqual(run.code, 0, run.story())
        return run, (app.folder / 'output').read_text()
