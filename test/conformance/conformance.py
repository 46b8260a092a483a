#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: conformance.py PROGRAMS [--write FILE] [CASE...]

Runs the cases of cases.json (all, or those that are named: V10, M36) and says of each whether it held. --write makes the
document from a run of all of them.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
HEAD = """# Conformance
What real clients of a MAAS and a vCenter do, case by case, and what became of it. Written by `./dev conformance` from a run;
do not edit. Each case is one or more named tests: run one alone with `./dev conformance V10`.

"""


def filters(name):
    """A test's name as gtest has it, also when it is one of several by parameters."""
    return f"{name}:*/{name}" if name.endswith("*") else f"{name}:{name}/*:*/{name}/*"


def command(programs, path, names):
    if not path.endswith(".py"):
        return [str(programs / path), f"--gtest_filter={':'.join(filters(name) for name in names)}"]
    words = ["/usr/bin/python3", "-B", str(TESTS / path)]
    # What runs the whole system takes its programs from the environment.
    return words + ([] if path.startswith("e2e/") else [str(programs)]) + names


def held(path, name, code, text):
    if path.endswith(".py"):
        kind, test = name.split(".")
        said = re.search(rf"{test} \((?:__main__\.)?{kind}(?:\.{test})?\).*?\.\.\. (ok|FAIL|ERROR|skipped)", text, re.S)
        return said is not None and said[1] == "ok" if code else said is None or said[1] == "ok"
    pattern = re.escape(name).replace(r"\*", r"[\w./]*")
    ok = re.findall(rf"\[       OK \] (?:\w+/)?{pattern}", text)
    failed = re.findall(rf"\[  FAILED  \] (?:\w+/)?{pattern}", text)
    return bool(ok) and not failed


def run(programs, path, names):
    """All that is asked of one program in one run of it: what it starts takes longer than the tests."""
    environment = {**os.environ, "PCG_PROGRAMS": str(programs)}
    try:
        done = subprocess.run(command(programs, path, names), capture_output=True, text=True, timeout=1200, check=False,
                              env=environment, cwd=TESTS.parent)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"--- {path}\n{error}", file=sys.stderr)
        return {name: False for name in names}
    text = done.stdout + done.stderr
    if done.returncode:
        print(f"--- {path}\n{text[-6000:]}", file=sys.stderr)
    return {name: held(path, name, done.returncode, text) for name in names}


def verdicts_of(programs, kinds, cases):
    wanted = {}
    for _, tests, *_ in cases.values():
        for test in tests:
            kind, name = test.split(" ", 1)
            names = wanted.setdefault(kind, [])
            if name not in names:
                names.append(name)
    verdicts = {}
    for kind, names in wanted.items():
        for name, good in run(programs, kinds[kind][0], names).items():
            verdicts[f"{kind} {name}"] = good
    return verdicts


def main(arguments):
    programs = pathlib.Path(arguments.pop(0)).resolve()
    write = None
    if arguments[:1] == ["--write"]:
        write = pathlib.Path(arguments[1])
        arguments = arguments[2:]
    described = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
    kinds, cases = described["programs"], described["cases"]
    unknown = [name for name in arguments if name not in cases]
    if unknown:
        print(f"conformance: there is no case {', '.join(unknown)}; there are M01 to M40 and V01 to V40", file=sys.stderr)
        return 2
    chosen = {name: case for name, case in cases.items() if not arguments or name in arguments}
    verdicts, rows = verdicts_of(programs, kinds, chosen), []
    for name, (what, tests, *note) in chosen.items():
        good = all(verdicts[test] for test in tests)
        in_part = bool(note) and note[0].startswith("in part")
        verdict = "not run" if not tests else "FAILS" if not good else "in part" if in_part else "holds"
        print(f"{name}  {verdict:8} {what}" + (f" ({note[0]})" if note else ""), flush=True)
        rows.append((name, what, verdict, tests, note[0] if note else ""))
    if write and not arguments:
        write.write_text(document(kinds, rows), encoding="utf-8")
    failed = [row for row in rows if row[2] == "FAILS"]
    return 1 if failed else 0


def document(kinds, rows):
    count = {verdict: sum(row[2] == verdict for row in rows) for verdict in ("holds", "in part", "FAILS", "not run")}
    text = HEAD + (f"{count['holds']} hold, {count['in part']} in part, {count['FAILS']} fail, "
                   f"{count['not run']} are not run.\n\n")
    text += "| Word | Program |\n|---|---|\n"
    text += "".join(f"| {kind} | {what}: `test/{path}` |\n" if path.endswith(".py") else f"| {kind} | {what}: `{path}` |\n"
                    for kind, (path, what) in kinds.items())
    for title, letter in (("MAAS", "M"), ("vCenter", "V")):
        text += f"\n## {title}\n| Case | What | Verdict | Tests | What is missing |\n|---|---|---|---|---|\n"
        for name, what, verdict, tests, note in rows:
            if name.startswith(letter):
                shown = "<br>".join(f"`{test}`" for test in tests)
                text += f"| {name} | {what} | {verdict} | {shown} | {note.removeprefix('in part: ')} |\n"
    return text


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 2)
    sys.exit(main(sys.argv[1:]))
