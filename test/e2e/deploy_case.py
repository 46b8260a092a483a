# SPDX-License-Identifier: Apache-2.0
"""What the tests of deployments share: a lab with two tenants, one of which has a gateway, and the control plane's API."""
import json
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import cloud  # noqa: E402
import lab  # noqa: E402
import process  # noqa: E402

PROGRAMS = lab.default_programs()
PATIENCE = 240


class DeploymentCase(unittest.TestCase):
    """Starts a lab once per class; add_endpoint() is the class's own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="pcg-deploy-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.lab = lab.Lab(pathlib.Path(cls.folder.name) / "lab", PROGRAMS)
        cls.addClassCleanup(cls.lab.down)
        cls.lab.prepare()
        cls.lab.start_controlplane()
        cls.tenant = cls.lab.add_tenant("acme")
        cls.other = cls.lab.add_tenant("globex")
        cls.gateway = cls.lab.add_gateway(cls.tenant, "dc1")
        cls.endpoint = cls.add_endpoint()
        cls.path = f"/api/v1/gateways/{cls.gateway.id}/endpoints/{cls.endpoint['id']}"

    def api(self, tenant=None):
        return self.lab.api(tenant or self.tenant)

    def call(self, method, path, body=None, expect=200):
        status, content = self.api().call(method, path, body, timeout=60)
        self.assertEqual(status, expect, cloud.problem(content))
        return content

    def names(self, kind):
        found, cursor = {}, ""
        while cursor is not None:
            page = self.call("GET", f"{self.path}/inventory?kind={kind}&limit=3&cursor={cursor}")
            found.update({item["name"]: item for item in page["items"]})
            cursor = page["next_cursor"]
        return found

    def wait(self, identifier, wanted):
        def look():
            try:
                status, found = self.api().call("GET", f"/api/v1/deployments/{identifier}")
            except OSError:
                return None
            if status == 404:
                return "gone" if wanted == "gone" else None
            if status != 200:
                return None
            self.last = found
            if found["state"] == "failed" and wanted != "failed" and not found["progress"]["done"]:
                raise process.StepError("it failed")
            return found if found["state"] == wanted else None

        try:
            return process.wait_for(look, PATIENCE, f"the deployment to be {wanted}")
        except process.StepError as error:
            raise AssertionError(f"{error}; it is {json.dumps(getattr(self, 'last', None), indent=1)}") from error

    def own_keys(self):
        """What the orchestrator had the gateway make for itself."""
        keys = self.call("GET", self.path + "/keys?limit=200")["items"]
        return [key for key in keys if key["label"].startswith("orchestrator ")]

    def acts(self, action):
        return self.call("GET", f"/api/v1/audit?limit=200&action=deployment.{action}")["items"]

    def kill_controlplane_after(self, seconds, what):
        time.sleep(seconds)
        self.kill_controlplane(what)

    def kill_controlplane(self, what):
        self.lab.say(f"kill -9 of the control plane ({what})")
        self.lab.kill("controlplane")
        self.lab.restart_controlplane()
        process.wait_for(lambda: self.api().is_online(self.gateway.id), 90, "the gateway to be back")
