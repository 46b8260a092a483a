#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pcg-console at a terminal of 80x25, with keys: what the pages are is tested in appliance_test, that they get there is tested
here."""
import fcntl
import os
import pathlib
import pty
import select
import struct
import subprocess
import tempfile
import termios
import time
import unittest

PROGRAM = pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-console"
F2 = b"\x1b[[B"  # of TERM=linux


class Terminal(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-terminal-")
        self.addCleanup(folder.cleanup)
        self.keyboard, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
        self.child = subprocess.Popen(
            [PROGRAM, "--socket", f"{folder.name}/none.sock"], stdin=far, stdout=far, stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "linux", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}, start_new_session=True)
        os.close(far)
        self.seen = b""
        self.addCleanup(self.end)

    def end(self):
        self.child.kill()
        self.child.wait(10)
        self.child.stderr.close()

    def wait_for(self, text, seconds=30):
        deadline = time.monotonic() + seconds
        while text not in self.seen and time.monotonic() < deadline:
            if select.select([self.keyboard], [], [], 0.2)[0]:
                self.seen += os.read(self.keyboard, 65536)
        self.assertIn(text, self.seen)
        self.seen = b""

    def test_the_screen_is_drawn_and_keys_lead_to_pages(self):
        self.wait_for(b"F2 settings")
        os.write(self.keyboard, F2)
        self.wait_for(b"on the appliance only")
        os.write(self.keyboard, b"x")
        self.wait_for(b"F2 settings")
        os.write(self.keyboard, b"y\r")
        self.wait_for(b"No tenant asks")

    def test_a_terminal_that_goes_away_ends_it(self):
        self.wait_for(b"F2 settings")
        os.close(self.keyboard)
        self.addCleanup(setattr, self, "keyboard", None)
        self.assertIsNotNone(self.child.wait(30))

    def test_a_terminal_of_an_unknown_kind_is_said_so(self):
        done = subprocess.run([PROGRAM], env={**os.environ, "TERM": "no-such-kind"}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual((done.returncode, "--plain" in done.stderr), (1, True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
