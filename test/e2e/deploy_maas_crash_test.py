#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The control plane is killed (-9) at each step of the way of a MAAS's machine.

Afterwards exactly the wished machines are allocated, and those of others are as they were.
"""
import json
import pathlib
import re
import time
import unittest

import deploy_maas_case

AGENT = "pcg-orchestrator"

# How a step of a machine's way looks in the simulator's log of requests.
STEPS = {
    "choosing": lambda line: line["op"] == "allocate" and "dry_run" in line["parameters"],
    "allocating": lambda line: line["op"] == "allocate" and "agent_name" in line["parameters"],
    "marking": lambda line: line["op"] == "set_workload_annotations",
    "installing": lambda line: line["op"] == "deploy",
    "waiting for the installation": lambda line: line["method"] == "GET" and "id" in line["parameters"],
    "releasing": lambda line: line["op"] == "release",
    "waiting for the release": lambda line: line["method"] == "GET" and re.search(r"machines/\w+/$", line["path"]),
}


class MaasCrashes(deploy_maas_case.MaasCase):
    def kill_when(self, step):
        """Kills the control plane as soon as a request of this step is seen, from now on."""
        log = pathlib.Path(self.maas["requests"])
        before = log.stat().st_size
        self.lab.say(f"waits for {step}")
        end = time.monotonic() + 90

        def seen():
            with log.open("rb") as file:
                file.seek(before)
                lines = [json.loads(line) for line in file.read().splitlines() if line.endswith(b"}")]
            return any(STEPS[step](line) for line in lines if line["agent"] == AGENT)

        yield  # whoever calls begins what leads there
        while not seen():
            self.assertLess(time.monotonic(), end, f"no request of {step}")
            time.sleep(0.001)
        self.kill_controlplane(step)

    def kill_at(self, step, begin):
        waiting = self.kill_when(step)
        next(waiting)
        begin()
        for _ in waiting:
            pass

    def test_a_kill_at_any_step_leaves_neither_a_duplicate_nor_an_orphan(self):
        made = self.call("POST", "/api/v1/deployments", self.spec("crash", worker_count=0), 201)
        steps = list(STEPS)
        ups, downs = steps[:5], steps[5:]
        for workers, step in enumerate(ups, 1):
            self.kill_at(step, lambda: self.scale(made["id"], workers))
        self.expect_machines(self.wait(made["id"], "ready"))
        workers = len(ups)
        for step in downs:
            workers -= 1
            self.kill_at(step, lambda: self.scale(made["id"], workers))
        self.expect_machines(self.wait(made["id"], "ready"))
        self.kill_at("releasing", lambda: self.call("DELETE", f"/api/v1/deployments/{made['id']}", expect=202))
        self.wait(made["id"], "gone")
        self.expect_nothing_taken()
        self.assertEqual(len(self.own_keys()), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
