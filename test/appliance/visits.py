# SPDX-License-Identifier: Apache-2.0
"""What the cases do with a booted appliance: pair it, send a client's call through it, look at its screen and at itself."""
import contextlib
import os
import pathlib
import re
import subprocess
import time

import boot_lab
import gateway
import machine
import process

# Of a machine that is emulated, perhaps while others compile.
BOOT_SECONDS = int(os.environ.get("PCG_BOOT_SECONDS", "1800"))
GOAL_CODE_SECONDS, MOST_USED_MIB = 60, 180


class Visit:
    """One case's: a folder of its own, the disk out of the OVA, and where pictures and figures go."""

    def __init__(self, name, folder, ova, disk, images, figures):
        self.name, self.folder, self.ova, self.disk = name, pathlib.Path(folder), ova, disk
        self.images, self.figures = pathlib.Path(images), figures

    @contextlib.contextmanager
    def lab(self):
        lab = boot_lab.Lab(self.folder / "lab")
        try:
            lab.start()
            yield lab
        finally:
            lab.stop()

    @contextlib.contextmanager
    def machine(self, name="machine", before=None, **how):
        """A started one; `before`: what is done to its disk."""
        one = machine.Machine(self.folder, self.disk, name, **how)
        try:
            if before:
                before(one)
            one.start()
            yield one
        finally:
            one.stop()

    @contextlib.contextmanager
    def booted(self, properties=lambda lab: {}, **how):
        with self.lab() as lab, self.machine(properties=lab.properties(**properties(lab)), **how) as one:
            yield lab, one

    def code(self, one):
        """The pairing code; how long it took is noted."""
        code, seconds = one.wait_for_code(BOOT_SECONDS)
        self.figures.note(f"power-on to code, {self.name}", seconds, "s", GOAL_CODE_SECONDS)
        return code

    def memory(self, one):
        self.figures.hold(f"used in the guest when the code is shown, {self.name}", one.memory_used(), "MiB", MOST_USED_MIB)

    def picture(self, one, name):
        self.images.mkdir(parents=True, exist_ok=True)
        time.sleep(10)  # tty1 looks for itself, every two seconds of the emulated machine
        one.picture(self.images / f"{name}.png")

    def check_qr_code(self, name, expected):
        """What a telephone would read from the screen."""
        read = subprocess.run(["zbarimg", "-q", "--raw", self.images / f"{name}.png"], capture_output=True, text=True,
                              check=False).stdout.strip()
        if read != expected:
            raise process.StepError(f"the QR code on the screen says {read!r} and not {expected!r}")

    def pair(self, lab, one, code, asks=False):
        """Both people's part: type the code, compare the numbers, say yes (or be the expected tenant)."""
        side = gateway.Pairing(lab.lab, code, lab.tenant["token_file"], one.name)
        try:
            asked = side.expect("confirm", 180)
            if asks:
                shown = one.ctl_json("pairing", "show")
                if gateway.digits(shown["sas"]) != gateway.digits(asked["sas"]):
                    raise process.StepError(f"the numbers differ: {shown} and {asked}")
                self.picture(one, "console-question")
            side.answer(True)
            if asks:
                one.ctl("pairing", "accept")
            return side.expect("paired", 180)["gateway_id"]
        finally:
            side.close()

    def pair_and_call(self, lab, one, code, asks=False):
        """From the code to an unmodified client's call; the gateway's id."""
        gateway_id = self.pair(lab, one, code, asks)
        boot_lab.call_through(lab, one, gateway_id)
        one.wait_for(lambda: "Paired with tenant-a" in one.said(), 60, "the console to name the tenant")
        return gateway_id


def bundle(one):
    """The support bundle over SSH, as text: a tar archive of texts."""
    text = one.ctl("support-bundle").stdout
    if "pcg-support/journal.txt" not in text or "Linux version" not in text:
        raise process.StepError("the support bundle holds no journal with the kernel's lines")
    return text


def part(text, name):
    """One file of the bundle: what stands behind its header's block of 512 octets, up to the zeros that fill the last one."""
    begin = text.index(f"pcg-support/{name}\0")
    return text[begin + 512:].partition("\0")[0]


def listening(sockets):
    """(port, on loopback only) of each TCP socket that listens and each UDP socket that waits for anybody, as /proc/net shows them."""
    found = set()
    for line in sockets.splitlines():
        seen = re.match(r"\s*\d+: (\S+):([0-9A-F]{4}) \S+:0000 (0A|07) ", line)
        if seen:
            loopback = seen[1].endswith("7F") or seen[1] == "0" * 24 + "01000000"
            found.add((int(seen[2], 16), loopback))
    return found
