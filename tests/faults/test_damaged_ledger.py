"""A byte flipped anywhere in a ledger's files is refused at open or found by a full read, or does no harm."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dongting.errors import Fault
from dongting.store.ledger import LedgerStore

BATCHES, PER_BATCH = 60, 20

WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from dongting.store.ledger import LedgerStore
store = LedgerStore(Path(sys.argv[1]))
for batch in range(int(sys.argv[2])):
    store.write([(b"k%04d%04d" % (batch, n), b"%d." % n * 40) for n in range(int(sys.argv[3]))])
os.kill(os.getpid(), signal.SIGKILL)
"""

READ_ALL = """
import sys
from pathlib import Path
from dongting.errors import Fault
from dongting.store.ledger import LedgerStore
try:
    store = LedgerStore(Path(sys.argv[1]), read_only=len(sys.argv) > 2)
    print(store.verify())
except Fault as fault:
    print("fault", fault)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger whose process was killed: all data in the write-ahead log."""
    directory = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, "-c", WRITE_AND_DIE, directory, str(BATCHES), str(PER_BATCH)])
    return directory


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory, killed: Path) -> Path:
    """The same ledger with all data in table files and a manifest of several records."""
    directory = tmp_path_factory.mktemp("settled") / "ledger"
    shutil.copytree(killed, directory)
    store = LedgerStore(directory)
    store.checkpoint(directory.parent / "copy")
    store.close()
    return directory.parent / "copy"


def damaged(ledger: Path, directory: Path, pattern: str, offset: int, mask: int) -> Path:
    shutil.copytree(ledger, directory)
    path = only(directory, pattern)
    data = bytearray(path.read_bytes())
    data[offset] ^= mask
    path.write_bytes(data)
    return path


def only(ledger: Path, pattern: str) -> Path:
    (path,) = [path for path in (ledger / "rocksdb").glob(pattern) if path.stat().st_size]
    return path


def read_all(directory: Path, *arguments: str) -> str:
    """In a process of its own with a time limit, since some damage makes RocksDB loop for ever."""
    command = [sys.executable, "-c", READ_ALL, str(directory), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout


def test_a_killed_process_leaves_its_acknowledged_writes_in_the_log(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path / "ledger")
    assert only(killed, "*.log").stat().st_size > BATCHES * PER_BATCH * 80
    assert read_all(tmp_path / "ledger", "read-only") == f"{BATCHES * PER_BATCH}\n"
    assert read_all(tmp_path / "ledger") == f"{BATCHES * PER_BATCH}\n"


# One batch is some 2.3 kB; the first record begins at 0 and the second block at 32768.
@pytest.mark.parametrize(
    ("offset", "mask"),
    [
        (0, 1), (4, 1), (5, 0x40), (9, 1), (700, 1), (32_768, 1), (32_773, 0x10), (70_000, 0x80), (-5, 1),
        # The types that RocksDB takes for a recycled record, i.e. for the end of the log, or loops on.
        (6, 4), (32_768 + 6, 1), (32_768 + 6, 4), (6, 1), (6, 0x80),
    ],
)  # fmt: skip
def test_a_flipped_byte_in_the_write_ahead_log_keeps_the_ledger_shut(
    killed: Path, tmp_path: Path, offset: int, mask: int
) -> None:
    path = damaged(killed, tmp_path / "ledger", "*.log", offset, mask)
    for mode in ([], ["read-only"]):
        answer = read_all(tmp_path / "ledger", *mode)
        assert answer.startswith("fault")
        assert str(path) in answer
        assert "backup" in answer


def test_every_length_that_points_beyond_the_log_is_told_from_a_torn_write(
    killed: Path, tmp_path: Path
) -> None:
    shutil.copytree(killed, tmp_path / "ledger")
    path = only(tmp_path / "ledger", "*.log")
    whole = path.read_bytes()
    records = list(_records(whole))
    last_block = [(at, length) for at, length in records if at >= len(whole) // 32_768 * 32_768]
    assert len(last_block) >= 2
    for at, length in last_block:
        data = bytearray(whole)
        data[at + 4 : at + 6] = (length | 0x8000).to_bytes(2, "little")
        path.write_bytes(data)
        with pytest.raises(Fault, match=f"{path} is damaged at byte {at}"):
            LedgerStore(tmp_path / "ledger")


def test_a_torn_tail_loses_only_the_write_that_was_not_acknowledged(killed: Path, tmp_path: Path) -> None:
    whole = only(killed, "*.log").read_bytes()
    *_, (last, length) = _records(whole)
    cuts = [last + 1, last + 6, last + 7, last + 20, last + 7 + length - 1]
    for number, cut in enumerate(cuts):
        directory = tmp_path / str(number)
        shutil.copytree(killed, directory)
        only(directory, "*.log").write_bytes(whole[:cut])
        store = LedgerStore(directory)
        assert store.verify() in {(BATCHES - 1) * PER_BATCH, BATCHES * PER_BATCH}
        assert store.get(b"k%04d%04d" % (BATCHES - 2, 0)) is not None
        assert (store.get(b"k%04d%04d" % (BATCHES - 1, 0)) is None) == (
            store.get(b"k%04d%04d" % (BATCHES - 1, PER_BATCH - 1)) is None
        )
        store.close()


def test_zeros_after_the_last_write_are_space_and_zeros_before_it_are_damage(
    killed: Path, tmp_path: Path
) -> None:
    whole = only(killed, "*.log").read_bytes()
    shutil.copytree(killed, tmp_path / "ledger")
    path = only(tmp_path / "ledger", "*.log")
    path.write_bytes(whole[:4096] + bytes(4096) + whole[8192:])
    assert "fault" in read_all(tmp_path / "ledger")
    starts = [at for at, _ in _records(whole)]
    path.write_bytes(whole[: starts[3]] + bytes(starts[5] - starts[3]) + whole[starts[5] :])
    with pytest.raises(Fault, match=f"byte {starts[3]}: records follow a zeroed one"):
        LedgerStore(tmp_path / "ledger")
    path.write_bytes(whole + bytes(100_000))
    store = LedgerStore(tmp_path / "ledger")
    assert store.verify() == BATCHES * PER_BATCH
    store.close()


@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*", "CURRENT"])
def test_a_flipped_byte_in_tables_manifest_or_current_is_found_and_named(
    settled: Path, tmp_path: Path, pattern: str
) -> None:
    path = only(settled, pattern)
    size = path.stat().st_size
    step = max(1, size // 40)
    for offset in {*range(0, size, step), *range(max(0, size - 60), size, 7), *range(0, min(size, 14), 2)}:
        for mask in (1, 4):
            directory = tmp_path / f"{offset}-{mask}"
            broken = damaged(settled, directory, pattern, offset, mask)
            with pytest.raises(Fault) as fault:
                _read_here(directory)
            named = str(directory / "rocksdb") if pattern == "CURRENT" else str(broken)
            assert named in str(fault.value), (offset, mask)
            shutil.rmtree(directory)


@pytest.mark.parametrize("pattern", ["OPTIONS-*", "IDENTITY", "rocksdict-config.json"])
def test_a_flipped_byte_in_a_file_without_data_costs_no_data(
    settled: Path, tmp_path: Path, pattern: str
) -> None:
    for offset in (0, 5, -2):
        directory = tmp_path / str(offset)
        name = sorted((settled / "rocksdb").glob(pattern))
        if not name:
            continue
        damaged(settled, directory, name[0].name, offset, 1)
        try:
            found = _read_here(directory)
        except Fault:
            continue
        assert found == BATCHES * PER_BATCH


@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*", "CURRENT"])
def test_a_lost_file_is_never_taken_for_an_empty_ledger(settled: Path, tmp_path: Path, pattern: str) -> None:
    shutil.copytree(settled, tmp_path / "ledger")
    only(tmp_path / "ledger", pattern).unlink()
    with pytest.raises(Fault, match="damaged"):
        _read_here(tmp_path / "ledger")


def test_the_file_of_the_damage_is_told_when_a_value_is_read(settled: Path, tmp_path: Path) -> None:
    path = damaged(settled, tmp_path / "ledger", "*.sst", 300, 1)
    store = LedgerStore(tmp_path / "ledger")
    with pytest.raises(Fault, match=str(path)):
        store.get(b"k00000001")
    with pytest.raises(Fault, match=str(path)):
        store.get_many([b"k00000001"])
    with pytest.raises(Fault, match=str(path)):
        list(store.scan_back(b"k"))
    store.close()


def _read_here(directory: Path) -> int:
    store = LedgerStore(directory)
    try:
        return store.verify()
    finally:
        store.close()


def _records(log: bytes) -> list[tuple[int, int]]:
    """Offset and length of each physical record of an intact log."""
    found, at = [], 0
    while at + 7 <= len(log):
        if 32_768 - at % 32_768 < 7:
            at += 32_768 - at % 32_768
            continue
        length = int.from_bytes(log[at + 4 : at + 6], "little")
        found.append((at, length))
        at += 7 + length
    return found
