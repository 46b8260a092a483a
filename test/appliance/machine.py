# SPDX-License-Identifier: Apache-2.0
"""A virtual machine of the appliance under QEMU without KVM, and what it says."""
import json
import pathlib
import re
import socket
import subprocess
import time

import process  # test/lab

SECTOR = 512
ROOT_A = 331776 * SECTOR
ESP, BOOT_A = (4096, 65536), (69632, 131072)  # first sector and how many: appliance/ova/boot.sh
CODE = re.compile(r"Pairing code: (\w{4}-\w{4}-\w{4})")
# The first line of the console, with or without a version; a comma behind the name is the boot loader's.
CONSOLE = re.compile(r"Private Cloud Gateway(?!,)")
OVMF = pathlib.Path("/usr/share/OVMF")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def environment(properties):
    """The OVF environment that a hypervisor would make of these."""
    from xml.sax.saxutils import quoteattr
    lines = "".join(f"<Property oe:key={quoteattr('pcgw.' + key)} oe:value={quoteattr(value)}/>"
                    for key, value in properties.items())
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1" '
            'xmlns:oe="http://schemas.dmtf.org/ovf/environment/1" oe:id="vm">'
            f"<PropertySection>{lines}</PropertySection></Environment>\n")


class Appliance:
    """What is seen of a running appliance from outside, whoever runs it: its serial line, and pcgctl over SSH."""

    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder) / name, name
        self.folder.mkdir(parents=True)
        self.serial, self.started = self.folder / "serial.log", None
        self.ssh_port, self.key = free_port(), self.folder / "id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(self.key)], check=True)

    def public_key(self):
        return self.key.with_suffix(".pub").read_text().strip()

    def check_it_runs(self):
        """Raises when it has ended; whoever runs it knows."""

    def said(self):
        try:
            return self.serial.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait_for(self, condition, seconds, what):
        """Whatever the condition returns; the machine's end ends it early."""
        def look():
            self.check_it_runs()
            return condition()
        return process.wait_for(look, seconds, f"{self.name}: {what}", log=self.serial)

    def wait_for_code(self, seconds):
        """The newest code on the serial line, and how long it took from power-on."""
        found = self.wait_for(lambda: CODE.findall(self.said()), seconds, "the pairing code")
        took = time.monotonic() - self.started
        if not CONSOLE.search(self.said()):  # case_tamper relies on it
            raise process.StepError(f"{self.name}: the console shows a code, and not the line that other cases look for", self.serial)
        return found[-1], took

    def greets_by_ssh(self, seconds):
        """Whether whoever connects to port 22 hears from an SSH server within that time."""
        with socket.create_connection(("127.0.0.1", self.ssh_port), timeout=seconds) as one:
            try:
                return one.recv(4) == b"SSH-"
            except OSError:  # nobody answers, or it is cut
                return False

    def ctl(self, *words, stdin="", check=True, timeout=400):
        """pcgctl, as an administrator runs it over SSH."""
        done = subprocess.run(
            ["ssh", "-i", str(self.key), "-p", str(self.ssh_port), "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60",
             "admin@127.0.0.1", " ".join(words)],
            input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise process.StepError(f"{self.name}: pcgctl {' '.join(words)}: {done.stderr.strip()}", self.serial)
        return done

    def ctl_json(self, *words, **options):
        return json.loads(self.ctl(*words, "--json", **options).stdout)


class Machine(Appliance):
    """`disk` is what qemu-img made of the OVA's VMDK; it is not written to."""

    def __init__(self, folder, disk, name, firmware="uefi", properties=None, by="fw_cfg", writable=True):
        super().__init__(folder, name)
        self.firmware, self.writable, self.disk = firmware, writable, self.folder / "disk.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(disk), "-F", "qcow2", str(self.disk)], check=True)
        self.properties, self.by = dict(properties or {}), by
        self.properties.setdefault("ssh_key", self.public_key())
        self.child = None

    def write(self, at, octet, count):
        """To its disk while it is off, as somebody with the disk could."""
        subprocess.run(["qemu-io", "-c", f"write -P {octet} {at} {count}", str(self.disk)], check=True, stdout=subprocess.DEVNULL)

    def damage_root(self):
        self.write(ROOT_A + 64 * 1024, 0xa5, 1 << 20)

    def damage_signature(self, partition, text):
        """Changes one letter of a sentence that a program of the boot chain would print where it cannot run: the program does
        what it did before, and is not what was signed."""
        first, sectors = partition
        part = self.folder / "partition.img"
        subprocess.run(["qemu-img", "dd", "-f", "qcow2", "-O", "raw", f"bs={SECTOR}", f"skip={first}", f"count={first + sectors}",
                        f"if={self.disk}", f"of={part}"], check=True, capture_output=True)
        places = [found.start() for found in re.finditer(re.escape(text), part.read_bytes())]
        part.unlink()
        if not places:
            raise process.StepError(f"{self.name}: there is no {text!r} where it was expected; look for another harmless place")
        for place in places:
            self.write(first * SECTOR + place, 0x58, 1)

    def command(self):
        words = ["qemu-system-x86_64", "-cpu", "max", "-smp", "2", "-m", "1024", "-accel", "tcg,thread=multi",
                 "-display", "none", "-vga", "std", "-rtc", "base=utc", "-no-user-config",
                 "-serial", f"file:{self.serial}", "-qmp", f"unix:{self.folder}/qmp.sock,server=on,wait=off",
                 "-netdev", f"user,id=n0,hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22",
                 "-device", "virtio-balloon-pci,id=balloon", "-device", "i6300esb", "-action", "watchdog=reset"]
        secure = self.firmware == "secure"
        if self.firmware == "bios":
            words += ["-machine", "pc", "-device", "virtio-net-pci,netdev=n0,romfile=",
                      "-drive", f"if=virtio,format=qcow2,file={self.disk},cache=unsafe,readonly={'off' if self.writable else 'on'}"]
        else:
            code = OVMF / ("OVMF_CODE_4M.secboot.fd" if secure else "OVMF_CODE_4M.fd")
            variables = self.folder / "vars.fd"
            variables.write_bytes((OVMF / ("OVMF_VARS_4M.ms.fd" if secure else "OVMF_VARS_4M.fd")).read_bytes())
            words += ["-machine", f"q35,smm={'on' if secure else 'off'}", "-device", "vmxnet3,netdev=n0,romfile=",
                      "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
                      "-drive", f"if=pflash,format=raw,unit=1,file={variables}",
                      "-drive", f"if=none,id=d0,format=qcow2,file={self.disk},cache=unsafe", "-device", "ide-hd,drive=d0,bus=ide.0,bootindex=0"]
            if secure:
                words += ["-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1"]
        return words + self.given()

    def given(self):
        text = self.folder / "ovf-env.xml"
        text.write_text(environment(self.properties))
        if self.by == "fw_cfg":
            return ["-fw_cfg", f"name=opt/org.pcg/ovfenv,file={text}"]
        if self.by == "smbios":
            values = [f"value=pcgw.{key}={value}".replace(",", ",,") for key, value in self.properties.items()]
            return ["-smbios", ",".join(["type=11", *values])]
        if self.by == "iso":
            iso = self.folder / "properties.iso"
            subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", str(iso), "-J", "-R", str(text)], check=True,
                           capture_output=True)
            return ["-drive", f"if=none,id=cd0,media=cdrom,format=raw,readonly=on,file={iso}", "-device", "ide-cd,drive=cd0"]
        return []

    def start(self):
        self.started = time.monotonic()
        with open(self.folder / "qemu.log", "w", encoding="utf-8") as log:
            self.child = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def check_it_runs(self):
        if self.child.poll() is not None:
            raise process.StepError(f"{self.name}: QEMU ended: {(self.folder / 'qemu.log').read_text()[-500:]}", self.serial)

    # --- QEMU's monitor -------------------------------------------------------------------------------------

    def qmp(self, command, **arguments):
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(60)
            one.connect(str(self.folder / "qmp.sock"))
            stream = one.makefile("rw")
            stream.readline()
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
                while "event" in answer:
                    answer = json.loads(stream.readline())
            if "error" in answer:
                raise process.StepError(f"{self.name}: {command}: {answer['error']['desc']}")
            return answer["return"]

    def type(self, *names):
        """Keys at the machine's own keyboard, by QEMU's names: "f2", "1", "ret"."""
        for name in names:
            self.qmp("send-key", keys=[{"type": "qcode", "data": name}])
            time.sleep(0.3)  # the keyboard's, not a condition: it holds one key at a time

    def settle(self, seconds=12):
        """Until the screen has stood still for so long: what was typed has led to its page. The console takes no keys while it
        asks for something."""
        part, last, since = self.folder / "settled.png", None, time.monotonic()
        deadline = since + 120
        while time.monotonic() - since < seconds:
            if time.monotonic() > deadline:
                raise process.StepError(f"{self.name}: the screen does not come to rest", self.serial)
            part.unlink(missing_ok=True)
            self.qmp("screendump", filename=str(part), format="png")
            if part.read_bytes() != last:
                last, since = part.read_bytes(), time.monotonic()
            time.sleep(0.5)

    def picture(self, path):
        """The screen, when it has stood still for a moment."""
        part, last = self.folder / "screen.png", None

        def still():
            nonlocal last
            part.unlink(missing_ok=True)
            self.qmp("screendump", filename=str(part), format="png")
            before, last = last, part.read_bytes()
            return before == last

        process.wait_for(still, 60, f"{self.name}: a screen that stands still")
        pathlib.Path(path).write_bytes(last)

    def memory_used(self):
        """MiB that the guest calls used (total less available), from the balloon's driver."""
        self.qmp("qom-set", path="/machine/peripheral/balloon", property="guest-stats-polling-interval", value=2)

        def stats():
            found = self.qmp("qom-get", path="/machine/peripheral/balloon", property="guest-stats")
            values = found["stats"]
            return values if found["last-update"] and values["stat-available-memory"] < 1 << 60 else None

        values = self.wait_for(stats, 60, "the guest's memory statistics")
        return (values["stat-total-memory"] - values["stat-available-memory"]) / (1 << 20)

    def stop(self):
        if self.child and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
