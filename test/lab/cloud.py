# SPDX-License-Identifier: Apache-2.0
"""The control plane's API as a tenant, or as the operator, uses it."""
import http.client
import json
import ssl
import urllib.parse

import process


class Api:
    """One bearer token at one control plane. A connection per call: the control plane may restart in between."""

    def __init__(self, url, ca_file, token):
        self.address = urllib.parse.urlsplit(url)
        self.tls = ssl.create_default_context(cafile=str(ca_file))
        self.token = token

    def call(self, method, path, body=None, timeout=15):
        """Returns (status, parsed JSON or None); raises OSError when nobody answers."""
        connection = http.client.HTTPSConnection(
            self.address.hostname, self.address.port, context=self.tls, timeout=timeout
        )
        try:
            headers = {"Authorization": "Bearer " + self.token, "Accept": "application/json"}
            text = None
            if body is not None:
                text, headers["Content-Type"] = json.dumps(body), "application/json"
            connection.request(method, path, body=text, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def get(self, path):
        """The answer of a GET that must succeed."""
        status, content = self.call("GET", path)
        if status != 200:
            raise process.StepError(f"GET {path} was answered with {status}: {problem(content)}")
        return content

    def create_tenant(self, name, admin):
        status, content = self.call("POST", "/api/v1/tenants", {"name": name, "admin_username": admin})
        if status != 201:
            raise process.StepError(f"the tenant {name} was not created: {status} {problem(content)}")
        return content

    def gateway(self, gateway_id):
        """The gateway, or None while the control plane does not know it or does not answer."""
        try:
            status, content = self.call("GET", f"/api/v1/gateways/{gateway_id}")
        except OSError:
            return None
        return content if status == 200 else None

    def is_online(self, gateway_id):
        return (self.gateway(gateway_id) or {}).get("state") == "online"

    def endpoint(self, gateway_id, name):
        """The endpoint with its ingress, or None while there is none."""
        try:
            status, content = self.call("GET", f"/api/v1/gateways/{gateway_id}/endpoints")
        except OSError:
            return None
        if status != 200:
            return None
        found = next((one for one in content["items"] if one["name"] == name), None)
        return found if found and found.get("ingress_url") else None


def problem(content):
    """The sentence of an RFC 9457 problem document."""
    if not isinstance(content, dict):
        return ""
    return content.get("detail") or content.get("title") or json.dumps(content)


def answers(url, ca_file, path="/sdk/vimServiceVersions.xml"):
    """Whether a GET through this URL is answered with 200: through an ingress, that the whole way is open."""
    address = urllib.parse.urlsplit(url)
    tls = ssl.create_default_context(cafile=str(ca_file))
    connection = http.client.HTTPSConnection(address.hostname, address.port or 443, context=tls, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
