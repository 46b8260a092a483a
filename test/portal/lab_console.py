#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The data center's side of the browser tests: a lab, told what to do by JSON lines on standard input.

Each line is {"do": COMMAND, ...}; each answer is one line, {"ok": ...} or {"error": ...}. The lab ends with the input.
"""
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import gateway  # noqa: E402
import lab as lab_module  # noqa: E402
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

    def kill_gateway(self, name):
        self.lab.kill(self.lab.gateways[name].process_name)
        return {}

    def restart_gateway(self, name):
        self.lab.restart(self.lab.gateways[name].process_name)
        return {}

    def start_vcenter(self, name):
        directory = self.lab.directory / "vcenters" / name
        simulated = vcenter.start(self.lab.processes, self.lab.programs, directory, name)
        return {
            "url": simulated["url"], "username": simulated["username"], "password": simulated["password"],
            "ca": pathlib.Path(simulated["ca"]).read_text(encoding="utf-8"),
        }


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
