#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A nats-server that somebody else runs: set up from what the control plane writes, late, killed, wiped."""
import pathlib
import shutil
import socket
import ssl
import subprocess
import urllib.parse

import e2e

HEAL_SECONDS = 45


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class ExternalBroker(e2e.EndToEnd):
    @classmethod
    def bring_up(cls):
        lab = cls.lab
        lab.prepare()
        cls.folder = lab.directory / "broker"
        cls.port, monitor = free_port(), free_port()
        written = subprocess.run(
            [lab.program("pcg-controlplane-sim"), "--state-dir", lab.directory / "controlplane",
             "--write-broker-config", cls.folder, "--broker-listen", f"127.0.0.1:{cls.port}",
             "--broker-monitor-port", str(monitor), "--broker-names", "localhost,127.0.0.1"],
            capture_output=True, text=True, timeout=60, check=True)
        cls.configuration = pathlib.Path(written.stdout.strip())
        lab.controlplane_arguments = [
            "--broker", "external", "--broker-urls", f"tls://127.0.0.1:{cls.port}",
            "--broker-monitor-url", f"http://127.0.0.1:{monitor}"]
        # The broker is not there yet: that is weather.
        lab.start_controlplane()
        cls.ready_without_broker = dict(lab.controlplane)
        e2e.process.wait_for(lambda: "broker.down" in cls.log_text(), 20, "the control plane to say so")
        cls.start_broker()
        e2e.process.wait_for(lambda: "broker.ready" in cls.log_text(), HEAL_SECONDS, "the control plane to heal")
        tenant = lab.add_tenant("acme")
        one = lab.add_gateway(tenant, "dc1")
        lab.add_endpoint(tenant, one, "vc1", lab.start_vcenter("vcenter-dc1"), "full")

    @classmethod
    def log_text(cls):
        return (cls.lab.directory / "controlplane.log").read_text(errors="replace")

    @classmethod
    def start_broker(cls):
        server = shutil.which("nats-server") or "/usr/sbin/nats-server"
        cls.lab.processes.start("external-broker", [server, "-c", cls.configuration],
                                cls.lab.directory / "external-broker.log", {"role": "broker"})

    def test_ready_names_a_process_only_if_it_is_a_child(self):
        self.assertNotIn("nats_pid", self.ready_without_broker)
        self.assertEqual(self.ready_without_broker["bus_url"], f"tls://127.0.0.1:{self.port}")

    def test_what_is_written_is_for_its_owner_only(self):
        for file in self.folder.iterdir():
            if file.is_file():
                self.assertEqual(file.stat().st_mode & 0o077, 0, file)

    def test_calls_work_and_work_again_after_the_broker_was_killed(self):
        self.assert_works(self.call())
        self.lab.kill("external-broker")
        self.start_broker()
        self.wait_until_calls_work(HEAL_SECONDS)

    def test_a_broker_that_lost_its_accounts_is_told_again(self):
        self.lab.kill("external-broker")
        shutil.rmtree(self.folder / "accounts")
        self.start_broker()
        self.wait_until_calls_work(HEAL_SECONDS)

    def test_without_a_certificate_nobody_gets_as_far_as_a_login(self):
        trust = ssl.create_default_context(cafile=self.lab.controlplane["ca"])
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain:
            greeting = plain.recv(8192)
            self.assertIn(b'"tls_verify":true', greeting)
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with trust.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
                    secured.sendall(b'CONNECT {"verbose":true}\r\nPING\r\n')
                    answer = secured.recv(1024)
                    raise ConnectionError("closed") if not answer else AssertionError(answer)

    def test_the_gateway_shows_its_certificate_there(self):
        listed = urllib.parse.urlsplit(self.lab.controlplane["broker_monitor_url"])
        import http.client
        connection = http.client.HTTPConnection(listed.hostname, listed.port, timeout=10)
        connection.request("GET", "/connz?subs=0&auth=1")
        text = connection.getresponse().read().decode()
        connection.close()
        self.assertIn("tls_version", text)
        self.assertIn(self.gateway().id, text)


if __name__ == "__main__":
    e2e.run()
