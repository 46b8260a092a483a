# SPDX-License-Identifier: Apache-2.0
"""What the kernel says about processes: CPU seconds and peak memory, per group of processes.

The clock ticks 100 times a second, so that a single sample is good to 0.01 s; samples below a CPU second are
summed over rounds before they are divided.
"""
import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process and its threads; 0 when it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def status_kib(pid, name):
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(name + ":")), 0)


def forget_peak(pid):
    """Makes VmHWM start again from what is resident now (proc(5), clear_refs)."""
    try:
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        pass


def steal_and_total():
    """(stolen, all) ticks of the whole machine."""
    fields = [int(word) for word in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return fields[7], sum(fields)


def descendants(pid):
    """Children and their children, found by who is whose parent."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        here = children.get(waiting.pop(), [])
        found += here
        waiting += here
    return found


class Group:
    """The processes that make up one part, e.g. sshd with the children it forks per connection."""

    def __init__(self, name, records, with_descendants=False):
        self.name, self.records, self.with_descendants = name, records, with_descendants

    def pids(self):
        found = [record["pid"] for record in self.records]
        if self.with_descendants:
            found += [pid for record in self.records for pid in descendants(record["pid"])]
        return found

    def cpu(self):
        return sum(cpu_seconds(pid) for pid in self.pids())

    def resident_kib(self):
        return sum(status_kib(pid, "VmRSS") for pid in self.pids())

    def peak_kib(self):
        return sum(status_kib(pid, "VmHWM") for pid in self.pids())

    def forget_peak(self):
        for pid in self.pids():
            forget_peak(pid)


class Span:
    """CPU and memory of some groups over a with-block."""

    def __init__(self, groups):
        self.groups = groups
        self.cpu, self.peak_kib, self.growth_kib, self.steal = {}, {}, {}, 0.0

    def __enter__(self):
        for group in self.groups:
            group.forget_peak()
        self.before = {group.name: group.cpu() for group in self.groups}
        self.resident = {group.name: group.resident_kib() for group in self.groups}
        self.ticks = steal_and_total()
        return self

    def __exit__(self, *_):
        stolen, total = steal_and_total()
        self.steal = (stolen - self.ticks[0]) / max(1, total - self.ticks[1])
        for group in self.groups:
            self.cpu[group.name] = group.cpu() - self.before[group.name]
            self.peak_kib[group.name] = group.peak_kib()
            self.growth_kib[group.name] = self.peak_kib[group.name] - self.resident[group.name]


def machine():
    """What a reader needs to know to compare: cores, processor, memory."""
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown processor")
    memory = next(int(line.split()[1]) for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
                  if line.startswith("MemTotal:"))
    return f"{os.cpu_count()} cores ({cpu}), {memory / 1048576:.0f} GiB"
