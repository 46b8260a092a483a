#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A tenant gives a gateway back: whether it hears of it or was off, it forgets the tenant and offers itself anew."""
import e2e


class Release(e2e.EndToEnd):
    tenants = 2

    def release(self, tenant):
        status, _ = self.api(tenant).call("DELETE", f"/api/v1/gateways/{self.gateway(tenant).id}")
        self.assertIn(status, (200, 204))

    def assert_nobodys(self, one, before):
        one.wait_for_pairing("offered")
        status = one.ctl("status", "--json")
        self.assertEqual(status["endpoints"], [])
        self.assertEqual(status["gateway_id"], before, "the identity is the gateway's own")
        self.assertEqual(one.ctl("key", "list", "--json")["keys"], [])

    def test_while_the_gateway_is_online(self):
        one = self.gateway(0)
        self.release(0)
        self.assert_nobodys(one, one.id)

    def test_while_the_gateway_is_off(self):
        one = self.gateway(1)
        self.lab.kill(one.process_name)
        self.release(1)
        self.lab.restart(one.process_name)
        self.assert_nobodys(one, one.id)


if __name__ == "__main__":
    e2e.run()
