"""Each write of the ledger's store fails in each form: the node halts plainly, and loses nothing it told."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dongting.engines.embedded import HALTED
from dongting.errors import Fault, Refused
from dongting.node.audit import audit
from dongting.store.disk import DISK_FULL, free_bytes
from dongting.store.ledger import LedgerStore
from dongting.testing.homes import NodeHome
from dongting.testing.stores import FailingStore, Form

FORMS: tuple[Form, ...] = ("lost", "reported", "full")


async def outcome(made: NodeHome, store: FailingStore, batches: list[list[bytes]]) -> dict[bytes, int]:
    """Submit batch after batch until the node halts; what was acknowledged, with its place."""
    told: dict[bytes, int] = {}
    node = made.node(store)
    await node.start()

    async def submit_all() -> None:
        for batch in batches:
            fates = (await node.submit(batch)).fates
            told.update({data: fate.index or 0 for data, fate in zip(batch, fates, strict=True)})

    with pytest.raises(Refused) as refusal:
        await submit_all()
    assert refusal.value.code == HALTED
    status = await node.status()
    assert not status.writing
    assert status.reason is not None
    expected = "No room is left" if store.form == "full" else f"write {store.fail_at} failed"
    assert expected in status.reason
    assert expected in refusal.value.text()
    with pytest.raises(Refused, match="stopped writing"):
        await node.submit(batches[0])
    assert (await node.status()).size == max((place + 2 for place in told.values()), default=0)
    await node.stop()
    return told


async def resubmitted(made: NodeHome, batches: list[list[bytes]], told: dict[bytes, int]) -> None:
    node = made.node()
    await node.start()
    places: dict[bytes, int] = {}
    for batch in batches:
        fates = (await node.submit(batch)).fates
        assert [fate.state for fate in fates] == ["accepted"] * len(batch)
        places |= {data: fate.index or 0 for data, fate in zip(batch, fates, strict=True)}
    assert places.items() >= told.items()
    assert len(set(places.values())) == len(places)
    assert (await node.status()).size == len(places) + len(batches)
    await node.stop()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fail_at", [2, 3, 5])
def test_a_failed_block_halts_the_node_and_loses_nothing_acknowledged(
    tmp_path: Path, fail_at: int, form: Form
) -> None:
    made = NodeHome(tmp_path)
    batches = [[made.evidence(10 * batch + n) for n in range(2)] for batch in range(6)]
    told = asyncio.run(outcome(made, FailingStore(made.home.ledger(), fail_at, form), batches))
    assert len(told) == 2 * (fail_at - 2)
    before = audit(made.home)
    assert before.clean, [found.text() for found in before.findings]
    there = before.ledger.statements
    assert there == len(told) + (2 if form == "reported" else 0)
    asyncio.run(resubmitted(made, batches, told))
    assert audit(made.home).clean


@pytest.mark.parametrize("form", FORMS)
def test_a_ledger_whose_first_write_failed_is_begun_again(tmp_path: Path, form: Form) -> None:
    made = NodeHome(tmp_path)
    store = FailingStore(made.home.ledger(), 1, form)
    with pytest.raises(Fault if form != "full" else Refused):
        made.node(store)
    store.close()
    asyncio.run(resubmitted(made, [[made.evidence(1)]], {}))
    assert audit(made.home).clean


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB, where the tests may mount one."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(directory)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("no permission to mount a file system")
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


def test_a_full_disk_halts_the_node_in_plain_words_and_space_lets_it_go_on(small_disk: Path) -> None:
    made = NodeHome(small_disk / "home")
    ballast = small_disk / "ballast"

    async def fill() -> int:
        node = made.node(LedgerStore(made.home.path / "ledger", reserve=2_000_000))
        await node.start()
        assert (await node.submit([made.evidence(0)])).fates[0].state == "accepted"
        ballast.write_bytes(bytes(free_bytes(small_disk) - 1_000_000))
        with pytest.raises(Refused) as refusal:
            await node.submit([made.evidence(1)])
        assert DISK_FULL.en.split(";")[0].format(place=made.home.path / "ledger") in refusal.value.text()
        size = (await node.status()).size
        assert (await node.record("evidence.evidence", "evidence-0", 0)).version == 1
        await node.stop()
        return size

    size = asyncio.run(fill())
    ballast.unlink()

    async def go_on() -> None:
        node = made.node(LedgerStore(made.home.path / "ledger", reserve=0))
        assert (await node.status()).size == size
        await node.start()
        assert (await node.submit([made.evidence(1)])).fates[0].state == "accepted"
        await node.stop()

    asyncio.run(go_on())
    with pytest.raises(Refused, match="disk-full"):
        audit(made.home)  # it needs room for what it derives
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    assert audit(made.home).clean


def test_a_checkpoint_that_cannot_be_kept_halts_the_node_before_anyone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = NodeHome(tmp_path)

    async def fail() -> None:
        node = made.node()
        await node.start()
        written = os.pwrite

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(Refused, match="No space left on device"):
            await node.submit([made.evidence(1)])
        monkeypatch.setattr(os, "pwrite", written)
        await node.stop()

    asyncio.run(fail())
    assert audit(made.home).clean
