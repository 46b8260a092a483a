#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long a page of a list of 10,000 gateways takes at the control plane's API, measured by a client on loopback."""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration" / "controlplane"))
from server import Server  # noqa: E402

GATEWAYS = 10_000
PACE = 0.03  # under the API's own limit of requests per second
GOAL_MS = 200


def gateway(number):
    digits = f"{number:026d}"
    nkey = "U" + "".join(chr(ord("A") + int(digit)) for digit in f"{number:055d}")
    return "gw_" + digits, f"site-{number:05d}", nkey


class Client:
    """One connection that stays, as a browser keeps it."""

    def __init__(self, server, token):
        self.connection = server.connect()
        self.headers = {"Authorization": "Bearer " + token}

    def page(self, path):
        time.sleep(PACE)
        begun = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        elapsed = (time.perf_counter() - begun) * 1000
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {content!r}")
        return elapsed, json.loads(content)


def walk(client, query):
    """Every page of a list, to its end: the times, and how many items there were."""
    times, items, cursor = [], 0, ""
    while cursor is not None:
        elapsed, page = client.page(f"/api/v1/gateways?{query}" + (f"&cursor={cursor}" if cursor else ""))
        times.append(elapsed)
        items += len(page["items"])
        cursor = page["next_cursor"]
    return times, items


def repeat(client, path, count):
    return [client.page(path)[0] for _ in range(count)], None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            tenant = server.make_tenant("bench")
            server.add_gateways(tenant["tenant"]["id"], [gateway(number) for number in range(GATEWAYS)])
            client = Client(server, tenant["api_token"])
            runs = {
                "all pages of 50": walk(client, "limit=50"),
                "all pages of 200": walk(client, "limit=200"),
                "search that finds one": repeat(client, "/api/v1/gateways?q=SITE-09999", 50),
                "search that finds nothing": repeat(client, "/api/v1/gateways?q=nowhere", 50),
                "state that nobody has": repeat(client, "/api/v1/gateways?state=online", 20),
                "one gateway": repeat(client, "/api/v1/gateways/gw_" + "0" * 26, 50),
            }
        finally:
            server.stop()
    figures = {}
    for name, (times, items) in runs.items():
        if items is not None and items != GATEWAYS:
            raise RuntimeError(f"{name}: {items} items instead of {GATEWAYS}")
        times.sort()
        figures[name] = {"requests": len(times), "p50_ms": round(statistics.median(times), 1),
                         "p99_ms": round(times[int(len(times) * 0.99)], 1), "max_ms": round(times[-1], 1)}
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print(f"| {GATEWAYS} gateways | requests | p50 ms | p99 ms | slowest ms |\n|---|---|---|---|---|")
        for name, figure in figures.items():
            print(f"| {name} | {figure['requests']} | {figure['p50_ms']} | {figure['p99_ms']} | {figure['max_ms']} |")
    slow = [name for name, figure in figures.items() if figure["p99_ms"] > GOAL_MS]
    if slow:
        print(f"over the goal of {GOAL_MS} ms: {', '.join(slow)}", file=sys.stderr)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
