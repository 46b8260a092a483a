#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A gateway is given back, by its tenant or by its admin: whether both sides hear of it at once or one is off, the
gateway forgets the tenant and offers itself anew, and the same two can pair again."""
import subprocess

import e2e


class Release(e2e.EndToEnd):
    tenants = 4

    def release(self, tenant):
        status, _ = self.api(tenant).call("DELETE", f"/api/v1/gateways/{self.gateway(tenant).id}")
        self.assertIn(status, (200, 204))

    def assert_nobodys(self, one, before):
        one.wait_for_pairing("offered")
        status = one.ctl("status", "--json")
        self.assertEqual(status["endpoints"], [])
        self.assertEqual(status["gateway_id"], before, "the identity is the gateway's own")
        self.assertEqual(one.ctl("key", "list", "--json")["keys"], [])

    def assert_can_pair_again(self, tenant):
        one, described = self.gateway(tenant), self.lab.tenants[tenant]
        one.pair(described["token_file"])
        e2e.process.wait_for(lambda: self.api(tenant).is_online(one.id), 30, "the gateway online again", log=one.log)

    def listed(self, tenant):
        return [found["id"] for found in self.api(tenant).get("/api/v1/gateways")["items"]]

    def test_while_the_gateway_is_online(self):
        one = self.gateway(0)
        self.release(0)
        self.assert_nobodys(one, one.id)
        self.assert_can_pair_again(0)

    def test_while_the_gateway_is_off(self):
        one = self.gateway(1)
        self.lab.kill(one.process_name)
        self.release(1)
        self.lab.restart(one.process_name)
        self.assert_nobodys(one, one.id)
        self.assert_can_pair_again(1)

    def test_by_its_admin_who_must_mean_it(self):
        one = self.gateway(2)
        for typed in ("", "y\n"):
            command = [str(self.lab.program("pcgctl")), "--socket", str(one.socket), "unpair"]
            refused = subprocess.run(command, input=typed, text=True, capture_output=True, timeout=60, check=False)
            self.assertEqual(refused.returncode, 2, refused.stderr)
            self.assertIn("nothing was changed", refused.stderr)
        self.assertEqual(one.pairing()["state"], "active")
        one.ctl("unpair", stdin="unpair\n")
        self.assert_nobodys(one, one.id)
        self.assertNotIn(one.id, self.listed(2))
        self.assertIsNone(one.ctl("unpair", "--yes", check=False), "there is nothing left to unpair")
        self.assert_can_pair_again(2)

    def test_by_its_admin_while_the_control_plane_is_away_and_the_gateway_dies(self):
        one = self.gateway(3)
        self.lab.kill("controlplane")
        one.ctl("unpair", "--yes")
        status = one.ctl("status", "--json")
        self.assertEqual((status["endpoints"], status["pairing"]["state"]), ([], "contacting"))
        self.lab.kill(one.process_name)
        self.lab.restart(one.process_name)
        self.lab.restart_controlplane()
        self.assert_nobodys(one, one.id)
        self.assertNotIn(one.id, self.listed(3))
        self.assert_can_pair_again(3)


if __name__ == "__main__":
    e2e.run()
