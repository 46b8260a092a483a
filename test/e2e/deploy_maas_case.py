# SPDX-License-Identifier: Apache-2.0
"""What tests of deployments onto a MAAS begin with: a lab with one, and machines of somebody else in it."""
import pathlib
import sys

import deploy_case
from deploy_case import process

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import maas  # noqa: E402
import maas_http  # noqa: E402

MACHINES = 14


class MaasCase(deploy_case.DeploymentCase):
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
