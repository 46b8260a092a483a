#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The disk is full from any durable write of a pairing on: the person in front of it is told, no half of a pairing
is left, and when there is room again it goes on without a hand. The disk is filled by test/support/crash."""
import collections
import subprocess
import time

import crash_lab
import e2e
from crash_lab import HEAL_SECONDS, SEED, Murderer, People, chosen


def writes(points):
    return [point for point in points if point[1].startswith("store.before")]


class DiskFull(crash_lab.CrashLab):
    endings = collections.Counter()

    def start_under_murderer(self, one, point):
        murderer = Murderer(one.directory / "murder")
        murderer.arm(point, "full")
        command = murderer.wrap(self.lab.program("crash-gatewayd"), "--config", one.config)
        return murderer, self.start(one, command)

    def fill_gateway(self, point, what):
        one, tenant = self.new_gateway("gw")
        murderer, record = self.start_under_murderer(one, point)
        people = People(self.lab, one, tenant)
        self.addCleanup(people.leave)

        def told():
            now = crash_lab.ask(one, "GET", "/v1/pairing")
            return now and "disk is full" in (now.get("message") or "")

        survived = people.pair(HEAL_SECONDS, lambda: told() or not e2e.process.is_alive(record))
        points = murderer.points()
        self.endings["survived" if survived else "told" if e2e.process.is_alive(record) else "ended"] += 1
        if not e2e.process.is_alive(record):  # at its first steps: it says why, and ends
            e2e.process.reap(record)
            said = e2e.process.tail(one.log)
            self.assertIn("gateway.db", said, what)
            self.assertIn("Free some space", said, what)
            murderer.disarm()
            record = self.start(one, self.shipped(one))
        elif not survived:
            self.assertNotEqual(crash_lab.ask(one, "GET", "/v1/pairing")["state"], "active", what)
            self.assertIn("state_degraded", self.warnings(one), what)
            murderer.disarm()
        self.assert_pairs_now(one, tenant, people, record, what)
        return points

    def warnings(self, one):
        status = crash_lab.ask(one, "GET", "/v1/status")
        return {warning["code"]: warning["detail"] for warning in status["warnings"]} if status else {}

    # There is room again, and no process needed a hand.
    def assert_pairs_now(self, one, tenant, people, record, what):
        people.pair(HEAL_SECONDS)
        people.leave()
        self.assert_paired_once(one, tenant, what)
        self.assertTrue(e2e.process.is_alive(record), what)
        self.lab.kill(one.process_name)

    def test_of_the_gateway(self):
        points = writes(self.fill_gateway(0, "never full"))
        self.assertGreater(len(points), 5)
        for number, what in chosen(points, "gateway full")[:8]:
            self.fill_gateway(number, f"the gateway's disk is full from {number} on: {what}, seed {SEED}")
        last_of_the_pairing = points[-3]  # the papers or their acknowledgement: after the identity, before the end
        self.fill_gateway(last_of_the_pairing[0], f"the gateway's disk is full from {last_of_the_pairing} on")
        print(f"a full disk at the gateway: {dict(self.endings)}")
        self.assertGreater(self.endings["told"], 0)

    def test_of_a_gateway_that_is_given_back(self):
        one, tenant = self.new_gateway("gw")
        murderer, _ = self.start_under_murderer(one, 0)
        people = People(self.lab, one, tenant)
        self.addCleanup(people.leave)
        people.pair(HEAL_SECONDS)
        people.leave()
        # The wish cannot be stored: nothing has happened.
        murderer.arm(1, "full")
        refused = self.unpair(one)
        self.assertEqual(refused.wait(60), 1)
        self.assertIn("Free some space", refused.stderr.read())
        self.assertEqual(crash_lab.ask(one, "GET", "/v1/pairing")["state"], "active")
        self.assertIn("Free some space", self.warnings(one)["state_degraded"])
        murderer.disarm()
        e2e.process.wait_for(lambda: "state_degraded" not in self.warnings(one), 60, "the warning to go", log=one.log)
        # The wish is stored, what follows from it is not: it follows when there is room, or after a restart.
        murderer.arm(4, "full")
        asked = self.unpair(one)
        e2e.process.wait_for(
            lambda: "gateway.not_released" in one.log.read_text() or asked.poll() is not None, 30, "a full disk", log=one.log)
        self.lab.kill(one.process_name)
        asked.wait(60)
        murderer.disarm()
        self.start(one, self.shipped(one))
        one.wait_for_pairing("offered", 30)
        people.pair(HEAL_SECONDS)
        self.assert_paired_once(one, tenant, "given back on a full disk")
        self.lab.kill(one.process_name)

    def unpair(self, one):
        asked = subprocess.Popen(
            [str(self.lab.program("pcgctl")), "--socket", str(one.socket), "unpair", "--yes"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(asked.stderr.close)
        return asked

    def fill_controlplane(self, point, what):
        one, tenant = self.new_gateway("cp")
        record = self.lab.processes.find("controlplane")
        self.cp_murderer.arm(point, "full")
        self.start(one, self.shipped(one))
        people = People(self.lab, one, tenant)
        self.addCleanup(people.leave)
        filled = []

        def refused_for_a_while():
            if point and not filled and any(number >= point for number, _ in self.cp_murderer.points()):
                filled.append(time.monotonic())
            return bool(filled) and time.monotonic() > filled[0] + 1.5

        people.pair(HEAL_SECONDS, refused_for_a_while)
        points = self.cp_murderer.points()
        self.cp_murderer.disarm()
        self.assert_pairs_now(one, tenant, people, record, what)
        return points

    def test_of_the_control_plane(self):
        points = writes(self.fill_controlplane(0, "never full"))
        self.assertGreater(len(points), 1)
        for number, what in chosen(points, "controlplane full")[:4]:
            self.fill_controlplane(number, f"the control plane's disk is full from {number} on: {what}, seed {SEED}")


if __name__ == "__main__":
    e2e.run()
