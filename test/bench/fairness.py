#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What one tenant at full blast costs another: the second tenant's latency through the ingress, quiet and beside it.

The first tenant calls over 64 connections as fast as it can; the second asks 50 times a second, one call after the
other. Rounds alternate, so that a machine that grows slower treats both alike. Everything runs on this one machine:
the load generator and both vCenter simulators compete with the programs for its cores, which no budget can help.
"""
import argparse
import http.client
import json
import os
import pathlib
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import bench  # noqa: E402
import lab  # noqa: E402
import measure  # noqa: E402
import process  # noqa: E402

PAUSE = 0.02


class Quiet:
    """One kept connection, one call at a time."""

    def __init__(self, way):
        address = urllib.parse.urlsplit(way.url)
        self.connection = http.client.HTTPSConnection(
            address.hostname, address.port, context=ssl.create_default_context(cafile=way.ca), timeout=30)
        self.headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "urn:vim25/6.5", "Cookie": way.cookie}

    def ask(self):
        start = time.perf_counter()
        self.connection.request("POST", "/sdk", bench.CURRENT_TIME, self.headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise process.StepError(f"the quiet tenant was answered with {answer.status}")
        return (time.perf_counter() - start) * 1000

    def round(self, seconds):
        end, samples = time.monotonic() + seconds, []
        while time.monotonic() < end:
            samples.append(self.ask())
            time.sleep(PAUSE)
        return samples


def blast(way, seconds, directory):
    """The command of the load; answers of any status count, since a refusal is what the budget is for."""
    script = directory / "blast.lua"
    process.write_atomically(script, (
        f'wrk.method = "POST"\nwrk.path = "/sdk"\nwrk.body = [[{bench.CURRENT_TIME}]]\n'
        'wrk.headers["Content-Type"] = "text/xml; charset=utf-8"\nwrk.headers["SOAPAction"] = "urn:vim25/6.5"\n'
        f'wrk.headers["Cookie"] = [[{way.cookie}]]\n'))
    return ["wrk", "-t1", "-c64", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), way.url]


def percentile(samples, part):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def ways_of(here):
    here.prepare()
    here.start_controlplane()
    ways = []
    for number, name in enumerate(("loud", "quiet"), 1):
        tenant = here.add_tenant(name)
        one = here.add_gateway(tenant, f"dc{number}")
        upstream = here.start_vcenter(f"vcenter-dc{number}")
        endpoint = here.add_endpoint(tenant, one, "vc1", upstream, "full")
        way = bench.Way(name, endpoint["ingress_url"], endpoint["ca"], endpoint["username"], endpoint["password"], [])
        way.log_in()
        ways.append(way)
    return ways


def main():
    parser = argparse.ArgumentParser(prog="./dev bench fairness", description=__doc__)
    parser.add_argument("--programs", default=lab.default_programs(), help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each round (default 5)")
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pcg-fair-"))
    here = lab.Lab(directory / "lab", options.programs)
    found = {"quiet": [], "beside": []}
    rate = 0.0
    try:
        loud, quiet = ways_of(here)
        client = Quiet(quiet)
        client.round(1)
        for _ in range(options.rounds):
            found["quiet"] += client.round(options.seconds)
            with subprocess.Popen(blast(loud, options.seconds + 2, directory), stdout=subprocess.PIPE, text=True) as load:
                time.sleep(1)
                found["beside"] += client.round(options.seconds)
                text = load.communicate()[0]
            rate = float(next(line.split()[1] for line in text.splitlines() if line.startswith("Requests/sec")))
    except (process.StepError, OSError, subprocess.SubprocessError) as error:
        print(f"./dev bench {error}", file=sys.stderr)
        return 1
    finally:
        here.down()
    result = {"machine": measure.machine(), "load": os.getloadavg()[0], "loud_rate": rate}
    for name, samples in found.items():
        result[name] = {"calls": len(samples), "p50": statistics.median(samples), "p99": percentile(samples, 0.99)}
        print(f"{name:7} {len(samples):5} calls  p50 {result[name]['p50']:7.2f} ms  p99 {result[name]['p99']:7.2f} ms")
    moved = 100 * (result["beside"]["p99"] / result["quiet"]["p99"] - 1)
    print(f"p99 moved by {moved:+.0f} %; the loud tenant had {rate:.0f} answers a second; "
          f"load of the machine {result['load']:.1f}")
    process.write_atomically("build/fairness.json", json.dumps(result, indent=1) + "\n", 0o644)
    return 0


if __name__ == "__main__":
    sys.exit(main())
