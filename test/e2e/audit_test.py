#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is kept of a tenant's doings: complete, only its own, without secrets, unreadable on the disk, gone with it."""
import http.client
import socket
import sqlite3
import ssl
import subprocess
import urllib.parse

import e2e


class Audit(e2e.EndToEnd):
    tenants = 2

    def rows(self, tenant, query=""):
        return self.api(tenant).get(f"/api/v1/audit?limit=200{query}")["items"]

    def has_row(self, tenant, query):
        return e2e.process.wait_for(lambda: self.rows(tenant, query), 15, f"an audit row with {query}")

    def text_of(self, tenant, path):
        api = self.api(tenant)
        connection = http.client.HTTPSConnection(api.address.hostname, api.address.port, context=api.tls, timeout=15)
        connection.request("GET", path, headers={"Authorization": "Bearer " + api.token})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.assertEqual(answer.status, 200, text)
        return answer, text

    def secrets(self):
        for tenant in self.lab.tenants:
            yield tenant["api_token"]
            yield tenant["admin"]["password"]
            for gateway in tenant["gateways"]:
                for endpoint in gateway["endpoints"]:
                    yield endpoint["password"]
                    yield endpoint["direct"]["password"]

    def files(self):
        state = self.lab.directory / "controlplane"
        return [state / "controlplane.db", state / "controlplane.db-wal", self.lab.directory / "controlplane.log"]

    def test_1_every_step_leaves_a_row(self):
        self.assert_works(self.call())
        for action in ("pairing.claim", "pairing.approve", "gateway.pair", "gateway.active", "gateway.connect",
                       "endpoint.report", "proxy.call"):
            self.has_row(0, f"&action={action}")
        call = self.has_row(0, "&action=proxy.call&outcome=success")[0]
        self.assertEqual(call["target"]["name"], "vc1")
        self.assertIn("/sdk", call["detail"])
        self.assertGreater(call["bytes_down"], 0)
        self.assertIsNotNone(call["duration_ms"])
        sequence = [row["seq"] for row in self.rows(0)]
        self.assertEqual(sequence, sorted(sequence, reverse=True))
        self.assertTrue(self.rows(0, "&q=sdk+complete&target=vc1"))
        self.assertFalse(self.rows(0, "&q=nowhere"))

    def test_1_a_call_is_booked_on_the_key_that_the_gateway_knows_and_says_what_it_was(self):
        target = self.endpoint()
        self.assert_works(self.call())
        self.has_row(0, f"&action=proxy.call&outcome=success&actor={target['username']}&q=Logout")
        self.assertFalse(self.call(target={**target, "password": "wrong"}).ok)
        refused = self.has_row(0, "&action=proxy.call&outcome=refused&q=Login")[0]
        self.assertIn("proxy.invalid_login", refused["detail"])
        self.assertNotEqual(refused["actor"]["kind"], "key")
        seen = self.raw(target, "GET", "/sdk/vimServiceVersions.xml")
        self.assertFalse([name for name in seen if name.lower().startswith("pcg-")], seen)

    def test_1_what_the_ingress_does_not_let_in_leaves_a_row(self):
        target = self.endpoint()
        address = urllib.parse.urlsplit(target["url"])
        before = len(self.upstream())
        for path in ("/folder/a%00b?dcPath=DC0&dsName=LocalDS_0", "/sdk%2f..%2fmob", "/%2e%2e/mob", "/sdk\\mob"):
            tls = ssl.create_default_context(cafile=target["ca"])
            with socket.create_connection((address.hostname, address.port), timeout=15) as plain:
                with tls.wrap_socket(plain, server_hostname=address.hostname) as stream:
                    stream.sendall(f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 0\r\n\r\n".encode())
                    self.assertIn(b" 400 ", stream.recv(4096), path)
        self.assertEqual(len(self.upstream()), before)
        rows = e2e.process.wait_for(
            lambda: (found := self.rows(0, "&action=proxy.call&outcome=refused&q=ingress")) and len(found) >= 4 and found,
            15, "an audit row for each")
        self.assertTrue(all("http.bad_target" in row["detail"] and row["target"]["name"] == "vc1" for row in rows), rows)

    def raw(self, target, method, path):
        """The names of the fields that a client sees."""
        address = urllib.parse.urlsplit(target["url"])
        tls = ssl.create_default_context(cafile=target["ca"])
        connection = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=15)
        self.addCleanup(connection.close)
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        return [name for name, _ in answer.getheaders()]

    def test_2_another_tenant_sees_nothing_of_it(self):
        mine = self.lab.tenants[0]["gateways"][0]
        self.assertFalse(self.rows(1, f"&target={mine['id']}"))
        self.assertEqual(self.api(1).call("GET", f"/api/v1/gateways/{mine['id']}/timeline")[0], 404)
        self.assertEqual(self.api(1).call("GET", f"/api/v1/gateways/{mine['id']}/metrics")[0], 404)

    def test_3_timeline_metrics_export_report_and_news(self):
        gateway = self.lab.tenants[0]["gateways"][0]["id"]
        timeline = self.api(0).get(f"/api/v1/gateways/{gateway}/timeline")["items"]
        self.assertIn("online", [entry["kind"] for entry in timeline])
        series = self.api(0).get(f"/api/v1/gateways/{gateway}/metrics?range=1h")["series"]
        self.assertEqual(series[0]["name"], "vc1")
        self.assertGreater(sum(series[0]["calls"]), 0)
        answer, text = self.text_of(0, "/api/v1/audit/export?format=csv&action=proxy.call")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertEqual(text.splitlines()[0].split(",")[0], "seq")
        self.assertGreater(len(text.splitlines()), 3)
        _, lines = self.text_of(0, "/api/v1/audit/export?format=jsonl")
        self.assertTrue(all(line.startswith("{") for line in lines.splitlines()))
        report = self.api(0).get("/api/v1/audit/report")
        self.assertGreater(report["rows"], 5)
        api = self.api(0)
        with self.events(api) as answer:
            self.assertEqual(answer.readline(), b": alive\n")
            api.call("PATCH", f"/api/v1/gateways/{gateway}", {"name": "renamed"})
            while not answer.readline().startswith(b"event: audit"):
                pass
        self.has_row(0, "&action=gateway.change&q=renamed")

    def events(self, api):
        connection = http.client.HTTPSConnection(api.address.hostname, api.address.port, context=api.tls, timeout=15)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/events", headers={"Authorization": "Bearer " + api.token})
        answer = connection.getresponse()
        self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
        return answer

    def verify(self, *words, stdin=None):
        """pcgctl audit verify: whether it is intact, and what it says."""
        one = self.gateway()
        done = subprocess.run([str(self.lab.program("pcgctl")), "--socket", str(one.socket), "audit", "verify", *words],
                              input=stdin or "", text=True, capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_7_who_writes_the_gateways_database_is_seen(self):
        one = self.gateway()
        self.assert_works(self.call())
        heads = f"/api/v1/gateways/{one.id}/audit-heads"
        known = lambda kind: [h for h in self.api().get(heads)["items"] if h["kind"] == kind]
        witnessed = e2e.process.wait_for(lambda: known("events"), 30, "the first head at the control plane")[0]
        self.assertEqual(self.verify()[0], 0, self.verify()[1])
        kept = one.ctl("audit", "heads")
        code, text = self.verify("--heads-file", "-", stdin=kept)
        self.assertEqual(code, 0, text)
        self.assertIn("heads kept elsewhere: intact", text)
        # Somebody with the disk in his hands: a line is changed, then put back, then the end is taken off.
        self.lab.kill(one.process_name)
        database = sqlite3.connect(one.state / "gateway.db")
        line = database.execute("SELECT place, data FROM audit WHERE event = 'pairing.state' LIMIT 1").fetchone()
        database.execute("UPDATE audit SET data = '{}' WHERE call = 0 AND place = ?", (line[0],))
        database.commit()
        self.lab.restart(one.process_name)
        self.wait_until_calls_work(30)
        code, text = self.verify()
        self.assertEqual(code, 1, text)
        self.assertIn(f"Line {line[0]} (", text)
        self.lab.kill(one.process_name)
        database.execute("UPDATE audit SET data = ? WHERE call = 0 AND place = ?", (line[1], line[0]))
        # So much that it is still shorter when the gateway tells how far it goes.
        database.execute("DELETE FROM audit WHERE call = 0 AND place > 1")
        database.execute("DELETE FROM audit WHERE call = 1")
        database.commit()
        database.close()
        self.lab.restart(one.process_name)
        self.wait_until_calls_work(30)
        shown = f"events {witnessed['place']} {witnessed['digest']}\n"
        self.assertEqual(self.verify()[0], 0, "the database alone cannot tell")
        code, text = self.verify("--heads-file", "-", stdin=shown)
        self.assertEqual(code, 1, text)
        self.assertIn("NOT AS WRITTEN", text)
        self.has_row(0, "&action=gateway.audit_contradiction")

    def test_4_no_secret_is_anywhere_and_no_name_on_the_disk(self):
        kept = self.text_of(0, "/api/v1/audit/export?format=jsonl")[1] + \
            self.text_of(1, "/api/v1/audit/export?format=jsonl")[1]
        contents = {str(file): file.read_bytes() for file in self.files() if file.exists()}
        for secret in self.secrets():
            self.assertNotIn(secret, kept)
            for name, content in contents.items():
                self.assertNotIn(secret.encode(), content, name)
        for name, content in contents.items():
            if name.endswith(".log"):
                continue
            for text in (b"renamed", b"proxy.call", b"endpoint.report", b"POST /sdk"):
                self.assertNotIn(text, content, f"{text} in {name}")

    def test_5_a_rotated_key_changes_nothing_for_the_tenant(self):
        before = self.rows(0)
        status, _ = self.lab.operator().call("POST", f"/api/v1/tenants/{self.lab.tenants[0]['id']}/rotate-key", {})
        self.assertEqual(status, 202)
        log = self.lab.directory / "controlplane.log"
        e2e.process.wait_for(lambda: "tenant.key_rotated" in log.read_text(), 60, "the end of the rotation")
        after = self.rows(0)
        self.assertEqual(before[-3:], after[-3:])
        self.assert_works(self.call())

    def test_6_a_tenant_that_leaves_is_gone_at_once(self):
        target = self.endpoint(1)
        operator, tenant = self.lab.operator(), self.lab.tenants[1]
        self.assertEqual(operator.call("DELETE", f"/api/v1/tenants/{tenant['id']}")[0], 204)
        self.assertEqual(self.api(1).call("GET", "/api/v1/me")[0], 401)
        self.assertEqual(operator.call("DELETE", f"/api/v1/tenants/{tenant['id']}")[0], 404)
        self.assertFalse(e2e.cloud.answers(target["url"], target["ca"]))
        log = self.lab.directory / "controlplane.log"
        e2e.process.wait_for(lambda: "tenant.left" in log.read_text(), 30, "the end of the removal")
        self.assert_works(self.call())


if __name__ == "__main__":
    e2e.run()
