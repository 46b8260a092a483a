#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pcgctl diagnose and support-bundle at a real, paired gateway: what leaves the machine holds none of its secrets."""
import base64
import io
import json
import pathlib
import subprocess
import tarfile
import tempfile

import e2e


class AtAGateway(e2e.EndToEnd):
    def ctl(self, *words):
        one = self.gateway()
        return subprocess.run([str(one.lab.program("pcgctl")), "--socket", str(one.socket), *words], capture_output=True, check=False,
                              timeout=60)


class Support(AtAGateway):
    def secrets(self):
        """Whatever somebody else must not read: of the endpoint, of a new access key, of the gateway's own files."""
        key = self.gateway().ctl("--json", "key", "create", "--endpoint", self.endpoint()["name"], "--role", "full")
        found = {"endpoint's password": self.endpoint()["direct"]["password"], "access key": key["password"]}
        root_key = (self.gateway().state / "root.key").read_bytes()
        for form, text in (("hex", root_key.hex()), ("base64", base64.b64encode(root_key).decode())):
            found[f"root key in {form}"] = text
        return found

    def test_a_bundle_holds_no_secret(self):
        secrets = self.secrets()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "bundle.tar"
            done = self.ctl("support-bundle", "--out-file", str(path))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            archive = path.read_bytes()
            again = self.ctl("support-bundle", "--out-file", str(path))
            self.assertEqual((again.returncode, path.read_bytes() == archive), (1, True), "it is not written over")
        piped = self.ctl("support-bundle", "--out-file", "-")
        for content in (archive, piped.stdout):
            for name, secret in secrets.items():
                self.assertNotIn(secret.encode(), content, name)
            with tarfile.open(fileobj=io.BytesIO(content)) as members:
                parts = {one.name: members.extractfile(one).read() for one in members.getmembers()}
            self.assertIn(b"Endpoint", parts["pcg-support/diagnosis.txt"])
            self.assertEqual(json.loads(parts["pcg-support/status.json"])["pairing"]["state"], "active")
            self.assertIn(b"were taken out", parts["pcg-support/README.txt"])

    def test_the_ladder_is_a_list_with_what_to_do(self):
        done = self.ctl("diagnose", "--json")
        body = json.loads(done.stdout)
        self.assertEqual((done.returncode, body["ok"]), (0, True), done.stdout)
        self.assertTrue({"Link", "Address", "Gateway"} <= {one["name"] for one in body["rungs"]})
        for one in body["rungs"]:
            self.assertIn(one["state"], ("holds", "waits", "warns", "fails"))
            if one["state"] == "warns":
                self.assertTrue(one["code"].startswith(("ladder.", "gateway.")) and one["remedy"], one)
        self.assertIn(b"Link", self.ctl("diagnose").stdout)

    def test_the_console_says_way_access_and_what_a_stolen_disk_reveals(self):
        one = self.gateway()
        done = subprocess.run([str(one.lab.program("pcg-console")), "--socket", str(one.socket), "--once", "--plain"],
                              capture_output=True, text=True, check=False, timeout=60)
        for text in ("Paired with", "Way            bus: NATS, direct (", "Access not paused", "Stolen disk    Whoever has", "are ok"):
            self.assertIn(text, done.stdout)

    def test_what_is_about_the_appliance_says_so_elsewhere(self):
        for words in (("network", "show"), ("settings", "set", "--remote", "all"), ("reboot",), ("factory-reset", "--yes")):
            done = self.ctl(*words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(b"on the appliance only", done.stderr)
        self.assertEqual(self.ctl("network", "set").returncode, 2)


class ControlPlaneGone(AtAGateway):
    """Yesterday's pairing says nothing of the control plane now."""

    def test_the_rung_of_the_control_plane_fails(self):
        self.lab.kill("controlplane")
        done = self.ctl("diagnose", "--json")
        rungs = {one["name"]: one for one in json.loads(done.stdout)["rungs"]}
        self.assertEqual((done.returncode, rungs["Control plane"]["state"]), (1, "fails"), done.stdout)
        self.assertEqual(rungs["Control plane"]["code"], "ladder.controlplane")
        self.assertEqual(rungs["Pairing"]["state"], "holds")


if __name__ == "__main__":
    e2e.run()
