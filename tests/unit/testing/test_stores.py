"""The store in memory does what the store on disk does, and the failing one fails as told."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dongting.errors import Fault, Refused
from dongting.store.ledger import LedgerStore
from dongting.testing.stores import FailingStore, Form, MemoryStore

KEYS = st.binary(max_size=3).map(lambda key: bytes(byte % 3 * 127 for byte in key))  # 0x00, 0x7f, 0xfe
ENDS = st.sampled_from([b"", b"\xff", b"\xff\xff"])
KEY = st.tuples(KEYS, ENDS).map(lambda pair: pair[0] + pair[1])
WRITES = st.lists(
    st.tuples(st.lists(st.tuples(KEY, st.none() | st.binary(max_size=4))), st.lists(KEY, max_size=2))
)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerStore]:
    store = LedgerStore(tmp_path_factory.mktemp("ledger"))
    yield store
    store.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=WRITES, prefix=KEY, start=KEY)
def test_memory_and_disk_agree(disk: LedgerStore, writes: list, prefix: bytes, start: bytes) -> None:  # type: ignore[type-arg]
    memory = MemoryStore()
    disk.write([], drop=[b""])
    for changes, drop in writes:
        memory.write(changes, drop)
        disk.write(changes, drop)
    assert list(memory.scan(b"")) == list(disk.scan(b""))
    assert list(memory.scan(prefix, start)) == list(disk.scan(prefix, start))
    assert list(memory.scan_back(prefix, start)) == list(disk.scan_back(prefix, start))
    keys = [prefix, start, prefix + start]
    assert memory.get_many(keys) == disk.get_many(keys) == [disk.get(key) for key in keys]
    assert [memory.get(key) for key in keys] == disk.get_many(keys)


@pytest.mark.parametrize(("form", "there"), [("lost", None), ("reported", b"2")])
def test_a_failed_write_is_absent_or_there_and_ends_writing(form: Form, there: bytes | None) -> None:
    store = FailingStore(MemoryStore(), 2, form)
    store.write([(b"a", b"1")])
    with pytest.raises(Fault, match="write 2 failed"):
        store.write([(b"b", b"2")])
    with pytest.raises(Fault, match="write 2 failed"):
        store.write([(b"c", b"3")])
    assert store.inner.get(b"a") == b"1"
    assert store.inner.get(b"b") == there
    assert store.inner.get(b"c") is None


def test_a_full_disk_refuses_one_write_and_changes_nothing() -> None:
    store = FailingStore(MemoryStore(), 1, "full")
    with pytest.raises(Refused, match="store/disk-full"):
        store.write([(b"a", b"1")])
    assert store.get(b"a") is None
    store.write([(b"a", b"2")])
    assert list(store.scan(b"a")) == list(store.scan_back(b"a")) == [(b"a", b"2")]
    assert store.writes == 2
