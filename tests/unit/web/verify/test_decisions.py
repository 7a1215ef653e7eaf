"""Both verifiers judge a decision alike: followed from genesis, signed by more than two thirds."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from dongting.errors import Refused
from dongting.node.prove import assemble, follow
from dongting.testing import Ledger
from dongting.testing.decisions import step
from dongting.wire import checkpoint, commit
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.commit import Step, Vote
from dongting.wire.genesis import LogKey, origin
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.proof import Proof
from dongting.wire.suites import ED25519

NEW = PrivateKey.generate(ED25519)


class Consortium:
    """Four validators, of which one later has more power, and a fifth that joins."""

    def __init__(self) -> None:
        self.votes = [PrivateKey.generate(ED25519) for _ in range(4)]
        logs = [PrivateKey.generate(ED25519) for _ in range(4)]
        self.log_keys = logs
        text = [
            (to_base64(a.public().cose()), to_base64(b.public().cose()))
            for a, b in zip(logs, self.votes, strict=True)
        ]
        self.ledger = Ledger(log_keys=[LogKey("env-bureau", *each) for each in text])
        arguments = {"id": "e", "kind": "file", "content": "ab" * 32}
        self.ledger.act("env-bureau", "evidence/register", arguments)
        self.keys = {key.public().raw: key for key in [*self.votes, NEW]}
        self.power = {key.public().raw: 1 for key in self.votes}
        head = self.ledger.machine.head
        self.decided = commit.app_hash(self.ledger.profile, head.size, head.root, head.state)

    def step(self, height: int, power: dict[bytes, int], decided: bytes | None = None, **how: Any) -> Step:
        network = self.ledger.machine.network
        return step(network, height, self.keys, power, decided or self.decided, **how)

    def proof(self, *steps: Step) -> bytes:
        machine = self.ledger.machine
        shown = Checkpoint(origin(machine.genesis), machine.head.size, machine.head.root)
        note = checkpoint.sign(shown, [self.log_keys[0]])
        made: Proof = assemble(
            machine, self.ledger.genesis.encode(), note, follow(machine, ["evidence.evidence/e"])
        )
        return msgspec.structs.replace(made, steps=steps).encode()


@pytest.fixture(scope="module")
def consortium() -> Consortium:
    return Consortium()


def test_a_decision_stands_for_the_signatures_of_the_log_keys(agree: Any, consortium: Consortium) -> None:
    network, power = consortium.ledger.machine.network, consortium.power
    assert agree(consortium.proof(), network) == "sdk/too-few-signatures"
    assert agree(consortium.proof(consortium.step(9, power)), network) == "proven"
    assert (
        agree(consortium.proof(consortium.step(9, power, voters=[0, 2, 3], round=300)), network) == "proven"
    )


def test_it_is_followed_through_every_change(agree: Any, consortium: Consortium) -> None:
    network, power = consortium.ledger.machine.network, consortium.power
    more = {**power, consortium.votes[2].public().raw: 1_000}
    joined = {**more, NEW.public().raw: 1}
    changes = [
        consortium.step(3, power, b"x" * 32, following=more),
        consortium.step(2**40, more, b"y" * 32, following=joined),
    ]
    last = consortium.step(2**40 + 2, joined, voters=[0])  # who has nearly all of the power comes first
    assert agree(consortium.proof(*changes, last), network) == "proven"
    for steps in ([last], [changes[1], last], [changes[0], last], changes, [*reversed(changes), last]):
        assert agree(consortium.proof(*steps), network) == "wire/not-decided"


def swapped(place: int, value: bytes) -> Callable[[Step], Step]:
    def change(one: Step) -> Step:
        fields = (*one.header[:place], value, *one.header[place + 1 :])
        return msgspec.structs.replace(one, header=fields)

    return change


def voted(**changes: Any) -> Callable[[Step], Step]:
    def change(one: Step) -> Step:
        first = msgspec.structs.replace(one.votes[0], **changes)
        return msgspec.structs.replace(one, votes=(first, *one.votes[1:]))

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda one: msgspec.structs.replace(one, votes=one.votes[:2]),
        lambda one: msgspec.structs.replace(one, round=1),
        lambda one: msgspec.structs.replace(one, parts=(2, one.parts[1])),
        *[swapped(place, b"\x0a\x01x") for place in range(14) if place != 2],
        swapped(2, b"\x08\x07"),
        voted(seconds=5),
        voted(nanos=5),
        voted(signature=b"s" * 64),
        voted(signature=b""),
        lambda one: msgspec.structs.replace(one, votes=(*one.votes, Vote(4, 0, 0, one.votes[0].signature))),
        lambda one: msgspec.structs.replace(one, following=((NEW.public().raw, 1),)),
    ],
)
def test_anything_else_is_not_decided(
    agree: Any, consortium: Consortium, change: Callable[[Step], Step]
) -> None:
    altered = change(consortium.step(9, consortium.power))
    assert agree(consortium.proof(altered), consortium.ledger.machine.network) == "wire/not-decided"


def test_a_decision_about_another_state_or_by_others_proves_nothing(
    agree: Any, consortium: Consortium
) -> None:
    network = consortium.ledger.machine.network
    other = consortium.step(9, consortium.power, b"z" * 32)
    strangers = {NEW.public().raw: 1}
    for one in (other, consortium.step(9, strangers)):
        assert agree(consortium.proof(one), network) == "wire/not-decided"


def test_one_node_that_orders_alone_has_no_validators(agree: Any, consortium: Consortium) -> None:
    ledger = Ledger()
    ledger.act("env-bureau", "evidence/register", {"id": "e", "kind": "file", "content": "ab" * 32})
    shown = Checkpoint(origin(ledger.genesis), ledger.machine.head.size, ledger.machine.head.root)
    note = checkpoint.sign(shown, [ledger.log_key])
    made = assemble(ledger.machine, ledger.genesis.encode(), note, ["evidence.evidence/e"])
    data = msgspec.structs.replace(made, steps=(consortium.step(9, consortium.power),)).encode()
    assert agree(data, ledger.machine.network) == "wire/not-decided"


def test_a_header_of_any_length_is_refused_at_once(agree: Any, consortium: Consortium) -> None:
    made = consortium.step(9, consortium.power)
    fields = list(made.header)
    fields[2] = b"\x08" + b"\xff" * 2_000_000
    began = time.process_time()
    long = msgspec.structs.replace(made, header=tuple(fields))
    with pytest.raises(Refused) as refused:
        commit.verify([long], consortium.ledger.machine.network, commit.ordered(consortium.power))
    assert refused.value.code is commit.BAD_COMMIT
    assert time.process_time() - began < 5  # seconds; with a number of two million bytes it takes minutes
    assert agree(consortium.proof(long), consortium.ledger.machine.network) == "wire/bad-commit"


def test_no_set_of_nobody_follows(consortium: Consortium) -> None:
    nobody = consortium.step(9, consortium.power, following={})
    with pytest.raises(Refused) as refused:
        commit.decode([nobody.plain(), consortium.step(10, consortium.power).plain()])
    assert refused.value.code is commit.BAD_COMMIT
