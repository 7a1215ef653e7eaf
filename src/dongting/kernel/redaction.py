"""What a ledger keeps of a redacted statement: markers in place of its bytes and of the texts that it wrote.

The marker of a leaf holds the leaf's hash and the claims, without the arguments; the marker of a record's
version holds the hash of its value, and its body with all free text blanked. So the log, the state tree
and every proof stay as they are. Markers follow from the ledger alone, whether some were put in place
before or not, and the record of the redaction holds their digest: a changed one is found.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.appkit.blanking import Places, blank, places
from dongting.errors import Fault
from dongting.kernel.entries import (
    BlockRecord,
    block_key,
    decode_entry,
    encode_marker,
    leaf_key,
    record_key,
    version_key,
)
from dongting.kernel.rules import Rules
from dongting.kernel.store import Change
from dongting.wire import cbor
from dongting.wire.profile import Profile
from dongting.wire.state import VALUE_DOMAIN
from dongting.wire.statement import Statement, decode

Read = Callable[[bytes], bytes | None]

_DOMAIN = b"dongting/redaction/v1\0"
_STATEMENT = b"\xd2"  # the first byte of a statement, CBOR tag 18
_KEPT = b"\x99"  # the first byte of a marker: an array of nine in MessagePack; no CBOR item begins so
_encode = msgspec.json.Encoder(order="sorted").encode


_Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
_Text = Annotated[str, Meta(pattern=r"^[!-~]+$(?!\n)")]


class Kept(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What stays of a statement: its leaf hash and what its protected header said."""

    leaf: _Hash
    issuer: _Text
    subject: _Text
    action: _Text
    issued: int
    expires: int | None
    nonce: Annotated[bytes, Meta(min_length=16, max_length=16)]
    kid: _Hash
    alg: int


class Removal(msgspec.Struct, frozen=True):
    """What the redaction of one leaf puts in place: markers by store key, and their `digest` (64 hex digits).

    `present` are the addresses of the records whose present version held free text, too.
    """

    leaf: int
    changes: list[Change]
    present: list[str]
    digest: str


def is_statement(leaf: bytes | None) -> bool:
    """Whether the stored bytes of a leaf are those of a statement, or the marker of one."""
    return leaf is not None and leaf[:1] in (_STATEMENT, _KEPT)


def kept(leaf: bytes, network: str) -> Statement | None:
    """The statement of which these bytes are the marker, without arguments; None when they are none."""
    if leaf[:1] != _KEPT:
        return None
    try:
        found = msgspec.msgpack.decode(leaf, type=Kept)
    except (msgspec.MsgspecError, ValueError) as error:  # the latter for bytes that are no UTF-8
        raise Fault(f"the marker of a redacted leaf is damaged: {error}") from error
    return Statement(
        leaf, found.leaf, found.issuer, found.subject, network, found.action, found.issued, found.expires,
        found.nonce, found.kid, found.alg, b"",
    )  # fmt: skip


def removal(read: Read, rules: Rules, profile: Profile, block: BlockRecord, index: int, before: int | None
            ) -> Removal:  # fmt: skip
    """The markers for the statement at `index`, which stands in `block`.

    `before` is the index of the statement that decided it: later versions are left alone. None while that
    statement is executed; then the present version of a record is marked like those before it.
    """
    found: list[tuple[bytes, bytes]] = [(leaf_key(index), _leaf_marker(read, profile, index))]
    present = []
    for address, version in block.written:
        typed = rules.by_name.get(address.partition("/")[0])
        where = places(typed.declared.struct) if typed is not None else {}
        if not where or decode_entry(_version(read, address, version)[0]).leaf != index:
            continue
        for key, marker, last in _versions(read, profile, where, address, version, before):
            found.append((key, marker))
            if last:
                present.append(address)
    digest = profile.hash(_DOMAIN + cbor.encode([[key, marker] for key, marker in found]))
    return Removal(index, [*found], present, digest.hex())


def version_marker(entry: bytes, where: Places, profile: Profile) -> bytes | None:
    """The marker of a version from its entry; itself when it is one, None when it holds no free text."""
    found = decode_entry(entry)
    if found.hash is not None:
        return entry
    body = msgspec.json.decode(found.body)
    blanked = blank(body, where)
    if blanked == body:
        return None
    return encode_marker(_encode(blanked), profile.hash(VALUE_DOMAIN + entry), found.leaf, found.version)


def block_of(read: Read, height: int, index: int) -> BlockRecord:
    """The block up to `height` in which the leaf at `index` stands."""
    low, high = 1, height
    while low < high:
        middle = (low + high + 1) // 2
        if block_at(read, middle).first <= index:
            low = middle
        else:
            high = middle - 1
    return block_at(read, low)


def block_at(read: Read, height: int) -> BlockRecord:
    """What the block at a height was."""
    data = read(block_key(height))
    if data is None:
        raise Fault(f"the store has lost the record of block {height}; run `dongting audit`")
    return BlockRecord.decode(data)


def _leaf_marker(read: Read, profile: Profile, index: int) -> bytes:
    data = read(leaf_key(index))
    if data is None:
        raise Fault(f"the store has lost leaf {index}; run `dongting audit`")
    if data[:1] == _KEPT:
        return data
    said = decode(data, profile)
    return msgspec.msgpack.encode(
        Kept(
            said.leaf, said.issuer, said.subject, said.action, said.issued, said.expires, said.nonce,
            said.kid, said.alg,
        )
    )  # fmt: skip


def _versions(
    read: Read, profile: Profile, where: Places, address: str, version: int, before: int | None
) -> Iterator[tuple[bytes, bytes, bool]]:
    """Key and marker of each version that holds free text, and whether it is the record's present one."""
    last = False
    while not last:
        entry, last = _version(read, address, version)
        if before is not None and (last or decode_entry(entry).leaf >= before):
            return
        marker = version_marker(entry, where, profile)
        if marker is not None:
            yield version_key(address, version), marker, last
        version += 1


def _version(read: Read, address: str, version: int) -> tuple[bytes, bool]:
    """The entry of a version, and whether it is the record's present one."""
    entry = read(version_key(address, version))
    if entry is not None:
        return entry, False
    entry = read(record_key(address))
    if entry is None or decode_entry(entry).version != version:
        raise Fault(f"the store has lost version {version} of {address}; run `dongting audit`")
    return entry, True
