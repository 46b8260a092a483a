#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Values that are changed after the import, on a machine that is a folder: tried, kept or taken back, also when somebody
pulls the plug; a PIN; a factory reset. systemctl and pcgctl are stand-ins that note what they were asked."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lab"), str(pathlib.Path(__file__).resolve().parent)]
import machine  # noqa: E402
import process  # noqa: E402

PROGRAM = pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-appliance"
NETWORK = "etc/systemd/network/10-pcg.network"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
CONFIG = "etc/pcg-gateway/gateway.json"


class Control(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-control-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("data/appliance/ovf-env.xml", machine.environment({"url": "https://one.example.com", "dns": "192.0.2.1"}))
        self.write("run/pcg/keep", "")
        for name in ("bin/systemctl", "bin/systemd-run", "bin/networkctl", "bin/journalctl", "sbin/nft"):
            self.tool(name, f'echo "{name} $*" >>{self.root}/asked')
        self.tool("bin/pcgctl", f'case "$*" in *controlplane*) exit "$(cat {self.root}/unreached)" ;; esac; cat {self.root}/status')
        self.write("unreached", "0")
        self.link("up")
        self.assertEqual(self.apply(), 0)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def tool(self, name, script):
        self.write(f"usr/{name}", f"#!/bin/sh\n{script}\n").chmod(0o755)

    def link(self, state):
        process.write_atomically(self.root / "status", json.dumps({"pairing": {"state": "active"}, "link": {"state": state}}))

    def read(self, name):
        return (self.root / name).read_text()

    def apply(self):
        return subprocess.run([PROGRAM, "apply", "--root", self.root], capture_output=True, check=False).returncode

    def start(self, **request):
        child = subprocess.Popen([PROGRAM, "answer", "--root", self.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 text=True)
        self.addCleanup(child.stdout.close)
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.close()
        return child

    def ask(self, **request):
        child = self.start(**request)
        words = [json.loads(line) for line in child.stdout]
        child.wait(60)
        return words[-1]

    def kept(self):
        path = self.root / "data/appliance/overrides.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def test_what_vmtoolsd_prints_when_it_fails_is_no_document(self):
        given = self.write("given.xml", machine.environment({"url": "https://vmware.example.com"}))
        self.tool("bin/vmtoolsd", f"cat {given}; exit 1")
        self.assertEqual(self.apply(), 0)
        self.assertIn("https://one.example.com", self.read(CONFIG))
        self.tool("bin/vmtoolsd", f"cat {given}")
        self.assertEqual(self.apply(), 0)
        self.assertIn("https://vmware.example.com", self.read(CONFIG))
        self.assertIn('"source":"guestinfo"', self.read("run/pcg/properties.json"))

    def test_the_firmwares_second_structure_of_strings_is_read_too(self):
        (self.root / "data/appliance/ovf-env.xml").unlink()
        for number, text in enumerate((b"of the vendor\0\0", b"pcgw.url=https://smbios.example.com\0\0")):
            place = self.write(f"sys/firmware/dmi/entries/11-{number}/raw", "")
            place.write_bytes(bytes([11, 5, number, 0, 1]) + text)
        self.assertEqual(self.apply(), 0)
        self.assertIn("https://smbios.example.com", self.read(CONFIG))

    def test_a_change_is_tried_and_kept_over_a_restart(self):
        self.assertEqual(self.ask(do="set", values={"dns": "192.0.2.2", "url": "https://two.example.com"}), {"ok": True})
        self.assertEqual(self.kept(), {"dns": "192.0.2.2", "url": "https://two.example.com"})
        self.assertEqual((self.root / "data/appliance/overrides.json").stat().st_mode & 0o777, 0o600)
        asked = self.read("asked")
        self.assertLess(asked.index("systemctl stop pcg-gateway"), asked.index("networkctl reload"))
        self.assertLess(asked.index("networkctl reload"), asked.index("systemctl --no-block start pcg-gateway"))
        (self.root / NETWORK).unlink()
        self.apply()
        self.assertIn("DNS=192.0.2.2", self.read(NETWORK))
        self.assertIn("two.example.com", self.read(CONFIG))
        self.assertEqual(self.ask(do="set", values={"dns": None}), {"ok": True})
        self.assertIn("DNS=192.0.2.1", self.read(NETWORK))

    def test_what_does_not_reach_the_control_plane_goes_back(self):
        self.link("down")
        answer = self.ask(do="set", values={"dns": "192.0.2.2"}, within_s=2)
        self.assertEqual((answer["ok"], answer["code"]), (False, "appliance.reverted"))
        self.assertEqual(self.kept(), {})
        self.assertIn("DNS=192.0.2.1", self.read(NETWORK))

    def test_a_plug_that_is_pulled_while_it_is_tried_leaves_the_old_values(self):
        self.link("down")
        child = self.start(do="set", values={"dns": "192.0.2.2"}, within_s=600)
        for line in child.stdout:
            if "waiting" in json.loads(line):
                break
        self.assertIn("DNS=192.0.2.2", self.read(NETWORK))
        self.assertEqual(self.ask(do="set", values={"dns": "192.0.2.3"})["code"], "appliance.busy")
        child.kill()
        child.wait(10)
        self.apply()
        self.assertIn("DNS=192.0.2.1", self.read(NETWORK))

    def settle(self):
        done = subprocess.run([PROGRAM, "settle", "--root", self.root], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_a_trial_that_is_ended_by_force_is_taken_back_when_its_service_has_ended(self):
        self.link("down")
        child = self.start(do="set", values={"dns": "192.0.2.2"}, within_s=600)
        self.assertEqual(json.loads(child.stdout.readline()), {"applied": True})
        self.assertTrue(self.ask(do="show")["ok"])
        self.assertEqual(self.settle(), "", "it is still being tried, and another request has ended")
        self.assertIn("DNS=192.0.2.2", self.read(NETWORK))
        child.kill()
        child.wait(10)
        self.write("asked", "")
        self.assertIn("values from before", self.settle())
        self.assertIn("DNS=192.0.2.1", self.read(NETWORK))
        self.assertIn("systemctl --no-block start pcg-gateway", self.read("asked"))
        self.write("asked", "")
        self.assertEqual(self.settle(), "")
        self.assertEqual(self.read("asked"), "", "nothing is left to be taken back")

    def test_what_was_decided_is_not_taken_back(self):
        self.assertEqual(self.ask(do="set", values={"dns": "192.0.2.2"}), {"ok": True})
        self.assertEqual(self.ask(do="set", values={"dns": "192.0.2.3"}), {"ok": True})
        self.write("asked", "")
        self.assertEqual(self.settle(), "")
        self.assertEqual(self.read("asked"), "")

    def test_a_bus_that_stands_is_no_control_plane_that_answers(self):
        self.write("unreached", "1")
        answer = self.ask(do="set", values={"url": "https://two.example.com"}, within_s=2)
        self.assertEqual(answer["code"], "appliance.reverted")
        self.assertIn("https://one.example.com", self.read(CONFIG))
        self.assertFalse((self.root / "data/appliance/overrides.json").exists())

    def test_whoever_asked_may_go_away(self):
        child = self.start(do="set", values={"dns": "192.0.2.2"})
        child.stdout.close()
        self.assertEqual(child.wait(60), 0)
        self.assertEqual(self.kept(), {"dns": "192.0.2.2"})

    def test_a_value_that_is_wrong_touches_nothing(self):
        before = self.read("asked") if (self.root / "asked").exists() else ""
        answer = self.ask(do="set", values={"ipv4": "10.0.0.5/255.0.255.0"})
        self.assertEqual(answer["problems"][0]["subject"], "pcgw.ipv4")
        self.assertEqual(self.read("asked") if (self.root / "asked").exists() else "", before)

    def test_an_enrolment_or_a_cooldown_is_no_reason_to_go_back(self):
        for state in ("enrolling", "cooldown"):
            process.write_atomically(self.root / "status", json.dumps({"pairing": {"state": state}, "link": {"state": "down"}}))
            self.assertEqual(self.ask(do="set", values={"dns": "192.0.2.2"}, within_s=30), {"ok": True}, state)
            self.assertEqual(self.ask(do="set", values={"dns": None}, within_s=30), {"ok": True}, state)

    def test_what_the_gateway_does_not_read_leaves_it_alone(self):
        self.link("down")
        self.assertEqual(self.ask(do="set", values={"ssh_key": KEY}, within_s=2), {"ok": True})
        self.assertNotIn("networkctl", self.read("asked"), "the cards stay up")
        self.assertEqual(self.ask(do="set", values={"ntp": "192.0.2.9"}, within_s=2), {"ok": True})
        self.assertNotIn("pcg-gateway", self.read("asked"))
        self.assertIn("networkctl reload", self.read("asked"), "DHCP's servers do not count any more")
        self.assertIn("start ssh.service", self.read("asked"))
        self.assertEqual(self.ask(do="set", values={"hostname": "dc2"}, within_s=2), {"ok": True}, "nothing to be tried")
        self.assertIn("start pcg-gateway", self.read("asked"))

    def test_an_import_that_changed_since_the_start_is_tried_with_what_changes(self):
        self.link("down")
        self.write("data/appliance/ovf-env.xml",
                   machine.environment({"url": "https://one.example.com", "dns": "192.0.2.9", "no-such": "property"}))
        self.assertEqual(self.ask(do="set", values={"ssh_key": KEY}, within_s=2)["code"], "appliance.reverted")

    def test_options_of_the_vm_that_have_no_effect_are_named_after_a_boot(self):
        self.assertEqual(self.ask(do="set", values={"dns": "192.0.2.2"}), {"ok": True})
        self.apply()
        self.assertEqual(self.problems(), {})
        self.write("data/appliance/ovf-env.xml", machine.environment({"url": "https://one.example.com", "dns": "192.0.2.9"}))
        self.apply()
        self.assertIn("DNS=192.0.2.2", self.read(NETWORK))
        self.assertIn("pcgctl settings reset dns", self.problems()["appliance.import_changed"])
        self.assertEqual(self.ask(do="set", values={"dns": "192.0.2.2"}), {"ok": True})
        self.assertEqual(self.problems(), {}, "said once more: it is meant so")
        self.apply()
        self.assertEqual(self.problems(), {})
        self.assertEqual(self.ask(do="set", values={"dns": None}), {"ok": True})
        self.assertIn("DNS=192.0.2.9", self.read(NETWORK))

    def test_what_is_no_longer_given_is_removed(self):
        key = KEY
        self.assertEqual(self.ask(do="set", values={"ssh_key": key}), {"ok": True})
        self.assertEqual(self.read("etc/pcg-appliance/authorized_keys"), key + "\n")
        self.assertIn("dport 22", self.read("etc/pcg-appliance/firewall.d/ssh.nft"))
        self.assertEqual(self.ask(do="set", values={"ssh_key": None}), {"ok": True})
        self.assertFalse((self.root / "etc/pcg-appliance/firewall.d/ssh.nft").exists())

    def test_damaged_changes_do_not_stop_a_boot_and_are_named(self):
        self.write("data/appliance/overrides.json", "{")
        self.assertEqual(self.apply(), 0)
        problems = json.loads(self.read("run/pcg/properties.json"))["problems"]
        self.assertIn("appliance.overrides", [one["code"] for one in problems])
        self.assertIn("DNS=192.0.2.1", self.read(NETWORK))

    def problems(self):
        return {one["code"]: one["message"] for one in json.loads(self.read("run/pcg/properties.json"))["problems"]}

    def test_a_missing_data_partition_is_named_with_what_to_give_the_machine(self):
        self.write("run/pcg/data-missing", "")
        self.assertEqual(self.apply(), 0)
        self.assertIn("writable disk of 8 GB", self.problems()["appliance.data_missing"])
        self.assertIn("DNS=192.0.2.1", self.read(NETWORK))

    def test_what_cannot_be_kept_or_written_at_boot_is_named_for_the_console(self):
        self.write("sys/firmware/qemu_fw_cfg/by_name/opt/org.pcg/ovfenv/raw", machine.environment({"dns": "192.0.2.7"}))
        for file in (self.root / "data/appliance").iterdir():
            file.unlink()
        (self.root / "data/appliance").rmdir()
        self.write("data/appliance", "in the way of a folder, as a full disk is")
        self.apply()
        self.assertIn("data/appliance/ovf-env.xml cannot be written", self.problems()["appliance.write"])
        self.assertIn("DNS=192.0.2.7", self.read(NETWORK))
        (self.root / "etc/hostname").unlink()
        (self.root / "etc/hostname").mkdir()
        self.assertEqual(self.apply(), 1)
        written = [one["subject"] for one in json.loads(self.read("run/pcg/properties.json"))["problems"]
                   if one["code"] == "appliance.write"]
        self.assertIn("/etc/hostname", written)

    def test_a_document_with_entities_or_of_a_megabyte_is_named_and_the_machine_boots(self):
        huge = machine.environment({"ca": "A" * (1 << 20)})
        bomb = '<!DOCTYPE a [<!ENTITY x "y">]>' + machine.environment({"dns": "192.0.2.9"}).split("\n", 1)[1]
        for text, code in ((huge, "appliance.environment_too_large"), (bomb, "appliance.environment"), ("<cut", "appliance.environment")):
            self.write("data/appliance/ovf-env.xml", text)
            self.assertEqual(self.apply(), 0)
            self.assertIn("correct the VM's properties", self.problems()[code])
            self.assertIn("appliance.property.url", self.problems())
            self.assertIn("DHCP=yes", self.read(NETWORK))

    def test_wrong_values_are_named_and_the_others_count(self):
        self.write("data/appliance/ovf-env.xml", machine.environment(
            {"hostname": "dc1", "ipv4": "192.0.2.10/255.0.255.0", "url": "pair.example.com", "ca": "no certificate"}))
        self.assertEqual(self.apply(), 0)
        found = self.problems()
        self.assertIn("The address is taken by dhcp meanwhile", found["appliance.property.ipv4"])
        self.assertIn("must begin with https://", found["appliance.property.url"])
        self.assertIn("appliance.property.ca", found)
        self.assertEqual(self.read("etc/hostname"), "dc1\n")

    def test_a_factory_reset_destroys_keys_and_marks_the_partition(self):
        key = self.write("var/lib/pcg-gateway/root.key", "canary")
        held = os.open(key, os.O_RDONLY)
        self.addCleanup(os.close, held)
        self.write("data/ssh/ssh_host_ed25519_key", "canary")
        self.write("var/lib/pcg-gateway/deep/er", "canary")
        self.assertFalse(self.ask(do="factory-reset")["ok"])
        self.assertTrue(key.exists())
        self.assertTrue(self.ask(do="factory-reset", confirm="factory-reset")["ok"])
        self.assertEqual(os.pread(held, 6, 0), b"\0" * 6, "written over before it was unlinked")
        left = [path for folder in ("var/lib/pcg-gateway", "data/ssh", "data/appliance") for path in (self.root / folder).rglob("*")]
        self.assertEqual(left, [])
        self.assertTrue((self.root / "data/.factory-reset").exists())
        self.assertTrue(self.read("asked").rstrip().endswith("systemctl --no-block reboot"))

    def test_the_pin_is_kept_as_scrypt(self):
        self.assertEqual(self.ask(do="pin-state"), {"ok": True, "set": False})
        self.assertTrue(self.ask(do="pin-set", pin="270182")["ok"])
        self.assertNotIn("270182", self.read("data/appliance/console-pin.json"))
        self.assertTrue(self.ask(do="pin-check", pin="270182")["ok"])
        self.assertEqual(self.ask(do="pin-check", pin="270183")["code"], "appliance.pin")
        self.assertTrue(self.ask(do="pin-remove")["ok"])
        self.assertEqual(self.ask(do="pin-state")["set"], False)


if __name__ == "__main__":
    unittest.main(verbosity=2)
