"""Nodes that follow: each derives the ledger itself, takes statements, and loses nothing when interrupted."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dongting.errors import Refused

from .nodes import BUREAU, TECH, Nodes, client, register, same, status, until  # type: ignore[import-not-found]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    made = Nodes(tmp_path)
    made.hub.serve()
    yield made
    made.stop()


def test_a_follower_derives_orders_and_survives_kill_and_absence(nodes: Nodes) -> None:
    tech = nodes.joined(TECH)
    for n in range(20):
        register(nodes.hub, BUREAU, f"e{n}")
    tech.serve()
    tech.kill()  # while it catches up
    tech.serve()
    nodes.level()

    done = register(tech, TECH, "mine")
    with client(tech, TECH) as acting:
        acting.records.seen = done.height
        assert acting.records.get("evidence.evidence", "mine").record["id"] == "mine"
        receipt = acting.transport.ask("GET", f"/v1/receipts/{done.index}").content
        proof = acting.proofs.fetch(["evidence.evidence/mine"])
    assert receipt
    assert proof
    with pytest.raises(Refused) as refused:
        register(tech, TECH, "mine")
    assert refused.value.code.module == "evidence"
    assert same(nodes.level(), status(tech))

    nodes.hub.stop()
    away = until(lambda: (s := status(tech))["writing"] is False and s)
    assert "does not answer" in away["reason"]
    with pytest.raises(Refused, match="does not answer"):
        register(tech, TECH, "late")
    nodes.again()
    until(lambda: status(tech)["writing"])
    register(tech, TECH, "late")
    hub = nodes.level()
    assert same(hub, status(tech))
    nodes.stop()
    for home in (nodes.hub, tech):
        assert "CLEAN" in home.run("audit").out


def test_a_follower_that_is_shown_another_history_keeps_both_checkpoints_and_stops(nodes: Nodes) -> None:
    tech = nodes.joined(TECH)
    register(nodes.hub, BUREAU, "seen")
    tech.serve()
    nodes.level()
    before = status(tech)
    nodes.hub.stop()
    shutil.rmtree(nodes.hub.home / "ledger")  # the same log key signs another story
    for path in (nodes.hub.home / "checkpoint", *nodes.hub.home.glob("views.sqlite*")):
        path.unlink()
    nodes.again()
    for id in ("another", "story", "than", "before"):
        register(nodes.hub, BUREAU, id)
    told = until(lambda: (s := status(tech))["writing"] is False and "history" in s["reason"] and s)
    evidence = json.loads((tech.home / "forked").read_text())
    assert str(tech.home / "forked") in told["reason"]
    assert evidence["held"].splitlines()[1:3] != evidence["shown"].splitlines()[1:3]
    for note in ("held", "shown"):
        assert evidence[note].splitlines()[0] == told["origin"]
    assert same(before, told)
    with pytest.raises(Refused):
        register(tech, TECH, "no more")
    tech.stop()
    tech.serve()
    assert "two histories" in status(tech)["reason"]
