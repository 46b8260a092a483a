#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pairings whose gateway, control plane or broker is killed at every point at which something becomes durable or
is told to the other side. Afterwards the dead is started again, nobody repairs anything, and either the pairing
is complete, or the gateway is unpaired and a new pairing succeeds. There are never two epochs.

The points come from test/support/crash. A run takes a sample, chosen by PCG_CRASH_SEED; PCG_CRASH_FULL=1 walks
through all (./dev crash, ./dev crash --full).
"""
import concurrent.futures
import time

import crash_lab
import e2e
from crash_lab import FULL, HEAL_SECONDS, SEED, Murderer, People, chosen

WORKERS = 3


class CrashMatrix(crash_lab.CrashLab):
    # --- the gateway dies ----------------------------------------------------------------------------------

    def pair_and_kill_gateway(self, point, what):
        one, tenant = self.new_gateway("gw")
        murderer = Murderer(one.directory / "murder")
        murderer.arm(point)
        record = self.start(one, murderer.wrap(self.lab.program("crash-gatewayd"), "--config", one.config))
        with People(self.lab, one, tenant) as people:
            survived = people.pair(HEAL_SECONDS, lambda: not e2e.process.is_alive(record))
            if survived and point == 0:
                self.assert_paired_once(one, tenant, what)  # the ack has been answered by then
                self.lab.kill(one.process_name)
                return murderer.points()
            if survived:  # this run passed fewer points than the first one: die now
                self.lab.kill(one.process_name)
            e2e.process.reap(record)
            self.start(one, self.shipped(one))
            self.heal_and_check(people, what)
        return murderer.points()

    def test_no_shipped_program_holds_the_murderer(self):
        def holds(name):
            return b"PCG_CRASH_CONTROL" in self.lab.program(name).read_bytes()

        self.assertTrue(holds("crash-gatewayd") and holds("crash-controlplane-sim"))
        shipped = ("pcg-gatewayd", "pcgctl", "pcg-controlplane-sim", "pcg")
        self.assertEqual([name for name in shipped if holds(name)], [])

    def test_the_gateway_dies_at_each_point(self):
        points = self.pair_and_kill_gateway(0, "nobody dies")
        kinds = {what.split()[0] for _, what in points}
        self.assertLessEqual({"store.before", "store.torn", "store.after", "sent.before", "sent.after",
                              "answer.received"}, kinds)
        self.walk("gateway", points, self.pair_and_kill_gateway, WORKERS)

    # --- the control plane or its broker dies --------------------------------------------------------------

    def pair_and_kill_controlplane(self, point, what, broker=False):
        one, tenant = self.new_gateway("cp")
        record = self.lab.processes.find("controlplane")
        broker_before = self.lab.processes.find("nats-server")
        self.cp_murderer.arm(point, broker_before["pid"] if broker else None)
        self.start(one, self.shipped(one))
        with People(self.lab, one, tenant) as people:
            survived = people.pair(HEAL_SECONDS, lambda: not e2e.process.is_alive(record))
            if survived and point == 0:
                self.assert_paired_once(one, tenant, what)
            points = self.cp_murderer.points()
            self.cp_murderer.disarm()
            if broker:
                self.adopt_broker(broker_before)
            elif point != 0:
                if survived:
                    self.lab.kill("controlplane")
                e2e.process.reap(record)
                self.start_controlplane()
            self.heal_and_check(people, what)
        return points

    def adopt_broker(self, before):
        ready = self.lab.directory / "controlplane" / "ready.json"
        if e2e.process.is_alive(before):
            return
        e2e.process.wait_for(lambda: (e2e.process.read_json(ready) or {}).get("nats_pid") != before["pid"], 30,
                             "another broker", self.lab.processes.find("controlplane"))
        self.lab.processes.adopt("nats-server", e2e.process.read_json(ready)["nats_pid"], before["log"],
                                 extra={"role": "broker"})

    def test_the_control_plane_dies_at_each_point(self):
        points = self.pair_and_kill_controlplane(0, "nobody dies")
        self.assertLessEqual({"store.before", "store.after", "sent.before", "sent.after"},
                             {what.split()[0] for _, what in points})
        self.walk("controlplane", points, self.pair_and_kill_controlplane, 1)

    def test_the_broker_dies_at_each_point_of_the_control_plane(self):
        points = self.pair_and_kill_controlplane(0, "nobody dies")
        points = chosen(points, "broker")[::4]  # whoever kills it often waits long for another

        def kill_broker(point, what):
            return self.pair_and_kill_controlplane(point, what, broker=True)

        self.walk("broker", points, kill_broker, 1)

    # --- all of them ---------------------------------------------------------------------------------------

    def walk(self, label, points, kill_at, workers):
        sample = chosen(points, label)
        print(f"{label}: {len(sample)} of {len(points)} points, seed {SEED}", flush=True)
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            runs = {pool.submit(kill_at, number, f"{label} killed at {number}: {what}, seed {SEED}"): (number, what)
                    for number, what in sample}
            for run in concurrent.futures.as_completed(runs):
                number, what = runs[run]
                if run.exception():
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise AssertionError(f"{label} killed at {number}: {what}, seed {SEED}: {run.exception()}\n"
                                         + e2e.process.tail(getattr(run.exception(), "log", None) or "")) from run.exception()
        print(f"{label}: {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    e2e.run()
