#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The data center's policy with real programs: a custom role, the switches, learning, the audit by meaning."""
import argparse
import base64
import hashlib
import http.client
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse

import e2e

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import pyvmomi_client  # noqa: E402
from pyVmomi import vim  # noqa: E402

CANARY = "canary-9d2e"


def builder(work, key):
    """A role that clones into one folder, and looks after what it cloned."""
    folder, datastore = work.datacenter.vmFolder._moId, work.datastore._moId
    return """// For the test.
{
  "version": 1,
  "windows": { "never": { "days": ["%s"], "time_zone": "UTC" } },
  "roles": {
    "builder": {
      "extends": "inventory",
      "rules": [
        { "name": "clone", "soap": ["CloneVM_Task"],
          "where": { "folders": [%s], "datastores": [%s], "extra_config": ["guestinfo.userdata"], "names": ["pyvmomi-*"] } },
        { "name": "own", "soap": ["PowerOnVM_Task", "Destroy_Task", "ReconfigVM_Task"],
          "where": { "own_vms": true, "extra_config": ["guestinfo.*"] } },
        { "name": "off", "soap": ["PowerOffVM_Task"], "when": ["never"] }
      ]
    }
  },
  "assign": [ { "endpoint": "vc1", "key": "%s", "role": "builder" } ]
}
""" % (another_day(), json.dumps(folder), json.dumps(datastore), key)


def placed(work):
    """A role of the kind deploy that stays within one folder, datastore, network and data center, with what is its own."""
    where = {"folders": [work.datacenter.vmFolder._moId], "datastores": [work.datastore._moId, work.datastore.name],
             "networks": ["VM Network"], "extra_config": ["guestinfo.*"]}
    own = {"own_vms": True, "networks": ["VM Network"], "extra_config": ["guestinfo.*"]}
    files = {"datacenters": [work.datacenter.name], "datastores": [work.datastore.name]}
    disks = {"datacenters": [work.datacenter._moId], "datastores": [work.datastore.name]}
    return json.dumps({
        "version": 1,
        "roles": {"tenant": {"extends": "deploy", "rules": [
            {"name": "clone", "soap": ["CloneVM_Task"], "where": where},
            {"name": "own", "soap": ["ReconfigVM_Task", "PowerOnVM_Task", "PowerOffVM_Task", "Destroy_Task", "UnregisterVM",
                                     "RelocateVM_Task", "Rename_Task", "ShutdownGuest", "ResetVM_Task", "SuspendVM_Task"],
             "where": own},
            {"name": "files", "files": ["PUT **", "GET **"], "where": files},
            {"name": "directories", "soap": ["MakeDirectory"], "where": disks},
        ]}},
    })


def another_day():
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return days[(time.gmtime().tm_wday + 3) % 7]


class Policy(e2e.EndToEnd):
    def setUp(self):
        self.one = self.gateway()
        self.described = self.endpoint()
        self.addCleanup(self.back_to_normal)

    def run_as(self, key, kind, steps):
        target = {**self.described, "username": key["username"], "password": key["password"]}
        return e2e.client.run(kind, e2e.PROGRAMS, target, steps=steps)

    def connect_as(self, key):
        described, self.described = self.described, {
            **self.described, "username": key["username"], "password": key["password"]}
        try:
            return self.connect()
        finally:
            self.described = described

    def back_to_normal(self):
        self.one.ctl("resume")
        self.one.ctl("policy", "read-only", "off")
        self.one.ctl("policy", "remove")

    def file(self, text):
        path = self.lab.directory / "policy.jsonc"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def connect(self):
        """An unmodified pyVmomi, logged in through the ingress."""
        options = argparse.Namespace(url=self.described["url"], username=self.described["username"],
                                     ca_file=self.described["ca"], file_mib=1)
        work = pyvmomi_client.Work(options, self.described["password"])
        work.login()
        work.inventory()
        self.addCleanup(self.leave, work)
        return work

    @staticmethod
    def leave(work):
        try:
            pyvmomi_client.Disconnect(work.service)
        except Exception:  # noqa: BLE001  (what is paused or gone needs no good-bye)
            pass

    def refused(self, privilege, call, *arguments, **options):
        with self.assertRaises(vim.fault.NoPermission) as caught:
            call(*arguments, **options)
        self.assertEqual(caught.exception.privilegeId, "Gateway." + privilege)
        return caught.exception.msg

    def clone(self, work, folder=None, key="guestinfo.userdata", name=None):
        spec = vim.vm.CloneSpec(
            location=vim.vm.RelocateSpec(pool=work.source.resourcePool, datastore=work.datastore), powerOn=False,
            config=vim.vm.ConfigSpec(extraConfig=[vim.option.OptionValue(key=key, value=CANARY)]))
        return work.source.CloneVM_Task(folder=folder or work.datacenter.vmFolder, name=name or work.name, spec=spec)

    def audited(self):
        rows = self.one.ctl("audit", "--json")["rows"]
        return [row["data"] for row in rows if row["event"] == "proxy.call"]

    # --- the tests ------------------------------------------------------------------------------------------

    def test_a_custom_role_decides_by_arguments_owner_and_time(self):
        work = self.connect()
        shown = self.one.ctl("policy", "set", self.file(builder(work, self.described["username"])))
        self.assertIn("Policy:    file of", shown)

        work.machine = pyvmomi_client.wait_for_task(work.content, self.clone(work))
        pyvmomi_client.wait_for_task(work.content, work.machine.PowerOnVM_Task())
        before = len(self.upstream())

        other = work.datacenter.hostFolder
        self.assertIn("folder", self.refused("CloneVM_Task", self.clone, work, folder=other))
        self.assertIn("extraConfig", self.refused("CloneVM_Task", self.clone, work, key="isolation.tools.copy.disable"))
        self.refused("CloneVM_Task", self.clone, work, name="other")
        self.assertIn("not made through this gateway", self.refused("Destroy_Task", work.source.Destroy_Task))
        self.assertIn("not the time", self.refused("PowerOffVM_Task", work.machine.PowerOffVM_Task))
        self.refused("CreateFolder", work.datacenter.vmFolder.CreateFolder, "x")
        for method in ("Destroy_Task", "PowerOffVM_Task", "CreateFolder"):
            self.assertNotIn(method, self.upstream()[before:], "nothing of it went to the vCenter")

        explained = self.one.ctl("policy", "explain", f"Destroy_Task VirtualMachine:{work.source._moId}",
                                 "--endpoint", "vc1", "--key", self.described["username"])
        self.assertIn("refused", explained)
        self.assertIn("rule 2 'own'", explained)

    def test_v22_a_tenant_does_all_with_its_own_machines_and_nothing_with_others(self):
        """V22: two unmodified clients with a role of the file that their key was made with."""
        self.one.ctl("policy", "set", self.file(placed(self.connect())))
        key = self.one.create_key("vc1", "tenant")
        other = self.connect_as(self.one.create_key("vc1", "tenant"))
        foreign = pyvmomi_client.wait_for_task(other.content, self.clone(other))
        for kind in ("govmomi", "pyvmomi"):
            self.assert_works(self.run_as(key, kind, "login,inventory,clone,power-on,destroy,logout"))
        before = len(self.upstream())
        seized = self.run_as(key, "govmomi", "login,inventory,destroy-source,logout")
        self.assertEqual(seized.step("destroy-source").get("fault"), "NoPermission", seized.text)
        work = self.connect_as(key)
        mine = pyvmomi_client.wait_for_task(work.content, self.clone(work))
        for machine in (work.source, next(one for one in work.every(vim.VirtualMachine) if one._moId == foreign._moId)):
            for refused, call in (("Destroy_Task", machine.Destroy_Task), ("PowerOnVM_Task", machine.PowerOnVM_Task)):
                self.assertIn("not made through this gateway by this access key", self.refused(refused, call))
            self.refused("ReconfigVM_Task", machine.ReconfigVM_Task, vim.vm.ConfigSpec(memoryMB=64))
        self.assertNotIn("Destroy_Task", self.upstream()[before:])
        pyvmomi_client.wait_for_task(work.content, mine.ReconfigVM_Task(vim.vm.ConfigSpec(memoryMB=64)))
        pyvmomi_client.wait_for_task(work.content, mine.Destroy_Task())

    def test_v23_the_policy_looks_at_folders_datastores_networks_keys_and_data_centers(self):
        """V23"""
        work = self.connect()
        self.one.ctl("policy", "set", self.file(placed(work)))
        work = self.connect_as(self.one.create_key("vc1", "tenant"))
        machine = pyvmomi_client.wait_for_task(work.content, self.clone(work))
        before = len(self.upstream())
        self.assertIn("folder", self.refused("CloneVM_Task", self.clone, work, folder=work.datacenter.hostFolder))
        self.assertIn("isolation.", self.refused("CloneVM_Task", self.clone, work, key="isolation.tools.copy.disable"))

        spec = vim.vm.CloneSpec(powerOn=False, location=vim.vm.RelocateSpec(
            pool=work.source.resourcePool, datastore=vim.Datastore("datastore-999", work.service._stub)))
        self.assertIn("datastore", self.refused(
            "CloneVM_Task", work.source.CloneVM_Task, folder=work.datacenter.vmFolder, name="x", spec=spec))

        card = vim.vm.device.VirtualE1000(key=-1, backing=vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(
            deviceName="Management"))
        added = vim.vm.device.VirtualDeviceSpec(operation="add", device=card)
        self.assertIn("network", self.refused(
            "ReconfigVM_Task", machine.ReconfigVM_Task, vim.vm.ConfigSpec(deviceChange=[added])))
        setting = vim.option.OptionValue(key="Isolation.device.edit.disable", value="FALSE")
        self.assertIn("extraConfig", self.refused(
            "ReconfigVM_Task", machine.ReconfigVM_Task, vim.vm.ConfigSpec(extraConfig=[setting])))

        files = work.content.fileManager
        name = work.datastore.name
        for wrong, datacenter in ((f"[{name}-2] x", work.datacenter), (f"[{name}] x", None),
                                  (f"https://vc/folder/x?dcPath={work.datacenter.name}&dsName=other", None),
                                  (f"https://vc/folder/x?dcPath=DC9&dsName={name}", None)):
            self.refused("MakeDirectory", files.MakeDirectory, name=wrong, datacenter=datacenter)
        for wrong in ({"dcPath": "DC9", "dsName": name}, {"dcPath": work.datacenter.name, "dsName": "other"}, {"dsName": name}):
            self.assertEqual(self.put(work, wrong), 403, wrong)
        self.assertEqual([one for one in self.upstream()[before:] if "_Task" in one or one.startswith(("Make", "PUT"))], [])
        files.MakeDirectory(name=f"[{name}] {work.name}-files", datacenter=work.datacenter)
        self.assertIn(self.put(work, {"dcPath": work.datacenter.name, "dsName": name}), (200, 201))

    @staticmethod
    def put(work, query):
        """The status of a small upload that says where by this query."""
        connection = http.client.HTTPSConnection(work.address.hostname, work.address.port, context=work.tls, timeout=20)
        connection.request("PUT", f"/folder/{work.name}.txt?{urllib.parse.urlencode(query)}", body=b"x",
                           headers={"Cookie": work.service._stub.cookie.split(";", 1)[0]})
        status = connection.getresponse().status
        connection.close()
        return status

    def test_a_key_with_a_role_of_the_file_has_just_that_and_nothing_without_the_file(self):
        work = self.connect()
        text = builder(work, "ak_00000000000000000000000000")
        self.assertIsNone(self.one.ctl("key", "create", "--endpoint", "vc1", "--role", "builder", check=False))
        self.one.ctl("policy", "set", self.file(text))
        with self.assertRaises(e2e.process.StepError) as caught:
            self.one.create_key("vc1", "bilder")
        self.assertIn('Did you mean "builder"?', str(caught.exception))
        key = self.one.create_key("vc1", "builder")
        self.assertEqual(key["role"], "builder")
        self.assertRegex(self.one.ctl("key", "list"), key["username"] + r"\s+vc1\s+builder")
        mine = self.connect_as(key)
        pyvmomi_client.wait_for_task(mine.content, self.clone(mine))
        self.refused("CreateFolder", mine.datacenter.vmFolder.CreateFolder, "x")
        explained = self.one.ctl("policy", "explain", "CreateFolder Folder:group-v3", "--endpoint", "vc1",
                                 "--key", key["username"])
        self.assertIn("the access key's own, builder", explained)

        without = self.file('{ "version": 1 }')
        self.assertIn('no policy file has its role "builder"', self.one.ctl("policy", "set", without))
        with self.assertRaises(vim.fault.NoPermission) as refused:
            mine.every(vim.VirtualMachine)
        self.assertIn("no such role", refused.exception.msg)
        self.one.ctl("policy", "remove")
        with self.assertRaises(vim.fault.NoPermission) as refused:
            mine.every(vim.VirtualMachine)
        self.assertIn("policy file", refused.exception.msg)
        self.assert_works(self.call())

    def test_own_machines_outlive_a_restart_of_the_gateway(self):
        work = self.connect()
        self.one.ctl("policy", "set", self.file(builder(work, self.described["username"])))
        machine = pyvmomi_client.wait_for_task(work.content, self.clone(work))
        pyvmomi_client.wait_for_task(work.content, machine.PowerOnVM_Task())
        self.lab.kill(self.one.process_name)
        self.lab.restart(self.one.process_name)
        self.wait_until_calls_work(45)
        again = self.connect()
        found = next(one for one in again.every(vim.VirtualMachine) if one._moId == machine._moId)
        pyvmomi_client.wait_for_task(again.content, found.ReconfigVM_Task(vim.vm.ConfigSpec(memoryMB=64)))
        self.refused("ReconfigVM_Task", again.source.ReconfigVM_Task, vim.vm.ConfigSpec(memoryMB=64))

    def test_read_only_refuses_changes_and_is_kept_over_a_kill(self):
        work = self.connect()
        self.one.ctl("policy", "read-only", "on")
        self.assertIn("read-only since", self.one.ctl("status"))
        self.assertTrue(work.every(vim.VirtualMachine))
        self.assertIn("read-only", self.refused("PowerOnVM_Task", work.source.PowerOnVM_Task))
        self.lab.kill(self.one.process_name)
        self.lab.restart(self.one.process_name)
        self.wait_until_calls_work(45)
        again = self.connect()
        self.refused("PowerOnVM_Task", again.source.PowerOnVM_Task)
        self.one.ctl("policy", "read-only", "off")
        self.assert_works(self.call())

    @staticmethod
    def store(work, size):
        connection, answer = work.file_request("PUT", body=(bytes(1 << 20) for _ in range(size >> 20)), size=size)
        answer.read()
        connection.close()

    def assert_cut(self, work, size, *words):
        """A download that runs ends within a second of pcgctl's words."""
        connection, answer = work.file_request("GET")
        self.addCleanup(connection.close)
        got, ended = [0], []

        def read():
            try:
                while block := answer.read(1 << 18):
                    got[0] += len(block)
                    time.sleep(0.02)  # a client that is slower than the link
            except (OSError, http.client.HTTPException):
                pass
            ended.append(time.monotonic())

        reader = threading.Thread(target=read)
        reader.start()
        e2e.process.wait_for(lambda: got[0] > 4 << 20, 20, "the download to run")
        pressed = time.monotonic()
        self.one.ctl(*words)
        took = time.monotonic() - pressed
        reader.join(20)
        self.assertTrue(ended)
        self.assertLess(got[0], size, "the download was cut")
        self.assertLess(ended[0] - pressed - took, 1.0, f"after {took:.2f} s of pcgctl")

    def test_another_file_and_the_end_of_its_key_cut_a_running_download_within_a_second(self):
        key = self.one.create_key("vc1", "full")
        work = self.connect_as(key)
        self.store(work, 100 << 20)
        strict = self.file('{ "version": 1, "assign": [ { "endpoint": "vc1", "key": "%s", "role": "inventory" } ] }'
                           % key["username"])
        self.assert_cut(work, 100 << 20, "policy", "set", strict)
        line = next(one for one in self.audited() if one["access_key"] == key["username"] and one["method"] == "GET")
        self.assertEqual(line["decision"], "proxy.method_denied")
        self.assertIn("the policy changed while it ran", line["reason"])
        self.one.ctl("policy", "remove")
        self.assert_cut(work, 100 << 20, "key", "revoke", key["username"])

    def test_the_red_button_cuts_a_running_download_within_a_second_and_is_kept(self):
        work = self.connect()
        self.store(work, 100 << 20)
        self.assert_cut(work, 100 << 20, "pause", "--why", "a drill")
        status = self.one.ctl("status")
        self.assertIn("PAUSED since", status)
        self.assertIn("a drill", status)
        refused = self.call(steps="login")
        self.assertFalse(refused.ok, refused.text)
        self.assertIn("paused", refused.text)
        self.lab.kill(self.one.process_name)
        self.lab.restart(self.one.process_name)
        e2e.process.wait_for(lambda: "PAUSED" in (self.one.ctl("status", check=False) or ""), 30, "the gateway to be back")
        e2e.process.wait_for(lambda: self.api().is_online(self.one.id), 45, "the link to be up", log=self.one.log)
        self.assertFalse(self.call(steps="login").ok)
        self.one.ctl("resume")
        self.wait_until_calls_work(20)
        events = [row["event"] for row in self.one.ctl("audit", "--json")["rows"]]
        self.assertIn("access.paused", events)
        self.assertIn("access.resumed", events)

    def test_what_was_learned_allows_just_that_and_a_dry_run_says_what_another_would_refuse(self):
        self.one.ctl("policy", "learn", "on")
        self.assert_works(self.call(steps=None))
        self.one.ctl("policy", "learn", "off")
        learned = self.file(self.one.ctl("policy", "learn", "show"))
        checked = self.one.ctl("policy", "check", learned)
        self.assertIn("good", checked)
        self.assertIn("would have refused 0 (", self.one.ctl("policy", "dry-run", learned))
        strict = self.lab.directory / "strict.jsonc"
        strict.write_text('{ "version": 1, "assign": [ { "role": "inventory" } ] }', encoding="utf-8")
        tried = self.one.ctl("policy", "dry-run", str(strict))
        self.assertIn("CloneVM_Task", tried)
        self.assertIn("not open to the role 'inventory'", tried)
        folder = self.connect().datacenter.vmFolder
        self.one.ctl("policy", "set", learned)
        self.assert_works(self.call(steps=None))
        self.refused("CreateFolder", folder.CreateFolder, "x")

    def test_v17_user_data_of_a_clone_arrives_and_the_audit_has_its_hash(self):
        """V17: 12 KiB of guestinfo; the task is awaited by WaitForUpdatesEx."""
        self.assert_works(self.call(steps="login,inventory,clone,destroy,logout"))  # govmomi compares what it reads back
        work = self.connect()
        value = base64.b64encode(os.urandom(9216)).decode()
        spec = vim.vm.CloneSpec(
            location=vim.vm.RelocateSpec(pool=work.source.resourcePool, datastore=work.datastore), powerOn=False,
            config=vim.vm.ConfigSpec(extraConfig=[vim.option.OptionValue(key="guestinfo.userdata", value=value)]))
        machine = pyvmomi_client.wait_for_task(
            work.content, work.source.CloneVM_Task(folder=work.datacenter.vmFolder, name=work.name, spec=spec))
        given = {setting.key: setting.value for setting in machine.config.extraConfig}
        self.assertEqual(given["guestinfo.userdata"], value)
        line = next(one for one in self.audited() if one["method"] == "CloneVM_Task" and work.name in one["summary"])
        self.assertIn(f"sha256:{hashlib.sha256(value.encode()).hexdigest()} ({len(value)} octets)", line["arguments"])
        for path in (self.one.log, *self.one.state.glob("gateway.db*")):
            self.assertNotIn(value[:64].encode(), path.read_bytes(), path)
        self.assertNotIn(value[:64], json.dumps(self.one.ctl("audit", "--json")))

    def test_the_audit_tells_what_was_done_and_no_secret(self):
        work = self.connect()
        pyvmomi_client.wait_for_task(work.content, self.clone(work))
        line = next(one for one in self.audited() if one["method"] == "CloneVM_Task" and work.name in one["summary"])
        self.assertRegex(line["summary"], r"CloneVM_Task VirtualMachine:\S+ -> pyvmomi-\w+ by ak_\w+, task-\d+, .*, success")
        self.assertIn("extra_config=guestinfo.userdata sha256:", line["arguments"])
        self.assertIn(work.name, self.one.ctl("audit"))
        places = [self.one.log, *self.one.state.glob("gateway.db*")]
        for path in places:
            self.assertNotIn(CANARY.encode(), path.read_bytes(), path)

    def test_a_policy_with_mistakes_is_not_taken_and_says_where(self):
        path = self.file('{ "version": 1,\n  "roles": { "a": { "rules": [ { "soap": ["CloneVM_Tsk"] } ] } } }\n')
        done = subprocess.run([str(self.lab.program("pcgctl")), "policy", "check", path], capture_output=True, text=True,
                              check=False, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}:2:", done.stdout)
        self.assertIn('Did you mean "CloneVM_Task"?', done.stdout)
        self.assertIsNone(self.one.ctl("policy", "set", path, check=False))
        self.assertIn("the built-in roles", self.one.ctl("policy", "show"))
        self.assertIn("policy.refused", self.events())

    def test_an_address_that_is_none_is_refused_and_noted(self):
        direct = self.described["direct"]
        for number, url in enumerate(("ftp://vc.example", "https://vc.example/a b", "https://user:pass@vc.example",
                                      "https://vc.example:99999", "vc example", "https:///sdk", "https://vc/..//x?y#z")):
            with self.assertRaises(e2e.process.StepError, msg=url) as caught:
                self.one.ctl("endpoint", "add", f"bad{number}", "--url", url, "--username", direct["username"],
                             "--password-file", "-", "--ca-file", direct["ca"], stdin=direct["password"] + "\n")
            self.assertIn("url", str(caught.exception).lower())
        rows = [row["data"] for row in self.one.ctl("audit", "--json")["rows"] if row["event"] == "endpoint.refused"]
        self.assertGreaterEqual(len(rows), 7)
        self.assertEqual({(row["what"], row["field"]) for row in rows}, {("add", "url")})

    def events(self):
        return [row["event"] for row in self.one.ctl("audit", "--json")["rows"]]

    def test_credentials_are_given_to_the_address_that_is_named(self):
        direct = self.described["direct"]
        words = ["endpoint", "credentials", "vc1", "--username", direct["username"], "--password-file", "-"]
        with self.assertRaises(e2e.process.StepError) as caught:
            self.one.ctl(*words, stdin=direct["password"] + "\n")
        self.assertIn(f"--address {direct['url']}", str(caught.exception))
        with self.assertRaises(e2e.process.StepError):
            self.one.ctl(*words, "--address", "https://other.example", stdin=direct["password"] + "\n")
        self.one.ctl(*words, "--address", direct["url"], stdin=direct["password"] + "\n")
        self.assert_works(self.call())


if __name__ == "__main__":
    e2e.run()
