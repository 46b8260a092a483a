#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pcgctl's verbs about the machine, at the socket that they ask, which lies in a mount namespace of the test's own: root. The
machine behind it is a folder, as in control_test.py."""
import json
import os
import pathlib
import socketserver
import subprocess
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lab"), str(pathlib.Path(__file__).resolve().parent)]
import machine  # noqa: E402
import process  # noqa: E402

PROGRAMS = pathlib.Path(os.environ["PCG_PROGRAMS"])
PLACE = pathlib.Path("/run/pcg/admin")
INSIDE = "PCG_PCGCTL_TEST_NAMESPACE"


class Answering(socketserver.BaseRequestHandler):
    """What systemd does with Accept=yes."""
    root = None

    def handle(self):
        subprocess.run([PROGRAMS / "pcg-appliance", "answer", "--root", self.root], stdin=self.request, stdout=self.request,
                       check=False)


class Pcgctl(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-pcgctl-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("data/appliance/ovf-env.xml", machine.environment(
            {"url": "https://one.example.com", "dns": "192.0.2.1", "proxy_password": "canary-4711"}))
        for name, script in (("systemctl", f"echo $* >>{self.root}/asked"), ("systemd-run", f"echo $* >>{self.root}/asked"), ("networkctl", ":"),
                             ("journalctl", "echo 'gw1 pcg[1]: password=canary-4711 ends'"), ("pcgctl", f"cat {self.root}/status")):
            self.write(f"usr/bin/{name}", f"#!/bin/sh\n{script}\n").chmod(0o755)
        self.link("up")
        PLACE.mkdir(parents=True, exist_ok=True)
        Answering.root = self.root
        server = socketserver.ThreadingUnixStreamServer(str(PLACE / "control.sock"), Answering)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup((PLACE / "control.sock").unlink)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def link(self, state):
        process.write_atomically(self.root / "status", json.dumps({"pairing": {"state": "active"}, "link": {"state": state}}))

    def ctl(self, *words, stdin=""):
        return subprocess.run([PROGRAMS / "pcgctl", "--socket", self.root / "no.sock", *words], input=stdin, text=True,
                              capture_output=True, timeout=100, check=False)

    def test_values_are_shown_with_where_they_come_from(self):
        self.assertEqual(self.ctl("network", "set", "--ntp", "192.0.2.9").returncode, 0)
        shown = self.ctl("network", "show").stdout
        self.assertRegex(shown, r"dns +192\.0\.2\.1 +\(last boot\)")
        self.assertRegex(shown, r"ntp +192\.0\.2\.9 +\(this machine\)")
        everything = self.ctl("settings", "show", "--json").stdout
        self.assertEqual(json.loads(everything)["values"]["proxy_password"]["value"], "(set)")
        self.assertNotIn("canary", everything + shown)

    def test_a_change_that_goes_back_says_so(self):
        self.link("down")
        done = self.ctl("settings", "set", "--url", "https://two.example.com", "--within-s", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("as it was before", done.stderr)
        kept = self.ctl("settings", "set", "--url", "https://two.example.com", "--keep")
        self.assertEqual((kept.returncode, kept.stdout), (0, "Kept.\n"))

    def test_a_wrong_value_is_named(self):
        done = self.ctl("network", "set", "--ipv4", "10.0.0.5/24", "--gateway4", "10.9.9.9")
        self.assertEqual(done.returncode, 1)
        self.assertIn("pcgw.gateway4", done.stderr)

    def test_a_file_comes_on_standard_input(self):
        key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        self.assertEqual(self.ctl("settings", "set", "--ssh-key-file", "-", stdin=key + "\n").returncode, 0)
        self.assertEqual((self.root / "etc/pcg-appliance/authorized_keys").read_text(), key + "\n")

    def test_a_bundle_has_journal_and_values_without_their_secrets(self):
        archive = self.ctl("support-bundle", "--out-file", "-").stdout
        self.assertIn("pcg-support/journal.txt", archive)
        self.assertIn("gw1 pcg[1]: password=[redacted]", archive)
        self.assertIn("pcg-support/settings.json", archive)
        self.assertNotIn("canary-4711", archive)

    def test_a_factory_reset_wants_its_word(self):
        key = self.write("var/lib/pcg-gateway/root.key", "key")
        refused = self.ctl("factory-reset", stdin="yes\n")
        self.assertEqual((refused.returncode, key.exists()), (2, True))
        done = self.ctl("factory-reset", stdin="factory-reset\n")
        self.assertEqual((done.returncode, key.exists()), (0, False), done.stderr)
        self.assertIn("reboot", (self.root / "asked").read_text())

    def small_disk(self, options):
        """The data partition as one of its own: full at once, or read-only."""
        values = (self.root / "data/appliance/ovf-env.xml").read_text()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", self.root / "data"], check=True)
        self.addCleanup(subprocess.run, ["umount", "--quiet", self.root / "data"], check=False)
        self.write("data/appliance/ovf-env.xml", values)
        if options:
            subprocess.run(["mount", "-o", f"remount,{options}", self.root / "data"], check=True)
            return
        with open(self.root / "data/fill", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def test_a_full_or_read_only_disk_loses_nothing_and_says_what_to_do(self):
        for options, why in (("", "No space left on device. Make the VM's disk larger"), ("ro", "Read-only file system. The VM's disk is read-only")):
            with self.subTest(options):
                self.small_disk(options)
                done = self.ctl("network", "set", "--dns", "192.0.2.77")
                self.assertEqual(done.returncode, 1)
                self.assertIn(why, done.stderr)
                self.assertRegex(self.ctl("network", "show").stdout, r"dns +192\.0\.2\.1 +\(last boot\)")
                self.assertIn("DNS=192.0.2.1", (self.root / "etc/systemd/network/10-pcg.network").read_text(), "it went back")
                subprocess.run(["umount", self.root / "data"], check=True)

    def test_power(self):
        self.assertEqual(self.ctl("power-off").returncode, 0)
        self.assertIn("poweroff", (self.root / "asked").read_text())


if __name__ == "__main__":
    if not os.environ.get(INSIDE):
        if os.geteuid() != 0:
            print("skipped: it needs root, for a mount namespace of its own")
            sys.exit(77)  # SKIP_RETURN_CODE in CMakeLists.txt
        os.environ[INSIDE] = "yes"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv])
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    unittest.main(verbosity=2)
