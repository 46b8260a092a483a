# SPDX-License-Identifier: Apache-2.0
"""The MAAS of the lab: a simulator of ours (test/peers/maas-sim), or one that somebody names."""
import hashlib
import json
import pathlib
import ssl
import urllib.request

import process
import vcenter


def start(processes, programs, directory, name, arguments=()):
    """Starts a simulator that holds everything in `directory`; returns what a client needs to reach it."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    ready, requests, log = directory / "ready.json", directory / "requests.log", directory / "maas-sim.log"
    ready.unlink(missing_ok=True)
    command = [programs / "maas-sim", "--dir", directory, "--request-log", requests, *arguments]
    record = processes.start(name, command, log)
    seen = process.wait_for(lambda: process.read_json(ready), 30, "the MAAS simulator's ready file", record)
    return {
        "url": seen["tls_url"], "ca": seen["ca"], "api_key": seen["api_key"], "user_key": seen["user_key"],
        "api_key_file": write_key(directory, seen["api_key"]), "requests": str(requests), "record": record,
        "direct_url": seen["url"],
    }


def existing(url, api_key, directory, ca=None):
    """Describes a MAAS that runs elsewhere; without a CA its certificate is taken as it is now, by its pin."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    if api_key.count(":") != 2:
        raise process.StepError("the API key must have three parts, CONSUMER:TOKEN:SECRET, as MAAS shows it")
    described = {"url": url, "direct_url": url, "api_key": api_key, "api_key_file": write_key(directory, api_key)}
    if ca is not None:
        return {**described, "ca": str(pathlib.Path(ca).resolve())}
    der = vcenter.certificate_of(url)
    ca_file = directory / "certificate.pem"
    ca_file.write_text(ssl.DER_cert_to_PEM_cert(der))
    return {**described, "ca": str(ca_file), "pin": hashlib.sha256(der).hexdigest()}


def write_key(directory, api_key):
    file = directory / "api-key"
    process.write_atomically(file, api_key + "\n")
    return str(file)


def requests_seen(target):
    """The simulator's request log as a list; only lines that are complete."""
    try:
        text = pathlib.Path(target["requests"]).read_text()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


def control(target, path, body=None):
    """Asks the simulator itself, beside its API: faults and what it holds."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(target["direct_url"] + path, data=data, method="GET" if body is None else "PUT")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return answer.read().decode()
