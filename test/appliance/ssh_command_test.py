#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a login over SSH may ask of pcgctl: no shell, no file of the appliance, no other gateway."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "appliance/deb/pcg-appliance/usr/lib/pcg/ssh-command"


class SshCommand(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-ssh-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        stand_in = self.folder / "pcgctl"
        stand_in.write_text('#!/bin/sh\nprintf "[%s]" "$@"\n[ "${3:-}" != /dev/stdin ] || cat /dev/stdin\n')
        stand_in.chmod(0o755)
        self.script = self.folder / "ssh-command"
        self.script.write_text(SCRIPT.read_text().replace("/usr/bin/pcgctl", str(stand_in)))

    def ask(self, command, stdin=""):
        return subprocess.run(["sh", self.script], env={**os.environ, "SSH_ORIGINAL_COMMAND": command}, input=stdin, text=True,
                              capture_output=True, check=False)

    def test_words_are_split_and_nothing_else_is_done_with_them(self):
        for command, seen in (("status --json", "[status][--json]"), ("pcgctl status", "[status]"),
                              ("audit; reboot", "[audit;][reboot]"), ("key list $(id) *", "[key][list][$(id)][*]"),
                              ("support-bundle", "[support-bundle][--out-file][-]"),
                              ("--json support-bundle", "[support-bundle][--out-file][-][--json]"),
                              ("--json pcgctl key list", "[key][list][--json]"),
                              ("policy check --help", "[policy][check][--help]")):
            done = self.ask(command)
            self.assertEqual((done.returncode, done.stdout), (0, seen), done.stderr)

    def test_no_file_of_the_appliance_can_be_named(self):
        for command in ("endpoint add a --password-file /etc/shadow", "settings set --ca-file root.key",
                        "support-bundle --out-file /data/x", "policy set /var/lib/pcg-gateway/root.key",
                        "policy check root.key", "policy dry-run", "status --socket /tmp/x", "policy set - more",
                        "--json policy check /data/root.key", "policy --json check /data/root.key",
                        "policy check --json /data/root.key",
                        "--json --json policy --json dry-run --json x", "pcgctl --json policy check root.key",
                        "--json pcgctl policy set root.key", "endpoint add a --password-file --json /etc/shadow",
                        "--json status --socket /tmp/x"):
            done = self.ask(command)
            self.assertEqual((done.returncode, done.stdout), (2, ""), command)

    def test_a_policy_comes_on_standard_input(self):
        self.assertEqual(self.ask("policy set -", "{}").stdout, "[policy][set][/dev/stdin]{}")
        for command in ("--json policy set -", "policy --json set -", "policy set - --json"):
            self.assertEqual(self.ask(command, "{}").stdout, "[policy][set][/dev/stdin][--json]{}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
