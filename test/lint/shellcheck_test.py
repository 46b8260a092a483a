#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every shell script of the project passes shellcheck, at its default severity."""
import re
import subprocess
import sys

import tree

SHEBANG = re.compile(r"^#!.*\b(ba|da)?sh\b")


def main():
    scripts = [
        str(path) for path in tree.files()
        if path.suffix == ".sh" or (path.suffix == "" and SHEBANG.match(tree.text(path)[:80]))
    ]
    if not scripts:
        return tree.report("shellcheck", ["no script was found: this lint has lost its input"])
    print("\n".join(scripts))
    return subprocess.run(["shellcheck", "-x", *scripts], cwd=tree.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
