#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks by #include line what CMake checks by target: floors, who owns which third-party header, and house style."""
import re
import sys

import tree

# A module may see only these, whatever its floor allows (docs: ARCHITECTURE.md, floors).
ONLY = {"pairing": {"base", "crypto", "codec"}}
NEVER = {
    "proxy": {"bus", "tunnel", "store", "pairing"},
    "gateway": {"controlplane"},
    "controlplane": {"gateway", "proxy"},
}

# First match decides: header pattern -> folders that may include it.
OWNERS = [
    (r"openssl/", ["common/crypto/", "common/net/", "common/http/"]),
    (r"boost/beast/websocket", ["common/net/websocket.cpp"]),
    (r"boost/beast", ["common/http/"]),
    (r"boost/", ["common/net/", "common/http/"]),
    (r"nats(/nats)?\.h$", ["common/bus/"]),
    (r"Poco/Data|sqlite3\.h$", ["common/store/"]),
    (r"Poco/JSON", ["common/codec/"]),
    (r"Poco/(XML|SAX|DOM)", ["vcenter-proxy/"]),
    (r"expat\.h$", ["common/xml/", "vcenter-proxy/"]),
    (r"libxml/", ["appliance/importer/"]),
    (r"nftables/", ["gateway/egress/"]),
    (r"libpsl\.h$", ["appliance/render/"]),
    (r"(curses|ncurses|qrencode)\.h$", ["appliance/console/"]),
    (r"libvirt/", ["appliance/importer/"]),
    (r"Poco/Util", ["common/config/", "gateway/", "controlplane-sim/"]),
]
THIRD_PARTY = re.compile(r"^(openssl|boost|nats|Poco|libvirt|libxml)/|^(sqlite3|nats)\.h$")
MAY_SHOW_THIRD_PARTY = "common/net/"  # Asio's types are part of its interface
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
MODULE_CALL = re.compile(r"pcg_module\(\s*(\w+)([^)]*)\)")
SPDX = "SPDX-License-Identifier: Apache-2.0"


def read_modules():
    """Folder -> (name, floor, direct dependencies), from the pcg_module() calls."""
    modules = {}
    for path in tree.files(".txt"):
        if path.name != "CMakeLists.txt" or path.parts[0] == "test":
            continue
        for name, arguments in MODULE_CALL.findall(re.sub(r"#.*", "", tree.text(path))):
            words = arguments.split()
            floor = int(words[words.index("FLOOR") + 1])
            depends, taking = set(), False
            for word in words:
                if word.isupper() and word.replace("_", "").isalpha():
                    taking = word == "DEPENDS"
                elif taking:
                    depends.add(word)
            modules[str(path.parent) + "/"] = (name, floor, depends)
    return modules


def closure(name, direct):
    seen, waiting = set(), [name]
    while waiting:
        for dependency in direct.get(waiting.pop(), ()):
            if dependency not in seen:
                seen.add(dependency)
                waiting.append(dependency)
    return seen


def folder_of(path, modules):
    fitting = [folder for folder in modules if str(path).startswith(folder)]
    return max(fitting, key=len, default=None)


def check_edge(path, target, modules, floors, direct):
    source_name = modules[folder_of(path, modules)][0]
    target_folder = folder_of(target, modules)
    if target_folder is None:
        return None
    target_name = modules[target_folder][0]
    if target_name == source_name:
        return None
    if floors[target_name] > floors[source_name]:
        return f"floor {floors[source_name]} must not include floor {floors[target_name]} ({target})"
    if source_name in ONLY and target_name not in ONLY[source_name]:
        return f"{source_name} sees only {', '.join(sorted(ONLY[source_name]))}, not {target}"
    if target_name in NEVER.get(source_name, ()):
        return f"{source_name} never sees {target_name} ({target})"
    if target_name not in closure(source_name, direct):
        return f"{target} is included, but {source_name} does not name {target_name} in DEPENDS"
    return None


def check_style(path, content):
    findings = []
    head = "\n".join(content.splitlines()[:5])
    if SPDX not in head:
        findings.append(f"{path}:1: no line '{SPDX}' among the first five")
    if path.suffix == ".h" and not re.search(r"^#pragma once$", content, re.MULTILINE):
        findings.append(f"{path}:1: no '#pragma once'")
    return findings


def is_owner(path, owners):
    return any(str(path).startswith(owner) for owner in owners)


def main():
    modules = read_modules()
    floors = {name: floor for name, floor, _ in modules.values()}
    direct = {name: depends for name, _, depends in modules.values()}
    findings, long_files = [], []
    includes = {}  # path -> [(line, header)]
    for path in tree.files(".h", ".cpp", ".go", ".py", ".sh"):
        content = tree.text(path)
        findings += check_style(path, content)
        lines = content.count("\n")
        if lines > (150 if path.suffix == ".h" else 400):
            long_files.append(f"{path} ({lines} lines)")
        if path.suffix in (".h", ".cpp"):
            includes[path] = [
                (content.count("\n", 0, match.start(2)) + 1, match.group(2)) for match in INCLUDE.finditer(content)
            ]
    edges = 0
    public = set()  # headers that another module includes
    for path, lines in includes.items():
        folder = folder_of(path, modules)
        for line, header in lines:
            target = folder_of(header, modules)
            if folder and target and target != folder:
                public.add(header)
            if folder is None:
                continue
            edges += 1
            problem = check_edge(path, header, modules, floors, direct)
            if problem:
                findings.append(f"{path}:{line}: {problem}")
            for pattern, owners in OWNERS:
                if re.search("^" + pattern if pattern[0].isalpha() else pattern, header):
                    if not is_owner(path, owners):
                        findings.append(f"{path}:{line}: <{header}> may be included only in {', '.join(owners)}")
                    break
    for path, lines in includes.items():
        if str(path) in public and not str(path).startswith(MAY_SHOW_THIRD_PARTY):
            findings += [
                f"{path}:{line}: a header that other modules include must not include <{header}>"
                for line, header in lines if THIRD_PARTY.search(header)
            ]
    for name in long_files:
        print(f"long, consider splitting: {name}")
    print(f"{len(modules)} modules, {edges} include lines")
    if not modules or not edges:
        findings.append("no module or no include line was found: this lint has lost its input")
    return tree.report("includes", findings)


if __name__ == "__main__":
    sys.exit(main())
