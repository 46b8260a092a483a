#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Opaque tunnels with real programs: curl and Python through the ingress to places that the data center opened."""
import base64
import hashlib
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import e2e

QUIET_SECONDS = 16  # longer than the bus takes a silent peer for alive
MEBIBYTES = 64
GROWTH_KIB = 32 * 1024


class Far(threading.Thread):
    """A server in the data center: each connection is what a test makes of it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.accepted, self.given, self.arrived = [], [], threading.Condition()
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.arrived:
                self.accepted.append(connection)
                self.arrived.notify_all()

    def next(self):
        """The connection that came after the last one asked for."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.accepted, 10), "nobody came"
            connection = self.accepted.pop(0)
        connection.settimeout(30)
        self.given.append(connection)
        return connection

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
        except OSError:
            pass
        self.listener.close()
        for connection in self.accepted + self.given:
            connection.close()


class Refused(Exception):
    pass


class Client:
    """A TLS connection to the ingress that has become a tunnel. By hand, so that its halves can end one by one."""

    def __init__(self, endpoint, place, password=None, head=None, expect="HTTP/1.1 200 "):
        url = urllib.parse.urlsplit(endpoint["url"])
        self.socket = socket.create_connection((url.hostname, url.port), 10)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=endpoint["ca"])
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=url.hostname)
        self._pump(self.tls.do_handshake)
        pair = f"{endpoint['username']}:{password or endpoint['password']}".encode()
        self.send(head or (f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n"
                           f"Proxy-Authorization: Basic {base64.b64encode(pair).decode()}\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = self.receive()
            if not piece:
                break
            answer += piece
        self.answer = answer.decode()
        if not self.answer.startswith(expect):
            self.close()
            raise Refused(self.answer)

    def _flush(self):
        data = self.outgoing.read()
        if data:
            self.socket.sendall(data)

    def _pump(self, step):
        while True:
            try:
                result = step()
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                data = self.socket.recv(65536)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def send(self, data):
        self._pump(lambda: self.tls.write(data))

    def receive(self):
        """b"" once the far half has ended; an error when it broke."""
        try:
            return self._pump(lambda: self.tls.read(65536))
        except ssl.SSLZeroReturnError:
            return b""

    def receive_all(self):
        data = b""
        while piece := self.receive():
            data += piece
        return data

    def end_sending(self):
        """close_notify, and nothing is waited for."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._flush()

    def close(self):
        self.socket.close()


class Tunnels(e2e.EndToEnd):
    def setUp(self):
        self.one = self.gateway()
        self.described = self.endpoint()
        self.far = Far()
        self.addCleanup(self.far.close)
        self.vcenter = self.described["direct"]["url"].removeprefix("https://").rstrip("/")
        self.open(self.far.place, self.vcenter)

    def open(self, *places):
        self.one.ctl("endpoint", "update", "vc1", "--tunnel", ",".join(places) or "none")

    def connect(self, place=None, **options):
        client = Client(self.described, place or self.far.place, **options)
        self.addCleanup(client.close)
        return client, self.far.next()

    def refusal(self, place, **options):
        with self.assertRaises(Refused) as caught:
            Client(self.described, place, **options)
        return str(caught.exception).splitlines()[0]

    def curl(self, *words, user=None, url=None):
        """Exit code, the proxy's status, and the body."""
        user = user or f"{self.described['username']}:{self.described['password']}"
        completed = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "30", "--proxy", self.described["url"], "--proxy-cacert",
             self.described["ca"], "--proxy-user", user, "--cacert", self.described["direct"]["ca"], "--write-out",
             "\n%{http_connect}", *words, url or self.described["direct"]["url"].rstrip("/") + "/sdk/vimServiceVersions.xml"],
            capture_output=True, text=True, timeout=60, check=False)
        body, status = completed.stdout.rsplit("\n", 1)
        return completed.returncode, status, body

    def audited(self, place):
        """The gateway's newest record of a tunnel to there."""
        def newest():
            rows = self.one.ctl("audit", "--json")["rows"]
            return next((row["data"] for row in rows if row["event"] == "proxy.call"
                         and row["data"]["object"] == place), None)

        return e2e.process.wait_for(newest, 10, f"an audit record of {place}")

    # --- who, and where to ----------------------------------------------------------------------------------

    def test_curl_speaks_with_the_vcenter_itself_through_the_tunnel(self):
        code, status, body = self.curl()
        self.assertEqual((code, status), (0, "200"))
        self.assertIn("<namespace>", body)

    def test_programs_find_the_proxy_in_their_environment(self):
        ours = self.described
        proxy = ours["url"].replace("https://", f"https://{ours['username']}:{ours['password']}@")
        completed = subprocess.run(
            ["curl", "--silent", "--show-error", "--proxy-cacert", ours["ca"], "--cacert", ours["direct"]["ca"],
             ours["direct"]["url"].rstrip("/") + "/sdk/vimServiceVersions.xml"],
            env={"HTTPS_PROXY": proxy, "PATH": "/usr/bin"}, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertIn("<namespace>", completed.stdout)

    def test_what_the_lab_describes_is_a_proxy_in_the_clear(self):
        ours = self.lab.opaque_proxy
        self.assertEqual(ours["targets"], [self.vcenter])
        code, status, body = self.curl("--proxy", ours["url"])
        self.assertEqual((code, status), (0, "200"))
        self.assertIn("<namespace>", body)
        self.assertEqual(self.curl("--proxy", ours["url"], user="nobody:nothing")[1], "407")

    def test_wrong_credentials_are_asked_for_again(self):
        key = self.described["username"]
        for user in (f"{key}:wrong", "ak_00000000000000000000000000:x", "nobody:x"):
            code, status, _ = self.curl(user=user)
            self.assertEqual((code, status), (56, "407"), user)
        self.assertIn("407", self.refusal(self.far.place, head=f"CONNECT {self.far.place} HTTP/1.0\r\n\r\n".encode()))

    def test_what_is_not_listed_is_refused_and_said_why(self):
        self.assertRegex(self.refusal("127.0.0.1:1"), r"403 127\.0\.0\.1:1 is none of the places")
        self.assertRegex(self.refusal("esx1.example:443"), "403 .*is none of the places")
        self.assertRegex(self.refusal("127.1:443"), "403 ")
        self.open()
        self.assertRegex(self.refusal(self.far.place), "403 no tunnels are open at this endpoint")
        self.assertEqual(self.audited(self.far.place)["decision"], "proxy.tunnel_denied")

    def test_a_listed_name_that_leads_to_loopback_is_refused(self):
        port = self.far.place.rsplit(":", 1)[1]
        self.open(f"localhost:{port}")
        self.assertRegex(self.refusal(f"localhost:{port}"), "403 .*its address must be listed")
        self.assertEqual(self.far.accepted, [])
        self.open(f"localhost:{port}", self.far.place)
        client, far = self.connect(f"localhost:{port}")
        client.send(b"hello")
        self.assertEqual(far.recv(5), b"hello")

    def test_a_place_where_nobody_listens_is_said_so(self):
        self.far.close()
        self.assertRegex(self.refusal(self.far.place), "503 .*it refused the connection")

    def test_a_key_of_a_lesser_role_opens_none(self):
        key = self.one.create_key("vc1", "deploy")
        self.described = {**self.described, **{word: key[word] for word in ("username", "password")}}
        self.assertRegex(self.refusal(self.far.place), "403 .*is not open to the role 'deploy'")

    def test_the_saas_side_cannot_open_a_place(self):
        self.open()
        url = urllib.parse.urlsplit(self.lab.controlplane["url"])
        context = ssl.create_default_context(cafile=self.lab.controlplane["ca"])
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)
        connection.request(
            "PATCH", f"/api/v1/gateways/{self.one.id}/endpoints/{self.described['id']}",
            json.dumps({"tunnels": [self.far.place]}),
            {"Authorization": f"Bearer {self.lab.tenants[0]['api_token']}", "Content-Type": "application/json"})
        self.assertIn(connection.getresponse().status, (400, 404, 405, 422))
        connection.close()
        self.assertRegex(self.refusal(self.far.place), "403 no tunnels are open")

    # --- its life -------------------------------------------------------------------------------------------

    def test_both_halves_end_one_by_one_and_the_audit_counts(self):
        client, far = self.connect()
        client.send(b"a question")
        client.end_sending()
        self.assertEqual(b"".join(iter(lambda: far.recv(100), b"")), b"a question")
        far.sendall(b"an answer after the end of the question")
        far.close()
        self.assertEqual(client.receive_all(), b"an answer after the end of the question")
        record = self.audited(self.far.place)
        self.assertEqual((record["bytes_in"], record["bytes_out"]), (10, 39))
        self.assertEqual((record["outcome"], record["decision"]), ("complete", "allowed"))
        self.assertEqual(record["detail"], f"connected to {self.far.place}")
        self.assertRegex(record["summary"], rf"^CONNECT {self.far.place} by ak_.*, success$")

    def test_the_far_half_may_end_first(self):
        client, far = self.connect()
        far.sendall(b"all there is")
        far.shutdown(socket.SHUT_WR)
        self.assertEqual(client.receive_all(), b"all there is")
        client.send(b"and an answer")
        client.end_sending()
        self.assertEqual(b"".join(iter(lambda: far.recv(100), b"")), b"and an answer")

    def test_a_tunnel_outlives_silence(self):
        client, far = self.connect()
        client.socket.settimeout(QUIET_SECONDS)
        with self.assertRaises(TimeoutError):
            client.receive()
        client.socket.settimeout(30)
        far.sendall(b"still here")
        self.assertEqual(client.receive(), b"still here")
        client.send(b"here, too")
        self.assertEqual(far.recv(100), b"here, too")

    def test_much_goes_through_unchanged_in_flat_memory(self):
        client, far = self.connect()
        record = self.lab.processes.find(self.one.process_name)
        before = resident(record)
        piece = bytes(range(256)) * 4096
        sums = {}

        def take(name, read):
            digest, size = hashlib.sha256(), 0
            while data := read():
                digest.update(data)
                size += len(data)
            sums[name] = (size, digest.hexdigest())

        up = threading.Thread(target=take, args=("up", lambda: far.recv(65536)))
        up.start()
        for _ in range(MEBIBYTES):
            client.send(piece)
        client.end_sending()
        up.join()
        give = threading.Thread(target=lambda: (far.sendall(piece * MEBIBYTES), far.close()))
        give.start()
        take("down", client.receive)
        give.join()
        expected = (MEBIBYTES << 20, hashlib.sha256(piece * MEBIBYTES).hexdigest())
        self.assertEqual(sums, {"up": expected, "down": expected})
        if not e2e.process.is_instrumented(record):
            self.assertLess(resident(record) - before, GROWTH_KIB)

    def test_a_client_that_goes_away_is_noticed_within_a_second(self):
        client, far = self.connect()
        client.send(b"x")
        self.assertEqual(far.recv(1), b"x")
        began = time.monotonic()
        client.close()
        self.assert_cut(far)
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(self.audited(self.far.place)["outcome"], "cancelled")

    def assert_cut(self, far):
        try:
            self.assertEqual(far.recv(1), b"")
        except ConnectionResetError:
            pass

    def test_the_red_button_cuts_it(self):
        strict = self.lab.directory / "no-tunnels.jsonc"
        strict.write_text('{ "version": 1, "endpoints": { "vc1": { "ceiling": "deploy" } } }', encoding="utf-8")
        for switch, back in ((["pause"], ["resume"]), (["policy", "read-only", "on"], ["policy", "read-only", "off"]),
                             (["policy", "set", str(strict)], ["policy", "remove"]),
                             (["endpoint", "update", "vc1", "--tunnel", "none"],
                              ["endpoint", "update", "vc1", "--tunnel", self.far.place])):
            client, far = self.connect()
            client.send(b"x")
            self.assertEqual(far.recv(1), b"x")
            far.settimeout(5)
            began = time.monotonic()
            self.one.ctl(*switch)
            self.addCleanup(self.one.ctl, *back)
            self.assert_cut(far)
            self.assertLess(time.monotonic() - began, 2, switch)  # pcgctl's own time included
            self.assertRegex(self.refusal(self.far.place), "(403|503) ")
            self.one.ctl(*back)

    def test_a_revoked_key_takes_its_tunnels_with_it(self):
        key = self.one.create_key("vc1", "full")
        self.described = {**self.described, **{word: key[word] for word in ("username", "password")}}
        client, far = self.connect()
        client.send(b"x")
        self.assertEqual(far.recv(1), b"x")
        self.one.ctl("key", "revoke", key["username"])
        self.assert_cut(far)


class Console(e2e.EndToEnd):
    """A console of the simulator's host: a WebSocket from the ingress to it."""

    @classmethod
    def bring_up(cls):
        cls.lab.gateway_settings = {"endpoint_networks": "127.0.0.0/8"}
        cls.lab.prepare()
        cls.lab.start_controlplane()
        tenant = cls.lab.add_tenant("tenant-a")
        one = cls.lab.add_gateway(tenant, "dc1")
        target = cls.lab.start_vcenter("vcenter-dc1", ("-esxi-leases",))
        cls.lab.add_endpoint(tenant, one, "vc1", target, "full")

    def soap(self, body, cookie=""):
        url = urllib.parse.urlsplit(self.endpoint()["url"])
        connection = http.client.HTTPSConnection(
            url.hostname, url.port, context=ssl.create_default_context(cafile=self.endpoint()["ca"]), timeout=20)
        connection.request("POST", "/sdk", '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
                           f"{body}</e:Body></e:Envelope>", {"Content-Type": "text/xml", "Cookie": cookie})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.assertEqual(answer.status, 200, text)
        return text, answer.headers.get("Set-Cookie", "").split(";")[0]

    def ticket(self):
        ours = self.endpoint()
        _, cookie = self.soap('<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this><userName>'
                              f'{ours["username"]}</userName><password>{ours["password"]}</password></Login>')
        text, _ = self.soap('<AcquireTicket xmlns="urn:vim25"><_this type="VirtualMachine">vm-1</_this>'
                            "<ticketType>webmks</ticketType></AcquireTicket>", cookie)
        return text.split("<url>", 1)[1].split("</url>", 1)[0]

    def open(self):
        ours = self.endpoint()
        url = urllib.parse.urlsplit(self.ticket())
        self.assertEqual((url.scheme, url.netloc), ("wss", urllib.parse.urlsplit(ours["url"]).netloc))
        client = Client(ours, "", expect="HTTP/1.1 101 ", head=(
            f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
        self.addCleanup(client.close)
        return client

    def test_a_console_goes_through_the_ingress_and_the_red_button_cuts_it(self):
        client = self.open()
        self.assertIn("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", client.answer)
        client.send(b"a frame of no form")
        self.assertEqual(client.receive(), b"a frame of no form")
        self.addCleanup(self.gateway().ctl, "resume")
        self.gateway().ctl("pause")
        client.socket.settimeout(5)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            client.receive()


def resident(record):
    lines = pathlib.Path(f"/proc/{record['pid']}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS:")))


if __name__ == "__main__":
    e2e.run()
