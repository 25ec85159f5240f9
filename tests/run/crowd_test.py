# SPDX-License-Identifier: MIT
"""Many gates that wait on one host at once share what a few may spend: no herd comes upon the app that they wait for."""

import fcntl
import os
import struct

from rig import TERM, Case

F_OFD_SETLK = 37  # fcntl(2)


class Crowd(Case):
    def begin(self, name, others):
        """A run whose gate waits beside so many other ones: each holds a byte of the folder's `waiting`."""
        app = self.app(name, v2=None)
        app.spec()
        path = app.folder / f'specs/{name}.toml'
        path.write_text(path.read_text().replace('interval = "20ms"', 'interval = "10s"'))
        app.state.mkdir()
        held = os.open(app.state / 'waiting', os.O_RDWR | os.O_CREAT, 0o600)
        self.addCleanup(os.close, held)
        for other in range(others):
            byte = 1 << 23 | 2 * other  # no process has that number
            fcntl.fcntl(held, F_OFD_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0))
        return app, app.start()

    def test_a_gate_among_many_asks_less_often(self):
        alone, run_alone = self.begin('alone', 0)
        among_many, run_among_many = self.begin('many', 150)
        run_among_many.until(lambda: among_many.tries['2'] >= 1, 'its first try')
        seen = alone.tries['2'], among_many.tries['2']
        run_alone.until(lambda: alone.tries['2'] >= seen[0] + 40, 'forty tries')
        self.assertLess(among_many.tries['2'] - seen[1], 20)
        for run in (run_alone, run_among_many):
            run.process.terminate()
            self.assertEqual(run.wait().code, TERM)
