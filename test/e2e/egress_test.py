#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A gateway that has no network at all but loopback, and the egress process beside it: whatever passes was made there, by what was
configured (docs/adr/0021). Network namespaces of the test's own: root."""
import json
import pathlib
import subprocess
import urllib.parse

import e2e
import network


def place_of(url):
    parts = urllib.parse.urlsplit(url)
    return f"{parts.hostname}:{parts.port}"


class NoNetwork(e2e.EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.network = network.DataCenter()
        cls.addClassCleanup(cls.network.close)
        super().setUpClass()

    @classmethod
    def bring_up(cls):
        lab = cls.lab
        lab.prepare()
        network.run(*cls.network.inside(["ip", "link", "set", "dc0", "down"]))
        lab.processes.placed = lambda name, command: cls.network.inside(command) if name.startswith("gateway-") else command
        cls.config, cls.socket = lab.directory / "egress.json", lab.directory / "egress.sock"
        lab.gateway_settings = {"egress_socket": str(cls.socket)}
        lab.start_controlplane()
        cls.saas = [place_of(lab.controlplane["url"]), place_of(lab.controlplane["bus_url"])]
        target = lab.start_vcenter("vcenter-dc1")
        cls.everything = [*cls.saas, place_of(target["url"])]
        cls.open_gate(cls.everything)
        tenant = lab.add_tenant("acme")
        lab.add_endpoint(tenant, lab.add_gateway(tenant, "dc1"), "vc1", target, "full")

    @classmethod
    def open_gate(cls, hosts):
        e2e.process.write_atomically(cls.config, json.dumps({"socket": str(cls.socket), "hosts": ",".join(hosts)}))
        cls.log = cls.lab.directory / "egress.log"
        cls.lab.processes.start("egress", [cls.lab.program("pcg-egress"), "--config", cls.config], cls.log)
        e2e.process.wait_for(cls.socket.exists, 10, "the egress process", log=cls.log)

    def configure(self, hosts):
        self.lab.kill("egress")
        self.socket.unlink(missing_ok=True)
        self.open_gate(hosts)

    def link(self):
        return self.gateway().ctl("status", "--json")["link"]

    def heal(self):
        self.configure(self.everything)
        self.wait_until_calls_work(60)

    def test_it_pairs_and_serves_by_connections_that_were_made_for_it(self):
        ways = subprocess.run(self.network.inside(["ip", "route"]), capture_output=True, text=True, check=True, timeout=30)
        self.assertEqual(ways.stdout, "", "the gateway has a network of its own")
        self.assert_works(self.call(mebibytes=16))
        self.assertEqual(self.gateway().ctl("controlplane", "check"), "It answers.\n")

    def test_what_was_made_outlives_who_made_it(self):
        self.assertEqual(self.link()["state"], "up")
        self.addCleanup(self.heal)
        self.lab.kill("egress")
        checked = subprocess.run([self.lab.program("pcgctl"), "--socket", self.gateway().socket, "controlplane", "check"],
                                 capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((checked.returncode, "pcg-egress" in checked.stdout), (1, True), checked)
        self.assertEqual(self.link()["state"], "up")

    def test_an_endpoint_that_nobody_named_is_refused_with_what_would_do(self):
        other = self.lab.start_vcenter("vcenter-other")
        one = self.gateway()
        one.add_vcenter("vc2", other)

        def told():
            added = next(found for found in one.ctl("endpoint", "list", "--json")["endpoints"] if found["name"] == "vc2")
            self.assertNotEqual(added["state"], "ok")
            return "`networks`" in added.get("why", "")
        e2e.process.wait_for(told, 30, "the endpoint's state to name what would do", log=one.log)
        self.assertIn("egress.denied", pathlib.Path(self.log).read_text())

    def test_a_bus_that_nobody_named_is_not_reached_and_the_status_names_the_property(self):
        self.addCleanup(self.heal)
        self.configure([place for place in self.everything if place != self.saas[1]])
        self.lab.kill("nats-server")
        self.lab.kill("controlplane")
        self.lab.restart("controlplane")
        e2e.process.wait_for(lambda: "`bus`" in self.gateway().ctl("status"), 60, "the status to name `bus`", log=self.gateway().log)
        self.assertNotEqual(self.link()["state"], "up")


if __name__ == "__main__":
    network.enter()
    e2e.run()
