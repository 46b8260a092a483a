# SPDX-License-Identifier: Apache-2.0
"""One gateway of the lab: its daemon, its pairing as two people would do it, its endpoints and access keys."""
import json
import pathlib
import re
import subprocess
import threading
import time

import process


class Pairing:
    """The tenant's side: `pcg pair CODE --json`, whose events are read as they come."""

    def __init__(self, lab, code, token_file, label):
        # A wrong code is typed by nobody here, so the code may be seen: it is good for one pairing only.
        command = [
            lab.program("pcg"), "pair", code, "--server", lab.controlplane["url"], "--ca", lab.controlplane["ca"],
            "--token-file", str(token_file), "--label", label, "--json",
        ]
        self.errors = []
        self.child = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, bufsize=1,
        )
        self.events, self.arrived = [], threading.Condition()
        self.readers = [threading.Thread(target=self._read, daemon=True),
                        threading.Thread(target=self._read_errors, daemon=True)]
        for reader in self.readers:
            reader.start()

    def _read(self):
        for line in self.child.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            with self.arrived:
                self.events.append(event)
                self.arrived.notify_all()
        with self.arrived:
            self.events.append({"event": "end"})
            self.arrived.notify_all()

    def _read_errors(self):
        for line in self.child.stderr:
            self.errors.append(line.rstrip())

    def expect(self, name, seconds):
        """The first event of this name; any `failed` or the end of the program raises its own words."""
        def found():
            return [event for event in self.events if event["event"] in (name, "failed", "end")]

        with self.arrived:
            if not self.arrived.wait_for(found, seconds):
                raise process.StepError(f"pcg pair: no '{name}' within {seconds:g} s; {self.said()}")
            event = found()[0]
        if event["event"] != name:
            error = process.StepError(f"pcg pair: {event.get('message') or 'it ended early'}; {self.said()}")
            pause = re.search(r"try again in (\d+) s", event.get("message") or "")
            error.retry_after = int(pause.group(1)) if pause else None
            raise error
        return event

    def said(self):
        return "it said: " + (" / ".join(self.errors[-5:]) or "nothing")

    def answer(self, yes):
        self.child.stdin.write("y\n" if yes else "n\n")
        self.child.stdin.flush()

    def close(self):
        """Ends the program if it still runs, and returns its exit code."""
        try:
            self.child.stdin.close()
        except OSError:
            pass
        try:
            code = self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            code = self.child.wait()
        for reader in self.readers:
            reader.join()
        self.child.stdout.close()
        self.child.stderr.close()
        return code


class Gateway:
    """A gateway's directory and daemon."""

    def __init__(self, lab, name, tenant):
        self.lab, self.name, self.tenant = lab, name, tenant
        self.directory = lab.directory / "gateways" / name
        self.state = self.directory / "state"
        self.socket = self.state / "control.sock"
        self.log = self.directory / "gateway.log"
        self.config = self.directory / "gateway.json"
        self.console = self.directory / "console.txt"
        self.process_name = f"gateway-{name}"
        self.id = None

    def configure(self):
        self.state.mkdir(parents=True, mode=0o700)
        if len(str(self.socket)) > 107:
            raise process.StepError(
                f"{self.socket} is too long for a UNIX socket (107 bytes); choose a shorter --dir")
        process.write_atomically(self.config, json.dumps({
            "state_dir": str(self.state),
            "controlplane_url": self.lab.controlplane["url"],
            "controlplane_ca_file": self.lab.controlplane["ca"],
            "hostname": self.name,
            "remote_endpoints": True,
            "remote_keys": True,
            "console": str(self.console),
            **self.lab.gateway_settings,
        }, indent=1) + "\n")

    def start(self):
        command = [self.lab.program("pcg-gatewayd"), "--config", self.config]
        return self.lab.processes.start(self.process_name, command, self.log, {"role": "gateway"})

    def ctl(self, *words, stdin=None, check=True):
        """Runs pcgctl; the parsed JSON of --json, or its text."""
        completed = subprocess.run(
            [str(self.lab.program("pcgctl")), "--socket", str(self.socket), *words], text=True,
            **({"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}),
            capture_output=True, timeout=60, check=False,
        )
        if completed.returncode != 0:
            if not check:
                return None
            raise process.StepError(
                f"pcgctl {' '.join(words[:3])}: exit code {completed.returncode}: "
                f"{(completed.stderr or completed.stdout).strip()}", self.log)
        return json.loads(completed.stdout) if "--json" in words else completed.stdout

    def pairing(self):
        """What the gateway's console would show now, or None while it cannot be asked."""
        return self.ctl("pairing", "show", "--json", check=False)

    def wait_for_pairing(self, state, seconds=45):
        def shown():
            now = self.pairing()
            return now if now and now.get("state") == state else None

        record = self.lab.processes.find(self.process_name)
        return process.wait_for(shown, seconds, f"gateway {self.name} to be '{state}'", record)

    def pair(self, token_file, patience=3, accept=()):
        """Pairs; waits as it is told when the tenant has paired as often as a tenant may in a minute."""
        for left in reversed(range(patience)):
            try:
                return self.pair_once(token_file, accept)
            except process.StepError as error:
                pause = getattr(error, "retry_after", None)
                if not pause or not left:
                    raise
                self.lab.say(f"the control plane asks to wait {pause} s before the next pairing of {self.tenant}")
                time.sleep(pause + 1)

    def pair_once(self, token_file, accept=()):
        """Both people's part: type the code, compare the numbers and the tenant's name, accept on both sides.

        `accept`: more words of pcgctl pairing accept, such as the rights."""
        offered = self.wait_for_pairing("offered")
        self.lab.say(f"gateway {self.name} shows the code {offered['code']}; tenant {self.tenant} types it")
        tenant_side = Pairing(self.lab, offered["code"], token_file, self.name)
        try:
            asked = tenant_side.expect("confirm", 45)
            shown = self.wait_for_pairing("confirm")
            ours, theirs = digits(shown["sas"]), digits(asked["sas"])
            if ours != theirs:
                tenant_side.answer(False)
                raise process.StepError(f"the numbers differ: console {ours}, tenant {theirs}", self.log)
            if shown["tenant_name"] != self.tenant:
                tenant_side.answer(False)
                raise process.StepError(f"the console shows the tenant name {shown['tenant_name']}", self.log)
            self.lab.say(f"both sides show {ours[:3]} {ours[3:]}, the console names tenant {self.tenant}: accepted")
            tenant_side.answer(True)
            self.ctl("pairing", "accept", *accept)
            self.id = tenant_side.expect("paired", 45)["gateway_id"]
        finally:
            tenant_side.close()
        self.wait_for_pairing("active")

    def add_vcenter(self, name, vcenter):
        trust = ["--pin-sha256", vcenter["pin"]] if "pin" in vcenter else ["--ca-file", vcenter["ca"]]
        self.ctl(
            "endpoint", "add", name, "--kind", "vcenter", "--url", vcenter["url"], "--username", vcenter["username"],
            "--password-file", vcenter["password_file"], *trust)

    def add_maas(self, name, maas):
        trust = ["--pin-sha256", maas["pin"]] if "pin" in maas else ["--ca-file", maas["ca"]]
        self.ctl("endpoint", "add", name, "--kind", "maas", "--url", maas["url"], "--api-key-file", maas["api_key_file"],
                 *trust)

    def create_key(self, endpoint, role):
        return self.ctl("key", "create", "--endpoint", endpoint, "--role", role, "--json")


def digits(text):
    return "".join(letter for letter in text if letter.isdigit())


def read_token(path):
    return pathlib.Path(path).read_text().strip()
