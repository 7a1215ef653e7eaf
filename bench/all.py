"""`make bench`: everything that must be fast, measured on this machine now.

Prints one table for people and, as its last line, one JSON object.
"""

import json
import platform
import sys
import time
from datetime import UTC, datetime

import ingest
import kernel
import million
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
}


def main() -> None:
    """Measure, print the table, print the JSON."""
    figures: dict[str, float] = {}
    for part in (kernel, ingest, proofs, million):
        began = time.monotonic()
        print(f"measuring {part.__name__} ...", file=sys.stderr, flush=True)
        figures |= part.measure()
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, ", end="")
    print(f"{datetime.now(UTC):%Y-%m-%d}")
    print(f"{'figure':24} {'measured':>14}  asked")
    for name, value in figures.items():
        bound, word = ASKED.get(name, (None, ""))
        met = "" if bound is None else f"{word} {bound}"
        print(f"{name:24} {value:14,.3f}  {met}")
    print(json.dumps({name: round(figures[name], 4) for name in ASKED}))


if __name__ == "__main__":
    main()
