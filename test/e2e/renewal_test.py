#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Papers that live for seconds: token and certificate are renewed under running calls, and none of them is lost."""
import json
import pathlib
import threading
import time

import e2e

TOKEN_SECONDS = 30
CERTIFICATE_SECONDS = 40


def events_of(log, name):
    """What the process has logged under this name."""
    found = []
    for line in pathlib.Path(log).read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("event") == name:
            found.append(entry)
    return found


class Callers:
    """Small calls through the ingress, one after the other, until they are told to end."""

    def __init__(self, endpoint, count):
        self.endpoint, self.done, self.failed, self.ending = endpoint, 0, [], threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._call, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def _call(self):
        while not self.ending.is_set():
            fine = e2e.cloud.answers(self.endpoint["url"], self.endpoint["ca"])
            with self.lock:
                self.done += 1
                if not fine:
                    self.failed.append(time.strftime("%H:%M:%S"))

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(30)


class Renewal(e2e.EndToEnd):
    @classmethod
    def bring_up(cls):
        cls.lab.controlplane_arguments = [
            "--token-lifetime", f"{TOKEN_SECONDS}s", "--certificate-lifetime", f"{CERTIFICATE_SECONDS}s"]
        cls.lab.up(tenants=1)

    def test_calls_go_on_while_tokens_and_a_certificate_are_renewed(self):
        one = self.gateway()
        callers = Callers(self.endpoint(), 3)

        def renewed_often_enough():
            renewals = events_of(one.log, "enrollment.renewed")
            retired = events_of(one.log, "link.retired")
            return (len(renewals) >= 3 and any(one["certificate"] for one in renewals) and len(retired) >= 2)

        try:
            e2e.process.wait_for(renewed_often_enough, 3 * CERTIFICATE_SECONDS, "the renewals", log=one.log)
        finally:
            callers.end()

        self.assertEqual(callers.failed, [], e2e.process.tail(one.log, 60))
        self.assertGreater(callers.done, 50)
        # The broker never had to end a link itself.
        self.assertNotIn("xpired", " ".join(str(lost) for lost in events_of(one.log, "bus.link_lost")))
        status = one.ctl("status", "--json")
        self.assertEqual(status["link"]["state"], "up")
        self.assertEqual([warning for warning in status["warnings"] if warning["severity"] == "critical"], [])
        self.assertEqual(self.api().gateway(one.id)["warnings"], [], "two links of one gateway are no copy")


class Expired(e2e.EndToEnd):
    @classmethod
    def bring_up(cls):
        cls.lab.controlplane_arguments = ["--token-lifetime", "20s", "--certificate-lifetime", "20s"]
        cls.lab.up(tenants=1)

    def test_a_certificate_that_ended_while_the_gateway_was_off_waits_for_the_tenants_word(self):
        one = self.gateway()
        self.lab.kill(one.process_name)
        over = time.monotonic() + 21
        e2e.process.wait_for(lambda: time.monotonic() > over, 30, "the end of the certificate")
        self.lab.restart(one.process_name)

        def told():
            status = one.ctl("status", "--json", check=False) or {"warnings": []}
            return "certificate_over" in [warning["code"] for warning in status["warnings"]] and status

        status = e2e.process.wait_for(told, 30, "the gateway to say what is wrong", log=one.log)
        self.assertEqual(status["pairing"]["state"], "active", "nothing was forgotten")
        self.assertEqual(len(status["endpoints"]), 1)

        answer, until = self.api().call("POST", f"/api/v1/gateways/{one.id}/recovery")
        self.assertEqual(answer, 200, until)
        e2e.process.wait_for(lambda: self.api().is_online(one.id), 60, "the gateway to be back", log=one.log)
        self.wait_until_calls_work(30)


if __name__ == "__main__":
    e2e.run()
