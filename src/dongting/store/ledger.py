"""The ledger at rest: ordered keys and values on RocksDB, one atomic and synced write per block.

What was acknowledged is there after a crash, or the ledger does not open: recovery of the write-ahead log
tolerates a torn tail and nothing else, every block is checked when read, and damage is reported with the
file it is in. One process writes; the operating system's lock on the directory sees to that.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import Any, cast

from rocksdict import (
    AccessType,
    BlockBasedIndexType,
    BlockBasedOptions,
    BottommostLevelCompaction,
    Cache,
    Checkpoint,
    CompactOptions,
    DBCompressionType,
    DBRecoveryMode,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteOptions,
)

from dongting.errors import Code, Fault, Refused
from dongting.store.disk import DISK_FULL, free_bytes, private_directory, replace_file
from dongting.store.journal import WHAT_NEXT, check_journals

Change = tuple[bytes, bytes | None]  # key, value; None deletes

FORMAT = 1  # of keys, values and files; raised by one for each change that needs `dongting migrate`
FORMAT_FILE = "FORMAT"
FORMAT_NAME = "dongting-ledger"
DATABASE = "rocksdb"

_KEY = itemgetter(0)

MEBIBYTE = 1024 * 1024
CACHE = 96 * MEBIBYTE
RESERVE = 64 * MEBIBYTE
INTERRUPTED = 10  # seconds for a purge in another thread to notice that the ledger closes
FEW = 10_000  # keys that are deleted one by one rather than by a range, which slows later reads

NO_LEDGER = Code(
    "store", 2, "no-ledger",
    "There is no ledger at {directory}. Check the path, or create one first.",
    "{directory} 处没有账本。请检查路径，或先创建账本。",
    404,
)  # fmt: skip
IN_USE = Code(
    "store", 3, "ledger-in-use",
    "Another process has this ledger open: {directory}. Stop that process, or use the one that is running.",
    "另一个进程已打开此账本：{directory}。请停止该进程，或使用正在运行的进程。",
    409,
)  # fmt: skip
OLDER_FORMAT = Code(
    "store", 4, "older-format",
    "The ledger at {directory} has format {found}, this program needs {wanted}. Run: dongting migrate",
    "{directory} 处账本的格式为 {found}，本程序需要 {wanted}。请运行：dongting migrate",
    409,
)  # fmt: skip
NEWER_FORMAT = Code(
    "store", 5, "newer-format",
    "The ledger at {directory} has format {found}, this program knows {wanted}. Install a newer program.",
    "{directory} 处账本的格式为 {found}，本程序只支持到 {wanted}。请安装更新的版本。",
    409,
)  # fmt: skip
READ_ONLY = Code(
    "store", 6, "read-only",
    "The ledger at {directory} is open for reading only; nothing was changed. Open it for writing.",
    "{directory} 处的账本以只读方式打开，未作任何更改。请以读写方式打开。",
    409,
)  # fmt: skip
CHECKPOINT_EXISTS = Code(
    "store", 7, "checkpoint-exists",
    "{directory} is already there. Name a new directory for the copy of the ledger.",
    "{directory} 已存在。请为账本副本指定新的目录。",
    409,
)  # fmt: skip
DISK_FILLED = Code(
    "store", 8, "disk-filled",
    "The disk filled up during a write at {place}. Free some space and open the ledger again: "
    "it then shows whether that write is there.",
    "写入 {place} 时磁盘已满。请清理空间后重新打开账本，届时可知该次写入是否存在。",
    507,
)  # fmt: skip


class LedgerStore:
    """A ledger store in a directory of its own; `read_only` never changes a byte of the database.

    Raises `Refused` when the ledger is absent (read-only), in use, of another format or the disk is full,
    and `Fault` when it is damaged. `cache` bounds the memory for blocks, indexes and filters, in bytes;
    a write that would leave less than `reserve` bytes free on the disk is refused while it still can be
    refused cleanly. Only what can be derived again may be written without `synced`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        read_only: bool = False,
        cache: int = CACHE,
        reserve: int = RESERVE,
        synced: bool = True,
    ) -> None:
        self.directory = directory
        self.read_only = read_only
        self._reserve = reserve
        self._failed: Refused | Fault | None = None
        self._closed = False
        self._purging = Lock()
        self._synced = WriteOptions()
        self._synced.sync = synced
        self._database = directory / DATABASE
        if read_only:
            if _format(directory) is None:
                raise Refused(NO_LEDGER, directory=directory)
            self._db = self._open(cache, create=False)
        else:
            private_directory(self._database)
            known = _format(directory) is not None
            if not known and any(self._database.glob("*.sst")):
                raise Fault(f"{directory / FORMAT_FILE} is missing; {WHAT_NEXT}")
            # A database whose CURRENT file is lost would otherwise be taken for a new, empty one.
            self._db = self._open(cache, create=not known)
            if not known:
                self._name_format()

    def _open(self, cache: int, create: bool) -> Rdict:
        check_journals(self._database)
        access = AccessType.read_only(False) if self.read_only else AccessType.read_write()
        options = _options(cache, create)
        # Named once more, else a ledger that is opened again has the cache of its OPTIONS file: none.
        families = {"default": options}
        try:
            return Rdict(str(self._database), options, column_families=families, access_type=access)
        except Exception as error:
            if "Corruption" in str(error) and ".sst" not in str(error):
                check_journals(self._database, checksums=True)
            raise self._failure(error) from error

    def _name_format(self) -> None:
        if next(self.scan(b""), None) is not None:
            self.close()
            raise Fault(f"{self.directory / FORMAT_FILE} is missing; {WHAT_NEXT}")
        replace_file(self.directory / FORMAT_FILE, _format_line())

    def get(self, key: bytes) -> bytes | None:
        """The value of the key, or None."""
        try:
            return cast("bytes | None", self._db.get(key))
        except Exception as error:
            raise self._failure(error) from error

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of the keys, in their order."""
        try:
            return cast("list[bytes | None]", self._db.get(list(keys)))
        except Exception as error:
            raise self._failure(error) from error

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys with the prefix and their values, ascending from prefix + start; one consistent view."""
        try:
            cursor = self._db.iter(_scanning())
            cursor.seek(prefix + start)
            while cursor.valid() and (key := cursor.key()).startswith(prefix):
                yield key, cursor.value()
                cursor.next()
            cursor.status()  # an iterator that meets damage ends early, and only this tells
        except Exception as error:
            raise self._failure(error) from error

    def scan_back(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The same, descending: from prefix + start downwards, or from the last key when start is empty."""
        try:
            cursor = self._db.iter(_scanning())
            if start:
                cursor.seek_for_prev(prefix + start)
            elif (end := after(prefix)) is None:
                cursor.seek_to_last()
            else:
                cursor.seek_for_prev(end)
                if cursor.valid() and cursor.key() == end:
                    cursor.prev()
            while cursor.valid() and (key := cursor.key()).startswith(prefix):
                yield key, cursor.value()
                cursor.prev()
            cursor.status()
        except Exception as error:
            raise self._failure(error) from error

    def write(self, changes: Sequence[Change], drop: Sequence[bytes] = ()) -> None:
        """Delete the keys that have one of the `drop` prefixes, then make the changes: all, durably, or none.

        Refuses with `DISK_FULL` when there is no room: nothing has happened. After any other failure it is
        unknown whether the write will be there when the ledger is next opened, so this store raises the same
        for every later write: close it and open it again.
        """
        if self._failed is not None:
            raise self._failed
        if self.read_only:
            raise Refused(READ_ONLY, directory=self.directory)
        batch = WriteBatch(raw_mode=True)
        for prefix in drop:
            self._drop(batch, prefix)
        # In the order of keys, in which RocksDB finds the place of each from that of the one before.
        for key, value in sorted(changes, key=_KEY):
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        if free_bytes(self.directory) < self._reserve + batch.size_in_bytes():
            raise Refused(DISK_FULL, place=self.directory)
        try:
            self._db.write(batch, self._synced)
        except Exception as error:
            failure = self._failure(error)
            full = isinstance(failure, Refused) and failure.code is DISK_FULL
            self._failed = Refused(DISK_FILLED, place=self.directory) if full else failure
            raise self._failed from error

    def _drop(self, batch: WriteBatch, prefix: bytes) -> None:
        found = []
        for key, _ in self.scan(prefix):
            found.append(key)
            if len(found) > FEW and (end := after(prefix)) is not None:
                batch.delete_range(prefix, end)
                return
        for key in found:
            batch.delete(key)

    def purge(self, spans: Sequence[tuple[bytes, bytes]]) -> None:
        """Leave nothing of former values in the files of the database, from each first key to the last.

        Puts the write-ahead log into table files and writes every table file anew that holds such a key.
        Copies made by `checkpoint` before keep their own. `close` interrupts it: a `Fault`.
        """
        if self.read_only:
            raise Refused(READ_ONLY, directory=self.directory)
        options = CompactOptions()
        options.set_bottommost_level_compaction(BottommostLevelCompaction.force_optimized())
        try:
            with self._purging:
                self._db.flush()
                for first, last in spans:
                    self._db.compact_range(first, last + b"\0", options)
        except Exception as error:
            if not self._closed:
                raise self._failure(error) from error
        if self._closed:  # a compaction does not tell that it was interrupted
            raise Fault(f"{self._database} was closed before it was cleaned")

    def checkpoint(self, directory: Path) -> None:
        """Put a consistent copy of the running ledger, as of now, in a new directory on the same file system.

        The copy is a ledger like any other. Table files are shared by hard link, so it costs little space
        until the two grow apart; a copy that was interrupted has no FORMAT file and does not open.
        """
        if directory.exists():
            raise Refused(CHECKPOINT_EXISTS, directory=directory)
        private_directory(directory)
        try:
            Checkpoint(self._db).create_checkpoint(str(directory / DATABASE))
        except Exception as error:
            raise self._failure(error) from error
        replace_file(directory / FORMAT_FILE, _format_line())

    def verify(self) -> int:
        """Read every key and value, checking every block; returns their number, raises `Fault` at damage."""
        return sum(1 for _ in self.scan(b""))

    def statistics(self) -> dict[str, int]:
        """Sizes in bytes, for operators: memory of the database, and table files on disk."""
        names = ("rocksdb.cur-size-all-mem-tables",
                 "rocksdb.block-cache-usage", "rocksdb.block-cache-capacity",
                 "rocksdb.estimate-table-readers-mem", "rocksdb.total-sst-files-size")  # fmt: skip
        return {name.removeprefix("rocksdb."): self._db.property_int_value(name) or 0 for name in names}

    def close(self) -> None:
        """Release the directory; closing twice is fine. What a full disk holds up stays in the log."""
        if not self._closed:
            self._closed = True
            if not self._purging.acquire(blocking=False):
                self._db.cancel_all_background(False)
                self._purging.acquire(timeout=INTERRUPTED)
            with suppress(Exception):
                self._db.close()

    def _failure(self, error: Exception) -> Refused | Fault:
        text = str(error)
        if "LOCK" in text or "lock hold" in text:
            return Refused(IN_USE, directory=self.directory)
        if any(sign in text for sign in ("No space left", "File too large", "quota exceeded")):
            return Refused(DISK_FULL, place=self.directory)
        if any(sign in text for sign in ("Corruption", "No such file", "does not exist", "MANIFEST")):
            return Fault(f"{self._database} is damaged: {text}; {WHAT_NEXT}")
        return Fault(f"{self._database}: {text or type(error).__name__}")


def after(prefix: bytes) -> bytes | None:
    """The first key beyond all keys with the prefix; None when there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else None


def _format_line() -> bytes:
    return f"{FORMAT_NAME} {FORMAT}\n".encode()


def _format(directory: Path) -> int | None:
    path = directory / FORMAT_FILE
    if not path.exists():
        return None
    name, _, number = path.read_bytes().decode("ascii", "replace").rstrip("\n").partition(" ")
    if name != FORMAT_NAME or not (number.isascii() and number.isdecimal()):
        raise Fault(f"{path} is damaged: it should read {_format_line()!r}; {WHAT_NEXT}")
    found = int(number)
    if found != FORMAT:
        code = OLDER_FORMAT if found < FORMAT else NEWER_FORMAT
        raise Refused(code, directory=directory, found=found, wanted=FORMAT)
    return found


def _scanning() -> ReadOptions:
    # No bounds: rocksdict 0.3.29 ignores the lower one, and scans with an upper one were seen to miss keys.
    options = ReadOptions()
    options.set_verify_checksums(True)
    options.set_readahead_size(256 * 1024)
    return options


def _options(cache: int, create: bool) -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(create)
    # Anything laxer drops acknowledged blocks behind a flipped byte; anything stricter fails after a crash.
    options.set_wal_recovery_mode(DBRecoveryMode.tolerate_corrupted_tail_records())
    options.set_recycle_log_file_num(0)  # a recycled log cannot tell its end from damage
    options.set_paranoid_checks(True)
    options.set_block_based_table_factory(_tables(cache))
    options.set_compression_type(DBCompressionType.lz4())
    # Memory: at most three memtables of 32 MiB, the cache, and the readers of 512 open files.
    options.set_write_buffer_size(32 * MEBIBYTE)
    options.set_max_write_buffer_number(3)
    options.set_max_open_files(512)
    options.set_memtable_whole_key_filtering(True)
    options.set_memtable_prefix_bloom_ratio(0.05)
    options.set_level_compaction_dynamic_level_bytes(True)
    options.set_max_bytes_for_level_base(256 * MEBIBYTE)
    options.set_target_file_size_base(64 * MEBIBYTE)
    options.set_max_background_jobs(max(2, min(4, os.cpu_count() or 2)))
    options.set_bytes_per_sync(MEBIBYTE)
    options.set_keep_log_file_num(4)
    options.set_max_log_file_size(4 * MEBIBYTE)
    options.set_max_manifest_file_size(16 * MEBIBYTE)
    options.set_stats_dump_period_sec(0)
    options.set_stats_persist_period_sec(0)
    return options


def _tables(cache: int) -> Any:
    tables = BlockBasedOptions()
    tables.set_block_cache(Cache(cache))
    tables.set_block_size(8 * 1024)
    tables.set_format_version(6)  # the first with a checksum over the footer
    tables.set_bloom_filter(10, False)
    # Index and filter are cached in pieces: whole ones of a large file do not fit, and would be read from the
    # disk for every key.
    tables.set_cache_index_and_filter_blocks(True)
    tables.set_pin_l0_filter_and_index_blocks_in_cache(True)
    tables.set_index_type(BlockBasedIndexType.two_level_index_search())
    tables.set_partition_filters(True)
    tables.set_pin_top_level_index_and_filter(True)
    return tables
