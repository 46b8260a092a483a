#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A box that inspects TLS (squid with ssl-bump): it is recognised and named, it reads along while pairing only if the
data center's admin says so, and never what comes after."""
import hashlib
import pathlib
import ssl
import subprocess
import urllib.parse

import e2e
import network

PROXY = f"http://{network.SAAS}:3128"


def port_of(url):
    return urllib.parse.urlsplit(url).port


class Inspecting(network.BehindABox):
    @classmethod
    def bring_up(cls):
        cls.place()
        folder = cls.lab.directory
        cls.authority = folder / "box.pem"
        network.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=Inspecting Box CA", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                    "keyUsage=critical,keyCertSign,cRLSign", "-keyout", folder / "box.key", "-out", cls.authority)
        cls.lab.start_controlplane()
        cls.api_port = port_of(cls.lab.controlplane["url"])
        files = {"box.pem": cls.authority.read_text(), "box.key": (folder / "box.key").read_text(),
                 "saas.pem": pathlib.Path(cls.lab.controlplane["ca"]).read_text()}
        cls.box = network.Squid(f"""
http_port {network.SAAS}:3128 ssl-bump tls-cert={{folder}}/box.pem tls-key={{folder}}/box.key generate-host-certificates=on
sslcrtd_program /usr/lib/squid/security_file_certgen -s {{folder}}/certificates -M 4MB
sslcrtd_children 1 startup=1
tls_outgoing_options cafile={{folder}}/saas.pem
acl inspected port {cls.api_port}
acl first at_step SslBump1
acl second at_step SslBump2
ssl_bump splice !inspected
ssl_bump peek first
ssl_bump stare second
ssl_bump bump all
http_access allow all
""", files)
        cls.addClassCleanup(cls.box.close)
        subprocess.run(["/usr/lib/squid/security_file_certgen", "-c", "-s", cls.box.folder / "certificates", "-M", "4MB"],
                       check=True, capture_output=True, timeout=30)
        cls.box.own()
        cls.box.start()

    def fingerprint(self):
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.authority.read_text())).hexdigest()

    def inspected_requests(self):
        """What the box could read."""
        return [line for line in self.box.requests() if " https://" in line]


class Denied(Inspecting):
    def test_it_is_named_with_its_hash_and_what_to_allow(self):
        one = self.unpaired("denied", {"proxy_url": PROXY})
        said = self.complaint(one, "is intercepted")
        target = f"127.0.0.1:{self.api_port}"
        for words in ("Inspecting Box CA", f"Allow {target} without TLS inspection"):
            self.assertIn(words, said)
        status = one.ctl("status", "--json")
        self.assertEqual([found["allow"] for found in status["egress"]["intercepted"]], [target])
        found = status["egress"]["intercepted"][0]
        self.assertEqual(found["issuer"], "CN=Inspecting Box CA")
        self.assertEqual(found["issuer_sha256"], self.fingerprint())
        self.assertIn("tls_intercepted", [warning["code"] for warning in status["warnings"]])
        self.assertIn(f"allow {target} without inspection", one.ctl("status"))
        rung = self.failing_rung(one)
        self.assertEqual(rung["code"], "ladder.tls_inspection")
        self.assertIn("CN=Inspecting Box CA", rung["evidence"])
        self.assertIn(self.fingerprint(), rung["evidence"])
        self.assertIn(f"Let {target} through", rung["remedy"])
        self.assertEqual([line for line in self.inspected_requests() if network.DATACENTER in line], [],
                         "nothing was sent through it")

    def test_an_authority_that_is_not_the_boxs_lets_it_read_nothing(self):
        other = self.lab.directory / "other.pem"
        network.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Other",
                    "-keyout", self.lab.directory / "other.key", "-out", other)
        one = self.unpaired("other", {"proxy_url": PROXY, "tls_inspection": "allow-pairing",
                                      "tls_inspection_ca_file": str(other)})
        self.complaint(one, "is intercepted")


class Allowed(Inspecting):
    @classmethod
    def bring_up(cls):
        super().bring_up()
        # By name: what squid makes up for an address does not name it as one.
        cls.lab.gateway_settings = {"controlplane_url": f"https://localhost:{cls.api_port}", "proxy_url": PROXY,
                                    "tls_inspection": "allow-pairing", "tls_inspection_ca_file": str(cls.authority)}

    def test_pairing_passes_and_nothing_after_it(self):
        tenant = self.lab.add_tenant("acme")
        one = e2e.lab_module.gateway.Gateway(self.lab, "dc1", tenant["name"])
        one.configure()
        one.start()
        code = one.wait_for_pairing("offered")["code"]
        seen = " ".join(self.inspected_requests())
        self.assertIn("/pair/v1/offers", seen, "the box reads along")
        theirs = e2e.lab_module.gateway.Pairing(self.lab, code, tenant["token_file"], "dc1")
        self.addCleanup(theirs.close)
        theirs.expect("confirm", 45)
        one.wait_for_pairing("confirm")
        theirs.answer(True)
        one.ctl("pairing", "accept")
        # The papers come; that they came is said with a certificate of its own, past nobody who inspects.

        def bus_is_up():
            status = one.ctl("status", "--json")
            return status if status["link"]["state"] == "up" else None

        status = e2e.process.wait_for(bus_is_up, 30, "the bus, which passes uninspected", log=one.log)
        self.assertEqual(status["pairing"]["state"], "enrolling")
        self.assertIn("tls_intercepted", [warning["code"] for warning in status["warnings"]])
        e2e.process.wait_for(lambda: '"event":"enrollment.ack","code":"net.tls_intercepted"' in one.log.read_text(), 30,
                             "the acknowledgement to be held back", log=one.log)
        self.assertNotIn("/ack", " ".join(self.inspected_requests()))


if __name__ == "__main__":
    network.enter()
    e2e.run()
