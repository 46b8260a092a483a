#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an orchestrator does to a vCenter, with an unmodified pyVmomi: the same steps as vsphere-client.

Prints one JSON line per step. The vCenter's certificate is verified with the given CA, never skipped.
"""
import argparse
import hashlib
import http.client
import json
import os
import secrets
import ssl
import sys
import time
import urllib.parse

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

BLOCK = 1 << 16
ALL_STEPS = "login,inventory,clone,power-on,upload,download,destroy,logout"


class StepError(Exception):
    """A step found something that is not as it should be."""


def wait_for_task(content, task):
    """Waits by the property collector (WaitForUpdatesEx), as the SDK's own samples do."""
    spec = vmodl.query.PropertyCollector
    filter_spec = spec.FilterSpec(
        objectSet=[spec.ObjectSpec(obj=task)],
        propSet=[spec.PropertySpec(type=vim.Task, pathSet=["info.state", "info.error", "info.result"])],
    )
    collector = content.propertyCollector
    waiting = collector.CreateFilter(filter_spec, True)
    seen = {}
    try:
        version = ""
        while True:
            update = collector.WaitForUpdatesEx(version, spec.WaitOptions(maxWaitSeconds=60))
            if update is None:
                continue
            version = update.version
            for changed in update.filterSet:
                for one in changed.objectSet:
                    seen.update((change.name, change.val) for change in one.changeSet)
            if seen.get("info.state") == vim.TaskInfo.State.success:
                return seen.get("info.result")
            if seen.get("info.state") == vim.TaskInfo.State.error:
                raise seen["info.error"]
    finally:
        waiting.Destroy()


class Work:
    """Carries what one step leaves for the next."""

    def __init__(self, options, password):
        self.options = options
        self.password = password
        self.address = urllib.parse.urlsplit(options.url)
        self.tls = ssl.create_default_context(cafile=options.ca_file)
        self.name = "pyvmomi-" + secrets.token_hex(4)
        self.service = self.content = self.machine = self.source = None
        self.datacenter = self.datastore = self.uploaded = None

    def login(self):
        self.service = SmartConnect(
            host=self.address.hostname,
            port=self.address.port or 443,
            user=self.options.username,
            pwd=self.password,
            sslContext=self.tls,
        )
        self.content = self.service.RetrieveContent()
        about = self.content.about
        return {"product": about.fullName, "api": about.apiVersion}

    def every(self, kind):
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [kind], True)
        try:
            return list(view.view)
        finally:
            view.Destroy()

    def inventory(self):
        counts = {}
        for kind in (vim.VirtualMachine, vim.HostSystem, vim.Datastore):
            found = self.every(kind)
            counts[kind.__name__.rsplit(".", 1)[-1]] = len(found)
        self.datacenter = self.every(vim.Datacenter)[0]
        self.source = next(m for m in self.every(vim.VirtualMachine) if m.resourcePool is not None)
        self.datastore = self.datacenter.datastore[0]
        counts["source"] = self.source.name
        return counts

    def clone(self):
        spec = vim.vm.CloneSpec(
            location=vim.vm.RelocateSpec(pool=self.source.resourcePool, datastore=self.datastore),
            powerOn=False,
        )
        task = self.source.CloneVM_Task(folder=self.datacenter.vmFolder, name=self.name, spec=spec)
        self.machine = wait_for_task(self.content, task)
        return {"name": self.name, "machine": self.machine._moId}

    def power_on(self):
        wait_for_task(self.content, self.machine.PowerOnVM_Task())
        state = self.machine.runtime.powerState
        if state != vim.VirtualMachinePowerState.poweredOn:
            raise StepError(f"the machine is {state} after PowerOn")
        return {"state": state}

    def file_request(self, method, body=None, size=None):
        """pyVmomi has no file transfer: as its users do, plain HTTPS with the session's cookie."""
        query = urllib.parse.urlencode({"dcPath": self.datacenter.name, "dsName": self.datastore.name})
        connection = http.client.HTTPSConnection(
            self.address.hostname, self.address.port or 443, context=self.tls, timeout=60
        )
        headers = {"Cookie": self.service._stub.cookie.split(";", 1)[0]}
        if size is not None:
            headers["Content-Length"] = str(size)
        connection.request(method, f"/folder/{self.name}.bin?{query}", body=body, headers=headers)
        answer = connection.getresponse()
        if answer.status not in (200, 201):
            raise StepError(f"{method} /folder was answered with {answer.status} {answer.reason}")
        return connection, answer

    def upload(self):
        size = self.options.file_mib << 20
        digest = hashlib.sha256()
        pattern = os.urandom(BLOCK)

        def blocks():
            for number in range(size // BLOCK):
                block = number.to_bytes(8, "big") + pattern[8:]
                digest.update(block)
                yield block

        start = time.monotonic()
        connection, answer = self.file_request("PUT", blocks(), size)
        answer.read()
        connection.close()
        self.uploaded = digest.hexdigest()
        return {"bytes": size, "sha256": self.uploaded, "MB/s": size / 1e6 / (time.monotonic() - start)}

    def download(self):
        start = time.monotonic()
        connection, answer = self.file_request("GET")
        digest, size = hashlib.sha256(), 0
        while block := answer.read(BLOCK):
            digest.update(block)
            size += len(block)
        connection.close()
        if digest.hexdigest() != self.uploaded:
            raise StepError(f"{size} bytes came back with another SHA-256 than {self.uploaded}")
        return {"bytes": size, "sha256": self.uploaded, "MB/s": size / 1e6 / (time.monotonic() - start)}

    def destroy(self):
        machine = self.machine
        if machine.runtime.powerState == vim.VirtualMachinePowerState.poweredOn:
            wait_for_task(self.content, machine.PowerOffVM_Task())
        wait_for_task(self.content, machine.Destroy_Task())
        self.machine = None
        return None

    def logout(self):
        Disconnect(self.service)
        self.service = None
        return None

    def clean_up(self):
        """Leaves the vCenter as it was, as far as it can still be reached."""
        try:
            if self.machine is not None:
                self.destroy()
            if self.service is not None:
                self.logout()
        except Exception:  # what matters has been reported already
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--username", required=True)
    parser.add_argument("--password-file", default="-", help="- reads standard input")
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("--steps", default=ALL_STEPS)
    parser.add_argument("--file-mib", type=int, default=8)
    options = parser.parse_args()
    if options.password_file == "-":
        password = sys.stdin.read()
    else:
        with open(options.password_file, encoding="utf-8") as file:
            password = file.read()
    work = Work(options, password.rstrip("\r\n"))
    for name in options.steps.split(","):
        if name not in ALL_STEPS.split(","):
            parser.error(f"there is no step '{name}'; the steps are {ALL_STEPS}")
        start = time.monotonic()
        line = {"step": name, "ok": True}
        try:
            details = getattr(work, name.replace("-", "_"))()
            if details:
                line["details"] = details
        except Exception as error:  # whatever it is, it is the step's result
            line.update(ok=False, error=getattr(error, "msg", None) or str(error))
            if isinstance(error, vmodl.MethodFault):
                line["fault"] = type(error).__name__.rsplit(".", 1)[-1]
        line["ms"] = round((time.monotonic() - start) * 1000, 3)
        print(json.dumps(line), flush=True)
        if not line["ok"]:
            work.clean_up()
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
