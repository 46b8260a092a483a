# SPDX-License-Identifier: Apache-2.0
"""Runs the unmodified vSphere clients and reads their steps."""
import json
import pathlib
import subprocess

PYVMOMI = pathlib.Path(__file__).resolve().parents[1] / "peers" / "pyvmomi_client.py"


class Run:
    """One finished run of a client."""

    def __init__(self, completed):
        self.code = completed.returncode
        self.steps = [json.loads(line) for line in completed.stdout.splitlines() if line.startswith("{")]
        self.text = completed.stdout + completed.stderr

    def step(self, name):
        return next((step for step in self.steps if step["step"] == name), None)

    @property
    def ok(self):
        return self.code == 0 and bool(self.steps) and all(step["ok"] for step in self.steps)


def command(kind, programs, target, steps=None, mebibytes=8):
    dash = "-" if kind == "govmomi" else "--"
    words = [str(programs / "vsphere-client")] if kind == "govmomi" else ["/usr/bin/python3", "-B", str(PYVMOMI)]
    words += [
        f"{dash}url", target["url"], f"{dash}username", target["username"], f"{dash}ca-file", target["ca"],
        f"{dash}file-mib", str(mebibytes),
    ]
    return words + ([f"{dash}steps", steps] if steps else [])


def run(kind, programs, target, steps=None, mebibytes=8, timeout=120):
    """`kind` is govmomi or pyvmomi; `target` has url, username, password and ca."""
    return Run(subprocess.run(
        command(kind, programs, target, steps, mebibytes), input=target["password"], text=True,
        capture_output=True, timeout=timeout, check=False,
    ))
