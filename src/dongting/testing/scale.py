"""Proofs as a ledger of ten million records would make them, without making the ledger."""

from dongting.testing.ledger import Ledger
from dongting.wire import checkpoint, excerpt, merkle
from dongting.wire.blocks import BlockEnd
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import origin
from dongting.wire.multiproof import multi_path, multi_root
from dongting.wire.profile import Profile
from dongting.wire.proof import Proof
from dongting.wire.state import ProofBranch, StateProof, key_hash, nibble, value_hash


def ten_million(ledger: Ledger, address: str, entry: bytes, statement: bytes | None) -> Proof:
    """A proof as a ledger of ten million records would make it: 20 million leaves, branches five deep.

    What lies beside the way is made up; the roots are computed from it, so that the file verifies.
    """
    profile, size, index = ledger.profile, 20_000_000, 12_345_678
    key = key_hash(address, profile)
    branches = tuple(
        ProofBranch(0xFFFF ^ 1 << nibble(key, depth), _made_up(profile, depth, 15)) for depth in range(5)
    )
    others = [key[:3] + _made_up(profile, n, 1)[3:] + bytes(32) for n in range(9)]
    bucket = b"".join(sorted([key + value_hash(entry, profile), *others]))
    nodes = excerpt.merge({key: StateProof(branches, bucket)})
    root, _ = excerpt.read([key], nodes, profile)
    leaves = [(size - 1, BlockEnd(20_000, ledger.time, size - 1000, root).encode())]
    if statement is not None:
        leaves.insert(0, (index, statement))
        leaves.insert(1, (index + 500, BlockEnd(12_345, ledger.time, index - 499, bytes(32)).encode()))
    indices = [index for index, _ in leaves]
    path = multi_path(profile, indices, size, lambda level, i: _made_up(profile, level << 32 | i, 1))
    hashes = [(index, merkle.leaf_hash(profile, data)) for index, data in leaves]
    at = Checkpoint(origin(ledger.genesis), size, multi_root(profile, hashes, size, path))
    signed = checkpoint.sign(at, [ledger.log_key])
    genesis = ledger.genesis.encode()
    return Proof(genesis, signed, tuple(leaves), tuple(path), ((address, entry),), tuple(nodes))


def _made_up(profile: Profile, seed: int, count: int) -> bytes:
    return b"".join(profile.hash(b"%d %d" % (seed, n)) for n in range(count))
