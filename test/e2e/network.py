# SPDX-License-Identifier: Apache-2.0
"""A network of the test's own: the SaaS in this namespace, the data center in another one, a cable between them, and
real boxes from Debian on the way. Nothing of it is seen by the machine or by another test, so ports may be fixed."""
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

import e2e

SAAS, DATACENTER = "10.77.0.1", "10.77.0.2"
MARK = "PCG_OWN_NETWORK"
SKIPPED = 77  # SKIP_RETURN_CODE in CMakeLists.txt


def enter():
    """Starts this program again, in a network namespace of its own. Where that is not allowed it says so with the exit code that
    ctest shows as Skipped."""
    if os.environ.get(MARK):
        return
    if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode != 0:
        print("skipped: network namespaces of one's own need root")
        sys.exit(SKIPPED)
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", "--net", "--", sys.executable, "-B", *sys.argv])


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, timeout=30)


class DataCenter:
    """The other namespace; what is started `inside` it reaches SAAS over the cable and nothing else."""

    def __init__(self):
        self.child = subprocess.Popen(["unshare", "--net", "--", "sleep", "infinity"])
        ours = os.readlink("/proc/self/ns/net")
        e2e.process.wait_for(lambda: os.readlink(self.path) != ours, 10, "the data center's network")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "saas0", "type", "veth", "peer", "name", "dc0", "netns", self.child.pid)
        run("ip", "address", "add", f"{SAAS}/24", "dev", "saas0")
        run("ip", "link", "set", "saas0", "up")
        for words in (("link", "set", "lo", "up"), ("address", "add", f"{DATACENTER}/24", "dev", "dc0"),
                      ("link", "set", "dc0", "up")):
            run(*self.inside(["ip", *words]))

    @property
    def path(self):
        return f"/proc/{self.child.pid}/ns/net"

    def inside(self, command):
        return ["nsenter", f"--net={self.path}", "--", *command]

    def close(self):
        run("ip", "link", "del", "saas0")
        self.child.kill()
        self.child.wait()


class Squid:
    """Debian's squid in the foreground, as its own user, with a configuration of ours."""

    COMMON = """
pid_filename none
cache deny all
cache_mem 8 MB
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
visible_hostname squid.example.com
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
coredump_dir {folder}
acl CONNECT method CONNECT
"""

    def __init__(self, text, files=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pcg-squid-"))
        for name, content in (files or {}).items():
            (self.folder / name).write_text(content)
        self.user = pwd.getpwnam("proxy")
        self.config = self.folder / "squid.conf"
        self.config.write_text((self.COMMON + text).format(folder=self.folder))
        self.own()
        self.child = None

    def own(self):
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    @staticmethod
    def missing():
        return None if shutil.which("squid", path="/usr/sbin") else "squid is missing: apt-get install squid-openssl"

    def start(self):
        log = open(self.folder / "output.log", "ab")
        with log:
            self.child = subprocess.Popen(["/usr/sbin/squid", "-N", "-f", self.config], stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL, cwd=self.folder)
        e2e.process.wait_for(self.is_ready, 20, "squid to listen", log=self.folder / "cache.log")
        return self

    def is_ready(self):
        assert self.child.poll() is None, e2e.process.tail(self.folder / "output.log") + self.said()
        return "Accepting" in self.said()

    def said(self):
        return e2e.process.tail(self.folder / "cache.log", 1000)

    def requests(self):
        """The lines of its access log: who was connected to what, and what was answered."""
        try:
            return (self.folder / "access.log").read_text().splitlines()
        except FileNotFoundError:
            return []

    def stop(self):
        """At once: all that passes through it is cut."""
        if self.child is not None:
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()
            self.child = None
        (self.folder / "cache.log").unlink(missing_ok=True)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)


class BehindABox(e2e.EndToEnd):
    """A lab whose gateways and vCenters stand in the data center; `box` makes what stands on the way."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        if Squid.missing():
            raise AssertionError(Squid.missing())
        cls.network = DataCenter()
        cls.addClassCleanup(cls.network.close)
        super().setUpClass()

    @classmethod
    def place(cls):
        """The lab, taken and placed; nothing of it runs yet."""
        cls.lab.prepare()
        inside = ("gateway-", "vcenter-")
        cls.lab.processes.placed = lambda name, command: (
            cls.network.inside(command) if name.startswith(inside) else command)
        cls.lab.gateway_settings = dict(cls.settings)

    @classmethod
    def open_squid(cls, text, files=None):
        box = Squid(text, files)
        cls.addClassCleanup(box.close)
        return box.start()

    @classmethod
    def pair_one(cls, endpoint=True):
        tenant = cls.lab.add_tenant("acme")
        one = cls.lab.add_gateway(tenant, "dc1")
        if endpoint:
            cls.lab.add_endpoint(tenant, one, "vc1", cls.lab.start_vcenter("vcenter-dc1"), "full")
        return one

    @classmethod
    def secret_file(cls, name, text):
        path = cls.lab.directory / name
        e2e.process.write_atomically(path, text)
        return str(path)

    def unpaired(self, name, settings):
        """A gateway that was just switched on, with settings of its own."""
        one = e2e.lab_module.gateway.Gateway(self.lab, name, "nobody")
        one.settings = settings
        one.configure()
        one.start()
        self.addCleanup(self.lab.kill, one.process_name)
        return one

    def failing_rung(self, one):
        """Of the ladder that pcgctl shows."""
        done = subprocess.run([one.lab.program("pcgctl"), "--socket", one.socket, "diagnose", "--json"], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        failing = [rung for rung in json.loads(done.stdout)["rungs"] if rung["state"] == "fails"]
        self.assertEqual(len(failing), 1, failing)
        return failing[0]

    def complaint(self, one, words, seconds=30):
        """What its status says about the pairing, once it holds these words."""
        def said():
            status = one.ctl("status", "--json", check=False) or {}
            message = (status.get("pairing") or {}).get("message", "")
            return message if words in message else None
        return e2e.process.wait_for(said, seconds, f"the gateway to say: {words}", log=one.log)
