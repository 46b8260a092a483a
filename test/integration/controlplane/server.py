# SPDX-License-Identifier: Apache-2.0
"""The control plane as a process on a free port of loopback, for tests and measurements of its API."""
import http.client
import json
import os
import pathlib
import sqlite3
import ssl
import subprocess
import time
import urllib.parse


class Server:
    def __init__(self, folder, *arguments):
        self.state = pathlib.Path(folder) / "state"
        self.log = open(pathlib.Path(folder) / "log", "w+b")
        program = pathlib.Path(os.environ["PCG_PROGRAMS"]) / "pcg-controlplane-sim"
        self.process = subprocess.Popen([program, "--state-dir", self.state, *map(str, arguments)], stdout=self.log, stderr=self.log)
        end = time.monotonic() + 60
        while not (self.state / "ready.json").exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("pcg-controlplane-sim did not start: " + self.said())
            time.sleep(0.05)
        ready = json.loads((self.state / "ready.json").read_text())
        self.address = urllib.parse.urlsplit(ready["url"])
        self.tls = ssl.create_default_context(cafile=ready["ca"])
        self.operator = pathlib.Path(ready["operator_token_file"]).read_text().strip()

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-4000:]

    def connect(self):
        return http.client.HTTPSConnection(self.address.hostname, self.address.port, context=self.tls, timeout=30)

    def call(self, method, path, headers, body=None):
        connection = self.connect()
        try:
            headers = dict(headers)
            if body is not None and not isinstance(body, str):
                body, headers["Content-Type"] = json.dumps(body), "application/json"
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def make_tenant(self, name):
        status, _, body = self.call("POST", "/api/v1/tenants", {"Authorization": "Bearer " + self.operator},
                                    {"name": name, "admin_username": "root"})
        assert status == 201, body
        return json.loads(body)

    def add_gateways(self, tenant, gateways):
        """(id, name, nkey) of gateways that were paired once; pairing itself is another test's."""
        with sqlite3.connect(self.state / "controlplane.db", timeout=10) as database:
            database.executemany(
                "INSERT INTO gateways (id, tenant_id, name, device_spki, nkey, epoch, state, bound_at_ms) "
                "VALUES (?, ?, ?, x'01', ?, 1, 'active', 1795300000000)",
                [(gateway, tenant, name, nkey) for gateway, name, nkey in gateways])
        database.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
