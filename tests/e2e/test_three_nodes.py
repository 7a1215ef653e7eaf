"""The story of the README on three nodes: the department orders, the enterprise and the association follow.

Everybody talks to the own node only; what is meant for others travels by itself.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import Home  # type: ignore[import-not-found]
from .nodes import ALLIANCE, BUREAU, TECH, Nodes, same, status, until  # type: ignore[import-not-found]

CONTENT = "城市,日期,PM2.5\n长沙,2026-01-01,35\n株洲,2026-01-01,41\n" * 50_000  # about 2 MB
PURPOSE = "冬季供暖研究用途"


@pytest.fixture(scope="module", params=["international", "national"])
def nodes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    made = Nodes(tmp_path_factory.mktemp(request.param), request.param)
    made.hub.serve()
    for organisation in (TECH, ALLIANCE):
        made.joined(organisation).serve()
    yield made
    made.stop()


def act(home: Home, author: str, *arguments: str) -> Any:
    return home.do(*arguments, "--yes", author=author)


def publish(home: Home, author: str, id: str) -> None:
    (home.directory / f"{id}.csv").write_text(CONTENT)
    act(
        home, author, "dataset", "publish", f"{id}.csv", "--id", id, "--title-zh", "空气质量",
        "--description-zh", "小时均值", "--theme", "ENVI", "--frequency", "HOURLY",
        "--sharing", "unconditional", "--opening", "unconditional", "--grade", "general-1",
    )  # fmt: skip


def holds(home: Home, word: bytes) -> bool:
    """Whether any file of a node holds these bytes; the parties' own keys and journals are not the node's."""
    private = {home.home / "keys", home.home / "clients"}
    files = [path for path in home.home.rglob("*") if path.is_file() and not private & set(path.parents)]
    return any(word in path.read_bytes() for path in files)


def stored(home: Home) -> set[str]:
    """Names of the encrypted files, parts and envelopes at a node."""
    return {
        path.name for place in ("files", "parts", "envelopes") for path in (home.home / place).rglob("?" * 64)
    }


def test_department_and_enterprise_share_and_end_across_their_nodes(nodes: Nodes) -> None:
    bureau, tech, alliance = nodes.hub, nodes.followers[TECH], nodes.followers[ALLIANCE]
    publish(bureau, BUREAU, "air")
    nodes.level()
    assert "air" in str(tech.do("search", "空气", author=TECH))
    act(
        tech, TECH, "request", "air", "--id", "share", "--purpose-zh", PURPOSE, "--until", "2035-12-31",
        "--onward", "none",
    )  # fmt: skip
    assert bureau.do("inbox", author=BUREAU)["waiting"]
    (terms,) = bureau.do("read", "negotiation", "share", author=BUREAU)
    assert terms["content"]["purpose"]["zh"] == PURPOSE
    act(bureau, BUREAU, "offer", "share", "--destroy-within-days", "30")
    nodes.level()
    act(tech, TECH, "accept", "share")
    act(bureau, BUREAU, "deliver", "share")
    nodes.level()
    tech.do("download", "share.1", "-o", "got.csv", author=TECH)
    assert (tech.directory / "got.csv").read_text() == CONTENT
    act(tech, TECH, "acknowledge", "share.1", "got.csv")
    tech.do("prove", "agreement/share", "-o", "share.proof", author=TECH)
    proven = tech.run("verify", "share.proof", "--network", nodes.network, "--file", "got.csv")
    assert proven.code == 0, proven.out
    assert PURPOSE in tech.run("verify", "share.proof", "--network", nodes.network, lang="zh").out

    nodes.level()
    until(lambda: not status(tech)["parcels"])
    third = stored(alliance)
    assert not third, "the association is a party of nothing"
    for home in (bureau, tech, alliance):
        assert not holds(home, PURPOSE.encode())
    assert stored(tech)

    act(bureau, BUREAU, "terminate", "share", "--reason-zh", "项目结束")
    nodes.level()
    late = tech.run("download", "share.1", "-o", "late.csv", author=TECH)
    assert "[sharing/download-terminated]" in late.err
    address = next(path.name for path in (bureau.home / "files").rglob("?" * 64))
    assert address in stored(tech)
    act(bureau, BUREAU, "dataset", "erase", "air")
    until(lambda: address not in stored(bureau) | stored(tech))
    act(tech, TECH, "destroyed", "share.1", "--outcome", "done")


def test_two_followers_share_through_the_node_between_them_while_one_is_away(nodes: Nodes) -> None:
    tech, alliance = nodes.followers[TECH], nodes.followers[ALLIANCE]
    publish(tech, TECH, "grid")
    nodes.level()
    act(
        alliance, ALLIANCE, "request", "grid", "--id", "lend", "--purpose-zh", PURPOSE,
        "--until", "2035-12-31",
    )  # fmt: skip
    nodes.level()
    alliance.stop()
    act(tech, TECH, "agree", "lend")
    act(tech, TECH, "deliver", "lend")
    until(lambda: not status(tech)["parcels"])
    address = next(path.name for path in (tech.home / "files").rglob("?" * 64))
    assert address in stored(nodes.hub)
    alliance.serve()
    nodes.level()
    until(lambda: address in stored(alliance))
    alliance.do("download", "lend.1", "-o", "got.csv", author=ALLIANCE)
    assert (alliance.directory / "got.csv").read_text() == CONTENT
    act(alliance, ALLIANCE, "acknowledge", "lend.1", "got.csv")
    act(tech, TECH, "dataset", "erase", "grid")
    for home in (tech, nodes.hub, alliance):
        until(lambda home=home: address not in stored(home))


def test_all_nodes_end_with_the_same_roots_and_a_clean_audit(nodes: Nodes) -> None:
    hub = nodes.level()
    for home in nodes.followers.values():
        assert same(hub, status(home))
    nodes.stop()
    for home in (nodes.hub, *nodes.followers.values()):
        audit = home.run("audit")
        assert "CLEAN" in audit.out, audit.out
