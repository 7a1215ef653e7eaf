import hashlib
import os
import random
import stat
import tracemalloc
from pathlib import Path

import pytest

from dongting.errors import Refused
from dongting.store import files as store_files
from dongting.store import ledger as store_ledger
from dongting.store.files import CHUNK, Damage, Files, FileStore
from dongting.store.side import SideStore
from dongting.wire.profile import INTERNATIONAL, NATIONAL, sm3

DATA = random.Random(700).randbytes(700_000)
DIGEST = hashlib.sha256(DATA).hexdigest()


def stored(files: FileStore, data: bytes = DATA) -> str:
    upload = files.begin(len(data), hashlib.sha256(data).hexdigest())
    files.append(upload, 0, data)
    return files.finish(upload)


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path, INTERNATIONAL, reserve=0)


def test_a_file_is_read_back_whole_and_in_ranges(files: FileStore) -> None:
    store: Files = files
    address = stored(files)
    assert address == DIGEST
    assert store.has(address)
    assert store.size(address) == len(DATA)
    assert b"".join(store.read(address)) == DATA
    assert b"".join(store.read(address, 3, CHUNK + 5)) == DATA[3 : CHUNK + 8]
    assert b"".join(store.read(address, len(DATA))) == b""
    assert b"".join(store.read(address, len(DATA) - 1, 1)) == DATA[-1:]


@pytest.mark.parametrize(
    ("start", "length"), [(-1, None), (0, len(DATA) + 1), (len(DATA) + 1, None), (5, -1)]
)
def test_a_range_outside_the_file_is_refused_at_once(
    files: FileStore, start: int, length: int | None
) -> None:
    address = stored(files)
    with pytest.raises(Refused, match="bad-range"):
        files.read(address, start, length)


def test_an_empty_file_is_a_file(files: FileStore) -> None:
    address = stored(files, b"")
    assert files.size(address) == 0
    assert list(files.read(address)) == []


def test_a_national_network_addresses_files_by_sm3(tmp_path: Path) -> None:
    files = FileStore(tmp_path, NATIONAL, reserve=0)
    upload = files.begin(3, sm3(b"abc").hex())
    files.append(upload, 0, b"abc")
    assert files.finish(upload) == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert list(files.check()) == []


def test_an_upload_resumes_where_it_stopped_in_another_process(tmp_path: Path, files: FileStore) -> None:
    upload = files.begin(len(DATA), DIGEST)
    assert files.append(upload, 0, DATA[:300_000]) == 300_000
    again = FileStore(tmp_path, INTERNATIONAL, reserve=0)
    assert again.status(upload) == 300_000
    with pytest.raises(Refused, match="wrong-offset") as refusal:
        again.append(upload, 0, DATA[:300_000])
    assert refusal.value.facts["received"] == 300_000
    with pytest.raises(Refused, match="upload-incomplete"):
        again.finish(upload)
    again.append(upload, 300_000, DATA[300_000:])
    assert not again.has(DIGEST)
    assert again.finish(upload) == DIGEST


def test_an_upload_that_is_finished_or_abandoned_is_gone(files: FileStore) -> None:
    upload = files.begin(1, hashlib.sha256(b"a").hexdigest())
    files.append(upload, 0, b"a")
    files.finish(upload)
    other = files.begin(1, DIGEST)
    files.abandon(other)
    files.abandon(other)
    for gone in (upload, other):
        for action in (files.status, files.finish, lambda name: files.append(name, 0, b"a")):
            with pytest.raises(Refused, match="no-upload"):
                action(gone)


def test_wrong_bytes_are_never_visible_and_are_discarded(files: FileStore) -> None:
    upload = files.begin(3, DIGEST)
    files.append(upload, 0, b"abc")
    with pytest.raises(Refused, match="wrong-digest"):
        files.finish(upload)
    assert not files.has(DIGEST)
    with pytest.raises(Refused, match="no-upload"):
        files.status(upload)


def test_no_more_arrives_than_was_announced(files: FileStore) -> None:
    upload = files.begin(3, DIGEST)
    with pytest.raises(Refused, match="beyond-size"):
        files.append(upload, 0, b"abcd")
    assert files.status(upload) == 0


def test_the_same_file_uploaded_twice_is_one_file(files: FileStore) -> None:
    assert stored(files) == stored(files)
    assert list(files.addresses()) == [DIGEST]


def test_size_and_number_of_uploads_are_bounded(tmp_path: Path) -> None:
    files = FileStore(tmp_path, INTERNATIONAL, limit=10, uploads=2, reserve=0)
    for size in (11, -1):
        with pytest.raises(Refused, match="file-too-large"):
            files.begin(size, DIGEST)
    files.begin(10, DIGEST)
    files.begin(10, DIGEST)
    with pytest.raises(Refused, match="too-many-uploads"):
        files.begin(10, DIGEST)


def test_an_upload_that_cannot_fit_is_refused_before_a_byte_arrives(tmp_path: Path) -> None:
    files = FileStore(tmp_path, INTERNATIONAL, limit=2**60)
    with pytest.raises(Refused, match="disk-full"):
        files.begin(2**50 - 1, DIGEST)
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["", "../" * 3 + "etc/passwd", DIGEST.upper(), DIGEST[:-1], DIGEST + "\n", "/etc/passwd", DIGEST + "/..",
     "é" * 64, f"{'0' * 32}-3-{DIGEST}/../x", f"{'0' * 32}-03-{DIGEST}", f"{'0' * 32}-٣-{DIGEST}"],
)  # fmt: skip
def test_a_name_that_is_no_address_reaches_no_path(tmp_path: Path, files: FileStore, name: str) -> None:
    side = SideStore(tmp_path / "side")
    for action in (files.has, files.size, files.read, files.remove, lambda n: files.begin(1, n)):
        with pytest.raises(Refused, match="bad-address"):
            action(name)
    for action in (side.get, side.remove, lambda n: side.put(n, b"")):
        with pytest.raises(Refused, match="bad-address"):
            action(name)
    for action in (files.status, files.finish, files.abandon, lambda n: files.append(n, 0, b"")):
        with pytest.raises(Refused, match="no-upload"):
            action(name)


def test_erasure_leaves_no_byte_behind_and_can_be_repeated(tmp_path: Path, files: FileStore) -> None:
    address = stored(files)
    upload = files.begin(len(DATA), address)
    files.append(upload, 0, DATA[:10])
    reading = files.read(address)
    assert files.remove(address)
    assert not files.remove(address)
    assert not files.has(address)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    with pytest.raises(Refused, match="no-file"):
        files.read(address)
    with pytest.raises(Refused, match="no-file"):
        files.size(address)
    assert b"".join(reading) == DATA


def test_a_check_names_the_damaged_file_and_no_other(tmp_path: Path, files: FileStore) -> None:
    stored(files, b"sound")
    address = stored(files)
    assert list(files.check()) == []
    path = tmp_path / "blobs" / address[:2] / address
    with path.open("r+b") as file:
        file.seek(500_000)
        file.write(bytes([DATA[500_000] ^ 1]))
    assert list(files.check()) == [Damage(address, path)]
    assert stored(files) == address
    assert list(files.check()) == []


def test_only_stale_uploads_are_collected(tmp_path: Path, files: FileStore) -> None:
    old, new = files.begin(3, DIGEST), files.begin(4, DIGEST)
    os.utime(tmp_path / "uploads" / old, (1_000, 1_000))
    os.utime(tmp_path / "uploads" / new, (2_000, 2_000))
    assert files.collect(before=2_000) == 1
    assert files.status(new) == 0
    with pytest.raises(Refused, match="no-upload"):
        files.status(old)


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    files = FileStore(tmp_path / "files", INTERNATIONAL, reserve=0)
    stored(files)
    files.begin(1, DIGEST)
    SideStore(tmp_path / "files" / "side").put(DIGEST, b"x")
    for path in [tmp_path / "files", *(tmp_path / "files").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_memory_does_not_grow_with_the_file(files: FileStore) -> None:
    size = 64 * CHUNK
    chunk = bytes(CHUNK)
    digest = hashlib.sha256(chunk * 64).hexdigest()
    tracemalloc.start()
    upload = files.begin(size, digest)
    for offset in range(0, size, CHUNK):
        files.append(upload, offset, chunk)
    files.finish(upload)
    assert sum(len(part) for part in files.read(digest)) == size
    assert list(files.check()) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * CHUNK


def test_a_side_object_is_replaced_whole_and_erased(tmp_path: Path) -> None:
    side = SideStore(tmp_path, limit=10)
    assert side.get(DIGEST) is None
    side.put(DIGEST, b"first")
    side.put(DIGEST, b"second")
    side.put("0" * 64, b"")
    assert side.get(DIGEST) == b"second"
    assert list(side.names()) == sorted(["0" * 64, DIGEST])
    assert side.remove(DIGEST)
    assert not side.remove(DIGEST)
    assert side.get(DIGEST) is None
    with pytest.raises(Refused, match="file-too-large"):
        side.put(DIGEST, bytes(11))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["0" * 64]


def test_files_and_parts_stop_long_before_the_ledger_does() -> None:
    assert store_files.RESERVE >= 4 * store_ledger.RESERVE


def test_open_uploads_are_listed_with_the_time_of_their_last_bytes(files: FileStore) -> None:
    upload = files.begin(len(DATA), DIGEST)
    os.utime(next(files._uploads.iterdir()), (5, 5))
    assert list(files.uploads()) == [(upload, 5.0)]
    files.abandon(upload)
    assert list(files.uploads()) == []
