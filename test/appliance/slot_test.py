#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A booted slot that is marked as good in GRUB's environment block, and how GRUB chooses by it. grub.cfg is run by a shell in which
GRUB's commands stand in: its words for conditions and loops are the shell's."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

APPLIANCE = pathlib.Path(__file__).resolve().parents[2] / "appliance"
SLOT_GOOD = APPLIANCE / "deb/pcg-appliance/usr/lib/pcg/slot-good"
# set and [ -s ... ] of GRUB; what is saved and started is written down.
STAND_INS = """
set() { eval "${1%%=*}=\\${1#*=}"; }
load_env() { . "$ENVIRONMENT"; }
save_env() { echo "saved a_TRY=$a_TRY b_TRY=$b_TRY"; }
regexp() { disk=hd0; }
source() { :; }
linux() { echo "started $2 $3 from $1"; }
initrd() { :; }
boot() { exit 0; }
"""


def block(**values):
    text = "# GRUB Environment Block\n" + "".join(f"{name}={value}\n" for name, value in values.items())
    return text.encode().ljust(1024, b"#")


class Slots(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-slot-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.block = self.folder / "grubenv"

    def mark(self, slot):
        return subprocess.run([SLOT_GOOD, self.block, slot], capture_output=True, text=True, check=False)

    def test_the_slot_that_runs_is_good_and_was_not_tried(self):
        self.block.write_bytes(block(ORDER="b a", a_OK=1, a_TRY=3, b_OK=0, b_TRY=1))
        self.assertEqual(self.mark("b").returncode, 0)
        self.assertEqual(self.block.read_bytes(), block(ORDER="b a", a_OK=1, a_TRY=3, b_OK=1, b_TRY=0))

    def test_a_slot_that_is_good_is_not_written_again(self):
        self.block.write_bytes(block(a_OK=1, a_TRY=0, b_OK=0, b_TRY=0))
        self.block.chmod(0o400)
        before = self.block.stat().st_mtime_ns
        self.assertEqual(self.mark("a").returncode, 0)
        self.assertEqual(self.block.stat().st_mtime_ns, before)

    def test_what_is_no_block_or_no_slot_is_left_as_it_is(self):
        for content, slot in ((b"", "a"), (b"a_OK=1\na_TRY=1\n", "a"), (block(b_OK=1), "a"), (block(a_TRY=1), "c"), (block(a_TRY=1), "")):
            self.block.write_bytes(content)
            self.assertNotEqual(self.mark(slot).returncode, 0, (content[:40], slot))
            self.assertEqual(self.block.read_bytes(), content)

    def start(self, **values):
        """What GRUB saves and starts with these in its block; none: no block."""
        environment = self.folder / "environment"
        environment.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
        path = "/EFI/debian/grubenv"
        text = (APPLIANCE / "ova/grub.cfg").read_text()
        self.assertIn(path, text)
        text = text.replace(path, str(environment)).replace("($boot)", "$boot:")
        script = self.folder / "grub.sh"
        script.write_text(f"chosen=\nroot=x\nENVIRONMENT={environment}\n" + STAND_INS + text)
        done = subprocess.run(["bash", script], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [line for line in done.stdout.splitlines() if not line.startswith("Private Cloud Gateway")]

    def test_each_start_is_counted_before_it_is_tried(self):
        self.assertEqual(self.start(ORDER="a b", a_OK=1, a_TRY=0, b_OK=0, b_TRY=0),
                         ["saved a_TRY=1 b_TRY=0", "started pcg.slot=a pcg.try=1 from hd0,gpt3:/vmlinuz"])
        self.assertEqual(self.start(ORDER="b a", a_OK=1, a_TRY=0, b_OK=1, b_TRY=2),
                         ["saved a_TRY=0 b_TRY=3", "started pcg.slot=b pcg.try=3 from hd0,gpt4:/vmlinuz"])

    def test_a_slot_that_did_not_come_up_three_times_is_passed_over(self):
        self.assertEqual(self.start(ORDER="b a", a_OK=1, a_TRY=0, b_OK=1, b_TRY=3),
                         ["saved a_TRY=1 b_TRY=3", "started pcg.slot=a pcg.try=1 from hd0,gpt3:/vmlinuz"])

    def test_the_only_good_one_is_started_however_often_it_failed(self):
        self.assertEqual(self.start(ORDER="a b", a_OK=1, a_TRY=3, b_OK=0, b_TRY=0), ["started pcg.slot=a pcg.try=3 from hd0,gpt3:/vmlinuz"])

    def test_a_block_that_is_empty_or_says_nonsense_starts_slot_a(self):
        self.assertEqual(self.start(), ["started pcg.slot=a pcg.try=1 from hd0,gpt3:/vmlinuz"])
        for values in ({"ORDER": "x y", "a_OK": "?", "a_TRY": "many"}, {"ORDER": "", "a_OK": 0, "b_OK": 0, "a_TRY": "", "b_TRY": 9}):
            self.assertIn("pcg.slot=a", self.start(**values)[-1])

    @unittest.skipUnless(shutil.which("grub-script-check"), "grub-common is not there")
    def test_it_is_what_grub_reads(self):
        subprocess.run(["grub-script-check", APPLIANCE / "ova/grub.cfg"], check=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
