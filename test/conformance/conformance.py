#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: conformance.py PROGRAMS [--long] [--write FILE] [CASE...]

Runs the cases of cases.json (all, or those that are named: V10, M36) and says of each whether it held. --write makes the
document from a run of all of them.

Some cases take minutes (a poll that is idle for ten). Without --long they run in a short form; with it in the long one, all
of them at once and beside the others, about twenty minutes in all. What the last long run came to is kept in
long_runs.json, and stands in the document with its date: such a case holds only if its long form did.
"""
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
LONG_RUNS = HERE / "long_runs.json"
LONG_KIND = "long"  # the program that has two forms
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


def run(programs, path, names, long=False):
    """All that is asked of one program in one run of it: what it starts takes longer than the tests.

    Gives the verdicts, and what the tests said of the form that they ran in: {"V18": "short: ..."}."""
    environment = {**os.environ, "PCG_PROGRAMS": str(programs), "PCG_LONG": "1" if long else "0"}
    try:
        done = subprocess.run(command(programs, path, names), capture_output=True, text=True, check=False,
                              timeout=3600 if long else 1200, env=environment, cwd=TESTS.parent)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"--- {path}\n{error}", file=sys.stderr)
        return {name: False for name in names}, {}
    text = done.stdout + done.stderr
    if done.returncode:
        print(f"--- {path}\n{text[-6000:]}", file=sys.stderr)
    return ({name: held(path, name, done.returncode, text) for name in names},
            dict(re.findall(r"^FORM (\w+) (.*)$", text, re.M)))


def verdicts_of(programs, kinds, cases, long):
    wanted = {}
    for _, tests, *_ in cases.values():
        for test in tests:
            kind, name = test.split(" ", 1)
            names = wanted.setdefault(kind, [])
            if name not in names:
                names.append(name)
    verdicts, forms = {}, {}

    def note(kind, ended):
        verdicts.update((f"{kind} {name}", good) for name, good in ended[0].items())
        forms.update(ended[1])

    # The long ones wait most of the time: each in a program of its own, while the others run.
    apart = wanted.pop(LONG_KIND, []) if long else []
    with concurrent.futures.ThreadPoolExecutor(max(len(apart), 1)) as pool:
        waiting = [pool.submit(run, programs, kinds[LONG_KIND][0], [name], True) for name in apart]
        for kind, names in wanted.items():
            note(kind, run(programs, kinds[kind][0], names))
        for one in waiting:
            note(LONG_KIND, one.result())
    return verdicts, forms


def long_runs():
    return json.loads(LONG_RUNS.read_text(encoding="utf-8")) if LONG_RUNS.exists() else {}


def keep_long_runs(cases, verdicts, forms):
    """What this long run came to, beside what is known of the cases that it did not run."""
    kept, today = long_runs(), datetime.date.today().isoformat()
    for name, (_, tests, *_) in cases.items():
        form = forms.get(name, "")
        good = all(verdicts[test] for test in tests) and form.startswith("long: ")
        kept[name] = {"on": today, "held": good, "what": form.removeprefix("long: ")}
    LONG_RUNS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def verdict_of(name, case, verdicts, has_long_form):
    """The verdict of a case, and what stands beside it."""
    _, tests, *note = case
    note = note[0] if note else ""
    if not tests:
        return "not run", note
    if not all(verdicts[test] for test in tests):
        return "FAILS", note
    last = long_runs().get(name, {}) if has_long_form else {"held": True}
    if not last.get("held"):
        return "in part", "in part: only its short form held" + (", the long one failed" if last else "")
    return "in part" if note.startswith("in part") else "holds", note


def main(arguments):
    programs = pathlib.Path(arguments.pop(0)).resolve()
    write, long = None, arguments[:1] == ["--long"]
    arguments = arguments[1:] if long else arguments
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
    verdicts, forms = verdicts_of(programs, kinds, chosen, long)
    in_two_forms = [name for name in chosen if name in described["long"]]
    if long:
        keep_long_runs({name: chosen[name] for name in in_two_forms}, verdicts, forms)
    rows = []
    for name, case in chosen.items():
        verdict, note = verdict_of(name, case, verdicts, name in in_two_forms)
        print(f"{name}  {verdict:8} {case[0]}" + (f" ({note})" if note else ""), flush=True)
        if name in forms:
            print(f"     {forms[name]}", flush=True)
        rows.append((name, case[0], verdict, case[1], note))
    if write and not arguments:
        write.write_text(document(kinds, rows, forms), encoding="utf-8")
    failed = [row for row in rows if row[2] == "FAILS"]
    return 1 if failed else 0


def forms_table(forms):
    """Which form of the cases that take minutes ran now, and what the last long one came to."""
    text = ("\n## What takes minutes\n"
            "These cases have a short form, for every run, and a long one (`./dev conformance --long`). They hold only if the "
            "long one did when it ran last.\n\n"
            "| Case | In this run | The last long run |\n|---|---|---|\n")
    for name, last in sorted(long_runs().items()):
        result = f"{last['on']}: {last['what'] or 'no result'}" + ("" if last["held"] else ": **failed**")
        text += f"| {name} | {forms.get(name, 'not run')} | {result} |\n"
    return text


def document(kinds, rows, forms):
    count = {verdict: sum(row[2] == verdict for row in rows) for verdict in ("holds", "in part", "FAILS", "not run")}
    text = HEAD + (f"{count['holds']} hold, {count['in part']} in part, {count['FAILS']} fail, "
                   f"{count['not run']} are not run.\n\n")
    text += "| Word | Program |\n|---|---|\n"
    text += "".join(f"| {kind} | {what}: `test/{path}` |\n" if path.endswith(".py") else f"| {kind} | {what}: `{path}` |\n"
                    for kind, (path, what) in kinds.items())
    for title, letter in (("MAAS", "M"), ("vCenter", "V")):
        text += f"\n## {title}\n| Case | What | Verdict | Tests | What is missing, or otherwise worth knowing |\n|---|---|---|---|---|\n"
        for name, what, verdict, tests, note in rows:
            if name.startswith(letter):
                shown = "<br>".join(f"`{test}`" for test in tests)
                text += f"| {name} | {what} | {verdict} | {shown} | {note.removeprefix('in part: ')} |\n"
    return text + forms_table(forms)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 2)
    sys.exit(main(sys.argv[1:]))
