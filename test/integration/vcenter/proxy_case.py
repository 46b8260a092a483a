# SPDX-License-Identifier: Apache-2.0
"""The proxy alone in front of the vCenter simulator, and what a test asks of both."""
import http.client
import json
import pathlib
import ssl
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lab"))
import process  # noqa: E402
import vcenter  # noqa: E402

PROGRAMS = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 and "/" in sys.argv[1] else "build/dev/bin")


def envelope(body, header=""):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{header}<s:Body>{body}</s:Body></s:Envelope>'
    )


def call(method, kind, moref, arguments=""):
    return f'<{method} xmlns="urn:vim25"><_this type="{kind}">{moref}</_this>{arguments}</{method}>'


def login_body(username, password):
    return envelope(call("Login", "SessionManager", "SessionManager",
                         f"<userName>{username}</userName><password>{password}</password>"))


class ProxyCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pcg-proxy-")
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.processes = process.Processes(folder.name)
        cls.addClassCleanup(lambda: cls.processes.stop(grace=5))
        cls.vcenter = vcenter.start(cls.processes, PROGRAMS, cls.dir / "vc", "vcenter", cls.vcenter_arguments())
        cls.start_proxy()

    @classmethod
    def vcenter_arguments(cls):
        return ()

    @classmethod
    def start_proxy(cls):
        ready = cls.dir / "ready.json"
        ready.unlink(missing_ok=True)
        command = [
            PROGRAMS / "vcenter-proxy-host", cls.dir, cls.vcenter["url"], cls.vcenter["ca"],
            cls.vcenter["username"], cls.vcenter["password_file"],
        ]
        cls.log = cls.dir / "proxy.log"
        cls.record = cls.processes.start("proxy", command, cls.log)
        seen = process.wait_for(lambda: process.read_json(ready), 20, "the proxy's ready file", cls.record)
        cls.urls, cls.keys = seen["urls"], seen["keys"]

    def target(self, role="full"):
        return {"url": self.urls[0], "ca": str(self.dir / "proxy-ca.pem"), **self.keys[role]}

    def direct(self):
        return {name: self.vcenter[name] for name in ("url", "ca", "username", "password")}

    def connection(self, target=None, endpoint=0, timeout=20):
        target = target or {"url": self.urls[endpoint], "ca": str(self.dir / "proxy-ca.pem")}
        address = urllib.parse.urlsplit(target["url"])
        tls = ssl.create_default_context(cafile=target["ca"])
        made = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=timeout)
        self.addCleanup(made.close)
        return made

    def http(self, method, path, body=None, headers=None, **where):
        connection = self.connection(**where)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def soap(self, body, cookie=None, headers=None, **where):
        sent = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "urn:vim25/6.5", **(headers or {})}
        if cookie:
            sent["Cookie"] = cookie
        status, answer_headers, answer = self.http("POST", "/sdk", body.encode(), sent, **where)
        return status, answer_headers, answer

    def log_in(self, role="full", endpoint=0):
        key = self.keys[role]
        status, headers, body = self.soap(login_body(key["username"], key["password"]), endpoint=endpoint)
        self.assertEqual(status, 200, body)
        self.assertEqual(len(headers.get_all("Set-Cookie")), 1)
        return headers["Set-Cookie"].split(";")[0]

    def asked(self, method=None):
        """SOAP methods (or HTTP methods) that reached the vCenter, in order."""
        lines = [line for line in vcenter.requests_seen(self.vcenter) if line["event"] == "request"]
        names = [line.get("soap") or line["method"] for line in lines]
        return names if method is None else names.count(method)

    def audit(self):
        return [json.loads(line) for line in (self.dir / "audit.log").read_text().splitlines()]

    def sessions_of_vcenter(self):
        """How many sessions the vCenter holds besides the one that asks."""
        target = self.direct()
        status, headers, _ = self.soap(login_body(target["username"], target["password"]), target=target)
        self.assertEqual(status, 200)
        cookie = headers["Set-Cookie"].split(";")[0]
        listing = envelope(
            '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this>'
            "<specSet><propSet><type>SessionManager</type><pathSet>sessionList</pathSet></propSet>"
            '<objectSet><obj type="SessionManager">SessionManager</obj></objectSet></specSet></RetrieveProperties>'
        )
        _, _, body = self.soap(listing, cookie, target=target)
        self.soap(envelope(call("Logout", "SessionManager", "SessionManager")), cookie, target=target)
        return body.count(b"<UserSession") - 1
