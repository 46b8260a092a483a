#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each process while it is used; afterwards everything heals without a hand."""
import http.client
import ssl
import subprocess
import urllib.parse

import e2e

HEAL_SECONDS = 30


class Faults(e2e.EndToEnd):
    def upload_then(self, disturb):
        """Begins an upload, disturbs, and returns whether the client was told that it failed."""
        target = self.endpoint()
        child = e2e.client.command("govmomi", e2e.PROGRAMS, target, "login,inventory,upload", 256)
        running = subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.stdin.write(target["password"])
        running.stdin.close()
        running.stdin = None
        before = sum(one.startswith("PUT") for one in self.upstream())
        e2e.process.wait_for(lambda: sum(one.startswith("PUT") for one in self.upstream()) > before, 30, "the upload")
        disturb()
        out, errors = running.communicate(timeout=90)
        return running.returncode != 0, out + errors

    def test_kill_9_of_the_gateway(self):
        one = self.gateway()

        def kill():
            self.lab.kill(one.process_name)

        there = self.lab.vcenters[f"{one.name}/vc1"]
        failed, text = self.upload_then(kill)
        self.assertTrue(failed, text)
        self.assertGreater(e2e.vcenter.wish(there), 0, "the session of the client that was cut off")
        self.lab.restart(one.process_name)
        self.wait_until_calls_work(HEAL_SECONDS)
        e2e.process.wait_for(lambda: e2e.vcenter.wish(there) == 0, HEAL_SECONDS, "its logout by the next run")
        one.wait_for_pairing("active", 10)

    def test_a_long_poll_ends_when_its_gateway_is_gone(self):
        one, target = self.gateway(), self.endpoint()
        before = self.upstream().count("WaitForUpdatesEx")
        child = e2e.client.command("govmomi", e2e.PROGRAMS, target, "login,inventory,hold")
        running = subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.stdin.write(target["password"])
        running.stdin.close()
        running.stdin = None
        # The first update comes at once; the second is what is waited for.
        e2e.process.wait_for(lambda: self.upstream().count("WaitForUpdatesEx") >= before + 2, 30, "the long poll")
        self.lab.kill(one.process_name)
        out, errors = running.communicate(timeout=30)
        self.assertNotEqual(running.returncode, 0, out + errors)
        self.lab.restart(one.process_name)
        self.wait_until_calls_work(HEAL_SECONDS)

    def test_kill_9_of_the_control_plane(self):
        def kill():
            self.lab.kill("controlplane")

        url, ingress = self.lab.controlplane["url"], self.endpoint()["url"]
        failed, text = self.upload_then(kill)
        self.assertTrue(failed, text)
        self.lab.restart_controlplane()
        self.assertEqual(self.lab.controlplane["url"], url)
        self.wait_until_calls_work(HEAL_SECONDS)
        found = self.api().endpoint(self.gateway().id, "vc1")
        self.assertEqual(found["ingress_url"], ingress)

    def test_kill_9_of_the_broker(self):
        before = self.lab.processes.find("nats-server")["pid"]
        self.lab.kill("nats-server")
        self.wait_until_calls_work(HEAL_SECONDS)
        ready = e2e.process.read_json(self.lab.directory / "controlplane" / "ready.json")
        self.assertNotEqual(ready["nats_pid"], before)
        self.lab.processes.adopt("nats-server", ready["nats_pid"], self.lab.directory / "controlplane.log",
                                 extra={"role": "broker"})

    def test_a_stopped_vcenter_is_told_apart_from_a_stopped_gateway(self):
        endpoint = self.endpoint()
        there = self.lab.vcenters[f"{self.gateway().name}/vc1"]
        record = there["record"]
        self.assertTrue(e2e.process.is_alive(record))
        self.lab.kill(record["name"])
        status, body = self.get(endpoint, "/sdk/vimServiceVersions.xml")
        self.assertIn(status, (502, 503, 504), body)
        self.assertTrue(self.api().is_online(self.gateway().id))
        address = urllib.parse.urlsplit(endpoint["direct"]["url"]).netloc
        restarted = self.lab.restart(record["name"], [*record["command"], "-listen", address])
        e2e.process.wait_for(lambda: e2e.cloud.answers(endpoint["direct"]["url"], endpoint["direct"]["ca"]), 30,
                             "the vCenter", restarted)
        ready = record["command"][record["command"].index("-ready-file") + 1]
        there["control"] = e2e.process.read_json(ready)["control"]  # another port than before
        self.wait_until_calls_work(HEAL_SECONDS)

    @staticmethod
    def get(endpoint, path):
        address = urllib.parse.urlsplit(endpoint["url"])
        connection = http.client.HTTPSConnection(
            address.hostname, address.port, timeout=60, context=ssl.create_default_context(cafile=endpoint["ca"]))
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


if __name__ == "__main__":
    e2e.run()
