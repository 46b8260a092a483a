# SPDX-License-Identifier: Apache-2.0
"""What a run measured, each beside its goal and how busy the machine was: said at once, and kept in measured.json beside the OVA."""
import datetime
import json
import os
import pathlib

import process  # test/lab

KEPT_RUNS = 50


class Figures:
    """The figures of one run; it is written anew with each, so that a run that is cut short leaves what it had."""

    def __init__(self, file, **about):
        self.file = pathlib.Path(file)
        self.run = {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), **about, "figures": []}
        try:
            self.earlier = json.loads(self.file.read_text())["runs"][-KEPT_RUNS + 1:]
        except (OSError, ValueError, KeyError):
            self.earlier = []

    def note(self, what, value, unit, goal=None):
        """A figure that no test depends on: a time, on a machine that others use as well."""
        load = round(os.getloadavg()[0], 1)
        self.run["figures"].append({"what": what, "value": round(value, 1), "unit": unit, "goal": goal, "load": load})
        process.write_atomically(self.file, json.dumps({"runs": [*self.earlier, self.run]}, indent=1) + "\n", 0o644)
        aim = f", the goal is at most {goal} {unit}" if goal is not None else ""
        print(f"    {what}: {value:.1f} {unit}{aim} (load {load})", flush=True)

    def hold(self, what, value, unit, limit):
        """A figure that must hold on any machine."""
        self.note(what, value, unit, limit)
        if value > limit:
            raise process.StepError(f"{what}: {value:.1f} {unit}, and at most {limit} were promised")
