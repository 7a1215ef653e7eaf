"""A node on no network gets blocks, receipts, parts and files by disk, and checks all of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dongting.errors import Refused

from .conftest import Home  # type: ignore[import-not-found]
from .nodes import BUREAU, TECH, Nodes, client, register, same, status  # type: ignore[import-not-found]

CONTENT = "城市,日期,PM2.5\n长沙,2026-01-01,35\n" * 1000


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    made = Nodes(tmp_path)
    made.hub.serve()
    yield made
    made.stop()


def share(hub: Home) -> None:
    (hub.directory / "air.csv").write_text(CONTENT)
    for author, *arguments in (
        (
            BUREAU, "dataset", "publish", "air.csv", "--id", "air", "--title-zh", "空气",
            "--description-zh", "小时", "--theme", "ENVI", "--frequency", "HOURLY", "--sharing",
            "unconditional", "--opening", "unconditional", "--grade", "general-1",
        ),
        (TECH, "request", "air", "--id", "share", "--purpose-zh", "研究", "--until", "2035-12-31"),
        (BUREAU, "agree", "share"),
        (BUREAU, "deliver", "share"),
    ):  # fmt: skip
        hub.do(*arguments, "--yes", author=author)


def test_a_node_on_no_network_is_kept_up_by_bundles(nodes: Nodes, tmp_path: Path) -> None:
    hub, island = nodes.hub, Home(tmp_path / "island")
    share(hub)
    first = tmp_path / "first.bundle"
    made = hub.do("bundle", "export", str(first), author=TECH)
    assert made["files"] == 1
    assert made["parts"] >= 1
    assert made["receipts"] == 1

    (island.home / "keys").mkdir(parents=True, mode=0o700)
    island.home.chmod(0o700)
    shutil.copytree(hub.home / "keys" / TECH, island.home / "keys" / TECH)
    spoiled = bytearray(first.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    (tmp_path / "spoiled.bundle").write_bytes(spoiled)
    given = ("bundle", "import", "--network", nodes.network, "--port", "0")
    wrong = island.run("bundle", "import", str(first), "--network", "0" * 64, "--port", "0", author=TECH)
    assert "[sdk/other-network]" in wrong.err
    assert island.run(*given, str(tmp_path / "spoiled.bundle"), author=TECH).code == 1
    done = island.do(*given, str(first), author=TECH)
    assert done["size"] == made["size"]
    assert done["files"] == 1
    assert island.do(*given, str(first), author=TECH)["fresh"] == 0

    island.serve()
    here, there = status(island), status(hub)
    assert same(here, there)
    assert "bundle" in here["reason"]
    island.do("download", "share.1", "-o", "got.csv", author=TECH)
    assert (island.directory / "got.csv").read_text() == CONTENT
    island.do("prove", "agreement/share", "-o", "share.proof", author=TECH)
    assert island.run("verify", "share.proof", "--network", nodes.network).code == 0
    with client(island, TECH) as acting:
        leaves = [acting.records.leaf(n) for n in range(here["size"])]
        own = next(n for n, leaf in enumerate(leaves) if b"sharing/request" in leaf)
        assert acting.transport.ask("GET", f"/v1/receipts/{own}").content
        with pytest.raises(Refused, match="bundle"):
            acting.transport.ask("GET", "/v1/receipts/0")  # another's statement: no receipt came along
    island.stop()

    for n in range(3):
        register(hub, BUREAU, f"later-{n}")
    lost, second = tmp_path / "lost.bundle", tmp_path / "second.bundle"
    hub.do("bundle", "export", str(lost), author=TECH)
    register(hub, BUREAU, "last")
    hub.do("bundle", "export", str(second), author=TECH)
    gap = island.run("bundle", "import", str(second), author=TECH)
    assert "[bundle/bundle-gap]" in gap.err
    for each in (lost, second):
        island.do("bundle", "import", str(each), author=TECH)
    island.serve()
    assert same(status(island), status(hub))
    island.stop()
    assert "CLEAN" in island.run("audit").out
