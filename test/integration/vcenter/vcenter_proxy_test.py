#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The vCenter proxy between unmodified clients and the vCenter simulator, without the bus in between."""
import hashlib
import http.client
import os
import pathlib
import re
import socket
import ssl
import tempfile
import unittest
import urllib.parse

import proxy_case
from proxy_case import PROGRAMS, ProxyCase, call, envelope, login_body

import client
import process
import vcenter

NASTY = "<&\"'>]]> p\u00e4ss\u20ac"

WHOLE_MACHINES = envelope(
    '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
    '<propSet><type>VirtualMachine</type><all>true</all></propSet><objectSet><obj type="ContainerView">VIEW</obj>'
    '<skip>true</skip><selectSet xsi:type="TraversalSpec"><type>ContainerView</type><path>view</path></selectSet>'
    "</objectSet></specSet></RetrieveProperties>"
)


class Clients(ProxyCase):
    """V01-V04, V14, V17, V34: unmodified clients do their work and notice nothing."""

    def run_client(self, kind):
        before = self.sessions_of_vcenter()
        run = client.run(kind, PROGRAMS, self.target(), mebibytes=4)
        self.assertTrue(run.ok, run.text + process.tail(self.log))
        self.assertEqual(run.step("upload")["details"]["sha256"], run.step("download")["details"]["sha256"])
        self.assertEqual(self.sessions_of_vcenter(), before)  # V07

    def test_govmomi_does_its_work(self):
        self.run_client("govmomi")

    def test_pyvmomi_does_its_work(self):
        self.run_client("pyvmomi")

    def test_the_real_credentials_are_in_no_log(self):
        client.run("pyvmomi", PROGRAMS, self.target(), steps="login,logout")
        seen = self.log.read_text() + (self.dir / "audit.log").read_text()
        for secret in (self.vcenter["password"], *(key["password"] for key in self.keys.values())):
            self.assertNotIn(secret, seen)

    def test_a_wrong_key_gets_invalid_login_and_the_vcenter_hears_nothing(self):
        for kind in ("govmomi", "pyvmomi"):
            before = self.asked("Login")
            target = {**self.target("deploy"), "password": "wrong"}
            run = client.run(kind, PROGRAMS, target, steps="login")
            self.assertNotEqual(run.code, 0)
            self.assertRegex(run.text, "InvalidLogin|incorrect user name or password")
            self.assertEqual(self.asked("Login"), before)

    def test_a_role_is_refused_what_it_does_not_have(self):
        for kind in ("govmomi", "pyvmomi"):
            before = self.asked("CloneVM_Task")
            run = client.run(kind, PROGRAMS, self.target("inventory"), steps="login,inventory,clone,logout")
            self.assertTrue(run.step("inventory")["ok"], run.text)
            self.assertRegex(run.text, "NoPermission|Permission to perform this operation was denied")
            self.assertEqual(self.asked("CloneVM_Task"), before)


class Raw(ProxyCase):
    """What no library would send, and what no library would notice."""

    @classmethod
    def vcenter_arguments(cls):
        return ("-vms", "40")

    def test_versions_file_is_the_same_without_a_login(self):
        through = self.http("GET", "/sdk/vimServiceVersions.xml")
        straight = self.http("GET", "/sdk/vimServiceVersions.xml", target=self.direct())
        self.assertEqual(through[0], 200)
        self.assertEqual(through[2], straight[2])

    def test_a_large_answer_is_the_same_octet_for_octet(self):
        """V15: whole VirtualMachine objects, through the gateway and straight."""
        answers = []
        for target in (None, self.direct()):
            if target:
                _, headers, _ = self.soap(login_body(target["username"], target["password"]), target=target)
                cookie = headers["Set-Cookie"].split(";")[0]
            else:
                cookie = self.log_in()
            create = call("CreateContainerView", "ViewManager", "ViewManager",
                          '<container type="Folder">group-d1</container><type>VirtualMachine</type>'
                          "<recursive>true</recursive>")
            _, _, made = self.soap(envelope(create), cookie, target=target)
            view = re.search(rb'type="ContainerView">([^<]+)<', made).group(1).decode()
            status, headers, body = self.soap(WHOLE_MACHINES.replace("VIEW", view), cookie, target=target)
            self.assertEqual(status, 200)
            answers.append(body)
        self.assertGreater(len(answers[0]), 477_000)
        # What differs between two answers of the simulator itself is left out: times and counters.
        plain = [re.sub(rb"\d{4}-\d\d-\d\dT[^<]*|<uptimeSeconds>\d+|<\w*Count>\d+", b"", body) for body in answers]
        self.assertEqual(hashlib.sha256(plain[0]).hexdigest(), hashlib.sha256(plain[1]).hexdigest())

    def test_a_download_of_megabytes_is_the_same(self):
        cookie = self.log_in()
        content = os.urandom(5_000_003)
        path = "/folder/pcg-proxy.bin?dcPath=DC0&dsName=LocalDS_0"
        status, _, _ = self.http("PUT", path, content, {"Cookie": cookie})
        self.assertIn(status, (200, 201))
        status, headers, body = self.http("GET", path, headers={"Cookie": cookie})
        self.assertEqual((status, hashlib.sha256(body).hexdigest()), (200, hashlib.sha256(content).hexdigest()))
        status, headers, body = self.http("GET", path, headers={"Cookie": cookie, "Range": "bytes=10-19"})
        self.assertEqual((status, body), (206, content[10:20]))
        status, headers, body = self.http("HEAD", path, headers={"Cookie": cookie})
        self.assertEqual((status, headers["Content-Length"], body), (200, str(len(content)), b""))

    def test_a_file_needs_a_session_of_ours(self):
        before = self.asked("GET")
        audited = len(self.audit())
        for cookie in ({}, {"Cookie": "vmware_soap_session=x"}):
            self.assertEqual(self.http("GET", "/folder/x?dcPath=DC0&dsName=LocalDS_0", headers=cookie)[0], 401)
        self.assertEqual(self.asked("GET"), before)
        self.assertEqual({one["decision"] for one in self.refusals_since(audited, 2)}, {"proxy.not_authenticated"})

    def test_a_cookie_of_one_endpoint_is_nothing_at_another(self):
        """V06"""
        cookie = self.log_in(endpoint=1)
        now = envelope(call("CurrentTime", "ServiceInstance", "ServiceInstance"))
        self.assertEqual(self.soap(now, cookie, endpoint=1)[0], 200)
        audited, before = len(self.audit()), self.asked("CurrentTime")
        for foreign in (cookie, "vmware_soap_session=unknown", None):
            status, _, body = self.soap(now, foreign, endpoint=0)
            self.assertEqual(status, 500)
            self.assertIn(b"NotAuthenticated", body)
        self.assertEqual(self.asked("CurrentTime"), before)
        self.refusals_since(audited, 3)

    def test_the_cookie_is_minted_by_the_gateway(self):
        """V03"""
        key = self.keys["full"]
        _, headers, body = self.soap(login_body(key["username"], key["password"]))
        self.assertRegex(headers["Set-Cookie"], r"^vmware_soap_session=[0-9a-f]{96}; Path=/; HttpOnly; Secure$")
        self.assertIn(self.vcenter["username"].encode(), body)  # the vCenter saw the real user

    def test_logout_ends_the_session_on_both_sides(self):
        """V07"""
        before = self.sessions_of_vcenter()
        cookie = self.log_in()
        self.assertEqual(self.sessions_of_vcenter(), before + 1)
        self.assertEqual(self.soap(envelope(call("Logout", "SessionManager", "SessionManager")), cookie)[0], 200)
        self.assertEqual(self.sessions_of_vcenter(), before)
        now = envelope(call("CurrentTime", "ServiceInstance", "ServiceInstance"))
        self.assertIn(b"NotAuthenticated", self.soap(now, cookie)[2])

    def test_sessions_of_clients_that_never_log_out_are_bounded(self):
        """V08: the cap is 100 for each of the two endpoints."""
        for _ in range(110):
            self.log_in()
        self.assertLessEqual(self.sessions_of_vcenter(), 201)

    def refusals_since(self, before, count):
        """The audit records of `count` refused requests, once they are written."""
        def refusals():
            found = [one for one in self.audit()[before:] if one["decision"] != "allowed"]
            return found if len(found) >= count else None

        records = process.wait_for(refusals, 20, f"{count} audit records")
        self.assertTrue(all(one["outcome"] == "not-dispatched" for one in records), records)
        return records

    def test_smuggled_soap_reaches_nobody(self):
        """V24"""
        cookie = self.log_in()
        before, audited = len(self.asked()), len(self.audit())
        good = call("CurrentTime", "ServiceInstance", "ServiceInstance")
        evil = call("PowerOffVM_Task", "VirtualMachine", "vm-57")
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        for body in (
            envelope(good + evil),
            envelope(good) + envelope(evil),
            envelope(good).replace("<s:Envelope", bomb + "<s:Envelope"),
            envelope("<?x y?>" + good),
            envelope(good.replace("urn:vim25", "urn:other")),
            envelope(good).replace("UTF-8", "ISO-8859-1"),
            "not xml",
        ):
            status, _, answer = self.soap(body, cookie)
            self.assertEqual(status, 400, body)
        wide = envelope(good).encode("utf-16")
        status, _, _ = self.http("POST", "/sdk", wide, {"Content-Type": "text/xml", "Cookie": cookie})
        self.assertEqual(status, 400)
        status, _, _ = self.soap(envelope(good), cookie, headers={"Content-Encoding": "gzip"})
        self.assertEqual(status, 400)
        self.assertEqual(len(self.asked()), before)
        self.assertEqual(len(self.refusals_since(audited, 9)), 9)

    def test_a_second_call_behind_megabytes_is_never_completed(self):
        cookie = self.log_in()
        before = self.asked("Destroy_Task") + self.asked("CreateImportSpec")
        first = call("CreateImportSpec", "OvfManager", "OvfManager",
                     f"<ovfDescriptor>{'a' * 3_000_000}</ovfDescriptor>")
        status, _, _ = self.soap(envelope(first + call("Destroy_Task", "VirtualMachine", "vm-57")), cookie)
        self.assertEqual(status, 400)
        self.assertEqual(self.asked("Destroy_Task") + self.asked("CreateImportSpec"), before)

    def test_the_body_decides_and_not_soapaction(self):
        """V25"""
        cookie = self.log_in("inventory")
        before, audited = self.asked("PowerOffVM_Task"), len(self.audit())
        off = envelope(call("PowerOffVM_Task", "VirtualMachine", "vm-57"))
        status, _, body = self.soap(off, cookie, headers={"SOAPAction": "urn:vim25/CurrentTime"})
        self.assertEqual(status, 500)
        self.assertIn(b"NoPermission", body)
        self.assertIn(b"Gateway.PowerOffVM_Task", body)
        self.assertEqual(self.asked("PowerOffVM_Task"), before)
        record = self.refusals_since(audited, 1)[0]
        self.assertEqual((record["method"], record["decision"]), ("PowerOffVM_Task", "proxy.method_denied"))

    def test_closed_paths_are_denied(self):
        """V26; what the server itself refuses (dots, empty segments) is in the audit of the ingress."""
        cookie = self.log_in()
        before, audited, crooked = len(self.asked()), len(self.audit()), ("/sdk/../mob", "//sdk", "/folder/%2e%2e/mob")
        open_to_look_at = ("/", "/mob", "/ui", "/api/appliance/x", "/SDK", "/rest/appliance/system", "/about",
                           "/folder/a;b?dcPath=DC0&dsName=LocalDS_0", "/folder/x?dcPath=DC0&dsName=LocalDS_0&dsName=y")
        for path in (*open_to_look_at, *crooked):
            for method in ("GET", "POST"):
                status, _, _ = self.http(method, path, "x" if method == "POST" else None,
                                         {"Cookie": cookie, "Content-Type": "text/xml"})
                self.assertIn(status, (400, 403, 404), path)
        self.assertEqual(len(self.asked()), before)
        self.refusals_since(audited, 2 * len(open_to_look_at))

    def test_a_client_that_gives_up_a_long_poll_ends_it_at_the_vcenter(self):
        """V19"""
        cookie = self.log_in()
        body = envelope(call("WaitForUpdatesEx", "PropertyCollector", "propertyCollector", "<version></version>"))
        self.soap(envelope(call(
            "CreateFilter", "PropertyCollector", "propertyCollector",
            "<spec><propSet><type>Folder</type><pathSet>name</pathSet></propSet>"
            '<objectSet><obj type="Folder">group-d1</obj></objectSet></spec><partialUpdates>true</partialUpdates>',
        )), cookie)
        status, _, first = self.soap(body, cookie)
        self.assertEqual(status, 200)
        version = re.search(rb"<version>([^<]+)<", first).group(1).decode()
        poll = self.connection()
        poll.request("POST", "/sdk", body.replace("<version></version>", f"<version>{version}</version>"),
                     {"Content-Type": "text/xml", "Cookie": cookie})
        process.wait_for(lambda: self.asked("WaitForUpdatesEx") >= 2, 10, "the poll at the vCenter")

        poll.sock.shutdown(socket.SHUT_RDWR)
        poll.close()

        def cancelled():
            lines = vcenter.requests_seen(self.vcenter)
            return any(line["event"] == "cancelled" and line.get("soap") == "WaitForUpdatesEx" for line in lines)

        process.wait_for(cancelled, 2, "the end of the poll at the vCenter")
        process.wait_for(lambda: self.audit()[-1]["outcome"] == "cancelled", 20, "the audit record")

    def test_every_request_is_audited(self):
        cookie = self.log_in()
        before = len(self.audit())
        self.soap(envelope(call("CurrentTime", "ServiceInstance", "ServiceInstance")), cookie)
        # The record is written when the exchange is over, which the client may be told before.
        record = process.wait_for(
            lambda: next((line for line in self.audit()[before:] if line["method"] == "CurrentTime"), None),
            20, "the audit record")
        self.assertEqual(
            (record["method"], record["object"], record["decision"], record["outcome"], record["status"]),
            ("CurrentTime", "ServiceInstance:ServiceInstance", "allowed", "complete", 200),
        )
        self.assertEqual(record["access_key"], self.keys["full"]["username"])


class Endings(ProxyCase):
    def test_sessions_are_logged_out_when_the_gateway_stops(self):
        before = self.sessions_of_vcenter()
        for _ in range(5):
            self.log_in()
        self.assertEqual(self.sessions_of_vcenter(), before + 5)
        process.stop(self.record, 10)
        self.assertEqual(self.sessions_of_vcenter(), before)


class Credentials(unittest.TestCase):
    """V05: a password with everything XML could trip over."""

    def test_any_password_arrives_at_the_vcenter(self):
        with tempfile.TemporaryDirectory(prefix="pcg-proxy-") as folder:
            directory = pathlib.Path(folder)
            processes = process.Processes(folder)
            self.addCleanup(lambda: processes.stop(grace=5))
            password_file = directory / "password"
            password_file.write_text(NASTY, encoding="utf-8")
            ready = directory / "vc.json"
            record = processes.start("vcenter", [
                PROGRAMS / "vcsim", "-dir", directory, "-ready-file", ready, "-username", "dom\\us&er",
                "-password-file", password_file,
            ], directory / "vcsim.log")
            seen = process.wait_for(lambda: process.read_json(ready), 30, "the simulator", record)
            proxy = processes.start("proxy", [
                PROGRAMS / "vcenter-proxy-host", directory, seen["url"], seen["ca"], "dom\\us&er", password_file,
            ], directory / "proxy.log")
            mine = process.wait_for(lambda: process.read_json(directory / "ready.json"), 20, "the proxy", proxy)
            target = {"url": mine["urls"][0], "ca": str(directory / "proxy-ca.pem"), **mine["keys"]["inventory"]}
            for kind in ("govmomi", "pyvmomi"):
                run = client.run(kind, PROGRAMS, target, steps="login,inventory,logout")
                self.assertTrue(run.ok, run.text)
            processes.stop(grace=5)


class Unreachable(unittest.TestCase):
    """Bad input: the cause in words."""

    def answer(self, url, ca):
        with tempfile.TemporaryDirectory(prefix="pcg-proxy-") as folder:
            directory = pathlib.Path(folder)
            processes = process.Processes(folder)
            self.addCleanup(lambda: processes.stop(grace=5))
            (directory / "password").write_text("x")
            proxy = processes.start("proxy", [
                PROGRAMS / "vcenter-proxy-host", directory, url, ca, "user", directory / "password",
            ], directory / "proxy.log")
            mine = process.wait_for(lambda: process.read_json(directory / "ready.json"), 20, "the proxy", proxy)
            address = urllib.parse.urlsplit(mine["urls"][0])
            tls = ssl.create_default_context(cafile=str(directory / "proxy-ca.pem"))
            connection = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=30)
            connection.request("POST", "/sdk", envelope(call("RetrieveServiceContent", "ServiceInstance",
                                                             "ServiceInstance")), {"Content-Type": "text/xml"})
            answer = connection.getresponse()
            body = answer.read().decode()
            connection.close()
            processes.stop(grace=5)
            return answer, body

    def any_ca(self, directory):
        processes = process.Processes(directory)
        self.addCleanup(lambda: processes.stop(grace=5))
        return vcenter.start(processes, PROGRAMS, pathlib.Path(directory) / "vc", "vcenter"), processes

    def test_it_says_who_refused_and_which_certificate_was_not_trusted(self):
        with tempfile.TemporaryDirectory(prefix="pcg-proxy-") as one, \
                tempfile.TemporaryDirectory(prefix="pcg-proxy-") as two:
            first, first_processes = self.any_ca(one)
            second, second_processes = self.any_ca(two)
            answer, body = self.answer(first["url"], second["ca"])
            self.assertEqual((answer.status, answer.headers["Pcg-Outcome"]), (503, "not-dispatched"))
            fingerprint = hashlib.sha256(vcenter.certificate_of(first["url"])).hexdigest()
            self.assertIn(fingerprint, re.sub("[^0-9a-f]", "", body.lower()))
            self.assertIn("--pin-sha256", body)

            first_processes.stop(grace=5)
            answer, body = self.answer(first["url"], second["ca"])
            self.assertEqual(answer.status, 503)
            self.assertRegex(answer.reason, "refused")
            self.assertIn("refused", body)
            second_processes.stop(grace=5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
