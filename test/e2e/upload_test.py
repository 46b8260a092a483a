#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Uploads by reference with real processes: a source that misbehaves, a vCenter's datastore, an import lease and a MAAS,
the gateway's own switches, a gateway that is killed."""
import http.client
import json
import pathlib
import signal
import ssl
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import e2e
import maas
import upload_source
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim

MIB = 1024 * 1024
CANARY = "canary-4f1c"
CACHE_MIB = 48
GROWTH_KIB = 24 * 1024
OVER = ("done", "failed", "cancelled", "unknown")


class Listening(threading.Thread):
    """What the live stream of the API says of uploads."""

    def __init__(self, controlplane, token):
        super().__init__(daemon=True)
        address = urllib.parse.urlsplit(controlplane["url"])
        self.connection = http.client.HTTPSConnection(
            address.hostname, address.port, context=ssl.create_default_context(cafile=controlplane["ca"]), timeout=120)
        self.connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        self.answer = self.connection.getresponse()
        self.news = []
        self.start()

    def run(self):
        event = None
        try:
            for line in self.answer:
                line = line.decode().strip()
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: ") and event == "upload":
                    self.news.append(json.loads(line.removeprefix("data: ")))
        except (OSError, ValueError, AttributeError):
            pass

    def close(self):
        self.connection.close()
        self.answer.close()

    def of(self, upload):
        return [one for one in self.news if one["id"] == upload]


class Uploads(e2e.EndToEnd):
    @classmethod
    def bring_up(cls):
        lab = cls.lab
        lab.prepare()
        cls.source = upload_source.Source(lab.directory / "source")
        cls.addClassCleanup(cls.source.close)
        cls.closed = upload_source.Source(lab.directory / "closed")
        cls.addClassCleanup(cls.closed.close)
        lab.gateway_settings = {"upload_sources": f"{cls.source.url}/open/", "upload_ca_file": str(cls.source.ca),
                                "upload_cache_mib": CACHE_MIB, "upload_object_mib": 40,
                                "endpoint_networks": "127.0.0.0/8"}  # the ESXi hosts' too
        lab.start_controlplane()
        tenant = lab.add_tenant("acme")
        cls.one = lab.add_gateway(tenant, "dc1")
        cls.vc = lab.start_vcenter("vcenter-dc1", ["-esxi-leases"])
        cls.described = lab.add_endpoint(tenant, cls.one, "vc1", cls.vc, "full")
        cls.region = lab.start_maas("maas1-dc1", ["--machines", "1"])
        cls.maas = lab.add_maas_endpoint(tenant, cls.one, "maas1", cls.region, "full")
        cls.token = tenant["api_token"]

    def setUp(self):
        self.cloud = self.api()

    # --- helpers --------------------------------------------------------------------------------------------

    def thing(self, name, *arguments, **options):
        return self.source.add(f"/open/{name}", *arguments, **options)

    def body(self, name, thing, **changes):
        return {"gateway_id": self.one.id, "endpoint_id": self.described["id"],
                "access_key": {"id": self.described["username"], "secret": self.described["password"]},
                "source": f"{self.source.url}/open/{name}", "sha256": thing.sha256, "max_bytes": 64 * MIB,
                "target": {"kind": "datastore", "datacenter": "DC0", "datastore": "LocalDS_0", "path": f"pcg-{name}"},
                **changes}

    def order(self, name, thing, **changes):
        status, answer = self.cloud.call("POST", "/api/v1/uploads", self.body(name, thing, **changes))
        self.assertEqual(status, 201, answer)
        return answer["id"]

    def refused(self, name, thing, **changes):
        status, answer = self.cloud.call("POST", "/api/v1/uploads", self.body(name, thing, **changes))
        self.assertGreaterEqual(status, 400, answer)
        return status, answer

    def show(self, upload):
        return self.cloud.get(f"/api/v1/uploads/{upload}")

    def wait(self, upload, state="done", seconds=40):
        def over():
            now = self.show(upload)
            return now if now["state"] in OVER else None

        now = e2e.process.wait_for(over, seconds, f"upload {upload} to be over", log=self.one.log)
        self.assertEqual(now["state"], state, now)
        return now

    def wait_for_octets(self, upload, octets):
        return e2e.process.wait_for(
            lambda: (now := self.show(upload))["fetched"] >= octets and now, 20, "some octets", log=self.one.log)

    def folder(self, method, name):
        """The datastore as the client of the endpoint sees it, through the gateway."""
        address = urllib.parse.urlsplit(self.described["ingress_url"])
        tls = ssl.create_default_context(cafile=self.described["ca"])
        connection = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=30)
        cookie = self.vsphere()._stub.cookie.split(";")[0]
        connection.request(method, f"/folder/pcg-{name}?dcPath=DC0&dsName=LocalDS_0", headers={"Cookie": cookie})
        answer = connection.getresponse()
        octets = answer.read()
        connection.close()
        return answer.status, octets

    def vsphere(self):
        if not hasattr(self, "_vsphere"):
            address = urllib.parse.urlsplit(self.described["ingress_url"])
            self._vsphere = SmartConnect(
                host=address.hostname, port=address.port, user=self.described["username"],
                pwd=self.described["password"], sslContext=ssl.create_default_context(cafile=self.described["ca"]))
            self.addCleanup(self.leave)
        return self._vsphere

    def leave(self):
        try:
            Disconnect(self._vsphere)
        except (vim.fault.NotAuthenticated, OSError, http.client.HTTPException):
            pass  # the gateway was killed, or access is paused

    def puts(self, name):
        return [line for line in e2e.vcenter.requests_seen(self.vc) if line["event"] == "request"
                and line["method"] == "PUT" and line["path"].endswith(f"pcg-{name}")]

    def rows(self, event):
        return [row["data"] for row in self.one.ctl("audit", "--json")["rows"] if row["event"] == event]

    # --- a datastore ----------------------------------------------------------------------------------------

    def test_an_object_comes_from_the_source_to_the_datastore_and_the_second_time_from_the_cache(self):
        thing = self.thing("plain", upload_source.content(5 * MIB))
        listening = Listening(self.lab.controlplane, self.token)
        first = self.order("plain", thing, source=f"{self.source.url}/open/plain?signature={CANARY}")
        done = self.wait(first)
        self.assertEqual((done["fetched"], done["pushed"], done["cached"]), (5 * MIB, 5 * MIB, False))
        self.assertEqual(self.folder("GET", "plain"), (200, thing.octets))
        self.assertEqual(len(thing.requests), 1)
        again = self.body("plain", thing)
        again["target"] = {**again["target"], "path": "pcg-plain-2"}
        status, answer = self.cloud.call("POST", "/api/v1/uploads", again)
        self.assertEqual(status, 201)
        self.assertTrue(self.wait(answer["id"])["cached"])
        self.assertEqual(len(thing.requests), 1, "the cache had it")
        e2e.process.wait_for(lambda: any(one["state"] == "done" for one in listening.of(first)), 10, "news of the end")
        listening.close()
        # Who, what, where to and how it ended; no signature anywhere.
        ended = next(row for row in self.rows("upload.ended") if row["id"] == first)
        self.assertEqual((ended["outcome"], ended["sha256"], ended["pushed"]), ("done", thing.sha256, 5 * MIB))
        self.assertEqual(ended["source"], f"{self.source.url}/open/plain")
        self.assertEqual(ended["target"], "[LocalDS_0] pcg-plain in DC0")
        calls = [row for row in self.rows("proxy.call") if row["object"].startswith("/folder/pcg-plain?")]
        puts = [row for row in calls if row["method"] == "PUT"]
        self.assertEqual([row["access_key"] for row in puts], [self.described["username"]], "a call like any other")
        self.assertEqual(puts[0]["peer"], f"upload {first}")
        for told in (self.one.log.read_text(), json.dumps(self.one.ctl("audit", "--json")), json.dumps(self.show(first)),
                     json.dumps(self.one.ctl("upload", "list", "--json"))):
            self.assertNotIn(CANARY, told)
        audit = e2e.process.wait_for(lambda: [row for row in self.cloud.get("/api/v1/audit?q=" + first)["items"]
                                              if row["action"] == "upload.done"], 10, "a row of the tenant's audit")
        self.assertEqual(audit[0]["outcome"], "success")

    def test_a_broken_connection_is_gone_on_with_where_it_broke(self):
        thing = self.thing("broken", upload_source.content(6 * MIB, 2), breaks=[2 * MIB, MIB])
        self.wait(self.order("broken", thing))
        self.assertEqual(self.folder("GET", "broken"), (200, thing.octets))
        self.assertEqual([one["if_range"] for one in thing.requests], [None, '"one"', '"one"'])
        self.assertEqual(thing.requests[2]["range"], f"bytes={3 * MIB}-")

    def test_a_source_without_ranges_begins_anew_and_one_that_changed_too(self):
        plain = self.thing("noranges", upload_source.content(3 * MIB, 3), ranges=False, breaks=[MIB])
        self.wait(self.order("noranges", plain))
        self.assertEqual(self.folder("GET", "noranges"), (200, plain.octets))
        changing = self.thing("changing", upload_source.content(3 * MIB, 4), breaks=[MIB])
        final = upload_source.content(2 * MIB, 5)

        def change():
            changing.octets, changing.etag = final, '"two"'

        changing.after_break = change
        expected = self.thing("expected", final)
        self.wait(self.order("changing", expected))
        self.assertEqual(self.folder("GET", "changing"), (200, final))

    def test_a_seam_between_two_objects_is_found_and_fetched_again(self):
        """Without an ETag nothing tells that the source changed but the digest."""
        thing = self.thing("seam", upload_source.content(3 * MIB, 6), etag=None, breaks=[MIB])
        final = upload_source.content(3 * MIB, 7)
        thing.after_break = lambda: setattr(thing, "octets", final)
        self.wait(self.order("seam", self.thing("final", final)))
        self.assertEqual(self.folder("GET", "seam"), (200, final))
        self.assertEqual([one["range"] for one in thing.requests], [None, f"bytes={MIB}-", None])

    def test_an_object_of_unknown_size_is_taken(self):
        thing = self.thing("chunked", upload_source.content(2 * MIB + 17, 8), chunked=True)
        self.assertEqual(self.wait(self.order("chunked", thing))["total"], 2 * MIB + 17)
        self.assertEqual(self.folder("GET", "chunked"), (200, thing.octets))

    def test_wrong_octets_are_pushed_nowhere(self):
        thing = self.thing("wrong", upload_source.content(MIB, 9))
        ended = self.wait(self.order("wrong", thing, sha256="0" * 64), "failed")
        self.assertEqual(ended["code"], "upload.wrong_sha256")
        self.assertEqual(self.puts("wrong"), [])
        self.assertEqual(len(thing.requests), 1)

    def test_what_is_larger_than_ordered_is_not_taken(self):
        thing = self.thing("large", upload_source.content(2 * MIB, 10))
        self.assertEqual(self.wait(self.order("large", thing, max_bytes=MIB), "failed")["code"], "upload.too_large")
        endless = self.thing("endless", upload_source.content(2 * MIB, 11), chunked=True)
        self.assertEqual(self.wait(self.order("endless", endless, max_bytes=MIB), "failed")["code"], "upload.too_large")
        self.assertEqual(self.puts("large") + self.puts("endless"), [])

    def test_what_is_there_is_replaced_only_when_that_was_ordered(self):
        thing = self.thing("there", upload_source.content(MIB, 12))
        self.wait(self.order("there", thing))
        other = self.thing("there", upload_source.content(MIB, 13))
        ended = self.wait(self.order("there", other), "failed")
        self.assertEqual(ended["code"], "upload.target_exists")
        self.assertEqual(other.requests, [], "it is looked at before anything is fetched")
        target = {**self.body("there", other)["target"], "overwrite": True}
        self.wait(self.order("there", other, target=target))
        self.assertEqual(self.folder("GET", "there"), (200, other.octets))

    # --- where from -----------------------------------------------------------------------------------------

    def test_a_source_that_is_not_open_is_refused_before_anything_is_asked(self):
        thing = self.thing("secret", b"x")
        other = self.closed.add("/open/secret", b"x")
        for source in (f"{self.closed.url}/open/secret", f"{self.source.url}/elsewhere/secret",
                       f"http://{self.source.place}/open/secret", f"https://localhost:{self.source.place.split(':')[1]}/open/x"):
            status, answer = self.refused("secret", thing, source=source)
            self.assertEqual((status, answer["code"], answer["field"]), (403, "upload.source_denied", "source"), source)
        for source in (f"{self.source.url}/open/../elsewhere/secret", f"{self.source.url}/open/%2e%2e/secret",
                       f"https://user:pass@{self.source.place}/open/secret", "ftp://x/y", "not a url"):
            status, answer = self.refused("secret", thing, source=source)
            self.assertEqual((status, answer["field"]), (400, "source"), source)
        self.assertEqual(thing.requests + other.requests, [])
        self.assertEqual(self.cloud.call("GET", "/api/v1/uploads")[1]["items"][:0], [])

    def test_a_redirect_leads_only_where_the_list_does(self):
        thing = self.thing("moved", b"x", location="/open/here")
        here = self.thing("here", upload_source.content(MIB, 14))
        self.wait(self.order("moved", thing, sha256=here.sha256))
        self.assertEqual(self.folder("GET", "moved"), (200, here.octets))
        other = self.closed.add("/open/stolen", b"x")
        away = self.thing("away", b"x", location=f"{self.closed.url}/open/stolen")
        ended = self.wait(self.order("away", away), "failed")
        self.assertEqual(ended["code"], "upload.source_denied")
        self.assertEqual(other.requests, [])
        loop = self.thing("loop", b"x", location="/open/loop")
        self.assertEqual(self.wait(self.order("loop", loop), "failed")["code"], "upload.source_refused")
        self.assertLessEqual(len(loop.requests), 6)

    def test_what_the_source_has_not_is_said_so(self):
        thing = self.thing("gone", b"x", status=404)
        ended = self.wait(self.order("gone", thing), "failed")
        self.assertEqual(ended["code"], "upload.source_refused")
        self.assertIn("404", ended["why"])

    # --- who ------------------------------------------------------------------------------------------------

    def test_the_key_decides_and_its_secret_is_asked_for(self):
        thing = self.thing("keys", upload_source.content(MIB, 15))
        key = {"id": self.described["username"], "secret": "wrong"}
        status, answer = self.refused("keys", thing, access_key=key)
        self.assertEqual((status, answer["field"]), (403, "access_key"))
        made = self.one.create_key("vc1", "inventory")
        key = {"id": made["username"], "secret": made["password"]}
        ended = self.wait(self.order("keys", thing, access_key=key), "failed")
        self.assertEqual(ended["code"], "upload.target_refused")
        self.assertEqual(thing.requests, [], "what may not be written is not fetched")
        made = self.one.create_key("vc1", "deploy")
        key = {"id": made["username"], "secret": made["password"]}
        self.assertIn("refuses", self.wait(self.order("keys", thing, access_key=key), "failed")["why"])
        target = {**self.body("keys", thing)["target"], "path": "pcg/keys.bin"}
        self.order_into_folder(thing, key, target)

    def order_into_folder(self, thing, key, target):
        """The role deploy may write below pcg/ only; the vCenter has no such directory before it is made."""
        service = self.vsphere().RetrieveContent()
        try:
            service.fileManager.MakeDirectory("[LocalDS_0] pcg", service.rootFolder.childEntity[0], True)
        except vim.fault.FileAlreadyExists:
            pass
        self.wait(self.order("keys", thing, access_key=key, target=target))

    def test_an_order_is_the_tenants_operators_and_the_same_key_gives_the_same_upload(self):
        thing = self.thing("twice", upload_source.content(MIB, 16))
        address = urllib.parse.urlsplit(self.lab.controlplane["url"])
        answers = []
        for _ in range(2):
            connection = http.client.HTTPSConnection(
                address.hostname, address.port,
                context=ssl.create_default_context(cafile=self.lab.controlplane["ca"]))
            connection.request("POST", "/api/v1/uploads", json.dumps(self.body("twice", thing)), {
                "Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                "Idempotency-Key": "order-of-the-test-1"})
            answers.append(json.loads(connection.getresponse().read())["id"])
            connection.close()
        self.assertEqual(answers[0], answers[1])
        self.wait(answers[0])
        self.assertEqual(len(self.puts("twice")), 1)
        status, made = self.cloud.call("POST", "/api/v1/tokens", {"label": "reader", "role": "auditor"})
        self.assertEqual(status, 201, made)
        reader = e2e.cloud.Api(self.lab.controlplane["url"], self.lab.controlplane["ca"], made["token"])
        self.assertEqual(reader.call("POST", "/api/v1/uploads", self.body("twice", thing))[0], 403)
        self.assertEqual(reader.call("POST", f"/api/v1/uploads/{answers[0]}/cancel")[0], 403)
        self.assertEqual(reader.get(f"/api/v1/uploads/{answers[0]}")["state"], "done")

    # --- ended from outside ---------------------------------------------------------------------------------

    def test_cancelled_it_ends_at_once_and_nothing_is_pushed(self):
        thing = self.thing("slow", upload_source.content(30 * MIB, 17), pace=0.02)
        upload = self.order("slow", thing)
        self.wait_for_octets(upload, MIB)
        before = time.monotonic()
        status, answer = self.cloud.call("POST", f"/api/v1/uploads/{upload}/cancel")
        self.assertEqual((status, answer["state"]), (200, "cancelled"))
        self.assertLess(time.monotonic() - before, 1)
        self.assertEqual(self.puts("slow"), [])
        other = self.order("slow", thing)
        self.wait_for_octets(other, MIB)
        self.assertIn("cancelled", self.one.ctl("upload", "cancel", other))
        self.wait(other, "cancelled")

    def test_the_red_button_and_the_read_only_switch_cut_what_runs(self):
        thing = self.thing("cut", upload_source.content(30 * MIB, 18), pace=0.02)
        for on, off, code in ((("pause",), ("resume",), "proxy.paused"),
                              (("policy", "read-only", "on"), ("policy", "read-only", "off"), "proxy.read_only")):
            upload = self.order("cut", thing)
            self.wait_for_octets(upload, MIB)
            before = time.monotonic()
            self.one.ctl(*on)
            try:
                ended = self.wait(upload, "failed", 5)
                self.assertLess(time.monotonic() - before, 2)
                self.assertEqual(ended["code"], code)
                seen = len(thing.requests)
                if on == ("pause",):
                    self.assertEqual(self.refused("cut", thing)[0], 503)
                else:
                    waits = self.order("cut", thing)
                    time.sleep(1.5)
                    self.assertEqual(self.show(waits)["state"], "queued")
                    self.cloud.call("POST", f"/api/v1/uploads/{waits}/cancel")
                self.assertEqual(len(thing.requests), seen)
            finally:
                self.one.ctl(*off)
        self.assertEqual(self.puts("cut"), [])

    def test_a_gateway_that_is_killed_goes_on_where_it_was(self):
        thing = self.thing("killed", upload_source.content(12 * MIB, 19), pace=0.02)
        upload = self.order("killed", thing)
        self.wait_for_octets(upload, 2 * MIB)
        self.lab.kill(self.one.process_name)
        thing.pace = 0
        self.lab.restart(self.one.process_name)
        done = self.wait(upload, seconds=60)
        self.assertEqual(self.folder("GET", "killed"), (200, thing.octets))
        self.assertEqual(len(thing.requests), 2)
        begun = int(thing.requests[1]["range"].removeprefix("bytes=").rstrip("-"))
        self.assertGreaterEqual(begun, 2 * MIB)
        self.assertEqual(thing.requests[1]["if_range"], '"one"')
        self.assertEqual(done["pushed"], 12 * MIB)
        self.assertEqual(len(self.puts("killed")), 1)

    def test_a_gateway_that_is_killed_while_it_pushes_looks_before_it_pushes_again(self):
        thing = self.thing("pushed", upload_source.content(8 * MIB, 21))
        e2e.vcenter.wish(self.vc, bytes_per_second=2 * MIB)
        upload = self.order("pushed", thing)
        e2e.process.wait_for(lambda: self.show(upload)["pushed"] > 2 * MIB, 20, "a push half done", log=self.one.log)
        self.lab.kill(self.one.process_name)
        e2e.vcenter.wish(self.vc)
        self.lab.restart(self.one.process_name)
        self.wait(upload, seconds=60)
        self.assertEqual(self.folder("GET", "pushed"), (200, thing.octets))
        self.assertEqual(len(self.puts("pushed")), 2)
        self.assertEqual(len(thing.requests), 1, "what was fetched is kept")
        self.assertIn("HEAD", [line["method"] for line in e2e.vcenter.requests_seen(self.vc)
                               if line["path"].endswith("pcg-pushed")])

    # --- bounds ---------------------------------------------------------------------------------------------

    def test_the_cache_is_bounded_and_memory_is_flat(self):
        record = self.lab.processes.find(self.one.process_name)
        status = pathlib.Path(f"/proc/{record['pid']}/status")

        def peak():
            return int(status.read_text().split("VmHWM:")[1].split()[0])

        self.wait(self.order("small", self.thing("small", upload_source.content(MIB, 20))))
        before = peak()
        for number in range(3):
            thing = self.thing(f"big{number}", upload_source.content(30 * MIB, 30 + number))
            self.wait(self.order(f"big{number}", thing))
            self.assertEqual(self.folder("HEAD", f"big{number}")[0], 200)
        if not e2e.process.is_instrumented(record):
            self.assertLess(peak() - before, GROWTH_KIB)
        held = sum(path.stat().st_size for path in (self.one.state / "uploads").iterdir())
        self.assertLessEqual(held, CACHE_MIB * MIB)
        self.assertLessEqual(self.one.ctl("upload", "sources", "--json")["cache_octets"], CACHE_MIB * MIB)
        thing = self.thing("huge", upload_source.content(41 * MIB, 40))
        self.assertEqual(self.wait(self.order("huge", thing), "failed")["code"], "upload.too_large")

    # --- a lease --------------------------------------------------------------------------------------------

    def open_lease(self, name):
        service = self.vsphere()
        content = service.RetrieveContent()
        datacenter = content.rootFolder.childEntity[0]
        pool = datacenter.hostFolder.childEntity[0].resourcePool
        descriptor = (pathlib.Path(__file__).resolve().parents[1] / "peers" / "vsphere-client" / "lease.go").read_text()
        descriptor = descriptor.split("`")[1].replace("%d", str(MIB)).replace("<Name>imported</Name>", f"<Name>{name}</Name>")
        parameters = vim.OvfManager.CreateImportSpecParams(entityName=name)
        spec = content.ovfManager.CreateImportSpec(descriptor, pool, datacenter.datastore[0], parameters)
        lease = pool.ImportVApp(spec.importSpec, datacenter.vmFolder)
        e2e.process.wait_for(lambda: lease.state == "ready", 10, "the lease")
        return lease

    def test_a_disk_of_an_import_lease_arrives_at_the_host_that_the_lease_names(self):
        thing = self.thing("disk", upload_source.content(4 * MIB, 50), pace=0.01)
        lease = self.open_lease("by-reference")
        device = lease.info.deviceUrl[0]
        target = {"kind": "lease", "lease": lease._moId, "device_key": device.key}
        self.wait(self.order("disk", thing, target=target))
        lease.Complete()
        seen = e2e.vcenter.requests_seen(self.vc)
        at_host = [line for line in seen if line["path"].startswith("esxi:") and line["event"] == "response"]
        self.assertEqual([line.get("sha256") for line in at_host if line.get("sha256")], [thing.sha256])
        self.assertIn("HttpNfcLeaseProgress", [line.get("soap") for line in seen])
        ended = self.wait(self.order("disk", thing, target={**target, "lease": "session[nobody]none"}), "failed")
        self.assertEqual(ended["code"], "upload.lease_over")
        other = self.open_lease("of-another-key")
        key = self.one.create_key("vc1", "full")
        ended = self.wait(self.order("disk", thing, target={**target, "lease": other._moId},
                                     access_key={"id": key["username"], "secret": key["password"]}), "failed")
        self.assertEqual(ended["code"], "upload.lease_over", "somebody else's lease is nobody's business")
        other.Abort()

    # --- a MAAS ---------------------------------------------------------------------------------------------

    def at_maas(self, path):
        """What the MAAS itself says, asked directly."""
        consumer, token, secret = self.region["api_key"].split(":")
        fields = {"oauth_version": "1.0", "oauth_signature_method": "PLAINTEXT", "oauth_consumer_key": consumer,
                  "oauth_token": token, "oauth_signature": "%26" + secret, "oauth_nonce": str(time.monotonic_ns()),
                  "oauth_timestamp": str(int(time.time()))}
        authorization = "OAuth " + ", ".join(f'{name}="{value}"' for name, value in fields.items())
        request = urllib.request.Request(self.region["direct_url"] + "/MAAS/api/2.0/" + path,
                                         headers={"Authorization": authorization})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.load(answer)

    def test_a_boot_resource_arrives_in_chunks(self):
        thing = self.thing("image", upload_source.content(10 * MIB + 5, 60))
        _, token, secret = self.maas["api_key"].split(":")
        upload = self.order("image", thing, endpoint_id=self.maas["id"], access_key={"id": token, "secret": secret},
                            target={"kind": "boot_resource", "name": "custom/by-reference",
                                    "architecture": "amd64/generic", "filetype": "ddgz", "title": "By reference"})
        self.assertEqual(self.wait(upload)["pushed"], 10 * MIB + 5)
        listed = [one for one in self.at_maas("boot-resources/") if one["name"] == "custom/by-reference"]
        self.assertEqual(len(listed), 1)
        whole = self.at_maas(f"boot-resources/{listed[0]['id']}/")
        file = next(iter(next(iter(whole["sets"].values()))["files"].values()))
        self.assertEqual((file["complete"], file["sha256"]), (True, thing.sha256))
        chunks = [row for row in self.rows("proxy.call") if row["method"].startswith("PUT") and "/upload/" in row["object"]]
        self.assertEqual(len(chunks), 3)
        status, answer = self.refused("image", thing, endpoint_id=self.maas["id"])
        self.assertEqual((status, answer["field"]), (400, "target.kind"))

    def test_a_chunk_that_broke_is_gone_on_with_from_what_maas_holds_and_a_lost_answer_is_no_second_image(self):
        thing = self.thing("broken-image", upload_source.content(9 * MIB, 61), pace=0.01)
        _, token, secret = self.maas["api_key"].split(":")
        order = {"endpoint_id": self.maas["id"], "access_key": {"id": token, "secret": secret}}
        for fault in ("reset_upload", "reset_answer"):
            with self.subTest(fault=fault):
                name = f"custom/{fault.replace('_', '-')}"
                target = {"kind": "boot_resource", "name": name, "architecture": "amd64/generic", "filetype": "ddgz"}
                upload = self.order("broken-image", thing, target=target, **order)
                self.wait_for_octets(upload, MIB)  # the first look at the endpoint is over
                maas.control(self.region, "/_sim/faults", {fault: 1})
                self.wait(upload)
                maas.control(self.region, "/_sim/faults", {})
                held = [self.at_maas(f"boot-resources/{one['id']}/") for one in self.at_maas("boot-resources/")
                        if one["name"] == name]
                files = [next(iter(next(iter(one["sets"].values()))["files"].values())) for one in held]
                self.assertIn((True, thing.sha256), [(file["complete"], file["sha256"]) for file in files])
            thing = self.thing("broken-image", upload_source.content(9 * MIB, 62), pace=0.01)

    # --- the command lines ----------------------------------------------------------------------------------

    def pcg(self, *words):
        tenant = self.lab.tenants[0]
        return subprocess.run(
            [str(e2e.PROGRAMS / "pcg"), *words, "--server", self.lab.controlplane["url"], "--ca",
             self.lab.controlplane["ca"], "--token-file", tenant["token_file"]],
            capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)

    def test_a_person_orders_and_follows_with_pcg(self):
        thing = self.thing("typed", upload_source.content(3 * MIB, 70), pace=0.02)
        file = self.lab.directory / "order.json"
        file.write_text(json.dumps(self.body("typed", thing)))
        ordered = self.pcg("uploads", "create", str(file), "--json")
        self.assertEqual(ordered.returncode, 0, ordered.stderr)
        upload = json.loads(ordered.stdout)["id"]
        followed = self.pcg("uploads", "show", upload, "--follow")
        self.assertEqual(followed.returncode, 0, followed.stdout + followed.stderr)
        self.assertIn("fetching", followed.stdout)
        self.assertTrue(followed.stdout.splitlines()[-1].startswith("done"), followed.stdout)
        self.assertIn(upload, self.pcg("uploads", "list").stdout)
        self.assertIn(upload, self.one.ctl("upload", "list"))
        self.assertIn(f"{self.source.url}/open/", self.one.ctl("upload", "sources"))


if __name__ == "__main__":
    e2e.run()
