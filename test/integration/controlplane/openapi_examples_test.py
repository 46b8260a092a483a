# SPDX-License-Identifier: Apache-2.0
"""Sends every documented example to the real program over HTTPS, and checks each answer against its schema.

The document is the only list: an operation without an example, or an example that the server refuses, fails. What an
operation needs before it (a user to rename, a token to delete) is made by the same documented requests.
"""
import http.client
import json
import pathlib
import re
import sys
import tempfile
import unittest
import urllib.parse

import yaml

from server import Server

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCUMENT = yaml.safe_load((ROOT / "docs/api/controlplane.openapi.yaml").read_text(encoding="utf-8"))
METHODS = ("get", "post", "put", "patch", "delete")
GATEWAY = "gw_" + "0" * 26

# Reads first, then what makes things, then what takes them away.
LAST = ("resetPassword", "signOut", "changePassword", "deleteToken", "deleteUser", "deleteGateway",
        "withdrawSystemGateway", "deleteTenant")
FIRST = ("createTenant", "offerSystemGateway", "createUser", "createToken", "signIn", "stepUp")

# Served by parts that need a gateway on the other end; their own tests run them.
STREAMS = ("events", "exportAudit")  # test/e2e/audit_test.py reads them
NEEDS_A_LIVE_GATEWAY = {  # test/e2e: endpoints, deploy, renewal and upload
    "listInventory", "getOrchestratorKey", "putOrchestratorKey", "deleteOrchestratorKey", "createDeployment",
    "planDeployment", "getDeployment", "deleteDeployment", "scaleDeployment", "retryDeployment",
    "abandonDeployment",
    "createEndpoint", "getEndpoint", "updateEndpoint", "deleteEndpoint", "approveCertificate", "checkEndpoint", "listKeys",
    "createKey", "revokeKey", "createUpload", "getUpload", "cancelUpload"}


def resolve(schema):
    while "$ref" in schema:
        node = DOCUMENT
        for part in schema["$ref"][2:].split("/"):
            node = node[part]
        schema = node
    return schema


def is_type(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None)}
    return isinstance(value, kinds[name]) if name in kinds else False


def faults(value, schema, where="answer"):
    """What of JSON Schema 2020-12 the document uses; an unknown keyword is a fault, so that nothing goes unchecked."""
    schema = resolve(schema)
    found = []
    for keyword, wanted in schema.items():
        if keyword == "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            if not any(is_type(value, name) for name in names):
                return [f"{where}: {value!r} is not {wanted}"]
        elif keyword == "enum" and value not in wanted or keyword == "const" and value != wanted:
            found.append(f"{where}: {value!r} is not one of {wanted}")
        elif keyword == "required" and isinstance(value, dict):
            found += [f"{where}.{name} is missing" for name in wanted if name not in value]
        elif keyword == "properties" and isinstance(value, dict):
            for name in value:
                if name in wanted:
                    found += faults(value[name], wanted[name], f"{where}.{name}")
                elif "allOf" not in schema and not schema.get("additionalProperties"):
                    found.append(f"{where}.{name} is not documented")
        elif keyword == "items" and isinstance(value, list):
            for i, item in enumerate(value):
                found += faults(item, wanted, f"{where}[{i}]")
        elif keyword == "allOf":
            found += faults(value, merged(wanted), where)
        elif keyword == "oneOf":
            fitting = [one for one in wanted if not faults(value, one, where)]
            if len(fitting) != 1:
                found.append(f"{where}: fits {len(fitting)} of the {len(wanted)} shapes it may have")
        elif keyword == "pattern" and not re.search(wanted, value):
            found.append(f"{where}: {value!r} does not match {wanted}")
        elif keyword == "format" and wanted == "date-time" and value is not None:
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
                found.append(f"{where}: {value!r} is no time")
        elif keyword in ("minLength", "maxLength") and isinstance(value, str):
            if keyword == "minLength" and len(value) < wanted or keyword == "maxLength" and len(value) > wanted:
                found.append(f"{where}: has {len(value)} characters")
        elif keyword in ("minimum", "maximum") and isinstance(value, (int, float)):
            if keyword == "minimum" and value < wanted or keyword == "maximum" and value > wanted:
                found.append(f"{where}: {value} is out of range")
        elif keyword not in ("enum", "const", "required", "properties", "items", "pattern", "format", "minLength",
                             "maxLength", "minimum", "maximum", "description", "default", "additionalProperties"):
            found.append(f"{where}: this test does not know the keyword {keyword}")
    return found


def merged(schemas):
    whole = {"type": "object", "required": [], "properties": {}}
    for schema in map(resolve, schemas):
        whole["required"] += schema.get("required", [])
        whole["properties"].update(schema.get("properties", {}))
    return whole


def operations():
    listed = []
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                listed.append((method.upper(), path, item[method]))

    def rank(entry):
        name = entry[2]["operationId"]
        return FIRST.index(name) - 100 if name in FIRST else 100 + LAST.index(name) if name in LAST else 0

    return sorted(listed, key=rank)


class OpenApiExamples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = Server(cls.folder.name, "--system-gateway-networks", "127.0.0.0/8")
        made = cls.server.make_tenant("tenant-a")
        cls.token, cls.password = made["api_token"], made["admin"]["password"]
        cls.server.add_gateways(made["tenant"]["id"], [(GATEWAY, "dc1", "U" + "A" * 55)])
        # Its name is sealed by the program, so it is given over the API.
        cls.server.call("PATCH", f"/api/v1/gateways/{GATEWAY}", {"Authorization": "Bearer " + cls.token}, {"name": "dc1"})
        cls.known = {"gateways": GATEWAY}
        cls.session = {}

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    def headers_for(self, path, operation):
        schemes = [name for entry in operation.get("security", DOCUMENT["security"]) for name in entry]
        if path.startswith(("/api/v1/tenants", "/api/v1/system-gateways")):
            return {"Authorization": "Bearer " + self.server.operator}
        if "bearer" in schemes:
            return {"Authorization": "Bearer " + self.token}
        return dict(self.session) if schemes else {}

    def fill(self, path):
        parts = path.split("/")
        for i, part in enumerate(parts):
            if part.startswith("{"):
                parts[i] = urllib.parse.quote(self.known[parts[i - 1]], safe="@")
        return "/".join(parts)

    def real(self, body):
        """The example with the one thing that cannot be in a document: the password of this run."""
        return {name: self.password if value == "the password so far" else value for name, value in body.items()}

    def learn(self, name, headers, answer):
        if name == "createTenant":
            self.known["tenants"] = answer["tenant"]["id"]
        elif name == "createUser":
            self.known["users"] = answer["username"]
        elif name == "createToken":
            self.known["tokens"] = answer["id"]
        elif name == "signIn":
            self.session.update({"Cookie": headers["Set-Cookie"].split(";")[0], "X-CSRF-Token": answer["csrf_token"]})

    def test_every_example_is_accepted_and_answered_as_documented(self):
        count = 0
        for method, path, operation in operations():
            name = operation["operationId"]
            if name in NEEDS_A_LIVE_GATEWAY or name in STREAMS:
                continue
            with self.subTest(operation=name):
                self.run_example(method, path, operation)
                count += 1
        self.assertGreater(count, 20)

    def run_example(self, method, path, operation):
        body = None
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            self.assertIn("example", content, "the request has no example")
            self.assertEqual(faults(content["example"], content["schema"], "example"), [])
            body = self.real(content["example"])
        status, headers, raw = self.server.call(method, self.fill(path), self.headers_for(path, operation), body)
        documented = operation["responses"].get(str(status))
        self.assertIsNotNone(documented, f"{status} is not documented: {raw!r}")
        self.assertLess(status, 300, raw)
        content = documented.get("content", {}).get("application/json")
        if content is None:
            self.assertIn("application/yaml" if raw else "description", {**documented, **documented.get("content", {})})
            return
        answer = json.loads(raw)
        self.assertEqual(faults(answer, content["schema"]), [])
        self.assertIn("example", content, f"the answer {status} has no example")
        self.assertEqual(faults(content["example"], content["schema"], "example"), [])
        self.learn(operation["operationId"], headers, answer)

    def test_a_refusal_is_the_documented_problem(self):
        schema = DOCUMENT["components"]["schemas"]["Problem"]
        mine = {"Authorization": "Bearer " + self.token}
        for wanted, method, path, headers, body in (
            (401, "GET", "/api/v1/gateways", {}, None),
            (404, "GET", "/api/v1/gateways/gw_" + "1" * 26, mine, None),
            (400, "GET", "/api/v1/gateways?limit=0", mine, None),
            (400, "POST", "/api/v1/tokens", mine, {"label": "a\u202eb", "role": "admin"}),
            (413, "POST", "/api/v1/tokens", mine, {"label": "a" * 20000, "role": "admin"}),
            (415, "POST", "/api/v1/tokens", {**mine, "Content-Type": "text/plain"}, "label=x"),
        ):
            with self.subTest(wanted=wanted):
                status, given, raw = self.server.call(method, path, headers, body)
                self.assertEqual(status, wanted, raw)
                self.assertEqual(given["Content-Type"], "application/problem+json")
                self.assertEqual(faults(json.loads(raw), schema, "problem"), [])

    def test_the_served_document_is_this_one(self):
        status, headers, raw = self.server.call("GET", "/api/v1/openapi.yaml", {})
        self.assertEqual((status, headers["Content-Type"]), (200, "application/yaml"))
        self.assertEqual(yaml.safe_load(raw), DOCUMENT)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=1)
