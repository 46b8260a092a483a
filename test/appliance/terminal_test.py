#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pcg-console at a terminal of 80x25, with keys: what the pages are is tested in appliance_test, that they get there is tested
here."""
import fcntl
import os
import pathlib
import pty
import select
import struct
import subprocess
import tempfile
import termios
import time
import unittest

PROGRAM = pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-console"
F2 = b"\x1b[[B"  # of TERM=linux


class Terminal(unittest.TestCase):
    OPTIONS = ()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-terminal-")
        self.addCleanup(folder.cleanup)
        self.keyboard, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
        self.child = subprocess.Popen(
            [PROGRAM, "--socket", f"{folder.name}/none.sock", *self.OPTIONS], stdin=far, stdout=far, stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "linux", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}, start_new_session=True)
        os.close(far)
        self.seen = b""
        self.addCleanup(self.end)

    def end(self):
        self.child.kill()
        self.child.wait(10)
        self.child.stderr.close()

    def wait_for(self, text, seconds=30):
        deadline = time.monotonic() + seconds
        while text not in self.seen and time.monotonic() < deadline:
            if select.select([self.keyboard], [], [], 0.2)[0]:
                self.seen += os.read(self.keyboard, 65536)
        self.assertIn(text, self.seen)
        self.seen = b""

    def test_the_screen_is_drawn_and_keys_lead_to_pages(self):
        self.wait_for(b"F2 settings")
        os.write(self.keyboard, F2)
        self.wait_for(b"on the appliance only")
        os.write(self.keyboard, b"x")
        self.wait_for(b"F2 settings")
        os.write(self.keyboard, b"y\r")
        self.wait_for(b"No tenant asks")

    def test_a_terminal_that_goes_away_ends_it(self):
        self.wait_for(b"F2 settings")
        os.close(self.keyboard)
        self.addCleanup(setattr, self, "keyboard", None)
        self.assertIsNotNone(self.child.wait(30))

    def test_a_terminal_of_an_unknown_kind_is_said_so(self):
        done = subprocess.run([PROGRAM], env={**os.environ, "TERM": "no-such-kind"}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual((done.returncode, "--plain" in done.stderr), (1, True))


class SerialLine(Terminal):
    OPTIONS = ("--plain",)

    def test_the_screen_is_drawn_and_keys_lead_to_pages(self):
        """The end of input that Ctrl-D is ends nothing, and costs nothing."""
        self.wait_for(b"Control plane")
        os.write(self.keyboard, b"\x04\x04")
        os.write(self.keyboard, b"y\n")
        self.wait_for(b"No tenant asks")
        os.write(self.keyboard, b"what\n")
        self.wait_for(b"Type y or n")

    def test_settings_open_on_the_same_line_and_lines_go_on_behind_them(self):
        self.wait_for(b"Control plane")
        for _ in range(2):
            os.write(self.keyboard, b"settings\n")
            self.wait_for(b"on the appliance only")
            os.write(self.keyboard, b"x")
            self.wait_for(b"Control plane")
        os.write(self.keyboard, b"y\n")
        self.wait_for(b"No tenant asks")

    def test_a_terminal_that_goes_away_ends_it(self):
        self.wait_for(b"Control plane")
        os.close(self.keyboard)
        self.addCleanup(setattr, self, "keyboard", None)
        before = self.processor_time()
        with self.assertRaises(subprocess.TimeoutExpired):
            self.child.wait(2)
        self.assertLess(self.processor_time() - before, 1, "it waits, and does not turn in circles")

    def processor_time(self):
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


ROUTER = """
mount -t tmpfs none /run && mkdir /run/pcg && echo '{"source":"ISO"}' >/run/pcg/properties.json
ip link set lo up && ip link add card0 type veth peer name far0 && ip link set far0 up && ip link set card0 up
ip address add 192.0.2.10/24 dev card0 && ip route add default via 192.0.2.254
exec 3<>/dev/udp/198.51.100.1/9 && echo asks >&3 || :
for _ in $(seq 100); do
    shown=$("$0" --once --plain --socket /run/none.sock)
    case $shown in *ladder.router_silent*) break;; esac
    sleep 0.1
done
printf '%s\n' "$shown"
"""

# A server of names that is silent, and a gateway that answers nothing either.
SILENT_NAMES = """
mount -t tmpfs none /run && mkdir /run/pcg
echo '{"source":"ISO","controlplane":"https://pair.example.com"}' >/run/pcg/properties.json
echo 'nameserver 192.0.2.254' >/run/resolv.conf && echo 'hosts: dns' >/run/nsswitch.conf
mount --bind /run/resolv.conf "$(readlink -f /etc/resolv.conf)" && mount --bind /run/nsswitch.conf /etc/nsswitch.conf
ip link set lo up && ip link add card0 type veth peer name far0 && ip link set far0 up && ip link set card0 up
ip address add 192.0.2.10/24 dev card0 && ip route add default via 192.0.2.1
ip neighbour replace 192.0.2.254 lladdr 02:00:00:00:00:01 dev card0
exec "$0" --plain --socket /run/none.sock
"""


class SilentNames(unittest.TestCase):
    def test_names_that_nobody_answers_for_hold_up_neither_the_frame_nor_what_is_typed(self):
        if os.geteuid() != 0:
            self.skipTest("a network of its own wants root")
        child = subprocess.Popen(["unshare", "--mount", "--net", "bash", "-ec", SILENT_NAMES, PROGRAM], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(child.communicate)
        self.addCleanup(child.kill)
        seen = b""
        began = time.monotonic()

        def wait_for(text):
            nonlocal seen
            while text not in seen and time.monotonic() < began + 30:
                if select.select([child.stdout], [], [], 0.2)[0]:
                    seen += os.read(child.stdout.fileno(), 65536)
            self.assertIn(text, seen)

        wait_for(b"Control plane  https://pair.example.com")
        self.assertIn(b"[ok] Settings", seen)
        self.assertIn(b"[  ] Names", seen, "nobody has answered yet")
        os.write(child.stdin.fileno(), b"y\n")
        wait_for(b"No tenant asks")
        self.assertNotIn(b"ladder.dns", seen, "before the resolver had given up")

REFUSED = """
mount -t tmpfs none /run && mkdir /run/pcg /run/upper /run/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work etc /etc && mkdir -p /etc/pcg-gateway
echo '{"source":"ISO","controlplane":"https://192.0.2.9"}' >/run/pcg/properties.json
echo '{"controlplane_ulr":"https://192.0.2.9"}' >/etc/pcg-gateway/gateway.json
ip link set lo up && ip link add card0 type veth peer name far0 && ip link set far0 up && ip link set card0 up
ip address add 192.0.2.10/24 dev card0 && ip route add default via 192.0.2.1
exec "$0" --once --plain --socket /run/none.sock
"""


class Refused(unittest.TestCase):
    def test_a_gateway_that_refuses_its_configuration_has_file_key_and_reason_on_its_rung(self):
        if os.geteuid() != 0:
            self.skipTest("a mount namespace of its own wants root")
        done = subprocess.run(["unshare", "--mount", "--net", "bash", "-ec", REFUSED, PROGRAM], capture_output=True, text=True,
                              timeout=100, check=False)
        said = " ".join(done.stdout.split())
        self.assertIn('ladder.gateway: it refuses its configuration: /etc/pcg-gateway/gateway.json: key "controlplane_ulr": is not '
                      'known. Did you mean "controlplane_url"?', said, done.stderr)
        self.assertIn("Correct that value", said)


class Router(unittest.TestCase):
    def test_a_router_that_is_not_there_is_named_with_what_to_look_at(self):
        if os.geteuid() != 0:
            self.skipTest("a network of its own wants root")
        done = subprocess.run(["unshare", "--mount", "--net", "bash", "-ec", ROUTER, PROGRAM], capture_output=True, text=True,
                              timeout=100, check=False)
        self.assertIn("ladder.router_silent: 192.0.2.254 does not answer at this link", done.stdout, done.stderr)
        self.assertIn("pcgw.gateway4", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
