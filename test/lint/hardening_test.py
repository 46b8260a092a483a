#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Built programs are position independent, with full RELRO, no executable stack, and stack protectors.

usage: hardening_test.py PROGRAM...
"""
import os
import re
import subprocess
import sys


def readelf(option, program):
    return subprocess.run(["readelf", "-W", option, program], capture_output=True, check=True, text=True).stdout


def findings_of(program):
    header, segments = readelf("-h", program), readelf("-l", program)
    dynamic, symbols = readelf("-d", program), readelf("--dyn-syms", program)
    stack = re.search(r"^\s*GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+(\w+)", segments, re.MULTILINE)
    checks = {
        "is position independent (PIE)": re.search(r"Type:\s+DYN", header) and re.search(r"FLAGS_1.*\bPIE\b", dynamic),
        "has a GNU_RELRO segment": "GNU_RELRO" in segments,
        "binds all symbols at start (BIND_NOW)": re.search(r"\((FLAGS|FLAGS_1)\).*\b(BIND_NOW|NOW)\b", dynamic),
        "has no executable stack": stack and "E" not in stack.group(1),
        "was compiled with stack protectors": "__stack_chk_fail" in symbols,
        "has no RUNPATH": not re.search(r"\((RPATH|RUNPATH)\)", dynamic),
    }
    return [f"{os.path.basename(program)}: not so: it {name}" for name, holds in checks.items() if not holds]


def main():
    programs = sys.argv[1:]
    if not programs:
        print(__doc__)
        return 2
    findings = [finding for program in programs for finding in findings_of(program)]
    print("\n".join(findings))
    print(f"hardening: {len(programs)} program(s), {len(findings)} finding(s)")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
