#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks an OVA and boots it: the appliance pairs with the lab's control plane and proxies a vCenter call, on a network
that reaches nothing but the lab. Everything runs in a network namespace of its own, without a way out; needs root.

Each case is gone through to its end or its failure, then the next one is. Exit code: 0 all were good, 1 some failed."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "test" / "lab")]
import cases  # noqa: E402
import check_ova  # noqa: E402
import figures  # noqa: E402
import process  # noqa: E402
import visits  # noqa: E402
from boot_lab import DATACENTER_ADDRESS, LAB_ADDRESS  # noqa: E402

INSIDE = "PCG_APPLIANCE_TEST_NAMESPACE"  # holds the outcomes of the cases that were run outside of it


def parse():
    parser = argparse.ArgumentParser(prog="./dev test-appliance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ova", help="which (default: the newest build/ova/pcg-*.ova)")
    parser.add_argument("--all", action="store_true",
                        help="also: build twice and compare, BIOS with properties on an ISO, changes on the running machine, "
                             "libvirt, Secure Boot, wrong properties, a read-only disk, a tampered root")
    parser.add_argument("--only", action="append", choices=list(cases.CASES), help="these cases only; may be given again")
    parser.add_argument("--images", help="where pictures of the screen are put (default: build/ova/images); "
                                         "docs/images brings the documents' up to date")
    return parser.parse_args()


def newest():
    found = sorted((ROOT / "build" / "ova").glob("pcg-*.ova"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise SystemExit("test-appliance: there is no build/ova/pcg-*.ova; build it with ./dev ova")
    return found[-1]


def why(error):
    """An error in one line."""
    if isinstance(error, (process.StepError, check_ova.Refused)):
        return str(error).splitlines()[0]
    said = getattr(error, "stderr", None) or b""
    last = (said if isinstance(said, str) else said.decode(errors="replace")).strip().splitlines()[-1:]
    return " ".join([f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", *last])


class Run:
    """The cases of one run, and how they ended."""

    def __init__(self, given, folder):
        self.ova = pathlib.Path(given.ova).resolve() if given.ova else newest()
        self.images = pathlib.Path(given.images).resolve() if given.images else ROOT / "build" / "ova" / "images"
        self.logs = ROOT / "build" / "ova" / "logs"
        self.folder, self.disk = pathlib.Path(folder), pathlib.Path(folder) / "appliance.qcow2"
        built = cases.how_built(self.ova)
        self.figures = figures.Figures(self.ova.parent / "measured.json", ova=self.ova.name, preset=built.get("preset"), fast=built.get("fast"),
                                       sha256=check_ova.digest(self.ova))
        self.ended = json.loads(os.environ.get(INSIDE) or "[]")

    def unpack(self):
        names = check_ova.extract(self.ova, self.folder)
        subprocess.run(["qemu-img", "convert", "-O", "qcow2", self.folder / names[-1], self.disk], check=True)
        (self.folder / names[-1]).unlink()

    def case(self, name):
        place, start = self.folder / name, time.monotonic()
        place.mkdir()
        shutil.rmtree(self.logs / name, ignore_errors=True)
        try:
            if name not in cases.NEED_NO_DISK and not self.disk.exists():
                self.unpack()
            good, said = True, cases.CASES[name](visits.Visit(name, place, self.ova, self.disk, self.images, self.figures))
        except Exception as error:  # pylint: disable=broad-exception-caught  # whatever it is, the next case is another
            good, said = False, why(error)
            self.keep_logs(name, place)
        shutil.rmtree(place, ignore_errors=True)
        self.ended.append({"name": name, "good": good, "said": said, "seconds": time.monotonic() - start})
        print(line(self.ended[-1]), flush=True)

    def keep_logs(self, name, place):
        """What helps to understand it: every log, the machine's serial line first of all, and the whole error."""
        for log in place.rglob("*.log"):
            kept = self.logs / name / log.relative_to(place)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log, kept)
        (self.logs / name).mkdir(parents=True, exist_ok=True)
        (self.logs / name / "failure.txt").write_text(traceback.format_exc())

    def summary(self):
        bad = [one["name"] for one in self.ended if not one["good"]]
        seconds = sum(one["seconds"] for one in self.ended)
        print(f"==> {len(self.ended)} cases in {seconds:.0f} s: {len(self.ended) - len(bad)} good, {len(bad)} failed")
        for name in bad:
            print(f"    {name} failed; its logs are in {self.logs / name}")
        return 1 if bad else 0


def line(one):
    return f"==> {one['name']:9} {'good' if one['good'] else 'FAILED':6} {one['seconds']:5.0f} s  {one['said']}"


def enter_namespace(ended):
    """Runs this program again where there is no network but a loopback with the lab's addresses."""
    os.environ[INSIDE] = json.dumps(ended)
    os.execvp("unshare", ["unshare", "--net", sys.executable, "-B", *sys.argv])


def prepare_namespace():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (LAB_ADDRESS, DATACENTER_ADDRESS):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)


def main():
    given = parse()
    if os.geteuid() != 0:
        raise SystemExit("test-appliance: it needs root, for a network namespace of its own")
    inside = INSIDE in os.environ
    wanted = given.only or (list(cases.CASES) if given.all else cases.DEFAULT)
    wanted = [name for name in dict.fromkeys(wanted) if (name in cases.NEED_THE_INTERNET) != inside]
    with tempfile.TemporaryDirectory(prefix="pcg-appliance-", ignore_cleanup_errors=True) as folder:
        run = Run(given, folder)
        if inside:
            prepare_namespace()
        for name in wanted:
            run.case(name)
    if not inside and (given.all or not given.only or set(given.only) - cases.NEED_THE_INTERNET):
        enter_namespace(run.ended)
    return run.summary()


if __name__ == "__main__":
    sys.exit(main())
