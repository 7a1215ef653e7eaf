"""A bundle: leaves, receipts, parts and files in one signed file, for a gap that no network crosses.

    dongting bundle 1, a line feed, then records: one byte of kind, eight bytes of length, and that many bytes

    H  header (JSON)          first, once           L  a leaf, in order from `first` on
    R  a receipt              8 bytes of the leaf's index before it
    P  a part (JSON)          F  a file (JSON), followed by its ciphertext in D records
    S  seal (JSON)            last, once: who signs all records before it

The leaves need no seal: they lead to the root of the checkpoint in the header. The seal tells whose bundle it
is, over a chain of hashes: d0 = H(first line), d(n+1) = H(d(n) ‖ record n), H being the network's hash.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from dongting.errors import Code, Refused, require
from dongting.wire.envelope import Envelope
from dongting.wire.keys import PublicKey, SigningKey, from_base64, to_base64
from dongting.wire.profile import Profile

BAD_BUNDLE = Code(
    "bundle", 1, "bad-bundle",
    "This is no whole bundle: {why}. Export it again.",
    "这不是完整的数据包：{why}。请重新导出。",
)  # fmt: skip
BAD_SEAL = Code(
    "bundle", 2, "bad-seal",
    "The bundle is not what {organisation} sealed: a byte of it was changed, or the key is another's. "
    "Nothing of its parts and files was taken.",
    "该数据包并非 {organisation} 所封：内容已被改动，或密钥属于他人。其中的附件和文件均未采用。",
)  # fmt: skip

Item = TypeVar("Item", bound=Struct)

FIRST_LINE = b"dongting bundle 1\n"
HEADER, LEAF, RECEIPT, PART, FILE, DATA, SEAL = b"H", b"L", b"R", b"P", b"F", b"D", b"S"
LONGEST = 8 * 2**20  # bytes of one record
PIECE = 4 * 2**20  # bytes of a file in one record

_DOMAIN = b"dongting-bundle-1\0"
_KINDS = frozenset([HEADER, LEAF, RECEIPT, PART, FILE, DATA, SEAL])
_Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Header(Struct, frozen=True, forbid_unknown_fields=True):
    """The network (id), its genesis document, the first leaf, and the checkpoint that follows the last."""

    network: _Hex
    genesis: bytes
    first: Annotated[int, Meta(ge=0)]
    checkpoint: str


class PartItem(Struct, frozen=True, forbid_unknown_fields=True):
    """A part by its commitment: ciphertext in base64url, the reader's envelope, owner, and its record."""

    name: _Hex
    blob: str
    envelope: Envelope | None
    owner: str
    about: str | None


class FileItem(Struct, frozen=True, forbid_unknown_fields=True):
    """A file by its address: bytes of its ciphertext, the reader's envelope, and its owner."""

    address: _Hex
    size: Annotated[int, Meta(ge=0, le=2**50)]
    envelope: Envelope
    owner: str


class Seal(Struct, frozen=True, forbid_unknown_fields=True):
    """The organisation, the thumbprint of its signing key, and the signature in base64url."""

    organisation: str
    kid: _Hex
    signature: str


class Chain:
    """The running hash over records."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.digest = profile.hash(FIRST_LINE)

    def add(self, record: bytes) -> None:
        """Take in one record, its kind and length included."""
        self.digest = self._profile.hash(self.digest + record)

    def seal(self, organisation: str, key: SigningKey) -> Seal:
        """The seal over all records so far."""
        kid = key.public().thumbprint(self._profile).hex()
        return Seal(organisation, kid, to_base64(key.sign(_DOMAIN + self.digest)))

    def sealed(self, seal: Seal, key: PublicKey) -> bool:
        """Whether that key sealed the records so far."""
        return key.verify(from_base64(seal.signature), _DOMAIN + self.digest)


def record(kind: bytes, data: bytes) -> bytes:
    """One record."""
    return kind + len(data).to_bytes(8) + data


def records(read: Callable[[int], bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each record, up to the seal; `read` gives so many bytes, fewer at the end.

    Refuses another first line, unknown kinds, long or torn records, a second header, and what follows a seal.
    """
    require(read(len(FIRST_LINE)) == FIRST_LINE, BAD_BUNDLE, why="its first line is another")
    count = 0
    while True:
        head = read(9)
        require(len(head) == 9, BAD_BUNDLE, why="it is torn")
        kind, size = head[:1], int.from_bytes(head[1:])
        require(kind in _KINDS and size <= LONGEST, BAD_BUNDLE, why=f"record {count} is unknown or too long")
        require((kind == HEADER) == (count == 0), BAD_BUNDLE, why="its header is not first, or not alone")
        data = read(size)
        require(len(data) == size, BAD_BUNDLE, why="it is torn")
        yield kind, data
        count += 1
        if kind == SEAL:
            require(not read(1), BAD_BUNDLE, why="something follows its seal")
            return


def decoded(data: bytes, kind: type[Item]) -> Item:
    """A record in JSON."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(BAD_BUNDLE, why=str(error)[:200]) from None
