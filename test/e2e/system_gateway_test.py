#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The platform runs a gateway for one tenant: offered without a code, used like any other, seen by nobody else, and gone
without a trace when it is withdrawn; with kill -9 of everything in between."""
import json
import os
import pathlib
import signal
import subprocess
import urllib.parse

import e2e

OFFER = "/api/v1/tenants/{}/system-gateway"


class SystemGateway(e2e.EndToEnd):
    @classmethod
    def bring_up(cls):
        cls.lab.prepare()
        cls.lab.controlplane_arguments = ["--system-gateway-networks", "127.0.0.0/30", "--system-gateways", "1"]
        cls.lab.start_controlplane()
        cls.mine, cls.other = cls.lab.add_tenant("acme"), cls.lab.add_tenant("globex")
        cls.vc = cls.lab.start_vcenter("vcenter-platform")

    def ask(self, who, method, path, body=None, expected=200):
        status, content = who.call(method, path, body, timeout=60)
        self.assertEqual(status, expected, content)
        return content

    def offered(self):
        """What the operator sees, or nothing while the control plane is away."""
        try:
            return self.lab.operator().call("GET", OFFER.format(self.mine["id"]))[1] or {}
        except OSError:
            return {}

    def log(self):
        return self.lab.directory / "controlplane.log"

    def wait_online(self, other_than=None):
        return e2e.process.wait_for(
            lambda: (now := self.offered()) and now.get("state") == "online" and now["pid"] != other_than and now["pid"]
            and now, 60, "the system gateway to be online", log=self.log())

    def instances(self):
        return list((self.lab.directory / "controlplane" / "sg").iterdir())

    def add_endpoint(self, gateway_id, address, expected=201):
        gateway = self.ask(self.api(0), "GET", f"/api/v1/gateways/{gateway_id}")
        form = {"gateway_id": gateway_id, "sealing": gateway["sealing"], "name": "vc1", "kind": "vcenter",
                "address": address, "username": self.vc["username"], "password": self.vc["password"]}
        sealed = subprocess.run([str(self.lab.program("seal-credentials"))], input=json.dumps(form), text=True,
                                capture_output=True, check=True, timeout=30)
        return self.ask(self.api(0), "POST", f"/api/v1/gateways/{gateway_id}/endpoints", {
            "name": "vc1", "kind": "vcenter", "address": address, "trust": {"mode": "ask"},
            "credentials": json.loads(sealed.stdout)}, expected)

    def works(self, target):
        return e2e.process.wait_for(lambda: self.call(target=target).ok, 60, "a call that works", log=self.log())

    def audited(self):
        rows = self.ask(self.api(0), "GET", "/api/v1/audit?limit=200")["items"]
        return {(row["action"], row["actor"]["kind"]) for row in rows}

    def pcg(self, *words):
        """What the platform's operator is told."""
        command = [str(self.lab.program("pcg")), *words, "--json", "--server", self.lab.controlplane["url"],
                   "--ca", self.lab.controlplane["ca"], "--token-file", self.lab.controlplane["operator_token_file"]]
        said = subprocess.run(command, text=True, capture_output=True, check=False, timeout=30)
        self.assertEqual(said.returncode, 0, said.stderr)
        return json.loads(said.stdout)

    def test_from_the_offer_to_the_withdrawal(self):
        operator = self.lab.operator()
        path = OFFER.format(self.mine["id"])
        self.ask(operator, "GET", path, expected=404)
        self.ask(self.api(0), "PUT", path, {}, 401)
        self.ask(operator, "PUT", path, {}, 201)
        self.ask(operator, "PUT", path, {})
        self.ask(operator, "PUT", OFFER.format(self.other["id"]), {}, 409)  # one is all that may run
        first = self.wait_online()

        self.assertEqual(self.pcg("system-gateways", "show", self.mine["id"])["gateway_id"], first["gateway_id"])
        known = {one["id"] for one in self.pcg("tenants", "list")["items"]}
        self.assertLessEqual({self.mine["id"], self.other["id"]}, known)

        # The tenant finds it in its list, and it is not the tenant's to give away.
        listed = self.ask(self.api(0), "GET", "/api/v1/gateways?kind=system")["items"]
        self.assertEqual([(one["id"], one["kind"], one["name"], one["state"]) for one in listed],
                         [(first["gateway_id"], "system", "system", "online")])
        one = f"/api/v1/gateways/{first['gateway_id']}"
        self.ask(self.api(0), "DELETE", one, expected=403)
        self.ask(self.api(0), "POST", one + "/recovery", {}, 403)
        self.assertEqual(self.ask(self.api(0), "GET", "/api/v1/gateways?kind=paired")["items"], [])

        # An endpoint as with any other gateway; but not outside of what the platform allows.
        port = urllib.parse.urlsplit(self.vc["url"]).port
        outside = self.add_endpoint(first["gateway_id"], f"https://127.0.0.9:{port}")
        self.assertEqual((outside["state"], outside["presented_certificate"]), ("unreachable", None), outside)
        self.assertIn("none of the networks", outside["why"])
        self.ask(self.api(0), "DELETE", f"{one}/endpoints/{outside['id']}", expected=204)
        endpoint = self.add_endpoint(first["gateway_id"], self.vc["url"])
        this = f"{one}/endpoints/{endpoint['id']}"
        self.ask(self.api(0), "POST", this + "/certificate", {"sha256": endpoint["presented_certificate"]["sha256"]})
        key = self.ask(self.api(0), "POST", this + "/keys", {"role": "full", "label": "ci"}, 201)
        target = {"url": endpoint["ingress_url"], "username": key["username"], "password": key["password"],
                  "ca": self.lab.controlplane["ca"]}
        self.assert_works(self.call(target=target))

        # Nobody else's: not in lists, not by id, and the answer is that of what never was.
        stranger = self.api(1)
        self.assertEqual(self.ask(stranger, "GET", "/api/v1/gateways")["items"], [])
        for method, where in (("GET", one), ("DELETE", one), ("GET", one + "/endpoints"), ("GET", this)):
            self.ask(stranger, method, where, expected=404)
        self.ask(stranger, "POST", this + "/keys", {"role": "full", "label": "mine"}, 404)

        # kill -9: of the gateway, which is started again; of the control plane, with which it dies.
        os.kill(first["pid"], signal.SIGKILL)
        second = self.wait_online(other_than=first["pid"])
        self.assertEqual((second["gateway_id"], second["restarts"]), (first["gateway_id"], 1))
        self.works(target)
        self.lab.kill("controlplane")
        e2e.process.wait_for(lambda: e2e.process.start_time(second["pid"]) is None, 10, "the gateway to die too")
        self.lab.restart_controlplane()
        third = self.wait_online(other_than=second["pid"])
        self.assertEqual(third["gateway_id"], first["gateway_id"])
        self.works(target)
        self.assertEqual(len(self.instances()), 1)

        # Withdrawn: the calls are refused, the process is gone, and so are its files.
        self.ask(self.lab.operator(), "DELETE", path, expected=204)
        self.assertIsNone(e2e.process.start_time(third["pid"]))
        self.assertEqual(self.instances(), [])
        self.assertFalse(self.call(target=target).ok)
        self.ask(self.api(0), "GET", one, expected=404)
        self.assertEqual(self.ask(self.api(0), "GET", "/api/v1/gateways")["items"], [])
        self.ask(self.lab.operator(), "DELETE", path, expected=404)
        expected = {(action, "platform") for action in ("system_gateway.offer", "gateway.pair", "system_gateway.withdraw")}
        e2e.process.wait_for(lambda: expected <= self.audited(), 20, "the audit of it", log=self.log())

        # The next one is another one.
        self.ask(self.lab.operator(), "PUT", path, {}, 201)
        self.assertNotEqual(self.wait_online()["gateway_id"], first["gateway_id"])
        # A tenant that leaves takes it along.
        self.ask(self.lab.operator(), "DELETE", f"/api/v1/tenants/{self.mine['id']}", expected=204)
        e2e.process.wait_for(lambda: self.instances() == [], 20, "the files of a tenant that left to be gone", log=self.log())


if __name__ == "__main__":
    e2e.run()
