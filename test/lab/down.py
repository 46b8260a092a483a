#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stops exactly what `./dev up` started in a directory. Doing it twice is no error."""
import argparse
import fcntl
import pathlib
import sys

import process


def main():
    parser = argparse.ArgumentParser(prog="./dev down", description=__doc__)
    parser.add_argument("--dir", default="build/lab", help="the lab's directory (default: build/lab)")
    options = parser.parse_args()
    directory = pathlib.Path(options.dir)
    if not (directory / "processes.json").exists():
        print(f"no lab was started in {directory}: nothing to stop", file=sys.stderr)
        return 0
    with open(directory / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # an `up` at work ends first, or is interrupted by its own terminal
        processes = process.Processes(directory)
        running = processes.alive()
        killed = processes.stop()
        (directory / "lab.json").unlink(missing_ok=True)
    print(f"stopped {len(running)} process(es) of {directory}", file=sys.stderr)
    if killed:
        print(f"had to be killed: {', '.join(killed)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
