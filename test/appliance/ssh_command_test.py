#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a login over SSH may ask of pcgctl: no shell, no file of the appliance, no other gateway."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "appliance/deb/pcg-appliance/usr/lib/pcg/ssh-command"
AT = "[--socket][/run/pcg-gateway/control.sock]"


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
        for command, seen in (("status --json", f"[status][--json]{AT}"), ("pcgctl status", f"[status]{AT}"),
                              ("audit; reboot", f"[audit;][reboot]{AT}"), ("key list $(id) *", f"[key][list][$(id)][*]{AT}"),
                              ("support-bundle", f"[support-bundle][--out-file][-]{AT}"),
                              ("--json support-bundle", f"[support-bundle][--out-file][-][--json]{AT}"),
                              ("--json pcgctl key list", f"[key][list][--json]{AT}"),
                              ("policy check --help", "[policy][check][--help]")):
            done = self.ask(command)
            self.assertEqual((done.returncode, done.stdout), (0, seen), done.stderr)

    def test_as_a_login_shell_it_gives_nothing_else(self):
        for words in (["-c", "id"], ["-c", str(self.script)], ["-"], []):
            done = subprocess.run(["sh", self.script, *words], env={**os.environ, "SSH_ORIGINAL_COMMAND": "status"}, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, f"[status]{AT}"), words)
        without = {name: value for name, value in os.environ.items() if name != "SSH_ORIGINAL_COMMAND"}
        done = subprocess.run(["sh", self.script, "-c", "id"], env=without, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        self.assertIn("[--help]", done.stdout)
        self.assertNotIn("uid=", done.stdout)

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
        self.assertEqual(self.ask("policy set -", "{}").stdout, "[policy][set][/dev/stdin]" + AT + "{}")
        for command in ("--json policy set -", "policy --json set -", "policy set - --json"):
            self.assertEqual(self.ask(command, "{}").stdout, "[policy][set][/dev/stdin][--json]" + AT + "{}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
