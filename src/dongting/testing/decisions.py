"""Decisions of a consortium without CometBFT: headers and votes by keys that a test holds."""

from collections.abc import Mapping, Sequence

from dongting.wire.commit import Step, Vote, chain_id, ordered, validators_hash, vote_bytes
from dongting.wire.keys import PrivateKey
from dongting.wire.protobuf import data, item, number


def header(network: str, height: int, present: bytes, following: bytes, decided: bytes) -> tuple[bytes, ...]:
    """A header's 14 fields; `present` and `following` are hashes of validators, `decided` the app hash."""
    some = data(1, b"h" * 32)
    last = some + item(2, number(1, 1) + data(2, b"p" * 32))
    return (
        number(1, 11), data(1, chain_id(network).encode()), number(1, height), number(1, 1_800_000_000), last,
        some, some, data(1, present), data(1, following), some, data(1, decided), some, some,
        data(1, b"a" * 20),
    )  # fmt: skip


def step(
    network: str,
    height: int,
    keys: Mapping[bytes, PrivateKey],
    power: Mapping[bytes, int],
    decided: bytes,
    *,
    following: Mapping[bytes, int] | None = None,
    voters: Sequence[int] | None = None,
    round: int = 0,
) -> Step:
    """A step that those validators of `power` (places in their order; all when not given) vote for."""
    present = ordered(power)
    own = validators_hash(present)
    after = None if following is None else tuple(ordered(following))
    fields = header(network, height, own, own if after is None else validators_hash(after), decided)
    bare = Step(fields, round, (1, b"q" * 32), (), after)
    votes = []
    for index in range(len(present)) if voters is None else voters:
        vote = Vote(index, 1_800_000_000 + index, 7 * index, b"")
        signature = keys[present[index][0]].sign(vote_bytes(chain_id(network), height, bare, vote))
        votes.append(Vote(vote.index, vote.seconds, vote.nanos, signature))
    return Step(fields, round, bare.parts, tuple(votes), after)
