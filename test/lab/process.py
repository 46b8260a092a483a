# SPDX-License-Identifier: Apache-2.0
"""Processes that outlive the script that started them, and are later stopped exactly: by pid and start time.

A pid alone may have been given to somebody else since; pid and start time (/proc/PID/stat, field 22) name one
process for good. Every started process is noted in a file first thing, so that nothing is lost when the script
that starts them is killed half way.
"""
import json
import os
import pathlib
import select
import signal
import subprocess
import threading
import time

POLL_SECONDS = 0.05


class StepError(Exception):
    """A step of the lab failed. `log` names the file that tells more, or is None."""

    def __init__(self, message, log=None):
        super().__init__(message)
        self.log = log


def start_time(pid):
    """Clock ticks since boot at which the process started; None when there is no such process, or a zombie."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def is_alive(record):
    return record["start_time"] is not None and start_time(record["pid"]) == record["start_time"]


def is_instrumented(record):
    """Whether it runs under a sanitizer, whose shadow is not the program's own memory."""
    maps = pathlib.Path(f"/proc/{record['pid']}/maps").read_text()
    return "libasan" in maps or "libtsan" in maps


def tail(path, lines=15):
    try:
        return "\n".join(pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def write_atomically(path, text, mode=0o600):
    partial = pathlib.Path(f"{path}.new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(partial, path)


class Processes:
    """The processes of one directory, in the order they were started."""

    def __init__(self, directory):
        self.file = pathlib.Path(directory) / "processes.json"
        self.records = []
        self.changing = threading.RLock()
        self.placed = lambda name, command: command  # where it runs: a test may put it into another network
        if self.file.exists():
            self.records = json.loads(self.file.read_text())

    def start(self, name, command, log, extra=None):
        """Starts a process in a session of its own, with its output appended to `log`; returns its record."""
        with open(log, "ab") as output:
            child = subprocess.Popen(
                [str(word) for word in self.placed(name, command)], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )
        child.returncode = 0  # it is not ours to reap at exit: it shall live on, and down() finds it by pid
        return self.adopt(name, child.pid, log, command, extra)

    def adopt(self, name, pid, log, command=None, extra=None):
        """Notes a process that one of ours has started (the broker)."""
        record = {"name": name, "pid": pid, "start_time": start_time(pid), "log": str(log), **(extra or {})}
        if command:
            record["command"] = [str(word) for word in command]
        # One that still runs, or has left somebody behind, stays known until it is stopped.
        with self.changing:
            self.records = [
                other for other in self.records if other["name"] != name or is_alive(other) or members(other)
            ] + [record]
            self.save()
        return record

    def save(self):
        write_atomically(self.file, json.dumps(self.records, indent=1) + "\n")

    def find(self, name):
        """The one that was started last under this name."""
        return next(record for record in reversed(self.records) if record["name"] == name)

    def alive(self):
        return [record for record in self.records if is_alive(record)]

    def stop(self, grace=10.0):
        """Stops all, the last started first; returns the names of those that had to be killed."""
        killed = []
        for record in reversed(self.records):
            # First whom it may have left behind is looked up, then it is stopped, then they are.
            left = members(record)
            if not stop(record, grace):
                killed.append(record["name"])
            for member in left:
                if not stop(member, 2.0):
                    killed.append(f"{record['name']}: process {member['pid']}")
        return killed


def members(record):
    """Processes that one of ours has started itself: those in the session that it was made the leader of.

    A session's id is not given to a new process while one of its members lives. Should the leader's pid belong
    to somebody else by now, then that somebody leads another session, and nothing in it is ours.
    """
    leader_now = start_time(record["pid"])
    if record["start_time"] is None or leader_now not in (None, record["start_time"]):
        return []
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == record["pid"]:
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[3]) == record["pid"] and int(fields[19]) >= record["start_time"] and fields[0] not in "ZX":
            found.append({"name": record["name"], "pid": int(entry.name), "start_time": int(fields[19])})
    return found


def reap(record):
    """Collects a child of ours that has ended, so that it does not stay as a zombie."""
    try:
        os.waitpid(record["pid"], os.WNOHANG)
    except ChildProcessError:
        pass


def stop(record, grace=10.0):
    """SIGTERM, then after `grace` seconds SIGKILL. True when the process ended by itself or was gone."""
    if not is_alive(record):
        reap(record)
        return True
    ended = signal_and_wait(record, signal.SIGTERM, grace)
    if not ended:
        signal_and_wait(record, signal.SIGKILL, 5.0)
    reap(record)
    return ended


def signal_and_wait(record, number, seconds):
    try:
        handle = os.pidfd_open(record["pid"])
    except ProcessLookupError:
        return True
    try:
        if not is_alive(record):  # looked at again through the handle: the pid cannot change hands any more
            return True
        signal.pidfd_send_signal(handle, number)
        return bool(select.select([handle], [], [], seconds)[0])
    except ProcessLookupError:
        return True
    finally:
        os.close(handle)


def wait_for(condition, seconds, what, record=None, log=None):
    """Polls until the condition returns something true, and returns it; fails early when the process has ended."""
    deadline = time.monotonic() + seconds
    log = log or (record or {}).get("log")
    while True:
        outcome = condition()
        if outcome:
            return outcome
        if record is not None and not is_alive(record):
            raise StepError(f"{record['name']} ended while waiting for {what}", log)
        if time.monotonic() > deadline:
            raise StepError(f"{what}: not within {seconds:g} s", log)
        time.sleep(POLL_SECONDS)


def read_json(path):
    """The parsed file, or None while it is not there."""
    try:
        return json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError):
        return None
