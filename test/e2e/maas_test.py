#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A MAAS behind the gateway, as its clients see it: the cases of the MAAS section of the conformance list by their
numbers, at the simulator itself (direct) and through the gateway, by python3-oauthlib and gomaasapi."""
import base64
import hashlib
import json
import pathlib
import threading

import e2e
import maas_case
import maas_identity
from maas_case import maas, maas_http

DATA = base64.b64encode(b"#cloud-config\n" + b"x" * 24000).decode()


class Calls:
    """What may be asked: operations, machines, images, errors."""

    def test_m12_m35_images_are_uploaded_in_chunks(self):
        for name, plain in self.both:
            api = plain.signed_with(maas_http.HMAC)
            with self.subTest(name):
                content = name.encode() * 700_000
                fields = [("name", f"custom/{name}"), ("architecture", "amd64/generic"), ("title", "An image"),
                          ("sha256", hashlib.sha256(content).hexdigest()), ("size", str(len(content)))]
                made = api.ask_multipart("POST", "boot-resources/", fields)
                self.assertEqual(made.status, 201, made)
                uri = next(iter(next(iter(made.json["sets"].values()))["files"].values()))["upload_uri"]
                self.assertEqual(api.put_octets(uri, b"").text, "Missing data.")
                for at in range(0, len(content), 1 << 20):
                    chunk = api.put_octets(uri, content[at:at + (1 << 20)])
                    self.assertEqual((chunk.status, chunk.text), (200, "OK"))
                self.assertEqual(api.put_octets(uri, b"x").text, "Cannot upload to a complete file.")

    def test_m36_a_chunk_that_breaks_is_never_sent_again(self):
        content = b"y" * 3_000_000
        fields = [("name", "custom/breaks"), ("architecture", "amd64/generic"),
                  ("sha256", hashlib.sha256(content).hexdigest()), ("size", str(len(content)))]
        made = self.gw.ask("POST", "boot-resources/", fields).json
        file = next(iter(next(iter(made["sets"].values()))["files"].values()))
        self.assertEqual(self.gw.put_octets(file["upload_uri"], content[:1_000_000]).status, 200)
        self.fault(reset_upload=1)
        answer = self.gw.put_octets(file["upload_uri"], content[1_000_000:2_000_000])
        self.assertEqual((answer.status, answer.headers["pcg-outcome"]), (504, "unknown"))
        number = int(file["upload_uri"].rstrip("/").rsplit("/", 1)[1])
        held = next(one for one in json.loads(maas.control(self.first, "/_sim/state"))["uploads"] if one["file"] == number)
        self.assertEqual((held["received"], held["writes"]), (1_500_000, 1))

    def test_m14_m17_what_is_not_there(self):
        for name, api in self.both:
            with self.subTest(name):
                answer = api.ask("POST", "machines/?op=nosuch")
                self.assertEqual((answer.status, answer.text), (400, "Unrecognised signature: method=POST op=nosuch"))
                answer = api.ask("GET", "machines")
                self.assertEqual((answer.status, answer.text), (404, "Unknown API endpoint: /MAAS/api/2.0/machines."))
                answer = api.ask("DELETE", "machines/")
                self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, POST"))
                answer = api.ask("GET", "machines/nosuch/")
                self.assertEqual((answer.status, answer.text), (404, "No Machine matches the given query."))
        self.assertEqual(self.gw.ask("GET", "../../a/v3/machines").status, 400)

    def test_m15_m16_the_operation_stands_anywhere_but_not_twice(self):
        before = None
        for name, api in self.both:
            with self.subTest(name):
                system_id = api.ask("GET", "machines/?hostname=node-20").json[0]["system_id"]
                machine = f"machines/{system_id}/"
                answers = [api.ask("POST", machine + "?op=power_on"), api.ask("POST", machine, [("op", "power_on")]),
                           api.ask_multipart("POST", machine, [("op", "power_on")]), api.ask("POST", machine + "op-power_on")]
                self.assertEqual({(one.status, one.text) for one in answers},
                                 {(409, "Can't start node: it hasn't been allocated.")})
        before = self.reached()
        answer = self.gw.ask("POST", machine + "?op=release", [("op", "deploy")])
        self.assertEqual(answer.status, 400)
        self.assertEqual(self.reached(), before)
        self.assertIn("proxy.conflicting_ops", self.refusals())

    def refusals(self):
        """Why the gateway refused what it refused, from its audit."""
        rows = self.one.ctl("audit", "--json")["rows"]
        return [row["data"]["decision"] for row in rows
                if row["event"] == "proxy.call" and row["data"]["decision"] != "allowed"]

    def test_forms_of_the_python_clients_and_forms_of_no_known_length_are_read(self):
        for name, api in self.both:
            with self.subTest(name):
                machine = f"machines/{self.direct.ask('GET', 'machines/?hostname=node-30').json[0]['system_id']}/"
                self.assertEqual(api.ask_mime("POST", "tags/", [("name", f"mime{name}"), ("comment", "\xe4 " * 200)]).status, 200)
                self.assertEqual(api.ask("GET", f"tags/mime{name}/").json["comment"], "\xe4 " * 200)
                self.assertEqual(api.ask_mime("POST", machine + "?op=power_off", []).text, "null")
                self.assertEqual(api.ask_mime("POST", machine, [("op", "power_off")]).text, "null")
                target = "/MAAS/api/2.0/" + machine
                chunked = api.raw("POST", target, {"Authorization": api.authorization("POST", target),
                                                   "Content-Type": maas_http.FORM}, iter([b"op=pow", b"er_off"]))
                self.assertEqual(chunked.text, "null")
        inventory = self.gw.with_key(self.key("inventory"))
        self.assertEqual(inventory.ask_mime("POST", machine, [("op", "power_off")]).status, 403, "seen through base64")

    def test_bodies_that_could_hide_an_operation_are_refused(self):
        target = "/MAAS/api/2.0/machines/"
        before = self.reached()
        for kind, body in [
                ("application/json", b'{"op": "allocate"}'), ("application/x-yaml", b"op: allocate"),
                ("application/x-www-form-urlencoded; charset=cp037", b"%96%97=%81"),
                ("multipart/form-data; boundary=x; charset=utf-16", b"--x--"),
                ("application/x-www-form-urlencoded", b"a=1;op=allocate"),
                ("multipart/form-data; boundary=x", b"pre--x\r\n"), ("multipart/form-data", b"--x--")]:
            with self.subTest(kind):
                answer = self.gw.raw("POST", target, {
                    "Authorization": self.gw.authorization("POST", target), "Content-Type": kind}, body)
                self.assertEqual(answer.status, 400, answer)
        compressed = self.gw.raw("POST", target, {
            "Authorization": self.gw.authorization("POST", target), "Content-Encoding": "gzip",
            "Content-Type": maas_http.FORM}, b"x")
        self.assertEqual(compressed.status, 400)
        self.assertEqual(self.reached(), before)

    def test_m18_a_long_list_is_the_same_and_the_gateway_stays_small(self):
        plain = self.direct.ask("GET", "machines/")
        self.assertGreater(len(plain.body), 5_000_000)
        self.assertEqual(self.gw.ask("GET", "machines/").body, plain.body)
        record = self.lab.processes.find(self.one.process_name)
        status = pathlib.Path(f"/proc/{record['pid']}/status")

        def resident():
            return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))

        before = resident()
        self.assertEqual(self.gw.ask("GET", "machines/").body, plain.body)
        if not e2e.process.is_instrumented(record):
            self.assertLess(resident() - before, 2048, "KiB")

    def test_m19_m20_m21_m25_m28_gomaasapi_sees_the_same_through_the_gateway(self):
        direct = self.gomaasapi(self.first["direct_url"], self.first["api_key"])
        through = self.gomaasapi(self.described["ingress_url"], self.described["api_key"], self.described["ca"])
        self.assertEqual(through, direct)
        self.assertEqual(len(direct), 9)
        self.assertIn('"machines":500', direct[1])

    def test_m22_m24_allocation_says_what_is_wrong(self):
        for name, api in self.both:
            with self.subTest(name):
                answer = api.ask("POST", "machines/", [("op", "allocate"), ("tags", "nosuch")])
                self.assertEqual((answer.status, answer.json), (400, {"tags": ["No such tag(s): 'nosuch'."]}))
                self.assertIn("zone", api.ask("POST", "machines/", [("op", "allocate"), ("zone", "nosuch")]).json)
                dry = api.ask("POST", "machines/", [("op", "allocate"), ("dry_run", "true")]).json
                self.assertEqual(self.direct.ask("GET", f"machines/{dry['system_id']}/").json["status_name"], "Ready")

    def test_m23_parallel_allocations_get_a_machine_each(self):
        api = maas_http.Maas(self.described2["ingress_url"], self.described2["api_key"], self.described2["ca"])
        answers = []

        def allocate():
            answers.append(api.ask("POST", "machines/", [("op", "allocate")]))

        threads = [threading.Thread(target=allocate) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        taken = [one.json["system_id"] for one in answers if one.status == 200]
        self.assertEqual((len(taken), len(set(taken))), (12, 12))
        self.assertEqual([one.text for one in answers if one.status != 200], ["No machine available."] * 8)
        released = api.ask("POST", "machines/", [("op", "release")] + [("machines", one) for one in taken])
        self.assertEqual(sorted(released.json), sorted(taken))

    def test_m25_user_data_arrives_and_the_audit_has_its_hash(self):
        system_id = self.ready_machine(self.gw)
        answer = self.gw.ask("POST", f"machines/{system_id}/", [("op", "deploy"), ("user_data", DATA)])
        self.assertEqual(answer.json["status"], 9)
        self.assertEqual(maas.control(self.first, f"/_sim/user-data/{system_id}"), DATA)
        self.wait_status(system_id, "Deployed")
        rows = self.one.ctl("audit", "--json")["rows"]
        row = next(one["data"] for one in rows if one["data"].get("method") == "POST deploy"
                   and one["data"]["object"] == f"machines/{system_id}/")
        self.assertIn(hashlib.sha256(DATA.encode()).hexdigest(), row["detail"])
        self.assertNotIn(DATA[:64], json.dumps(rows))
        again = self.gw.ask("POST", f"machines/{system_id}/", [("op", "deploy")])
        self.assertEqual((again.status, again.text), (409, "Can't deploy a machine that is in the 'Deployed' state"))
        self.release(system_id)

    def test_m27_m30_m31_states(self):
        system_id = self.ready_machine()
        machine = f"machines/{system_id}/"
        self.assertEqual(self.gw.ask("POST", machine + "op-lock").text, "Can't lock, node is not deployed or deploying")
        self.fault(fail_install=1)
        self.gw.ask("POST", machine + "?op=deploy")
        self.wait_status(system_id, "Failed deployment")
        self.assertEqual(self.gw.ask("POST", machine + "?op=release").status, 200)
        self.wait_status(system_id, "Ready")
        self.assertEqual(self.gw.ask("POST", machine + "?op=release").status, 200, "again is fine")
        self.assertEqual(self.gw.ask("POST", machine + "?op=deploy").status, 200, "allocates by itself")
        self.assertEqual(self.gw.ask("POST", machine + "?op=lock").status, 200)
        locked = self.gw.ask("POST", machine + "?op=release")
        self.assertEqual((locked.status, locked.text), (403, ""))
        self.assertEqual(self.gw.ask("POST", machine + "?op=lock").text, "Machine is already locked")
        self.gw.ask("POST", machine + "?op=unlock")
        self.release(system_id)
        self.assertEqual(self.gw.ask("GET", machine + "?op=query_power_state").json, {"state": "off"})
        self.assertEqual(self.gw.ask("POST", machine + "?op=power_off").text, "null")

    def test_m29_m32_m34_collections_edits_and_tags(self):
        system_id = self.ready_machine()
        machine = f"machines/{system_id}/"
        wrong = self.gw.ask("POST", "machines/", [("op", "release"), ("machines", system_id), ("machines", "nosuch")])
        self.assertEqual((wrong.status, wrong.text), (400, "Unknown machine(s): nosuch."))
        self.assertEqual(self.gw.ask("PUT", machine, [("hostname", "-bad-")]).status, 400)
        self.assertEqual(self.gw.ask("PUT", machine, [("swap_size", "0")]).json["swap_size"], 0)
        self.gw.ask("POST", "tags/", [("name", "m34")])
        self.assertEqual(self.gw.ask("POST", "tags/m34/op-update_nodes", [("add", system_id)]).json, {"added": 1, "removed": 0})
        self.assertIn("m34", self.gw.ask("GET", machine).json["tag_names"])
        self.release(system_id)

    def test_m33_dns_resources_come_and_go(self):
        for name, api in self.both:
            with self.subTest(name):
                fqdn = f"m33-{name.split()[0].lower()}.maas"
                self.assertEqual(api.ask("GET", f"dnsresources/?fqdn={fqdn}").json, [])
                made = api.ask("POST", "dnsresources/", [("fqdn", fqdn), ("address_ttl", "10")])
                self.assertEqual((made.status, made.json["ip_addresses"]), (200, []))
                path = f"dnsresources/{made.json['id']}/"
                both = api.ask("PUT", path, [("ip_addresses", "10.0.0.1 10.0.0.2")]).json["ip_addresses"]
                self.assertEqual([one["ip"] for one in both], ["10.0.0.1", "10.0.0.2"])
                self.assertEqual(api.ask("DELETE", path).status, 204)

    def test_m37_events_are_paged(self):
        for name, api in self.both:
            with self.subTest(name):
                page = api.ask("GET", "events/?op=query&limit=2").json
                self.assertTrue(page["next_uri"].startswith("/MAAS/api/2.0/events/?op=query&limit=2&after="))
                self.assertEqual(api.ask("GET", "events/?op=query&limit=1001").status, 400)
                self.assertEqual(api.ask("GET", "events/?op=query&after=1&before=2").status, 400)

    def test_m38_a_busy_maas_is_asked_again_only_if_it_says_so(self):
        self.fault(unavailable=1, retry_after=1)
        before = self.reached()
        self.gomaasapi(self.described["ingress_url"], self.described["api_key"], self.described["ca"], "connect")
        self.assertEqual(self.reached() - before, 3, "version twice, whoami once")
        self.fault(unavailable=1)
        answer = self.gw.ask("GET", "zones/")
        self.assertEqual(answer.status, 503)
        self.assertNotIn("retry-after", answer.headers)
        self.assertEqual(answer.text, "Unable to connect to any rack controller; no connections available.")

    def test_m40_two_endpoints_never_mix(self):
        newer = maas_http.Maas(self.described2["ingress_url"], self.described2["api_key"], self.described2["ca"])
        gone = newer.ask("GET", "vm-hosts/")
        self.assertEqual((gone.status, gone.text), (410, "VM host (KVM) support has been removed from MAAS."))
        self.assertEqual(self.gw.ask("GET", "vm-hosts/").json, [])
        before = self.reached()
        lines = self.gomaasapi(self.described2["ingress_url"], self.described2["api_key"], self.described2["ca"])
        self.assertEqual(len(lines), 9)
        self.assertEqual(self.reached(), before, "nothing of it reached the other one")

    def test_describe_leads_to_the_gateway(self):
        answer = self.gw.raw("GET", "/MAAS/api/2.0/describe/")
        uris = [one["auth"]["uri"] for one in answer.json["resources"]]
        self.assertTrue(uris and all(uri.startswith(self.described["ingress_url"] + "/MAAS/api/2.0/") for uri in uris))

    def test_an_answer_that_breaks_off_is_no_short_success(self):
        self.fault(reset_answer=1)
        with self.assertRaises((OSError, maas_http.http.client.HTTPException)):
            self.gw.ask("GET", "machines/")

    def test_the_endpoint_is_described_and_secrets_are_nowhere(self):
        listed = {one["name"]: one for one in self.one.ctl("endpoint", "list", "--json")["endpoints"]}
        self.assertEqual((listed["maas1"]["kind"], listed["maas1"]["state"]), ("maas", "ok"))
        self.assertEqual([listed[name]["product"] for name in ("maas1", "maas2")], ["MAAS 3.7.3", "MAAS 3.8.0"])
        secrets = [self.first["api_key"].split(":")[2], self.described["api_key"].split(":")[2]]
        for file in [self.one.log, *self.one.state.glob("*.db*")]:
            content = file.read_bytes()
            for secret in secrets:
                self.assertNotIn(secret.encode(), content, file)


    def test_zz_after_a_kill_of_the_gateway_keys_and_endpoints_are_there(self):
        self.lab.kill(self.one.process_name)
        record = self.lab.restart(self.one.process_name)
        hmac = self.gw.signed_with(maas_http.HMAC)

        def works():
            try:
                return hmac.ask("GET", "zones/").status == 200
            except OSError:
                return False

        e2e.process.wait_for(works, 60, "a call that works again", record)
        self.assertEqual(hmac.ask("POST", "tags/", [("name", "afterwards")]).status, 200)


class Maas(maas_identity.Identity, Calls, maas_case.MaasCase):
    """All of it in one lab."""


if __name__ == "__main__":
    e2e.run()
