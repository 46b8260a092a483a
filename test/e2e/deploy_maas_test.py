#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Deployments onto the machines of a MAAS that only a gateway reaches.

The control plane is killed (-9) at each step of a machine's way; afterwards exactly the wished machines are allocated,
and those of others are as they were.
"""
import base64
import email
import hashlib
import json
import pathlib
import re
import sys
import time
import unittest

import deploy_case
from deploy_case import process

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import maas  # noqa: E402
import maas_http  # noqa: E402

MACHINES = 14
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me@here"
AGENT = "pcg-orchestrator"

# How a step of a machine's way looks in the simulator's log of requests.
STEPS = {
    "choosing": lambda line: line["op"] == "allocate" and "dry_run" in line["parameters"],
    "allocating": lambda line: line["op"] == "allocate" and "agent_name" in line["parameters"],
    "marking": lambda line: line["op"] == "set_workload_annotations",
    "installing": lambda line: line["op"] == "deploy",
    "waiting for the installation": lambda line: line["method"] == "GET" and "id" in line["parameters"],
    "releasing": lambda line: line["op"] == "release",
    "waiting for the release": lambda line: line["method"] == "GET" and re.search(r"machines/\w+/$", line["path"]),
}


class MaasDeployments(deploy_case.DeploymentCase):
    @classmethod
    def add_endpoint(cls):
        cls.maas = cls.lab.start_maas("maas-dc1", ["--machines", str(MACHINES), "--time-scale", "0.005"])
        cls.direct = maas_http.Maas(cls.maas["direct_url"], cls.maas["api_key"])
        # Of others, with the same user: one that is only allocated, and one that is installed.
        cls.foreign = []
        for fields in ([], [("op", "deploy")]):
            taken = cls.direct.ask("POST", "machines/", [("op", "allocate"), ("agent_name", "theirs")]).json["system_id"]
            cls.foreign.append(taken)
            if fields:
                cls.direct.ask("POST", f"machines/{taken}/", fields)
                cls.wait_status(taken, "Deployed")
        return cls.lab.add_maas_endpoint(cls.tenant, cls.gateway, "maas1", cls.maas, "deploy")

    @classmethod
    def wait_status(cls, system_id, status):
        def there():
            return cls.direct.ask("GET", f"machines/{system_id}/").json["status_name"] == status

        process.wait_for(there, 60, f"{system_id} to be {status}")

    def setUp(self):
        self.addCleanup(self.remove_all)

    def remove_all(self):
        """What a test that failed has left."""
        for one in self.call("GET", "/api/v1/deployments")["items"]:
            self.call("DELETE", f"/api/v1/deployments/{one['id']}", expect=202)
            self.wait(one["id"], "gone")

    def tearDown(self):
        maas.control(self.maas, "/_sim/faults", {})
        theirs = [self.direct.ask("GET", f"machines/{one}/").json for one in self.foreign]
        self.assertEqual([one["status_name"] for one in theirs], ["Allocated", "Deployed"])
        self.assertEqual([one["owner_data"] for one in theirs], [{}, {}])

    def spec(self, deployment, **more):
        return {"name": deployment, "gateway_id": self.gateway.id, "endpoint_id": self.endpoint["id"],
                "control_plane_count": 1, "worker_count": 2, "image": "jammy", **more}

    def taken(self):
        """What is not free of what is not others', by its id."""
        machines = self.direct.ask("GET", "machines/").json
        return {one["system_id"]: one for one in machines
                if one["status_name"] != "Ready" and one["system_id"] not in self.foreign}

    def expect_machines(self, deployment):
        present = self.taken()
        wished = {machine["vm"]: machine for machine in deployment["machines"]}
        self.assertEqual(sorted(present), sorted(wished))
        for system_id, machine in wished.items():
            there = present[system_id]
            self.assertEqual(there["status_name"], "Deployed")
            self.assertEqual(there["distro_series"], "jammy")
            self.assertEqual(there["owner_data"]["pcg_deployment"], deployment["id"])
            self.assertEqual(there["owner_data"]["pcg_machine"], machine["name"])
            self.assertEqual(machine["addresses"], there["ip_addresses"])
        return present

    def expect_nothing_taken(self):
        self.assertEqual(sorted(self.taken()), [])

    def scale(self, identifier, workers):
        self.call("POST", f"/api/v1/deployments/{identifier}/scale",
                  {"control_plane_count": 1, "worker_count": workers}, 202)

    def remove(self, identifier):
        self.call("DELETE", f"/api/v1/deployments/{identifier}", expect=202)
        self.wait(identifier, "gone")
        self.expect_nothing_taken()

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

    def kill_when(self, step):
        """Kills the control plane as soon as a request of this step is seen, from now on."""
        log = pathlib.Path(self.maas["requests"])
        before = log.stat().st_size
        self.lab.say(f"waits for {step}")
        end = time.monotonic() + 90

        def seen():
            with log.open("rb") as file:
                file.seek(before)
                lines = [json.loads(line) for line in file.read().splitlines() if line.endswith(b"}")]
            return any(STEPS[step](line) for line in lines if line["agent"] == AGENT)

        yield  # whoever calls begins what leads there
        while not seen():
            self.assertLess(time.monotonic(), end, f"no request of {step}")
            time.sleep(0.001)
        self.kill_controlplane(step)

    def kill_at(self, step, begin):
        waiting = self.kill_when(step)
        next(waiting)
        begin()
        for _ in waiting:
            pass

    def test_6_a_kill_at_any_step_leaves_neither_a_duplicate_nor_an_orphan(self):
        made = self.call("POST", "/api/v1/deployments", self.spec("crash", worker_count=0), 201)
        steps = list(STEPS)
        ups, downs = steps[:5], steps[5:]
        for workers, step in enumerate(ups, 1):
            self.kill_at(step, lambda: self.scale(made["id"], workers))
        self.expect_machines(self.wait(made["id"], "ready"))
        workers = len(ups)
        for step in downs:
            workers -= 1
            self.kill_at(step, lambda: self.scale(made["id"], workers))
        self.expect_machines(self.wait(made["id"], "ready"))
        self.kill_at("releasing", lambda: self.call("DELETE", f"/api/v1/deployments/{made['id']}", expect=202))
        self.wait(made["id"], "gone")
        self.expect_nothing_taken()
        self.assertEqual(len(self.own_keys()), 1)

    def test_7_what_somebody_released_is_not_taken_back(self):
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

    def test_8_no_secret_is_in_a_log(self):
        log = pathlib.Path(self.lab.directory / "controlplane.log").read_text(encoding="utf-8", errors="replace")
        secrets = [self.endpoint["api_key"].split(":")[2], self.maas["api_key"].split(":")[2], "canary-7c2e",
                   base64.b64encode(b"canary-7c2e").decode()]
        for secret in secrets:
            self.assertNotIn(secret, log)


if __name__ == "__main__":
    unittest.main(verbosity=2)
