#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The appliance's firewall as nft loads it: who may go where, and who may come in, with sockets of the users that the image has.
Two network namespaces and a mount namespace of the test's own: root. The other one answers at every address there is."""
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lab"), str(pathlib.Path(__file__).resolve().parent)]
import machine  # noqa: E402
import process  # noqa: E402

PROGRAMS = pathlib.Path(os.environ["PCG_PROGRAMS"])
DEB = pathlib.Path(__file__).resolve().parents[2] / "appliance/deb/pcg-appliance"
INSIDE = "PCG_FIREWALL_TEST_NAMESPACE"
USERS = {"pcg-gateway": 880, "pcg-console": 881, "admin": 882, "pcg-egress": 884, "systemd-resolve": 991, "systemd-timesync": 992, "systemd-network": 993}
PORTS = (22, 53, 80, 443, 3128, 4222, 8443, 9000)
# A child that becomes that user, asks, and says with its exit code how it went.
ASK = """
import os, socket, sys
user, kind, host, port = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
os.setgid(user); os.setuid(user)
with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET,
                   socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as one:
    one.settimeout(2)
    try:
        one.connect((host, port))
        if kind == "udp":
            one.send(b"?")
            one.recv(1)
    except OSError:
        sys.exit(1)
"""
# Likewise, of the egress process; and the packets that then leave are those of its user.
ASK_THE_GATE = """
import array, json, os, socket, sys
user, host, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
os.setgroups([]); os.setgid(user); os.setuid(user)
try:
    gate = socket.socket(socket.AF_UNIX)
    gate.connect("/run/pcg-egress/egress.sock")
except OSError as error:
    sys.exit(print(type(error).__name__))
gate.sendall(json.dumps({"host": host, "port": port, "limit_ms": 2000}).encode() + b"\\n")
said, extra, _, _ = gate.recvmsg(4096, socket.CMSG_SPACE(4))
answer = json.loads(said)
if "code" in answer:
    sys.exit(print(answer["code"]))
made = socket.socket(fileno=array.array("i", extra[0][2])[0])
made.settimeout(2)
said = "connected, open" if made.recv(1) == b"" else "connected"
if len(sys.argv) > 4:
    import ctypes, struct
    ctypes.CDLL(None).connect(made.fileno(), struct.pack("=H14x", socket.AF_UNSPEC), 16)
    try:
        made.connect((sys.argv[4], int(sys.argv[5])))
        said += ", again"
    except OSError:
        said += ", not again"
print(said)
"""
# The first host of a segment routing header (RFC 8754) is one that is allowed.
BY_A_WAY = """
import os, socket, sys
os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
one = socket.socket(socket.AF_INET6)
one.settimeout(2)
segments = [socket.inet_pton(socket.AF_INET6, word) for word in ("2001:db8:3::7", "2001:db8:2::7")]
try:
    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RTHDR, bytes([0, 4, 4, 1, 1, 0, 0, 0]) + b"".join(segments))
except OSError:
    sys.exit(3)  # a kernel without it has nothing to be asked
try:
    one.connect(("2001:db8:3::7", 9000))
except OSError:
    sys.exit(1)
"""
WORLD = """
import selectors, socket, sys
waiting = selectors.DefaultSelector()
for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for port in {ports}:
        one = socket.socket(family)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6: one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((anywhere, port)); one.listen(); waiting.register(one, selectors.EVENT_READ, "tcp")
IP_PKTINFO = 8
for port in (53, 123, 9000):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    one.bind(("0.0.0.0", port)); waiting.register(one, selectors.EVENT_READ, "udp")
print("ready", flush=True)
while True:
    for key, _ in waiting.select():
        if key.data == "tcp":
            key.fileobj.accept()[0].close()
        else:  # from the address that was asked
            said, extra, _, peer = key.fileobj.recvmsg(16, 256)
            key.fileobj.sendmsg([said], [(socket.IPPROTO_IP, IP_PKTINFO, extra[0][2])], 0, peer)
"""


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, timeout=30, **options)


class Firewall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = subprocess.Popen(["unshare", "--net", "--", sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
        cls.addClassCleanup(lambda: (cls.world.stdin.close(), cls.world.wait()))
        here, there = os.readlink("/proc/self/ns/net"), f"/proc/{cls.world.pid}/ns/net"
        process.wait_for(lambda: os.readlink(there) != here, 10, "the other network")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", cls.world.pid)
        enter = cls.enter = ["nsenter", f"--net={there}", "--"]
        for words in ("link set lo up", "link set eth0 up", "address add 198.51.100.1/24 dev eth0",
                      "-6 address add 2001:db8:1::1/64 dev eth0 nodad", "route add local 0.0.0.0/0 dev lo", "-6 route add local 2001:db8:2::/47 dev lo"):
            run(*enter, "ip", *words.split())
        for words in ("address add 198.51.100.2/24 dev eth0", "-6 address add 2001:db8:1::2/64 dev eth0 nodad", "link set eth0 up",
                      "route add default via 198.51.100.1", "-6 route add default via 2001:db8:1::1",
                      "route add 169.254.0.0/16 via 198.51.100.1"):
            run("ip", *words.split())
        answers = subprocess.Popen([*enter, sys.executable, "-c", WORLD.format(ports=PORTS)], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(lambda: (answers.kill(), answers.wait(), answers.stdout.close()))
        assert answers.stdout.readline() == "ready\n"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pcg-firewall-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for part in ("firewall.d", "egress.d"):
            place = self.root / "etc/pcg-appliance" / part
            place.mkdir(parents=True)
            (place / "none.nft").write_text((DEB / "etc/pcg-appliance" / part / "none.nft").read_text())

    def load(self, name="nftables.conf"):
        text = (DEB / "usr/lib/pcg" / name).read_text().replace("/etc/pcg-appliance", f"{self.root}/etc/pcg-appliance")
        rules = self.root / name
        rules.write_text(text)
        return subprocess.run(["nft", "-f", rules], check=False, capture_output=True, text=True)

    def given(self, **properties):
        place = self.root / "data/appliance/ovf-env.xml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(machine.environment({"url": "https://pair.example.com", **properties}))
        run(PROGRAMS / "pcg-appliance", "apply", "--root", self.root)
        loaded = self.load()
        self.assertEqual((loaded.returncode, loaded.stderr), (0, ""))

    def reaches(self, user, where, port, kind="tcp"):
        number = USERS.get(user, 0)
        return subprocess.run([sys.executable, "-c", ASK, str(number), kind, where, str(port)], check=False).returncode == 0

    def assert_reach(self, *allowed, denied=()):
        for what in allowed:
            self.assertTrue(self.reaches(*what), what)
        for what in denied:
            self.assertFalse(self.reaches(*what), what)

    def test_each_user_does_its_own_and_the_gateway_itself_goes_nowhere(self):
        self.given()
        self.assert_reach(
            ("pcg-egress", "10.2.3.4", 9000), ("systemd-resolve", "203.0.113.53", 53, "udp"), ("systemd-resolve", "203.0.113.53", 53),
            ("systemd-timesync", "203.0.113.123", 123, "udp"),
            denied=(("pcg-egress", "169.254.169.254", 80), ("pcg-egress", "203.0.113.53", 53, "udp"),
                    ("pcg-egress", "203.0.113.7", 443), ("pcg-egress", "2001:db8:2::7", 4222), ("pcg-egress", "10.2.3.4", 9000, "udp"),
                    ("pcg-gateway", "10.2.3.4", 443), ("pcg-gateway", "203.0.113.7", 443), ("pcg-gateway", "203.0.113.7", 4222),
                    ("pcg-gateway", "203.0.113.53", 53, "udp"), ("root", "203.0.113.7", 443), ("root", "203.0.113.53", 53, "udp"),
                    ("systemd-network", "203.0.113.7", 443), ("systemd-resolve", "203.0.113.53", 443),
                    ("pcg-console", "203.0.113.7", 443), ("pcg-console", "203.0.113.53", 53, "udp"), ("admin", "203.0.113.7", 443),
                    ("admin", "203.0.113.7", 4222),
                    ("systemd-timesync", "203.0.113.53", 53, "udp")))

    def test_servers_that_were_named_are_the_only_ones(self):
        self.given(dns="203.0.113.53", ntp="203.0.113.123")
        self.assert_reach(
            ("systemd-resolve", "203.0.113.53", 53, "udp"), ("systemd-timesync", "203.0.113.123", 123, "udp"),
            denied=(("systemd-resolve", "203.0.113.54", 53, "udp"), ("systemd-timesync", "203.0.113.124", 123, "udp")))

    def test_with_networks_these_are_reached_and_no_others(self):
        self.given(networks="10.0.0.0/8, 10.1.0.0/16, 2001:db8:2::/48")
        self.assert_reach(
            ("pcg-egress", "10.2.3.4", 9000), ("pcg-egress", "2001:db8:2::7", 9000),
            denied=(("pcg-egress", "192.168.0.1", 443), ("pcg-egress", "2001:db8:3::7", 9000)))

    def test_a_control_plane_and_a_bus_that_are_addresses_are_reached_there_only(self):
        self.given(url="https://203.0.113.7:8443", bus="203.0.113.9")
        self.assert_reach(
            ("pcg-egress", "203.0.113.7", 8443), ("pcg-egress", "203.0.113.9", 4222),
            denied=(("pcg-egress", "203.0.113.8", 443), ("pcg-egress", "203.0.113.9", 22)))

    def test_behind_a_proxy_no_other_place_is_reached(self):
        self.given(networks="10.0.0.0/8", proxy="http://203.0.113.8:3128")
        self.assert_reach(
            ("pcg-egress", "10.2.3.4", 443), ("pcg-egress", "203.0.113.8", 3128),
            denied=(("pcg-egress", "203.0.113.9", 3128), ("pcg-egress", "203.0.113.7", 443), ("pcg-egress", "203.0.113.7", 4222)))

    def gate(self):
        """The egress process as its unit starts it, with what the properties made of its configuration."""
        folder = pathlib.Path("/run/pcg-egress")
        folder.mkdir()
        self.addCleanup(shutil.rmtree, folder)
        os.chown(folder, USERS["pcg-egress"], USERS["pcg-gateway"])
        folder.chmod(0o750)
        configuration = folder / "egress.json"
        configuration.write_text((self.root / "etc/pcg-gateway/egress.json").read_text())
        configuration.chmod(0o644)
        shutil.copy(PROGRAMS / "pcg-egress", folder / "pcg-egress")
        child = subprocess.Popen(
            ["setpriv", f"--reuid={USERS['pcg-egress']}", f"--regid={USERS['pcg-gateway']}", "--clear-groups", "--no-new-privs",
             "--bounding-set=-all,+net_admin", "--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin",
             folder / "pcg-egress", "--config", configuration])
        self.addCleanup(lambda: (child.terminate(), child.wait(10)))
        process.wait_for((folder / "egress.sock").exists, 10, "the gate's socket")

    def asks(self, user, host, port, *then):
        """What this user hears of the gate; and what becomes of the socket that was handed over, connected anew to `then`."""
        return subprocess.run([sys.executable, "-c", ASK_THE_GATE, str(USERS[user]), host, str(port), *map(str, then)], check=False,
                              capture_output=True, text=True).stdout.strip()

    def test_what_the_egress_process_may_do_it_does_for_the_gateway_and_for_nobody_else(self):
        self.given(url="https://203.0.113.7:8443", networks="10.0.0.0/8")
        self.gate()
        self.assertEqual(self.asks("pcg-gateway", "203.0.113.7", 8443), "connected, open")
        self.assertEqual(self.asks("pcg-gateway", "10.2.3.4", 9000), "connected, open")
        self.assertEqual(self.asks("pcg-gateway", "203.0.113.8", 8443), "egress.denied")
        self.assertEqual(self.asks("pcg-gateway", "169.254.169.254", 80), "egress.denied")
        self.assertEqual(self.asks("pcg-console", "10.2.3.4", 9000), "PermissionError")

    def test_a_name_is_reached_where_it_leads_and_nobody_else_by_it(self):
        self.given()
        self.gate()
        self.assertEqual(self.asks("pcg-gateway", "pair.example.com", 443), "connected, open")
        self.assertEqual(self.asks("pcg-gateway", "six.example.com", 4222), "connected, open")
        self.assertEqual(self.asks("pcg-gateway", "other.example.net", 443), "egress.denied")
        self.assert_reach(
            ("pcg-egress", "203.0.113.77", 443), ("pcg-egress", "2001:db8:2::77", 4222),
            denied=(("pcg-egress", "203.0.113.77", 4222), ("pcg-egress", "203.0.113.78", 443), ("pcg-egress", "2001:db8:2::77", 443)))
        reloaded = self.load()
        self.assertEqual((reloaded.returncode, reloaded.stderr), (0, ""))
        self.assert_reach(denied=(("pcg-egress", "203.0.113.77", 443),))
        self.assertEqual(self.asks("pcg-gateway", "pair.example.com", 443), "connected, open")

    def test_an_address_that_cannot_be_opened_keeps_nobody_from_the_others(self):
        self.given()
        self.gate()
        subprocess.run(["nft", "delete element inet pcg named6 { 2001:db8:2::77 . 443 }"], check=False, capture_output=True)
        rules = (self.root / "nftables.conf").read_text()
        (self.root / "other.conf").write_text(rules.replace("set named6 {", "set unknown6 {").replace("size 4096", "size 4095"))
        egress = self.root / "etc/pcg-appliance/egress.d/pcg.nft"
        egress.write_text(egress.read_text().replace("@named6", "@unknown6"))
        run("nft", "-f", self.root / "other.conf")
        self.assertEqual(self.asks("pcg-gateway", "both.example.com", 443), "connected, open")
        self.assertEqual(self.asks("pcg-gateway", "six.example.com", 4222), "egress.unavailable")

    def test_stopping_the_firewall_closes_everything(self):
        unit = (DEB / "lib/systemd/system/nftables.service.d/pcg.conf").read_text()
        self.assertIn("\nExecStop=\nExecStop=/usr/sbin/nft -f /usr/lib/pcg/closed.nft\n", unit)
        self.given()
        self.assertEqual(self.load("closed.nft").returncode, 0)
        self.assert_reach(denied=(("pcg-egress", "10.2.3.4", 9000), ("root", "10.2.3.4", 443)))

    def test_a_packet_that_names_a_way_is_dropped(self):
        self.given(networks="10.0.0.0/8, 2001:db8:2::/48")
        asked = subprocess.run([sys.executable, "-c", BY_A_WAY, str(USERS["pcg-egress"])], check=False).returncode
        if asked == 3:
            self.skipTest("this kernel has no segment routing headers")
        self.assertEqual(asked, 1)
        dropped = re.search(r"exthdr rt exists counter packets (\d+) ", run("nft", "list", "chain", "inet", "pcg", "output").stdout)
        self.assertGreater(int(dropped[1]), 0)

    def test_a_socket_that_was_handed_over_leads_nowhere_else(self):
        self.given()
        self.gate()
        self.assertEqual(self.asks("pcg-gateway", "pair.example.com", 443, "203.0.113.78", 443), "connected, open, not again")
        self.assertEqual(self.asks("pcg-gateway", "10.2.3.4", 9000, "203.0.113.78", 443), "connected, open, not again")
        self.assertEqual(self.asks("pcg-gateway", "10.2.3.4", 9000, "10.2.3.5", 9000), "connected, open, again",
                         "so that the two above are held by the firewall")

    def test_nothing_comes_in_but_ssh_when_a_key_was_given(self):
        listening = socket.create_server(("198.51.100.2", 22))
        self.addCleanup(listening.close)
        other = socket.create_server(("198.51.100.2", 9000))
        self.addCleanup(other.close)

        def comes_in(port):
            return subprocess.run([*self.enter, sys.executable, "-c", ASK, "0", "tcp", "198.51.100.2", str(port)], check=False).returncode == 0

        self.given()
        self.assertEqual([comes_in(22), comes_in(9000)], [False, False])
        key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        self.given(ssh_key=key)
        self.assertEqual([comes_in(22), comes_in(9000)], [True, False])

    def test_rules_that_cannot_be_read_leave_everything_closed(self):
        self.assertEqual(self.load("closed.nft").returncode, 0)
        (self.root / "etc/pcg-appliance/egress.d/pcg.nft").write_text("this is no rule\n")
        self.assertNotEqual(self.load().returncode, 0)
        self.assert_reach(denied=(("pcg-egress", "203.0.113.7", 443), ("systemd-resolve", "203.0.113.53", 53, "udp")))

    def test_before_the_properties_were_read_nobody_goes_out(self):
        self.assertEqual(self.load().returncode, 0)
        self.assert_reach(denied=(("pcg-egress", "203.0.113.7", 443),))


def own_users():
    """The image's users, for nft and for nobody else, and names that need no DNS."""
    folder = pathlib.Path("/run/pcg-firewall")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    folder.mkdir()
    known = [entry for entry in pwd.getpwall() if entry.pw_name not in USERS]
    lines = [f"{one.pw_name}:x:{one.pw_uid}:{one.pw_gid}::/:/bin/sh\n" for one in known]
    lines += [f"{name}:x:{number}:{number}::/:/bin/sh\n" for name, number in USERS.items()]
    (folder / "passwd").write_text("".join(lines))
    (folder / "hosts").write_text("127.0.0.1 localhost\n203.0.113.77 pair.example.com\n2001:db8:2::77 six.example.com\n"
                                  "203.0.113.79 other.example.net\n2001:db8:2::80 both.example.com\n203.0.113.80 both.example.com\n")
    (folder / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
    for name in ("passwd", "hosts", "nsswitch.conf"):
        subprocess.run(["mount", "--bind", folder / name, f"/etc/{name}"], check=True)


if __name__ == "__main__":
    if not os.environ.get(INSIDE):
        if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "--mount", "true"], check=False).returncode != 0:
            print("skipped: it needs root, for namespaces of its own")
            sys.exit(77)  # SKIP_RETURN_CODE in CMakeLists.txt
        os.environ[INSIDE] = "yes"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv])
    own_users()
    unittest.main(verbosity=2)
