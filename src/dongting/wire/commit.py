"""What a consortium decided: CometBFT's headers and the validators' votes, verified from the genesis alone.

CometBFT v0.38, spec/core/data_structures and proto/tendermint/types/canonical.proto; always Ed25519 and
SHA-256, under either profile. A step is one header with votes for it of more than two thirds of the power.
Those that name other validators for the next height lead from the set of genesis to the one that decided the
last step, whose header holds size and root of the log and the state root (`app_hash`).

In a proof file a step is the array

    0  array   the header's 14 fields, each as it is hashed (`Header.Hash`)
    1  int     the round
    2  array   [total, hash] of the block's parts
    3  array   votes [index in the set, seconds, nanoseconds, signature], ascending
    4  array   the validators of the next height [key, power] in CometBFT's order; null in the last step
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from dongting.errors import Code, Refused, require
from dongting.wire.genesis import Genesis
from dongting.wire.keys import PublicKey, from_base64, public_key
from dongting.wire.merkle import HASH_SIZE, leaf_hash, root
from dongting.wire.profile import INTERNATIONAL, Profile, sha256
from dongting.wire.protobuf import data, item, number, varint
from dongting.wire.suites import ED25519

BAD_COMMIT = Code(
    "wire", 103, "bad-commit",
    "The validators' decision in this file is not in its one form: {why}. Ask for the file again.",
    "文件中验证者的决定格式不正确：{why}。请重新索取该文件。",
    status=400,
)  # fmt: skip
NOT_DECIDED = Code(
    "wire", 104, "not-decided",
    "This file does not prove that the validators decided this: {why}. Ask for the file again.",
    "文件未能证明这是验证者的决定：{why}。请重新索取该文件。",
)  # fmt: skip

_DOMAIN = b"dongting-app-hash-1\x00"
_FIELDS = 14
_CHAIN, _HEIGHT, _VALIDATORS, _NEXT, _APP_HASH = 1, 2, 7, 8, 10  # of the header
_PRECOMMIT = 2
MAX_STEPS = 10_000

Validators = Sequence[tuple[bytes, int]]


class Vote(msgspec.Struct, frozen=True, array_like=True):
    """One validator's precommit: its place in the set, the time that it gave, and its signature."""

    index: int
    seconds: int
    nanos: int
    signature: bytes


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A header and who voted for it; `following` the validators of the next height where they differ."""

    header: tuple[bytes, ...]
    round: int
    parts: tuple[int, bytes]
    votes: tuple[Vote, ...]
    following: tuple[tuple[bytes, int], ...] | None = None

    def plain(self) -> list[Any]:
        """The step as a proof file has it."""
        votes = [[v.index, v.seconds, v.nanos, v.signature] for v in self.votes]
        following = None if self.following is None else [list(each) for each in self.following]
        return [list(self.header), self.round, list(self.parts), votes, following]


class Decided(msgspec.Struct, frozen=True):
    """What was verified: CometBFT's height and the app hash in its header, the power that voted of all, and
    the hash of the validators who decided, by which a later verifier may trust them."""

    height: int
    app_hash: bytes
    power: int
    of: int
    validators: bytes


def app_hash(profile: Profile, size: int, root: bytes, state: bytes) -> bytes:
    """What validators vote on: size and root of the log, and the state root; 32 bytes."""
    return profile.hash(_DOMAIN + size.to_bytes(8) + root + state)


def chain_id(network: str) -> str:
    """The chain of a network, within CometBFT's 50 characters."""
    return f"dongting-{network[:32]}"


def address(public: bytes) -> bytes:
    """A validator's address: 20 bytes of its key's hash."""
    return sha256(public)[:20]


def ordered(power: Mapping[bytes, int]) -> list[tuple[bytes, int]]:
    """Validators in CometBFT's order: more power first, then by address."""
    return sorted(power.items(), key=lambda each: (-each[1], address(each[0])))


def first_validators(genesis: Genesis) -> list[tuple[bytes, int]]:
    """The validators with which a consortium begins; none where one node orders alone."""
    keys = [str(each.consensus) for each in genesis.log_keys if isinstance(each.consensus, str)]
    return ordered({public_key(from_base64(key)).raw: 1 for key in keys})


def validators_hash(validators: Validators) -> bytes:
    """The hash of a set in its order (`ValidatorSet.Hash`)."""
    return _merkle(item(1, item(1, key)) + number(2, power) for key, power in validators)


def header_hash(header: Iterable[bytes]) -> bytes:
    """The hash of a header, which is the block's id."""
    return _merkle(header)


def _merkle(leaves: Iterable[bytes]) -> bytes:
    return root(INTERNATIONAL, [leaf_hash(INTERNATIONAL, leaf) for leaf in leaves])


def vote_bytes(chain: str, height: int, step: Step, vote: Vote) -> bytes:
    """What a validator signed: CanonicalVote behind its length; default values are left out."""
    parts = number(1, step.parts[0]) + data(2, step.parts[1])
    block = data(1, header_hash(step.header)) + item(2, parts)
    message = number(1, _PRECOMMIT) + _fixed(2, height) + _fixed(3, step.round) + item(4, block)
    message += item(5, number(1, vote.seconds) + number(2, vote.nanos)) + data(6, chain.encode())
    return varint(len(message)) + message


def _fixed(field: int, value: int) -> bytes:
    """A field with 64 bits (sfixed64); nothing for zero."""
    return varint(field << 3 | 1) + struct.pack("<q", value) if value else b""


def verify(steps: Sequence[Step], network: str, begins: Validators, trusted: bytes | None = None) -> Decided:
    """What the last step decided, by validators that follow from those that the network begins with.

    With `trusted`, the hash of a later set that the caller trusts, nothing before that set is believed.
    """
    require(steps and begins, NOT_DECIDED, why="no validators decided it")
    chain, present, before = chain_id(network), begins, 0
    decided = None
    believed = trusted is None
    for step in steps:
        height = _height(step)
        require(height > before, NOT_DECIDED, why="its heights do not ascend")
        before = height
        believed = believed or validators_hash(present) == trusted
        if believed:
            decided = _decided(step, chain, height, present)
        if step.following is not None:
            named = step.header[_NEXT] == data(1, validators_hash(step.following))
            require(named, NOT_DECIDED, why="a header names other validators")
            present = step.following
    if decided is None or steps[-1].following is not None:
        raise Refused(NOT_DECIDED, why="the validators that you trust did not decide it")
    return decided


def _decided(step: Step, chain: str, height: int, present: Validators) -> Decided:
    """The step, if its header is of this chain and these validators, and enough of them voted for it."""
    own = validators_hash(present)
    right = step.header[_CHAIN] == data(1, chain.encode()) and step.header[_VALIDATORS] == data(1, own)
    require(right, NOT_DECIDED, why="a header is of another chain or of other validators")
    power = 0
    for vote in step.votes:
        require(vote.index < len(present), NOT_DECIDED, why="a vote is of nobody")
        key, weight = present[vote.index]
        valid = PublicKey(ED25519, key).verify(vote.signature, vote_bytes(chain, height, step, vote))
        require(valid, NOT_DECIDED, why=f"the vote {vote.index} at height {height} is not signed by its key")
        power += weight
    total = sum(weight for _, weight in present)
    require(3 * power > 2 * total, NOT_DECIDED, why=f"{power} of {total} of the power voted for it")
    return Decided(height, step.header[_APP_HASH][2:], power, total, own)


def _height(step: Step) -> int:
    """The height that a header's third field holds, in its one form."""
    value, shift = 0, 0
    require(len(step.header[_HEIGHT]) <= 9, BAD_COMMIT, why="a height")  # 2**53 takes 8 bytes behind its tag
    for byte in step.header[_HEIGHT][1:]:
        value |= (byte & 0x7F) << shift
        shift += 7
    require(0 < value < 2**53, BAD_COMMIT, why="a height")
    require(step.header[_HEIGHT] == number(1, value), BAD_COMMIT, why="a height")
    return value


def decode(value: Any) -> tuple[Step, ...]:
    """The steps in what a proof file holds; refuses every other form. Verifies nothing."""
    try:
        steps = msgspec.convert(value, tuple[Step, ...])
    except msgspec.ValidationError as error:
        raise Refused(BAD_COMMIT, why=str(error)) from None
    require(0 < len(steps) <= MAX_STEPS, BAD_COMMIT, why="the number of its steps")
    for step, given in zip(steps, value, strict=True):
        _check(step)
        require(step.plain() == given, BAD_COMMIT, why="a step")
    return steps


def _check(step: Step) -> None:
    """Refuse a step in which anything is out of its bounds or order."""
    votes, following = step.votes, step.following or ((b"", 1),)
    numbers = [step.round, step.parts[0], *(n for v in votes for n in (v.index, v.seconds, v.nanos))]
    numbers += [power for _, power in following]
    require(all(0 <= n < 2**53 for n in numbers), BAD_COMMIT, why="a number is out of range")
    require(len(step.header) == _FIELDS and len(step.parts[1]) == HASH_SIZE, BAD_COMMIT, why="a header")
    ascending = all(left.index < right.index for left, right in pairwise(votes))
    require(votes and ascending, BAD_COMMIT, why="its votes do not ascend")
    keys = [key for key, _ in step.following or ()]
    require(step.following is None or keys, BAD_COMMIT, why="its validators")
    whole = all(len(key) == 32 for key in keys) and len(set(keys)) == len(keys)
    require(whole and all(power > 0 for _, power in following), BAD_COMMIT, why="its validators")
