#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks an OVA and boots it: the appliance pairs with the lab's control plane and proxies a vCenter call, on a network
that reaches nothing but the lab. Everything runs in a network namespace of its own, without a way out; needs root."""
import argparse
import base64
import hashlib
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "test" / "lab")]
import check_ova  # noqa: E402
import gateway  # noqa: E402
import machine  # noqa: E402
import process  # noqa: E402
from boot_lab import LAB_ADDRESS, Lab, call_through  # noqa: E402

# Of a machine that is emulated, perhaps while others compile.
BOOT_SECONDS = int(os.environ.get("PCG_BOOT_SECONDS", "1800"))
INSIDE = "PCG_APPLIANCE_TEST_NAMESPACE"
CODES = machine.CODE
BUNDLE = re.compile(r"-----BEGIN PCG SUPPORT BUNDLE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PCG SUPPORT BUNDLE----- sha256 ([0-9a-f]{64})")
NOBODY = 65534


def parse():
    parser = argparse.ArgumentParser(prog="./dev test-appliance", description=__doc__)
    parser.add_argument("--ova", help="which (default: the newest build/ova/pcg-*.ova)")
    parser.add_argument("--all", action="store_true",
                        help="also: build twice and compare, BIOS with properties on an ISO, changes on the running machine, "
                             "libvirt, Secure Boot, wrong properties, a read-only disk, a tampered root")
    parser.add_argument("--only", action="append", choices=list(CASES), help="these cases only")
    parser.add_argument("--images", help="where pictures of the screen are put (default: build/ova/images)")
    return parser.parse_args()


def say(text):
    print(f"==> {text}", flush=True)


def pair(lab, one, code, asks=True):
    """Both people's part: type the code, compare the numbers, say yes (or be the expected tenant)."""
    side = gateway.Pairing(lab.lab, code, lab.tenant["token_file"], one.name)
    try:
        asked = side.expect("confirm", 180)
        if asks:
            shown = one.ctl_json("pairing", "show")
            if gateway.digits(shown["sas"]) != gateway.digits(asked["sas"]):
                raise process.StepError(f"the numbers differ: {shown} and {asked}")
            picture(one, "console-question")
        side.answer(True)
        if asks:
            one.ctl("pairing", "accept")
        return side.expect("paired", 180)["gateway_id"]
    finally:
        side.close()


def picture(one, name):
    IMAGES.mkdir(parents=True, exist_ok=True)
    time.sleep(10)  # tty1 looks for itself, every two seconds of the emulated machine
    one.picture(IMAGES / f"{name}.png")


def check_qr_code(path, expected):
    """What a telephone would read from the screen."""
    read = subprocess.run(["zbarimg", "-q", "--raw", path], capture_output=True, text=True, check=False).stdout.strip()
    if read != expected:
        raise process.StepError(f"the QR code on the screen says {read!r} and not {expected!r}")


# --- cases: each gets the folder, the disk and the OVA ---------------------------------------------------------------


def case_check(folder, _disk, ova):
    place = folder / "check"
    place.mkdir()
    names = check_ova.check(ova, place)
    shutil.copy(place / names[0], place / "good.ovf")
    check_ova.check_that_damage_is_found(ova, place)
    return f"{ova.stat().st_size / 1e6:.1f} MB"


def booted(folder, disk, name, **how):
    """A lab and a started machine; the caller stops both."""
    lab = Lab(folder / f"lab-{name}")
    properties = how.pop("properties", {})
    lab.start()
    one = machine.Machine(folder, disk, name, properties=lab.properties(**properties(lab) if callable(properties) else properties), **how)
    one.start()
    return lab, one


def end_to_end(folder, disk, name, **how):
    lab = one = None
    asks, restarts = how.pop("asks", True), how.pop("restarts", False)
    try:
        lab, one = booted(folder, disk, name, **how)
        code, seconds = one.wait_for_code(BOOT_SECONDS)
        if asks:
            picture(one, "console-code")
            check_qr_code(IMAGES / "console-code.png", one.properties["url"] + "/pair")
        used = one.memory_used()
        gateway_id = pair(lab, one, code, asks)
        call_through(lab, one, gateway_id)
        one.wait_for(lambda: "Paired with tenant-a" in one.said(), 60, "the console to name the tenant")
        if asks:
            picture(one, "console-paired")
        if restarts:
            restart(lab, one, gateway_id)
        return f"code {seconds:.0f} s after power-on, {used:.0f} MiB used, paired, a call proxied{', restarted' if restarts else ''}"
    except process.StepError as error:
        raise process.StepError(f"{error}\n{process.tail(one.serial, 30) if one else ''}") from error
    finally:
        if one:
            one.stop()
        if lab:
            lab.stop()


def restart(lab, one, gateway_id):
    """What it was stays on the data partition."""
    before = len(one.said())
    said = one.ctl("reboot").stdout
    if "restarts" not in said:
        raise process.StepError(f"the restart said {said!r}")
    one.wait_for(lambda: "Paired with tenant-a" in one.said()[before:].partition("The gateway is starting")[2], BOOT_SECONDS, "the console to name the tenant after a restart")
    process.wait_for(lambda: lab.lab.api(lab.tenant).is_online(gateway_id), 120, f"{one.name} to be online after a restart")
    if not any(endpoint["name"] == "vc1" for endpoint in one.ctl_json("endpoint", "list")["endpoints"]):
        raise process.StepError("the endpoint was forgotten over a restart")


def case_uefi(folder, disk, _ova):
    return end_to_end(folder, disk, "uefi")


def case_bios(folder, disk, _ova):
    return end_to_end(folder, disk, "bios", firmware="bios", by="iso", asks=False, restarts=True,
                      properties=lambda lab: {"tenant": lab.tenant["id"], "networks": f"{LAB_ADDRESS}/32"})


def case_change(folder, disk, _ova):
    """What was given at import is changed, goes back, is diagnosed, bundled and forgotten, on the running machine."""
    lab = one = None
    try:
        lab, one = booted(folder, disk, "change", firmware="bios", properties=lambda lab: {
            "tenant": lab.tenant["id"], "dns": LAB_ADDRESS, "ntp": "time.example.com"})
        code, seconds = one.wait_for_code(BOOT_SECONDS)
        used = one.memory_used()
        say(f"change: the code {seconds:.0f} s after power-on, {used:.0f} MiB used")
        settings_on_the_screen(one)
        pair(lab, one, code, asks=False)
        say("change: paired")
        one.wait_for(lambda: '"state":"up"' in one.ctl("status", "--json", check=False).stdout, 500, "the link")
        one.ctl("network", "set", "--search", "lab.example.com", "--within-s", "500", timeout=900)
        say("change: a change was kept")
        reverted = one.ctl("settings", "set", "--url", "https://192.0.2.101", "--within-s", "30", check=False, timeout=900)
        if reverted.returncode != 1 or "as it was before" not in reverted.stderr:
            raise process.StepError(f"a control plane that is not there was kept: {reverted.stdout}{reverted.stderr}")
        shown = one.ctl_json("settings", "show")["values"]
        if shown["url"]["from"] == "this machine" or shown["search"]["value"] != "lab.example.com":
            raise process.StepError(f"after a change that went back the values are {shown}")
        one.wait_for(lambda: one.ctl("diagnose", check=False).returncode == 0, 500, "a ladder on which everything holds")
        clock = next(rung for rung in one.ctl_json("diagnose")["rungs"] if rung["name"] == "Clock")
        say(f"change: the clock is {clock['evidence']}")
        if clock["state"] != "holds" or "time.example.com" not in clock["evidence"]:
            raise process.StepError(f"the clock was not set by NTP: {clock}")
        bundle = one.ctl("support-bundle").stdout
        if "pcg-support/journal.txt" not in bundle or "Linux version" not in bundle and "systemd" not in bundle:
            raise process.StepError("the support bundle holds no journal")
        bundle_by_the_serial_line(one)
        say("change: one went back, the ladder holds, the bundle is there, also by the serial line")
        before = len(CODES.findall(one.said()))
        # The machine may be on its way down before its last word is out.
        reset = one.ctl("factory-reset", "--yes", timeout=300, check=False)
        say(f"change: the factory reset said: {(reset.stdout + reset.stderr).strip()!r}")
        one.wait_for(lambda: len(CODES.findall(one.said())) > before, BOOT_SECONDS, "a new pairing code after the factory reset")
        if "search" in one.ctl_json("settings", "show")["values"]:
            raise process.StepError("the factory reset kept a change")
        return "a change kept, one gone back, the ladder holds, bundled, reset: a new code"
    except process.StepError as error:
        raise process.StepError(f"{error}\n{process.tail(one.serial, 30) if one else ''}") from error
    finally:
        if one:
            one.stop()
        if lab:
            lab.stop()


def settings_on_the_screen(one):
    """At the keyboard: the settings open with a PIN that is set then."""
    picture(one, "console-code")
    one.type("f2")
    time.sleep(5)
    one.type(*"270182", "ret", *"270182", "ret")
    time.sleep(15)
    picture(one, "console-settings")
    one.type("esc")


def bundle_by_the_serial_line(one):
    """From the settings, at the keyboard: what arrives at the other end of the port is the archive."""
    one.type("f2")
    time.sleep(5)
    one.type(*"270182", "ret")
    time.sleep(10)
    one.type(*["down"] * 5, "ret", *"yes", "ret")
    lines = one.wait_for(lambda: BUNDLE.search(one.said()), 300, "the support bundle on the serial line")
    archive = base64.b64decode(lines.group(1))
    if hashlib.sha256(archive).hexdigest() != lines.group(2):
        raise process.StepError("the bundle on the serial line is not what its SHA-256 says")
    names = tarfile.open(fileobj=io.BytesIO(archive)).getnames()
    if "pcg-support/journal.txt" not in names:
        raise process.StepError(f"the bundle on the serial line holds only {names}")
    picture(one, "console-bundle")
    one.type("ret", "esc")


def case_readonly(folder, disk, _ova):
    """A disk that cannot be written to: the machine boots, says what it needs, and shows a code."""
    lab = one = None
    try:
        lab, one = booted(folder, disk, "readonly", firmware="bios", writable=False)
        code, seconds = one.wait_for_code(BOOT_SECONDS)
        one.wait_for(lambda: "appliance.data_missing" in one.said(), 60, "the console to name the disk")
        picture(one, "console-read-only-disk")
        return f"named, and the code {code} {seconds:.0f} s after power-on"
    finally:
        if one:
            one.stop()
        if lab:
            lab.stop()


def case_libvirt(folder, _disk, ova):
    """pcg-import at a libvirt session of a user without rights, from the OVA to the pairing code."""
    home = folder / "libvirt"
    home.mkdir()
    os.chmod(folder, 0o755)
    os.chown(home, NOBODY, NOBODY)
    shutil.copy(ova, home / "pcg.ova")
    program = shutil.copy(pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-import", home)
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env", f"HOME={home}", f"XDG_RUNTIME_DIR={home}"]
    lab = Lab(folder / "lab-libvirt")
    try:
        lab.start()
        given = home / "given"
        given.write_text("".join(f"{name}={value}\n" for name, value in lab.properties().items()))
        given.chmod(0o644)
        began = time.monotonic()
        subprocess.run([*user, program, home / "pcg.ova", "--connect", "qemu:///session", "--name", "dc1", "--user-network",
                        "--disk", home / "dc1.qcow2", "--serial-log", home / "serial.log", "--properties", given], check=True)
        log = home / "serial.log"
        code = process.wait_for(lambda: log.exists() and CODES.findall(log.read_text(errors="replace")), BOOT_SECONDS,
                                "the pairing code of the machine at libvirt", log=log)
        return f"imported and started, the code {code[-1]} after {time.monotonic() - began:.0f} s"
    finally:
        for words in (["destroy", "dc1"], ["undefine", "--nvram", "dc1"]):
            subprocess.run([*user, "virsh", "-q", "-c", "qemu:///session", *words], check=False, capture_output=True)
        for name in ("libvirtd.pid", "virtlogd.pid"):
            for file in home.rglob(name):
                subprocess.run(["kill", file.read_text().strip()], check=False)
        lab.stop()


def case_secure(folder, disk, _ova):
    """Properties from SMBIOS; there is nothing on the network that they name."""
    one = machine.Machine(folder, disk, "secure", firmware="secure", by="smbios", properties={"url": "https://pair.example.com"})
    try:
        one.start()
        one.wait_for(lambda: "ladder.dns" in one.said() and "Control plane  https://pair.example.com" in one.said(), BOOT_SECONDS,
                     "the console, with what SMBIOS said")
        return f"the console {time.monotonic() - one.started:.0f} s after power-on"
    finally:
        one.stop()


def case_wrong(folder, disk, _ova):
    """Wrong values: the machine boots and names each."""
    wrong = {"ipv4": "10.0.0.5/255.0.255.0", "url": "pair.example.com", "ssh_key": ""}
    one = machine.Machine(folder, disk, "wrong", properties=wrong)
    try:
        one.start()
        one.wait_for(lambda: "appliance.property.ipv4" in one.said() and "appliance.property.url" in one.said(), BOOT_SECONDS,
                     "the console to name what is wrong")
        picture(one, "console-wrong-property")
        return "both named on the console"
    finally:
        one.stop()


def case_tamper(folder, disk, _ova):
    one = machine.Machine(folder, disk, "tamper", firmware="bios")
    try:
        one.damage_root()
        one.start()
        refused = one.wait_for(lambda: [word for word in ("device corrupted", "boot.root_refused") if word in one.said()],
                               BOOT_SECONDS, "the refusal")
        if "Private Cloud Gateway 0" in one.said():
            raise process.StepError("the console came up on a root that was tampered with")
        return f"refused: {refused[0]}"
    finally:
        one.stop()


def case_twice(folder, _disk, ova):
    """The same octets from a second build, with a root of its own and the same key."""
    out = folder / "second"
    subprocess.run([ROOT / "appliance/ova/build.sh", "--out", out, "--sign-key", ova.parent / "signing/key.pem",
                    "--sign-certificate", ova.parent / "signing/certificate.pem", "--preset", PRESET, *OPTIONS], check=True)
    if check_ova.digest(out / ova.name) != check_ova.digest(ova):
        raise process.StepError(f"{out / ova.name} differs from {ova}")
    return "two builds, the same octets"


CASES = {"check": case_check, "uefi": case_uefi, "bios": case_bios, "change": case_change, "libvirt": case_libvirt,
         "secure": case_secure, "wrong": case_wrong, "readonly": case_readonly, "tamper": case_tamper, "twice": case_twice}
DEFAULT = ["check", "uefi"]
BOOTS = {"uefi", "bios", "change", "secure", "wrong", "readonly", "tamper"}
IMAGES = ROOT / "build" / "ova" / "images"
# How the OVA was built, for the case twice: whose programs, and perhaps --fast.
PRESET = os.environ.get("PCG_OVA_PRESET", "release")
OPTIONS = os.environ.get("PCG_OVA_OPTIONS", "").split()


def newest():
    found = sorted((ROOT / "build" / "ova").glob("pcg-*.ova"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise SystemExit("test-appliance: there is no build/ova/pcg-*.ova; build it with ./dev ova")
    return found[-1]


def enter_namespace():
    """Runs this program again where there is no network but a loopback with the lab's address."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "address", "add", f"{LAB_ADDRESS}/32", "dev", "lo"], check=True)
        return
    os.environ[INSIDE] = "yes"
    os.execvp("unshare", ["unshare", "--net", sys.executable, "-B", *sys.argv])


def main():
    global IMAGES
    given = parse()
    if os.geteuid() != 0:
        raise SystemExit("test-appliance: it needs root, for a network namespace of its own")
    cases = given.only or (list(CASES) if given.all else DEFAULT)
    ova = pathlib.Path(given.ova).resolve() if given.ova else newest()
    if "twice" in cases and not os.environ.get(INSIDE):
        with tempfile.TemporaryDirectory(prefix="pcg-appliance-") as folder:  # apt needs the network
            say(f"twice: {case_twice(pathlib.Path(folder), None, ova)}")
    cases = [name for name in cases if name != "twice"]
    if not cases:
        return 0
    enter_namespace()
    IMAGES = pathlib.Path(given.images).resolve() if given.images else IMAGES
    failed = 0
    with tempfile.TemporaryDirectory(prefix="pcg-appliance-", ignore_cleanup_errors=True) as name:
        folder, disk = pathlib.Path(name), pathlib.Path(name) / "appliance.qcow2"
        if BOOTS & set(cases):
            names = check_ova.extract(ova, folder)
            subprocess.run(["qemu-img", "convert", "-O", "qcow2", folder / names[-1], disk], check=True)
        for case in cases:
            start = time.monotonic()
            try:
                result = CASES[case](folder, disk, ova)
                say(f"{case}: good, {result} ({time.monotonic() - start:.0f} s)")
            except (process.StepError, check_ova.Refused, subprocess.CalledProcessError) as error:
                failed += 1
                say(f"{case}: FAILED ({time.monotonic() - start:.0f} s): {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
