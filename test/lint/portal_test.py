#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The portal's rules that neither the compiler nor the browser checks: a lock without addresses, exact versions, no
markup from strings, a licence line in every file."""
import json
import pathlib
import re
import sys

import tree

PORTAL = pathlib.PurePosixPath("controlplane-sim/portal")
SPDX = "SPDX-License-Identifier: Apache-2.0"
MARKUP = re.compile(r"innerHTML|outerHTML\s*=|dangerouslySetInnerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
EXACT = re.compile(r"\d+\.\d+\.\d+")
MAX_LINE = 160


def package_findings():
    findings = []
    lock = tree.text(PORTAL / "package-lock.json")
    if '"resolved"' in lock:
        findings.append(f"{PORTAL}/package-lock.json: names where packages came from; .npmrc says how it is left out")
    if "integrity" not in lock:
        findings.append(f"{PORTAL}/package-lock.json: has no hashes")
    for name, version in json.loads(tree.text(PORTAL / "package.json"))["devDependencies"].items():
        if not EXACT.fullmatch(version):
            findings.append(f"{PORTAL}/package.json: {name} is not pinned to one version")
    return findings


def source_findings(path):
    content, findings = tree.text(path), []
    if SPDX not in content[:200]:
        findings.append(f"{path}: no licence line")
    for number, line in enumerate(content.splitlines(), 1):
        if len(line) > MAX_LINE:
            findings.append(f"{path}:{number}: {len(line)} columns")
        if path.is_relative_to(PORTAL / "src") and MARKUP.search(line):
            findings.append(f"{path}:{number}: makes markup or code from a string")
    return findings


def main():
    sources = [path for path in tree.files(".ts", ".tsx", ".mjs", ".css") if path.is_relative_to(PORTAL)]
    findings = package_findings()
    for path in sources:
        findings += source_findings(path)
    print(f"{len(sources)} files")
    if len(sources) < 50:
        findings.append("hardly any file was found: this lint has lost its input")
    return tree.report("portal", findings)


if __name__ == "__main__":
    sys.exit(main())
