#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The data center's side of the browser tests: a lab, told what to do by JSON lines on standard input.

Each line is {"do": COMMAND, ...}; each answer is one line, {"ok": ...} or {"error": ...}. The lab ends with the input.
"""
import hashlib
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import client  # noqa: E402
import gateway  # noqa: E402
import lab as lab_module  # noqa: E402
import maas  # noqa: E402
import process  # noqa: E402
import vcenter  # noqa: E402


class Console:
    def __init__(self, lab):
        self.lab = lab

    def controlplane(self):
        return {"url": self.lab.controlplane["url"], "ca": self.lab.controlplane["ca"]}

    def tenant(self, name):
        made = self.lab.add_tenant(name)
        return {"id": made["id"], "name": made["name"], "token_file": made["token_file"], **made["admin"]}

    def start_gateway(self, name, tenant):
        one = gateway.Gateway(self.lab, name, tenant)
        one.configure()
        one.start()
        self.lab.gateways[name] = one
        return {}

    def add_gateway(self, name, tenant):
        """Paired and online, by the command line: for tests that begin behind the pairing."""
        found = next(one for one in self.lab.tenants if one["name"] == tenant)
        return {"id": self.lab.add_gateway(found, name).id}

    def stop_gateway(self, name):
        """As when its machine loses power."""
        self.lab.kill(self.lab.gateways[name].process_name)
        return {}

    def restart_gateway(self, name):
        self.lab.restart(self.lab.gateways[name].process_name)
        return {}

    def code(self, name, other_than=None):
        one = self.lab.gateways[name]
        return process.wait_for(
            lambda: self._code(one, other_than), 45, f"gateway {name} to show a code", log=one.log)

    @staticmethod
    def _code(one, other_than):
        now = one.pairing()
        shown = now and now.get("state") == "offered" and now["code"] != other_than
        return {"code": now["code"]} if shown else None

    def asked(self, name):
        shown = self.lab.gateways[name].wait_for_pairing("confirm")
        return {"sas": gateway.digits(shown["sas"]), "tenant_name": shown["tenant_name"]}

    def accept(self, name):
        self.lab.gateways[name].ctl("pairing", "accept")
        return {}

    def reject(self, name):
        self.lab.gateways[name].ctl("pairing", "reject")
        return {}

    def start_vcenter(self, name, arguments=()):
        directory = self.lab.directory / "vcenters" / name
        simulated = vcenter.start(self.lab.processes, self.lab.programs, directory, name, arguments)
        self.lab.vcenters[name] = simulated
        return {"url": simulated["url"], "username": simulated["username"], "password": simulated["password"]}

    def add_endpoint(self, tenant, gateway_name, gateway_id, name, role):
        """As the data center does it: with pcgctl, and an access key of that role."""
        found = next(one for one in self.lab.tenants if one["name"] == tenant)
        one = self.lab.gateways[gateway_name]
        one.id = gateway_id
        endpoint = self.lab.add_endpoint(found, one, name, self.lab.vcenters[name], role)
        return {word: endpoint[word] for word in ("id", "username", "password", "ingress_url", "ca")}

    def start_maas(self, name, arguments=()):
        self.lab.maases[name] = self.lab.start_maas(name, arguments)
        return {word: self.lab.maases[name][word] for word in ("url", "direct_url", "api_key", "ca")}

    def add_maas_endpoint(self, tenant, gateway_name, gateway_id, name, role):
        found = next(one for one in self.lab.tenants if one["name"] == tenant)
        one = self.lab.gateways[gateway_name]
        one.id = gateway_id
        endpoint = self.lab.add_maas_endpoint(found, one, name, self.lab.maases[name], role)
        return {word: endpoint[word] for word in ("id", "api_key", "ingress_url", "ca")}

    def maas_faults(self, name, faults):
        maas.control(self.lab.maases[name], "/_sim/faults", faults)
        return {}

    def calls(self, endpoint, steps="login,inventory,logout"):
        """An unmodified client works through the ingress."""
        target = {"url": endpoint["ingress_url"], **{word: endpoint[word] for word in ("username", "password", "ca")}}
        run = client.run("govmomi", self.lab.programs, target, steps)
        if not run.ok:
            raise process.StepError(f"the client failed: {run.text}")
        return {}

    def change_certificate(self, name):
        """The same vCenter at the same address, with a new certificate."""
        simulated = self.lab.vcenters[name]
        directory = pathlib.Path(simulated["ca"]).parent
        self.lab.kill(simulated["record"]["name"])
        (directory / "leaf.pem").unlink()
        (directory / "ready.json").unlink()
        port = simulated["url"].rsplit(":", 1)[1]
        command = [*simulated["record"]["command"], f"-listen=127.0.0.1:{port}"]
        simulated["record"] = self.lab.restart(simulated["record"]["name"], command)
        process.wait_for(
            lambda: process.read_json(directory / "ready.json"), 30, "the vCenter to be back", simulated["record"])
        return {}

    def certificate_of(self, name):
        """The SHA-256 of what the vCenter shows, as its administrator reads it there."""
        return {"sha256": hashlib.sha256(vcenter.certificate_of(self.lab.vcenters[name]["url"])).hexdigest()}

    def logs(self):
        """Everything that the control plane has written down: its log and its state."""
        folder = self.lab.directory / "controlplane"
        files = [self.lab.directory / "controlplane.log", *(path for path in folder.rglob("*") if path.is_file())]
        return {"text": "".join(path.read_bytes().decode("latin-1") for path in files)}


def serve(console):
    for line in sys.stdin:
        request = json.loads(line)
        command = request.pop("do")
        try:
            answer = {"ok": getattr(console, command)(**request)}
        except (process.StepError, OSError) as error:
            log = getattr(error, "log", None)
            answer = {"error": f"{command}: {error}" + (f"\n{process.tail(log)}" if log else "")}
        print(json.dumps(answer), flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="pcg-portal-", ignore_cleanup_errors=True) as folder:
        lab = lab_module.Lab(pathlib.Path(folder) / "lab", lab_module.default_programs())
        try:
            lab.prepare()
            lab.start_controlplane()
            serve(Console(lab))
        finally:
            lab.down()


if __name__ == "__main__":
    main()
