# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: one lab for a whole file, with real processes on loopback."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import client  # noqa: E402
import cloud  # noqa: E402
import lab as lab_module  # noqa: E402
import process  # noqa: E402
import vcenter  # noqa: E402

__all__ = ["client", "cloud", "lab_module", "process", "unittest", "vcenter", "EndToEnd", "PROGRAMS", "run"]

PROGRAMS = pathlib.Path(lab_module.default_programs()).absolute()


class EndToEnd(unittest.TestCase):
    """Starts a lab once per class."""

    tenants = 1

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pcg-e2e-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.lab = lab_module.Lab(pathlib.Path(folder.name) / "lab", PROGRAMS)
        cls.addClassCleanup(cls.lab.down)
        try:
            cls.bring_up()
        except process.StepError as error:
            raise AssertionError(lab_module.explain(cls.lab, error)) from error

    @classmethod
    def bring_up(cls):
        cls.lab.up(tenants=cls.tenants)

    def endpoint(self, tenant=0, gateway=0):
        """What a client of this tenant is given: the ingress, as its vCenter."""
        found = self.lab.tenants[tenant]["gateways"][gateway]["endpoints"][0]
        return {**found, "url": found["ingress_url"]}

    def gateway(self, tenant=0, gateway=0):
        return self.lab.gateways[self.lab.tenants[tenant]["gateways"][gateway]["name"]]

    def api(self, tenant=0):
        return self.lab.api(self.lab.tenants[tenant])

    def upstream(self, tenant=0):
        """The requests that this tenant's vCenter has seen, by SOAP method or by HTTP method and path."""
        target = self.lab.vcenters[f"{self.gateway(tenant).name}/vc1"]
        return [line.get("soap") or f"{line['method']} {line['path']}"
                for line in vcenter.requests_seen(target) if line["event"] == "request"]

    def call(self, kind="govmomi", steps="login,inventory,logout", target=None, **options):
        return client.run(kind, PROGRAMS, target or self.endpoint(), steps=steps, **options)

    def assert_works(self, run):
        self.assertTrue(run.ok, run.text)

    def wait_until_calls_work(self, seconds):
        """A short call every now and then until one works; the bound is what is asserted."""
        endpoint = self.endpoint()
        process.wait_for(lambda: cloud.answers(endpoint["url"], endpoint["ca"]), seconds, "a call that works again",
                         log=self.gateway().log)
        self.assert_works(self.call())


def run():
    unittest.main(verbosity=2)
