# SPDX-License-Identifier: Apache-2.0
"""Cases of a MAAS endpoint: who may ask. Mixed into the test of maas_test.py, which has the lab."""
import json
import pathlib
import subprocess
import time
import urllib.parse

import e2e
from maas_case import maas_http


class Identity:
    """Who may ask: signatures, keys, roles."""

    def test_m01_m02_versions_are_open(self):
        for name, api in self.both:
            with self.subTest(name):
                answer = api.raw("GET", "/MAAS/api/2.0/version/")
                self.assertEqual((answer.status, len(answer.json["capabilities"])), (200, 9))
                self.assertEqual(set(answer.json), {"capabilities", "version", "subversion"})
                self.assertEqual(api.raw("GET", "/MAAS/api/version/").text, "2.0")
                old = api.raw("GET", "/MAAS/api/1.0/nodes/")
                self.assertEqual(old.status, 410)
                self.assertEqual(old.text, "The 1.0 API is no longer available. Please use API version 2.0.")

    def test_m03_m10_both_signature_methods_are_taken_for_every_method(self):
        for name, plain in self.both:
            for method in (maas_http.PLAINTEXT, maas_http.HMAC):
                api = plain.signed_with(method)
                with self.subTest(name, method=method):
                    self.assertEqual(api.ask("GET", "users/?op=whoami", realm="MAAS API").json["username"], "admin")
                    self.assertEqual(api.ask("GET", "machines/?hostname=no%20such%2Bone&zone=az1").json, [])
                    tag = f"t{method}{name}".replace("-", "").lower()
                    self.assertEqual(api.ask("POST", "tags/", [("name", tag), ("comment", "a b+c=\xe4&")]).status, 200)
                    self.assertEqual(api.ask("GET", f"tags/{tag}/").json["comment"], "a b+c=\xe4&")
                    made = api.ask("POST", "dnsresources/", [("fqdn", f"{tag}.maas"), ("address_ttl", "10")]).json
                    path = f"dnsresources/{made['id']}/"
                    put = api.ask("PUT", path, [("ip_addresses", "10.0.0.1 10.0.0.2")], signed=False)
                    self.assertEqual(len(put.json["ip_addresses"]), 2)
                    self.assertEqual(api.ask("DELETE", path).status, 204)

    def test_m04_without_a_key_nothing_is_sent(self):
        for name, api in self.both:
            with self.subTest(name):
                answer = api.raw("GET", "/MAAS/api/2.0/machines/")
                self.assertEqual((answer.status, answer.text), (401, "Forbidden"))
        before = self.reached()
        self.gw.raw("GET", "/MAAS/api/2.0/machines/", {"Authorization": "OAuth oauth_token=x"})
        self.gw.raw("GET", "/MAAS/api/2.0/machines/", {"Cookie": "sessionid=1", "Authorization": "Bearer x"})
        self.assertEqual(self.reached(), before)

    def test_m05_m06_unknown_keys(self):
        consumer, token, secret = self.direct.api_key.split(":")
        self.assertEqual(self.direct.with_key(f"x:{token}:{secret}").ask("GET", "zones/").text,
                         "Authorization Error: Invalid API key.")
        wrong = self.direct.with_key(f"{consumer}:x:{secret}").ask("GET", "zones/")
        self.assertIn("Invalid access token: x", wrong.text)
        self.assertEqual(wrong.headers["www-authenticate"], 'OAuth realm="OAuth"')
        before = self.reached()
        _, key, real = self.gw.api_key.split(":")
        for api_key in (f"x:{key}:{real}", f"pcg:{key}:{real[:-1]}", self.direct.api_key, self.described2["api_key"]):
            answer = self.gw.with_key(api_key).ask("GET", "zones/")
            self.assertEqual((answer.status, answer.text), (401, "Authorization Error: Invalid API key."))
        self.assertEqual(self.reached(), before, "a key of another endpoint, too")
        self.assertIn("proxy.invalid_login", self.refusals())

    def test_m07_m08_time_and_nonces(self):
        for name, api in self.both:
            with self.subTest(name):
                now = int(time.time())
                self.assertIn("Expired timestamp", api.ask("GET", "zones/", timestamp=str(now - 310)).text)
                self.assertEqual(api.ask("GET", "zones/", timestamp=str(now - 290)).status, 200)
                self.assertEqual(api.ask("GET", "zones/", timestamp=str(now + 3600)).status, 200)
                self.assertEqual(api.ask("GET", "zones/", timestamp="soon").status, 400)
                self.assertEqual(api.ask("GET", "zones/", nonce="once").status, 200)
                self.assertIn("Nonce already used: once", api.ask("GET", "zones/", nonce="once").text)

    def test_m09_a_refused_stored_key_is_told_without_the_secret_that_maas_tells(self):
        secret = self.first["api_key"].split(":")[2]
        self.fault(secret="the-new-secret-of-maas")
        try:
            leak = self.direct.ask("GET", "zones/")
            self.assertIn("the-new-secret-of-maas", leak.text, "what a MAAS says of a wrong signature")
            answer = self.gw.ask("GET", "zones/")
        finally:
            self.fault(secret=secret)
        self.assertEqual((answer.status, answer.headers["pcg-outcome"]), (503, "not-dispatched"))
        self.assertIn("rejected the API key stored in the gateway", answer.text)
        for word in ("the-new-secret-of-maas", secret):
            self.assertNotIn(word, answer.text)
            self.assertNotIn(word, self.log_text())
        self.assertEqual(self.gw.ask("GET", "zones/").status, 200)

    def test_m11_a_signature_is_for_this_gateway_and_this_request(self):
        api = self.gw.signed_with(maas_http.HMAC)
        target = "/MAAS/api/2.0/machines/?hostname=a"
        field = api.authorization("GET", target)
        self.assertEqual(api.raw("GET", target.replace("=a", "=b"), {"Authorization": field}).status, 401)
        self.assertEqual(api.raw("GET", target, {"Authorization": field}).status, 200, "it was not used up")
        elsewhere = maas_http.Maas(self.direct.url, api.api_key, None, maas_http.HMAC)
        self.assertEqual(api.raw("GET", target, {"Authorization": elsewhere.authorization("GET", target)}).status, 401)
        seen = self.seen()[-1]
        self.assertEqual(seen["signature_method"], "PLAINTEXT", "signed anew")
        self.assertEqual(seen["consumer"], self.first["api_key"].split(":")[0])

    def test_m13_an_identity_in_query_or_form_is_left_behind(self):
        _, token, secret = self.first["user_key"].split(":")
        smuggled = urllib.parse.urlencode({
            "oauth_consumer_key": self.first["user_key"].split(":")[0], "oauth_token": token, "oauth_nonce": "q1",
            "oauth_signature_method": "PLAINTEXT", "oauth_signature": "&" + secret,
            "oauth_timestamp": str(int(time.time()))})
        alone = self.direct.raw("GET", "/MAAS/api/2.0/users/?op=whoami&" + smuggled)
        self.assertEqual(alone.json["username"], "user", "MAAS itself takes it")
        self.assertEqual(self.gw.raw("GET", "/MAAS/api/2.0/users/?op=whoami&" + smuggled).status, 401)
        answer = self.gw.ask("GET", "users/?op=whoami&" + smuggled)
        self.assertEqual(answer.json["username"], "admin")
        self.assertEqual(self.seen()[-1]["parameters"], ["op"])

    def test_m39_roles(self):
        looks, deploys = self.gw.with_key(self.key("inventory")), self.gw.with_key(self.key("deploy"))
        system_id = looks.ask("GET", "machines/?hostname=node-9").json[0]["system_id"]
        machine = f"machines/{system_id}/"
        before = self.reached()
        for api, verb, path, form in [
                (looks, "POST", machine, [("op", "deploy")]), (looks, "POST", "machines/", [("op", "allocate")]),
                (looks, "GET", machine + "?op=power_parameters", None), (looks, "GET", machine + "?op=get_token", None),
                (looks, "GET", machine + "?op=get_curtin_config", None), (looks, "POST", machine + "op-power_on", None),
                (deploys, "POST", "users/", [("username", "x")]), (deploys, "DELETE", machine, None),
                (deploys, "PUT", machine, [("power_type", "manual")]),
                (self.gw, "POST", "account/?op=create_authorisation_token", None)]:
            answer = api.ask(verb, path, form)
            self.assertEqual(answer.status, 403, f"{verb} {path}: {answer}")
            self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
        self.assertEqual(self.reached(), before)
        self.assertEqual(deploys.ask("POST", "tags/", [("name", "bydeploy")]).status, 200)
        self.assertEqual(deploys.ask("PUT", machine, [("swap_size", "0")]).status, 200)
        self.assertEqual(self.gw.ask("GET", machine + "?op=power_parameters").status, 200)

    def test_a_rule_about_a_pool_is_met_by_what_maas_reads_only(self):
        mine = self.ready_machine()
        self.release(mine)
        self.assertEqual(self.direct.ask("PUT", f"machines/{mine}/", [("pool", "pool1")]).status, 200)
        self.addCleanup(self.direct.ask, "PUT", f"machines/{mine}/", [("pool", "default")])
        path = self.lab.directory / "pools.jsonc"
        path.write_text(json.dumps({
            "version": 1, "assign": [{"endpoint": "maas1", "role": "metal"}],
            "roles": {"metal": {"extends": "deploy", "rules": [
                {"maas": ["POST machines/ allocate"], "where": {"fields": {"pool": ["pool1"]}}}]}}}), encoding="utf-8")
        self.one.ctl("policy", "set", str(path))
        self.addCleanup(self.one.ctl, "policy", "remove")
        before = self.reached()
        for query, form in (("&pool=pool1", [("cpu_count", "1")]), ("", [("cpu_count", "1")]),
                            ("&pool=pool1", [("pool", "default")]), ("&pool=default", [("pool", "pool1")])):
            answer = self.gw.ask("POST", "machines/?op=allocate" + query, form)
            self.assertEqual(answer.status, 403, f"{query} {form}: {answer}")
        self.assertEqual(self.reached(), before)
        answer = self.gw.ask("POST", "machines/?op=allocate", [("pool", "pool1")])
        self.assertEqual((answer.status, answer.json["system_id"]), (200, mine), answer)
        self.release(mine)


    def test_a_tenant_adds_a_maas_with_a_sealed_key_and_makes_an_access_key(self):
        api, path = self.api(), f"/api/v1/gateways/{self.one.id}"
        _, gateway = api.call("GET", path)
        form = {"gateway_id": gateway["id"], "sealing": gateway["sealing"], "name": "maas3", "kind": "maas",
                "address": self.first["url"], "api_key": self.first["user_key"]}
        sealed = subprocess.run([str(self.lab.program("seal-credentials"))], input=json.dumps(form), text=True,
                                capture_output=True, check=True, timeout=30).stdout
        status, endpoint = api.call("POST", path + "/endpoints", {
            "name": "maas3", "kind": "maas", "address": self.first["url"] + "/MAAS", "credentials": json.loads(sealed),
            "trust": {"mode": "ca", "ca_pem": pathlib.Path(self.first["ca"]).read_text()}}, timeout=45)
        self.assertEqual((status, endpoint["state"]), (201, "ok"), endpoint)
        status, key = api.call("POST", f"{path}/endpoints/{endpoint['id']}/keys", {"role": "deploy", "label": "ci"})
        self.assertEqual(status, 201, key)
        self.assertEqual(key["api_key"], f"pcg:{key['username']}:{key['password']}")
        found = e2e.process.wait_for(lambda: api.endpoint(self.one.id, "maas3"), 45, "an ingress URL")
        there = maas_http.Maas(found["ingress_url"], key["api_key"], self.described["ca"], maas_http.HMAC)
        e2e.process.wait_for(lambda: there.ask("GET", "zones/").status == 200, 30, "the ingress to lead there")
        self.assertEqual(there.ask("GET", "users/?op=whoami").json["username"], "user", "the key that was sealed")
        self.assertEqual(self.gw.with_key(key["api_key"]).ask("GET", "zones/").status, 401, "of another endpoint")
        self.assertEqual(api.call("DELETE", f"{path}/endpoints/{endpoint['id']}/keys/{key['id']}")[0], 204)
        self.assertEqual(there.ask("GET", "zones/").status, 401, "revoked")
