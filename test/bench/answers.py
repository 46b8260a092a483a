#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a large answer costs: 20 MB of properties from a vCenter and a list of 500 machines from a MAAS, through ingress, bus
and gateway. Compared octet for octet with what the simulators answer directly; the memory of gateway and ingress at their
peak over what they had before, and the CPU time of each, which a busy machine does not change. Prints a table in Markdown;
exit code 1 when a promise is not kept (the same octets, less than 2 MiB more of the gateway).
"""
import argparse
import base64
import hashlib
import http.client
import os
import pathlib
import re
import ssl
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import lab  # noqa: E402
import maas_http  # noqa: E402
import measure  # noqa: E402
import process  # noqa: E402

PROMISED_KIB = 2048
ROUNDS = 3
# What differs between two answers of the simulator itself: times and counters.
OWN = re.compile(rb"\d{4}-\d\d-\d\dT[^<]*|<uptimeSeconds>\d+|<\w*Count>\d+")


def envelope(body):
    return ('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Body>{body}</s:Body></s:Envelope>')


def call(method, kind, moref, arguments=""):
    return envelope(f'<{method} xmlns="urn:vim25"><_this type="{kind}">{moref}</_this>{arguments}</{method}>')


class Vcenter:
    """Raw SOAP to one address, logged in."""

    def __init__(self, target):
        self.target, self.cookie = target, None
        words = f"<userName>{target['username']}</userName><password>{target['password']}</password>"
        headers, _ = self.ask(call("Login", "SessionManager", "SessionManager", words))
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def ask(self, body):
        address = urllib.parse.urlsplit(self.target["url"])
        tls = ssl.create_default_context(cafile=self.target["ca"])
        connection = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=120)
        fields = {"Content-Type": "text/xml; charset=utf-8", **({"Cookie": self.cookie} if self.cookie else {})}
        connection.request("POST", "/sdk", body, fields)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status != 200:
            raise process.StepError(f"the vCenter was answered with {answer.status}: {content[:300]}")
        return answer.headers, content

    def machines(self, what):
        made = self.ask(call("CreateContainerView", "ViewManager", "ViewManager", '<container type="Folder">group-d1'
                             "</container><type>VirtualMachine</type><recursive>true</recursive>"))[1]
        view = re.search(rb'type="ContainerView">([^<]+)<', made).group(1).decode()
        return self.ask(envelope(
            '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
            f'<propSet><type>VirtualMachine</type>{what}</propSet><objectSet><obj type="ContainerView">{view}</obj>'
            '<skip>true</skip><selectSet xsi:type="TraversalSpec"><type>ContainerView</type><path>view</path></selectSet>'
            "</objectSet></specSet></RetrieveProperties>"))[1]

    def fatten(self):
        """Notes of 22 MB in all."""
        machines = re.findall(rb'<obj type="VirtualMachine">([^<]+)<', self.machines("<pathSet>name</pathSet>"))
        for machine in machines:
            note = base64.b64encode(os.urandom(16_500_000 // len(machines))).decode()
            self.ask(call("ReconfigVM_Task", "VirtualMachine", machine.decode(),
                          f"<spec><annotation>{note}</annotation></spec>"))


def digest(content):
    return hashlib.sha256(OWN.sub(b"", content)).hexdigest()


def measured(name, groups, through, direct):
    """One row: `through` and `direct` give the same answer by two ways."""
    expected = digest(direct())
    first = through()
    before = {group.name: group.resident_kib() for group in groups}
    for group in groups:
        group.forget_peak()
    since = {group.name: group.cpu() for group in groups}
    same = all(digest(through()) == expected for _ in range(ROUNDS)) and digest(first) == expected
    cpu = {group.name: (group.cpu() - since[group.name]) / ROUNDS * 1000 for group in groups}
    grown = {group.name: group.peak_kib() - before[group.name] for group in groups}
    print(f"| {name} | {len(first) / 1e6:.1f} | {'yes' if same else '**no**'} | {grown['gateway']:.0f} | {grown['ingress']:.0f} "
          f"| {cpu['gateway']:.0f} | {cpu['ingress']:.0f} |", flush=True)
    return same and grown["gateway"] < PROMISED_KIB


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True, type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pcg-bench-", ignore_cleanup_errors=True) as folder:
        one = lab.Lab(pathlib.Path(folder) / "lab", options.programs)
        try:
            one.up(tenants=1, maases=1, maas_arguments=("--machines", "500"))
            vcenter, maas = one.tenants[0]["gateways"][0]["endpoints"]
            groups = [measure.Group("gateway", [one.processes.find("gateway-dc1")]),
                      measure.Group("ingress", [one.processes.find("controlplane")])]
            straight = Vcenter(vcenter["direct"])
            straight.fatten()
            ours = Vcenter({**vcenter, "url": vcenter["ingress_url"]})
            lists = [maas_http.Maas(maas["direct"]["url"], maas["direct"]["api_key"]),
                     maas_http.Maas(maas["ingress_url"], maas["api_key"], maas["ca"])]
            print(f"{measure.machine()}\n")
            print("| answer | MB | the same octets | gateway KiB more | ingress KiB more | gateway CPU ms | ingress CPU ms |\n"
                  "|---|---|---|---|---|---|---|")
            whole = "<all>true</all>"
            kept = measured("properties of whole machines", groups, lambda: ours.machines(whole), lambda: straight.machines(whole))
            kept = measured("500 machines of a MAAS", groups, lambda: lists[1].ask("GET", "machines/").body,
                            lambda: lists[0].ask("GET", "machines/").body) and kept
        finally:
            one.down()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
