# SPDX-License-Identifier: Apache-2.0
"""The project's own files, for the lints: what git tracks or would track, or, without git, everything but build/."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", ".cache"}


def files(*suffixes):
    """Relative paths of the files with one of the suffixes (all files when none is given), sorted."""
    return [path for path in _all() if not suffixes or path.suffix in suffixes]


def _all():
    try:
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout.decode().split("\0")
        names = [name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
    if not names:
        for folder, folders, here in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in here]
    return sorted(pathlib.PurePosixPath(name) for name in set(names) if (ROOT / name).is_file())


def text(path):
    """The file's text; bytes that are not UTF-8 are replaced, so that a lint never dies of its input."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def report(name, findings):
    """Prints the findings and returns the exit code."""
    for finding in findings:
        print(finding)
    print(f"{name}: {len(findings)} finding(s)")
    return 1 if findings else 0
