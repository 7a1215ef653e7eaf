"""A byte flipped in any table of a ledger, a lost suffix, or a damaged file is found at open or by audit."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dongting.errors import Fault, Refused
from dongting.kernel.entries import GENESIS_KEY, HEAD_KEY
from dongting.node.audit import NodeReport, audit
from dongting.node.checkpoints import NOT_EXTENDED
from dongting.testing.homes import NodeHome

CIPHERTEXT = b"what stands for ciphertext" * 100
SALT = "5" * 64


def published(made: NodeHome) -> list[bytes]:
    """Statements that publish a dataset with one version whose file lies in this node."""
    text = {"en": "Air", "zh": "空气"}
    dataset = {
        "id": "air", "title": text, "description": text, "theme": "ENVI", "frequency": "HOURLY",
        "sharing": "unconditional", "opening": "unconditional", "grade": "general-1",
    }  # fmt: skip
    content = {"commitment": SALT, "size_class": 12, "media_type": "text/csv", "address": address(made)}
    version = {"id": "air", "number": 1, "content": content}
    return [
        made.sign("env-bureau", "catalogue/publish", dataset),
        made.sign("env-bureau", "catalogue/add-version", version),
    ]


def address(made: NodeHome) -> str:
    return made.profile.hash(CIPHERTEXT).hex()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> NodeHome:
    """A home with several blocks, earlier versions, and a dataset with its file, envelopes and salt."""
    made = NodeHome(tmp_path_factory.mktemp("whole") / "home")
    files = made.home.files()
    upload = files.begin(len(CIPHERTEXT), address(made))
    files.append(upload, 0, CIPHERTEXT)
    files.finish(upload)
    made.home.envelopes().put(address(made), b'{"owner":"env-bureau","envelopes":[]}')
    made.home.parts().put(SALT, b'{"owner":"env-bureau","blob":"salt"}')

    async def fill() -> None:
        node = made.node()
        await node.start()
        for batch in ([made.evidence(1), made.evidence(2)], published(made)[:1], published(made)[1:]):
            fates = (await node.submit(batch)).fates
            assert [fate.state for fate in fates] == ["accepted"] * len(batch), fates
        await node.stop()

    asyncio.run(fill())
    assert audit(made.home).clean
    return made


@pytest.fixture
def made(whole: NodeHome, tmp_path: Path) -> NodeHome:
    """A copy of that home, to be damaged."""
    shutil.copytree(whole.path, tmp_path / "home")
    copy = object.__new__(NodeHome)
    copy.__dict__ = {**whole.__dict__, "path": tmp_path / "home"}
    return copy


def told(report: NodeReport) -> str:
    assert not report.clean
    return "\n".join(found.text("en") for found in report.findings)


def rewrite(made: NodeHome, changes: dict[bytes, bytes | None]) -> None:
    store = made.home.ledger()
    store.write(list(changes.items()))
    store.close()


def pairs(made: NodeHome, table: str) -> list[tuple[bytes, bytes]]:
    store = made.home.ledger(read_only=True)
    found = list(store.scan(table.encode()))
    store.close()
    return found


NAMES = {
    "l": "Leaf", "t": "Tiles of the log: tile/0/000", "r": "Records: ", "v": "Earlier versions: ",
    "s": "State tree: bucket", "b": "Blocks: block", "c": "Replay window: cti", "m": "Head and genesis",
}  # fmt: skip


@pytest.mark.parametrize("table", NAMES)
def test_a_flipped_byte_in_any_table_is_found_and_told_where(made: NodeHome, table: str) -> None:
    found = pairs(made, table)
    key, value = found[len(found) // 2]
    flipped = bytearray(value)
    flipped[len(value) // 2] ^= 0x20
    rewrite(made, {key: bytes(flipped)})
    assert NAMES[table] in told(audit(made.home))
    rewrite(made, {key: value})
    assert audit(made.home).clean


@pytest.mark.parametrize("key", [GENESIS_KEY, HEAD_KEY])
def test_a_damaged_head_or_genesis_keeps_the_ledger_shut(made: NodeHome, key: bytes) -> None:
    value = dict(pairs(made, "m"))[key]
    for at in range(0, len(value), max(1, len(value) // 8)):
        flipped = bytearray(value)
        flipped[at] ^= 1
        rewrite(made, {key: bytes(flipped)})
        store = made.home.ledger()
        if key == GENESIS_KEY or at > len(value) // 2:
            with pytest.raises((Fault, Refused)):
                made.node(store)
        store.close()
        assert not audit(made.home).clean


def test_a_damaged_state_bucket_or_tile_keeps_the_ledger_shut(made: NodeHome) -> None:
    for table in ("s", "t"):
        key, value = pairs(made, table)[0]
        rewrite(made, {key: value[:-1] + bytes([value[-1] ^ 1])})
        store = made.home.ledger()
        with pytest.raises(Fault, match="dongting audit"):
            made.node(store)
        store.close()
        rewrite(made, {key: value})


def test_a_lost_suffix_keeps_the_ledger_shut_and_audit_says_what_is_left(
    made: NodeHome, whole: NodeHome, tmp_path: Path
) -> None:
    """An older copy of the ledger beside a newer checkpoint file: acknowledged blocks are gone."""
    fresh = NodeHome(tmp_path / "fresh")

    async def grow(count: int) -> None:
        node = fresh.node()
        await node.start()
        for number in range(count, count + 3):
            await node.submit([fresh.evidence(number)])
        await node.stop()

    asyncio.run(grow(0))
    shutil.copytree(fresh.path / "ledger", tmp_path / "older")
    asyncio.run(grow(10))
    shutil.rmtree(fresh.path / "ledger")
    shutil.copytree(tmp_path / "older", fresh.path / "ledger")
    store = fresh.home.ledger()
    with pytest.raises(Refused) as refusal:
        fresh.node(store)
    assert refusal.value.code == NOT_EXTENDED
    assert "6 entries and does not extend the checkpoint of 12" in refusal.value.text()
    store.close()
    assert "The checkpoint file names 12 leaves" in told(audit(fresh.home))


def test_the_same_number_of_other_leaves_does_not_open_beside_the_checkpoint(tmp_path: Path) -> None:
    made = NodeHome(tmp_path / "home")
    shutil.copytree(made.path, tmp_path / "other")
    other = object.__new__(NodeHome)
    other.__dict__ = {**made.__dict__, "path": tmp_path / "other"}
    made.fill(made.evidence(1))
    other.fill(other.evidence(2))

    async def start(home: NodeHome) -> None:
        node = home.node()
        await node.start()
        await node.stop()

    asyncio.run(start(made))
    shutil.copy(made.path / "checkpoint", other.path / "checkpoint")
    store = other.home.ledger()
    with pytest.raises(Refused, match="ledger-behind-checkpoint"):
        other.node(store)
    store.close()
    assert "with another root" in told(audit(other.home))


def test_a_flipped_byte_in_the_checkpoint_file_is_found(made: NodeHome) -> None:
    path = made.path / "checkpoint"
    data = path.read_bytes()
    for at in (2, 6, 30, 4096 + 3, 4096 + 100):
        flipped = bytearray(data)
        flipped[at] ^= 1
        path.write_bytes(flipped)
        assert "one of its two places" in told(audit(made.home)), at
    path.write_bytes(data)
    assert audit(made.home).clean


@pytest.mark.parametrize("kind", ["files/blobs", "parts", "envelopes"])
def test_a_flipped_byte_in_a_file_or_side_object_is_found_and_its_path_told(
    made: NodeHome, kind: str
) -> None:
    (path,) = [path for path in (made.path / kind).rglob("*") if path.is_file()]
    data = path.read_bytes()
    for at in (0, len(data) // 2, len(data) - 1):
        flipped = bytearray(data)
        flipped[at] ^= 1
        path.write_bytes(flipped)
        assert f"{path} is damaged" in told(audit(made.home))
    if kind != "files/blobs":
        with pytest.raises(Fault, match="is damaged"):
            getattr(made.home, kind)().get(path.name)
    path.unlink()
    assert "of air.1 is missing here" in told(audit(made.home))


def test_what_the_ledger_says_is_erased_and_still_lies_here_is_found(made: NodeHome) -> None:
    made.fill(made.sign("env-bureau", "catalogue/erase", {"id": "air", "number": 1}))
    report = audit(made.home)
    assert told(report).count("was erased on the ledger") == 3
    made.home.files().remove(address(made))
    made.home.envelopes().remove(address(made))
    made.home.parts().remove(SALT)
    assert audit(made.home).clean


OPEN = """
import sys
from pathlib import Path
from dongting.errors import Refused
from dongting.testing.homes import NodeHome
from dongting.node.config import load
from dongting.node.home import Home
try:
    Home(load(Path(sys.argv[1]) / "dongting.toml")).ledger()
except Refused as refusal:
    print(refusal.text("en"))
    print(refusal.text("zh"))
"""


def test_a_second_process_on_the_ledger_is_refused_in_plain_words(made: NodeHome) -> None:
    store = made.home.ledger()
    found = subprocess.run(
        [sys.executable, "-c", OPEN, str(made.path)], capture_output=True, text=True, check=True
    ).stdout
    assert f"Another process has this ledger open: {made.path / 'ledger'}" in found
    assert "另一个进程已打开此账本" in found
    store.close()


def test_damage_that_rocksdb_reports_is_a_finding_that_names_the_file(made: NodeHome) -> None:
    store = made.home.ledger()
    store.checkpoint(made.path / "settled")
    store.close()
    shutil.rmtree(made.path / "ledger")
    (made.path / "settled").rename(made.path / "ledger")
    (table,) = (made.path / "ledger" / "rocksdb").glob("*.sst")
    data = bytearray(table.read_bytes())
    data[len(data) // 3] ^= 1
    table.write_bytes(data)
    assert str(table) in told(audit(made.home))
