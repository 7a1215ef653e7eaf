"""Several state proofs in one: the part of the state tree (`dongting.wire.state`) that a few records need.

The nodes on the way to the records, from the root down, each branch before its children and these
ascending. A node is a bucket, as in a state proof, or a branch: a bitmap and the hashes of the children
that have records but are not on the way to any of ours. Which children are on the way follows from the
records' addresses, so that there is one form only and upper branches stand there once.
"""

from collections.abc import Iterator, Mapping, Sequence

from dongting.errors import Refused, require
from dongting.wire.profile import Profile
from dongting.wire.state import (
    HASH_BYTES,
    MAX_BRANCHES,
    STATE_ENTRY_DIFFERS,
    STATE_PROOF_MALFORMED,
    STATE_RECORD_ABSENT,
    STATE_RECORD_PRESENT,
    STATE_ROOT_DIFFERS,
    ProofBranch,
    StateProof,
    branch_hash,
    bucket_hash,
    check_bucket,
    empty_hash,
    entries_of,
    key_hash,
    nibble,
    value_hash,
)

#: A branch with the hashes of the children off the way, or the entries of a bucket.
Node = ProofBranch | bytes


def merge(proofs: Mapping[bytes, StateProof]) -> list[Node]:
    """The excerpt of single proofs under one state root, each by the key hash for which it was made."""
    return list(_merged(sorted(proofs.items()), 0))


def verify(
    root: bytes, records: Mapping[str, bytes | None], excerpt: Sequence[Node], profile: Profile
) -> None:
    """Accept only if under `root` each record's entry is current or, for `None`, there is none.

    `records` by address ("app.type/id"), at least one. Refuses everything else, as `state.verify` does.
    """
    addresses = {key_hash(address, profile): address for address in records}
    leads_to, found = read(list(addresses), excerpt, profile)
    require(leads_to == root, STATE_ROOT_DIFFERS)
    for key, address in addresses.items():
        entry, current = records[address], found.get(key)
        if entry is None:
            require(current is None, STATE_RECORD_PRESENT, address=address)
        else:
            require(current is not None, STATE_RECORD_ABSENT, address=address)
            require(current == value_hash(entry, profile), STATE_ENTRY_DIFFERS, address=address)


def read(
    keys: Sequence[bytes], excerpt: Sequence[Node], profile: Profile
) -> tuple[bytes, Mapping[bytes, bytes]]:
    """The state root to which an excerpt for these key hashes leads, and its entries; refuses what is not
    well formed."""
    reading = _Reading(iter(excerpt), profile)
    try:
        root = reading.hash(sorted(keys), 0)
    except StopIteration:
        raise _malformed("a node is missing") from None
    require(next(reading.nodes, None) is None, STATE_PROOF_MALFORMED, why="it has nodes that lead nowhere")
    return root, reading.found


def plain(excerpt: Sequence[Node]) -> list[object]:
    """The excerpt as CBOR carries it: a bucket's bytes, or `[bitmap, siblings]`."""
    return [node if isinstance(node, bytes) else [node.bitmap, node.siblings] for node in excerpt]


def excerpt(value: object) -> list[Node]:
    """The excerpt from its plain form; refuses whatever has another shape."""
    if type(value) is not list:
        raise _malformed("it is not a list of nodes")
    return [_node(node) for node in value]


def _node(value: object) -> Node:
    match value:
        case bytes():
            return value
        case [int(bitmap), bytes(siblings)] if not isinstance(bitmap, bool):
            return ProofBranch(bitmap, siblings)
    raise _malformed("a node is neither a bucket nor a bitmap and its sibling hashes")


def _malformed(why: str) -> Refused:
    return Refused(STATE_PROOF_MALFORMED, why=why)


def _groups(keys: Sequence[bytes], depth: int) -> dict[int, list[bytes]]:
    """The keys by the child of a branch at that depth which leads to them, ascending."""
    groups: dict[int, list[bytes]] = {}
    for key in keys:
        groups.setdefault(nibble(key, depth), []).append(key)
    return groups


def _merged(proofs: Sequence[tuple[bytes, StateProof]], depth: int) -> Iterator[Node]:
    first = proofs[0][1]
    if depth == len(first.branches):
        yield first.bucket
        return
    groups = _groups([key for key, _ in proofs], depth)
    bitmap, hashes = first.branches[depth].bitmap, first.branches[depth].siblings
    kept, siblings = 0, b""
    for child in range(16):
        if bitmap >> child & 1:
            if child not in groups:
                kept |= 1 << child
                siblings += hashes[:HASH_BYTES]
            hashes = hashes[HASH_BYTES:]
    yield ProofBranch(kept, siblings)
    by_key = dict(proofs)
    for group in groups.values():
        yield from _merged([(key, by_key[key]) for key in group], depth + 1)


class _Reading:
    """One pass over the nodes: the root that they hash to, and the entries met on the way."""

    def __init__(self, nodes: Iterator[Node], profile: Profile) -> None:
        self.nodes = nodes
        self.found: dict[bytes, bytes] = {}
        self._profile = profile
        self._empty = empty_hash(profile)

    def hash(self, keys: Sequence[bytes], depth: int) -> bytes:
        node = next(self.nodes)
        if isinstance(node, bytes):
            for key in keys:
                check_bucket(node, key, depth)
            self.found.update(entries_of(node))
            return bucket_hash(node, self._profile)
        if depth >= MAX_BRANCHES:
            raise _malformed("it has more branches than a key hash has nibbles")
        return branch_hash(self._children(node, _groups(keys, depth), depth), self._profile)

    def _children(self, branch: ProofBranch, groups: Mapping[int, Sequence[bytes]], depth: int) -> bytes:
        bitmap, siblings = branch.bitmap, branch.siblings
        if not 0 <= bitmap < 1 << 16 or any(bitmap >> child & 1 for child in groups):
            raise _malformed("a bitmap is not of 16 bits with those of the way clear")
        if len(siblings) != bitmap.bit_count() * HASH_BYTES:
            raise _malformed("a branch has not one sibling hash for each bit of its bitmap")
        children, at = [], 0
        for child in range(16):
            if child in groups:
                children.append(self.hash(groups[child], depth + 1))
            elif bitmap >> child & 1:
                children.append(siblings[at : at + HASH_BYTES])
                if children[-1] == self._empty:
                    raise _malformed("a child without records is listed among those with records")
                at += HASH_BYTES
            else:
                children.append(self._empty)
        return b"".join(children)
