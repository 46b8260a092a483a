#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A gateway's disk was copied: two that run at once are seen, and the second to renew puts both into quarantine."""
import json
import shutil

import e2e


class Copied(e2e.EndToEnd):
    """Stops the gateway, copies its state as a backup would, and starts both."""

    arguments = []

    @classmethod
    def bring_up(cls):
        cls.lab.controlplane_arguments = cls.arguments
        cls.lab.up(tenants=1)

    def start_both(self):
        one = self.gateway()
        self.lab.kill(one.process_name)
        copy = one.directory.with_name("copy")
        shutil.copytree(one.directory, copy, ignore=shutil.ignore_patterns("control.sock", "*.log"))
        config = json.loads((copy / "gateway.json").read_text())
        config.update(state_dir=str(copy / "state"), console=str(copy / "console.txt"))
        (copy / "gateway.json").write_text(json.dumps(config))
        self.lab.restart(one.process_name)
        command = [self.lab.program("pcg-gatewayd"), "--config", copy / "gateway.json"]
        self.lab.processes.start("gateway-copy", command, copy / "gateway.log", {"role": "gateway"})
        return one

    def seen(self, one):
        return self.api().gateway(one.id) or {}


class Seen(Copied):
    def test_two_that_run_at_once_are_told_to_the_tenant(self):
        one = self.start_both()
        warning = e2e.process.wait_for(
            lambda: self.seen(one).get("warnings"), 20, "a warning of the copy", log=self.lab.directory / "controlplane.log")
        self.assertIn("Two running gateways use this gateway's identity", warning[0])
        self.assertIn("they connected from 127.0.0.1 and 127.0.0.1", warning[0])
        self.assertTrue(self.api().is_online(one.id), "a warning, no more")


class Quarantined(Copied):
    arguments = ["--token-lifetime", "30s"]

    def test_the_second_to_renew_puts_both_into_quarantine_until_the_tenant_releases_it(self):
        one = self.start_both()
        why = e2e.process.wait_for(
            lambda: "Quarantined" in self.seen(one).get("why", "") and self.seen(one)["why"], 60, "the quarantine",
            log=self.lab.directory / "controlplane.log")
        self.assertIn("pair it again", why)

        def told():
            status = one.ctl("status", "--json")
            return "quarantined" in [warning["code"] for warning in status["warnings"]] and status

        status = e2e.process.wait_for(told, 60, "the gateway to say so", log=one.log)
        self.assertIn("Quarantined", status["link"]["why"])
        self.assertEqual(status["pairing"]["state"], "active", "nothing was forgotten")
        self.assertEqual(len(status["endpoints"]), 1)
        endpoint = self.endpoint()
        e2e.process.wait_for(
            lambda: not e2e.cloud.answers(endpoint["url"], endpoint["ca"]), 30, "calls to be refused", log=one.log)

        # The way out: the copy is stopped, the tenant releases the gateway and pairs it again.
        self.lab.kill("gateway-copy")
        released, _ = self.api().call("DELETE", f"/api/v1/gateways/{one.id}")
        self.assertEqual(released, 204)
        one.wait_for_pairing("offered", 90)
        one.pair(self.lab.tenants[0]["token_file"])
        e2e.process.wait_for(
            lambda: self.api().is_online(one.id), 30, "the gateway to be online again", log=one.log)
        self.assertEqual(self.seen(one)["why"], "")


if __name__ == "__main__":
    e2e.run()
