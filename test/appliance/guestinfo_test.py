#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What VMware hands over, as the shipped pcg-appliance reads it: from /usr/bin/vmtoolsd, in a root of the test's own where that
is a script. Whatever it does, the boot goes on, in time. Needs root."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lab"), str(pathlib.Path(__file__).resolve().parent)]
import machine  # noqa: E402

PROGRAM = pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-appliance"
INSIDE = "PCG_GUESTINFO_TEST_NAMESPACE"
FW_CFG = "sys/firmware/qemu_fw_cfg/by_name/opt/org.pcg/ovfenv/raw"
TOOL_LIMIT = 5  # kToolLimit in read_sources.cpp
GENEROUS = 30  # on a machine that is busy


class Guestinfo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pcg-guestinfo-")
        cls.addClassCleanup(folder.cleanup)
        cls.base = pathlib.Path(folder.name) / "base"
        for program in (PROGRAM, "/bin/sh", "/bin/cat", "/bin/sleep", "/usr/bin/yes"):
            cls.install(pathlib.Path(program))

    @classmethod
    def install(cls, program):
        """It and the libraries that it names, at their places."""
        said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
        for file in (program, *map(pathlib.Path, re.findall(r"(/\S+) \(", said))):
            place = cls.base / ("usr/bin/pcg-appliance" if file == PROGRAM else str(file).lstrip("/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file.resolve(), place)

    def setUp(self):
        self.root = self.base.parent / self.id().rsplit(".", 1)[-1]
        shutil.copytree(self.base, self.root, symlinks=True)
        self.addCleanup(shutil.rmtree, self.root)
        self.write("dev/null", "")
        subprocess.run(["mount", "--bind", "/dev/null", self.root / "dev/null"], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.root / "dev/null"], check=True)
        self.write(FW_CFG, machine.environment({"hostname": "by-fw-cfg", "url": "https://pair.example.com"}))

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def boot(self, script):
        """Where the values came from, the host name, the codes of what was wrong, and how long it took."""
        self.write("usr/bin/vmtoolsd", f'#!/bin/sh\necho "$*" >/asked\n{script}\n').chmod(0o755)
        # A sanitizer reads its options there, and cannot look for leaks where there is no /proc.
        self.write("proc/self/environ", "ASAN_OPTIONS=detect_leaks=0\0")
        begun = time.monotonic()
        done = subprocess.run(["chroot", self.root, "/usr/bin/pcg-appliance", "apply"], capture_output=True, text=True, timeout=100, check=False)
        took = time.monotonic() - begun
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.root / "asked").read_text(), "--cmd info-get guestinfo.ovfEnv\n")
        seen = json.loads((self.root / "run/pcg/properties.json").read_text())
        host = (self.root / "etc/hostname").read_text().strip()
        self.assertLess(took, GENEROUS)
        return seen["source"], host, [one["code"] for one in seen["problems"]]

    def environment(self, **values):
        self.write("given", machine.environment({"url": "https://pair.example.com", **values}))
        return "cat /given"

    def test_what_it_says_goes_before_every_other_place(self):
        self.assertEqual(self.boot(self.environment(hostname="by-guestinfo")), ("guestinfo", "by-guestinfo", []))

    def test_it_is_remembered_for_a_boot_without_it(self):
        self.boot(self.environment(hostname="by-guestinfo"))
        (self.root / FW_CFG).unlink()
        self.assertEqual(self.boot("exit 1"), ("last boot", "by-guestinfo", []))

    def test_nothing_is_no_environment_and_no_complaint(self):
        self.assertEqual(self.boot("exit 0"), ("fw_cfg", "by-fw-cfg", []))

    def test_one_that_fails_is_passed_over_whatever_it_says(self):
        for script in ("echo 'No value found' >&2; exit 1", "echo 'No value found'; exit 1", "kill -9 $$"):
            with self.subTest(script):
                self.assertEqual(self.boot(script), ("fw_cfg", "by-fw-cfg", []))

    def test_one_that_hangs_is_ended(self):
        self.assertEqual(self.boot("echo $$ >/pid; exec sleep 1000"), ("fw_cfg", "by-fw-cfg", []))
        self.assertFalse(pathlib.Path("/proc", (self.root / "pid").read_text().strip()).exists())

    def test_one_that_leaves_its_output_open_holds_nobody_up(self):
        self.assertEqual(self.boot("sleep 40 & exit 0"), ("fw_cfg", "by-fw-cfg", []))

    def test_half_an_environment_is_named_and_passed_over(self):
        source, host, codes = self.boot(f"{self.environment(hostname='by-guestinfo')} >/all; IFS= read -r line </all; echo \"$line\"; echo '<Environment>'")
        self.assertEqual((source, host, codes), ("fw_cfg", "by-fw-cfg", ["appliance.environment"]))

    def test_more_than_is_read_is_named_and_passed_over(self):
        self.write("large", "x" * 1_000_000)
        for script in ("cat /large", "exec yes"):
            with self.subTest(script):
                self.assertEqual(self.boot(script), ("fw_cfg", "by-fw-cfg", ["appliance.environment_too_large"]))


if __name__ == "__main__":
    if not os.environ.get(INSIDE):
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode != 0:
            print("skipped: it needs root, for a mount namespace of its own")
            sys.exit(77)  # SKIP_RETURN_CODE in CMakeLists.txt
        os.environ[INSIDE] = "yes"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv])
    unittest.main(verbosity=2)
