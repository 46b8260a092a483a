#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""No call is dispatched twice, and no client is told anything untrue, while gateway, control plane and broker are
killed at random moments under calls that must not be repeated.

Every call carries a marker that the vCenter simulator logs. PCG_CRASH_SEED chooses the moments and the victims,
PCG_CRASH_FULL=1 kills ten times as often (./dev crash --full).
"""
import collections
import http.client
import itertools
import os
import pathlib
import random
import re
import socket
import ssl
import threading
import time
import urllib.parse

import e2e

SEED = os.environ.get("PCG_CRASH_SEED", "1")
KILLS = 240 if os.environ.get("PCG_CRASH_FULL") == "1" else 8
CALLERS = 8
VICTIMS = ["gateway"] * 4 + ["controlplane"] * 3 + ["nats-server"]
HEAL_SECONDS = 60

# What a caller knows of a call: it was answered by the vCenter; nobody dispatched it; it cannot tell.
COMPLETE, NOT_DISPATCHED, UNKNOWN = "complete", "not-dispatched", "unknown"
ALLOWED = {COMPLETE: {1}, NOT_DISPATCHED: {0}, UNKNOWN: {0, 1}}


def envelope(content):
    return ('<?xml version="1.0" encoding="UTF-8"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/">'
            f"<Body>{content}</Body></Envelope>")


class Caller(threading.Thread):
    """Logs in when it must and makes one folder after the other, each with a marker of its own."""

    def __init__(self, endpoint, number, ended):
        super().__init__(daemon=True)
        self.endpoint, self.ended = endpoint, ended
        self.address = urllib.parse.urlsplit(endpoint["url"])
        self.tls = ssl.create_default_context(cafile=endpoint["ca"])
        self.markers = (f"marker-{number}-{count}" for count in itertools.count())
        self.cookie = None
        self.outcomes = {}  # marker -> what this caller was told
        self.completed = 0
        self.problem = None

    def run(self):
        try:
            while not self.ended.is_set():
                self.work()
        except Exception as error:  # noqa: BLE001 (the test shows it)
            self.problem = error

    def work(self):
        if self.cookie is None:
            self.call(f'<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this><userName>'
                      f'{self.endpoint["username"]}</userName><password>{self.endpoint["password"]}</password></Login>')
            return
        name = f"{self.name}-{len(self.outcomes)}"
        if self.call(f'<CreateFolder xmlns="urn:vim25"><_this type="Folder">group-d1</_this><name>{name}</name>'
                     "</CreateFolder>") == COMPLETE:
            self.completed += 1

    def call(self, content):
        marker = next(self.markers)
        told = self.outcomes[marker] = self.attempt(marker, envelope(content))
        if told != COMPLETE:
            self.cookie = None  # the session may be gone with the gateway
            self.ended.wait(0.05)
        return told

    def attempt(self, marker, body):
        connection = http.client.HTTPSConnection(self.address.hostname, self.address.port, timeout=60, context=self.tls)
        try:
            connection.connect()
        except (OSError, ssl.SSLError):
            connection.close()
            return NOT_DISPATCHED  # not a byte of the request has left
        try:
            headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "urn:vim25/8.0", "User-Agent": marker}
            if self.cookie:
                headers["Cookie"] = self.cookie
            connection.request("POST", "/sdk", body, headers)
            answer = connection.getresponse()
            return self.told(answer, answer.read().decode())
        except socket.timeout as error:
            raise AssertionError(f"{marker} was not answered at all") from error
        except (OSError, http.client.HTTPException):
            return UNKNOWN  # the connection broke: this client cannot tell
        finally:
            connection.close()

    def told(self, answer, text):
        said = answer.getheader("Pcg-Outcome")
        if said in (NOT_DISPATCHED, UNKNOWN):
            return said
        if answer.status == 200:
            if "LoginResponse" in text:
                self.cookie = answer.getheader("Set-Cookie").split(";", 1)[0]
            return COMPLETE
        if "NotAuthenticated" in text:
            return NOT_DISPATCHED  # the gateway's own: it knows no such session
        raise AssertionError(f"an answer that says nothing: {answer.status} {re.sub('<[^>]*>', ' ', text)[:300]}")


class AtMostOnce(e2e.EndToEnd):
    @classmethod
    def bring_up(cls):
        lab = cls.lab
        lab.say = lambda text: None
        lab.prepare()
        lab.start_controlplane()
        tenant = lab.add_tenant("acme")
        one = lab.add_gateway(tenant, "dc1")
        # Slow enough that a moment finds calls on their way, at work and on their way back.
        target = lab.start_vcenter("vcenter-dc1", ["-method-delay", "CreateFolder:30"])
        lab.add_endpoint(tenant, one, "vc1", target, "full")

    def arrivals(self):
        """How often each marker came to the vCenter, whole or in part."""
        lines = e2e.vcenter.requests_seen(self.lab.vcenters["dc1/vc1"])
        seen = {(line["agent"], line["n"]) for line in lines if line.get("agent", "").startswith("marker-")}
        return collections.Counter(agent for agent, _ in seen)

    def kill(self, victim, dice):
        if victim == "gateway":
            name = self.gateway().process_name
            self.lab.kill(name)
            time.sleep(dice.choice([0, 0, 0.3]))  # a supervisor is not always at once
            self.lab.restart(name)
        elif victim == "controlplane":
            self.lab.kill("controlplane")
            self.lab.restart_controlplane()
        else:
            before = self.lab.processes.find("nats-server")
            self.lab.kill("nats-server")
            ready = self.lab.directory / "controlplane" / "ready.json"
            now = e2e.process.wait_for(
                lambda: (e2e.process.read_json(ready) or {}).get("nats_pid") not in (None, before["pid"])
                and e2e.process.read_json(ready), 30, "another broker")
            self.lab.processes.adopt("nats-server", now["nats_pid"], before["log"], extra={"role": "broker"})

    def test_every_call_runs_at_most_once_and_every_answer_is_true(self):
        dice = random.Random(SEED)
        ended = threading.Event()
        callers = [Caller(self.endpoint(), number, ended) for number in range(CALLERS)]
        started = time.monotonic()
        for caller in callers:
            caller.start()
        try:
            for turn in range(KILLS):
                self.wait_for_progress(callers, turn)
                time.sleep(dice.random() * 0.1)
                self.kill(dice.choice(VICTIMS), dice)
            self.wait_for_progress(callers, "the last kill")
        finally:
            ended.set()
            for caller in callers:
                caller.join(90)
        self.check(callers, time.monotonic() - started)

    def wait_for_progress(self, callers, what):
        """Healed without a hand: calls complete again, for more than one caller."""
        before = [caller.completed for caller in callers]

        def moving():
            for caller in callers:
                if caller.problem:
                    raise caller.problem
            return sum(caller.completed > then for caller, then in zip(callers, before)) >= CALLERS // 2

        e2e.process.wait_for(moving, HEAL_SECONDS, f"calls that complete after kill {what}, seed {SEED}", log=self.gateway().log)

    def check(self, callers, seconds):
        self.assertEqual([caller.problem for caller in callers if caller.problem], [])
        self.assertFalse(any(caller.is_alive() for caller in callers), "a call was never answered")
        told = {marker: outcome for caller in callers for marker, outcome in caller.outcomes.items()}
        arrivals = self.arrivals()
        summary = collections.Counter((outcome, arrivals[marker]) for marker, outcome in told.items())
        print(f"{KILLS} kills in {seconds:.0f} s, seed {SEED}; told and dispatched: "
              + ", ".join(f"{outcome} {count}x: {calls}" for (outcome, count), calls in sorted(summary.items())))
        self.assertEqual([marker for marker, count in arrivals.items() if count > 1], [], "dispatched twice")
        untrue = {marker: (outcome, arrivals[marker]) for marker, outcome in told.items()
                  if arrivals[marker] not in ALLOWED[outcome]}
        self.assertEqual(untrue, {})
        # The kills found calls in flight, or this has shown nothing.
        self.assertGreater(sum(calls for (outcome, _), calls in summary.items() if outcome == UNKNOWN), KILLS // 4)


if __name__ == "__main__":
    assert pathlib.Path(e2e.PROGRAMS).is_dir(), e2e.PROGRAMS
    e2e.run()
