#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How ./dev test-appliance goes through its cases, with cases that end in every way there is and boot nothing."""
import argparse
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402
import visits  # noqa: E402
from run import cases, check_ova, process  # noqa: E402


def good(visit):
    visit.figures.note("a time", 100, "s", 60)
    return "all well"


def fails(visit):
    (visit.folder / "machine").mkdir()
    (visit.folder / "machine" / "serial.log").write_text("panic")
    raise process.StepError("the code was not shown\nand more")


def refuses(_visit):
    raise check_ova.Refused("the disk is not thin")


def breaks(_visit):
    raise KeyError("vc1")


def runs_badly(_visit):
    subprocess.run(["sh", "-c", "echo why >&2; exit 3"], check=True, capture_output=True)


def exceeds(visit):
    visit.figures.hold("OVA", 101.5, "MB", 100)


class Cases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-run-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.ova = self.folder / "pcg-1.ova"
        self.ova.write_text("an OVA")

    def go(self, *ones):
        """What is printed for these cases, and the exit code."""
        given = argparse.Namespace(ova=self.ova, images=self.folder / "images")
        with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(io.StringIO()) as said:
            this = run.Run(given, place)
            this.logs = self.folder / "logs"
            with unittest.mock.patch.dict(cases.CASES, {one.__name__: one for one in ones}):
                with unittest.mock.patch.object(cases, "NEED_NO_DISK", {one.__name__ for one in ones}):
                    for one in ones:
                        this.case(one.__name__)
            code = this.summary()
        return said.getvalue().splitlines(), code

    def test_every_case_is_run_and_each_failure_is_named_with_its_logs(self):
        lines, code = self.go(good, fails, refuses, breaks, runs_badly, exceeds, good)
        self.assertEqual(code, 1)
        ended = [line.split()[1:3] for line in lines if line.startswith("==> ") and " cases " not in line]
        self.assertEqual(ended, [["good", "good"], ["fails", "FAILED"], ["refuses", "FAILED"], ["breaks", "FAILED"],
                                 ["runs_badly", "FAILED"], ["exceeds", "FAILED"], ["good", "good"]])
        self.assertIn("7 cases in 0 s: 2 good, 5 failed", "\n".join(lines))
        self.assertEqual(lines[-5].strip(), f"fails failed; its logs are in {self.folder}/logs/fails")
        self.assertEqual((self.folder / "logs/fails/machine/serial.log").read_text(), "panic")
        self.assertIn("and more", (self.folder / "logs/fails/failure.txt").read_text())
        self.assertTrue(any(line.endswith("returned non-zero exit status 3. why") for line in lines), lines)

    def test_when_all_are_good_the_exit_code_says_so(self):
        lines, code = self.go(good)
        self.assertEqual((code, lines[-1]), (0, "==> 1 cases in 0 s: 1 good, 0 failed"))

    def test_a_disk_that_cannot_be_unpacked_fails_the_cases_that_need_it(self):
        given = argparse.Namespace(ova=self.ova, images=None)
        with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(io.StringIO()) as said:
            this = run.Run(given, place)
            this.logs = self.folder / "logs"
            this.case("tamper")
        self.assertRegex(said.getvalue(), "tamper +FAILED .*cannot be unpacked")

    def test_figures_are_kept_run_by_run_with_goal_and_load(self):
        (self.folder / "pcg-1.build.json").write_text('{"fast": true, "preset": "dev"}')
        for _ in range(2):
            self.go(good, exceeds)
        runs = json.loads((self.folder / "measured.json").read_text())["runs"]
        self.assertEqual(len(runs), 2)
        self.assertEqual((runs[1]["fast"], runs[1]["preset"], runs[1]["ova"]), (True, "dev", "pcg-1.ova"))
        self.assertRegex(runs[1]["date"], r"^\d{4}-\d\d-\d\dT")
        time, size = runs[1]["figures"]
        self.assertEqual((time["what"], time["value"], time["unit"], time["goal"]), ("a time", 100, "s", 60))
        self.assertGreaterEqual(time["load"], 0)
        self.assertEqual((size["value"], size["goal"]), (101.5, 100), "what does not hold is kept, too")

    def test_a_file_of_figures_that_cannot_be_read_is_begun_anew(self):
        (self.folder / "measured.json").write_text("{")
        self.go(good)
        self.assertEqual(len(json.loads((self.folder / "measured.json").read_text())["runs"]), 1)

    def test_who_listens_is_read_from_the_kernels_lists(self):
        sockets = """  sl  local_address rem_address   st
   0: 00000000:0016 00000000:0000 0A 00000000:00000000
   1: 3500007F:0035 00000000:0000 0A 00000000:00000000
   2: 0F02000A:0016 0202000A:C350 01 00000000:00000000
   0: 00000000000000000000000000000000:14EB 00000000000000000000000000000000:0000 07 00000000:00000000
   1: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000
   2: [redacted]:0222 00000000000000000000000000000000:0000 07 00000000:00000000
"""
        self.assertEqual(visits.listening(sockets), {(22, False), (53, True), (5355, False), (546, False)})


if __name__ == "__main__":
    unittest.main(verbosity=2)
