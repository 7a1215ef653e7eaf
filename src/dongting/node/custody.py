"""Who keeps what here, and for whom it is sealed: owners of uploads and files, envelopes, parts.

The first to store something owns it and nobody else replaces it. Changes to one object are made one after
the other, also between processes.
"""

import fcntl
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import msgspec

from dongting.errors import Code, Refused, require
from dongting.store.disk import private_directory
from dongting.store.exchange import Exchange
from dongting.store.side import SideStore
from dongting.wire.envelope import Envelope

NOT_OWNER = Code(
    "api", 1, "not-owner",
    "This is kept for another organisation; only its owner may change it.",
    "该内容由其他单位保管；仅其所有者可以更改。",
    status=403,
)  # fmt: skip
TOO_MANY_READERS = Code(
    "api", 2, "too-many-readers",
    "At most {limit} organisations can be readers of one file or part.",
    "一个文件或附件最多可有 {limit} 个读者单位。",
    status=413,
)  # fmt: skip

PARTS_QUOTA = Code(
    "node", 71, "parts-quota",
    "Your organisation's parts take {used} bytes here, and {limit} are allowed: erase what nobody needs, or "
    "ask the operator of this node for more (files.parts_quota).",
    "贵单位的附件在此占用 {used} 字节，上限为 {limit}：请删除不再需要的内容，"
    "或请节点运维人员提高上限（files.parts_quota）。",
    status=507,
)  # fmt: skip

CONTENTS_WAIT = Code(
    "restore", 5, "contents-wait",
    "This node was restored from a backup and gives out no files and parts before it knows what was erased "
    "since; `dongting status` says what it waits for.",
    "本节点由备份恢复；在得知此后删除了哪些内容之前，不提供文件和附件。"
    "`dongting status` 会说明正在等待什么。",
    status=503,
)  # fmt: skip

MAX_READERS = 1000
BLOCK = 4096  # bytes that the smallest file takes on a disk


class Caller(Protocol):
    """Who stores something."""

    @property
    def organisation(self) -> str: ...

    def is_or_succeeds(self, organisation: str) -> bool:
        """Whether the caller is that organisation or acts for it now."""
        ...


@dataclass(frozen=True, slots=True)
class Owner:
    """An organisation for whom a node stores what came from another node."""

    organisation: str

    def is_or_succeeds(self, organisation: str) -> bool:
        """Whether it is that organisation."""
        return organisation == self.organisation


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a file or a part: its owner, and for a part its record and its ciphertext."""

    owner: str
    envelopes: list[Envelope] = []
    about: str | None = None
    blob: str | None = None

    def envelope(self, reader: str) -> Envelope | None:
        """The envelope sealed to that organisation."""
        return next((each for each in self.envelopes if each.reader == reader), None)


class _Upload(msgspec.Struct, frozen=True):
    owner: str


_decode = msgspec.json.Decoder(Kept).decode


class Custody:
    """Three side stores, one lock that their writers share, and the list of what is meant for whom.

    Nothing is read while the file `waiting` is there: a restored node does not know yet what was erased.
    """

    def __init__(
        self, uploads: SideStore, envelopes: SideStore, parts: SideStore, lock: Path, exchange: Exchange,
        quota: int = 2**50, waiting: Path | None = None,
    ) -> None:  # fmt: skip
        self._uploads = uploads
        self._envelopes = envelopes
        self._parts = parts
        self._lock = lock
        self._exchange = exchange
        self._quota = quota
        self._waiting = waiting
        self._usage = lock.with_name("parts-usage.json")
        private_directory(lock.parent)

    # Uploads

    def begin(self, upload: str, owner: str) -> None:
        """Note who began an upload; its id stays secret, so only its hash is kept."""
        self._uploads.put(_hidden(upload), msgspec.json.encode(_Upload(owner)))

    def uploader(self, upload: str) -> str | None:
        """Who began that upload; None for one that nobody began, or that is over."""
        data = self._uploads.get(_hidden(upload))
        return None if data is None else msgspec.json.decode(data, type=_Upload).owner

    def end(self, upload: str) -> None:
        """Forget an upload."""
        self._uploads.remove(_hidden(upload))

    # Files

    def file(self, address: str) -> Kept | None:
        """What is known of the file at that address."""
        self._settled()
        return _read(self._envelopes, address)

    def own(self, address: str, caller: Caller) -> None:
        """Make the caller the owner of a file that has none; refuses one that has another."""
        with self._writing():
            kept = _read(self._envelopes, address)
            if kept is None:
                self._envelopes.put(address, msgspec.json.encode(Kept(caller.organisation)))
            else:
                require(caller.is_or_succeeds(kept.owner), NOT_OWNER)

    def seal(self, address: str, caller: Caller, envelopes: Iterable[Envelope]) -> bool:
        """Add envelopes to a file of the caller's, in place of former ones to the same readers.

        False when no such file is kept here.
        """
        with self._writing():
            kept = _read(self._envelopes, address)
            if kept is None:
                return False
            require(caller.is_or_succeeds(kept.owner), NOT_OWNER)
            merged = msgspec.structs.replace(kept, envelopes=_merged(kept.envelopes, envelopes))
            if merged != kept:
                self._envelopes.put(address, msgspec.json.encode(merged))
                self._exchange.note("file", address, kept.owner, _news(kept, merged))
            return True

    # Parts

    def part(self, commitment: str) -> Kept | None:
        """The part kept under that commitment."""
        self._settled()
        return _read(self._parts, commitment)

    def _settled(self) -> None:
        """Refuse while the node may still hold what was erased after its backup."""
        require(self._waiting is None or not self._waiting.exists(), CONTENTS_WAIT)

    def put_part(self, commitment: str, caller: Caller, part: Kept) -> None:
        """Keep a part of the caller's; the same ciphertext again only adds envelopes."""
        with self._writing():
            kept = _read(self._parts, commitment)
            if kept is not None:
                require(caller.is_or_succeeds(kept.owner), NOT_OWNER)
                former = kept.envelopes if kept.blob == part.blob else []
                part = msgspec.structs.replace(part, envelopes=_merged(former, part.envelopes))
            if part != kept:
                data = msgspec.json.encode(part)
                before = 0 if kept is None else _room(len(msgspec.json.encode(kept)))
                self._use(part.owner, _room(len(data)) - before)
                self._parts.put(commitment, data)
                self._exchange.note("part", commitment, part.owner, _news(kept, part))

    def _use(self, owner: str, more: int) -> None:
        """Count the room that an organisation's parts take; refuses what is beyond the quota."""
        used = self._used()
        if used.get(owner, 0) + more > self._quota:
            used = self._counted()  # what was erased since is not in the file
        now = used.get(owner, 0) + more
        require(more <= 0 or now <= self._quota, PARTS_QUOTA, used=used.get(owner, 0), limit=self._quota)
        used[owner] = now
        # Not synced: after a loss of power it is a little off, and counted anew where that matters.
        temporary = self._usage.with_suffix(".new")
        temporary.write_bytes(msgspec.json.encode(used))
        temporary.replace(self._usage)

    def _used(self) -> dict[str, int]:
        try:
            return msgspec.json.decode(self._usage.read_bytes(), type=dict[str, int])
        except (FileNotFoundError, msgspec.MsgspecError):
            return self._counted()

    def _counted(self) -> dict[str, int]:
        used: Counter[str] = Counter()
        for commitment in self._parts.names():
            data = self._parts.get(commitment)
            if data is not None:
                used[_decode(data).owner] += _room(len(data))
        return dict(used)

    def list_anew(self) -> None:
        """Note all that is kept here, for a list that is new: an older node had none."""
        for commitment in self._parts.names():
            if (kept := _read(self._parts, commitment)) is not None:
                self._exchange.note("part", commitment, kept.owner, [e.reader for e in kept.envelopes])
        for address in self._envelopes.names():
            if (kept := _read(self._envelopes, address)) is not None:
                self._exchange.note("file", address, kept.owner, [e.reader for e in kept.envelopes])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _news(before: Kept | None, after: Kept) -> list[str]:
    """The readers to whom a change matters: all when the ciphertext is another, else those sealed to anew."""
    same = before is not None and before.blob == after.blob
    known = set(before.envelopes) if before is not None and same else set()
    return [each.reader for each in after.envelopes if each not in known]


def _room(size: int) -> int:
    """Bytes of disk that an object of so many bytes takes, in whole blocks."""
    return -(-size // BLOCK) * BLOCK


def _read(store: SideStore, name: str) -> Kept | None:
    data = store.get(name)
    return None if data is None else _decode(data)


def _merged(former: Iterable[Envelope], added: Iterable[Envelope]) -> list[Envelope]:
    by_reader = {each.reader: each for each in (*former, *added)}
    if len(by_reader) > MAX_READERS:
        raise Refused(TOO_MANY_READERS, limit=MAX_READERS)
    return list(by_reader.values())


def _hidden(upload: str) -> str:
    return sha256(upload.encode()).hexdigest()
