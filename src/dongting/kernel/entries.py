"""How the kernel writes things down: record entries, block-end leaves, the head, and their store keys.

The first byte of a store key is its table:

    m  meta          l  leaves by index       t  tiles of the log
    r  records now   v  earlier versions      s  state tree        c  replay window
    b  blocks by height
"""

import msgspec

from dongting.errors import Fault

GENESIS_LEAF = -1  # the `leaf` of a record that genesis made

HEAD_KEY = b"mhead"
GENESIS_KEY = b"mgenesis"
#: How far the engine is in its own count of blocks: the only stored bytes that the leaves do not tell.
PLACE_KEY = b"mplace"


def leaf_key(index: int) -> bytes:
    """The store key of one leaf of the log."""
    return b"l" + index.to_bytes(8)


def record_key(address: str) -> bytes:
    """The store key of the present version of the record at `app.type/id`."""
    return b"r" + address.encode("ascii")


def version_key(address: str, version: int) -> bytes:
    """The store key of an earlier version of a record."""
    return b"v" + address.encode("ascii") + b"\x00" + version.to_bytes(8)


def block_key(height: int) -> bytes:
    """The store key of what one block was."""
    return b"b" + height.to_bytes(8)


def encode_entry(body: bytes, leaf: int, version: int) -> bytes:
    """A record as the state tree commits to it: canonical JSON of body, leaf and version.

    `leaf` is the index of the statement that made this version (kernel rule 9); -1 for genesis.
    """
    return b'{"body":%b,"leaf":%d,"version":%d}' % (body, leaf, version)


def encode_marker(body: bytes, hash_: bytes, leaf: int, version: int) -> bytes:
    """What stays of an earlier version after a redaction: its blanked body, and the hash of its value."""
    return b'{"body":%b,"hash":"%b","leaf":%d,"version":%d}' % (body, hash_.hex().encode(), leaf, version)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decoded record entry whose body is still JSON; only a marker has the hash of its value (hex)."""

    body: msgspec.Raw
    leaf: int
    version: int
    hash: str | None = None


def decode_entry(data: bytes) -> Entry:
    """The parts of a stored record entry."""
    return _ENTRY.decode(data)


_ENTRY = msgspec.json.Decoder(Entry)


class BlockRecord(msgspec.Struct, frozen=True, array_like=True):
    """What one block was, for views that catch up: derived, and compared by audit.

    `first` is its first leaf, `size` the log's size after it, `written` (address, version) pairs.
    """

    height: int
    time: int
    first: int
    size: int
    written: list[tuple[str, int]]

    def encode(self) -> bytes:
        """The stored form."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> "BlockRecord":
        """The block in its stored form; a damaged one is a Fault."""
        try:
            return msgspec.msgpack.decode(data, type=cls)
        except msgspec.MsgspecError as error:
            raise Fault(f"the record of a block is damaged: {error}") from error


class Head(msgspec.Struct, frozen=True, array_like=True):
    """Where the ledger stands: written in the same atomic batch as the block itself (kernel rule 6)."""

    network: str
    height: int
    time: int
    size: int
    root: bytes
    state: bytes

    def encode(self) -> bytes:
        """The stored form."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> "Head":
        """The head in its stored form; a damaged one is a Fault."""
        try:
            return msgspec.msgpack.decode(data, type=cls)
        except msgspec.MsgspecError as error:
            raise Fault(f"the ledger's head record is damaged: {error}") from error
