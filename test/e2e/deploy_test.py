#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Deployments through the whole system: the control plane clones machines at a vCenter that only a gateway reaches.

The control plane is killed (-9) at random moments; afterwards exactly the wished machines are there.
"""
import base64
import hashlib
import json
import os
import pathlib
import random
import time
import unittest

import deploy_case
from deploy_case import cloud, process

TEMPLATE = "DC0/vm/ubuntu-22.04"
SEED = int(os.environ.get("PCG_SEED") or time.time_ns() % 1_000_000)


class Deployments(deploy_case.DeploymentCase):
    @classmethod
    def add_endpoint(cls):
        target = cls.lab.start_vcenter("vcenter-dc1", ["-template", "ubuntu-22.04"])
        return cls.lab.add_endpoint(cls.tenant, cls.gateway, "vc1", target, "deploy")

    def give_key(self):
        self.call("PUT", self.path + "/orchestrator-key",
                  {"username": self.endpoint["username"], "password": self.endpoint["password"]})

    def spec(self, deployment, **more):
        return {"name": deployment, "gateway_id": self.gateway.id, "endpoint_id": self.endpoint["id"],
                "control_plane_count": 1, "worker_count": 2, "template": TEMPLATE, **more}

    def expect_machines(self, deployment, prefix):
        """The deployment's machines are those of its name at the vCenter, once each."""
        present = {name: item for name, item in self.names("vms").items() if name.startswith(prefix)}
        wished = {machine["name"]: machine for machine in deployment["machines"]}
        self.assertEqual(sorted(present), sorted(wished))
        for name, machine in wished.items():
            self.assertEqual(machine["vm"], present[name]["id"])
            self.assertEqual(present[name]["power"], "poweredOn")
            self.assertTrue(machine["addresses"], machine)

    def test_1_without_a_key_it_gets_one_from_the_gateway_or_says_what_to_do(self):
        self.gateway.ctl("remote", "deny", "keys")
        try:
            status, content = self.api().call("GET", self.path + "/inventory?kind=vms")
        finally:
            self.gateway.ctl("remote", "allow", "all")
        self.assertEqual(status, 409)
        self.assertIn("orchestrator-key", content["detail"])
        self.assertIn("pcgctl remote allow keys", content["detail"])

        auditor = self.call("POST", "/api/v1/tokens", {"label": "reads", "role": "auditor"}, 201)["token"]
        reader = cloud.Api(self.lab.controlplane["url"], self.lab.controlplane["ca"], auditor)
        status, content = reader.call("GET", self.path + "/inventory?kind=vms")
        self.assertEqual((status, content["code"]), (409, "deploy.no_access_key"))
        self.assertIn("Ask an operator or admin", content["detail"])
        self.assertEqual(self.own_keys(), [])

        self.assertEqual(len(self.names("vms")), 4)
        self.assertEqual(reader.call("GET", self.path + "/inventory?kind=vms")[0], 200)
        mine = self.own_keys()
        self.assertEqual([key["role"] for key in mine], ["deploy"])
        self.assertEqual(self.call("GET", self.path + "/orchestrator-key")["username"], mine[0]["id"])

    def test_2_the_inventory_is_shown_by_kind_and_page_by_page(self):
        self.give_key()

        self.assertEqual(sorted(self.names("templates")), ["ubuntu-22.04"])
        self.assertEqual(self.names("templates")["ubuntu-22.04"]["path"], TEMPLATE)
        self.assertEqual(len(self.names("vms")), 4)
        self.assertEqual(sorted(self.names("datacenters")), ["DC0"])
        self.assertEqual(self.names("clusters")["DC0_C0"]["path"], "DC0/host/DC0_C0")
        self.assertEqual(self.names("hosts")["DC0_C0_H0"]["path"], "DC0/host/DC0_C0/DC0_C0_H0")
        self.assertIn("LocalDS_0", self.names("datastores"))
        self.assertIn("VM Network", self.names("networks"))
        self.assertIn("vm", self.names("folders"))
        status, content = self.api().call("GET", self.path + "/inventory?kind=pools")
        self.assertEqual((status, content["field"]), (400, "kind"))

    def test_3_a_plan_names_the_wrong_member_and_makes_nothing(self):
        self.give_key()
        plan = self.call("POST", "/api/v1/deployments/plan", self.spec("planned"))
        self.assertEqual([one["name"] for one in plan["machines"]],
                         ["planned-cp-1", "planned-worker-1", "planned-worker-2"])
        for member, value in (("template", "DC0/vm/nothing"), ("folder", "DC0/vm/ubuntu-22.04"), ("network", "no-net")):
            status, content = self.api().call(
                "POST", "/api/v1/deployments/plan", self.spec("planned", **{member: value}), timeout=30)
            self.assertEqual((status, content.get("field")), (422, member), content)
        status, content = self.api().call(
            "POST", "/api/v1/deployments", {**self.spec("planned"), "template": None, "image": "jammy"})
        self.assertEqual((status, content.get("field")), (400, "image"), content)
        self.assertIn("vCenter", content["detail"])
        for member, value in (("name", "No!"), ("worker_count", 101), ("control_plane_count", 2),
                              ("ssh_keys", ["ssh-rsa nonsense"]), ("user_data", "hello")):
            status, content = self.api().call("POST", "/api/v1/deployments", self.spec("planned", **{member: value}))
            self.assertEqual((status, content.get("field")), (400, member), content)
        self.assertEqual(self.call("GET", "/api/v1/deployments")["items"], [])

    def test_4_machines_are_made_scaled_and_removed(self):
        self.give_key()
        user_data = "#cloud-config\npassword: canary-5a1f\n"
        spec = self.spec("k8s", cpu=2, memory_mib=2048, network="DC0/network/DC0_DVPG0", user_data=user_data)
        made = self.call("POST", "/api/v1/deployments", spec, 201)
        self.assertEqual(made["spec"]["user_data_sha256"], hashlib.sha256(user_data.encode()).hexdigest())
        self.assertNotIn("canary", json.dumps(made))
        status, content = self.api().call("POST", "/api/v1/deployments", self.spec("k8s"))
        self.assertEqual((status, content["field"]), (409, "name"))

        ready = self.wait(made["id"], "ready")
        self.assertEqual(ready["progress"], {"done": 3, "total": 3})
        self.expect_machines(ready, "k8s-")
        self.assertEqual(self.names("vms")["k8s-cp-1"]["memory_mib"], 2048)

        self.call("POST", f"/api/v1/deployments/{made['id']}/scale", {"control_plane_count": 1, "worker_count": 4}, 202)
        self.expect_machines(self.wait(made["id"], "ready"), "k8s-")

        self.call("POST", f"/api/v1/deployments/{made['id']}/scale", {"control_plane_count": 1, "worker_count": 1}, 202)
        self.expect_machines(self.wait(made["id"], "ready"), "k8s-")

        foreign, content = self.api(self.other).call("GET", f"/api/v1/deployments/{made['id']}")
        self.assertEqual(foreign, 404, content)

        self.call("DELETE", f"/api/v1/deployments/{made['id']}", expect=202)
        self.wait(made["id"], "gone")
        self.assertEqual(len(self.names("vms")), 4)

        destroyed = process.wait_for(
            lambda: [row for row in self.acts("destroyed") if row["target"]["id"] == made["id"]][4:], 15, "the audit")
        self.assertEqual(len(destroyed), 1)  # the fifth
        for action in ("machine_cloned", "machine_customised", "powered_on", "powered_off", "destroyed"):
            rows = [row for row in self.acts(action)
                    if row["target"]["id"] == made["id"] and row["outcome"] == "success"]
            self.assertEqual(len(rows), 5, action)
            for row in rows:
                self.assertEqual(row["actor"], {"kind": "orchestrator", "name": "orchestrator"})
                self.assertIsNotNone(row["duration_ms"])
                self.assertTrue(row["target"]["name"].startswith("k8s-"), row)

    def test_5_kills_at_random_moments_leave_neither_a_duplicate_nor_an_orphan(self):
        self.call("DELETE", self.path + "/orchestrator-key", expect=204)  # so that it needs its own again
        chance = random.Random(SEED)
        made = self.call("POST", "/api/v1/deployments", self.spec("crash"), 201)
        for round_, counts in enumerate([None, (1, 4), (3, 1)]):
            if counts:
                self.call("POST", f"/api/v1/deployments/{made['id']}/scale",
                          {"control_plane_count": counts[0], "worker_count": counts[1]}, 202)
            self.kill_controlplane_after(chance.uniform(0, 1.5), f"seed {SEED}, round {round_}")
        self.expect_machines(self.wait(made["id"], "ready"), "crash-")

        self.call("DELETE", f"/api/v1/deployments/{made['id']}", expect=202)
        self.kill_controlplane_after(chance.uniform(0, 1.0), f"seed {SEED}, delete")
        self.wait(made["id"], "gone")
        self.assertEqual(len(self.names("vms")), 4)
        self.assertEqual(len(self.own_keys()), 1)

    def test_6_no_secret_is_in_a_log(self):
        log = pathlib.Path(self.lab.directory / "controlplane.log").read_text(encoding="utf-8", errors="replace")
        for secret in (self.endpoint["password"], "canary-5a1f", base64.b64encode(b"canary-5a1f").decode()):
            self.assertNotIn(secret, log)


if __name__ == "__main__":
    unittest.main(verbosity=2)
