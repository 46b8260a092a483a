#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Memory is flat: an idle gateway is small, and 1 GiB each way past a reader that stands still most of the time costs
gateway and control plane only their windows."""
import os
import pathlib
import signal
import subprocess
import threading

import e2e

IDLE_KIB = 40 * 1024
GROWTH_KIB = 32 * 1024
MEBIBYTES = 1024
MEBIBYTES_INSTRUMENTED = 64  # a sanitizer makes every octet slow
STANDS, READS = 0.25, 0.1  # seconds: long enough to fill every window in between, over and over
PAUSES = 40  # each way; then the rest may come as fast as it can


def memory(record):
    """(resident now, peak since forget_peak) in KiB."""
    lines = pathlib.Path(f"/proc/{record['pid']}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])


def forget_peak(record):
    pathlib.Path(f"/proc/{record['pid']}/clear_refs").write_text("5")


class SlowReader:
    """Lets a process run for a moment every now and then."""

    def __init__(self, pid):
        self.pid, self.ended, self.pauses = pid, threading.Event(), 0
        self.thread = threading.Thread(target=self.torment, daemon=True)

    def torment(self):
        while self.pauses < PAUSES and not self.ended.wait(READS):
            os.kill(self.pid, signal.SIGSTOP)
            self.pauses += 1
            self.ended.wait(STANDS)
            os.kill(self.pid, signal.SIGCONT)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class Memory(e2e.EndToEnd):
    def test_one_gibibyte_each_way_past_a_slow_reader(self):
        self.assert_works(self.call())  # what is loaded at first use is no growth
        one = self.lab.processes.find(self.gateway().process_name)
        other = self.lab.processes.find("controlplane")
        self.mebibytes = MEBIBYTES_INSTRUMENTED if e2e.process.is_instrumented(one) else MEBIBYTES
        before = {record["name"]: memory(record)[0] for record in (one, other)}
        for record in (one, other):
            forget_peak(record)
        self.transfer()
        for record in (one, other):
            now, peak = memory(record)
            name = record["name"]
            print(f"{name}: {before[name]} KiB idle, {peak} KiB at its peak, {now} KiB afterwards")
            if not e2e.process.is_instrumented(record):
                self.assertLess(peak - before[name], GROWTH_KIB, name)
        if not e2e.process.is_instrumented(one):
            self.assertLess(before[one["name"]], IDLE_KIB)

    def transfer(self):
        """Uploads to a vCenter, then downloads to a client, that read now and then only."""
        target = self.endpoint()
        command = e2e.client.command("govmomi", e2e.PROGRAMS, target, "login,inventory,upload,download,logout", self.mebibytes)
        command += ["-timeout", "5m"]
        vcenter = self.lab.vcenters[f"{self.gateway().name}/vc1"]["record"]
        running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.stdin.write(target["password"])
        running.stdin.close()
        running.stdin = None
        self.wait_for_request("PUT /folder")
        with SlowReader(vcenter["pid"]) as reader:
            e2e.process.wait_for(lambda: self.is_answered("PUT") or running.poll() is not None, 200, "the end of the upload")
        self.assertGreater(reader.pauses, 3, "the vCenter was never slow")
        self.wait_for_request("GET /folder")
        with SlowReader(running.pid) as reader:
            out, errors = running.communicate(timeout=200)
        self.assertGreater(reader.pauses, 3, "the client was never slow")
        self.assertEqual(running.returncode, 0, out + errors)
        answered = [line for line in self.answers() if line["path"].startswith("/folder")]
        self.assertEqual(max(line["bytes_in"] for line in answered), self.mebibytes << 20)
        self.assertEqual(max(line["bytes_out"] for line in answered), self.mebibytes << 20)

    def answers(self):
        target = self.lab.vcenters[f"{self.gateway().name}/vc1"]
        return [line for line in e2e.vcenter.requests_seen(target) if line["event"] == "response"]

    def is_answered(self, method):
        return any(line["method"] == method and line["path"].startswith("/folder") for line in self.answers())

    def wait_for_request(self, beginning):
        e2e.process.wait_for(lambda: any(one.startswith(beginning) for one in self.upstream()), 60, beginning)


if __name__ == "__main__":
    e2e.run()
