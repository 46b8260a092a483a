# SPDX-License-Identifier: Apache-2.0
"""What the tests of MAAS endpoints share: a lab with one gateway in front of two simulated MAAS."""
import pathlib
import subprocess
import sys

import e2e

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import maas  # noqa: E402
import maas_http  # noqa: E402

__all__ = ["maas", "maas_http", "MaasCase"]


class MaasCase(e2e.EndToEnd):
    """maas1 is a 3.7 with 500 machines, maas2 a 3.8 with 12; their time runs 200 times as fast."""

    @classmethod
    def bring_up(cls):
        lab = cls.lab
        lab.prepare()
        lab.start_controlplane()
        tenant = lab.add_tenant("acme")
        cls.one = lab.add_gateway(tenant, "dc1")
        cls.first = lab.start_maas("maas1-dc1", ["--machines", "500", "--time-scale", "0.005"])
        cls.second = lab.start_maas("maas2-dc1", ["--machines", "12", "--version", "3.8", "--time-scale", "0.005"])
        cls.described = lab.add_maas_endpoint(tenant, cls.one, "maas1", cls.first, "full")
        cls.described2 = lab.add_maas_endpoint(tenant, cls.one, "maas2", cls.second, "full")

    def setUp(self):
        self.direct = maas_http.Maas(self.first["direct_url"], self.first["api_key"])
        self.gw = maas_http.Maas(self.described["ingress_url"], self.described["api_key"], self.described["ca"])
        self.addCleanup(self.fault)

    @property
    def both(self):
        return [("direct", self.direct), ("gateway", self.gw)]

    def fault(self, **faults):
        """Sets the first simulator's faults; without any, there are none."""
        maas.control(self.first, "/_sim/faults", faults)

    def reached(self):
        """How many requests of clients the first simulator has seen; the gateway's own have no User-Agent."""
        return len(self.seen())

    def seen(self):
        return [line for line in maas.requests_seen(self.first) if line["agent"]]

    def key(self, role):
        return self.one.ctl("key", "create", "--endpoint", "maas1", "--role", role, "--json")["api_key"]

    def log_text(self):
        return self.one.log.read_text(encoding="utf-8", errors="replace")

    def ready_machine(self, api=None):
        answer = (api or self.direct).ask("POST", "machines/", [("op", "allocate")])
        self.assertEqual(answer.status, 200, answer)
        return answer.json["system_id"]

    def wait_status(self, system_id, status, seconds=15):
        def there():
            return self.direct.ask("GET", f"machines/{system_id}/").json["status_name"] == status

        e2e.process.wait_for(there, seconds, f"{system_id} to be {status}")

    def release(self, system_id):
        self.direct.ask("POST", f"machines/{system_id}/", [("op", "release")])
        self.wait_status(system_id, "Ready")

    def gomaasapi(self, url, api_key, ca=None, steps=None):
        """Runs the unmodified client; its lines."""
        words = [str(e2e.PROGRAMS / "maas-client"), "-url", url] + (["-steps", steps] if steps else [])
        # Go trusts the CA that the environment names.
        environment = {"SSL_CERT_FILE": ca} if ca else {}
        completed = subprocess.run(words, input=api_key, text=True, capture_output=True, timeout=90, check=False,
                                   env=environment)
        self.assertEqual(completed.returncode, 0, completed.stdout[-2000:] + completed.stderr)
        return completed.stdout.splitlines()
