#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The main job from nothing: pair a gateway, put a vCenter behind it, and drive that vCenter from the other side
with unmodified clients; then what each side saw, and a summary."""
import argparse
import collections
import json
import pathlib
import subprocess
import sys
import threading
import time

import client
import lab
import process
import vcenter

WIDTH = 100


class Narrator:
    """Prints what happens, with the time since the start."""

    def __init__(self):
        self.start = time.monotonic()
        self.colour = sys.stdout.isatty()
        self.number = 0
        self.results = []

    def style(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def chapter(self, title):
        self.number += 1
        line = f"{self.number}. {title} "
        print("\n" + self.style("1;36", line + "-" * max(0, WIDTH - len(line))), flush=True)

    def say(self, text):
        print(f"  {time.monotonic() - self.start:6.2f} s  {text}", flush=True)

    def quote(self, who, text):
        for line in text.rstrip().splitlines():
            print("            " + self.style("2", f"{who} | {line}"[:WIDTH + 20]), flush=True)

    def result(self, text, holds):
        self.results.append((text, holds))
        mark = self.style("32", "ok") if holds else self.style("31", "NO")
        self.say(f"{mark}  {text}")
        if not holds:
            raise process.StepError(f"this does not hold: {text}")


def drive(tell, here, kind, target, mebibytes):
    """Runs one client through the ingress and prints its steps as they come."""
    here.step = f"drive the vCenter with {kind}"
    log = here.directory / f"client-{kind}.log"
    with open(log, "w", encoding="utf-8") as errors:
        child = subprocess.Popen(
            client.command(kind, here.programs, target, mebibytes=mebibytes), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=errors, text=True)
        watchdog = threading.Timer(180, child.kill)
        watchdog.start()
        try:
            child.stdin.write(target["password"])
            child.stdin.close()
            steps = []
            for line in child.stdout:
                errors.write(line)
                step = json.loads(line)
                steps.append(step)
                tell.say(f"{kind:8} {step['step']:10} {step['ms']:9.1f} ms  {describe(step)}")
            child.wait()
        finally:
            watchdog.cancel()
            if child.poll() is None:
                child.kill()
                child.wait()
    broken = next((step["step"] for step in steps if not step["ok"]), None)
    if broken or child.returncode != 0:
        hung = "did not end within 180 s" if child.returncode == -9 else f"ended with {child.returncode}"
        raise process.StepError(f"{kind}: {broken + ' failed' if broken else hung}", log)
    found = {step["step"]: step.get("details") or {} for step in steps}
    same = found["upload"].get("sha256") == found["download"].get("sha256")
    tell.result(f"{kind}: {mebibytes} MiB came back from the datastore with the same SHA-256", same)


def describe(step):
    if not step["ok"]:
        return f"FAILED: {step.get('fault', '')} {step.get('error', '')}"
    details = dict(step.get("details") or {})
    if "sha256" in details:
        return f"{details['MB/s']:.0f} MB/s, SHA-256 {details['sha256'][:16]}..."
    return ", ".join(f"{key} {value}" for key, value in details.items())


def upstream_requests(target):
    return [line for line in vcenter.requests_seen(target) if line["event"] == "request"]


def wrong_key(tell, here, target, simulated):
    here.step = "try a wrong access key"
    before = len(upstream_requests(simulated))
    run = client.run("govmomi", here.programs, {**target, "password": "not-the-password"}, steps="login")
    step = run.step("login") or {}
    tell.say(f"govmomi  login with a wrong access key: {step.get('fault')} ({step.get('error')})")
    # RetrieveServiceContent needs no login, at a vCenter as well; what matters is that no Login went up.
    after = [line.get("soap") for line in upstream_requests(simulated)[before:]]
    tell.result("a wrong access key is an InvalidLogin, and the vCenter saw no login",
                step.get("fault") == "InvalidLogin" and "Login" not in after)


def what_each_saw(tell, here, tenant, one, target, simulated):
    here.step = "collect what each side saw"
    listed = here.api(tenant).gateway(one.id) or {}
    link = listed.get("link") or {}
    tell.say(f"control plane: gateway {listed.get('name')} is {listed.get('state')}, link {json.dumps(link)}")
    status = one.ctl("status", "--json", check=False)
    if status is not None:
        tell.say(f"gateway: {json.dumps(status)[:300]}")
    events = collections.Counter()
    for line in pathlib.Path(one.log).read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        events[entry.get("event") or entry.get("msg") or "?"] += 1
    tell.say("gateway's log: " + ", ".join(f"{count} x {name}" for name, count in events.most_common(8)))
    seen = upstream_requests(simulated)
    methods = collections.Counter(line.get("soap") or f"{line['method']} /{line['path'].split('/')[1]}" for line in seen)
    tell.say(f"vCenter: {len(seen)} requests: " + ", ".join(f"{n} x {name}" for name, n in methods.most_common(8)))
    agents = {line.get("agent", "") for line in seen}
    tell.say(f"vCenter: callers name themselves {', '.join(sorted(agent or 'nothing' for agent in agents))}")
    secrets_kept(tell, here, target, simulated)


def secrets_kept(tell, here, target, simulated):
    """No file of the control plane, no log and no console holds the vCenter's password or the key's."""
    for what, secret in (("the vCenter's password", simulated["password"]), ("the access key's secret", target["password"])):
        holders = []
        for path in here.directory.rglob("*"):
            if not path.is_file() or "vcenters" in path.parts or path.name == "lab.json":
                continue
            if secret.encode() in path.read_bytes():
                holders.append(str(path.relative_to(here.directory)))
        tell.result(f"{what} is in no file of control plane or gateway, and in no log{holders or ''}", not holders)


def play(tell, here, mebibytes):
    tell.chapter("A control plane (the SaaS side), with its message bus")
    here.prepare()
    here.start_controlplane()
    tenant = here.add_tenant("tenant-a")
    tell.chapter("A gateway is switched on in the data center, and paired by its code")
    one = here.add_gateway(tenant, "dc1")
    tell.quote("console of dc1", process.tail(one.console, 25))
    tell.result("gateway and tenant saw the same number, and the gateway is online", here.api(tenant).is_online(one.id))
    tell.chapter("A vCenter that only the gateway can reach is registered; the tenant gets an access key")
    simulated = here.start_vcenter("vcenter-dc1")
    target = here.add_endpoint(tenant, one, "vc1", simulated, "full")
    target = {**target, "url": target["ingress_url"]}
    for kind, title in (("govmomi", "govmomi (Go)"), ("pyvmomi", "pyVmomi (Python)")):
        tell.chapter(f"An unmodified client: {title}, through {target['url']}")
        drive(tell, here, kind, target, mebibytes)
    tell.chapter("Somebody else's key")
    wrong_key(tell, here, target, simulated)
    tell.chapter("What each side saw")
    what_each_saw(tell, here, tenant, one, target, simulated)
    here.write()


def summary(tell, here, kept):
    tell.chapter("Summary")
    for text, _ in tell.results:
        tell.say(f"ok  {text}")
    tell.say(f"{len(tell.results)} things shown in {time.monotonic() - tell.start:.1f} s")
    if kept:
        tell.say(f"the lab goes on: {here.directory}/lab.json; stop it with ./dev down --dir {here.directory}")


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the lab up afterwards")
    parser.add_argument("--dir", default="build/demo")
    parser.add_argument("--file-mib", type=int, default=64, help="size of the file that goes to a datastore and back")
    parser.add_argument("--programs", default=lab.default_programs(), help=argparse.SUPPRESS)
    options = parser.parse_args()
    tell = Narrator()
    here = lab.Lab(options.dir, options.programs, tell.say)
    code, kept = 1, False
    try:
        play(tell, here, options.file_mib)
        code, kept = 0, options.keep
        summary(tell, here, kept)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        code = 130
    except (process.StepError, OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        if not isinstance(error, process.StepError):
            error = process.StepError(f"{type(error).__name__}: {error}")
        print(f"\n./dev demo {lab.explain(here, error)}", file=sys.stderr)
    finally:
        if not kept:
            here.down()
    return code


if __name__ == "__main__":
    sys.exit(main())
