#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pcgctl's verbs about the machine, at the socket that they ask, which lies in a mount namespace of the test's own: root. The
machine behind it is a folder, as in control_test.py."""
import base64
import fcntl
import json
import os
import pathlib
import pty
import select
import socketserver
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lab"), str(pathlib.Path(__file__).resolve().parent)]
import machine  # noqa: E402
import process  # noqa: E402

OLD_CA = """MIIBPDCB46ADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA29sZDAeFw0y
MDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMA4xDDAKBgNVBAMMA29sZDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABD+JkFqa067JAMJ/cPu5ND0tRgj2kA548Z0H
bIXfjeXebD9JNWOSKa+S95IG6pv/vihuWN73nl2CnCSFTkME1aejMjAwMA8GA1Ud
EwEB/wQFMAMBAf8wHQYDVR0OBBYEFJbe/yfTrZ2iHd1t0rD7aMU96UvZMAoGCCqG
SM49BAMCA0gAMEUCID6gfHEFAwxDj65C+jzePB6E5NI5zKHA8ISZ3fZ3YlxMAiEA
xpSpYnCkiw+qoUQp5lJpTr3Wu3oD7h55fRWElVvJa9k="""
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
            {"url": "https://one.example.com", "dns": "192.0.2.1", "proxy_user": "user", "proxy": "http://192.0.2.8:3128",
             "proxy_password": "canary-4711"}))
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
        self.assertRegex(shown, r"ntp +192\.0\.2\.9 +\(changed here; the import says nothing\)")
        everything = self.ctl("settings", "show", "--json").stdout
        self.assertEqual(json.loads(everything)["values"]["proxy_password"]["value"], "(set)")
        self.assertNotIn("canary", everything + shown)

    def test_a_change_that_goes_back_says_so(self):
        self.link("down")
        done = self.ctl("settings", "set", "--url", "https://two.example.com", "--within-s", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("appliance.reverted: The control plane was not reached", done.stderr)
        self.assertIn("--keep keeps a change untried", done.stderr)
        kept = self.ctl("settings", "set", "--url", "https://two.example.com", "--keep")
        self.assertEqual((kept.returncode, kept.stdout), (0, "Kept.\n"))

    def test_a_wrong_value_is_named(self):
        done = self.ctl("network", "set", "--ipv4", "10.0.0.5/24", "--gateway4", "10.9.9.9")
        self.assertEqual(done.returncode, 1)
        self.assertIn("appliance.wrong_value: Nothing was changed.\n  appliance.property.gateway4: pcgw.gateway4: ", done.stderr)

    def test_a_value_that_hides_a_later_one_of_the_import_says_so(self):
        self.assertEqual(self.ctl("network", "set", "--ntp", "192.0.2.9", "--dns", "192.0.2.53").returncode, 0)
        self.assertRegex(self.ctl("network", "show").stdout, r"dns +192\.0\.2\.53 +\(changed here; the import says 192\.0\.2\.1\)")
        self.write("data/appliance/ovf-env.xml", machine.environment({"url": "https://one.example.com", "dns": "192.0.2.2"}))
        shown = self.ctl("network", "show")
        self.assertIn("appliance.import_changed: The VM's options were changed and say \"192.0.2.2\" now", shown.stderr)
        self.assertEqual(self.ctl("settings", "reset", "dns").returncode, 0)
        self.assertEqual(self.ctl("network", "show").stderr, "")

    def test_a_proxy_without_an_address_is_none_at_all(self):
        password = ("--password-file", "-")
        done = self.ctl("proxy", "set", "--proxy-url", "http://192.0.2.7:3128", "--username", "user", *password, stdin="hunter2\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.ctl("proxy", "set", "--proxy-url", "")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse((self.root / "etc/pcg-gateway/proxy-credentials").exists())
        self.assertNotIn("hunter2", (self.root / "data/appliance/overrides.json").read_text())

    def test_an_address_and_a_proxy_are_changed_with_one_command(self):
        done = self.ctl("settings", "set", "--ipv4", "192.0.2.10/24", "--gateway4", "192.0.2.1", "--proxy-url", "http://192.0.2.9:3128")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("192.0.2.9", (self.root / "etc/pcg-gateway/gateway.json").read_text())
        self.assertIn("192.0.2.10/24", (self.root / "etc/systemd/network/10-pcg.network").read_text())

    def test_a_value_with_a_warning_is_kept_knowingly(self):
        old = "-----BEGIN CERTIFICATE-----\n" + OLD_CA + "\n-----END CERTIFICATE-----\n"
        refused = self.ctl("settings", "set", "--ca-file", "-", stdin=old)
        self.assertIn("appliance.property.ca: pcgw.ca: The certificate CN=old ended on 2021-01-01", refused.stderr)
        self.assertIn("--force", refused.stderr)
        self.assertEqual(self.ctl("settings", "set", "--ca-file", "-", "--force", stdin=old).returncode, 0)

    def test_remote_says_what_a_paired_gateway_makes_of_it(self):
        done = self.ctl("settings", "set", "--remote", "keys")
        self.assertEqual(done.returncode, 0)
        self.assertIn("pcgctl remote allow", done.stdout)

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

    def console(self):
        """The console at a terminal: a function that types, one that waits for what is shown."""
        keyboard, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
        child = subprocess.Popen([PROGRAMS / "pcg-console", "--socket", self.root / "no.sock"], stdin=far, stdout=far,
                                 stderr=subprocess.DEVNULL, start_new_session=True,
                                 env={**os.environ, "TERM": "linux", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"})
        os.close(far)
        self.addCleanup(os.close, keyboard)
        self.addCleanup(child.wait, 10)
        self.addCleanup(child.kill)
        seen = b""

        def wait_for(text, seconds=30):
            nonlocal seen
            deadline = time.monotonic() + seconds
            while text not in seen and time.monotonic() < deadline:
                if select.select([keyboard], [], [], 0.2)[0]:
                    seen += os.read(keyboard, 65536)
            self.assertIn(text, seen)
            seen = b""

        return lambda keys: os.write(keyboard, keys), wait_for

    def test_the_console_sets_an_address_and_a_proxy_as_one_change(self):
        down, up, enter, f2 = b"\t", b"\x1b[A", b"\r", b"\x1b[[B"
        keys, wait_for = self.console()
        wait_for(b"F2 settings")
        keys(f2)
        wait_for(b"New PIN")
        keys(b"270182" + enter)
        wait_for(b"Once more")
        keys(b"270182" + enter)
        wait_for(b"Leave the settings")
        keys(enter)
        wait_for(b"Take these values")
        keys(down + b"192.0.2.10/24" + down + b"192.0.2.1" + down * 6 + enter)
        wait_for(b"2 changes")
        keys(up * 2 + enter)
        wait_for(b"Reached without it")
        keys(b"\x7f" * 40 + b"http://192.0.2.9:3128" + up + enter)
        wait_for(b"3 changes")
        self.link("down")
        keys(down + enter)
        wait_for(b"Kept.")
        self.assertEqual(json.loads((self.root / "data/appliance/overrides.json").read_text()),
                         {"gateway4": "192.0.2.1", "ipv4": "192.0.2.10/24", "proxy": "http://192.0.2.9:3128"})

    def test_the_console_asks_before_it_keeps_a_value_that_is_warned_of_and_names_the_code_of_a_wrong_one(self):
        down, up, enter, f2 = b"\t", b"\x1b[A", b"\r", b"\x1b[[B"
        self.assertEqual(subprocess.run([PROGRAMS / "pcg-appliance", "answer", "--root", self.root], text=True, check=True,
                                        input=json.dumps({"do": "pin-set", "pin": "270182"}) + "\n", capture_output=True).returncode, 0)
        keys, wait_for = self.console()
        wait_for(b"F2 settings")
        keys(f2)
        wait_for(b"PIN:")
        keys(b"270182" + enter)
        wait_for(b"Leave the settings")
        keys(down + enter)
        wait_for(b"Take these values")
        certificate = "-----BEGIN CERTIFICATE-----\n" + OLD_CA + "\n-----END CERTIFICATE-----\n"
        keys(down + base64.b64encode(certificate.encode()) + up * 2 + enter)
        wait_for(b"1 change")
        keys(enter)
        wait_for(b"It is only a warning")
        keys(b"yes" + enter)
        wait_for(b"Kept.")
        keys(enter + enter)
        wait_for(b"Take these values")
        keys(down + b"10.0.0.5/255.0.255.0" + down * 7 + enter)
        wait_for(b"1 change")
        keys(enter)
        wait_for(b"appliance.property.ipv4")

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
