#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A tenant administers its endpoints through the API: sealed credentials, a certificate to approve, access keys."""
import json
import pathlib
import subprocess

import e2e

CANARY = "canary-7f3a-pass word\"%s"


class RemoteEndpoints(e2e.EndToEnd):
    @classmethod
    def bring_up(cls):
        cls.lab.prepare()
        cls.lab.start_controlplane()
        cls.tenant = cls.lab.add_tenant("acme")
        cls.one = cls.lab.add_gateway(cls.tenant, "dc1")
        cls.vc = cls.lab.start_vcenter("vcenter-dc1")
        cls.all = f"/api/v1/gateways/{cls.one.id}/endpoints"

    # --- what a portal would do -----------------------------------------------------------------------------

    def ask(self, method, path, body=None, expected=200):
        status, content = self.api().call(method, path, body, timeout=45)
        self.assertEqual(status, expected, content)
        return content

    def seal(self, name, address, password):
        gateway = self.ask("GET", f"/api/v1/gateways/{self.one.id}")
        form = {"gateway_id": gateway["id"], "sealing": gateway["sealing"], "name": name, "kind": "vcenter",
                "address": address, "username": self.vc["username"], "password": password}
        done = subprocess.run([str(self.lab.program("seal-credentials"))], input=json.dumps(form), text=True,
                              capture_output=True, check=False, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def add(self, name, password=None, trust=None, expected=201):
        return self.ask("POST", self.all, {
            "name": name, "kind": "vcenter", "address": self.vc["url"] + "/ui/",
            "trust": trust or {"mode": "ask"}, "credentials": self.seal(name, self.vc["url"], password or self.vc["password"]),
        }, expected)

    def approve(self, endpoint, expected=200):
        return self.ask("POST", f"{self.all}/{endpoint['id']}/certificate",
                        {"sha256": endpoint["presented_certificate"]["sha256"]}, expected)

    def seen(self):
        """How many requests the vCenter got."""
        return len(e2e.vcenter.requests_seen(self.vc))

    def restart_vcenter(self, with_another_certificate):
        record = self.vc["record"]
        self.lab.kill(record["name"])
        directory = pathlib.Path(self.vc["ca"]).parent
        if with_another_certificate:
            (directory / "leaf.pem").unlink()
        (directory / "ready.json").unlink()
        port = self.vc["url"].rsplit(":", 1)[1]
        command = [word for word in record["command"] if not word.startswith("-listen=")]
        self.vc["record"] = self.lab.restart(record["name"], [*command, f"-listen=127.0.0.1:{port}"])
        e2e.process.wait_for(lambda: e2e.process.read_json(directory / "ready.json"), 30, "the vCenter", self.vc["record"])

    def login(self, endpoint, key):
        target = {"url": endpoint["ingress_url"], "username": key["username"], "password": key["password"],
                  "ca": self.lab.controlplane["ca"]}
        return self.call(target=target)

    # --- the tests ------------------------------------------------------------------------------------------

    def test_from_nothing_to_a_call_and_over_a_changed_certificate(self):
        before = self.seen()
        endpoint = self.add("vc1")
        self.assertEqual(endpoint["state"], "untrusted", endpoint)
        self.assertTrue(endpoint["ingress_url"])
        self.assertEqual(self.seen(), before, "nothing is sent before the approval")

        endpoint = self.approve(endpoint)
        self.assertEqual(endpoint["state"], "ok", endpoint)
        key = self.ask("POST", f"{self.all}/{endpoint['id']}/keys", {"role": "full", "label": "ci"}, 201)
        self.assert_works(self.login(endpoint, key))
        listed = self.ask("GET", f"{self.all}/{endpoint['id']}/keys")["items"]
        self.assertEqual([(one["label"], "password" in one) for one in listed], [("ci", False)])
        self.assertTrue(listed[0]["last_used_at"])

        self.restart_vcenter(with_another_certificate=True)
        before = self.seen()
        changed = self.ask("POST", f"{self.all}/{endpoint['id']}/check")
        self.assertEqual(changed["state"], "certificate_changed", changed)
        self.assertNotEqual(changed["certificate"]["sha256"], changed["presented_certificate"]["sha256"])
        self.assertFalse(self.login(endpoint, key).ok)
        self.assertEqual(self.seen(), before, "no call and no credential goes to the other certificate")
        listed = next(one for one in self.ask("GET", self.all)["items"] if one["id"] == endpoint["id"])
        self.assertEqual(listed["state"], "certificate_changed")

        wrong = {"sha256": "0" * 64}
        self.ask("POST", f"{self.all}/{endpoint['id']}/certificate", wrong, 409)
        self.assertEqual(self.approve(changed)["state"], "ok")
        self.assert_works(self.login(endpoint, key))

        self.ask("DELETE", f"{self.all}/{endpoint['id']}/keys/{key['id']}", expected=204)
        self.assertFalse(self.login(endpoint, key).ok)
        self.ask("DELETE", f"{self.all}/{endpoint['id']}", expected=204)
        self.ask("GET", f"{self.all}/{endpoint['id']}", expected=404)

    def test_a_certificate_that_changes_under_calls_is_noticed_by_them(self):
        endpoint = self.approve(self.add("vc2"))
        key = self.ask("POST", f"{self.all}/{endpoint['id']}/keys", {"role": "full"}, 201)
        self.restart_vcenter(with_another_certificate=True)
        self.assertFalse(self.login(endpoint, key).ok)
        e2e.process.wait_for(
            lambda: self.api().get(f"{self.all}/{endpoint['id']}")["state"] == "certificate_changed", 20,
            "the control plane to hear of it", log=self.one.log)
        self.ask("DELETE", f"{self.all}/{endpoint['id']}", expected=204)

    def test_no_credential_is_anywhere_in_the_control_plane(self):
        endpoint = self.approve(self.add("vc3", password=CANARY))
        self.assertEqual(endpoint["state"], "bad_credentials", endpoint)
        folder = pathlib.Path(self.lab.directory)
        searched = [path for path in [*folder.glob("controlplane/**/*"), *folder.glob("*.log")] if path.is_file()]
        self.assertTrue(searched)
        for path in searched:
            content = path.read_bytes()
            for secret in ("canary-7f3a", self.vc["password"]):
                self.assertNotIn(secret.encode(), content, path)
        for path in [*folder.glob("gateways/**/*")]:
            if path.is_file():
                self.assertNotIn(b"canary-7f3a", path.read_bytes(), path)
        self.ask("DELETE", f"{self.all}/{endpoint['id']}", expected=204)

    def test_the_data_center_can_take_it_back_and_says_what_would_do(self):
        self.one.ctl("remote", "deny", "endpoints")
        try:
            refused = self.add("vc4", expected=403)
            self.assertIn("pcgctl remote allow", refused["detail"])
            shown = self.ask("GET", f"/api/v1/gateways/{self.one.id}")["remote"]
            self.assertEqual(shown, {"endpoints": False, "keys": True})
        finally:
            self.one.ctl("remote", "allow", "all")
        endpoint = self.add("vc4")
        self.ask("POST", self.all, {
            "name": "VC4", "kind": "vcenter", "address": self.vc["url"], "trust": {"mode": "ask"},
            "credentials": self.seal("vc4", self.vc["url"], "x")}, 409)
        self.ask("DELETE", f"{self.all}/{endpoint['id']}", expected=204)

    def test_what_the_policy_names_keeps_its_name_and_its_place(self):
        endpoint = self.add("vc6")
        one = f"{self.all}/{endpoint['id']}"
        path = self.lab.directory / "names.jsonc"
        path.write_text('{ "version": 1, "endpoints": { "vc6": { "ceiling": "inventory" } } }', encoding="utf-8")
        self.one.ctl("policy", "set", str(path))
        try:
            refused = self.ask("PATCH", one, {"name": "other"}, 403)
            self.assertIn("pcgctl endpoint", refused["detail"])
            self.ask("DELETE", one, expected=403)
            beside = self.seal("beside", self.vc["url"], "x")
            self.ask("POST", self.all, {"name": "beside", "kind": "vcenter", "address": self.vc["url"],
                                        "trust": {"mode": "ask"}, "credentials": beside}, 403)
        finally:
            self.one.ctl("policy", "remove")
        self.ask("PATCH", one, {"name": "other"}, 200)
        self.ask("DELETE", one, expected=204)

    def test_the_gateway_shows_its_layers(self):
        gateway = self.ask("GET", f"/api/v1/gateways/{self.one.id}")
        self.assertEqual([layer["state"] for layer in gateway["layers"][:3]], ["ok", "ok", "ok"], gateway["layers"])
        self.assertIn("direct to 127.0.0.1", gateway["link"]["path"])
        self.assertLess(abs(gateway["link"]["clock_offset_ms"]), 2000)

    def test_zz_a_gateway_that_is_off_is_named_and_nothing_is_done(self):
        credentials = self.seal("vc5", self.vc["url"], "x")
        self.lab.kill(self.one.process_name)
        refused = self.ask("POST", self.all, {
            "name": "vc5", "kind": "vcenter", "address": self.vc["url"], "trust": {"mode": "ask"},
            "credentials": credentials}, 503)
        self.assertEqual(refused["code"], "gateway.offline")
        self.lab.restart(self.one.process_name)
        e2e.process.wait_for(lambda: self.api().is_online(self.one.id), 45, "the gateway to be back", log=self.one.log)


if __name__ == "__main__":
    e2e.run()
