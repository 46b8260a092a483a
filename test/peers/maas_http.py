# SPDX-License-Identifier: Apache-2.0
"""Raw requests to a MAAS, signed by python3-oauthlib: an oracle that shares no code with ours."""
import http.client
import json
import ssl
import urllib.parse

import oauthlib.oauth1

PLAINTEXT = oauthlib.oauth1.SIGNATURE_PLAINTEXT
HMAC = oauthlib.oauth1.SIGNATURE_HMAC_SHA1
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "a-boundary-of-the-tests"


class Answer:
    def __init__(self, response):
        self.status, self.body = response.status, response.read()
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"


class Maas:
    """One MAAS as one client sees it: its address, an API key and a signature method."""

    def __init__(self, url, api_key, ca=None, method=PLAINTEXT):
        self.url, self.api_key, self.ca, self.method = url, api_key, ca, method

    def signed_with(self, method):
        return Maas(self.url, self.api_key, self.ca, method)

    def with_key(self, api_key):
        return Maas(self.url, api_key, self.ca, self.method)

    def authorization(self, verb, target, form=None, **changes):
        """The Authorization field; `form` is signed along. `changes` go to oauthlib: timestamp, nonce, realm."""
        consumer, token, secret = self.api_key.split(":")
        signer = oauthlib.oauth1.Client(consumer, "", token, secret, signature_method=self.method, **changes)
        body = urllib.parse.urlencode(form) if form else None
        headers = {"Content-Type": FORM} if form else {}
        return signer.sign(self.url + target, verb, body=body, headers=headers)[1]["Authorization"]

    def raw(self, verb, target, headers=None, body=None):
        address = urllib.parse.urlsplit(self.url)
        if address.scheme == "https":
            tls = ssl.create_default_context(cafile=self.ca)
            connection = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=30)
        else:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        try:
            connection.request(verb, target, body=body, headers={"User-Agent": "maas_http", **(headers or {})})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def ask(self, verb, path, form=None, signed=True, **changes):
        """A path below the API's root; a form goes urlencoded, in the base string if `signed`."""
        target = "/MAAS/api/2.0/" + path
        headers = {"Authorization": self.authorization(verb, target, form if signed else None, **changes)}
        if form is None:
            return self.raw(verb, target, headers)
        return self.raw(verb, target, {**headers, "Content-Type": FORM}, urllib.parse.urlencode(form).encode())

    def ask_multipart(self, verb, path, fields):
        """The same fields as multipart/form-data; they are signed all the same."""
        target = "/MAAS/api/2.0/" + path
        parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in fields]
        return self.raw(verb, target, {
            "Authorization": self.authorization(verb, target, fields),
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }, ("".join(parts) + f"--{BOUNDARY}--\r\n").encode())

    def put_octets(self, uri, octets):
        return self.raw("PUT", uri, {
            "Authorization": self.authorization("PUT", uri), "Content-Type": "application/octet-stream",
        }, octets)
