#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A firewall that lets out TCP 443 and nothing else: the bus is reached by WebSocket, and that is remembered. When the direct
way opens, the link that stands stays, and the next one tries both at once (docs/adr/0016)."""
import json
import pathlib
import shutil
import socket
import ssl
import subprocess

import e2e
import network

BUS = "10.77.0.3"  # another address of the SaaS: its 443 is the bus'
FIREWALL = """
table inet firewall {{
    counter nats {{ }}
    chain out {{
        type filter hook output priority filter; policy drop;
        oif lo accept
        meta l4proto 58 accept
        ct state established,related accept
        tcp dport 4222 counter name nats
        tcp dport {{ {ports} }} accept
        {otherwise}
    }}
}}
"""


class Only443(network.BehindABox):
    otherwise = "counter drop"  # silent

    @classmethod
    def bring_up(cls):
        cls.place()
        network.run("ip", "address", "add", f"{BUS}/24", "dev", "saas0")
        lab = cls.lab
        folder = lab.directory / "broker"
        options = ["--listen", f"{network.SAAS}:443", "--public-host", "saas.example.com"]
        written = subprocess.run(
            [lab.program("pcg-controlplane-sim"), "--state-dir", lab.directory / "controlplane", *options,
             "--write-broker-config", folder, "--broker-listen", f"{BUS}:4222", "--broker-websocket", f"{BUS}:443",
             "--broker-names", BUS], capture_output=True, text=True, timeout=60, check=True)
        server = shutil.which("nats-server") or "/usr/sbin/nats-server"
        lab.processes.start("external-broker", [server, "-c", pathlib.Path(written.stdout.strip())],
                            lab.directory / "external-broker.log", {"role": "broker"})
        lab.controlplane_arguments = [*options, "--broker", "external", "--broker-urls", f"tls://{BUS}:4222,wss://{BUS}"]
        cls.close_firewall()
        lab.start_controlplane()
        cls.pair_one()

    @classmethod
    def firewall(cls, ports):
        rules = FIREWALL.format(ports=ports, otherwise=cls.otherwise)
        subprocess.run(cls.network.inside(["/usr/sbin/nft", "-f", "-"]), input="flush ruleset\n" + rules, text=True,
                       check=True, capture_output=True, timeout=30)

    @classmethod
    def close_firewall(cls):
        cls.firewall("443")

    def link(self):
        status = self.gateway().ctl("status", "--json", check=False)
        return status["link"] if status else {"state": "not there"}

    def wait_for_transport(self, transport, seconds=60):
        def up():
            link = self.link()
            return link if link["state"] == "up" and link.get("transport") == transport else None
        return e2e.process.wait_for(up, seconds, f"the link over {transport}", log=self.gateway().log)

    def test_calls_work_by_websocket_and_everybody_is_told_why(self):
        self.close_firewall()
        self.wait_until_calls_work(60)
        link = self.wait_for_transport("websocket")
        self.assertEqual(link["way"]["text"], "WebSocket, direct")
        self.assertIn(f"{BUS}:4222", link["way"]["why"])
        self.assertIn("WebSocket, direct", self.gateway().ctl("status"))
        self.assertIn("WebSocket, direct", self.api().gateway(self.gateway().id)["link"]["path"])
        self.assert_works(self.call(mebibytes=16))

    def test_after_a_restart_it_need_not_be_found_out_again(self):
        self.only_443()
        name = self.gateway().process_name
        self.lab.kill(name)
        before = len(pathlib.Path(self.gateway().log).read_text())
        self.lab.restart(name)
        self.wait_for_transport("websocket")
        said = pathlib.Path(self.gateway().log).read_text()[before:]
        self.assertNotIn("bus.connect_failed", said)

    def tried_directly(self):
        """How many connections to the broker's own port the firewall has seen begin since its rules were loaded last."""
        said = subprocess.run(self.network.inside(["/usr/sbin/nft", "-j", "list", "counter", "inet", "firewall", "nats"]),
                              capture_output=True, text=True, check=True, timeout=30).stdout
        return next(one["counter"]["packets"] for one in json.loads(said)["nftables"] if "counter" in one)

    def break_link(self):
        self.lab.kill("external-broker")
        self.lab.restart("external-broker")

    def only_443(self):
        """What is connected stays connected, so a link that took the direct way in another test is broken."""
        self.close_firewall()
        if self.link().get("transport") != "websocket":
            self.break_link()
        self.wait_for_transport("websocket")

    def test_a_link_that_stands_stays_where_it_is_when_the_direct_way_opens(self):
        self.only_443()
        self.firewall("443, 4222")
        before = self.tried_directly()
        self.assert_works(self.call(mebibytes=16))
        self.assertEqual((self.link()["transport"], self.tried_directly()), ("websocket", before))

    def test_when_the_direct_way_opens_the_next_link_tries_both_at_once(self):
        self.only_443()
        self.firewall("443, 4222")
        self.break_link()
        self.wait_until_calls_work(60)
        # Whoever arrives first is taken: which one that is nobody can say here, but that NATS was in the race.
        self.assertGreater(self.tried_directly(), 0)

    def test_when_only_the_direct_way_is_open_the_next_link_takes_it_whatever_is_remembered(self):
        self.only_443()
        self.firewall("4222")
        self.break_link()
        link = self.wait_for_transport("nats")
        self.assertNotIn("WebSocket", link["way"]["text"])
        self.wait_until_calls_work(60)

    def test_without_a_certificate_nobody_gets_as_far_as_a_request(self):
        trust = ssl.create_default_context(cafile=self.lab.controlplane["ca"])
        with socket.create_connection((BUS, 443), timeout=10) as plain:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with trust.wrap_socket(plain, server_hostname=BUS) as secured:
                    secured.sendall(b"GET / HTTP/1.1\r\nHost: bus\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
                    answer = secured.recv(1024)
                    raise ConnectionError("closed") if not answer else AssertionError(answer)


class Refused(Only443):
    otherwise = "counter reject with tcp reset"


if __name__ == "__main__":
    network.enter()
    e2e.run()
