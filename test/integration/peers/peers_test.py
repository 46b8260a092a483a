#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The vCenter simulator and the two unmodified clients against each other, without a gateway between them.

What fails here is the peers' fault, and not the product's.
"""
import base64
import hashlib
import http.client
import json
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lab"))
import client  # noqa: E402
import process  # noqa: E402
import vcenter  # noqa: E402

PROGRAMS = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 and "/" in sys.argv[1] else "build/dev/bin")
OVF = """<?xml version="1.0"?><Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
<References><File ovf:href="disk.vmdk" ovf:id="file1" ovf:size="65536"/></References>
<DiskSection><Info/><Disk ovf:capacity="1" ovf:capacityAllocationUnits="byte * 2^20" ovf:diskId="d1"
 ovf:fileRef="file1"/></DiskSection>
<VirtualSystem ovf:id="vm"><Info/><Name>imported</Name>
<OperatingSystemSection ovf:id="1"><Info/></OperatingSystemSection><VirtualHardwareSection><Info/><System/>
<Item><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>
<rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>
<Item><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType>
<rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:VirtualQuantity>32</rasd:VirtualQuantity></Item>
<Item><rasd:Address>0</rasd:Address><rasd:InstanceID>3</rasd:InstanceID>
<rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></Item>
<Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>ovf:/disk/d1</rasd:HostResource>
<rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
</VirtualHardwareSection></VirtualSystem></Envelope>"""


class Peers(unittest.TestCase):
    arguments = ()

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pcg-peers-")
        cls.addClassCleanup(folder.cleanup)
        cls.processes = process.Processes(folder.name)
        cls.addClassCleanup(lambda: cls.processes.stop(grace=5))
        cls.vcenter = vcenter.start(cls.processes, PROGRAMS, pathlib.Path(folder.name) / "vc", "vcenter", cls.arguments)

    def http(self, method, path, body=None, headers=None):
        address = urllib.parse.urlsplit(self.vcenter["url"])
        tls = ssl.create_default_context(cafile=self.vcenter["ca"])
        connection = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=20)
        self.addCleanup(connection.close)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def soap(self, body, cookie=None):
        envelope = (
            '<?xml version="1.0"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Body>{body}</Body></Envelope>'
        )
        headers = {"Content-Type": "text/xml", **({"Cookie": cookie} if cookie else {})}
        status, answer_headers, answer = self.http("POST", "/sdk", envelope, headers)
        return status, answer_headers, answer.decode()

    def log_in(self):
        status, headers, _ = self.soap(
            '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>'
            f"<userName>{self.vcenter['username']}</userName><password>{self.vcenter['password']}</password></Login>"
        )
        self.assertEqual(status, 200)
        return headers["Set-Cookie"].split(";")[0]

    def current_time(self, cookie):
        return self.soap(
            '<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>', cookie
        )[0]


class Clients(Peers):
    def test_govmomi_goes_through_all_its_steps(self):
        run = client.run("govmomi", PROGRAMS, self.vcenter)
        self.assertTrue(run.ok, run.text)
        self.assertEqual(run.step("upload")["details"]["sha256"], run.step("download")["details"]["sha256"])

    def test_pyvmomi_goes_through_all_its_steps(self):
        run = client.run("pyvmomi", PROGRAMS, self.vcenter)
        self.assertTrue(run.ok, run.text)
        self.assertEqual(run.step("upload")["details"]["sha256"], run.step("download")["details"]["sha256"])

    def test_a_wrong_password_is_an_invalid_login_for_both(self):
        for kind in ("govmomi", "pyvmomi"):
            run = client.run(kind, PROGRAMS, {**self.vcenter, "password": "wrong"})
            self.assertEqual(run.code, 1)
            self.assertEqual(run.step("login")["fault"], "InvalidLogin")

    def test_a_certificate_of_another_ca_is_refused_by_both(self):
        with tempfile.TemporaryDirectory() as folder:
            other = vcenter.start(self.processes, PROGRAMS, pathlib.Path(folder) / "vc", "other")
            self.addCleanup(lambda: process.stop(other["record"]))
            for kind in ("govmomi", "pyvmomi"):
                run = client.run(kind, PROGRAMS, {**self.vcenter, "ca": other["ca"]})
                self.assertEqual(run.code, 1)
                self.assertIn("certificate", run.step("login")["error"])


class Front(Peers):
    def test_folder_needs_a_live_session(self):
        path = "/folder/a.bin?dcPath=DC0&dsName=LocalDS_0"
        self.assertEqual(self.http("PUT", path, b"x")[0], 401)
        self.assertEqual(self.http("PUT", path, b"x", {"Cookie": "vmware_soap_session=made-up"})[0], 401)
        self.assertEqual(self.http("PUT", path, b"x", {"Cookie": self.log_in()})[0], 200)

    def test_rest_login_checks_the_password(self):
        def basic(password):
            token = base64.b64encode(f"{self.vcenter['username']}:{password}".encode()).decode()
            return {"Authorization": "Basic " + token}

        path = "/rest/com/vmware/cis/session"
        self.assertEqual(self.http("POST", path, headers=basic("wrong"))[0], 401)
        status, _, answer = self.http("POST", path, headers=basic(self.vcenter["password"]))
        self.assertEqual(status, 200)
        session = {"vmware-api-session-id": json.loads(answer)["value"]}
        self.assertEqual(self.http("GET", "/rest/com/vmware/cis/tagging/category", headers=session)[0], 200)
        self.assertEqual(self.http("GET", "/rest/com/vmware/content/library", headers=session)[0], 200)

    def test_the_request_log_names_the_soap_method_and_never_a_secret(self):
        self.log_in()
        seen = vcenter.requests_seen(self.vcenter)
        self.assertIn("Login", [line.get("soap") for line in seen if line["event"] == "request"])
        text = pathlib.Path(self.vcenter["requests"]).read_text()
        self.assertNotIn(self.vcenter["password"], text)
        self.assertNotIn(self.vcenter["username"], text)

    def test_a_client_that_goes_away_is_noted_while_its_call_still_runs(self):
        holding = subprocess.Popen(
            client.command("govmomi", PROGRAMS, self.vcenter, steps="login,inventory,hold"),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
        )
        holding.stdin.write(self.vcenter["password"])
        holding.stdin.close()
        # The first wait is answered at once with what is; the second one parks.
        process.wait_for(lambda: self.parked() >= 2, 20, "a parked WaitForUpdatesEx")
        holding.kill()
        holding.wait()
        process.wait_for(
            lambda: any(line["event"] == "cancelled" for line in vcenter.requests_seen(self.vcenter)), 5, "the cancellation"
        )

    def parked(self):
        seen = vcenter.requests_seen(self.vcenter)
        return sum(line["event"] == "request" and line.get("soap") == "WaitForUpdatesEx" for line in seen)

    def test_an_nfc_upload_can_be_read_back(self):
        content = hashlib.sha256(b"disk").digest() * 2048
        path = urllib.parse.urlsplit(self.import_vapp()).path
        self.assertEqual(self.http("PUT", path, content)[0], 200)
        self.assertEqual(self.http("GET", path)[2], content)
        self.assertEqual(self.http("PUT", path.replace(path.split("/")[2], "no-such-lease"), content)[0], 404)

    def import_vapp(self):
        script = pathlib.Path(__file__).with_name("import_vapp.py")
        completed = subprocess.run(
            ["/usr/bin/python3", "-B", str(script), self.vcenter["url"], self.vcenter["username"],
             self.vcenter["password_file"], self.vcenter["ca"]],
            input=OVF, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        return completed.stdout.strip()


class Idle(Peers):
    arguments = ("-session-idle", "1s")

    def test_a_session_ends_when_it_was_idle_too_long(self):
        cookie = self.log_in()
        self.assertEqual(self.current_time(cookie), 200)
        # Looking at the session keeps it alive, so nothing may be asked until it must have ended.
        time.sleep(2.5)
        self.assertEqual(self.current_time(cookie), 500)


if __name__ == "__main__":
    unittest.main(verbosity=2)
