#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing of the machine that the project was built on may be in the project: its package mirrors, its paths.

The words are found at run time from the machine's own configuration, so that this file need not name them.
Besides: no unfinished work without a decision record, no private key outside the tests, no merge marker.
"""
import glob
import os
import pathlib
import re
import socket
import subprocess
import sys
import urllib.parse

import tree

CONFIGURATION = [
    "/etc/apt/sources.list", "/etc/apt/sources.list.d/*", "/etc/apt/apt.conf", "/etc/apt/apt.conf.d/*",
    "/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf", "/etc/npmrc", "~/.npmrc", "~/.cargo/config*",
    "~/.config/go/env", "~/.gitconfig", "/etc/gitconfig",
]
VARIABLES = re.compile(r"(^|_)(PROXY|GOPROXY|GONOSUMDB|REGISTRY|INDEX_URL|MIRROR)$", re.IGNORECASE)
ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b(?!.*ADR)")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
MERGE_MARKER = re.compile(r"^(<{7} |>{7} |={7}$)", re.MULTILINE)


def hosts_of(text):
    hosts = set()
    for address in ADDRESS.findall(text):
        try:
            host = urllib.parse.urlsplit(address).hostname
        except ValueError:
            continue
        if host and "." in host:
            hosts.add(host.lower())
    return hosts


def machine_hosts():
    hosts = set()
    for pattern in CONFIGURATION:
        for name in glob.glob(os.path.expanduser(pattern)):
            try:
                hosts |= hosts_of(pathlib.Path(name).read_text(encoding="utf-8", errors="replace"))
            except OSError:
                continue
    for name, value in os.environ.items():
        if VARIABLES.search(name):
            hosts |= hosts_of(value) | hosts_of("https://" + value.split(",")[0])
    name = socket.gethostname().lower()
    if "." in name:
        hosts.add(name)
    # github.com stands in Go import paths and is nobody's package mirror.
    return {host for host in hosts if host != "github.com" and not host.startswith("127.")}


def machine_paths():
    """Where this copy, and the repository it came from, lie: only paths deep enough to be nobody else's."""
    paths = {str(tree.ROOT)}
    try:
        common = subprocess.run(
            ["git", "-c", "safe.directory=*", "rev-parse", "--path-format=absolute", "--git-common-dir"],
            cwd=tree.ROOT, capture_output=True, check=True, text=True,
        ).stdout.strip()
        paths.add(os.path.dirname(common))
    except (OSError, subprocess.CalledProcessError):
        pass
    return {path for path in paths if path.count("/") >= 2}


def main():
    forbidden = [re.compile(r"(?<![\w.-])" + re.escape(host) + r"(?![\w-])", re.IGNORECASE) for host in machine_hosts()]
    forbidden += [re.compile(re.escape(path) + r"(?![\w-])") for path in machine_paths()]
    findings, count = [], 0
    for path in tree.files():
        content = tree.text(path)
        count += 1
        for word in forbidden:
            for match in word.finditer(content):
                line = content.count("\n", 0, match.start()) + 1
                findings.append(f"{path}:{line}: names this machine or one of its package mirrors")
        if MERGE_MARKER.search(content):
            findings.append(f"{path}: a merge marker")
        if PRIVATE_KEY.search(content) and path.parts[0] != "test":
            findings.append(f"{path}: a private key")
        if path.suffix in (".h", ".cpp", ".py", ".go", ".sh", ".ts", ".cmake"):
            for number, line in enumerate(content.splitlines(), 1):
                if UNFINISHED.search(line):
                    findings.append(f"{path}:{number}: unfinished work without a decision record (docs/adr)")
    print(f"{count} files, {len(forbidden)} words")
    if count < 10:
        findings.append("hardly any file was found: this lint has lost its input")
    return tree.report("words", findings)


if __name__ == "__main__":
    sys.exit(main())
