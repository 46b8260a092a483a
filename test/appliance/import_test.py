#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pcg-import on OVAs that are good, and on those that are not: it says what is wrong, and leaves nothing behind. libvirt is
its own test driver, within the process."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import small_ova  # noqa: E402

PROGRAM = pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-import"
NAMES = [f"pcg-{small_ova.VERSION}{end}" for end in (".ovf", ".mf", ".cert", "-disk1.vmdk")]
URL = "url=https://pair.example.com"


class Import(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pcg-import-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.good = small_ova.make(cls.folder)
        cls.parts = cls.good.parent

    def run_import(self, *arguments, stdin=""):
        return subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, text=True, capture_output=True, timeout=100,
                              check=False)

    def refused(self, ova, code, *words):
        done = self.run_import("--check", ova)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(code, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def pack(self, members):
        """An archive of (name, content or (type, link))."""
        path = self.folder / "made.ova"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in members:
                info = tarfile.TarInfo(name)
                if isinstance(content, tuple):
                    info.type, info.linkname = content
                    archive.addfile(info)
                else:
                    info.size = len(content)
                    with tempfile.TemporaryFile() as file:
                        file.write(content)
                        file.seek(0)
                        archive.addfile(info, file)
        return path

    def contents(self, **changed):
        """The good parts, with those of these endings changed, and a manifest of them without a signature."""
        found = {name: (self.parts / name).read_bytes() for name in NAMES if not name.endswith(".cert")}
        for end, content in changed.items():
            name = next(name for name in found if name.endswith("." + end))
            found[name] = content(found[name]) if callable(content) else content
        if "mf" not in changed:
            found[NAMES[1]] = "".join(f"SHA256({name})= {hashlib.sha256(found[name]).hexdigest()}\n"
                                      for name in (NAMES[0], NAMES[3])).encode()
        return list(found.items())

    # --- checking -----------------------------------------------------------------------------------------------

    def test_a_good_ova_is_named_with_its_signer(self):
        done = self.run_import("--check", self.good)
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in ("Private Cloud Gateway 0.0.1", "manifest   good", "schema     good", "CN=test"):
            self.assertIn(word, done.stdout)
        fingerprint = json.loads(self.run_import("--check", "--json", self.good).stdout)["signer"]["sha256"]
        self.assertEqual(self.run_import("--check", self.good, "--signer-sha256", fingerprint).returncode, 0)
        other = self.run_import("--check", self.good, "--signer-sha256", "ab" * 32)
        self.assertEqual((other.returncode, "import.signer" in other.stderr), (1, True))

    def test_the_signer_can_be_asked_to_be_by_an_authority(self):
        own = self.run_import("--check", self.good, "--signer-ca", self.folder / "test-cert.pem")
        self.assertEqual(own.returncode, 0, own.stderr)
        _, other = small_ova.signing_key(self.folder, "other")
        done = self.run_import("--check", self.good, "--signer-ca", other)
        self.assertEqual((done.returncode, "import.signer" in done.stderr), (1, True))

    def test_what_was_cut_off_or_changed_is_refused(self):
        whole = self.good.read_bytes()
        cut = self.folder / "cut.ova"
        for size, word in ((0, "empty"), (100, "cut off"), (len(whole) // 2, "octets are there"), (len(whole) - 10240, "")):
            cut.write_bytes(whole[:size])
            self.refused(cut, "import.", word)
        at = whole.index(b"vmx-14")
        cut.write_bytes(whole[:at] + b"vmx-15" + whole[at + 6:])
        self.refused(cut, "import.digest", ".ovf is not what the manifest says")
        cut.write_bytes(whole + b"more")
        self.refused(cut, "import.archive")
        cut.write_bytes(b"PK\x03\x04" + b"\0" * 2000)
        self.refused(cut, "import.archive", "no OVA")

    def test_a_manifest_that_somebody_else_signed_or_nobody_is_refused(self):
        parts = [(name, (self.parts / name).read_bytes()) for name in NAMES]
        key, certificate = small_ova.signing_key(self.folder, "stranger")
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, self.parts / NAMES[1]], check=True,
                                   capture_output=True).stdout
        # The stranger's signature under the known certificate.
        forged = f"SHA256({NAMES[1]})= {signature.hex()}\n{(self.folder / 'test-cert.pem').read_text()}".encode()
        self.refused(self.pack([forged_or(part, NAMES[2], forged) for part in parts]), "import.signature")
        self.refused(self.pack([part for part in parts if part[0] != NAMES[2]]), "import.unsigned", "--unsigned")
        taken = self.run_import("--check", "--unsigned", self.folder / "made.ova")
        self.assertEqual(taken.returncode, 0, taken.stderr)
        self.refused(self.pack([forged_or(part, NAMES[2], b"nonsense") for part in parts]), "import.signature")
        self.assertTrue(certificate.exists())

    def test_manifests_that_prove_nothing_are_refused(self):
        good = (self.parts / NAMES[1]).read_bytes()
        for manifest in (b"\n", good.replace(b"SHA256(", b"SHA1("), good.splitlines()[0] + b"\n", good + good,
                         good + b"SHA256(more)= " + b"00" * 32 + b"\n", b"SHA256(x)= zz\n"):
            self.refused(self.pack(self.contents(mf=manifest)), "import.manifest")

    def test_names_that_lead_out_of_the_archive_and_links_are_refused(self):
        for name in ("../evil", "/etc/passwd", "a/b", ".hidden", "-rf", "a\nb"):
            self.refused(self.pack([(name, b"x")]), "import.name", "Nothing was unpacked")
        descriptor = (NAMES[0], (self.parts / NAMES[0]).read_bytes())
        self.refused(self.pack([descriptor, descriptor]), "import.name", "twice")
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
            self.refused(self.pack([descriptor, ("disk.vmdk", (kind, "/etc/shadow"))]), "import.archive", "no plain file")
        self.refused(self.pack([descriptor] + [(f"{n}.vmdk", b"") for n in range(20)]), "import.archive")

    def test_descriptors_that_are_none_are_refused(self):
        entities = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Envelope>&b;</Envelope>'
        for descriptor in (b"<a/>", b"no xml", entities, b"<Envelope>" * 100):
            self.refused(self.pack(self.contents(ovf=descriptor)), "import.descriptor")
        self.refused(self.pack(self.contents(ovf=b"x" * (2 << 20))), "import.archive", "larger")
        self.refused_unsigned(self.contents(ovf=lambda text: text.replace(b"<Info>The gateway</Info>", b"")),
                              "import.schema", "line ")
        self.refused_unsigned(self.contents(ovf=lambda text: text.replace(b'class="pcgw"', b'class="else"')),
                              "import.descriptor", "no Private Cloud Gateway")

    def test_disks_that_name_other_files_are_refused(self):
        def hint(disk):
            return disk.replace(b"parentCID=ffffffff", b"parentCID=00000000")

        def flat(disk):
            return disk.replace(b'createType="streamOptimized"', b'createType="monolithicFlat" ')

        for change in (hint, flat, lambda disk: b"# Disk DescriptorFile\n" + disk[22:]):
            self.refused_unsigned(self.contents(vmdk=change), "import.disk")

    def refused_unsigned(self, members, code, *words):
        done = self.run_import("--check", "--unsigned", self.pack(members))
        self.assertEqual(done.returncode, 1, done.stdout)
        for word in (code, *words):
            self.assertIn(word, done.stderr)

    # --- importing ----------------------------------------------------------------------------------------------

    def test_makes_a_machine_of_it(self):
        disk, secret = self.folder / "machine.qcow2", self.folder / "secret"
        secret.write_text("hunter2\n")
        done = self.run_import(self.good, "--connect", "test:///default", "--name", "dc1", "--disk", disk, "--json",
                               "--property", URL, "--property", "hostname=dc1.example.com", "--properties", "-",
                               "--property-file", f"proxy_password={secret}", "--force", stdin="# a comment\npcgw.dns = 192.0.2.53\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = json.loads(done.stdout)["machine"]
        self.assertEqual((made["name"], made["state"]), ("dc1", "running"))
        self.assertRegex(done.stderr, "converting the disk +100 %")
        facts = json.loads(subprocess.run(["qemu-img", "info", "--output=json", disk], check=True, capture_output=True).stdout)
        self.assertEqual((facts["format"], facts["virtual-size"]), ("qcow2", 64 << 20))
        raw = subprocess.run(["qemu-img", "dd", "-f", "qcow2", "-O", "raw", "bs=512", "count=1", f"if={disk}",
                              f"of={self.folder / 'sector'}"], check=True, capture_output=True)
        self.assertEqual((self.folder / "sector").read_bytes()[:5], b"first", raw)
        environment = pathlib.Path(made["environment"])
        self.assertEqual((disk.stat().st_mode & 0o777, environment.stat().st_mode & 0o777), (0o600, 0o600))
        seen = dict(re.findall(r'oe:key="pcgw\.(\w+)" oe:value="([^"]*)"', environment.read_text()))
        self.assertEqual(seen, {"url": "https://pair.example.com", "hostname": "dc1.example.com", "dns": "192.0.2.53",
                                "proxy_password": "hunter2"})

    @unittest.skipUnless(shutil.which("libvirtd") and shutil.which("virsh") and shutil.which("setpriv") and os.geteuid() == 0,
                         "libvirtd is not here")
    def test_defines_and_starts_it_at_a_real_libvirt(self):
        """A session of a user without rights, begun by libvirt itself and ended with its last client."""
        with tempfile.TemporaryDirectory(prefix="pcg-lv-") as home:
            shutil.copy(self.good, home)
            shutil.copy(PROGRAM, home)
            os.chown(home, 65534, 65534)
            user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", f"HOME={home}", f"XDG_RUNTIME_DIR={home}"]
            virsh = [*user, "virsh", "-q", "-c", "qemu:///session"]
            done = subprocess.run([*user, f"{home}/pcg-import", f"{home}/{self.good.name}", "--connect", "qemu:///session",
                                   "--name", "dc1", "--user-network", "--firmware", "bios", "--json", "--disk",
                                   f"{home}/dc1.qcow2", "--property", URL], capture_output=True, text=True, timeout=100, check=False)
            try:
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(json.loads(done.stdout)["machine"]["state"], "running")
                seen = subprocess.run([*virsh, "dumpxml", "dc1"], capture_output=True, text=True, check=True).stdout
                self.assertIn(f"file='{home}/dc1.qcow2.ovf-env.xml'", seen)
                unstartable = subprocess.run([*user, f"{home}/pcg-import", f"{home}/{self.good.name}", "--connect",
                                              "qemu:///session", "--name", "dc2", "--network", "no-such-network", "--disk",
                                              f"{home}/dc2.qcow2", "--property", URL], capture_output=True, text=True,
                                             timeout=100, check=False)
                self.assertEqual((unstartable.returncode, "import.libvirt" in unstartable.stderr), (1, True), unstartable.stderr)
                self.assertEqual(list(pathlib.Path(home).glob("dc2*")), [])
                names = subprocess.run([*virsh, "list", "--all", "--name"], capture_output=True, text=True, check=True).stdout
                self.assertEqual(names.split(), ["dc1"])
            finally:
                subprocess.run([*virsh, "destroy", "dc1"], capture_output=True, check=False)
                subprocess.run([*virsh, "undefine", "--nvram", "dc1"], capture_output=True, check=False)
                for file in (*pathlib.Path(home).rglob("libvirtd.pid"), *pathlib.Path(home).rglob("virtlogd.pid")):
                    os.kill(int(file.read_text()), signal.SIGTERM)

    def test_a_wrong_property_is_named_and_nothing_is_made(self):
        disk = self.folder / "none.qcow2"
        common = ("--connect", "test:///default", "--disk", disk)
        for words, said in ((["--property", "url=pair.example.com"], "appliance.property.url: pcgw.url: "),
                            (["--property", "hostnme=a"], 'Did you mean "hostname"?'),
                            (["--property", URL, "--property", "ipv4=10.0.0.5/255.0.255.0"], "pcgw.ipv4"),
                            (["--property", URL, "--property", URL], "twice")):
            done = self.run_import(self.good, *common, *words)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(said, done.stderr)
        self.assertEqual(list(self.folder.glob("none*")), [])

    def test_passwords_are_not_taken_from_the_command_line(self):
        done = self.run_import(self.good, "--property", "proxy_password=hunter2")
        self.assertEqual((done.returncode, "--property-file" in done.stderr), (2, True))

    def test_what_fails_half_way_leaves_nothing(self):
        disk = self.folder / "half.qcow2"
        taken = self.run_import(self.good, "--connect", "test:///default", "--name", "test", "--disk", disk, "--property", URL)
        self.assertEqual((taken.returncode, "import.exists" in taken.stderr), (1, True))
        self.assertEqual(list(self.folder.glob("half*")), [])
        nowhere = self.run_import(self.good, "--connect", "test:///default", "--disk", "/no/such/folder/d.qcow2",
                                  "--property", URL)
        self.assertEqual((nowhere.returncode, "import.file" in nowhere.stderr), (1, True))
        unreachable = self.run_import(self.good, "--connect", "qemu+unix:///system?socket=/nonexistent", "--property", URL,
                                      "--disk", disk)
        self.assertEqual((unreachable.returncode, "libvirtd" in unreachable.stderr), (1, True))

    def test_a_disk_that_is_there_is_not_written_over(self):
        disk = self.folder / "there.qcow2"
        disk.write_text("somebody's")
        done = self.run_import(self.good, "--connect", "test:///default", "--disk", disk, "--property", URL)
        self.assertEqual((done.returncode, "import.exists" in done.stderr), (1, True))
        self.assertEqual(disk.read_text(), "somebody's")

    def test_usage_is_said_with_what_was_meant(self):
        for words, said in (((), "Which OVA?"), (("--chekc", "x"), "Did you mean --check?"), (("x", "y"), "Two OVAs"),
                            (("x", "--memory", "1"), "--memory"), (("x", "--name", "a/b"), "--name"),
                            (("x", "--name"), "needs a value")):
            done = self.run_import(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.run_import("--help").returncode, 0)


def forged_or(part, name, content):
    return (name, content) if part[0] == name else part


if __name__ == "__main__":
    unittest.main(verbosity=2)
