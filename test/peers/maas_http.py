# SPDX-License-Identifier: Apache-2.0
"""Raw requests to a MAAS, signed by python3-oauthlib: an oracle that shares no code with ours."""
import email.mime.multipart
import email.mime.text
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

    def ask_mime(self, verb, path, fields):
        """As MAAS's own Python clients write a form: parts in base64 made by the email package, even without a field."""
        target = "/MAAS/api/2.0/" + path
        message = email.mime.multipart.MIMEMultipart("form-data")
        for name, value in fields:
            part = email.mime.text.MIMEText(value, "plain", "utf-8")
            part.add_header("Content-Disposition", "form-data", name=name)
            message.attach(part)
        head, _, body = message.as_bytes().partition(b"\n\n")
        del head
        return self.raw(verb, target, {
            "Authorization": self.authorization(verb, target), "Content-Type": message["Content-Type"],
            "MIME-Version": "1.0",
        }, b"\r\n".join(body.splitlines()))

    def put_octets(self, uri, octets):
        return self.raw("PUT", uri, {
            "Authorization": self.authorization("PUT", uri), "Content-Type": "application/octet-stream",
        }, octets)
