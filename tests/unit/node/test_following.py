"""A follower over blocks that it is given: it takes what the log signed, and nothing else."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.following import FollowNode
from dongting.node.ledger import Limits
from dongting.store.ledger import LedgerStore
from dongting.testing.homes import NodeHome


def blocks(made: NodeHome, count: int) -> tuple[bytes, list[bytes]]:
    """The checkpoint and all leaves of a log of so many blocks."""

    async def run() -> tuple[bytes, list[bytes]]:
        node = made.node()
        await node.start()
        for number in range(count):
            await node.submit([made.evidence(number)])
        size = node.machine.head.size
        found = (await node.checkpoint()).encode(), [node.machine.leaf(n) for n in range(size)]
        await node.stop()
        return found

    return asyncio.run(run())


def replayed(made: NodeHome, directory: Path, note: bytes, leaves: Sequence[bytes], first: int = 0) -> Any:
    """The head of a follower after it was given these."""
    directory.mkdir(exist_ok=True)

    async def run() -> Any:
        node = FollowNode(
            LedgerStore(directory / "ledger"), (made.path / "genesis.json").read_bytes(), directory,
            lambda: int(time.time()), upstream="", organisations=["env-bureau"], log_key=None,
            limits=Limits(workers=1),
        )  # fmt: skip
        try:
            await node.replay(note, first, lambda: iter(leaves))
            return node.machine.head
        finally:
            await node.close()

    return asyncio.run(run())


@pytest.mark.parametrize("profile", ["international", "national"])
def test_a_follower_comes_to_the_same_head_on_both_profiles(tmp_path: Path, profile: str) -> None:
    made = NodeHome(tmp_path / "node", profile)
    note, leaves = blocks(made, 3)
    head = replayed(made, tmp_path / "follower", note, leaves)
    assert (head.height, head.size) == (3, len(leaves))
    assert replayed(made, tmp_path / "follower", note, leaves) == head  # once more changes nothing


def test_leaves_that_do_not_lead_to_the_checkpoint_change_nothing(tmp_path: Path) -> None:
    made = NodeHome(tmp_path / "node")
    note, leaves = blocks(made, 2)
    spoiled = [leaves[0][:-1] + bytes([leaves[0][-1] ^ 1]), *leaves[1:]]
    for wrong, first, code in (
        (spoiled, 0, "bundle/bundle-differs"), (leaves[:-2], 0, "bundle/bundle-differs"),
        (leaves[2:], 2, "bundle/bundle-gap"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            replayed(made, tmp_path / "follower", note, wrong, first)
        assert str(refused.value.code) == code
    assert replayed(made, tmp_path / "follower", note, leaves).size == len(leaves)


def test_a_checkpoint_that_contradicts_the_log_is_kept_as_evidence(tmp_path: Path) -> None:
    made = NodeHome(tmp_path / "node")
    note, leaves = blocks(made, 2)
    replayed(made, tmp_path / "follower", note, leaves)
    shutil.rmtree(made.path / "ledger")
    (made.path / "checkpoint").unlink()
    other, others = blocks(made, 2)
    with pytest.raises(Refused) as refused:
        replayed(made, tmp_path / "follower", other, others)
    assert str(refused.value.code) == "follow/forked-history"
    assert (tmp_path / "follower" / "forked").exists()
    with pytest.raises(Refused) as refused:
        replayed(made, tmp_path / "follower", note, leaves)
    assert str(refused.value.code) == "follow/fork-on-record"
