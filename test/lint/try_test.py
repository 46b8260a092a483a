#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""PCG_TRY is no element of a braced initialiser and no argument of a new-expression.

It returns from the middle of the initialisation, and GCC then destroys nothing of what was made before it: memory
leaks, and a Secret among it is never wiped (docs/common-errors.md). What `new` allocated leaks alike. Name the value
first.
"""
import re
import sys

import tree

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|\bPCG_TRY\(|[(){}\[\]]', re.DOTALL)
RAW_STRING = re.compile(r'R"(\w*)\(.*?\)\1"', re.DOTALL)
STATEMENT_BEFORE = re.compile(
    r"(?:[;{}:)]|&|\belse|\bdo|\bconst|\bnoexcept|\boverride|->\s*(?:[\w:*& ]|<[^(){};]*>)+|^)\s*$")
LONGEST_HEAD = 300
NEW_BEFORE = re.compile(r"\bnew\s+[\w:]+(?:<[^(){};]*>)?\s*$")


def in_initialiser(content, opened):
    """Whether the innermost open brace began an initialiser: all of it counts, calls and named members too."""
    brace = next((position for token, position in reversed(opened) if token == "{"), None)
    if brace is None:
        return False
    return not STATEMENT_BEFORE.search(content[max(0, brace - LONGEST_HEAD):brace])


def in_new(content, opened):
    """Whether a new-expression waits for it: up to the innermost brace, which begins a scope of its own."""
    for token, position in reversed(opened):
        if token == "{":
            return False
        if NEW_BEFORE.search(content[max(0, position - LONGEST_HEAD):position]):
            return True
    return False


def findings_in(path, content):
    content = RAW_STRING.sub(lambda match: '""' + "\n" * match.group().count("\n"), content)
    opened = []
    for match in TOKEN.finditer(content):
        token = match.group()
        if token == "PCG_TRY(":
            if in_initialiser(content, opened):
                line = content.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: PCG_TRY inside braces leaks what was made before it; name the value first"
            elif in_new(content, opened):
                line = content.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: PCG_TRY inside a new-expression leaks the allocation; name the value first"
            opened.append(("(", match.end() - 1))
        elif token in "({[":
            opened.append((token, match.start()))
        elif token in ")}]" and opened:
            opened.pop()


SELF_CHECK = {
    "return Pair{PCG_TRY(a()), PCG_TRY(b())};": 2,
    "list.push_back({x, PCG_TRY(b())});": 1,
    "Pair p{\n    one,\n    PCG_TRY(b())};": 1,
    "Pair p{.one = PCG_TRY(a()), .two = f(PCG_TRY(b()))};": 2,
    "run({x, [&]() -> Result<A> { return PCG_TRY(a()); }});": 0,
    "auto f() -> Result<std::pair<A, B>> { PCG_TRY(a()); }": 0,
    "void f() { PCG_TRY(a()); }": 0,
    "if (x) { PCG_TRY(a()); } else { PCG_TRY(b()); }": 0,
    "auto f = [&]() -> Result<> { PCG_TRY(a()); return {}; };": 0,
    "Result<A> B::c(D d) && { PCG_TRY(a()); }": 0,
    "return f(PCG_TRY(a()));": 0,
    "P p(new A(x, PCG_TRY(a())));": 1,
    "P p(new A<B>(f(PCG_TRY(a()))));": 1,
    "P p(new A([&]() -> Result<> { PCG_TRY(a()); return {}; }));": 0,
}


def main():
    for text, expected in SELF_CHECK.items():
        if len(list(findings_in("self-check", text))) != expected:
            return tree.report("try", [f"this lint misreads: {text}"])
    findings, uses = [], 0
    for path in tree.files(".h", ".cpp"):
        content = tree.text(path)
        uses += content.count("PCG_TRY(")
        findings += findings_in(path, content)
    if not uses:
        findings.append("PCG_TRY was found nowhere: this lint has lost its input")
    return tree.report("try", findings)


if __name__ == "__main__":
    sys.exit(main())
