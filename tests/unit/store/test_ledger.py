import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dongting.errors import Fault, Refused
from dongting.store import ledger as module
from dongting.store.ledger import LedgerStore


def test_a_written_value_is_read_and_an_absent_key_is_none(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    store.write([(b"r/a", b"1"), (b"r/b", b""), (b"\xff\xff", b"\x00")])
    assert store.get(b"r/a") == b"1"
    assert store.get(b"r/b") == b""
    assert store.get(b"r/c") is None
    assert store.get_many([b"r/b", b"r/c", b"\xff\xff"]) == [b"", None, b"\x00"]
    assert store.get_many([]) == []
    store.close()


def test_a_scan_ascends_from_the_start_within_the_prefix(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    store.write([(key, key) for key in (b"l", b"la", b"lb", b"lc", b"m", b"k")])
    assert [key for key, _ in store.scan(b"l")] == [b"l", b"la", b"lb", b"lc"]
    assert [key for key, _ in store.scan(b"l", b"b")] == [b"lb", b"lc"]
    assert [key for key, _ in store.scan(b"l", b"bb")] == [b"lc"]
    assert len(list(store.scan(b""))) == 6
    assert list(store.scan(b"x")) == []
    store.close()


def test_a_scan_back_descends_from_the_start_within_the_prefix(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    keys = [b"k", b"la", b"lb", b"lc", b"m", b"\xff", b"\xff\xff\x01"]
    store.write([(key, key) for key in keys])
    assert [key for key, _ in store.scan_back(b"l")] == [b"lc", b"lb", b"la"]
    assert [key for key, _ in store.scan_back(b"l", b"bb")] == [b"lb", b"la"]
    assert [key for key, _ in store.scan_back(b"\xff")] == [b"\xff\xff\x01", b"\xff"]
    assert [key for key, _ in store.scan_back(b"")] == sorted(keys, reverse=True)
    store.close()


def test_a_scan_sees_one_moment_while_writes_go_on(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    store.write([(b"r%d" % n, b"old") for n in range(5)])
    scan = store.scan(b"r")
    first = next(scan)
    store.write([(b"r%d" % n, b"new") for n in range(9)])
    assert [first, *scan] == [(b"r%d" % n, b"old") for n in range(5)]
    store.close()


@pytest.mark.parametrize("few", [0, 10_000])
def test_dropping_a_prefix_leaves_its_neighbours_and_the_new_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(module, "FEW", few)
    store = LedgerStore(tmp_path)
    store.write([(key, b"old") for key in (b"b", b"c", b"c1", b"c\xff\xff", b"d")])
    store.write([(b"c1", b"new")], drop=[b"c"])
    assert list(store.scan(b"")) == [(b"b", b"old"), (b"c1", b"new"), (b"d", b"old")]
    store.write([], drop=[b""])
    assert list(store.scan(b"")) == []
    store.close()


def test_a_later_change_to_a_key_in_one_write_wins(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    store.write([(b"a", b"1"), (b"a", b"2"), (b"b", b"1"), (b"b", None)])
    assert list(store.scan(b"")) == [(b"a", b"2")]
    store.close()


def test_a_checkpoint_is_a_ledger_as_of_its_moment(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path / "ledger")
    store.write([(b"a", b"1")])
    store.checkpoint(tmp_path / "copy")
    store.write([(b"a", b"2")])
    copy = LedgerStore(tmp_path / "copy", read_only=True)
    assert list(copy.scan(b"")) == [(b"a", b"1")]
    copy.close()
    with pytest.raises(Refused, match="checkpoint-exists"):
        store.checkpoint(tmp_path / "copy")
    store.close()


def test_a_checkpoint_without_its_format_file_does_not_open(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path / "ledger")
    store.write([(b"a", b"1")])
    store.checkpoint(tmp_path / "copy")
    store.close()
    (tmp_path / "copy" / "FORMAT").unlink()
    with pytest.raises(Refused, match="no-ledger"):
        LedgerStore(tmp_path / "copy", read_only=True)
    with pytest.raises(Fault, match="FORMAT is missing"):
        LedgerStore(tmp_path / "copy")


def test_a_read_only_ledger_reads_what_the_log_still_holds_and_refuses_writes(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    store.write([(b"a", b"1")])
    reader = LedgerStore(tmp_path, read_only=True)
    assert reader.get(b"a") == b"1"
    assert reader.verify() == 1
    with pytest.raises(Refused, match="read-only"):
        reader.write([(b"a", b"2")])
    reader.close()
    store.close()


def test_a_read_only_ledger_must_exist(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no-ledger"):
        LedgerStore(tmp_path / "absent", read_only=True)
    assert not (tmp_path / "absent").exists()


def test_a_ledger_opens_once_at_a_time(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    with pytest.raises(Refused, match="ledger-in-use") as refusal:
        LedgerStore(tmp_path)
    assert str(tmp_path) in refusal.value.text("en")
    assert str(tmp_path) in refusal.value.text("zh")
    store.close()
    LedgerStore(tmp_path).close()


def test_a_scan_left_unfinished_does_not_keep_the_ledger_locked(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    store.write([(b"a", b"1"), (b"b", b"2")])
    scan = store.scan(b"")
    next(scan)
    store.close()
    scan.close()  # type: ignore[attr-defined]
    LedgerStore(tmp_path).close()


@pytest.mark.parametrize(
    ("line", "name"), [("dongting-ledger 0\n", "older-format"), ("dongting-ledger 2\n", "newer-format")]
)
def test_another_format_is_refused_and_nothing_is_touched(tmp_path: Path, line: str, name: str) -> None:
    LedgerStore(tmp_path).close()
    (tmp_path / "FORMAT").write_text(line)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "rocksdb").iterdir()}
    with pytest.raises(Refused, match=name) as refusal:
        LedgerStore(tmp_path)
    assert ("dongting migrate" in refusal.value.text()) == (name == "older-format")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "rocksdb").iterdir()} == before


def test_an_unreadable_format_file_is_a_fault_that_names_it(tmp_path: Path) -> None:
    LedgerStore(tmp_path).close()
    (tmp_path / "FORMAT").write_bytes(b"dongting-ledger \xff1\n")
    with pytest.raises(Fault, match="FORMAT is damaged"):
        LedgerStore(tmp_path)


def test_a_closed_ledger_answers_with_a_fault(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    store.close()
    store.close()
    with pytest.raises(Fault):
        store.get(b"a")
    with pytest.raises(Fault):
        store.write([(b"a", b"1")])


def test_only_the_owner_reaches_the_ledger(tmp_path: Path) -> None:
    LedgerStore(tmp_path / "new" / "ledger").close()
    assert os.stat(tmp_path / "new" / "ledger" / "rocksdb").st_mode & 0o077 == 0


def test_a_ledger_that_closes_while_it_is_cleaned_says_so_and_is_released(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    for _ in range(100):
        store.write([(b"l" + os.urandom(16), os.urandom(1000)) for _ in range(500)])
    with ThreadPoolExecutor(1) as beside:
        purge = beside.submit(store.purge, [(b"l", b"m")])
        while not store._purging.locked():
            time.sleep(0.001)
        store.close()
        with pytest.raises(Fault, match="closed before"):
            purge.result(20)
    again = LedgerStore(tmp_path)
    assert again.verify() == 50_000
    again.close()


def test_a_ledger_that_is_opened_again_has_the_cache_that_was_asked_for(tmp_path: Path) -> None:
    for size in (16, 32):
        store = LedgerStore(tmp_path, cache=size * 2**20)
        assert store.statistics()["block-cache-capacity"] == size * 2**20
        store.close()
