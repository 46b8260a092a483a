#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What takes minutes, through the whole system: each test has a short form, which the ordinary suite runs, and a long one,
which `./dev conformance --long` runs (PCG_LONG=1). A line that begins with FORM says which one ran and what came of it."""
import http.client
import os
import pathlib
import random
import re
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import e2e

LONG = os.environ.get("PCG_LONG") == "1"
MIB = 1 << 20
SESSIONS = 100  # of an endpoint: vcenter-proxy/endpoint/endpoint.h


def say(case, text):
    print(f"FORM {case} {'long' if LONG else 'short'}: {text}", flush=True)


def envelope(body):
    return ('<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Body>{body}</s:Body></s:Envelope>')


def call(method, kind, moref, arguments=""):
    return envelope(f'<{method} xmlns="urn:vim25"><_this type="{kind}">{moref}</_this>{arguments}</{method}>')


def memory(record):
    """(resident now, peak since forget_peak) in KiB."""
    fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{record['pid']}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])


def forget_peak(record):
    pathlib.Path(f"/proc/{record['pid']}/clear_refs").write_text("5")


def descriptors(record):
    return len(list(pathlib.Path(f"/proc/{record['pid']}/fd").iterdir()))


class LongRuns(e2e.EndToEnd):
    def setUp(self):
        self.target = self.endpoint()
        self.vcenter = self.lab.vcenters[f"{self.gateway().name}/vc1"]
        self.ours = [self.lab.processes.find(self.gateway().process_name), self.lab.processes.find("controlplane")]
        self.instrumented = any(e2e.process.is_instrumented(record) for record in self.ours)

    # --- raw SOAP through the ingress -----------------------------------------------------------------------

    def connection(self, timeout=60):
        address = urllib.parse.urlsplit(self.target["url"])
        tls = ssl.create_default_context(cafile=self.target["ca"])
        made = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=timeout)
        self.addCleanup(made.close)
        return made

    def soap(self, body, cookie=None):
        connection = self.connection()
        connection.request("POST", "/sdk", body, self.fields(cookie))
        answer = connection.getresponse()
        content = answer.read()
        self.assertEqual(answer.status, 200, content)
        connection.close()
        return answer.headers, content

    @staticmethod
    def fields(cookie):
        return {"Content-Type": "text/xml; charset=utf-8", **({"Cookie": cookie} if cookie else {})}

    def log_in(self):
        words = f"<userName>{self.target['username']}</userName><password>{self.target['password']}</password>"
        headers, _ = self.soap(call("Login", "SessionManager", "SessionManager", words))
        return headers["Set-Cookie"].split(";")[0]

    def watch(self, cookie, moref):
        """A filter on a folder's name, its first update taken; what asks for the next one."""
        self.soap(call("CreateFilter", "PropertyCollector", "propertyCollector",
                       f"<spec><propSet><type>Folder</type><pathSet>name</pathSet></propSet><objectSet><obj "
                       f'type="Folder">{moref}</obj></objectSet></spec><partialUpdates>true</partialUpdates>'), cookie)
        first = self.soap(call("WaitForUpdatesEx", "PropertyCollector", "propertyCollector", "<version></version>"), cookie)
        version = re.search(rb"<version>([^<]+)<", first[1]).group(1).decode()
        return call("WaitForUpdatesEx", "PropertyCollector", "propertyCollector", f"<version>{version}</version>")

    def seen(self, event="request", soap="WaitForUpdatesEx"):
        return sum(line["event"] == event and line.get("soap") == soap for line in e2e.vcenter.requests_seen(self.vcenter))

    def complaints(self):
        """What gateway and control plane logged beyond the ordinary, the last of it."""
        logs = (self.gateway().log, self.lab.directory / "controlplane.log")
        lines = [f"{log.name}: {line}" for log in logs for line in log.read_text().splitlines()
                 if '"level":"info"' not in line and '"level":"debug"' not in line]
        return lines[-60:]

    def give_up(self, cookie, ask, count):
        """Parks so many polls and goes away; how long it took until the vCenter saw all of them end."""
        parked, asked, ended = [], self.seen(), self.seen("cancelled")
        for _ in range(count):
            one = self.connection()
            one.request("POST", "/sdk", ask, self.fields(cookie))
            parked.append(one)
        e2e.process.wait_for(lambda: self.seen() >= asked + count, 30, "the polls at the vCenter")
        since = time.monotonic()
        for one in parked:
            one.sock.shutdown(socket.SHUT_RDWR)
            one.close()
        e2e.process.wait_for(lambda: self.seen("cancelled") >= ended + count, 20, "the end of the polls")
        return time.monotonic() - since

    # --- the tests ------------------------------------------------------------------------------------------

    def test_v18_an_idle_poll_stays_open_and_hears_of_a_change_within_a_second(self):
        """V18"""
        idle = 600 if LONG else 4
        cookie, other = self.log_in(), self.log_in()
        made = self.soap(call("CreateFolder", "Folder", "group-d1", f"<name>polled-{os.getpid()}</name>"), other)[1]
        folder = re.search(rb"<returnval[^>]*>([^<]+)<", made).group(1).decode()
        ask, before = self.watch(cookie, folder), self.seen()
        parked = self.connection(timeout=idle + 60)
        parked.request("POST", "/sdk", ask, self.fields(cookie))
        e2e.process.wait_for(lambda: self.seen() > before, 20, "the poll at the vCenter", log=self.gateway().log)
        answered = []
        reader = threading.Thread(target=lambda: answered.append((parked.getresponse().read(), time.monotonic())))
        reader.start()
        reader.join(idle)
        self.assertEqual(answered, [], "nothing ended it meanwhile")
        began = time.monotonic()
        self.soap(call("Rename_Task", "Folder", folder, f"<newName>renamed-{os.getpid()}</newName>"), other)
        reader.join(20)
        self.assertTrue(answered)
        self.assertIn(b"renamed", answered[0][0])
        self.assertLess(answered[0][1] - began, 1)
        self.assertEqual(self.seen() - before, 1, "one poll, asked once")
        say("V18", f"a poll without maxWaitSeconds stayed open for {idle} s and was answered "
                   f"{(answered[0][1] - began) * 1000:.0f} ms after the change was asked for")

    def test_v19_polls_that_are_given_up_end_at_the_vcenter_and_leave_nothing(self):
        """V19"""
        polls, at_once, slowest = 1000 if LONG else 60, 20, 0
        cookie = self.log_in()
        ask = self.watch(cookie, "group-d1")
        self.give_up(cookie, ask, at_once)  # what is loaded at first use
        before = [descriptors(record) for record in self.ours]
        resident = [memory(record)[0] for record in self.ours]
        for _ in range(polls // at_once):
            slowest = max(slowest, self.give_up(cookie, ask, at_once))
        if not self.instrumented:
            self.assertLess(slowest, 2)
        for record, least in zip(self.ours, before):
            e2e.process.wait_for(lambda: descriptors(record) <= least + 10, 30, f"{record['name']} to close what was left")
        grown = [memory(record)[0] - then for record, then in zip(self.ours, resident)]
        if not self.instrumented:
            self.assertLess(max(grown), 4096, "KiB")
        say("V19", f"{polls} polls given up, {at_once} at a time: the vCenter saw the end of each within {slowest:.2f} s; "
                   f"descriptors as before, memory of gateway and ingress grew by {grown[0]} and {grown[1]} KiB")

    def test_v33_a_large_disk_to_a_slow_vcenter_takes_no_memory_and_its_lease_lives(self):
        """V33"""
        mebibytes, speed = (1024, MIB) if LONG else (64, 16 * MIB)
        steps = "login,inventory,import,destroy,logout"
        self.assert_works(e2e.client.run("govmomi", e2e.PROGRAMS, self.target, steps, 64))  # what is loaded at first use
        before = [memory(record)[0] for record in self.ours]
        for record in self.ours:
            forget_peak(record)
        progress, since = self.seen(soap="HttpNfcLeaseProgress"), time.monotonic()
        e2e.vcenter.wish(self.vcenter, bytes_per_second=speed)
        self.addCleanup(e2e.vcenter.wish, self.vcenter)
        command = e2e.client.command("govmomi", e2e.PROGRAMS, self.target, steps, mebibytes) + ["-timeout", "1h"]
        run = e2e.client.Run(subprocess.run(command, input=self.target["password"], text=True, capture_output=True,
                                            timeout=3600, check=False))
        self.assert_works(run)
        took, calls = time.monotonic() - since, self.seen(soap="HttpNfcLeaseProgress") - progress
        grown = [memory(record)[1] - then for record, then in zip(self.ours, before)]
        stored = [line for line in e2e.vcenter.requests_seen(self.vcenter) if line.get("sha256")]
        self.assertEqual(stored[-1]["sha256"], run.step("import")["details"]["sha256"])
        self.assertEqual(stored[-1]["bytes_in"], mebibytes * MIB)
        if LONG:
            self.assertGreater(calls, took / 10)  # govmomi says it every two seconds, or when its buffer moved
        if not self.instrumented:
            self.assertLess(grown[0], 8 * 1024, "KiB of the gateway")
        say("V33", f"{mebibytes} MiB to a vCenter that takes {speed // MIB} MiB/s, in {took:.0f} s with {calls} progress calls "
                   f"beside it: the gateway's peak grew by {grown[0]} KiB, the ingress's by {grown[1]} KiB")

    def test_v40_fifty_mixed_clients_see_no_error_that_direct_access_does_not_have(self):
        """V40"""
        clients, seconds = (50, 600) if LONG else (8, 5)
        work = (("govmomi", "login,inventory,clone,power-on,destroy,logout"),
                ("govmomi", "login,inventory,rest-login,tags,rest-logout,logout"),
                ("govmomi", "login,inventory,upload,download,logout"),
                ("govmomi", "login,inventory,import,destroy,logout"),
                ("govmomi", "login,inventory,rest-login,library,rest-logout,logout"),
                ("pyvmomi", "login,inventory,clone,destroy,logout"))
        weights = (4, 3, 3, 2, 1, 1)
        before, until = e2e.vcenter.wish(self.vcenter), time.monotonic() + seconds
        failed, most, done = [], [0], [0]
        lock = threading.Lock()

        def worker(number):
            draw = random.Random(number)
            while time.monotonic() < until and len(failed) < 5:
                kind, steps = draw.choices(work, weights)[0]
                run = e2e.client.run(kind, e2e.PROGRAMS, self.target, steps, mebibytes=1)
                with lock:
                    done[0] += 1
                    if not run.ok:
                        failed.append(f"{time.strftime('%H:%M:%S', time.gmtime())} {kind} {steps}: {run.text[-600:]}")
                time.sleep(draw.random() * 2)

        threads = [threading.Thread(target=worker, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            most[0] = max(most[0], e2e.vcenter.wish(self.vcenter) - before)
            time.sleep(0.5)
        self.assertFalse(failed, "\n".join(failed + self.complaints()))
        self.assertLessEqual(most[0], SESSIONS)
        e2e.process.wait_for(lambda: e2e.vcenter.wish(self.vcenter) <= before, 30, "the last logouts")
        say("V40", f"{clients} clients at once for {seconds} s: {done[0]} runs of govmomi and pyVmomi (clones, tags, files, "
                   f"imports, libraries), none failed, at most {most[0]} sessions at the vCenter (cap {SESSIONS})")


if __name__ == "__main__":
    e2e.run()
