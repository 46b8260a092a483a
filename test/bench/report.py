# SPDX-License-Identifier: Apache-2.0
"""The figures of a run as text, as a section of docs/performance.md, and as drawings."""
import html
import pathlib

import process

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
COLOURS = {"client": "#9aa5b1", "ingress": "#2f6db5", "broker": "#e0a030", "gateway": "#2e9e6b", "vCenter": "#8d6bb8",
           "sshd": "#c65b4e", "ssh": "#e39a90"}
ORDER = ["client", "ingress", "broker", "gateway", "sshd", "ssh", "vCenter"]


def between(cpu):
    """CPU of what stands between client and vCenter."""
    return sum(spent for name, spent in cpu.items() if name not in ("client", "vCenter"))


def rows_of_calls(result):
    for connections in (1, 64):
        for name, way in result["ways"].items():
            one = way["calls"][connections]
            yield [str(connections), name, f"{one['rate']:.0f}", f"{one['p50']:.2f}", f"{one['p99']:.2f}",
                   f"{between(one['cpu_per_1000']):.3f}", f"{sum(one['cpu_per_1000'].values()):.3f}"]


def rows_of_transfers(result):
    for direction in ("up", "down"):
        for name, way in result["ways"].items():
            one = way["transfers"][direction]
            parts = ", ".join(f"{part} {one['cpu_per_gb'][part]:.2f}" for part in ORDER if part in one["cpu_per_gb"])
            yield [direction, name, f"{one['rate']:.0f}", f"{sum(one['cpu_per_gb'].values()):.2f}", parts]


def rows_of_memory(result):
    transfers = result["ways"]["ours"]["transfers"]
    for part in ("gateway", "ingress", "broker"):
        peaks = [transfers[direction]["peak_kib"][part] for direction in ("up", "down")]
        growths = [transfers[direction]["growth_kib"][part] for direction in ("up", "down")]
        yield [part, *(f"{kib / 1024:.1f}" for kib in (result["idle_kib"][part], max(peaks), max(growths)))]


CALLS = ["at once", "way", "calls/s", "p50 ms", "p99 ms", "CPU-s/1000 between", "CPU-s/1000 in all"]
TRANSFERS = ["direction", "way", "MB/s", "CPU-s/GB in all", "of which"]
MEMORY = ["process", "idle MiB", "peak MiB", "growth MiB"]


def columns(head, rows):
    rows = [head, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def conditions(result):
    noise = f"load {result['load']:.1f} at the end, at most {result['steal_max'] * 100:.1f} % of the CPU stolen"
    return f"{result['date']}, {result['machine']}, everything on this one machine; {noise}."


def text(result):
    return "\n\n".join([
        conditions(result), columns(CALLS, rows_of_calls(result)),
        f"{result['mebibytes']} MiB:\n" + columns(TRANSFERS, rows_of_transfers(result)),
        "memory:\n" + columns(MEMORY, rows_of_memory(result))])


def section(result):
    return f"""{BEGIN}
## Quick run

{conditions(result)}

Small calls: an authenticated `CurrentTime` over kept connections, by `wrk`.

{table(CALLS, rows_of_calls(result))}

![CPU per 1000 calls](images/bench-calls.svg)

One file of {result['mebibytes']} MiB to a datastore and back, by `curl`.

{table(TRANSFERS, rows_of_transfers(result))}

![CPU per GB](images/bench-transfers.svg)

Resident memory of our processes, idle and at the peak of those transfers.

{table(MEMORY, rows_of_memory(result))}
{END}"""


INTRODUCTION = f"""# Performance

`./dev bench quick` runs the same load against the same vCenter simulator in three ways: directly, through the gateway
(ingress, bus, gateway), and through `ssh -R` with an AES-GCM cipher. Rounds are interleaved, so the ways compare with
each other; the absolute figures belong to the machine. "Between" is the CPU of what stands between client and vCenter.
Each way verifies certificates where the client does; the TLS of client and vCenter is part of every way. `ssh -R`
carries the client's TLS through, where the gateway ends it, reads the call, decides and starts a new one.

{BEGIN}
{END}
"""


def write(result):
    page = DOCS / "performance.md"
    old = page.read_text(encoding="utf-8") if page.exists() else INTRODUCTION
    if BEGIN not in old or END not in old:
        old = old.rstrip() + f"\n\n{BEGIN}\n{END}\n"
    before, rest = old.split(BEGIN, 1)
    process.write_atomically(page, before + section(result) + rest.split(END, 1)[1], 0o644)
    (DOCS / "images").mkdir(exist_ok=True)
    calls = [(f"{name}, {connections} at once", way["calls"][connections]["cpu_per_1000"],
              f"{way['calls'][connections]['rate']:.0f}/s, p50 {way['calls'][connections]['p50']:.2f} ms")
             for connections in (1, 64) for name, way in result["ways"].items()]
    transfers = [(f"{name}, {direction}", way["transfers"][direction]["cpu_per_gb"],
                  f"{way['transfers'][direction]['rate']:.0f} MB/s")
                 for direction in ("up", "down") for name, way in result["ways"].items()]
    for name, title, bars in (("calls", "CPU seconds per 1000 calls, by process", calls),
                              ("transfers", "CPU seconds per GB, by process", transfers)):
        process.write_atomically(DOCS / "images" / f"bench-{name}.svg", drawing(title, bars), 0o644)


def drawing(title, bars):
    """Horizontal stacked bars; light text on dark and dark on light both stay readable."""
    left, width, step, top = 150, 460, 30, 64
    longest = max(sum(parts.values()) for _, parts, _ in bars) or 1
    height = top + step * len(bars) + 16
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" font-family="sans-serif" font-size="12" '
           f'role="img"><title>{html.escape(title)}</title>', f'<rect width="800" height="{height}" fill="#ffffff"/>',
           f'<text x="12" y="22" font-size="15" fill="#222222">{html.escape(title)}</text>']
    x = 12
    for part in [part for part in ORDER if any(part in parts for _, parts, _ in bars)]:
        out.append(f'<rect x="{x}" y="36" width="11" height="11" fill="{COLOURS[part]}"/>'
                   f'<text x="{x + 16}" y="46" fill="#444444">{part}</text>')
        x += 30 + 7 * len(part)
    for number, (label, parts, note) in enumerate(bars):
        y, x = top + step * number, left
        out.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end" fill="#222222">{html.escape(label)}</text>')
        for part in [part for part in ORDER if part in parts]:
            span = width * parts[part] / longest
            out.append(f'<rect x="{x:.1f}" y="{y}" width="{max(span, 0):.1f}" height="20" fill="{COLOURS[part]}"/>')
            x += span
        total = sum(parts.values())
        out.append(f'<text x="{x + 6:.1f}" y="{y + 14}" fill="#444444">{total:.2f}  ({html.escape(note)})</text>')
    return "\n".join(out) + "\n</svg>\n"
