#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Gateways that reach the SaaS through an HTTP proxy only: Debian's squid, with passwords, with TLS, and saying no."""
import pathlib
import subprocess
import time
import urllib.parse

import e2e
import network

PASSWORD = "canary-of-the-proxy"
PROXY = f"http://{network.SAAS}:3128"
HEAL_SECONDS = 60


def port_of(url):
    return urllib.parse.urlsplit(url).port


def password_file():
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORD, capture_output=True, text=True,
                            check=True).stdout.strip()
    return {"users": f"dc1:{hashed}\n"}


WITH_PASSWORD = f"""
http_port {network.SAAS}:3128
auth_param basic program /usr/lib/squid/basic_ncsa_auth {{folder}}/users
auth_param basic realm proxy
acl known proxy_auth REQUIRED
http_access allow CONNECT known
http_access deny all
"""


class WithAPassword(network.BehindABox):
    @classmethod
    def bring_up(cls):
        cls.place()
        cls.box = cls.open_squid(WITH_PASSWORD, password_file())
        cls.lab.gateway_settings = {
            "proxy_url": PROXY, "proxy_credentials_file": cls.secret_file("proxy-credentials", f"dc1:{PASSWORD}\n")}
        cls.lab.start_controlplane()
        cls.pair_one()

    def test_pairing_bus_and_calls_pass_the_proxy_and_the_status_says_so(self):
        self.assert_works(self.call())
        status = self.gateway().ctl("status", "--json")
        self.assertEqual(status["link"]["state"], "up")
        for way in (status["link"]["way"], status["egress"]["way"]):
            self.assertFalse(way["direct"])
            self.assertEqual(way["text"], f"through the proxy {PROXY}")
        self.assertIn(f"control plane: through the proxy {PROXY} (proxy_url names it)", self.gateway().ctl("status"))
        self.assertEqual(self.gateway().ctl("controlplane", "check"), "It answers.\n")

    def test_the_proxy_saw_both_under_the_gateways_name(self):
        # It writes a line about a tunnel when that ends.
        name = self.gateway().process_name
        self.lab.kill(name)
        for url in (self.lab.controlplane["url"], self.lab.controlplane["bus_url"]):
            wanted = f"CONNECT 127.0.0.1:{port_of(url)} dc1 "
            e2e.process.wait_for(lambda: any(wanted in line for line in self.box.requests()), 20, wanted)
        self.lab.restart(name)
        self.wait_until_calls_work(HEAL_SECONDS)

    def test_the_portal_is_told_the_way(self):
        link = self.api().gateway(self.gateway().id)["link"]
        self.assertIn(f"through the proxy {PROXY} to 127.0.0.1", link["path"])

    def test_the_password_is_in_no_log_no_status_and_no_command_line(self):
        self.gateway().ctl("status", "--json")
        for path in self.lab.directory.rglob("*"):
            if path.is_file() and path.name != "proxy-credentials":
                self.assertNotIn(PASSWORD.encode(), path.read_bytes(), path)
        record = self.lab.processes.find(self.gateway().process_name)
        for name in ("cmdline", "environ"):
            self.assertNotIn(PASSWORD.encode(), pathlib.Path(f"/proc/{record['pid']}/{name}").read_bytes(), name)

    def test_when_the_proxy_is_back_so_is_the_link(self):
        self.box.stop()

        def down():
            link = self.gateway().ctl("status", "--json")["link"]
            return link["state"] != "up" and "the proxy" in link.get("why", "")

        e2e.process.wait_for(down, 30, "the gateway to say what is missing", log=self.gateway().log)
        self.box.start()
        self.wait_until_calls_work(HEAL_SECONDS)


class Refusing(network.BehindABox):
    @classmethod
    def bring_up(cls):
        cls.place()
        cls.box = cls.open_squid(WITH_PASSWORD.replace(
            "http_access allow CONNECT known", "acl open port 9\nhttp_access deny !known\nhttp_access allow open"),
            password_file())
        cls.lab.start_controlplane()

    def told(self, name, more, words):
        one = self.unpaired(name, {"proxy_url": PROXY, **more})
        said = self.complaint(one, words)
        self.rung = self.failing_rung(one)
        return said

    def test_a_password_that_is_missing_or_wrong_is_said_with_the_remedy(self):
        self.assertIn("407", self.told("missing", {}, "name it as proxy_credentials_file"))
        wrong = self.secret_file("wrong", "dc1:not-this\n")
        self.told("wrong", {"proxy_credentials_file": wrong}, "does not take the user and password")
        self.assertEqual(self.rung["code"], "ladder.proxy_credentials")
        self.assertIn("proxy_credentials_file", self.rung["remedy"])

    def test_a_target_that_is_not_allowed_is_named(self):
        right = self.secret_file("right", f"dc1:{PASSWORD}\n")
        port = port_of(self.lab.controlplane["url"])
        self.told("forbidden", {"proxy_credentials_file": right}, f"have CONNECT to 127.0.0.1:{port} allowed there")
        self.assertEqual(self.rung["code"], "ladder.proxy_forbidden")
        self.assertIn(f"allow CONNECT to 127.0.0.1:{port}.", self.rung["remedy"])

    def test_a_target_that_the_proxy_cannot_reach_is_not_the_proxys_fault(self):
        right = self.secret_file("right2", f"dc1:{PASSWORD}\n")
        more = {"proxy_credentials_file": right, "controlplane_url": "https://127.0.0.1:9"}
        self.told("closed", more, "in the firewall behind the proxy")
        self.assertEqual(self.rung["code"], "ladder.proxy_upstream")

    def test_an_exception_goes_past_the_proxy(self):
        one = self.unpaired("excepted", {"proxy_url": PROXY, "proxy_exceptions": "127.0.0.0/8"})
        self.complaint(one, "refused the connection")
        status = one.ctl("status", "--json")
        self.assertTrue(status["egress"]["way"]["direct"])
        self.assertIn("(127.0.0.0/8)", status["egress"]["way"]["why"])

    def test_a_proxy_that_is_not_there_is_named(self):
        one = self.unpaired("nobody", {"proxy_url": f"http://{network.SAAS}:3999"})
        self.complaint(one, f"the proxy http://{network.SAAS}:3999 cannot be reached")
        self.assertEqual(self.failing_rung(one)["code"], "ladder.proxy_unreachable")
        self.assertIsNone(one.ctl("controlplane", "check", check=False), "exit code 1")


class WithTls(network.BehindABox):
    @classmethod
    def bring_up(cls):
        cls.place()
        folder = pathlib.Path(cls.lab.directory)
        network.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=proxy", "-addext", f"subjectAltName=IP:{network.SAAS}", "-keyout",
                    folder / "proxy.key", "-out", folder / "proxy.pem")
        cls.box = cls.open_squid(f"""
https_port {network.SAAS}:3129 tls-cert={{folder}}/proxy.pem tls-key={{folder}}/proxy.key
http_access allow CONNECT
http_access deny all
""", {name: (folder / name).read_text() for name in ("proxy.pem", "proxy.key")})
        cls.lab.gateway_settings = {"proxy_url": f"https://{network.SAAS}:3129", "proxy_ca_file": str(folder / "proxy.pem")}
        cls.lab.start_controlplane()
        cls.pair_one()

    def test_pairing_and_calls_pass_a_proxy_that_speaks_tls(self):
        self.assert_works(self.call())
        self.assertIn(f"https://{network.SAAS}:3129", self.gateway().ctl("status", "--json")["link"]["way"]["text"])

    def test_transfers_of_some_size_arrive_whole(self):
        self.assert_works(self.call(mebibytes=16))


class WithoutThePortOfNats(network.BehindABox):
    """A proxy whose rules allow CONNECT to what serves HTTPS: here, all ports but that of NATS."""

    @classmethod
    def bring_up(cls):
        cls.place()
        cls.lab.start_controlplane()
        cls.port = port_of(cls.lab.controlplane["bus_url"])
        cls.box = cls.open_squid(f"""
http_port {network.SAAS}:3128
acl nats port {cls.port}
http_access deny nats
http_access allow CONNECT
http_access deny all
""")
        cls.lab.gateway_settings = {"proxy_url": PROXY}
        cls.pair_one()

    def test_the_bus_is_reached_by_websocket_through_it(self):
        self.assert_works(self.call())
        link = self.gateway().ctl("status", "--json")["link"]
        self.assertEqual((link["state"], link["transport"]), ("up", "websocket"))
        self.assertEqual(link["way"]["text"], f"WebSocket, through the proxy {PROXY}")
        self.assertIn(f"have CONNECT to 127.0.0.1:{self.port} allowed there", link["way"]["why"])


class CuttingIdleConnections(network.BehindABox):
    """A proxy that takes ten seconds of silence for the end: the pairing's long polls last 25."""

    @classmethod
    def bring_up(cls):
        cls.place()
        cls.box = cls.open_squid(f"""
http_port {network.SAAS}:3128
read_timeout 10 seconds
http_access allow CONNECT
http_access deny all
""")
        cls.lab.gateway_settings = {"proxy_url": PROXY}
        cls.lab.start_controlplane()

    def cut(self):
        """Whether it has cut one of ours for being silent: the second column is the milliseconds it lived."""
        lives = [int(line.split()[1]) for line in self.box.requests() if " CONNECT " in line]
        return any(life >= 10_000 for life in lives)

    def test_a_code_stays_good_while_polls_are_cut_and_the_bus_is_never_silent_for_long(self):
        tenant = self.lab.add_tenant("acme")
        one = e2e.lab_module.gateway.Gateway(self.lab, "dc1", tenant["name"])
        one.configure()
        one.start()
        code = one.wait_for_pairing("offered")["code"]
        e2e.process.wait_for(self.cut, 60, "a poll that was cut", log=one.log)
        self.assertEqual(one.pairing()["code"], code)
        one.pair(tenant["token_file"])
        api = self.lab.api(tenant)
        e2e.process.wait_for(lambda: api.is_online(one.id), 45, "the gateway to be online", log=one.log)
        over = time.monotonic() + 25
        e2e.process.wait_for(lambda: time.monotonic() > over, 30, "two of the proxy's patiences")
        self.assertTrue(api.is_online(one.id))
        self.assertNotIn("bus.link_lost", pathlib.Path(one.log).read_text())


if __name__ == "__main__":
    network.enter()
    e2e.run()
