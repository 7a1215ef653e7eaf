"""A client remembers the newest checkpoint that it saw, and refuses a node whose log does not extend it."""

import json
import shutil
from pathlib import Path

from dongting.wire import checkpoint as checkpoints

from .conftest import Home  # type: ignore[import-not-found]

KEPT = ("ledger", "checkpoint")


def register(home: Home, name: str) -> tuple[str, ...]:
    path = home.directory / name
    path.write_text(name)
    return ("--as", "env-bureau", "evidence", "register", name, "--id", name, "--yes")


def put(home: Home, source: Path, target: Path) -> None:
    for name in KEPT:
        there = target / name
        shutil.rmtree(there) if there.is_dir() else there.unlink(missing_ok=True)
        (shutil.copytree if (source / name).is_dir() else shutil.copy)(source / name, there)


def test_a_node_that_lost_or_rewrote_history_is_refused_with_evidence(home: Home) -> None:
    older, seen = home.directory / "older", home.home / "clients" / "checkpoints"
    network = home.found("international")
    home.serve()
    home.do(*register(home, "first"))
    home.stop()
    older.mkdir()
    put(home, home.home, older)
    home.serve()
    home.do(*register(home, "second"))
    home.do(*register(home, "third"))
    newest = (seen / network).read_bytes()
    home.stop()

    put(home, older, home.home)  # an old copy of the ledger, set up by hand
    home.serve()
    behind = home.run("--json", *register(home, "fourth"))
    assert (behind.code != 0, "sdk/node-behind" in behind.out + behind.err) == (True, True)
    (seen / network).unlink()  # another client goes on with it
    for name in ("fourth", "fifth", "sixth"):
        home.do(*register(home, name))

    (seen / network).write_bytes(newest)
    forked = home.run("--json", *register(home, "seventh"))
    assert (forked.code != 0, "sdk/forked-log" in forked.out + forked.err) == (True, True)
    assert (seen / network).read_bytes() == newest
    [kept] = seen.glob("*.forked-at-*.json")
    evidence = json.loads(kept.read_text())
    assert evidence["seen"].encode() == newest
    assert checkpoints.decode(evidence["shown"].encode()).size > checkpoints.decode(newest).size
    home.stop()
