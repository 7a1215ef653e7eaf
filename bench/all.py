"""`make bench`: everything that must be fast, measured on this machine now.

Prints one table for people and, as its last line, one JSON object. With `--write` (`make bench
BENCH=--write`) the table goes into README.md, too.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import ingest
import kernel
import million
import pages
import proofs

#: What is asked of each figure: the bound, and whether it is a least or a most.
ASKED = {
    "kernel_over_limit": (0.5, "at least"),
    "ingest_over_limit": (0.35, "at least"),
    "submit_p50_ms": (None, ""),
    "submit_p99_ms": (50, "aim under"),
    "restart_seconds_1m": (5, "at most"),
    "rss_mb_1m": (600, "at most"),
    "slowdown_1m": (1.3, "at most"),
    "prove_bytes_10m": (5000, "at most"),
    "prove_us": (None, ""),
    "verify_us": (None, ""),
    "verify_cli_ms": (400, "aim under"),
    "page_p95_ms": (100, "at most"),
    "search_p95_ms": (100, "at most"),
    "page_kb": (150, "at most"),
}


README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- table: figures -->", "<!-- end -->"


def main() -> None:
    """Measure, print the table, print the JSON."""
    figures: dict[str, float] = {}
    for part in (kernel, ingest, proofs, million, pages):
        began = time.monotonic()
        print(f"measuring {part.__name__} ...", file=sys.stderr, flush=True)
        figures |= part.measure()
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(machine())
    print(f"{'figure':24} {'measured':>14}  asked")
    for name, value in figures.items():
        print(f"{name:24} {value:14,.3f}  {asked(name)}")
    if "--write" in sys.argv[1:]:
        write(figures)
    print(json.dumps({name: round(figures[name], 4) for name in ASKED}))


def machine() -> str:
    """What the figures were measured on, and when."""
    facts = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in facts if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d}"
    )


def asked(name: str) -> str:
    """What is asked of a figure, in words; empty when it is told for information."""
    bound, word = ASKED.get(name, (None, ""))
    return "" if bound is None else f"{word} {bound}"


def write(figures: Mapping[str, float]) -> None:
    """Put the figures into the table of README.md."""
    rows = [f"| `{name}` | {value:,.3f} | {asked(name)} |" for name, value in figures.items()]
    table = "\n".join(
        [f"Measured on {machine()}.", "", "| figure | measured | asked |", "| --- | ---: | --- |", *rows]
    )
    text = README.read_text("utf-8")
    before, rest = text.split(BEGIN)
    README.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.split(END)[1]}", "utf-8")


if __name__ == "__main__":
    main()
