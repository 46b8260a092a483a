#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""REST, leases and sessions of a vCenter that misbehaves: unmodified govmomi and raw HTTP through the proxy."""
import base64
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import threading
import time
import unittest

from proxy_case import PROGRAMS, ProxyCase, call, envelope, login_body

import client
import process
import vcenter

REST_LOGIN = "/rest/com/vmware/cis/session"
NOW = envelope(call("CurrentTime", "ServiceInstance", "ServiceInstance"))


def basic(username, password):
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Surfaces(ProxyCase):
    def setUp(self):
        vcenter.wish(self.vcenter)

    def open_sessions(self):
        return vcenter.wish(self.vcenter)

    def rest_login(self, role="full", path=REST_LOGIN):
        key = self.keys[role]
        status, _, body = self.http("POST", path, None, {
            "Authorization": basic(key["username"], key["password"]), "vmware-use-header-authn": "true"})
        self.assertIn(status, (200, 201), body)
        value = json.loads(body)
        return value["value"] if isinstance(value, dict) else value

    def rest(self, method, path, session, body=None):
        headers = {"vmware-api-session-id": session}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.http(method, path, body, headers)


class Differential(Surfaces):
    """Each program straight and through the gateway: what it found must be the same."""

    # Names are drawn by each run; ids and rates are whatever they are.
    OWN = ("name", "machine", "MB/s", "sha256", "path", "source")

    def outcome(self, kind, target):
        run = client.run(kind, PROGRAMS, target, mebibytes=2)
        self.assertTrue(run.ok, run.text)
        return [(step["step"], {name: value for name, value in (step.get("details") or {}).items()
                                if name not in self.OWN}) for step in run.steps]

    def test_govmomi_sees_the_same(self):
        """V14"""
        self.assertEqual(self.outcome("govmomi", self.direct()), self.outcome("govmomi", self.target()))

    def test_pyvmomi_sees_the_same(self):
        """V14"""
        self.assertEqual(self.outcome("pyvmomi", self.direct()), self.outcome("pyvmomi", self.target()))


class Rest(Surfaces):
    def test_govmomi_tags_and_library_work_and_are_the_same_as_directly(self):
        """V27, V29, V36"""
        steps = "login,inventory,rest-login,tags,library,rest-logout,logout"
        direct = client.run("govmomi", PROGRAMS, self.direct(), steps)
        self.assertTrue(direct.ok, direct.text)
        through = client.run("govmomi", PROGRAMS, self.target(), steps)
        self.assertTrue(through.ok, through.text)
        # The text of "exists already" names the machine's own random name and nothing else.
        for run in (direct, through):
            self.assertIn("already_exists", run.step("tags")["details"]["twice"])
        self.assertEqual(direct.step("library")["details"]["sha256"], through.step("library")["details"]["sha256"])

    def test_an_ovf_of_a_library_is_deployed_and_its_files_go_through_the_gateway(self):
        """V36"""
        steps = "login,inventory,rest-login,deploy-ovf,destroy,rest-logout,logout"
        direct = client.run("govmomi", PROGRAMS, self.direct(), steps)
        self.assertTrue(direct.ok, direct.text)
        before = len(vcenter.requests_seen(self.vcenter))
        through = client.run("govmomi", PROGRAMS, self.target(), steps)
        self.assertTrue(through.ok, through.text)
        self.assertEqual(direct.step("deploy-ovf")["details"], through.step("deploy-ovf")["details"])
        seen = [line for line in vcenter.requests_seen(self.vcenter)[before:] if line["event"] == "response"]
        put = [line for line in seen if line["method"] == "PUT"]
        self.assertEqual(put[-1]["bytes_in"], through.step("deploy-ovf")["details"]["bytes"])
        self.assertTrue(any(line["path"].startswith("/rest/com/vmware/vcenter/ovf/library-item/") for line in seen))
        denied = client.run("govmomi", PROGRAMS, self.target("inventory"), steps)
        self.assertIn("403", denied.step("deploy-ovf")["error"])

    def test_both_doors_open_sessions_that_are_the_gateways(self):
        """V27"""
        before = self.open_sessions()
        for path in (REST_LOGIN, "/api/session"):
            session = self.rest_login(path=path)
            self.assertEqual(len(session), 96)
            self.assertEqual(self.rest("GET", "/rest/com/vmware/cis/tagging/category", session)[0], 200)
            self.assertEqual(self.rest("GET", "/api/session", session)[0], 200)
            direct = self.http("GET", "/rest/com/vmware/cis/tagging/category", None,
                               {"vmware-api-session-id": session}, target=self.direct())
            self.assertEqual(direct[0], 401, "the id means nothing at the vCenter")
            self.assertIn(self.rest("DELETE", path, session)[0], (200, 204))
            self.assertEqual(self.rest("GET", "/api/session", session)[0], 401)
        self.assertEqual(self.open_sessions(), before)

    def test_wrong_keys_and_closed_paths_reach_nobody(self):
        """V26, V27"""
        session = self.rest_login("inventory")
        before = len(self.asked())
        wrong = self.http("POST", REST_LOGIN, None, {"Authorization": basic("administrator@vsphere.local", "x")})
        self.assertEqual(wrong[0], 401)
        for method, path in (("GET", "/api/appliance/system/version"), ("GET", "/rest/appliance/access/ssh"),
                             ("POST", "/rest/com/vmware/cis/tagging/tag"), ("GET", "/rest/%2e%2e/mob"),
                             ("POST", "/api/vcenter/vm?action=get&action=clone"), ("PUT", "/cls/data/x/y"),
                             ("POST", "/rest/com/vmware/cis/tagging/category?action=list"),
                             ("POST", "/rest/com/vmware/cis/tagging/category?~action=list"),
                             ("POST", "/api/cis/tagging/category?action=list"), ("POST", "/api/vcenter/vm?~action=list"),
                             ("POST", "/rest/vcenter/vm/vm-1/power/stop?~action=get")):
            status = self.rest(method, path, session, "{}" if method != "GET" else None)[0]
            self.assertIn(status, (400, 403), path)
        self.assertEqual(len(self.asked()), before)

    def test_a_session_that_the_vcenter_forgot_is_opened_anew(self):
        """V28"""
        session = self.rest_login()
        vcenter.wish(self.vcenter, expire_sessions=True)
        before = len([line for line in vcenter.requests_seen(self.vcenter)
                      if line["event"] == "request" and line["path"] == REST_LOGIN])
        status, _, body = self.rest("GET", "/rest/com/vmware/cis/tagging/category", session)
        self.assertEqual(status, 200, body)
        after = len([line for line in vcenter.requests_seen(self.vcenter)
                     if line["event"] == "request" and line["path"] == REST_LOGIN])
        self.assertEqual(after - before, 1)


class Sessions(Surfaces):
    def test_an_expired_session_is_opened_anew_once_for_twenty_calls(self):
        """V10"""
        cookie = self.log_in()
        vcenter.wish(self.vcenter, expire_sessions=True)
        before = self.asked("Login")
        statuses = []

        def ask():
            statuses.append(self.soap(NOW, cookie)[0])

        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [200] * 20)
        self.assertEqual(self.asked("Login") - before, 1)

    def test_what_belongs_to_the_old_session_is_not_run_in_a_new_one(self):
        """V11"""
        cookie = self.log_in()
        vcenter.wish(self.vcenter, expire_sessions=True)
        before = self.asked("Login")
        poll = envelope(call("WaitForUpdatesEx", "PropertyCollector", "propertyCollector", "<version>1</version>"))
        status, _, body = self.soap(poll, cookie)
        self.assertEqual(status, 500)
        self.assertIn(b"NotAuthenticated", body)
        self.assertEqual(self.asked("Login"), before)

    def test_a_call_is_sent_once_when_the_vcenter_breaks_off(self):
        """V12"""
        cookie = self.log_in()
        before = self.asked("CreateFolder")
        vcenter.wish(self.vcenter, reset_in="CreateFolder", reset_at=-1, reset_times=1)
        body = envelope(call("CreateFolder", "Folder", "group-v3", "<name>once</name>"))
        status, headers, _ = self.soap(body, cookie)
        self.assertEqual((status, headers["Pcg-Outcome"]), (504, "unknown"))
        self.assertEqual(self.asked("CreateFolder") - before, 1)

    def test_an_answer_that_breaks_off_never_ends_cleanly(self):
        cookie = self.log_in()
        for octets in (0, 1, 100):
            vcenter.wish(self.vcenter, reset_in="CurrentTime", reset_at=octets, reset_times=1)
            try:
                status = self.soap(NOW, cookie)[0]
                self.assertEqual(status, 504, octets)
            except OSError:
                continue
            except Exception as error:  # http.client's IncompleteRead
                self.assertIn("Incomplete", type(error).__name__)

    def test_what_the_account_may_not_is_the_vcenters_own_fault(self):
        cookie = self.log_in()
        vcenter.wish(self.vcenter, deny=["CurrentTime"])
        status, _, body = self.soap(NOW, cookie)
        self.assertEqual(status, 500)
        self.assertIn(b"Some.Privilege", body)


class Full(Surfaces):
    def test_a_vcenter_without_room_is_left_alone_for_a_while(self):
        """V38"""
        vcenter.wish(self.vcenter, max_sessions=self.open_sessions() + 1)
        self.log_in()
        before = self.asked("Login")
        key = self.keys["full"]
        answers = [self.soap(login_body(key["username"], key["password"])) for _ in range(4)]
        self.assertEqual({answer[0] for answer in answers}, {503})
        self.assertLessEqual(self.asked("Login") - before, 1)



class Polls(Surfaces):
    def poll_with(self, cookie, kind, moref, path):
        """A filter on one property, its first update taken; the connection on which the next one is awaited."""
        self.soap(envelope(call(
            "CreateFilter", "PropertyCollector", "propertyCollector",
            f"<spec><propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet><objectSet>"
            f'<obj type="{kind}">{moref}</obj></objectSet></spec><partialUpdates>true</partialUpdates>')), cookie)
        ask = envelope(call("WaitForUpdatesEx", "PropertyCollector", "propertyCollector", "<version>{}</version>"))
        first = self.soap(ask.format(""), cookie)[2]
        version = re.search(rb"<version>([^<]+)<", first).group(1).decode()
        parked = self.connection()
        parked.request("POST", "/sdk", ask.format(version), {"Content-Type": "text/xml", "Cookie": cookie})
        return parked

    def test_a_long_poll_hears_of_a_change_at_once(self):
        """V18"""
        cookie, other = self.log_in(), self.log_in()
        folder = re.search(rb"<returnval[^>]*>([^<]+)<", self.soap(envelope(call(
            "CreateFolder", "Folder", "group-d1", "<name>polled</name>")), other)[2]).group(1).decode()
        before = self.asked("WaitForUpdatesEx")
        parked = self.poll_with(cookie, "Folder", folder, "name")
        process.wait_for(lambda: self.asked("WaitForUpdatesEx") >= before + 2, 10, "the poll at the vCenter")
        time.sleep(3)  # what is tested is that nothing ends it meanwhile
        began = time.monotonic()
        self.soap(envelope(call("Rename_Task", "Folder", folder, "<newName>renamed</newName>")), other)
        answer = parked.getresponse()
        self.assertIn(b"renamed", answer.read())
        self.assertEqual(answer.status, 200)
        self.assertLess(time.monotonic() - began, 1)

    def test_polls_that_are_given_up_leave_nothing_open(self):
        """V19"""
        cookie = self.log_in()
        descriptors = pathlib.Path(f"/proc/{self.record['pid']}/fd")
        self.poll_with(cookie, "Folder", "group-d1", "name").sock.close()
        before = len(list(descriptors.iterdir()))
        ask = envelope(call("WaitForUpdatesEx", "PropertyCollector", "propertyCollector", "<version>1</version>"))
        for _ in range(100):
            parked = self.connection()
            parked.request("POST", "/sdk", ask, {"Content-Type": "text/xml", "Cookie": cookie})
            parked.sock.shutdown(socket.SHUT_RDWR)
            parked.close()
        process.wait_for(lambda: len(list(descriptors.iterdir())) <= before + 10, 20, "the end of what was given up")

    def test_a_clone_keeps_its_guestinfo(self):
        """V17"""
        cookie = self.log_in()
        found = self.soap(envelope(
            '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
            "<propSet><type>Datacenter</type><pathSet>vmFolder</pathSet></propSet><propSet><type>Folder</type>"
            '<pathSet>childEntity</pathSet></propSet><objectSet><obj type="Folder">group-d1</obj><selectSet '
            'xsi:type="TraversalSpec"><type>Folder</type><path>childEntity</path></selectSet></objectSet></specSet>'
            "</RetrieveProperties>"), cookie)[2]
        folder = re.search(rb'<val[^>]*type="Folder"[^>]*>([^<]+)<', found).group(1).decode()
        children = self.soap(envelope(
            '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
            f'<propSet><type>Folder</type><pathSet>childEntity</pathSet></propSet><objectSet><obj type="Folder">{folder}'
            "</obj></objectSet></specSet></RetrieveProperties>"), cookie)[2]
        machine = re.search(rb'type="VirtualMachine"[^>]*>([^<]+)<', children).group(1).decode()
        value = base64.b64encode(os.urandom(9216)).decode()
        answer = self.soap(envelope(call(
            "CloneVM_Task", "VirtualMachine", machine,
            f'<folder type="Folder">{folder}</folder><name>v17</name><spec><location/><template>false</template><config>'
            "<extraConfig><key>guestinfo.userdata</key>"
            f'<value xmlns:xsd="http://www.w3.org/2001/XMLSchema" xsi:type="xsd:string">{value}</value></extraConfig>'
            "</config><powerOn>false</powerOn></spec>")), cookie)[2]
        task = re.search(rb'type="Task"[^>]*>([^<]+)<', answer).group(1).decode()

        def property_of(kind, moref, path):
            return self.soap(envelope(
                '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
                f"<propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet>"
                f'<objectSet><obj type="{kind}">{moref}</obj></objectSet></specSet></RetrieveProperties>'), cookie)[2]

        process.wait_for(lambda: b"success" in property_of("Task", task, "info.state"), 20, "the clone")
        made = re.search(rb'type="VirtualMachine"[^>]*>([^<]+)<', property_of("Task", task, "info.result")).group(1).decode()
        self.assertIn(value.encode(), property_of("VirtualMachine", made, "config.extraConfig"))
        record = process.wait_for(lambda: next((line for line in self.audit() if line["method"] == "CloneVM_Task"
                                                and "v17" in line["arguments"]), None), 20, "the audit record")
        self.assertIn(f"guestinfo.userdata sha256:{hashlib.sha256(value.encode()).hexdigest()} ({len(value)} octets)",
                      record["arguments"])
        self.assertEqual(record["task"], task)
        self.assertNotIn(value[:64], (self.dir / "audit.log").read_text() + self.log.read_text())


class Large(Surfaces):
    @classmethod
    def vcenter_arguments(cls):
        return ("-vms", "10")

    def fatten(self):
        """Gives each machine a note of a megabyte and a half, straight at the vCenter."""
        target = self.direct()
        _, headers, _ = self.soap(login_body(target["username"], target["password"]), target=target)
        cookie = headers["Set-Cookie"].split(";")[0]
        machines = re.findall(rb'<obj type="VirtualMachine">([^<]+)<', self.machines(cookie, "name", target))
        for machine in machines:
            note = base64.b64encode(os.urandom(1_125_000)).decode()
            self.soap(envelope(call("ReconfigVM_Task", "VirtualMachine", machine.decode(),
                                    f"<spec><annotation>{note}</annotation></spec>")), cookie, target=target)

    def machines(self, cookie, path, target=None):
        made = self.soap(envelope(call(
            "CreateContainerView", "ViewManager", "ViewManager", '<container type="Folder">group-d1</container>'
            "<type>VirtualMachine</type><recursive>true</recursive>")), cookie, target=target)[2]
        view = re.search(rb'type="ContainerView">([^<]+)<', made).group(1).decode()
        what = f"<pathSet>{path}</pathSet>" if path else "<all>true</all>"
        status, _, body = self.soap(envelope(
            '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
            f'<propSet><type>VirtualMachine</type>{what}</propSet><objectSet><obj type="ContainerView">'
            f'{view}</obj><skip>true</skip><selectSet xsi:type="TraversalSpec"><type>ContainerView</type><path>view'
            "</path></selectSet></objectSet></specSet></RetrieveProperties>"), cookie, target=target)
        self.assertEqual(status, 200)
        return body

    def whole_machines(self, target=None):
        if target:
            _, headers, _ = self.soap(login_body(target["username"], target["password"]), target=target)
            cookie = headers["Set-Cookie"].split(";")[0]
        else:
            cookie = self.log_in()
        body = self.machines(cookie, "", target)
        # What differs between two answers of the simulator itself is left out: times and counters.
        return len(body), re.sub(rb"\d{4}-\d\d-\d\dT[^<]*|<uptimeSeconds>\d+|<\w*Count>\d+", b"", body)

    def test_twenty_megabytes_of_properties_are_the_same_and_take_no_memory(self):
        """V15"""
        status = pathlib.Path(f"/proc/{self.record['pid']}/status")
        self.fatten()
        self.log_in()
        before = int(status.read_text().split("VmHWM:")[1].split()[0])
        size, through = self.whole_machines()
        after = int(status.read_text().split("VmHWM:")[1].split()[0])
        self.assertGreater(size, 20_000_000)
        if not process.is_instrumented(self.record):
            self.assertLess(after - before, 2 * 1024)
        self.assertEqual(hashlib.sha256(through).hexdigest(),
                         hashlib.sha256(self.whole_machines(self.direct())[1]).hexdigest())


class Soak(Surfaces):
    """Ten at a time, with short lives; test/e2e/long_runs_test.py has fifty at a time."""

    def test_fifty_mixed_clients_see_no_error_that_direct_access_does_not_have(self):
        """V40"""
        before = self.open_sessions()
        most, failed = [0], []
        work = (("govmomi", "login,inventory,clone,power-on,destroy,logout"),
                ("govmomi", "login,inventory,rest-login,tags,rest-logout,logout"),
                ("pyvmomi", "login,inventory,logout"),
                ("govmomi", "login,inventory,upload,download,logout"),
                ("govmomi", "login,inventory,import,destroy,logout"))

        def worker(number):
            for turn in range(5):
                kind, steps = work[(number + turn) % len(work)]
                run = client.run(kind, PROGRAMS, self.target(), steps, mebibytes=1)
                if not run.ok:
                    failed.append(run.text)
                most[0] = max(most[0], self.open_sessions())

        threads = [threading.Thread(target=worker, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])
        self.assertLessEqual(most[0] - before, 100)
        process.wait_for(lambda: self.open_sessions() == before, 10, "the last logouts")


class Rotated(Surfaces):
    def test_a_changed_password_is_tried_three_times_and_no_more(self):
        """V39"""
        vcenter.wish(self.vcenter, refuse_logins=True)
        key = self.keys["full"]
        before = self.asked("Login")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            self.soap(login_body(key["username"], key["password"]))[0])) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(answers), {503})
        self.assertEqual(self.asked("Login") - before, 3)


class Killed(Surfaces):
    def test_sessions_of_a_killed_gateway_are_logged_out_at_its_next_start(self):
        """V09"""
        before = self.open_sessions()
        for _ in range(3):
            self.log_in()
        self.rest_login()
        self.assertEqual(self.open_sessions(), before + 4)
        os.kill(self.record["pid"], signal.SIGKILL)
        process.wait_for(lambda: not process.is_alive(self.record), 10, "the end of the proxy")
        self.start_proxy()
        process.wait_for(lambda: self.open_sessions() == before, 20, "the logouts of what was left")


class Certificate(Surfaces):
    def test_another_certificate_closes_the_way(self):
        """V37"""
        cookie = self.log_in()
        self.assertEqual(self.soap(NOW, cookie)[0], 200)
        vcenter.wish(self.vcenter, new_certificate=True, reset_in="CurrentTime", reset_at=0, reset_times=50)
        seen = set()
        for _ in range(6):
            try:
                seen.add(self.soap(NOW, cookie)[0])
            except OSError:
                seen.add("reset")
            except Exception:  # an answer that was cut off
                seen.add("reset")
        self.assertIn(503, seen)
        self.assertNotIn(200, seen)


class Leases(Surfaces):
    @classmethod
    def vcenter_arguments(cls):
        return ("-esxi-leases",)

    def steps(self, target, megabytes=3):
        return client.run("govmomi", PROGRAMS, target, "login,inventory,import,logout", megabytes)

    def test_a_disk_goes_to_the_host_that_the_lease_names(self):
        """V30, V31, V32"""
        run = self.steps(self.target())
        self.assertTrue(run.ok, run.text)
        details = run.step("import")["details"]
        self.assertEqual(details["host"], self.urls[0].removeprefix("https://"))
        self.assertEqual(details["thumbprint"], "")
        self.assertIn("again", details, "a second transfer under one token")
        at_host = [line for line in vcenter.requests_seen(self.vcenter)
                   if line["path"].startswith("esxi:") and line["event"] == "response"]
        self.assertEqual([line.get("sha256") for line in at_host], [details["sha256"]])
        self.assertNotIn("credentials", at_host[0])
        audited = [line for line in self.audit() if line["object"].endswith(".vmdk")]
        self.assertEqual([line["decision"] for line in audited][:2], ["allowed", "proxy.transfer_denied"])
        self.assertNotIn(details["path"].split("/")[2], (self.dir / "audit.log").read_text())
        self.assertNotIn(details["path"].split("/")[2], self.log.read_text())

    def test_nothing_is_sent_to_a_host_with_another_certificate(self):
        """V31"""
        before = len(vcenter.requests_seen(self.vcenter))
        vcenter.wish(self.vcenter, wrong_thumbprints=True)
        run = self.steps(self.target())
        self.assertFalse(run.ok)
        new = vcenter.requests_seen(self.vcenter)[before:]
        self.assertFalse([line for line in new if line["path"].startswith("esxi:")])

    def test_a_large_disk_takes_no_memory(self):
        """V33"""
        status = pathlib.Path(f"/proc/{self.record['pid']}/status")
        self.steps(self.target())
        before = int(status.read_text().split("VmHWM:")[1].split()[0])
        run = self.steps(self.target(), megabytes=256)
        self.assertTrue(run.ok, run.text)
        after = int(status.read_text().split("VmHWM:")[1].split()[0])
        if not process.is_instrumented(self.record):
            self.assertLess(after - before, 8 * 1024)


GUEST = '<vm type="VirtualMachine">{vm}</vm><auth xsi:type="NamePasswordAuthentication"><interactiveSession>false' \
    '</interactiveSession><username>root</username><password>guest-canary</password></auth><guestFilePath>/tmp/x</guestFilePath>'


class Guests(Surfaces):
    """Files that go to a machine's guest and come from it, and its console: all of it at the host that runs it."""

    @classmethod
    def vcenter_arguments(cls):
        return ("-esxi-leases",)

    def setUp(self):
        super().setUp()
        self.cookie = self.log_in()
        listing = envelope(
            '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet><propSet>'
            "<type>VirtualMachine</type><pathSet>name</pathSet></propSet><objectSet><obj type=\"Folder\">group-d1</obj>"
            '<skip>true</skip><selectSet xsi:type="TraversalSpec"><name>f</name><type>Folder</type><path>childEntity</path>'
            "<selectSet><name>f</name></selectSet><selectSet><name>d</name></selectSet></selectSet>"
            '<selectSet xsi:type="TraversalSpec"><name>d</name><type>Datacenter</type><path>vmFolder</path>'
            "<selectSet><name>f</name></selectSet></selectSet></objectSet></specSet></RetrieveProperties>")
        _, _, body = self.soap(listing, self.cookie)
        self.vm = re.search(rb'<obj type="VirtualMachine">([^<]*)</obj>', body).group(1).decode()

    def initiate(self, way):
        more = "<fileAttributes/><fileSize>5</fileSize><overwrite>true</overwrite>" if way == "To" else ""
        status, _, body = self.soap(envelope(call(
            f"InitiateFileTransfer{way}Guest", "GuestFileManager", "guestOperationsFileManager",
            GUEST.format(vm=self.vm) + more)), self.cookie)
        return status, body

    def path(self, way):
        status, body = self.initiate(way)
        self.assertEqual(status, 200, body)
        found = re.search(rb"https://([^/]*)(/guestFile/[0-9a-f]{96}/file)<", body)
        self.assertEqual(found.group(1).decode(), self.urls[0].removeprefix("https://"))
        return found.group(2).decode()

    def ticket(self, kind="webmks"):
        status, _, body = self.soap(envelope(call(
            "AcquireTicket", "VirtualMachine", self.vm, f"<ticketType>{kind}</ticketType>")), self.cookie)
        found = re.search(rb"<ticket>([0-9a-f]{96})</ticket>", body)
        return status, body, found and found.group(1).decode()

    def test_a_file_goes_to_a_guest_and_comes_back(self):
        """V35"""
        content = os.urandom(300_000)
        path = self.path("To")
        self.assertEqual(self.http("GET", path)[0], 403)
        self.assertEqual(self.http("PUT", path, content)[0], 200)
        self.assertEqual(self.http("PUT", path, content)[0], 404)
        status, _, body = self.http("GET", self.path("From"))
        self.assertEqual((status, body), (200, content))
        at_host = [line for line in vcenter.requests_seen(self.vcenter)
                   if line["path"] == "esxi:/guestFile" and line["event"] == "response"]
        self.assertEqual([line["method"] for line in at_host], ["PUT", "GET"])
        self.assertEqual(at_host[0]["sha256"], hashlib.sha256(content).hexdigest())
        self.assertFalse([line for line in at_host if "credentials" in line])
        for file in (self.dir / "audit.log", self.log):
            self.assertNotIn(path.split("/")[2], file.read_text())
            self.assertNotIn("guest-canary", file.read_text())

    def test_nothing_goes_to_a_host_with_another_certificate(self):
        before = len(vcenter.requests_seen(self.vcenter))
        vcenter.wish(self.vcenter, wrong_thumbprints=True)
        _, _, token = self.ticket()
        self.assertEqual(self.upgrade(token)[0].split(b" ")[1], b"503")
        new = vcenter.requests_seen(self.vcenter)[before:]
        self.assertFalse([line for line in new if line["path"].startswith("esxi:")])

    def test_a_ticket_of_another_type_is_refused(self):
        before = self.asked("AcquireTicket")
        for kind in ("mks", "device", "guestControl"):
            self.assertIn(b"NoPermission", self.ticket(kind)[1])
        self.assertEqual(self.asked("AcquireTicket"), before)

    def upgrade(self, token):
        """The answer's head, and the connection."""
        connection = self.connection()
        connection.connect()
        connection.sock.sendall(
            f"GET /ticket/{token} HTTP/1.1\r\nHost: {self.urls[0].removeprefix('https://')}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Protocol: binary\r\nOrigin: https://portal.example\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.sock.recv(4096)
            if not piece:
                break
            head += piece
        return head, connection.sock

    def test_a_console_is_a_websocket_through_the_proxy(self):
        """V35"""
        _, body, token = self.ticket()
        host, port = self.urls[0].removeprefix("https://").split(":")
        self.assertIn(f"<host>{host}</host><port>{port}</port><url>wss://{host}:{port}/ticket/{token}</url>".encode(), body)
        head, sock = self.upgrade(token)
        self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
        self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head)
        self.assertIn(b"Sec-WebSocket-Protocol: binary", head)
        frames = os.urandom(200_000)
        sender = threading.Thread(target=sock.sendall, args=(frames,))
        sender.start()
        echoed = b""
        while len(echoed) < len(frames):
            echoed += sock.recv(65536)
        sender.join()
        self.assertEqual(echoed, frames)
        self.assertEqual(self.upgrade(token)[0].split(b" ")[1], b"403", "a ticket lets in once")
        sock.close()

        def ended():
            return [line for line in vcenter.requests_seen(self.vcenter) if line["event"] == "console ended"]

        process.wait_for(ended, 5, "the console to end at the host")
        self.assertEqual(self.upgrade(token)[0].split(b" ")[1], b"404", "and is forgotten when it is over")
        self.assertFalse([line for line in vcenter.requests_seen(self.vcenter) if line.get("credentials")])


if __name__ == "__main__":
    unittest.main(verbosity=2)
