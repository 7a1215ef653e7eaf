"""The proof file: all that someone needs to check a story offline, given only the network's id.

A CBOR map (RFC 8949, section 4.2.1) with exactly these labels, each always there but for the last, which
only "dongting-proof-2" has:

    0  text    "dongting-proof-1" or "dongting-proof-2"
    1  bytes   the genesis document
    2  bytes   one checkpoint (C2SP signed note) with any cosignatures
    3  array   leaves [index, bytes], ascending: statements and block ends, the last leaf always
    4  bytes   the path of all leaves to the checkpoint (`dongting.wire.multiproof`), 32 bytes a hash
    5  array   records [address, entry or null], ascending by address; null where there is none
    6  array   the excerpt of the state tree (`dongting.wire.excerpt`) that proves them
    7  array   receipts [index, bytes] of statements among the leaves, ascending (COSE, RFC 9942)
    8  array   openings [commitment, salt, digest, content or null], ascending by commitment
    9  array   steps to the decision of a consortium about size, root and state (`dongting.wire.commit`)

Label 8 alone holds what may have to be erased; nothing else depends on it. The last leaf of the log is
the newest block end, whose state root the records are proven against.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from dongting.errors import Code, Refused, require
from dongting.wire import cbor
from dongting.wire import commit as commits
from dongting.wire import excerpt as excerpts
from dongting.wire.commit import Step
from dongting.wire.excerpt import Node
from dongting.wire.keys import to_base64
from dongting.wire.merkle import HASH_SIZE, MAX_SIZE
from dongting.wire.part import SALT_SIZE, Part, commit
from dongting.wire.profile import Profile

FORMAT, DECIDED = "dongting-proof-1", "dongting-proof-2"
MAX_PROOF = 64 * 2**20  # bytes

BAD_PROOF = Code(
    "wire", 100, "bad-proof-file",
    "This is not a proof file: {why}. Ask for the file again.",
    "这不是有效的证明文件：{why}。请重新获取该文件。",
    status=400,
)  # fmt: skip
UNKNOWN_FORMAT = Code(
    "wire", 101, "unknown-proof-format",
    "This proof file has the format {format}; this program reads {known}. Install a newer version.",
    "此证明文件的格式为 {format}，本程序只能读取 {known}。请安装新版本。",
)  # fmt: skip
OPENING_DIFFERS = Code(
    "wire", 102, "opening-differs",
    "An opening does not belong to its commitment {commitment}: it was changed. Ask for the part again.",
    "开启信息与承诺值 {commitment} 不符，内容已被改动。请重新索取该部分。",
)  # fmt: skip

_LABELS = {FORMAT: range(9), DECIDED: range(10)}


class Opening(msgspec.Struct, frozen=True):
    """What lies behind a commitment: salt and digest (32 bytes each), and the content unless withheld."""

    commitment: bytes
    salt: bytes
    digest: bytes
    content: bytes | None = None

    @classmethod
    def of(cls, part: Part, profile: Profile, *, content: bool = True) -> "Opening":
        """The opening of a part; without its content it shows the digest alone, as for a large file."""
        digest = profile.hash(part.content)
        commitment = bytes.fromhex(part.commitment(profile))
        return cls(commitment, part.salt, digest, part.content if content else None)

    def check(self, profile: Profile) -> None:
        """Refuse an opening that does not fit its commitment, or a content that does not fit its digest."""
        held = commit(self.salt, self.digest, profile) == self.commitment.hex()
        whole = self.content is None or profile.hash(self.content) == self.digest
        require(held and whole, OPENING_DIFFERS, commitment=self.commitment.hex()[:16])

    def __repr__(self) -> str:
        return f"Opening({to_base64(self.commitment)})"


class Proof(msgspec.Struct, frozen=True):
    """The parts of a proof file in the order of their labels; nothing in it is verified."""

    genesis: bytes
    checkpoint: bytes
    leaves: tuple[tuple[int, bytes], ...]
    path: tuple[bytes, ...]
    records: tuple[tuple[str, bytes | None], ...]
    state: tuple[Node, ...]
    receipts: tuple[tuple[int, bytes], ...] = ()
    openings: tuple[Opening, ...] = ()
    steps: tuple[Step, ...] = ()

    def encode(self) -> bytes:
        """The file's bytes; refuses what `decode` would not read back."""
        last = {9: [step.plain() for step in self.steps]} if self.steps else {}
        data = cbor.encode(
            {
                0: DECIDED if self.steps else FORMAT,
                1: self.genesis,
                2: self.checkpoint,
                3: [list(leaf) for leaf in self.leaves],
                4: b"".join(self.path),
                5: [list(record) for record in self.records],
                6: excerpts.plain(self.state),
                7: [list(receipt) for receipt in self.receipts],
                8: [[o.commitment, o.salt, o.digest, o.content] for o in self.openings],
                **last,
            }
        )
        decode(data)
        return data


def decode(data: bytes) -> Proof:
    """The parts of a proof file; refuses every other byte form. Verifies nothing."""
    require(len(data) <= MAX_PROOF, BAD_PROOF, why=f"it has more than {MAX_PROOF} bytes")
    value = cbor.decode(data)
    if type(value) is not dict or type(value.get(0)) is not str:
        raise _bad("it does not name its format")
    known = _LABELS.get(value[0])
    if known is None:
        raise Refused(UNKNOWN_FORMAT, format=value[0][:40], known=", ".join(_LABELS))
    if not all(type(label) is int for label in value) or list(value) != list(known):
        raise _bad(f"it has not exactly the labels 0 to {known[-1]}")
    path = _typed(value[4], bytes, "the path")
    require(len(path) % HASH_SIZE == 0, BAD_PROOF, why="its path is not of whole hashes")
    leaves, records = _rows(value[3], _leaf, "leaves"), _rows(value[5], _record, "records")
    require(leaves and records, BAD_PROOF, why="it has no leaves or no records")
    return Proof(
        genesis=_typed(value[1], bytes, "the genesis document"),
        checkpoint=_typed(value[2], bytes, "the checkpoint"),
        leaves=leaves,
        path=tuple(path[at : at + HASH_SIZE] for at in range(0, len(path), HASH_SIZE)),
        records=records,
        state=tuple(excerpts.excerpt(value[6])),
        receipts=_rows(value[7], _leaf, "receipts"),
        openings=_rows(value[8], _opening, "openings"),
        steps=commits.decode(value[9]) if 9 in known else (),
    )


def with_openings(data: bytes, openings: Iterable[Opening]) -> bytes:
    """The same file with these openings added; one of the same commitment is replaced."""
    proof = decode(data)
    by_commitment = {o.commitment: o for o in [*proof.openings, *openings]}
    kept = tuple(by_commitment[commitment] for commitment in sorted(by_commitment))
    return msgspec.structs.replace(proof, openings=kept).encode()


def without_openings(data: bytes, commitments: Iterable[bytes] | None = None) -> bytes:
    """The same file without the openings of these commitments, or without any: it proves as much."""
    proof = decode(data)
    gone = None if commitments is None else set(commitments)
    kept = tuple(o for o in proof.openings if gone is not None and o.commitment not in gone)
    return msgspec.structs.replace(proof, openings=kept).encode()


def _bad(why: str) -> Refused:
    return Refused(BAD_PROOF, why=why)


def _typed(value: Any, kind: type, what: str) -> Any:
    if type(value) is not kind:
        raise _bad(f"{what} is missing or of another kind")
    return value


def _rows(value: Any, row: Any, what: str) -> tuple[Any, ...]:
    """The rows of a list, whose first items must ascend without repeats."""
    rows = [row(item) for item in _typed(value, list, what)]
    keys: Sequence[Any] = [r.commitment if isinstance(r, Opening) else r[0] for r in rows]
    require(all(left < right for left, right in pairwise(keys)), BAD_PROOF, why=f"its {what} do not ascend")
    return tuple(rows)


def _leaf(value: Any) -> tuple[int, bytes]:
    match value:
        case [int(index), bytes(data)] if not isinstance(index, bool) and 0 <= index < MAX_SIZE:
            return index, data
    raise _bad("a leaf or receipt is not an index and bytes")


def _record(value: Any) -> tuple[str, bytes | None]:
    match value:
        case [str(address), bytes() | None as entry] if address.isascii() and address.count("/") == 1:
            return address, entry
    raise _bad("a record is not an address and its entry")


def _opening(value: Any) -> Opening:
    match value:
        case [bytes(commitment), bytes(salt), bytes(digest), bytes() | None as content]:
            sizes = len(commitment), len(salt), len(digest)
            require(sizes == (HASH_SIZE, SALT_SIZE, HASH_SIZE), BAD_PROOF, why="an opening's sizes are wrong")
            return Opening(commitment, salt, digest, content)
    raise _bad("an opening is not a commitment, a salt, a digest and a content or null")
