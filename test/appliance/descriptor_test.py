#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The OVA around a small disk: what an import tool checks holds, the same input gives the same octets, damage is found."""
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "appliance" / "ova")]
import check_ova  # noqa: E402
import check_sbom  # noqa: E402
import sbom  # noqa: E402

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

    def test_a_machine_that_is_another_one_is_refused(self):
        place = self.folder / "machine"
        place.mkdir()
        descriptor = place / check_ova.extract(self.ova, place)[0]
        good = descriptor.read_text()
        check_ova.check_machine(descriptor)
        for was, becomes, named in (
                ('vmw:value="efi"', 'vmw:value="bios"', "firmware"), (">vmx-14<", ">vmx-19<", "vmx-14"),
                (">VmxNet3<", ">E1000<", "vmxnet3"), (">VirtualSCSI<", ">lsilogic<", "SCSI"),
                ("#streamOptimized", "#monolithicSparse", "streamOptimized"), ("remotepassthrough", "none", "CD-ROM"),
                ('populatedSize="1000"', f'populatedSize="{9 << 30}"', "thin"), ("<rasd:Parent>3<", "<rasd:Parent>4<", "SCSI"),
                ("com.vmware.guestInfo iso", "iso", "guestInfo")):
            with self.subTest(was):
                self.assertIn(was, good)
                descriptor.write_text(good.replace(was, becomes))
                self.assertRaisesRegex(check_ova.Refused, named, check_ova.check_machine, descriptor)

    def test_each_property_has_category_label_description_and_type(self):
        place = self.folder / "properties"
        place.mkdir()
        descriptor = place / check_ova.extract(self.ova, place)[0]
        good = descriptor.read_text()
        check_ova.check_properties(descriptor)
        for pattern, becomes in ((r"<Category>[^<]+", "<Category>"), (r"<Label>[^<]+", "<Label>"), (r"(<Label>Host name</Label>\s*<Description>)[^<]+", r"\1"),
                                 (r'ovf:type="string"', 'ovf:type="int"'), (r'userConfigurable="true"', 'userConfigurable="false"'),
                                 (r'ovf:key="dns"', 'ovf:key="ntp"')):
            with self.subTest(pattern):
                descriptor.write_text(re.sub(pattern, becomes, good, count=1))
                self.assertNotEqual(descriptor.read_text(), good)
                self.assertRaisesRegex(check_ova.Refused, "property|properties", check_ova.check_properties, descriptor)

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
        check_sbom.check_shape(document)

    def test_a_list_of_parts_that_is_wrong_or_short_is_refused(self):
        def part(name, version):
            return sbom.package({"Package": name, "Version": version}, None, "")

        def document(*packages):
            return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "pcg", "packages": list(packages),
                    "documentNamespace": "urn:pcg:1", "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: test"]},
                    "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                                       "relatedSpdxElement": one["SPDXID"]} for one in packages]}

        kernel, root = ("linux-image-6.1.0-1-amd64", "6.1.1-1"), {"libc6": "2.36-9"}
        parts = {**root, **dict([kernel]), "pcg-gateway": "1", "pcg-appliance": "1", "shim-signed": "1", "grub-efi-amd64-signed": "1"}
        whole = document(*(part(*one) for one in parts.items()))
        check_sbom.check_shape(whole)
        check_sbom.check_parts(whole, root, kernel, "1")
        for missing in parts:
            with self.subTest(missing):
                rest = document(*(part(*one) for one in parts.items() if one[0] != missing))
                self.assertRaisesRegex(check_ova.Refused, missing, check_sbom.check_parts, rest, root, kernel, "1")
        self.assertRaisesRegex(check_ova.Refused, "6.1.2-1", check_sbom.check_parts, whole, root, (kernel[0], "6.1.2-1"), "1")
        self.assertRaisesRegex(check_ova.Refused, "pcg-", check_sbom.check_parts, whole, root, kernel, "2")
        self.assertRaisesRegex(check_ova.Refused, "gone", check_sbom.check_parts, whole, {**root, "gone": "1"}, kernel, "1")
        one = part("libc6", "1")
        for wrong in (document(), document(one, one), document({**one, "SPDXID": "libc6"}), document({**one, "versionInfo": ""}),
                      {**document(one), "relationships": []}, {**document(one), "spdxVersion": "SPDX-1.0"}):
            self.assertRaises(check_ova.Refused, check_sbom.check_shape, wrong)


if __name__ == "__main__":
    unittest.main(verbosity=2)
