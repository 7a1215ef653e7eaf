"""A node that takes a log over after texts were redacted comes to the same ledger, and believes no gap that
nobody decided."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dongting.engines.follow import Follow
from dongting.errors import Fault, Refused
from dongting.kernel.audit import Audit
from dongting.node.facade import Effects
from dongting.node.following import FollowNode
from dongting.node.ledger import LedgerNode, Limits
from dongting.store.ledger import LedgerStore
from dongting.testing.homes import NodeHome
from dongting.wire import jcs
from dongting.wire.tiles import ENTRIES, WIDTH, Tile, decode_bundle, width_at

REST = {
    "theme": "ENVI", "frequency": "HOURLY", "sharing": "unconditional", "opening": "unconditional",
    "grade": "general-1",
}  # fmt: skip
WORD = "zq5b1d7e0f42"


class Peer:
    """A node as a source of its log, asked in this process; what it says can be changed by a test."""

    name = "a peer"

    def __init__(self, node: LedgerNode) -> None:
        self.node = node
        self.left_out: set[int] = set()
        self.asked: list[int] = []

    async def checkpoint(self, size: int) -> bytes:
        return (await self.node.checkpoint()).encode()

    async def consistency(self, first: int, second: int) -> list[bytes]:
        return await self.node.consistency(first, second)

    async def leaves(self, first: int, end: int) -> list[bytes]:
        index, skip = divmod(first, WIDTH)
        tile = Tile(ENTRIES, index, width_at(end, 0, index))
        found = decode_bundle(await self.node.tile(tile.path()), tile.width)[skip:]
        return [b"" if n in self.left_out else leaf for n, leaf in enumerate(found, first)]

    async def effects(self, index: int) -> Effects:
        self.asked.append(index)
        return await self.node.effects(index)

    async def submit(self, statements: Sequence[bytes]) -> list[Any]:
        raise AssertionError("nothing is submitted")


class Story:
    """A log in which a text that others read and changed was redacted, with a life after that."""

    def __init__(self, directory: Path, profile: str = "international") -> None:
        self.made = NodeHome(directory, profile)
        self.node = self.made.node()

    async def act(self, *acts: tuple[str, str, dict[str, Any]]) -> int:
        """Each in a block of its own; the index of the last."""
        for author, action, arguments in acts:
            (fate,) = (await self.node.submit([self.made.sign(author, action, arguments)])).fates
            assert fate.state == "accepted", fate
            index = fate.index
        assert index is not None
        return index

    async def tell(self) -> int:
        """The whole of it; the index of the redacted statement."""
        text = {"en": f"Air {WORD}"}
        content = {"commitment": "5" * 64, "size_class": 12, "media_type": "text/csv"}
        bureau = "env-bureau"
        dataset = {"id": "air", "title": text, "description": text, **REST}
        await self.act((bureau, "evidence/register", evidence("first")))
        leaf = await self.act((bureau, "catalogue/publish", dataset))
        await self.act(
            (bureau, "catalogue/add-version", {"id": "air", "number": 1, "content": content}),
            (bureau, "evidence/register", evidence("second")),
            (bureau, "catalogue/revise", {**dataset, "title": {"en": f"Fine air {WORD}"}}),
        )
        arguments = jcs.encode({"id": str(leaf), "ground": "unlawful-content"}).decode()
        proposal = {"id": "p", "action": "governance/redact", "arguments": arguments}
        vote = {"proposal": "p", "choice": "for"}
        await self.act(
            (bureau, "governance/propose", proposal), (bureau, "governance/vote", vote),
            ("green-tech", "governance/vote", vote), (bureau, "evidence/register", evidence("third")),
            (bureau, "catalogue/revise", {**dataset, "title": {"en": "Clean air"}}),
        )  # fmt: skip
        while self.node._beside:
            await asyncio.sleep(0.01)
        assert self.node.machine.redacted(leaf)
        return leaf


def evidence(id: str) -> dict[str, Any]:
    return {"id": id, "kind": "file", "content": "7" * 64}


def follower(story: Story, directory: Path) -> FollowNode:
    directory.mkdir(exist_ok=True)
    return FollowNode(
        LedgerStore(directory / "ledger"), (story.made.path / "genesis.json").read_bytes(), directory,
        lambda: int(time.time()), upstream="", organisations=["green-tech"], log_key=None,
        limits=Limits(workers=1),
    )  # fmt: skip


async def follow(node: FollowNode, peer: Peer) -> None:
    """Take over what the peer has."""
    engine = Follow(node.machine, peer, node, committed=node.committed)  # type: ignore[arg-type]
    await engine.catch_up(await peer.checkpoint(0))


def entries(node: LedgerNode) -> dict[bytes, bytes]:
    return dict(node.machine.store.scan(b""))


def clean(node: LedgerNode, story: Story, scratch: Path) -> bool:
    """Whether an audit of the node's store finds nothing."""
    store = LedgerStore(scratch)
    try:
        genesis = (story.made.path / "genesis.json").read_bytes()
        return Audit(node.machine.store, store, node.machine.rules, genesis).run().clean
    finally:
        store.close()


@pytest.mark.parametrize("profile", ["international", "national"])
def test_it_comes_to_the_same_ledger_byte_by_byte(tmp_path: Path, profile: str) -> None:
    async def run() -> None:
        story = Story(tmp_path / "node", profile)
        await story.node.start()
        leaf = await story.tell()
        peer, node = Peer(story.node), follower(story, tmp_path / "follower")
        await follow(node, peer)
        assert node.machine.head == story.node.machine.head
        assert node.machine.redacted(leaf)
        assert peer.asked.count(leaf) == 1
        assert len(peer.asked) < story.node.machine.head.size / 2, "only what was touched is asked for"
        assert not (tmp_path / "follower" / "crossing").exists()
        assert entries(node) == entries(story.node)
        assert clean(node, story, tmp_path / "scratch")
        await story.act(("env-bureau", "evidence/register", evidence("onward")))
        await follow(node, peer)
        assert entries(node) == entries(story.node)
        await node.close()
        await story.node.stop()

    asyncio.run(run())


def test_it_goes_on_where_it_was_killed_between_text_and_decision(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    async def run() -> None:
        story = Story(tmp_path / "node")
        await story.node.start()
        await story.tell()
        for height in range(1, story.node.machine.head.height):
            directory = tmp_path / f"follower-{height}"
            node, peer = follower(story, directory), Peer(story.node)

            def committed(block: Any, seconds: float, node: FollowNode = node, height: int = height) -> None:
                if block.head.height == height:
                    raise Killed  # before anything that follows the write
                node.committed(block, seconds)

            engine = Follow(node.machine, peer, node, committed=committed)  # type: ignore[arg-type]
            with pytest.raises(Killed):
                await engine.catch_up(await peer.checkpoint(0))
            await node.close()
            again = follower(story, directory)
            await follow(again, peer)
            assert entries(again) == entries(story.node), height
            await again.close()
        await story.node.stop()

    asyncio.run(run())


def test_a_text_that_is_left_out_without_a_decision_is_not_adopted(tmp_path: Path) -> None:
    async def run() -> None:
        story = Story(tmp_path / "node")
        await story.node.start()
        await story.act(
            ("env-bureau", "evidence/register", evidence("one")),
            ("env-bureau", "evidence/register", evidence("two")),
        )
        statement = story.made.sign("env-bureau", "evidence/register", evidence("three"))
        await story.node.submit([statement])
        peer, node = Peer(story.node), follower(story, tmp_path / "follower")
        peer.left_out = {2}
        with pytest.raises(Refused) as refused:
            await follow(node, peer)  # it gives no marker either
        assert str(refused.value.code) == "follow/leaves-differ-from-checkpoint"

        whole = story.node.machine.leaf(2)
        marker = marker_of(story, whole)

        async def effects(index: int) -> Effects:
            return msgspec.structs.replace(await story.node.effects(index), marker=marker)

        peer.effects = effects  # type: ignore[method-assign]
        with pytest.raises(Refused) as refused:
            await follow(node, peer)
        assert str(refused.value.code) == "follow/text-missing"
        assert refused.value.facts["index"] == 2
        assert node.note == b""
        assert (tmp_path / "follower" / "crossing").exists()
        await node.close()
        again = follower(story, tmp_path / "follower")
        with pytest.raises(Refused) as refused:
            await follow(again, peer)
        assert str(refused.value.code) == "follow/text-missing"
        await again.close()
        await story.node.stop()

    asyncio.run(run())


def marker_of(story: Story, leaf: bytes) -> bytes:
    """The marker that a redaction of these bytes would put in their place."""
    from dongting.kernel.redaction import _leaf_marker

    return _leaf_marker(lambda _: leaf, story.made.profile, 0)


@pytest.mark.parametrize("what", ["entry", "marker", "body"])
def test_what_a_peer_invents_is_refused(tmp_path: Path, what: str) -> None:
    async def run() -> None:
        story = Story(tmp_path / "node")
        await story.node.start()
        leaf = await story.tell()
        peer, node = Peer(story.node), follower(story, tmp_path / "follower")

        async def effects(index: int) -> Effects:
            found = await story.node.effects(index)
            if index != leaf:
                return found
            if what == "marker":
                assert found.marker is not None
                return msgspec.structs.replace(found, marker=found.marker.replace(b"publish", b"revised"))
            ((address, entry),) = [(a, e) for a, e in found.entries.items() if a == "catalogue.dataset/air"]
            if what == "entry":
                wrong = entry.replace(b'"hash":"', b'"hash":"00')[:-3] + entry[-1:]
                wrong = entry.replace(entry[entry.index(b'"hash":"') + 8 :][:4], b"0000")
            else:
                wrong = entry.replace(b"ENVI", b"TRAN")
            assert wrong != entry
            return Effects(found.marker, {**found.entries, address: wrong})

        peer.effects = effects  # type: ignore[method-assign]
        with pytest.raises((Refused, Fault)) as error:
            await follow(node, peer)
        assert node.note == b"", "no checkpoint is shown over it"
        if what == "entry":
            assert isinstance(error.value, Refused)
            assert str(error.value.code) == "follow/block-not-derived"
        await node.close()
        await story.node.stop()

    asyncio.run(run())
