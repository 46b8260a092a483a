#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Direct, ours and `ssh -R` side by side in one run: small calls, and a large file up and down.

Rounds are interleaved forth and back, so that a machine that grows slower or faster treats all alike. The figures
are for comparison with each other; no test depends on them.
"""
import argparse
import dataclasses
import hashlib
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import lab  # noqa: E402
import measure  # noqa: E402
import process  # noqa: E402
import report  # noqa: E402
import tunnel  # noqa: E402

ENVELOPE = ('<?xml version="1.0" encoding="UTF-8"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
            "{}</Body></Envelope>")
CURRENT_TIME = ENVELOPE.format(
    '<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>')
LOGIN = ENVELOPE.format(
    '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>'
    "<userName>{}</userName><password>{}</password></Login>")
FILE = "/folder/bench.bin?dcPath=DC0&dsName=LocalDS_0"
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclasses.dataclass
class Way:
    """One way to the same vCenter."""

    name: str
    url: str
    ca: str
    username: str
    password: str
    groups: list
    cookie: str = ""
    calls: dict = dataclasses.field(default_factory=dict)  # concurrency -> samples
    transfers: dict = dataclasses.field(default_factory=lambda: {"up": [], "down": []})

    def log_in(self):
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPSConnection(
            address.hostname, address.port, context=ssl.create_default_context(cafile=self.ca), timeout=30)
        connection.request("POST", "/sdk", LOGIN.format(self.username, self.password), {"Content-Type": "text/xml"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise process.StepError(f"{self.name}: the login was answered with {answer.status}")
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]
        connection.close()


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def small_calls(way, connections, seconds, directory):
    script = directory / f"{way.name.replace(' ', '')}.lua"
    process.write_atomically(script, (
        'wrk.method = "POST"\nwrk.path = "/sdk"\n'
        f"wrk.body = [[{CURRENT_TIME}]]\n"
        'wrk.headers["Content-Type"] = "text/xml; charset=utf-8"\nwrk.headers["SOAPAction"] = "urn:vim25/6.5"\n'
        f'wrk.headers["Cookie"] = [[{way.cookie}]]\n'))
    client = children_cpu()
    with measure.Span(way.groups) as span:
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s", str(script), way.url],
            capture_output=True, text=True, check=True, timeout=seconds + 60)
    text = done.stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: (.*)", text)
    if wrong or broken:
        raise process.StepError(f"{way.name}, {connections} connections: {(wrong or broken).group(0)}")
    sample = {"requests": int(re.search(r"(\d+) requests in", text).group(1)),
              "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
              "steal": span.steal, "cpu": {**span.cpu, "client": children_cpu() - client}}
    for percent, key in (("50", "p50"), ("99", "p99")):
        number, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.MULTILINE).groups()
        sample[key] = float(number) * UNITS[unit]
    return sample


def transfer(way, direction, source, size, directory):
    """One upload or download by curl; the size is checked here, the content once at the end."""
    headers = directory / "cookie"
    process.write_atomically(headers, f"Cookie: {way.cookie}\n")
    command = ["curl", "-sS", "--http1.1", "--cacert", way.ca, "-H", f"@{headers}", "-H", "Expect:", "-w",
               "%{http_code} %{size_upload} %{size_download} %{time_total}", "-o", "/dev/null"]
    command += ["-T", str(source)] if direction == "up" else []
    client = children_cpu()
    with measure.Span(way.groups) as span:
        done = subprocess.run([*command, way.url + FILE], capture_output=True, text=True, check=False, timeout=600)
    words = done.stdout.split()
    moved = int(words[1 if direction == "up" else 2]) if len(words) == 4 else 0
    if done.returncode != 0 or words[0] not in ("200", "201") or moved != size:
        raise process.StepError(f"{way.name}, {direction}: {done.stdout} {done.stderr}")
    return {"seconds": float(words[3]), "rate": size / 1e6 / float(words[3]), "steal": span.steal,
            "cpu": {**span.cpu, "client": children_cpu() - client}, "peak": span.peak_kib, "growth": span.growth_kib}


def digest_of(way, directory):
    """SHA-256 of the file as this way delivers it."""
    process.write_atomically(directory / "cookie", f"Cookie: {way.cookie}\n")
    with subprocess.Popen(["curl", "-sS", "--cacert", way.ca, "-H", f"@{directory / 'cookie'}", way.url + FILE],
                          stdout=subprocess.PIPE) as child:
        digest = hashlib.file_digest(child.stdout, "sha256")
    return digest.hexdigest()


def make_source(path, size):
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            block = os.urandom(1 << 20)
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def build_ways(here, directory, say):
    here.prepare()
    here.start_controlplane()
    tenant = here.add_tenant("tenant-a")
    one = here.add_gateway(tenant, "dc1")
    upstream = here.start_vcenter("vcenter-dc1")
    endpoint = here.add_endpoint(tenant, one, "vc1", upstream, "full")
    vcenter = measure.Group("vCenter", [upstream["record"]])
    parts = [measure.Group("ingress", [here.processes.find("controlplane")]),
             measure.Group("broker", [here.processes.find("nats-server")]),
             measure.Group("gateway", [here.processes.find(one.process_name)])]
    ways = [
        Way("direct", upstream["url"], upstream["ca"], upstream["username"], upstream["password"], [vcenter]),
        Way("ours", endpoint["ingress_url"], endpoint["ca"], endpoint["username"], endpoint["password"],
            [*parts, vcenter]),
    ]
    against = tunnel.reason_against()
    if against:
        say(f"ssh -R is left out: {against}")
    else:
        here.step = "start ssh -R"
        sshd, ssh, url = tunnel.start(here.processes, directory / "ssh", upstream["url"])
        ways.append(Way("ssh -R", url, upstream["ca"], upstream["username"], upstream["password"],
                        [measure.Group("sshd", [sshd], True), measure.Group("ssh", [ssh]), vcenter]))
    idle = {group.name: group.resident_kib() for way in ways for group in way.groups}
    for way in ways:
        way.log_in()
    return ways, idle


def forth_and_back(ways, rounds):
    """direct, ours, ssh, ssh, ours, direct, ..."""
    for number in range(rounds):
        yield from ways if number % 2 == 0 else reversed(ways)


def measure_all(here, ways, options, directory, say):
    for connections in (1, 64):
        here.step = f"small calls, {connections} at once"
        for way in ways:
            small_calls(way, connections, 1, directory)  # warms caches
        for way in forth_and_back(ways, options.rounds):
            sample = small_calls(way, connections, options.seconds, directory)
            way.calls.setdefault(connections, []).append(sample)
            say(f"calls x{connections:<3} {way.name:7} {sample['rate']:8.0f}/s  p50 {sample['p50']:7.2f} ms  "
                f"p99 {sample['p99']:7.2f} ms")
    size = options.mebibytes << 20
    here.step = "make the file"
    source = directory / "source.bin"
    expected = make_source(source, size)
    for way in forth_and_back(ways, options.transfer_rounds):
        for direction in ("up", "down"):
            here.step = f"{direction} of {options.mebibytes} MiB, {way.name}"
            sample = transfer(way, direction, source, size, directory)
            way.transfers[direction].append(sample)
            say(f"{direction:4} {options.mebibytes} MiB {way.name:7} {sample['rate']:7.1f} MB/s  CPU "
                + " ".join(f"{name} {spent:.2f}" for name, spent in sample["cpu"].items()))
    for way in ways:
        here.step = f"compare the content, {way.name}"
        if digest_of(way, directory) != expected:
            raise process.StepError(f"{way.name} delivered another content than was uploaded")
    say("all ways deliver the same SHA-256")


def summarise(ways, idle, options):
    """Medians over rounds for rates and latencies, sums over rounds for CPU."""
    result = {"date": time.strftime("%Y-%m-%d", time.gmtime()), "machine": measure.machine(),
              "idle_kib": idle, "mebibytes": options.mebibytes, "ways": {}}
    steal = [sample["steal"] for way in ways for some in [*way.calls.values(), *way.transfers.values()] for sample in some]
    result["steal_max"] = max(steal)
    result["load"] = os.getloadavg()[0]
    gigabytes = (options.mebibytes << 20) / 1e9
    for way in ways:
        described = result["ways"][way.name] = {"calls": {}, "transfers": {}}
        for connections, samples in way.calls.items():
            requests = sum(sample["requests"] for sample in samples)
            described["calls"][connections] = {
                **{key: statistics.median(sample[key] for sample in samples) for key in ("rate", "p50", "p99")},
                "cpu_per_1000": {name: 1000 * sum(sample["cpu"][name] for sample in samples) / requests
                                 for name in samples[0]["cpu"]}}
        for direction, samples in way.transfers.items():
            described["transfers"][direction] = {
                "rate": statistics.median(sample["rate"] for sample in samples),
                "cpu_per_gb": {name: sum(sample["cpu"][name] for sample in samples) / len(samples) / gigabytes
                               for name in samples[0]["cpu"]},
                "peak_kib": {name: max(sample["peak"][name] for sample in samples) for name in samples[0]["peak"]},
                "growth_kib": {name: max(sample["growth"][name] for sample in samples) for name in samples[0]["growth"]}}
    return result


def working_directory(mebibytes):
    """Memory, when there is enough of it: the disk is not what is measured."""
    needed = 3 * (mebibytes << 20)
    for place in ("/dev/shm", str(pathlib.Path("build").absolute())):
        if os.path.isdir(place) and os.access(place, os.W_OK) and shutil.disk_usage(place).free > needed:
            return pathlib.Path(tempfile.mkdtemp(prefix="pcg-bench-", dir=place))
    raise process.StepError(f"no room for {needed >> 20} MiB in /dev/shm or build/; try a smaller --mib")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench quick", description=__doc__)
    parser.add_argument("--programs", default=lab.default_programs(), help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=4, help="of small calls, for each way (default 4)")
    parser.add_argument("--seconds", type=int, default=3, help="of each round of small calls (default 3)")
    parser.add_argument("--transfer-rounds", type=int, default=2)
    parser.add_argument("--mib", dest="mebibytes", type=int, default=1024, help="size of the file (default 1024)")
    parser.add_argument("--no-write", action="store_true", help="print only; leave docs/ as it is")
    options = parser.parse_args()
    directory = working_directory(options.mebibytes)
    start = time.monotonic()

    def say(text):
        print(f"[{time.monotonic() - start:6.1f} s] {text}", file=sys.stderr, flush=True)

    here = lab.Lab(directory / "lab", options.programs, say)
    try:
        ways, idle = build_ways(here, directory, say)
        measure_all(here, ways, options, directory, say)
        result = summarise(ways, idle, options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except (process.StepError, OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        if not isinstance(error, process.StepError):
            error = process.StepError(f"{type(error).__name__}: {error}")
        print(f"./dev bench {lab.explain(here, error)}", file=sys.stderr)
        return 1
    finally:
        here.down()
        shutil.rmtree(directory, ignore_errors=True)
    process.write_atomically("build/bench.json", json.dumps(result, indent=1) + "\n", 0o644)
    print(report.text(result))
    if not options.no_write:
        report.write(result)
        say("written: docs/performance.md, docs/images/bench-*.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
