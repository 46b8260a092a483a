#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The hardening that docs/appliance.md promises, seen in the root of the OVA that PCG_OVA names, without booting it: the case
`root` of ./dev test-appliance. Needs root, which owns its files."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lab"), str(pathlib.Path(__file__).resolve().parent)]
import machine  # noqa: E402

OVA = pathlib.Path(os.environ["PCG_OVA"])
MOST_EXPOSURE = 2.0
USERS = {"pcg-gateway": 880, "pcg-console": 881, "admin": 882, "pcg-egress": 884}
NO_SHELL = {"/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false"}


def unpack(ova, folder):
    """The files of slot a's root."""
    with tarfile.open(ova) as archive:
        disk = next(one for one in archive.getmembers() if re.fullmatch(r"[A-Za-z0-9.-]+\.vmdk", one.name))
        archive.extract(disk, folder)
    raw = folder / "disk.raw"
    subprocess.run(["qemu-img", "convert", "-f", "vmdk", "-O", "raw", folder / disk.name, raw], check=True)
    subprocess.run(["unsquashfs", "-quiet", "-no-progress", "-o", str(machine.ROOT_A), "-d", folder / "root", raw], check=True,
                   stdout=subprocess.DEVNULL)
    raw.unlink()
    return folder / "root"


class Root(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pcg-root-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = unpack(OVA, pathlib.Path(folder.name))

    def read(self, name):
        return (self.root / name).read_text()

    def setting(self, folder, name):
        """What the last of systemd's files that says it says."""
        values = [line.split("=", 1)[1] for path in sorted((self.root / folder).glob("*.conf"))
                  for line in path.read_text().splitlines() if line.startswith(f"{name}=")]
        self.assertTrue(values, f"{folder}: {name} is not set")
        return values[-1]

    def unit(self, name):
        """The lines of a unit and what is put over it, where systemd looks for them."""
        text = ""
        for folder in ("usr/lib/systemd/system", "etc/systemd/system"):
            for path in (self.root / folder / name, *sorted((self.root / folder / f"{name}.d").glob("*.conf"))):
                text += path.read_text() if path.is_file() else ""
        return text

    def assert_masked(self, unit):
        place = self.root / "etc/systemd/system" / unit
        self.assertTrue(place.is_symlink() and os.readlink(place) == "/dev/null", f"{unit} is not masked")

    def wanted(self):
        return {path.name for folder in ("etc/systemd/system", "usr/lib/systemd/system")
                for path in (self.root / folder).glob("*.wants/*")}

    def users(self):
        return [line.split(":") for line in self.read("etc/passwd").splitlines()]

    def test_there_is_no_swap(self):
        fstab = self.root / "etc/fstab"
        self.assertNotIn("swap", fstab.read_text() if fstab.exists() else "")
        self.assertFalse([path for path in self.root.glob("*/systemd/system/**/*.swap")])
        self.assertFalse([path for path in self.root.glob("usr/lib/systemd/**/*zram*")])
        self.assertIn("systemd.gpt_auto=0", (pathlib.Path(__file__).resolve().parents[2] / "appliance/ova/grub.cfg").read_text())

    def test_no_process_leaves_a_core_dump(self):
        self.assertEqual(self.setting("etc/systemd/system.conf.d", "DefaultLimitCORE"), "0")
        kernel = self.read("usr/lib/sysctl.d/50-pcg.conf")
        self.assertIn("kernel.core_pattern=|/bin/false", kernel)
        self.assertIn("fs.suid_dumpable=0", kernel)
        later = [path.name for path in self.root.glob("*/sysctl.d/*.conf") if path.name > "50-pcg.conf" and "core_pattern" in path.read_text()]
        self.assertEqual(later, [])
        self.assertFalse((self.root / "usr/lib/systemd/systemd-coredump").exists())
        self.assertIn("LimitCORE=0", self.unit("pcg-gateway.service"))

    def test_the_journal_is_bounded(self):
        self.assertEqual(self.setting("etc/systemd/journald.conf.d", "SystemMaxUse"), "128M")
        self.assertEqual(self.setting("etc/systemd/journald.conf.d", "RuntimeMaxUse"), "16M")

    def test_nobody_can_log_in_at_a_terminal(self):
        for unit in ("getty.target", "getty@.service", "serial-getty@.service", "console-getty.service"):
            self.assert_masked(unit)
        for name in ("debug-shell.service", "container-getty@.service", "systemd-homed.service"):
            self.assertNotIn(name, self.wanted())
        for line in self.read("etc/shadow").splitlines():
            user, password = line.split(":")[:2]
            self.assertIn(password[:1], ("*", "!"), f"{user} has a password, or none")

    def test_a_keyboard_does_not_restart_the_machine(self):
        self.assert_masked("ctrl-alt-del.target")
        self.assertEqual(self.setting("etc/systemd/system.conf.d", "CtrlAltDelBurstAction"), "none")
        self.assertIn("kernel.sysrq=0", self.read("usr/lib/sysctl.d/50-pcg.conf"))

    def test_who_asks_is_not_the_gateways_user(self):
        numbers = {name: int(number) for name, _, number, *_ in self.users()}
        for name, number in USERS.items():
            self.assertEqual(numbers.get(name), number, name)
        self.assertEqual(len(set(numbers.values())), len(numbers), "two users with one number")
        groups = {line.split(":")[0]: line.strip().split(":")[2:] for line in self.read("etc/group").splitlines()}
        self.assertEqual(groups["pcg-admin"][0], "883")
        self.assertEqual(set(groups["pcg-admin"][1].split(",")), {"pcg-console", "admin"})
        self.assertEqual([name for name, (_, members) in groups.items() if "pcg-gateway" in members.split(",")], [])
        for unit in ("pcg-console.service", "pcg-console-serial.service"):
            self.assertIn("\nUser=pcg-console\n", self.unit(unit))
        self.assertIn("SocketGroup=pcg-admin\n", self.unit("pcg-appliance-control.socket"))
        self.assertIn("d /run/pcg-gateway 2750 pcg-gateway pcg-admin", self.read("usr/lib/tmpfiles.d/pcg-appliance.conf"))

    def test_no_service_has_a_shell(self):
        with_shell = {name: shell for name, _, _, _, _, _, shell in self.users() if shell not in NO_SHELL}
        self.assertEqual(with_shell.pop("admin"), "/usr/lib/pcg/ssh-command")
        with_shell.pop("sync", None)  # its "shell" is the program sync; no password either
        self.assertEqual(set(with_shell), {"root"}, "root has no password, and sshd refuses it")

    def test_ssh_is_off_without_a_key_and_takes_nothing_else_with_one(self):
        self.assertIn("\nConditionPathExists=/etc/pcg-appliance/authorized_keys\n", self.unit("ssh.service"))
        self.assertFalse((self.root / "etc/pcg-appliance/authorized_keys").exists())
        self.assertFalse(self.wanted() & {"ssh.socket", "sshd.socket"})
        self.assertEqual(list(self.root.glob("etc/ssh/ssh_host_*")), [])
        ours = self.read("etc/ssh/sshd_config.d/pcg.conf")
        for line in ("AllowUsers admin", "AuthenticationMethods publickey", "PermitRootLogin no", "DisableForwarding yes",
                     "PermitTTY no", "ForceCommand /usr/lib/pcg/ssh-command"):
            self.assertIn(f"{line}\n", ours)
        # The first value counts in sshd's configuration, and the include stands before the rest.
        words = [line.split() for line in self.read("etc/ssh/sshd_config").splitlines() if line.strip() and not line.startswith("#")]
        self.assertEqual(words[0], ["Include", "/etc/ssh/sshd_config.d/*.conf"])
        self.assertEqual([path.name for path in self.root.glob("etc/ssh/sshd_config.d/*")], ["pcg.conf"])

    def test_the_services_of_the_gateway_are_closed_in(self):
        for unit in ("pcg-gateway.service", "pcg-egress.service"):
            said = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--root={self.root}", "--no-pager", unit],
                                  capture_output=True, text=True, check=False)
            found = re.search(rf"Overall exposure level for {re.escape(unit)}: ([0-9.]+)", said.stdout)
            self.assertTrue(found, said.stdout[-500:] + said.stderr)
            self.assertLessEqual(float(found.group(1)), MOST_EXPOSURE, unit)

    def test_the_gateway_itself_goes_nowhere(self):
        place = self.root / "usr/lib/systemd/system/pcg-gateway.service.d/pcg.conf"
        self.assertIn("\nIPAddressDeny=any\nIPAddressAllow=localhost\n", place.read_text())
        self.assertIn("\nUser=pcg-egress\n", self.unit("pcg-egress.service"))
        self.assertIn("pcg-egress.service", self.wanted())

    def test_a_gateway_that_hangs_is_started_anew(self):
        gateway = self.unit("pcg-gateway.service")
        for line in ("Type=notify", "WatchdogSec=60", "Restart=always"):
            self.assertIn(f"\n{line}\n", gateway)
        self.assertEqual(self.setting("etc/systemd/system.conf.d", "RuntimeWatchdogSec"), "30s")

    def test_a_slot_is_marked_as_good(self):
        self.assertIn("pcg-slot-good.service", self.wanted())
        self.assertTrue(os.access(self.root / "usr/lib/pcg/slot-good", os.X_OK))

    def test_the_list_of_parts_holds_the_kernel_and_the_boot_loaders(self):
        parts = json.loads(OVA.with_suffix(".spdx.json").read_text())["packages"]
        kernels = [one for one in parts if one["name"].startswith("linux-image-")]
        self.assertEqual(len(kernels), 1)
        release = kernels[0]["name"].removeprefix("linux-image-")
        self.assertTrue((self.root / "usr/lib/modules" / release).is_dir(), "it is the kernel whose modules are there")
        self.assertRegex(kernels[0]["checksums"][0]["checksumValue"], "^[0-9a-f]{64}$")
        self.assertLessEqual({"shim-signed", "grub-efi-amd64-signed", "pcg-gateway", "pcg-appliance"}, {one["name"] for one in parts})


if __name__ == "__main__":
    unittest.main(verbosity=2)
