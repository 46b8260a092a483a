#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The OVA around a small disk: what an import tool checks holds, the same input gives the same octets, damage is found."""
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import check_ova  # noqa: E402

OVA = HERE.parents[1] / "appliance" / "ova"
STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9

Package: gone
Status: deinstall ok config-files
Version: 1

"""


class Descriptor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pcg-descriptor-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "root").mkdir()
        (cls.folder / "root" / "file").write_bytes(b"x" * 1000)
        cls.disk = cls.folder / "disk.vmdk"
        cls.disk.write_bytes(random.Random(1).randbytes(600_000))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout",
                        cls.folder / "key.pem", "-out", cls.folder / "cert.pem"], check=True, capture_output=True)
        cls.ova = cls.pack("one")

    @classmethod
    def pack(cls, name):
        subprocess.run([sys.executable, "-B", OVA / "ovf.py", "--version", "0.0.1", "--disk", cls.disk, "--capacity",
                        str(8 << 30), "--root", cls.folder / "root", "--key", cls.folder / "key.pem", "--certificate",
                        cls.folder / "cert.pem", "--epoch", "1700000000", "--out", cls.folder / name], check=True)
        return cls.folder / name / "pcg-0.0.1.ova"

    def test_holds_what_an_import_tool_checks(self):
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            self.assertEqual(check_ova.check(self.ova, place)[0], "pcg-0.0.1.ovf")

    def test_the_same_input_gives_the_same_octets(self):
        self.assertEqual(self.pack("two").read_bytes(), self.ova.read_bytes())

    def test_damage_is_found(self):
        place = self.folder / "damage"
        place.mkdir()
        names = check_ova.extract(self.ova, place)
        shutil.copy(place / names[0], place / "good.ovf")
        check_ova.check_that_damage_is_found(self.ova, place)

    def test_the_list_of_parts_names_what_is_installed(self):
        status, out = self.folder / "status", self.folder / "sbom.json"
        status.write_text(STATUS)
        (self.folder / "debs").mkdir()
        subprocess.run([sys.executable, "-B", OVA / "sbom.py", "--version", "0.0.1", "--dpkg-status", status, "--debs",
                        self.folder / "debs", "--epoch", "1700000000", "--out", out], check=True)
        document = json.loads(out.read_text())
        self.assertEqual([one["name"] for one in document["packages"]], ["libc6"])
        self.assertEqual(document["spdxVersion"], "SPDX-2.3")


if __name__ == "__main__":
    unittest.main(verbosity=2)
