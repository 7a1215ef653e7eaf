"""A restored node that orders: it takes over what others hold, signs only what extends it, and opens."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dongting.errors import Refused
from dongting.wire import jcs

from .conftest import Home  # type: ignore[import-not-found]
from .nodes import (  # type: ignore[import-not-found]
    ALLIANCE,
    BUREAU,
    TECH,
    Nodes,
    client,
    register,
    same,
    status,
    until,
)

CONTENT = "城市,日期,PM2.5\n长沙,2026-01-01,35\n" * 1000
WORD = "zq5b1d7e0f42unlawful"
REST = {
    "theme": "ENVI", "frequency": "HOURLY", "sharing": "unconditional", "opening": "unconditional",
    "grade": "general-1",
}  # fmt: skip


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    made = Nodes(tmp_path)
    made.hub.serve()
    yield made
    made.stop()


def kill(home: Home) -> None:
    """End a node without warning."""
    home.node.kill()
    home.node.wait(10)
    home.node.stdout.close()
    home.node = None


def setting(home: Home, section: str, name: str, value: str) -> None:
    """Set one setting of a home that is stopped."""
    path = home.home / "dongting.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith(f"{name} = ")]
    if f"[{section}]" not in lines:
        lines.append(f"[{section}]")
    lines.insert(lines.index(f"[{section}]") + 1, f"{name} = {value}")
    path.write_text("\n".join(lines) + "\n")


def steady(home: Home) -> None:
    """Let a node keep the port that it has got."""
    setting(home, "http", "port", home.url.rpartition(":")[2])


def publish(hub: Home) -> None:
    """A dataset with a file."""
    (hub.directory / "air.csv").write_text(CONTENT)
    hub.do(
        "dataset", "publish", "air.csv", "--id", "air", "--title-zh", "空气", "--description-zh", "小时",
        "--theme", "ENVI", "--frequency", "HOURLY", "--sharing", "unconditional", "--opening",
        "unconditional", "--grade", "general-1", "--yes", author=BUREAU,
    )  # fmt: skip


def describe(hub: Home, id: str) -> int:
    """A dataset without a file whose text holds the word; the index of its statement."""
    text = {"en": f"Air {WORD}"}
    with client(hub, BUREAU) as acting:
        arguments = {"id": id, "title": text, "description": text, **REST}
        return acting.act("catalogue/publish", f"catalogue.dataset/{id}", arguments).index


def redact(hub: Home, index: int) -> None:
    """Have the founders redact a statement."""
    arguments = jcs.encode({"id": str(index), "ground": "unlawful-content"}).decode()
    id = f"redact-{index}"
    proposal = {"id": id, "action": "governance/redact", "arguments": arguments}
    with client(hub, BUREAU) as acting:
        acting.act("governance/propose", f"governance.proposal/{id}", proposal)
    for author in (BUREAU, ALLIANCE):
        with client(hub, author) as acting:
            vote = {"proposal": id, "choice": "for"}
            acting.act("governance/vote", f"governance.proposal/{id}", vote)


def restored(nodes: Nodes, backup: Path, *more: str) -> None:
    """Lose the hub's home and make it anew from a backup, at the same address."""
    hub = nodes.hub
    kill(hub)
    shutil.rmtree(hub.home)
    hub.do("restore", str(backup), "--to", str(hub.home), *more)
    steady(hub)


def backed_up(nodes: Nodes) -> Path:
    backup: Path = nodes.directory / "backup"
    nodes.hub.do("backup", str(backup))
    return backup


def holding(home: Home) -> list[Path]:
    """The files of a home, but for its settings' and people's, in which the word stands."""
    return [path for path in home.home.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()]


def fetched(home: Home, path: str) -> str:
    """The code with which a node refuses something of the bureau's, or that it gives it."""
    with client(home, BUREAU) as acting:
        try:
            acting.transport.ask("GET", path)
        except Refused as refused:
            return str(refused.code)
    return "given"


def test_a_restored_node_takes_over_what_a_follower_holds_and_opens_by_itself(nodes: Nodes) -> None:
    hub, tech = nodes.hub, nodes.joined(TECH)
    tech.serve()
    steady(tech)
    publish(hub)
    index = describe(hub, "grid")
    backup = backed_up(nodes)
    address = next(path.name for path in (hub.home / "files").rglob("?" * 64))
    assert fetched(hub, f"/v1/files/{address}") == "given"
    for n in range(5):
        register(hub, BUREAU, f"e{n}")
    hub.do("dataset", "erase", "air", "--yes", author=BUREAU)
    redact(hub, index)
    redact(hub, describe(hub, "late"))  # of this one, nobody has the text any more
    register(tech, TECH, "theirs")
    before = nodes.level()
    tech.stop()
    restored(nodes, backup, "--peer", tech.url)

    hub.serve()
    told = until(lambda: (s := status(hub))["writing"] is False and "not answer" in s["reason"] and s)
    assert tech.url in told["reason"]
    assert told["size"] < before["size"]
    assert fetched(hub, f"/v1/files/{address}") == "restore/contents-wait"
    with pytest.raises(Refused, match="read-only"):
        register(hub, BUREAU, "early")
    assert (hub.home / "restored").exists()

    tech.serve()
    until(lambda: status(hub)["writing"])
    assert not (hub.home / "restored").exists()
    until(lambda: fetched(hub, f"/v1/files/{address}") in ("api/erased", "api/no-file"))
    assert not list((hub.home / "files").rglob(address))
    with client(hub, BUREAU) as acting:
        assert acting.records.get("evidence.evidence", "theirs").record["id"] == "theirs"
        until(lambda: len(list(acting.records.all("governance.restore-notice"))) == 1)
    until(lambda: not holding(hub))

    register(hub, BUREAU, "onward")
    until(lambda: status(tech)["writing"])
    register(tech, TECH, "onward-too")
    nodes.joined(ALLIANCE).serve()  # joins after the redactions
    after = nodes.level()
    assert after["size"] > before["size"]
    assert not (tech.home / "forked").exists()
    nodes.stop()
    for home in (hub, *nodes.followers.values()):
        assert not holding(home)
        assert "CLEAN" in home.run("audit").out


def test_a_witness_that_saw_more_than_anybody_holds_keeps_the_node_read_only(nodes: Nodes) -> None:
    hub, tech = nodes.hub, nodes.joined(TECH)
    tech.serve()
    steady(tech)
    tech.stop()
    made = tech.do("node", "witness", "witness.example/w")
    setting(tech, "witness", "name", '"witness.example/w"')
    tech.serve()
    steady(hub)
    hub.stop()
    setting(hub, "witness", "ask", f'"{made["vkey"]} {tech.url}/witness"')
    hub.serve()
    register(hub, BUREAU, "before")
    backup = backed_up(nodes)
    register(hub, BUREAU, "after")
    nodes.level()
    until(lambda: "witness.example/w" in httpx.get(f"{hub.url}/log/checkpoint", trust_env=False).text)
    newest = status(hub)["size"]

    restored(nodes, backup)
    hub.serve()
    told = until(lambda: (s := status(hub))["reason"] and "witness.example/w" in s["reason"] and s)
    assert not told["writing"]
    assert f"cosigned {newest} leaves" in told["reason"]
    hub.stop()
    assert "[node/restored-behind]" in hub.run("confirm-restore").err

    setting(hub, "restore", "peers", f'"{tech.url}"')
    hub.serve()
    until(lambda: status(hub)["writing"])
    register(hub, BUREAU, "onward")
    until(lambda: same(status(hub), status(tech)))


def test_a_peer_with_another_history_is_evidence_and_the_node_stays_closed(nodes: Nodes) -> None:
    hub, tech = nodes.hub, nodes.joined(TECH)
    tech.serve()
    steady(tech)
    register(hub, BUREAU, "before")
    nodes.level()
    backup = backed_up(nodes)
    liar = Home(nodes.directory / "liar")
    liar.directory.mkdir()
    hub.do("restore", str(backup), "--to", str(liar.home), "--checkpoint", f"{tech.url}/log/checkpoint")
    setting(liar, "http", "port", "0")
    liar.serve()  # the same log key signs another story
    for id in ("another", "story"):
        register(liar, BUREAU, id)
    register(hub, BUREAU, "true")
    truth = nodes.level()

    restored(nodes, backup, "--peer", tech.url, "--peer", liar.url)
    hub.serve()
    told = until(lambda: (s := status(hub))["reason"] and "another history" in s["reason"] and s)
    assert not told["writing"]
    assert told["size"] < truth["size"], "nothing of either was taken"
    evidence = (hub.home / "forked").read_text()
    assert liar.url in evidence or tech.url in evidence
    with client(hub, BUREAU) as acting:
        findings: dict[str, Any] = {
            each["name"]: each for each in acting.transport.json("GET", "/v1/health")["findings"]
        }
    assert not findings["history"]["well"]
    with pytest.raises(Refused):
        register(hub, BUREAU, "early")
    hub.stop()
    liar.stop()
    hub.serve()
    until(lambda: "another history" in (status(hub)["reason"] or ""))

    hub.stop()
    (hub.home / "forked").unlink()
    setting(hub, "restore", "peers", f'"{tech.url}"')
    hub.serve()
    until(lambda: status(hub)["writing"])
    register(hub, BUREAU, "onward")
    until(lambda: same(status(hub), status(tech)))
    assert status(hub)["size"] > truth["size"]
