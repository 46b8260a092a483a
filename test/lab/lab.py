# SPDX-License-Identifier: Apache-2.0
"""The whole system on loopback: control plane with its broker, gateways, vCenters, paired for real.

Everything of one lab lies in one directory. Ports are free ones; nothing listens beyond loopback.
"""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import sys
import time

import client  # noqa: F401  (part of the lab's face: lab.client)
import cloud
import gateway
import maas
import process
import vcenter

TENANT_NAMES = [f"tenant-{letter}" for letter in "abcdefgh"]
MARKER = "processes.json"
ADMIN = "admin"


class Lab:
    """A lab's directory, its processes and what is known about them."""

    def __init__(self, directory, programs, say=None):
        self.directory = pathlib.Path(directory).absolute()
        self.programs = pathlib.Path(programs).absolute()
        self.started = time.monotonic()
        self.say = say or self._print
        self.step = "start"
        self.tenants, self.gateways, self.vcenters, self.maases = [], {}, {}, {}
        self.controlplane = self.processes = self.lock = None
        self.controlplane_arguments = []
        self.opaque_proxy = None
        self.gateway_settings = {}  # beside what every gateway of a lab has

    def _print(self, text):
        print(f"[{time.monotonic() - self.started:6.2f} s] {text}", file=sys.stderr, flush=True)

    def program(self, name):
        path = self.programs / name
        if not path.exists():
            raise process.StepError(f"{path} is not there; build it with ./dev build")
        return path

    # --- starting -------------------------------------------------------------------------------------------

    def prepare(self):
        """Takes the directory: a new or empty one, or one whose lab has ended."""
        self.step = "take the directory"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.directory / ".lock", "w", encoding="utf-8")  # held until this program ends
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise process.StepError(f"another ./dev up or down works in {self.directory}") from error
        others = [path for path in self.directory.iterdir() if path.name != ".lock"]
        if others and not (self.directory / MARKER).exists():
            raise process.StepError(f"{self.directory} holds other files; name an empty or new directory with --dir")
        if process.Processes(self.directory).alive():
            raise process.StepError(f"a lab runs in {self.directory}; stop it with ./dev down --dir {self.directory}")
        clear(self.directory)
        self.processes = process.Processes(self.directory)
        self.processes.save()
        for name in ("pcg-controlplane-sim", "pcg-gatewayd", "pcgctl", "pcg"):
            self.program(name)

    def start_controlplane(self, program=None):
        """`program`: the words of another one that behaves alike (test/support/crash)."""
        self.step = "start the control plane"
        state = self.directory / "controlplane"
        state.mkdir(mode=0o700, exist_ok=True)
        ready, log = state / "ready.json", self.directory / "controlplane.log"
        ready.unlink(missing_ok=True)
        command = [*(program or [self.program("pcg-controlplane-sim")]), "--state-dir", state,
                   *self.controlplane_arguments]
        portal = portal_files()
        if portal is not None:
            command += ["--portal-dir", portal]
        record = self.processes.start("controlplane", command, log, {"role": "controlplane"})
        process.wait_for(
            lambda: (process.read_json(ready) or {}).get("pid") == record["pid"], 60, "the control plane to be ready", record)
        self.controlplane = process.read_json(ready)
        if "nats_pid" in self.controlplane:
            self.processes.adopt("nats-server", self.controlplane["nats_pid"], log, extra={"role": "broker"})
        self.say(f"control plane {self.controlplane['url']}, bus {self.controlplane['bus_url']}")

    def operator(self):
        token = gateway.read_token(self.controlplane["operator_token_file"])
        return cloud.Api(self.controlplane["url"], self.controlplane["ca"], token)

    def add_tenant(self, name):
        self.step = f"create tenant {name}"
        created = self.operator().create_tenant(name, ADMIN)
        token_file = self.directory / "tenants" / f"{name}.token"
        token_file.parent.mkdir(mode=0o700, exist_ok=True)
        process.write_atomically(token_file, created["api_token"] + "\n")
        tenant = {
            "id": created["tenant"]["id"], "name": created["tenant"]["name"], "admin": created["admin"],
            "api_token": created["api_token"], "token_file": str(token_file), "gateways": [],
        }
        self.tenants.append(tenant)
        self.say(f"tenant {name} is {tenant['id']}")
        return tenant

    def api(self, tenant):
        return cloud.Api(self.controlplane["url"], self.controlplane["ca"], tenant["api_token"])

    def add_gateway(self, tenant, name):
        """Starts and pairs a gateway; returns it once the control plane calls it online."""
        self.step = f"start gateway {name}"
        one = gateway.Gateway(self, name, tenant["name"])
        one.configure()
        one.start()
        self.gateways[name] = one
        self.step = f"pair gateway {name}"
        one.pair(tenant["token_file"])
        self.step = f"wait for gateway {name} to be online"
        api = self.api(tenant)
        process.wait_for(
            lambda: api.is_online(one.id), 45, "the gateway to be online", self.processes.find(one.process_name))
        self.say(f"gateway {name} is {one.id} and online")
        tenant["gateways"].append({"id": one.id, "name": name, "socket": str(one.socket), "endpoints": []})
        return one

    def start_vcenter(self, name, arguments=()):
        return self._start("vCenter", name, vcenter.start, "vcenters", arguments)

    def start_maas(self, name, arguments=()):
        return self._start("MAAS", name, maas.start, "maas", arguments)

    def _start(self, what, name, start, folder, arguments):
        self.step = f"start {what} {name}"
        simulated = start(self.processes, self.programs, self.directory / folder / name, name, arguments)
        self.say(f"{what} simulator {name} {simulated['url']}")
        return simulated

    def add_endpoint(self, tenant, one, name, target, role):
        """Registers a vCenter at a gateway, mints an access key and waits until the ingress serves it."""
        key, served = self._register(
            tenant, one, name, role, lambda: one.add_vcenter(name, target), "/sdk/vimServiceVersions.xml")
        self.vcenters[f"{one.name}/{name}"] = target
        served |= {"kind": "vcenter", "username": key["username"], "password": key["password"],
                   "direct": {word: target[word] for word in ("url", "username", "password", "ca")}}
        return self._describe(tenant, one, target, served)

    def add_maas_endpoint(self, tenant, one, name, target, role):
        """Registers a MAAS at a gateway, mints an access key and waits until the ingress serves it."""
        key, served = self._register(
            tenant, one, name, role, lambda: one.add_maas(name, target), "/MAAS/api/2.0/version/")
        self.maases[f"{one.name}/{name}"] = target
        served |= {"kind": "maas", "api_key": key["api_key"],
                   "direct": {"url": target["direct_url"], "api_key": target["api_key"], "tls_url": target["url"],
                              "ca": target["ca"]}}
        return self._describe(tenant, one, target, served)

    def _register(self, tenant, one, name, role, add, path):
        """The access key, and what both kinds of endpoint say of themselves once the ingress serves them."""
        self.step = f"register {name} at gateway {one.name}"
        add()
        self.step = f"create an access key for {name}"
        key = one.create_key(name, role)
        self.step = f"wait for the ingress of {name}"
        api, record = self.api(tenant), self.processes.find(one.process_name)
        found = process.wait_for(lambda: api.endpoint(one.id, name), 45, "an ingress URL", record)
        url, ca = found["ingress_url"], self.controlplane["ca"]
        process.wait_for(lambda: cloud.answers(url, ca, path), 45, "an answer through the ingress", record)
        return key, {"name": name, "id": found["id"], "ingress_url": url, "ca": ca, "role": role}

    def _describe(self, tenant, one, target, endpoint):
        if "requests" in target:
            endpoint["requests_log"] = target["requests"]
        for described in tenant["gateways"]:
            if described["id"] == one.id:
                described["endpoints"].append(endpoint)
        self.say(f"endpoint {endpoint['name']} of {tenant['name']} is at {endpoint['ingress_url']} "
                 f"for role {endpoint['role']}")
        return endpoint

    def up(self, tenants=2, gateways=1, role="full", existing=None, maases=0, maas_arguments=(), existing_maas=None):
        """The whole lab of the contract; `existing` and `existing_maas` are what runs elsewhere."""
        self.prepare()
        self.start_controlplane()
        number = 0
        for index in range(tenants):
            tenant = self.add_tenant(TENANT_NAMES[index] if index < len(TENANT_NAMES) else f"tenant{index + 1}")
            for _ in range(gateways):
                number += 1
                one = self.add_gateway(tenant, f"dc{number}")
                name = "vc1"
                if existing is None:
                    target = self.start_vcenter(f"vcenter-dc{number}")
                else:
                    self.step = f"look at {existing['url']}"
                    target = vcenter.existing(directory=self.directory / "vcenters" / f"existing-dc{number}", **existing)
                described = self.add_endpoint(tenant, one, name, target, role)
                if self.opaque_proxy is None and existing is None and role == "full":
                    self.open_tunnel(one, described)
                if existing_maas is not None:
                    self.step = f"look at {existing_maas['url']}"
                    place = self.directory / "maas" / f"existing-dc{number}"
                    self.add_maas_endpoint(tenant, one, "maas1", maas.existing(directory=place, **existing_maas), role)
                for index in range(maases):
                    simulated = self.start_maas(f"maas{index + 1}-dc{number}", maas_arguments)
                    self.add_maas_endpoint(tenant, one, f"maas{index + 1}", simulated, role)
        self.write()

    def open_tunnel(self, one, endpoint):
        """Lets the ingress of a simulated vCenter be a proxy that leads to it, as the data center's admin would."""
        self.step = f"open a tunnel to {endpoint['name']} at gateway {one.name}"
        place = endpoint["direct"]["url"].removeprefix("https://").rstrip("/")
        one.ctl("endpoint", "update", endpoint["name"], "--tunnel", place)
        # The ingress speaks TLS only; not every client does to a proxy.
        ready = self.directory / "opaque-proxy.json"
        ready.unlink(missing_ok=True)
        ingress = endpoint["ingress_url"].removeprefix("https://").rstrip("/")
        command = ["/usr/bin/python3", "-B", pathlib.Path(__file__).with_name("plain_front.py"), "--to", ingress,
                   "--ca", endpoint["ca"], "--ready-file", ready]
        record = self.processes.start("opaque-proxy", command, self.directory / "opaque-proxy.log", {"role": "proxy"})
        front = process.wait_for(lambda: process.read_json(ready), 30, "the door to the opaque proxy", record)
        self.opaque_proxy = {"url": f"http://127.0.0.1:{front['port']}", "tls_url": endpoint["ingress_url"],
                             "ca": endpoint["ca"], "username": endpoint["username"], "password": endpoint["password"],
                             "targets": [place]}

    # --- describing -----------------------------------------------------------------------------------------

    def describe(self):
        return {
            "controlplane": {
                "url": self.controlplane["url"], "ca": self.controlplane["ca"],
                "broker_monitor_url": self.controlplane.get("broker_monitor_url"),
                "bus_url": self.controlplane["bus_url"],
                "operator_token_file": self.controlplane["operator_token_file"],
            },
            "opaque_proxy": self.opaque_proxy,
            "tenants": self.tenants,
            "processes": [
                {key: record.get(key) for key in ("name", "role", "pid", "start_time", "log")}
                for record in self.processes.records
            ],
            "directory": str(self.directory),
            "programs": str(self.programs),
        }

    def write(self):
        self.step = "write lab.json"
        process.write_atomically(self.directory / "lab.json", json.dumps(self.describe(), indent=2) + "\n")

    # --- stopping -------------------------------------------------------------------------------------------

    def restart(self, name, command=None):
        """Starts again what has ended, as whoever runs it would."""
        record = self.processes.find(name)
        return self.processes.start(
            name, command or record["command"], record["log"], {"role": record["role"]} if "role" in record else None)

    def restart_controlplane(self):
        self.start_controlplane()

    def kill(self, name):
        """kill -9, exactly this one."""
        record = self.processes.find(name)
        process.signal_and_wait(record, signal.SIGKILL, 5)
        process.reap(record)

    def down(self):
        if self.processes is not None:
            self.processes.stop()
        if self.lock is not None:
            self.lock.close()
            self.lock = None


def clear(directory):
    """Empties a lab's directory, but for the lock that the caller holds."""
    for path in directory.iterdir():
        if path.name == ".lock":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def explain(lab, error):
    """What a person needs to know about a failure: the step, the reason, the log and its last lines."""
    lines = [f"failed at: {lab.step}", f"reason:    {error}"]
    log = getattr(error, "log", None)
    if log:
        lines += [f"log:       {log}", process.tail(log)]
    return "\n".join(lines)


def portal_files():
    """The built portal (./dev portal), or None while there is none: the lab is of use without it."""
    folder = pathlib.Path(os.environ.get("PCG_PORTAL") or pathlib.Path(__file__).resolve().parents[2] / "build" / "portal")
    return folder if (folder / "index.html").exists() else None


def default_programs():
    return os.environ.get("PCG_PROGRAMS") or str(pathlib.Path(__file__).resolve().parents[2] / "build" / "dev" / "bin")
