#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Deployments onto the machines of a MAAS that only a gateway reaches."""
import base64
import email
import hashlib
import json
import pathlib
import unittest

import deploy_maas_case
from deploy_maas_case import MACHINES, maas, process

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me@here"


class MaasDeployments(deploy_maas_case.MaasCase):
    def test_1_the_inventory_is_shown_by_kind_and_page_by_page(self):
        machines = self.names("machines")
        self.assertEqual(len(machines), MACHINES)
        one = machines["node-3"]
        self.assertEqual({name: one[name] for name in ("status", "power", "cpu", "memory_mib", "zone", "pool", "tags")},
                         {"status": "Ready", "power": "off", "cpu": 16, "memory_mib": 32768, "zone": "az1",
                          "pool": "default", "tags": ["virtual"]})
        self.assertEqual(sorted(self.names("zones")), ["az1", "az2", "default"])
        self.assertEqual(sorted(self.names("pools")), ["default", "pool1"])
        self.assertEqual(sorted(self.names("tags")), ["gpu", "virtual"])
        self.assertEqual(self.names("images")["ubuntu/jammy"]["path"], "ubuntu/jammy")
        self.assertEqual(self.names("subnets")["10.0.0.0/16"]["fabric"], "fabric-0")
        self.assertIn("fabric-0", self.names("fabrics"))
        status, content = self.api().call("GET", self.path + "/inventory?kind=templates")
        self.assertEqual((status, content["field"]), (400, "kind"))
        self.assertIn("machines", content["detail"])
        self.assertEqual([key["role"] for key in self.own_keys()], ["deploy"])
        foreign, content = self.api(self.other).call("GET", self.path + "/inventory?kind=zones")
        self.assertEqual(foreign, 404, content)

    def test_2_a_plan_names_the_wrong_member_and_takes_nothing(self):
        plan = self.call("POST", "/api/v1/deployments/plan", self.spec("planned", zone="az1", tags=["gpu"]))
        self.assertEqual(len(plan["machines"]), 3)
        self.assertEqual(plan["placement"], {"image": "ubuntu/jammy", "zone": "az1", "tags": ["gpu"]})
        for member, value in (("image", "nothing"), ("zone", "no-zone"), ("resource_pool", "no-pool"), ("tags", ["no-tag"])):
            status, content = self.api().call(
                "POST", "/api/v1/deployments/plan", self.spec("planned", **{member: value}), timeout=30)
            self.assertEqual((status, content.get("field")), (422, member), content)
        for member, value in (("folder", "DC0/vm"), ("disk_gib", 10), ("zone", 7), ("tags", "gpu")):
            status, content = self.api().call("POST", "/api/v1/deployments", self.spec("planned", **{member: value}))
            self.assertEqual((status, content.get("field")), (400, member), content)
        template = {**self.spec("planned"), "image": None, "template": "DC0/vm/ubuntu"}
        status, content = self.api().call("POST", "/api/v1/deployments", template)
        self.assertEqual((status, content.get("field")), (400, "template"), content)
        self.expect_nothing_taken()

    def test_3_machines_are_installed_scaled_and_given_back(self):
        user_data = "#cloud-config\npassword: canary-7c2e\n"
        made = self.call("POST", "/api/v1/deployments",
                         self.spec("k8s", zone="az1", tags=["virtual"], cpu=4, ssh_keys=[KEY], user_data=user_data), 201)
        self.assertEqual(made["spec"]["user_data_sha256"], hashlib.sha256(user_data.encode()).hexdigest())
        self.assertEqual([one["state"] for one in made["machines"]], ["planned"] * 3)
        ready = self.wait(made["id"], "ready")
        present = self.expect_machines(ready)
        for one in present.values():
            self.assertEqual(one["zone"]["name"], "az1")
            self.assertGreaterEqual(one["cpu_count"], 4)
        told = email.message_from_string(
            base64.b64decode(maas.control(self.maas, f"/_sim/user-data/{next(iter(present))}")).decode())
        parts = [part.get_payload(decode=True).decode() for part in told.walk() if not part.is_multipart()]
        self.assertEqual(parts, [user_data, f'#cloud-config\nssh_authorized_keys:\n  - "{KEY}"\n'])

        self.scale(made["id"], 3)
        self.expect_machines(self.wait(made["id"], "ready"))
        self.scale(made["id"], 1)
        self.expect_machines(self.wait(made["id"], "ready"))
        foreign, content = self.api(self.other).call("GET", f"/api/v1/deployments/{made['id']}")
        self.assertEqual(foreign, 404, content)
        self.remove(made["id"])

        for action in ("machine_allocated", "machine_customised", "machine_installed", "machine_released"):
            rows = process.wait_for(lambda: self.done(action, made["id"])[3:], 15, f"the audit of {action}")
            self.assertEqual(len(rows), 1)  # the fourth
            self.assertEqual(rows[0]["actor"], {"kind": "orchestrator", "name": "orchestrator"})
            self.assertIsNotNone(rows[0]["duration_ms"])

    def done(self, action, identifier):
        return [row for row in self.acts(action) if row["target"]["id"] == identifier and row["outcome"] == "success"]

    def test_4_a_machine_that_cannot_be_installed_goes_back_and_others_are_tried(self):
        maas.control(self.maas, "/_sim/faults", {"fail_install": 1})
        made = self.call("POST", "/api/v1/deployments", self.spec("bumpy", worker_count=0), 201)
        self.expect_machines(self.wait(made["id"], "ready"))
        self.assertEqual(len(self.done("machine_released", made["id"])), 1)
        self.remove(made["id"])

        maas.control(self.maas, "/_sim/faults", {"fail_install": 3})
        made = self.call("POST", "/api/v1/deployments", self.spec("broken", worker_count=0), 201)
        failed = self.wait(made["id"], "failed")["machines"][0]
        self.assertIn("Failed deployment", failed["why"])
        self.assertIn("retry", failed["why"])
        self.assertEqual([one["status_name"] for one in self.taken().values()], ["Failed deployment"])
        self.call("POST", f"/api/v1/deployments/{made['id']}/retry", expect=202)
        self.expect_machines(self.wait(made["id"], "ready"))
        self.remove(made["id"])

    def test_5_where_no_machine_fits_it_says_so(self):
        made = self.call("POST", "/api/v1/deployments", self.spec("huge", cpu=100), 201)
        failed = self.wait(made["id"], "failed")
        self.assertIn("no free machine that fits", failed["machines"][0]["why"])
        self.assertIn("cpu_count", failed["machines"][0]["why"])
        self.remove(made["id"])

    def test_6_what_somebody_released_is_not_taken_back(self):
        made = self.call("POST", "/api/v1/deployments", self.spec("gone", worker_count=0), 201)
        machine = self.wait(made["id"], "ready")["machines"][0]["vm"]
        self.direct.ask("POST", f"machines/{machine}/", [("op", "release")])
        self.wait_status(machine, "Ready")
        taken = self.direct.ask("POST", "machines/", [("op", "allocate"), ("system_id", machine), ("agent_name", "theirs")])
        self.assertEqual(taken.status, 200, taken)
        self.call("DELETE", f"/api/v1/deployments/{made['id']}", expect=202)
        self.wait(made["id"], "gone")
        self.assertEqual(self.direct.ask("GET", f"machines/{machine}/").json["status_name"], "Allocated")
        self.direct.ask("POST", f"machines/{machine}/", [("op", "release")])
        self.expect_nothing_taken()

    def test_7_no_secret_is_in_a_log(self):
        log = pathlib.Path(self.lab.directory / "controlplane.log").read_text(encoding="utf-8", errors="replace")
        secrets = [self.endpoint["api_key"].split(":")[2], self.maas["api_key"].split(":")[2], "canary-7c2e",
                   base64.b64encode(b"canary-7c2e").decode()]
        for secret in secrets:
            self.assertNotIn(secret, log)


if __name__ == "__main__":
    unittest.main(verbosity=2)
