# SPDX-License-Identifier: Apache-2.0
"""The cases of ./dev test-appliance. Each gets a Visit, raises what was wrong, and returns in a few words what it saw."""
import base64
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import time

import boot_lab
import check_ova
import check_sbom
import machine
import process
import visits
from boot_lab import LAB_ADDRESS
from visits import BOOT_SECONDS

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOBODY = 65534
MOST_OVA_MB, GOAL_BUILD_SECONDS = 100, 240
BUNDLE = re.compile(r"-----BEGIN PCG SUPPORT BUNDLE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PCG SUPPORT BUNDLE----- sha256 ([0-9a-f]{64})")


def how_built(ova):
    """What build.sh noted beside the OVA; nothing for one from elsewhere."""
    try:
        return json.loads(ova.with_suffix(".build.json").read_text())
    except (OSError, ValueError):
        return {}


def check(visit):
    """Without a boot: size, archive, manifest, signature, schema, machine, properties, list of parts; and damage to them."""
    built = how_built(visit.ova)
    if built:
        visit.figures.note(f"build{' with --fast' if built['fast'] else ''}{' --keep-rootfs' if built['kept_rootfs'] else ''}"
                           f", when the load was {built['load']}", built["seconds"], "s", GOAL_BUILD_SECONDS)
    visit.figures.hold("OVA", visit.ova.stat().st_size / 1e6, "MB", MOST_OVA_MB)
    names = check_ova.check(visit.ova, visit.folder)
    parts = check_sbom.check(visit.ova, visit.folder / names[-1], visit.folder)
    shutil.copy(visit.folder / names[0], visit.folder / "good.ovf")
    check_ova.check_that_damage_is_found(visit.ova, visit.folder)
    return parts


def root(visit):
    """Also without a boot: the hardening, in the files of the root."""
    done = subprocess.run(["/usr/bin/python3", "-B", pathlib.Path(__file__).with_name("root_test.py")], text=True, capture_output=True,
                          env={**os.environ, "PCG_OVA": str(visit.ova), "TMPDIR": str(visit.folder)}, timeout=600, check=False)
    said = re.search(r"^Ran (\d+) tests", done.stderr, re.M)
    if done.returncode != 0 or not said or int(said[1]) == 0:
        raise process.StepError(done.stderr[-4000:])
    return f"{said[1]} promises hold"


def uefi(visit):
    with visit.booted() as (lab, one):
        code = visit.code(one)
        visit.picture(one, "console-code")
        visit.check_qr_code("console-code", one.properties["url"] + "/pair")
        visit.memory(one)
        visit.pair_and_call(lab, one, code, asks=True)
        visit.picture(one, "console-paired")
        if not one.greets_by_ssh(60):
            raise process.StepError("with a key nobody answers at port 22")
        return f"paired, a call proxied, {looks_within(one)}"


def looks_within(one):
    """What can be said of a running machine only: who listens, and that nothing failed on the way."""
    text = visits.bundle(one)
    if "Secure boot enabled" in text:  # so that the case secure, which looks for it, does not find it everywhere
        raise process.StepError("the kernel calls Secure Boot enabled where it is not")
    open_to_others = {port for port, loopback in visits.listening(visits.part(text, "sockets.txt")) if not loopback}
    # 22: a key was given. 68 and 546: the DHCP clients.
    if 22 not in open_to_others or open_to_others - {22, 68, 546}:
        raise process.StepError(f"these ports are open to others: {sorted(open_to_others)}")
    failed = [line for line in visits.part(text, "journal.txt").splitlines() if "Failed to start" in line or "Failed with result" in line]
    if failed:
        raise process.StepError(f"services failed: {failed[:5]}")
    return "only SSH listens, no service failed"


def bios(visit):
    """Properties on an ISO, control plane and bus by name, an expected tenant, and a restart that forgets nothing."""
    with visit.booted(lambda lab: {"tenant": lab.tenant["id"], **lab.by_name()}, firmware="bios", by="iso") as (lab, one):
        code = visit.code(one)
        visit.memory(one)
        gateway_id = visit.pair_and_call(lab, one, code)
        restart(lab, one, gateway_id)
        return "paired, a call proxied, restarted"


def restart(lab, one, gateway_id):
    """What it was stays on the data partition."""
    before = len(one.said())
    said = one.ctl("reboot").stdout
    if "restarts" not in said:
        raise process.StepError(f"the restart said {said!r}")
    one.wait_for(lambda: "Paired with tenant-a" in one.said()[before:].partition("The gateway is starting")[2], BOOT_SECONDS,
                 "the console to name the tenant after a restart")
    process.wait_for(lambda: lab.lab.api(lab.tenant).is_online(gateway_id), 120, f"{one.name} to be online after a restart")
    if not any(endpoint["name"] == "vc1" for endpoint in one.ctl_json("endpoint", "list")["endpoints"]):
        raise process.StepError("the endpoint was forgotten over a restart")


def change(visit):
    """What was given at import is changed, goes back, is diagnosed, bundled and forgotten, on the running machine."""
    with visit.booted(lambda lab: {"tenant": lab.tenant["id"], "dns": LAB_ADDRESS, "ntp": "time.example.com", "networks": ""}, firmware="bios") as (lab, one):
        code = visit.code(one)
        visit.memory(one)
        settings_on_the_screen(visit, one)
        visit.pair(lab, one, code)
        one.wait_for(lambda: '"state":"up"' in one.ctl("status", "--json", check=False).stdout, 500, "the link")
        nowhere_until_it_is_configured(lab, one)
        changed_and_gone_back(one)
        one.wait_for(lambda: one.ctl("diagnose", check=False).returncode == 0, 500, "a ladder on which everything holds")
        clock = next(rung for rung in one.ctl_json("diagnose")["rungs"] if rung["name"] == "Clock")
        if clock["state"] != "holds" or "time.example.com" not in clock["evidence"]:
            raise process.StepError(f"the clock was not set by NTP: {clock}")
        visits.bundle(one)
        bundle_by_the_serial_line(visit, one)
        factory_reset(one)
        return "a change kept, one gone back, the ladder holds, bundled, reset: a new code"


def nowhere_until_it_is_configured(lab, one):
    """The link stands by what `url` and `bus` say; an endpoint in a network that nobody named is not reached."""
    def endpoint():
        return next(found for found in one.ctl_json("endpoint", "list")["endpoints"] if found["name"] == "vc1")

    boot_lab.add_vcenter(lab, one)
    one.wait_for(lambda: "`networks`" in endpoint().get("why", ""), 120, "the endpoint's state to name the property")
    if endpoint()["state"] == "ok":
        raise process.StepError(f"an endpoint outside of the networks was reached: {endpoint()}")
    one.ctl("network", "set", "--networks", boot_lab.DATACENTER_NETWORK, "--within-s", "500", timeout=900)
    one.wait_for(lambda: endpoint()["state"] == "ok", 180, "the endpoint in a network that was named")


def changed_and_gone_back(one):
    one.ctl("network", "set", "--search", "lab.example.com", "--within-s", "500", timeout=900)
    reverted = one.ctl("settings", "set", "--url", "https://192.0.2.101", "--within-s", "30", check=False, timeout=900)
    if reverted.returncode != 1 or "as it was before" not in reverted.stderr:
        raise process.StepError(f"a control plane that is not there was kept: {reverted.stdout}{reverted.stderr}")
    shown = one.ctl_json("settings", "show")["values"]
    if shown["url"]["from"] == "this machine" or shown["search"]["value"] != "lab.example.com":
        raise process.StepError(f"after a change that went back the values are {shown}")


def factory_reset(one):
    before = len(machine.CODE.findall(one.said()))
    # The machine may be on its way down before its last word is out.
    one.ctl("factory-reset", "--yes", timeout=300, check=False)
    one.wait_for(lambda: len(machine.CODE.findall(one.said())) > before, BOOT_SECONDS, "a new pairing code after the factory reset")
    if "search" in one.ctl_json("settings", "show")["values"]:
        raise process.StepError("the factory reset kept a change")


def settings_on_the_screen(visit, one):
    """At the keyboard: the settings open with a PIN that is set then."""
    one.picture(visit.folder / "before.png")  # the screen stands; the document's picture of it is of the case uefi
    for keys in (["f2"], [*"270182", "ret"], [*"270182", "ret"]):
        one.type(*keys)
        one.settle()
    visit.picture(one, "console-settings")
    one.type("esc")


def bundle_by_the_serial_line(visit, one):
    """From the settings, at the keyboard: what arrives at the other end of the port is the archive."""
    for keys in (["f2"], [*"270182", "ret"], [*["down"] * 5, "ret"], [*"yes", "ret"]):
        one.type(*keys)
        one.settle()
    lines = one.wait_for(lambda: BUNDLE.search(one.said()), 300, "the support bundle on the serial line")
    archive = base64.b64decode(lines.group(1))
    if hashlib.sha256(archive).hexdigest() != lines.group(2):
        raise process.StepError("the bundle on the serial line is not what its SHA-256 says")
    names = tarfile.open(fileobj=io.BytesIO(archive)).getnames()
    if "pcg-support/journal.txt" not in names:
        raise process.StepError(f"the bundle on the serial line holds only {names}")
    visit.picture(one, "console-bundle")
    one.type("ret", "esc")


def readonly(visit):
    """A disk that cannot be written to: the machine boots, says what it needs, and shows a code."""
    with visit.booted(firmware="bios", writable=False) as (_lab, one):
        code = visit.code(one)
        one.wait_for(lambda: "appliance.data_missing" in one.said(), 60, "the console to name the disk")
        visit.picture(one, "console-read-only-disk")
        return f"named, and a code all the same: {code}"


class Domain(machine.Appliance):
    """One that libvirt runs, in the session of a user without rights."""

    def __init__(self, home, ova):
        super().__init__(home, "dc1")
        for place in (home, self.folder):
            os.chmod(place, 0o755)
        os.chown(self.folder, NOBODY, NOBODY)
        shutil.copy(ova, self.folder / "pcg.ova")
        self.program = shutil.copy(pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-import", self.folder)
        self.user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env", f"HOME={self.folder}",
                     f"XDG_RUNTIME_DIR={self.folder}"]

    def run(self, *words, **how):
        return subprocess.run([*self.user, *words], **how)

    def virsh(self, *words, check=True):
        return self.run("virsh", "-q", "-c", "qemu:///session", *words, check=check, capture_output=True, text=True, timeout=120)

    def start(self, properties):
        given = self.folder / "given"
        given.write_text("".join(f"{name}={value}\n" for name, value in {**properties, "ssh_key": self.public_key()}.items()))
        given.chmod(0o644)
        self.started = time.monotonic()
        self.run(self.program, self.folder / "pcg.ova", "--connect", "qemu:///session", "--name", self.name, "--user-network",
                 "--disk", self.folder / "dc1.qcow2", "--serial-log", self.serial, "--properties", given, check=True, capture_output=True)
        # libvirt's user network lets nobody in by itself.
        self.virsh("qemu-monitor-command", "--hmp", self.name, f"hostfwd_add hostnet0 tcp:127.0.0.1:{self.ssh_port}-:22")

    def stop(self):
        for words in (["destroy", self.name], ["undefine", "--nvram", self.name]):
            self.virsh(*words, check=False)
        for name in ("libvirtd.pid", "virtlogd.pid"):
            for file in self.folder.rglob(name):
                subprocess.run(["kill", file.read_text().strip()], check=False)


def libvirt(visit):
    """pcg-import at a libvirt session of a user without rights, from the OVA to a client's call."""
    os.chmod(visit.folder.parent, 0o755)
    with visit.lab() as lab:
        one = Domain(visit.folder, visit.ova)
        try:
            one.start(lab.properties(tenant=lab.tenant["id"]))
            code, seconds = one.wait_for_code(BOOT_SECONDS)
            visit.figures.note("pcg-import begun to code, libvirt", seconds, "s")
            visit.pair_and_call(lab, one, code)
            return "imported, paired, a call proxied"
        finally:
            one.stop()


LOADER_SENTENCE = b"This program cannot be run in DOS mode"  # of shim and GRUB
KERNEL_SENTENCE = b"debian-kernel@lists.debian.org"  # in the kernel's version, beside its header


def break_loader(one):
    one.damage_signature(machine.ESP, LOADER_SENTENCE)


def break_kernel(one):
    one.damage_signature(machine.BOOT_A, KERNEL_SENTENCE)


def break_both(one):
    break_loader(one)
    break_kernel(one)


def secure(visit):
    """Secure Boot with Microsoft's keys, properties from SMBIOS. What is not signed is refused, and only by it."""
    for name, damage, words in (("loader", break_loader, r"Access Denied|Security Violation"), ("kernel", break_kernel, r"bad shim signature")):
        with visit.machine(f"broken-{name}", damage, firmware="secure") as one:
            one.wait_for(lambda words=words, one=one: re.search(words, one.said()), BOOT_SECONDS, f"the refusal of a {name} that was changed")
            if machine.CONSOLE.search(one.said()) or "pcg:" in one.said():
                raise process.StepError(f"it booted with a {name} that was changed", one.serial)
    with visit.machine("broken-without", break_both, firmware="uefi", properties={"url": "https://pair.example.com"}) as one:
        one.wait_for(lambda: machine.CONSOLE.search(one.said()), BOOT_SECONDS, "the console of the same disk without Secure Boot")
    with visit.booted(lambda lab: {"tenant": lab.tenant["id"]}, firmware="secure", by="smbios") as (lab, one):
        code = visit.code(one)
        visit.pair_and_call(lab, one, code)
        journal = visits.part(visits.bundle(one), "journal.txt")
        if "Secure boot enabled" not in journal or "Kernel is locked down" not in journal:
            raise process.StepError("the kernel does not say that Secure Boot is on and that it is locked down")
    return "on, as the kernel says; paired, a call proxied; a changed loader and a changed kernel refused, and booted without it"


def wrong(visit):
    """Wrong values: the machine boots and names each. Without a key nobody answers at port 22."""
    given = {"ipv4": "10.0.0.5/255.0.255.0", "url": "pair.example.com", "ssh_key": ""}
    with visit.machine(properties=given) as one:
        one.wait_for(lambda: "appliance.property.ipv4" in one.said() and "appliance.property.url" in one.said(), BOOT_SECONDS,
                     "the console to name what is wrong")
        visit.picture(one, "console-wrong-property")
        if one.greets_by_ssh(60):
            raise process.StepError("an SSH server answers though no key was given")
        return "both named on the console, and nobody at port 22"


def tamper(visit):
    """A root that was changed is refused, and refused again after the restart that follows."""
    refusal = re.compile(r"(?<!end )Kernel panic[^\n]*device corrupted|boot\.root_refused")  # once in each start
    with visit.machine(before=machine.Machine.damage_root, firmware="bios") as one:
        one.wait_for(lambda: len(refusal.findall(one.said())) > 1 and one.said(), BOOT_SECONDS, "the refusal, twice")
        if machine.CONSOLE.search(one.said()) or machine.CODE.search(one.said()):
            raise process.StepError("the console came up on a root that was tampered with", one.serial)
        return f"refused: {refusal.search(one.said())[0]}"


def twice(visit):
    """The same octets from a second build, with a root of its own and the same key."""
    out, built = visit.folder / "second", how_built(visit.ova)
    signing = visit.ova.parent / "signing"
    log = visit.folder / "build.log"
    with open(log, "w", encoding="utf-8") as file:
        done = subprocess.run([ROOT / "appliance/ova/build.sh", "--out", out, "--sign-key", signing / "key.pem", "--sign-certificate",
                               signing / "certificate.pem", "--preset", built.get("preset", "release"),
                               *(["--fast"] if built.get("fast") else [])], stdout=file, stderr=file, check=False)
    if done.returncode != 0:
        raise process.StepError(f"the second build failed: {process.tail(log, 5)}", log)
    for name in (visit.ova.name, visit.ova.with_suffix(".spdx.json").name):
        if check_ova.digest(out / name) != check_ova.digest(visit.ova.parent / name):
            raise process.StepError(f"{name} of the second build differs")
    return "two builds, the same octets"


CASES = {one.__name__: one for one in (check, root, uefi, bios, change, libvirt, secure, wrong, readonly, tamper, twice)}
DEFAULT = ["check", "root", "uefi"]
NEED_NO_DISK = {"check", "root", "libvirt", "twice"}  # they take the OVA
NEED_THE_INTERNET = {"twice"}  # apt
