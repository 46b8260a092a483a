# SPDX-License-Identifier: Apache-2.0
"""The vCenter of the lab: a simulator of ours (test/peers/vcsim), or one that somebody names."""
import hashlib
import json
import pathlib
import secrets
import socket
import ssl
import urllib.parse
import urllib.request

import process

USERNAME = "administrator@vsphere.local"


def start(processes, programs, directory, name, arguments=()):
    """Starts a simulator that holds everything in `directory`; returns what a client needs to reach it."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(18)
    password_file = directory / "password"
    process.write_atomically(password_file, password + "\n")
    ready, requests, log = directory / "ready.json", directory / "requests.log", directory / "vcsim.log"
    ready.unlink(missing_ok=True)
    command = [
        programs / "vcsim", "-dir", directory, "-ready-file", ready, "-request-log", requests,
        "-username", USERNAME, "-password-file", password_file, "-require-folder-auth", *arguments,
    ]
    record = processes.start(name, command, log)
    seen = process.wait_for(lambda: process.read_json(ready), 30, "the vCenter simulator's ready file", record)
    return {
        "url": seen["url"], "ca": seen["ca"], "username": USERNAME, "password": password,
        "password_file": str(password_file), "requests": str(requests), "record": record,
        "control": seen["control"],
    }


def wish(description, **faults):
    """Makes the simulator misbehave (test/peers/vcsim/faults.go); gives how many sessions are open there."""
    request = urllib.request.Request(description["control"], data=json.dumps(faults).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["sessions"]


def existing(url, username, password, directory, ca=None):
    """Describes a vCenter that runs elsewhere; without a CA its certificate is taken as it is now, by its pin."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    password_file = directory / "password"
    process.write_atomically(password_file, password + "\n")
    described = {"url": url, "username": username, "password": password, "password_file": str(password_file)}
    if ca is not None:
        return {**described, "ca": str(pathlib.Path(ca).resolve())}
    der = certificate_of(url)
    ca_file = directory / "certificate.pem"
    ca_file.write_text(ssl.DER_cert_to_PEM_cert(der))
    return {**described, "ca": str(ca_file), "pin": hashlib.sha256(der).hexdigest()}


def certificate_of(url):
    """The certificate (DER) that a server shows, unverified: only to be pinned."""
    address = urllib.parse.urlsplit(url)
    if address.scheme != "https" or not address.hostname:
        raise process.StepError(f"'{url}' is not an https URL; write it as https://vcenter.example:443")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((address.hostname, address.port or 443), timeout=10) as connection:
            with context.wrap_socket(connection, server_hostname=address.hostname) as stream:
                return stream.getpeercert(binary_form=True)
    except OSError as error:
        raise process.StepError(f"no certificate could be read from {url}: {error}") from error


def requests_seen(description):
    """The simulator's request log as a list; only lines that are complete."""
    try:
        text = pathlib.Path(description["requests"]).read_text()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]
