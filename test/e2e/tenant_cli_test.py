#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of `pcg` against the real control plane, a paired gateway and the vCenter simulator.

`pcg pair` has its own test (pairing_test.py); here it has paired the lab's gateway.
"""
import csv
import hashlib
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import time

import e2e

CANARY = "canary-51d2-pass word\"%s"
TEMPLATE = "DC0/vm/ubuntu-22.04"


class TenantCli(e2e.EndToEnd):
    ran = set()  # "gateways list"

    @classmethod
    def bring_up(cls):
        cls.lab.prepare()
        cls.lab.start_controlplane()
        cls.tenant = cls.lab.add_tenant("acme")
        cls.one = cls.lab.add_gateway(cls.tenant, "dc1")
        cls.vc = cls.lab.start_vcenter("vcenter-dc1", ["-template", "ubuntu-22.04"])

    # --- how it is called -----------------------------------------------------------------------------------

    def words(self, *words, token=None):
        self.ran.add(" ".join(word for word in words[:2] if not word.startswith("-")))
        return [str(self.lab.program("pcg")), *words, "--server", self.lab.controlplane["url"],
                "--ca", self.lab.controlplane["ca"], "--token-file", token or self.tenant["token_file"]]

    def pcg(self, *words, expect=0, token=None):
        """What it prints; on failure what it complains of."""
        done = subprocess.run(self.words(*words, token=token), capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=60, start_new_session=True)
        self.assertEqual(done.returncode, expect, (words, done.stdout, done.stderr))
        return done.stdout if expect == 0 else done.stderr

    def json(self, *words, **options):
        return json.loads(self.pcg(*words, "--json", **options))

    def items(self, *words):
        answer = self.json(*words)
        self.assertIsNone(answer["next_cursor"])
        return answer["items"]

    def at_terminal(self, answers, *words, expect=0):
        """Runs it on a terminal of its own and answers its questions: [(what it asks, what is typed)]."""
        command = self.words(*words)
        child, terminal = pty.fork()
        if child == 0:
            os.execv(command[0], command)
        said, until = "", time.monotonic() + 60
        waiting = list(answers)
        while time.monotonic() < until:
            if select.select([terminal], [], [], 1)[0]:
                try:
                    piece = os.read(terminal, 4096)
                except OSError:  # the other end has closed it
                    piece = b""
                if not piece:
                    break
                said += piece.decode()
            if waiting and re.search(waiting[0][0], said):
                os.write(terminal, (waiting.pop(0)[1] + "\n").encode())
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), expect, said)
        self.assertFalse(waiting, said)
        return said

    def secret_file(self, name, content):
        path = pathlib.Path(self.lab.directory) / name
        e2e.process.write_atomically(path, content + "\n")
        return str(path)

    def state_of(self, deployment):
        found = [one["state"] for one in self.items("deploy", "list") if one["id"] == deployment]
        return found[0] if found else "gone"

    def answered(self, path):
        status, content = self.api().call("GET", path, timeout=30)
        return content if status == 200 else None

    def wait_until(self, deployment, state):
        e2e.process.wait_for(lambda: self.state_of(deployment) == state, 60, f"the deployment to be {state}")

    # --- the tests ------------------------------------------------------------------------------------------

    def test_1_whose_token_it_is_and_the_tenants_gateways(self):
        self.assertIn("acme", self.pcg("me"))
        self.assertEqual(self.json("me", "show")["tenant"]["id"], self.tenant["id"])

        gateways = self.items("gateways", "list")
        self.assertEqual([(one["id"], one["state"]) for one in gateways], [(self.one.id, "online")])
        self.assertRegex(self.pcg("gateways"), rf"^ID +NAME +KIND +STATE +VERSION\n{self.one.id}  dc1 +paired +online ")
        self.assertEqual(self.items("gateways", "list", "--q", "nothing"), [])
        self.assertEqual(self.items("gateways", "list", "--state", "offline"), [])
        self.assertIn('"state"', self.pcg("gateways", "list", "--state", "maybe", expect=1))

        self.assertEqual(self.json("gateways", "rename", self.one.id, "west")["name"], "west")
        self.assertIn("name: west", self.pcg("gateways", "show", self.one.id))
        self.assertIn("online", self.pcg("gateways", "timeline", self.one.id))
        self.assertTrue(self.json("gateways", "recover", self.one.id)["until"])

    def test_2_users_and_tokens(self):
        made = self.json("users", "add", "bob", "--role", "auditor")
        self.assertTrue(made["password"])
        self.assertIn("already", self.pcg("users", "add", "bob", "--role", "auditor", expect=5))
        self.assertEqual(self.json("users", "role", "bob", "--role", "operator")["role"], "operator")
        self.assertIn("role: operator", self.pcg("users", "show", "bob"))
        self.assertNotEqual(self.json("users", "reset-password", "bob")["password"], made["password"])
        self.assertEqual([one["username"] for one in self.items("users", "list")], ["admin", "bob"])

        token = self.json("tokens", "add", "ci", "--role", "auditor", "--expires-in", "3600")
        self.assertTrue(token["expires_at"])
        self.assertIn("expires_at: -", self.pcg("tokens", "add", "for ever", "--role", "operator"))
        self.assertEqual({one["label"] for one in self.items("tokens", "list")} & {"ci", "for ever"}, {"ci", "for ever"})
        auditor = self.secret_file("auditor.token", token["token"])
        self.assertEqual(self.json("gateways", "list", token=auditor)["items"][0]["id"], self.one.id)
        self.assertIn("admin", self.pcg("users", "add", "eve", "--role", "admin", token=auditor, expect=3))
        self.pcg("tokens", "remove", token["id"])
        self.assertIn("token", self.pcg("gateways", "list", token=auditor, expect=3))
        self.pcg("users", "remove", "bob")
        self.assertIn("no such", self.pcg("users", "show", "bob", expect=4))

    def test_3_an_endpoint_whose_certificate_is_shown_and_approved(self):
        said = self.at_terminal(
            [("Password of .*: ", self.vc["password"]), (r"\[y/N\] ", "y")],
            "endpoints", "add", self.one.id, "VC1", "--address", self.vc["url"] + "/ui/", "--username", self.vc["username"])
        self.assertIn(self.one.id, said)
        self.assertNotIn(self.vc["password"], said)
        self.assertIn(certificate_of(self.vc), said)
        endpoint = self.items("endpoints", "list", self.one.id)[0]
        self.assertEqual((endpoint["name"], endpoint["state"]), ("vc1", "ok"), said)
        type(self).vc1 = endpoint["id"]

        key = self.json("keys", "add", self.one.id, self.vc1, "ci", "--role", "full", "--expires-in", "3600")
        target = {"url": endpoint["ingress_url"], "username": key["username"], "password": key["password"],
                  "ca": self.lab.controlplane["ca"]}
        self.assert_works(self.call(target=target))
        self.assertEqual([(one["label"], one["role"]) for one in self.items("keys", "list", self.one.id, self.vc1)],
                         [("ci", "full")])

        wrong = self.secret_file("wrong", CANARY)
        right = self.secret_file("right", self.vc["password"])
        credentials = ["endpoints", "credentials", self.one.id, self.vc1, "--username", self.vc["username"]]
        self.assertEqual(self.json(*credentials, "--address", self.vc["url"], "--password-file", wrong)["state"],
                         "bad_credentials")
        refused = self.pcg(*credentials, "--address", "elsewhere.example", "--password-file", wrong, expect=1)
        self.assertIn("another address", refused)
        self.assertIn("state: ok", self.pcg(*credentials, "--address", self.vc["url"], "--password-file", right))
        self.assertEqual(self.json("endpoints", "check", self.one.id, self.vc1)["state"], "ok")
        self.assertIn("vc1", self.pcg("endpoints", "show", self.one.id, self.vc1))

        self.pcg("keys", "remove", self.one.id, self.vc1, key["id"])
        self.assertFalse(self.call(target=target).ok)

    def test_3_an_endpoint_of_a_maas(self):
        maas = self.lab.start_maas("maas-dc1")
        given = ["--address", maas["url"], "--api-key-file", maas["api_key_file"]]
        made = self.json("endpoints", "add", self.one.id, "m1", "--kind", "maas", *given,
                         *(["--pin-sha256", maas["pin"]] if "pin" in maas else ["--ca-file", maas["ca"]]))
        self.assertEqual((made["kind"], made["state"]), ("maas", "ok"), made)
        self.assertEqual(self.json("endpoints", "credentials", self.one.id, made["id"], *given)["state"], "ok")
        self.assertIn("three parts", self.pcg("endpoints", "credentials", self.one.id, made["id"], "--address", maas["url"],
                                              "--api-key-file", self.secret_file("no-key", "consumer:token"), expect=2))
        self.pcg("endpoints", "remove", self.one.id, made["id"])

    def test_4_an_endpoint_without_a_terminal(self):
        password = self.secret_file("right", self.vc["password"])
        add = ["endpoints", "add", self.one.id, "--address", self.vc["url"], "--username", self.vc["username"]]
        self.assertIn("--password-file", self.pcg(*add, "vc2", expect=2))
        self.assertIn("--pin-sha256", self.pcg(*add, "vc2", "--password-file", password, "--ca-file", self.vc["ca"],
                                               "--pin-sha256", "0" * 64, expect=2))
        by_ca = self.json(*add, "vc2", "--password-file", password, "--ca-file", self.vc["ca"])
        self.assertEqual(by_ca["state"], "ok", by_ca)
        by_pin = self.json(*add, "vc3", "--password-file", password, "--pin-sha256", certificate_of(self.vc).upper())
        self.assertEqual(by_pin["state"], "ok", by_pin)
        self.assertIn("already", self.pcg(*add, "vc3", "--password-file", password, expect=5))

        waits = self.json(*add, "vc4", "--password-file", password)
        self.assertEqual(waits["state"], "untrusted", waits)
        self.assertIn("certificate", self.pcg("endpoints", "approve", self.one.id, waits["id"], "0" * 64, expect=5))
        self.assertIn("SHA256", self.pcg("endpoints", "approve", self.one.id, waits["id"], expect=2))
        said = self.at_terminal([(r"\[y/N\] ", "n")], "endpoints", "approve", self.one.id, waits["id"], expect=1)
        self.assertIn(certificate_of(self.vc), said)
        approved = self.json("endpoints", "approve", self.one.id, waits["id"], certificate_of(self.vc))
        self.assertEqual(approved["state"], "ok")
        for one in (by_ca, by_pin, waits):
            self.pcg("endpoints", "remove", self.one.id, one["id"])
        self.assertEqual([one["name"] for one in self.items("endpoints", "list", self.one.id)], ["vc1"])

    def test_5_deployments(self):
        spec = {"name": "k8s", "gateway_id": self.one.id, "endpoint_id": self.vc1, "control_plane_count": 1,
                "worker_count": 0, "template": TEMPLATE}
        file = self.secret_file("spec.json", json.dumps(spec))
        self.assertIn("k8s-cp-1", self.pcg("deploy", "plan", file))
        self.assertIn("worker_count", self.pcg("deploy", "create", self.secret_file("bad.json", json.dumps(
            {**spec, "worker_count": 101})), expect=1))
        self.assertIn("JSON", self.pcg("deploy", "create", self.secret_file("none.json", "nothing"), expect=1))
        made = self.json("deploy", "create", file)["id"]
        self.assertIn("name", self.pcg("deploy", "create", file, expect=5))
        self.wait_until(made, "ready")
        self.assertIn("k8s-cp-1", self.pcg("deploy", "show", made))
        self.assertRegex(self.pcg("deploy"), "k8s +ready +1 +1 ")
        scaled = self.json("deploy", "scale", made, "--control-planes", "1", "--workers", "1")
        self.assertEqual(len(scaled["machines"]), 2)
        self.wait_until(made, "ready")
        self.assertEqual(self.json("deploy", "retry", made)["state"], "ready")
        self.assertEqual(self.json("deploy", "delete", made)["state"], "deleting")
        self.wait_until(made, "gone")
        self.assertIn("no such", self.pcg("deploy", "show", made, expect=4))

    def test_5b_a_deployment_whose_gateway_does_not_come_back(self):
        spec = {"name": "lost", "gateway_id": self.one.id, "endpoint_id": self.vc1, "control_plane_count": 1,
                "worker_count": 0, "template": TEMPLATE}
        made = self.json("deploy", "create", self.secret_file("spec.json", json.dumps(spec)))["id"]
        self.wait_until(made, "ready")
        self.assertIn("Delete it first", self.pcg("deploy", "abandon", made, expect=5))
        self.lab.kill(self.one.process_name)
        try:
            self.pcg("deploy", "delete", made)
            self.assertEqual(self.state_of(made), "deleting")
            left = self.json("deploy", "abandon", made)["left_behind"]
            self.assertEqual([one["name"] for one in left], ["lost-cp-1"])
            self.assertEqual(self.state_of(made), "gone")
        finally:
            self.lab.restart(self.one.process_name)
        inventory = f"/api/v1/gateways/{self.one.id}/endpoints/{self.vc1}/inventory?kind=vms&limit=200"
        e2e.process.wait_for(lambda: self.answered(inventory), 60, "the gateway to be back", log=self.one.log)
        vms = self.items("endpoints", "inventory", self.one.id, self.vc1, "--kind", "vms")
        self.assertEqual([one["id"] for one in vms if one["name"] == "lost-cp-1"], [left[0]["vm"]], "it stays untouched")
        rows = e2e.process.wait_for(
            lambda: self.items("audit", "list", "--action", "deployment.left_behind"), 15, "the audit")
        self.assertEqual((rows[0]["target"]["id"], rows[0]["target"]["name"]), (made, "lost-cp-1"))
        self.assertIn(left[0]["instance_uuid"], rows[0]["detail"])
        self.assertTrue(self.items("audit", "list", "--action", "deployment.abandon", "--outcome", "success"))

    def test_5c_uploads(self):
        """The data center has opened no source here; test/e2e/upload_test.py has the rest."""
        endpoint = self.items("endpoints", "list", self.one.id)
        order = self.lab.directory / "order.json"
        order.write_text(json.dumps({
            "gateway_id": self.one.id, "endpoint_id": endpoint[0]["id"] if endpoint else "ep_" + "0" * 26,
            "access_key": {"id": "ak_" + "0" * 26, "secret": "x"}, "source": "https://127.0.0.1/x", "sha256": "0" * 64,
            "max_bytes": 1, "target": {"kind": "datastore", "datacenter": "DC0", "datastore": "d", "path": "x"}}))
        refused = subprocess.run(self.words("uploads", "create", str(order)), capture_output=True, text=True, check=False,
                                 stdin=subprocess.DEVNULL, timeout=60)
        self.assertNotEqual(refused.returncode, 0)
        self.assertEqual(self.items("uploads", "list"), [])
        for verb in ("show", "cancel"):
            self.assertIn("no such upload", self.pcg("uploads", verb, "up_" + "0" * 26, expect=4))

    def test_6_the_audit(self):
        rows = e2e.process.wait_for(lambda: self.items("audit", "list", "--action", "user.add"), 15, "the audit")
        self.assertEqual(rows[-1]["target"]["name"], "bob")
        self.assertIn("user.add", self.pcg("audit", "--action", "user.add", "--outcome", "success"))
        self.assertEqual(self.items("audit", "list", "--q", "nowhere"), [])
        table = list(csv.reader(self.pcg("audit", "export", "--format", "csv").splitlines()))
        self.assertIn("action", table[0])
        lines = [json.loads(line) for line in self.pcg("audit", "export", "--format", "jsonl").splitlines()]
        self.assertEqual(len(lines) >= len(table) - 1 > 10, True)
        self.assertIn("user.add", self.pcg("audit", "report", "--from", "2020-01-01T00:00:00Z"))
        self.assertIn("from", self.pcg("audit", "list", "--from", "yesterday", expect=1))

    def test_6_the_gateways_own_audit_fits_what_the_control_plane_kept(self):
        def told():
            shown = self.pcg("gateways", "audit-heads", self.one.id)
            return shown if "events" in shown else None

        heads = e2e.process.wait_for(told, 15, "heads")
        self.assertIn("heads kept elsewhere: intact", self.one.ctl("audit", "verify", "--heads-file", "-", stdin=heads))

    def test_7_wrong_usage_and_who_cannot_be_reached(self):
        self.assertIn("did you mean gateways?", self.pcg("gatways", "list", expect=2))
        self.assertIn("needs GATEWAY", self.pcg("gateways", "show", expect=2))
        self.assertIn("no such", self.pcg("gateways", "show", "gw_" + "a" * 26, expect=4))
        self.assertIn("gateway id", self.pcg("endpoints", "add", "west", "vc9", "--address", "vc", "--username", "u",
                                             expect=2))
        self.assertIn("not there", self.pcg("gateways", "list", token="/nowhere", expect=1))
        silent = subprocess.run([*self.words("me")[:2], "--server", "https://127.0.0.1:1", "--ca",
                                 self.lab.controlplane["ca"], "--token-file", self.tenant["token_file"]],
                                capture_output=True, text=True, check=False, timeout=30)
        self.assertEqual(silent.returncode, 1, silent)

    def test_8_completion_knows_every_command(self):
        script = subprocess.run([self.lab.program("pcg"), "completion", "bash"], capture_output=True, text=True, check=True)
        ask = "COMP_WORDS=({}); COMP_CWORD={}; _pcg; echo ${{COMPREPLY[@]}}"
        questions = ["pcg ''", "pcg endpoints ''", "pcg endpoints add --", "pcg keys add --role ''"]
        asked = "\n".join(ask.format(one, len(one.split()) - 1) for one in questions)
        done = subprocess.run(["bash", "-c", script.stdout + asked], capture_output=True, text=True, check=True)
        nouns, verbs, options, roles = (set(line.split()) for line in done.stdout.splitlines())
        self.assertLessEqual({"pair", "gateways", "endpoints", "deploy", "audit"}, nouns)
        self.assertLessEqual({"add", "credentials", "approve"}, verbs)
        self.assertLessEqual({"--address", "--username", "--password-file", "--json"}, options)
        self.assertLessEqual({"inventory", "deploy", "full"}, roles)

    def test_9_no_password_is_in_the_control_plane_and_every_command_was_run(self):
        self.pcg("gateways", "release", self.one.id)
        self.assertEqual(self.items("gateways", "list"), [])
        self.assertEqual(self.documented() - self.ran, set())
        folder = pathlib.Path(self.lab.directory)
        for path in [*folder.glob("controlplane/**/*"), *folder.glob("*.log")]:
            if path.is_file():
                for secret in ("canary-51d2", self.vc["password"]):
                    self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def documented(self):
        text = subprocess.run([self.lab.program("pcg"), "--help"], capture_output=True, text=True, check=True).stdout
        return {" ".join(words) for words in re.findall(r"^  pcg ([a-z]+) ([a-z-]+)", text, re.M)
                if words[0] not in ("pair", "completion", "tenants")}  # tenants: the platform's, system_gateway_test


def certificate_of(target):
    return hashlib.sha256(e2e.vcenter.certificate_of(target["url"])).hexdigest()


if __name__ == "__main__":
    e2e.run()
