# SPDX-License-Identifier: Apache-2.0
"""What a booted appliance meets on its network, and a client's call through it. Below test/lab on the path."""
import base64
import hashlib
import pathlib
import shutil
import subprocess
import urllib.parse

import client
import cloud
import datagrams
import lab as lab_module
import machine
import process
import vcenter

# An address of documentation (RFC 5737): the lab's, on the loopback of the namespace.
LAB_ADDRESS = "192.0.2.100"
# Names that the lab's DNS knows for it, and nobody on this machine.
NAME, BUS_NAME = "pair.example.com", "bus.example.com"
# The data center's, where the vCenter is: no private network, so the appliance has to be told.
DATACENTER_ADDRESS, DATACENTER_NETWORK = "192.0.2.130", "192.0.2.128/26"


class Lab:
    """Control plane, broker, names and time at LAB_ADDRESS, a vCenter at DATACENTER_ADDRESS, and one tenant."""

    def __init__(self, folder):
        self.log = pathlib.Path(folder).with_suffix(".log")
        self.lab, self.servers = lab_module.Lab(folder, lab_module.default_programs(), self.note), []

    def note(self, text):
        with open(self.log, "a", encoding="utf-8") as log:
            print(text, file=log)

    def start(self):
        lab, port, monitor = self.lab, machine.free_port(), machine.free_port()
        self.bus = f"{LAB_ADDRESS}:{port}"
        lab.prepare()
        self.servers = datagrams.serve_names_and_time(LAB_ADDRESS)
        broker = lab.directory / "broker"
        written = subprocess.run(
            [lab.program("pcg-controlplane-sim"), "--state-dir", lab.directory / "controlplane", "--write-broker-config", broker,
             "--broker-listen", f"{LAB_ADDRESS}:{port}", "--broker-monitor-port", str(monitor),
             "--broker-names", f"{LAB_ADDRESS},{BUS_NAME},localhost,127.0.0.1"], capture_output=True, text=True, timeout=60, check=True)
        server = shutil.which("nats-server") or "/usr/sbin/nats-server"
        lab.processes.start("broker", [server, "-c", written.stdout.strip()], lab.directory / "broker.log", {"role": "broker"})
        lab.controlplane_arguments = [
            "--listen", f"{LAB_ADDRESS}:0", "--public-host", NAME, "--broker", "external",
            "--broker-urls", f"tls://{self.bus},tls://{BUS_NAME}:{port}",
            "--broker-monitor-url", f"http://127.0.0.1:{monitor}"]
        lab.start_controlplane()
        self.tenant = lab.add_tenant("tenant-a")
        self.vcenter = lab.start_vcenter("vcenter", ("-listen", f"{DATACENTER_ADDRESS}:0"))
        self.pin = machine_pin(self.vcenter["url"])
        self.vcenter_place = urllib.parse.urlsplit(self.vcenter["url"]).netloc

    def stop(self):
        for one in self.servers:
            one.close()
        self.lab.down()

    def properties(self, **more):
        pem = pathlib.Path(self.lab.controlplane["ca"]).read_bytes()
        return {"hostname": "dc1.example.com", "ntp": LAB_ADDRESS, "url": self.lab.controlplane["url"], "bus": self.bus,
                "networks": DATACENTER_NETWORK, "ca": base64.b64encode(pem).decode(), **more}

    def by_name(self):
        """Properties of a machine that knows control plane and bus by name only."""
        return {"url": f"https://{NAME}:{urllib.parse.urlsplit(self.lab.controlplane['url']).port}",
                "bus": self.bus.replace(LAB_ADDRESS, BUS_NAME), "dns": LAB_ADDRESS}


def machine_pin(url):
    return hashlib.sha256(vcenter.certificate_of(url)).hexdigest()


def add_vcenter(lab, one, **how):
    return one.ctl("endpoint", "add", "vc1", "--kind", "vcenter", "--url", lab.vcenter["url"], "--username", lab.vcenter["username"],
                   "--password-file", "-", "--pin-sha256", lab.pin, "--tunnel", lab.vcenter_place, stdin=lab.vcenter["password"] + "\n", **how)


def call_through(lab, one, gateway_id):
    """An endpoint, an access key, and an unmodified client's session through the appliance."""
    api = lab.lab.api(lab.tenant)
    process.wait_for(lambda: api.is_online(gateway_id), 120, f"{one.name} to be online")
    add_vcenter(lab, one)
    key = one.ctl_json("key", "create", "--endpoint", "vc1", "--role", "full")
    found = process.wait_for(lambda: api.endpoint(gateway_id, "vc1"), 120, "an ingress URL")
    ca = lab.lab.controlplane["ca"]
    process.wait_for(lambda: cloud.answers(found["ingress_url"], ca), 120, "an answer through the ingress")
    run = client.run("govmomi", lab.lab.programs, {"url": found["ingress_url"], "ca": ca, "username": key["username"],
                                                   "password": key["password"]}, steps="login,inventory,logout", timeout=300)
    if not run.ok:
        raise process.StepError(f"the call through the appliance failed: {run.text[-800:]}")
    tunnel_through(lab, found["ingress_url"], key)
    return found


def tunnel_through(lab, ingress, key):
    """curl, by an opaque tunnel. TLS is with the vCenter itself, whose certificate is for no address."""
    settings = {"proxy": ingress, "proxy-cacert": lab.lab.controlplane["ca"], "proxy-user": f"{key['username']}:{key['password']}",
                "url": f"https://{lab.vcenter_place}/sdk/vimServiceVersions.xml"}
    run = subprocess.run(["curl", "-sSk", "--max-time", "60", "-K", "-"], capture_output=True, text=True, timeout=90, check=False,
                         input="".join(f'{name} = "{value}"\n' for name, value in settings.items()))
    if run.returncode != 0 or "<namespace>" not in run.stdout:
        raise process.StepError(f"the tunnel through the appliance failed: {run.stderr[-800:]}{run.stdout[-200:]}")
