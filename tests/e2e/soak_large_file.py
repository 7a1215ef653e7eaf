"""`make soak`: a file of 5 GB through upload and download, killed on the way, in constant memory.

DONGTING_SOAK_BYTES sets another size. Needs about four times as much room on the disk.
"""

import hashlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from .conftest import Home, _environment  # type: ignore[import-not-found]

SIZE = int(os.environ.get("DONGTING_SOAK_BYTES", 5 * 10**9))
CLIENT = 200  # MB that a command may take at most, whatever the file
NODE = 500  # MB that all processes of the node may take at most, together (PSS: shared pages count once)
BUREAU, TECH = "env-bureau", "green-tech"
SAMPLES: list[dict[str, float]] = []


def test_a_large_file_passes_in_constant_memory_and_goes_on_after_kills(home: Home) -> None:
    began = time.monotonic()
    data, got = home.directory / "big.csv", home.directory / "got.csv"
    digest = written(data)
    home.found("international")
    home.serve()
    publish = (
        "dataset", "publish", "big.csv", "--id", "big", "--title-en", "Big", "--description-en", "Big",
        "--theme", "ENVI", "--frequency", "HOURLY", "--grade", "general-1",
        "--sharing", "unconditional", "--opening", "unconditional", "--yes",
    )  # fmt: skip
    uploads = home.home / "files"
    interrupted(home, BUREAU, publish, lambda: largest(uploads) > SIZE // 3)
    begun = largest(uploads)
    assert begun < SIZE
    peak, sent = measured(home, BUREAU, publish, uploads)
    assert sent >= begun, "the upload began again"
    report: dict[str, Any] = {"bytes": SIZE, "publish_peak_mb": peak}
    home.do("request", "big", "--id", "share", "--until", "2035-12-31", "--onward", "none",
            "--purpose-en", "Research", "--yes", author=TECH)  # fmt: skip
    home.do("agree", "share", "--yes", author=BUREAU)
    home.do("deliver", "share", "--yes", author=BUREAU)
    download = ("download", "share.1", "--out", "got.csv")
    interrupted(home, TECH, download, lambda: largest(home.directory, ".got.csv") > SIZE // 3)
    held = largest(home.directory, ".got.csv")
    home.node.send_signal(signal.SIGKILL)
    home.node.wait()
    home.node.stdout.close()
    home.serve()
    report["download_peak_mb"], kept = measured(home, TECH, download, home.directory, ".got.csv")
    assert kept >= held, "the download began again"
    assert hashed(got) == digest
    home.do("acknowledge", "share.1", "got.csv", "--yes", author=TECH)
    report["node_peak_mb"] = max(sum(sample.values()) for sample in SAMPLES)
    for sample in SAMPLES:
        for name, size in sample.items():
            report[name] = max(size, report.get(name, 0))
    report["seconds"] = round(time.monotonic() - began)
    print(json.dumps(report))
    assert max(report["publish_peak_mb"], report["download_peak_mb"]) < CLIENT, report
    assert report["node_peak_mb"] < NODE, report


def written(path: Path) -> str:
    """Make the file, every megabyte of it another; its SHA-256."""
    state, size, block = hashlib.sha256(), 0, 0
    with path.open("wb") as file:
        while size < SIZE:
            rows = b"hour,pm2.5\n" if not block else b""
            noise = hashlib.shake_256(b"%d" % block).hexdigest(2**18)
            lines = (f"{n},{noise[n * 16 : n * 16 + 16]}" for n in range(2**15))
            rows += "\n".join(lines).encode() + b"\n"
            state.update(rows)
            file.write(rows)
            size, block = size + len(rows), block + 1
    return state.hexdigest()


def hashed(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def started(home: Home, author: str, arguments: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    command, readable = home._command("en", author, ("--json", *arguments))
    process = subprocess.Popen(
        command, pass_fds=[readable], cwd=home.directory, env=_environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(readable)
    return process


def interrupted(home: Home, author: str, arguments: tuple[str, ...], when: object) -> None:
    """Run a command and kill it when so much has passed."""
    process = started(home, author, arguments)
    until = time.monotonic() + 1800
    while not when():  # type: ignore[operator]
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.05)
    process.kill()
    process.wait()


def measured(
    home: Home, author: str, arguments: tuple[str, ...], directory: Path, prefix: str = ""
) -> tuple[float, int]:
    """Run a command to its end: its peak memory in MB, and the least that had arrived at any moment."""
    process = started(home, author, arguments)
    least = largest(directory, prefix)
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0, home.log.read_text()[-2000:]
            return usage.ru_maxrss * 1024 / 1e6, least
        now = largest(directory, prefix)
        least = min(least, now) if now else least
        SAMPLES.append(dict(sizes(home.node.pid)))
        time.sleep(0.25)


def largest(directory: Path, prefix: str = "") -> int:
    """The size of the largest file in a directory."""
    sizes = [0]
    for path in directory.rglob(f"{prefix}*"):
        try:
            sizes.append(path.stat().st_size if path.is_file() else 0)
        except FileNotFoundError:
            continue
    return max(sizes)


def sizes(pid: int) -> Iterator[tuple[str, float]]:
    """The proportional set size in MB of a process and of all below it, each by what it runs."""
    with suppress(FileNotFoundError, ProcessLookupError):
        command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        kilobytes = int(re.search(r"^Pss: +(\d+)", rollup, re.MULTILINE)[1])  # type: ignore[index]
        name = command[2] if command[1:2] == ["-m"] else " ".join(command[1:3])
        yield f"{name[:40]} {pid}", round(kilobytes * 1024 / 1e6, 1)
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from sizes(int(child))


pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
