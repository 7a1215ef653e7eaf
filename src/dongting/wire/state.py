"""The state tree's format: what proves, under one root, that a record is current or that it is absent.

A radix-16 Merkle tree over all current records, in the order of their key hashes. A prefix of a key
hash under which at most 16 records lie is a *bucket*; above 16 it is a *branch* of 16 children, one
per next nibble (the high half of a byte first). Records are never deleted, so a bucket only ever
splits. The root depends on the set of records alone, never on the order in which they came.

    key hash     H("dongting/state/key/v1" 00 || record address "app.type/id" in UTF-8)
    value hash   H("dongting/state/value/v1" 00 || record entry)
    empty        H("dongting/state/empty/v1" 00)
    bucket       H("dongting/state/bucket/v1" 00 || 1 to 16 entries, ascending: key hash || value hash)
    branch       H("dongting/state/branch/v1" 00 || 16 child hashes, those without records being `empty`)

H is the profile's hash. The root of no records is `empty`. A proof names no depth: it ends where its
branches end, and has one form only, so that it cannot be altered without being refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from dongting.errors import Code, Refused, require
from dongting.wire.profile import Profile

BUCKET_RECORDS = 16
HASH_BYTES = 32
ENTRY_BYTES = 2 * HASH_BYTES
#: A branch below the last nibble of a key hash cannot exist.
MAX_BRANCHES = 2 * HASH_BYTES

KEY_DOMAIN = b"dongting/state/key/v1\0"
VALUE_DOMAIN = b"dongting/state/value/v1\0"
EMPTY_DOMAIN = b"dongting/state/empty/v1\0"
BUCKET_DOMAIN = b"dongting/state/bucket/v1\0"
BRANCH_DOMAIN = b"dongting/state/branch/v1\0"

STATE_PROOF_MALFORMED = Code(
    "wire", 130, "state-proof-malformed",
    "The state proof is not well formed: {why}. Ask the node for the proof again.",
    "状态证明格式不正确：{why}。请向节点重新索取证明。",
)  # fmt: skip
STATE_ROOT_DIFFERS = Code(
    "wire", 131, "state-root-differs",
    "The state proof does not lead to this state root. Check that proof and root are of the same height.",
    "状态证明与该状态根不符。请核对证明与状态根是否属于同一高度。",
)  # fmt: skip
STATE_ENTRY_DIFFERS = Code(
    "wire", 132, "state-entry-differs",
    "The record {address} has another current version than the one shown. Ask for its current version.",
    "记录 {address} 的现行版本与所示版本不同。请索取现行版本。",
)  # fmt: skip
STATE_RECORD_ABSENT = Code(
    "wire", 133, "state-record-absent",
    "There is no record {address} under this state root. Check the address and the height.",
    "该状态根下没有记录 {address}。请核对地址和高度。",
)  # fmt: skip
STATE_RECORD_PRESENT = Code(
    "wire", 134, "state-record-present",
    "The record {address} exists under this state root. Ask for it instead of its absence.",
    "该状态根下存在记录 {address}。请索取该记录而不是其不存在的证明。",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProofBranch:
    """One branch on the way down: the hashes of the other children that have records.

    Bit `1 << n` of `bitmap` is set when child `n` has records; the bit of the child on the way is
    clear. `siblings` are the hashes of the set bits, 32 bytes each, ascending by `n`.
    """

    bitmap: int
    siblings: bytes


@dataclass(frozen=True, slots=True)
class StateProof:
    """The branches from the root down, and the bucket's entries (no bytes where no record lies)."""

    branches: tuple[ProofBranch, ...]
    bucket: bytes

    def plain(self) -> list[object]:
        """The proof as CBOR or any other encoding carries it: `[[[bitmap, siblings], ...], bucket]`."""
        return [[[branch.bitmap, branch.siblings] for branch in self.branches], self.bucket]


def key_hash(address: str, profile: Profile) -> bytes:
    """Where the record of that address ("app.type/id") lies in the tree, 32 bytes."""
    return profile.hash(KEY_DOMAIN + address.encode())


def value_hash(entry: bytes, profile: Profile) -> bytes:
    """The hash under which a record's entry, in the bytes that the kernel defines, lies in its bucket."""
    return profile.hash(VALUE_DOMAIN + entry)


def empty_hash(profile: Profile) -> bytes:
    """The hash of a place without records, which is also the root of a ledger without records."""
    return profile.hash(EMPTY_DOMAIN)


def bucket_hash(bucket: bytes, profile: Profile) -> bytes:
    """The hash of a bucket's entries in ascending order, 64 bytes each; `empty` when it has none."""
    return profile.hash(BUCKET_DOMAIN + bucket) if bucket else empty_hash(profile)


def branch_hash(children: bytes, profile: Profile) -> bytes:
    """The hash of a branch, from its 16 child hashes of 32 bytes."""
    return profile.hash(BRANCH_DOMAIN + children)


def nibble(key: bytes, depth: int) -> int:
    """The child, 0 to 15, that leads to this key hash from a branch at that depth (the root's is 0)."""
    return key[depth >> 1] & 15 if depth & 1 else key[depth >> 1] >> 4


def entries_of(bucket: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The key hashes and value hashes of a bucket, in its order."""
    for at in range(0, len(bucket), ENTRY_BYTES):
        yield bucket[at : at + HASH_BYTES], bucket[at + HASH_BYTES : at + ENTRY_BYTES]


def state_proof(value: object) -> StateProof:
    """The proof from its plain form (`StateProof.plain`); refuses whatever has another shape."""
    match value:
        case [[*rows], bytes(bucket)]:
            return StateProof(tuple(map(_proof_branch, rows)), bucket)
    raise _malformed("it is not a list of branches and a bucket")


def verify(root: bytes, address: str, entry: bytes | None, proof: StateProof, profile: Profile) -> None:
    """Accept only if, under `root`, `entry` is current at `address` or, for `None`, no record is there.

    Refuses a malformed proof, a proof of another root, another entry than the current one, a record
    that is absent though an entry was shown, and one that is present though absence was claimed.
    """
    key = key_hash(address, profile)
    check_bucket(proof.bucket, key, depth=len(proof.branches))
    require(_root(key, proof, profile) == root, STATE_ROOT_DIFFERS)
    current = dict(entries_of(proof.bucket)).get(key)
    if entry is None:
        require(current is None, STATE_RECORD_PRESENT, address=address)
    else:
        require(current is not None, STATE_RECORD_ABSENT, address=address)
        require(current == value_hash(entry, profile), STATE_ENTRY_DIFFERS, address=address)


def _malformed(why: str) -> Refused:
    return Refused(STATE_PROOF_MALFORMED, why=why)


def _proof_branch(row: object) -> ProofBranch:
    match row:
        case [int(bitmap), bytes(siblings)] if not isinstance(bitmap, bool):
            return ProofBranch(bitmap, siblings)
    raise _malformed("a branch is not a bitmap and its sibling hashes")


def check_bucket(bucket: bytes, key: bytes, depth: int) -> None:
    """The bucket holds at most 16 entries, ascending without repeats, all under the key's prefix."""
    if depth > MAX_BRANCHES:
        raise _malformed("it has more branches than a key hash has nibbles")
    if len(bucket) % ENTRY_BYTES or len(bucket) > BUCKET_RECORDS * ENTRY_BYTES:
        raise _malformed("the bucket does not hold 0 to 16 entries of 64 bytes")
    keys = [found for found, _ in entries_of(bucket)]
    if any(left >= right for left, right in pairwise(keys)):
        raise _malformed("the entries of the bucket do not ascend")
    prefix = key.hex()[:depth]
    if not all(found.hex().startswith(prefix) for found in keys):
        raise _malformed("the bucket holds an entry that belongs elsewhere")


def _root(key: bytes, proof: StateProof, profile: Profile) -> bytes:
    """The root to which the proof leads from its bucket upwards."""
    empty = empty_hash(profile)
    node = bucket_hash(proof.bucket, profile)
    for depth in reversed(range(len(proof.branches))):
        branch = proof.branches[depth]
        node = branch_hash(b"".join(_children(branch, nibble(key, depth), node, empty)), profile)
    return node


def _children(branch: ProofBranch, own: int, node: bytes, empty: bytes) -> Iterator[bytes]:
    """The 16 child hashes of a branch, `node` being that of the child on the way."""
    bitmap, siblings = branch.bitmap, branch.siblings
    if not 0 <= bitmap < 1 << 16 or bitmap >> own & 1:
        raise _malformed("a bitmap is not of 16 bits with that of the way clear")
    if len(siblings) != bitmap.bit_count() * HASH_BYTES:
        raise _malformed("a branch has not one sibling hash for each bit of its bitmap")
    at = 0
    for child in range(16):
        if child == own:
            yield node
        elif bitmap >> child & 1:
            sibling = siblings[at : at + HASH_BYTES]
            if sibling == empty:
                raise _malformed("a child without records is listed among those with records")
            yield sibling
            at += HASH_BYTES
        else:
            yield empty
