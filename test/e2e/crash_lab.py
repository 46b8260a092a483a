# SPDX-License-Identifier: Apache-2.0
"""What the crash tests share: the murderer (test/support/crash), the two people of a pairing, who go on whatever
dies under them, and what must hold afterwards."""
import http.client
import itertools
import json
import os
import pathlib
import random
import socket
import sqlite3
import time

import e2e
import gateway

SEED = os.environ.get("PCG_CRASH_SEED", "1")
FULL = os.environ.get("PCG_CRASH_FULL") == "1"
SAMPLE = 12
HEAL_SECONDS = 60


def chosen(points, label):
    """All points, or a sample that has one of each kind of event before any has two."""
    if FULL:
        return points
    dice = random.Random(f"{SEED}/{label}")
    shuffled = dice.sample(points, len(points))
    kinds = {}
    for point in shuffled:
        kinds.setdefault(point[1], []).append(point)
    rows = sorted(kinds.values(), key=lambda row: shuffled.index(row[0]))
    taken = [row[turn] for turn in range(max(map(len, rows))) for row in rows if turn < len(row)]
    return sorted(taken[:SAMPLE])


class Murderer:
    """One process's control file: at which point of its work it dies."""

    rounds = itertools.count(1)

    def __init__(self, path):
        self.path, self.trace_file = pathlib.Path(path), pathlib.Path(f"{path}.trace")
        self.round = 0

    def arm(self, point, victim=None):
        """From now on points are counted; at `point` the process dies (0: never), or the process `victim` does, or
        (`victim` "full") the disk is full until disarm()."""
        self.round = next(self.rounds)
        e2e.process.write_atomically(self.path, f"{self.round} {point}" + (f" {victim}" if victim else "") + "\n")

    def disarm(self):
        self.path.unlink(missing_ok=True)

    def points(self):
        """What was passed in this round: (number, what)."""
        try:
            lines = self.trace_file.read_text().splitlines()
        except FileNotFoundError:
            return []
        words = [line.split(" ", 2) for line in lines]
        return [(int(number), what) for turn, number, what in words if int(turn) == self.round]

    def wrap(self, program, *arguments):
        return ["/usr/bin/env", f"PCG_CRASH_CONTROL={self.path}", program, *arguments]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def ask(one, method, path):
    """The gateway's control socket, without a process for each question; None when it does not answer."""
    connection = _UnixConnection(one.socket)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        content = answer.read()
        return json.loads(content) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


class People:
    """The tenant, who types the code that the console shows, and the admin, who accepts. The tenant's program goes on
    while others die: without it a pairing that the admin has accepted waits until its claim is over."""

    def __init__(self, lab, one, tenant):
        self.lab, self.one, self.tenant = lab, one, tenant
        self.program = None
        self.code, self.typed_at, self.answered = None, 0.0, False

    def pair(self, seconds, is_over=lambda: False):
        """Until the gateway is active. False when `is_over()` came first. They type each code that is shown."""
        deadline = time.monotonic() + seconds
        while not is_over():
            now = ask(self.one, "GET", "/v1/pairing")
            if now and self.step(now):
                return True
            if time.monotonic() > deadline:
                raise e2e.process.StepError(f"{self.one.name} is not active within {seconds} s: {now}", self.one.log)
            time.sleep(0.02)
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def step(self, now):
        if now["state"] == "active":
            return True
        if now["state"] == "offered" and self.may_type(now["code"]):
            self.leave()
            self.code, self.typed_at, self.answered = now["code"], time.monotonic(), False
            self.program = gateway.Pairing(self.lab, self.code, self.tenant["token_file"], self.one.name)
        elif now["state"] == "confirm" and self.program and not self.answered:
            self.compare(now)
        return False

    def may_type(self, code):
        """A new code; or, when the program has ended without a pairing, the same one once more after a pause."""
        if code != self.code:
            return True
        return self.program is not None and self.program.child.poll() is not None and time.monotonic() > self.typed_at + 2

    def compare(self, now):
        asked = [event for event in self.program.events if event["event"] == "confirm"]
        if not asked:
            return
        if gateway.digits(asked[0]["sas"]) != gateway.digits(now["sas"]):
            raise e2e.process.StepError(f"the numbers differ: {asked[0]['sas']}, {now['sas']}", self.one.log)
        self.answered = True
        try:
            self.program.answer(True)
        except OSError:
            return
        ask(self.one, "POST", "/v1/pairing/accept")

    def leave(self):
        if self.program is None:
            return
        if self.program.child.poll() is None:
            self.program.child.kill()
        self.program.close()
        self.program = None


class CrashLab(e2e.EndToEnd):
    """A control plane under the murderer's hand; gateways are made one by one."""

    @classmethod
    def bring_up(cls):
        cls.lab.say = lambda text: None
        cls.numbers = iter(range(1, 100000))
        cls.lab.prepare()
        cls.cp_murderer = Murderer(cls.lab.directory / "controlplane.murder")
        cls.start_controlplane()

    @classmethod
    def start_controlplane(cls):
        command = cls.cp_murderer.wrap(cls.lab.program("crash-controlplane-sim"))
        cls.lab.start_controlplane(command)

    # --- one gateway's life --------------------------------------------------------------------------------

    def new_gateway(self, label):
        """A gateway and a tenant that nobody else uses, so that no quota of one point is felt by another."""
        name = f"{label}{next(self.numbers)}"
        tenant = self.lab.add_tenant(f"t-{name}")
        one = gateway.Gateway(self.lab, name, tenant["name"])
        one.configure()
        return one, tenant

    def start(self, one, command):
        return self.lab.processes.start(one.process_name, command, one.log)

    def shipped(self, one):
        return [self.lab.program("pcg-gatewayd"), "--config", one.config]

    def assert_paired_once(self, one, tenant, what):
        status = ask(one, "GET", "/v1/status")
        one.id = status["gateway_id"]
        self.assertEqual(status["pairing"]["tenant_id"], tenant["id"], what)
        api = self.lab.api(tenant)
        e2e.process.wait_for(lambda: api.is_online(one.id), 30, f"{one.name} online ({what})", log=one.log)
        database = sqlite3.connect(f"file:{self.lab.directory}/controlplane/controlplane.db?mode=ro", uri=True)
        try:
            bound = database.execute("SELECT tenant_id, epoch, state, nkey FROM gateways WHERE id = ?", (one.id,)).fetchall()
            live = database.execute("SELECT epoch, state, nkey FROM enrollments WHERE gateway_id = ? AND state IN "
                                    "('issued', 'active')", (one.id,)).fetchall()
        finally:
            database.close()
        self.assertEqual(len(bound), 1, what)
        tenant_id, epoch, state, nkey = bound[0]
        self.assertEqual((tenant_id, state), (tenant["id"], "active"), what)
        # One certificate and one user: what was issued and not taken back.
        self.assertEqual(live, [(epoch, "active", nkey)], what)

    def heal_and_check(self, people, what):
        one, tenant = people.one, people.tenant
        people.pair(HEAL_SECONDS)
        people.leave()
        self.assert_paired_once(one, tenant, what)
        self.lab.kill(one.process_name)
