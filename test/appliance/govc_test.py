#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The options file for `govc import.ova`, at a vCenter simulator: what it sets reaches the machine, and the appliance reads
it."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "test" / "lab")]
import process  # noqa: E402
import small_ova  # noqa: E402
import vcenter  # noqa: E402

PROGRAMS = pathlib.Path(os.environ["PCG_PROGRAMS"])
OPTIONS = ROOT / "appliance" / "govc-options.json"


class Govc(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-govc-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.ova = small_ova.make(self.folder, mebibytes=16)
        processes = process.Processes(self.folder)
        self.addCleanup(processes.stop)
        self.vcenter = vcenter.start(processes, PROGRAMS, self.folder / "vcenter", "vcenter")

    def run_import(self, options, *more):
        return subprocess.run(
            [PROGRAMS / "ova-import", "-url", self.vcenter["url"], "-username", self.vcenter["username"], "-ca-file",
             self.vcenter["ca"], "-name", "dc1", "-options", options, *more, self.ova],
            input=self.vcenter["password"], text=True, capture_output=True, timeout=100, check=False)

    def test_the_options_file_makes_the_machine_that_the_appliance_expects(self):
        done = self.run_import(OPTIONS, "-inject")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = json.loads(done.stdout)
        given = {one["Key"]: one["Value"] for one in json.loads(OPTIONS.read_text())["PropertyMapping"]}
        self.assertEqual((made["unknown_properties"], made["power_state"], made["hardware"]), ([], "poweredOn", "vmx-14"))
        self.assertEqual((made["cpus"], made["memory_mb"], made["disk_kb"]), (2, 1024, 16 * 1024))
        self.assertLessEqual({"pvscsi", "cdrom", "ethernet"}, set(made["devices"]) | {
            "ethernet" for one in made["devices"] if one.startswith("ethernet")}, made["devices"])
        self.assertEqual(made["uploaded"], (self.folder / "disk.vmdk").stat().st_size)
        self.assertEqual({key: made["extra_config"].get(key) for key in given}, given)
        environment = self.folder / "ovf-env.xml"
        environment.write_text(made["extra_config"]["guestinfo.ovfEnv"])
        checked = subprocess.run([PROGRAMS / "pcg-appliance", "check", environment], capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_an_option_that_govc_does_not_know_is_refused(self):
        wrong = self.folder / "wrong.json"
        wrong.write_text(OPTIONS.read_text().replace('"PowerOn"', '"PowerOnn"'))
        done = self.run_import(wrong)
        self.assertEqual((done.returncode, "PowerOnn" in done.stderr), (1, True), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
