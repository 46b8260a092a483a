# SPDX-License-Identifier: Apache-2.0
"""The portal's files and a certificate from elsewhere, at the real program."""
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from server import Server


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Portal(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.portal = self.folder / "portal"
        self.portal.mkdir()
        (self.portal / "index.html").write_text("<!doctype html><title>portal</title>")
        (self.portal / "app-5XHDSA7K.js").write_text("plain")
        for name in ("own", "other"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=portal", "-addext", "subjectAltName=DNS:portal.example,DNS:localhost,IP:127.0.0.1",
                    "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem")

    def start(self, *arguments):
        server = Server(self.folder, "--portal-dir", self.portal, *arguments)
        self.addCleanup(server.stop)
        return server

    def test_pages_files_and_the_api_share_one_server(self):
        server = self.start()
        for path, status, cache in (("/", 200, "no-cache"), ("/gateways/gw_1", 200, "no-cache"),
                                    ("/app-5XHDSA7K.js", 200, "public, max-age=31536000, immutable"),
                                    ("/missing.js", 404, "no-store")):
            with self.subTest(path=path):
                got, headers, _ = server.call("GET", path, {})
                self.assertEqual((got, headers["Cache-Control"]), (status, cache))
                self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertEqual(server.call("GET", "/api/v1/nothing", {})[1]["Content-Type"], "application/problem+json")
        self.assertEqual(server.call("GET", "/../state/operator-token", {})[0], 400)
        status, headers, body = server.call("HEAD", "/", {})
        self.assertEqual((status, body), (200, b""))

    def test_a_certificate_from_elsewhere_is_shown(self):
        server = self.start("--tls-certificate-file", self.folder / "own.pem", "--tls-key-file", self.folder / "own.key",
                            "--public-host", "portal.example")
        external = ssl.create_default_context(cafile=str(self.folder / "own.pem"))
        for name, context, taken in (("portal.example", external, True), ("PORTAL.example", external, True),
                                     ("portal.example", server.tls, False),
                                     # What gateways and pcg may use, with the control plane's own root alone.
                                     ("gateways.portal.example", server.tls, True),
                                     ("gateways.portal.example", external, False),
                                     ("localhost", server.tls, True), ("127.0.0.1", server.tls, True)):
            with self.subTest(name=name, external=context is external):
                self.assertEqual(self.answers(server, name, context), taken)

    def answers(self, server, name, context):
        """Whether the server that was asked for by this name is trusted and takes it as its own."""
        try:
            with socket.create_connection((server.address.hostname, server.address.port), timeout=30) as plain:
                with context.wrap_socket(plain, server_hostname=name) as stream:
                    stream.sendall(f"GET / HTTP/1.1\r\nHost: {name.lower()}\r\nConnection: close\r\n\r\n".encode())
                    return stream.recv(12) == b"HTTP/1.1 200"
        except ssl.SSLCertVerificationError:
            return False

    def test_a_key_that_does_not_fit_stops_the_start_with_both_files_named(self):
        program = pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-controlplane-sim"
        ended = subprocess.run(
            [program, "--state-dir", self.folder / "state", "--tls-certificate-file", self.folder / "own.pem",
             "--tls-key-file", self.folder / "other.key"], capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("does not belong to the certificate", ended.stderr)
        self.assertIn("other.key", ended.stderr)
        self.assertIn("own.pem", ended.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=1)
