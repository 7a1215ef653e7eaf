"""What a verifier accepts and refuses, also from an operator who signs whatever it likes."""

import msgspec
import pytest

from dongting.errors import Code, Refused
from dongting.sdk import network, verify
from dongting.sdk.story import check_file
from dongting.sdk.verify import Policy
from dongting.testing import Ledger
from dongting.testing.members import admit, claim, new_key, thumbprint
from dongting.testing.operators import Operator, on_record
from dongting.testing.stories import AGREEMENT, CONSUMER, DATA, DATASET, DESCRIPTION, PUBLISHER, Share, note
from dongting.testing.stories import prove as prove_records
from dongting.wire import checkpoint, proof, receipt
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import LogKey, origin
from dongting.wire.jcs import NOT_CANONICAL
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.merkle import BAD_PATH
from dongting.wire.note import COSIGNATURE, NOTE_UNSIGNED, VerifierKey
from dongting.wire.part import Part
from dongting.wire.proof import Opening
from dongting.wire.state import STATE_ENTRY_DIFFERS
from dongting.wire.statement import BAD_SIGNATURE
from dongting.wire.suites import ED25519

STORY = [
    "catalogue/publish",
    "sharing/request",
    "sharing/agree",
    "sharing/deliver",
    "sharing/acknowledge",
]


@pytest.fixture(scope="module", params=["international", "national"])
def share(request: pytest.FixtureRequest) -> Share:
    return Share.play(Ledger(request.param))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def refused(data: bytes, id: str | None, policy: Policy | None = None) -> Code:
    with pytest.raises(Refused) as refusal:
        verify.verify(data, id, policy)
    return refusal.value.code


# What is proven


def test_a_story_is_proven_in_order_with_authors_times_and_keys(share: Share) -> None:
    ledger = share.ledger
    story = verify.verify(share.proof(), ledger.machine.network)
    assert story.compared
    assert [event.action for event in story.events] == STORY
    assert [event.author for event in story.events] == [PUBLISHER, CONSUMER, PUBLISHER, PUBLISHER, CONSUMER]
    assert [event.time - ledger.genesis.created for event in story.events] == [0, 60, 120, 180, 240]
    assert [event.height for event in story.events] == [1, 2, 3, 4, 5]
    keys = {event.author: thumbprint(ledger, ledger.keys[event.author]) for event in story.events}
    assert {event.author: event.key for event in story.events} == keys
    assert all(story.keys[key].registered is None for key in keys.values())
    assert story.names[PUBLISHER] == {"zh": "环境局", "en": "Environment Bureau"}
    agreement = story.record(f"sharing.agreement/{AGREEMENT}")
    assert agreement is not None
    assert agreement.body is not None
    assert (agreement.body["state"], agreement.leaf) == ("ACTIVE", story.events[2].index)
    assert (story.size, story.height, story.time) == (10, 5, story.events[-1].time)
    assert story.signers == (PUBLISHER,)


def test_openings_show_terms_and_the_digest_of_the_content(share: Share) -> None:
    profile = share.ledger.profile
    story = verify.verify(share.proof(), None)
    terms, content = share.terms.commitment(profile), share.content.commitment(profile)
    assert story.openings[terms].content == share.terms.content
    assert (story.openness(terms), story.openness(content)) == ("opened", "digest")


def test_a_file_is_compared_in_pieces_of_any_size(share: Share) -> None:
    story = verify.verify(share.proof(), None)
    content = share.content.commitment(share.ledger.profile)
    assert check_file(story, [DATA[:5], DATA[5:6], b"", DATA[6:]]).commitments == (content,)
    assert check_file(story, [DATA, b"\n"]).commitments == ()


def test_without_openings_as_much_is_proven_and_nothing_shown(share: Share) -> None:
    whole, bare = verify.verify(share.proof(), None), verify.verify(share.closed(), None)
    assert bare == msgspec.structs.replace(whole, openings={})
    assert proof.without_openings(share.proof()) == share.closed()
    assert bare.openness(share.terms.commitment(share.ledger.profile)) == "withheld"


def test_without_a_network_id_a_file_is_only_valid_in_itself(share: Share) -> None:
    assert not verify.verify(share.proof(), None).compared


def test_erased_content_is_told_apart_from_content_that_the_file_does_not_open(ledger: Ledger) -> None:
    share = Share.play(ledger)
    share.erase()
    story = verify.verify(share.closed(), ledger.machine.network)
    assert story.openness(share.content.commitment(ledger.profile)) == "erased"
    assert story.openness(share.terms.commitment(ledger.profile)) == "withheld"
    # A file made before the erasure still proves, and still opens what its holder kept.
    assert check_file(verify.verify(share.proof(), None), [DATA]).commitments


def test_a_key_that_was_revoked_later_still_proves_and_it_says_so(ledger: Ledger) -> None:
    share = Share.play(ledger)
    old, fresh = thumbprint(ledger, ledger.keys[CONSUMER]), new_key(ledger)
    arguments = {"organisation": CONSUMER, "replaces": old, "key": claim(ledger, CONSUMER, fresh)}
    ledger.act(CONSUMER, "membership/rotate-key", arguments)
    revoked_at, ledger.keys[CONSUMER] = ledger.time, fresh
    ledger.advance(seconds=60)
    terminated = {"id": AGREEMENT, "reason": "cd" * 32}
    ledger.act(CONSUMER, "sharing/terminate", terminated)
    story = verify.verify(share.closed(), ledger.machine.network)
    assert [event.action for event in story.events] == [*STORY, "membership/rotate-key", "sharing/terminate"]
    assert (story.keys[old].revoked, story.keys[old].reason) == (revoked_at, "rotated")
    later = story.keys[thumbprint(ledger, fresh)]
    assert (later.registered, later.revoked) == (story.events[5].index, None)


def test_a_member_admitted_later_is_traced_back_to_the_founders(ledger: Ledger) -> None:
    admit(ledger, "new-lab", credit_code="91350100M000100Y43")
    ledger.advance(seconds=60)
    ledger.act("new-lab", "catalogue/publish", {"id": DATASET, **DESCRIPTION})
    story = verify.verify(prove_records(ledger, f"catalogue.dataset/{DATASET}"), ledger.machine.network)
    actions = [event.action for event in story.events]
    assert actions[0] == "governance/propose"
    assert actions[-1] == "catalogue/publish"
    assert set(actions[1:-1]) == {"governance/vote"}
    assert story.keys[story.events[-1].key].registered == story.events[0].index
    assert story.names["new-lab"] == {"en": "New Lab"}


def test_an_absent_record_is_proven_absent(ledger: Ledger) -> None:
    Share.play(ledger)
    story = verify.verify(prove_records(ledger, "evidence.evidence/none"), ledger.machine.network)
    assert story.records[0].body is None
    assert story.events == ()


def test_receipts_in_a_file_are_verified_with_it(share: Share) -> None:
    ledger, machine = share.ledger, share.ledger.machine
    index = 2
    path = machine.log.inclusion(index)
    made = receipt.inclusion(
        ledger.profile, ledger.log_key, origin(ledger.genesis), f"sharing.negotiation/{AGREEMENT}",
        ledger.genesis.created, index, machine.head.size, path, machine.head.root,
    )  # fmt: skip
    whole = proof.decode(share.closed())
    data = msgspec.structs.replace(whole, receipts=((index, made),)).encode()
    assert verify.verify(data, machine.network).receipts == (index,)
    known = network.network_of(ledger.genesis.encode(), machine.network)
    assert verify.verify_receipt(made, machine.leaf(index), known).time == ledger.genesis.created
    with pytest.raises(Refused):
        verify.verify_receipt(made, machine.leaf(0), known)
    wrong = msgspec.structs.replace(whole, receipts=((0, made),)).encode()
    with pytest.raises(Refused):
        verify.verify(wrong, machine.network)


# Who has to have signed the checkpoint


def test_a_file_of_another_network_is_refused(share: Share) -> None:
    assert refused(share.proof(), "ab" * 32) == network.OTHER_NETWORK


def test_a_checkpoint_signed_by_another_key_is_refused(share: Share) -> None:
    ledger = share.ledger
    head = ledger.machine.head
    other = PrivateKey.generate(ED25519)
    forged = checkpoint.sign(Checkpoint(origin(ledger.genesis), head.size, head.root), [other])
    data = msgspec.structs.replace(proof.decode(share.proof()), checkpoint=forged).encode()
    assert refused(data, ledger.machine.network) == NOTE_UNSIGNED


def test_a_checkpoint_of_another_log_is_refused(share: Share) -> None:
    ledger = share.ledger
    head = ledger.machine.head
    other = checkpoint.sign(Checkpoint("other.example/log", head.size, head.root), [ledger.log_key])
    data = msgspec.structs.replace(proof.decode(share.proof()), checkpoint=other).encode()
    assert refused(data, ledger.machine.network) == verify.OTHER_LOG


def test_more_than_a_third_of_the_log_keys_must_have_signed() -> None:
    others = [PrivateKey.generate(ED25519) for _ in range(2)]
    ledger = Ledger()
    keys = [LogKey(PUBLISHER, to_base64(key.public().cose())) for key in [ledger.log_key, *others]]
    ledger = Ledger(log_keys=keys)
    share = Share.play(ledger)
    head = ledger.machine.head
    at = Checkpoint(origin(ledger.genesis), head.size, head.root)
    network_id = ledger.machine.network
    one = _signed(share, checkpoint.sign(at, others[:1]))
    assert refused(one, network_id) == verify.TOO_FEW_SIGNATURES
    assert verify.verify(_signed(share, checkpoint.sign(at, others)), network_id).compared


def _signed(share: Share, signed: bytes) -> bytes:
    return msgspec.structs.replace(proof.decode(share.closed()), checkpoint=signed).encode()


def test_witnesses_count_when_they_are_trusted_and_asked_for(share: Share) -> None:
    witness = PrivateKey.generate(ED25519)
    line = checkpoint.cosign(note(share.ledger), "witness.example", witness, 1_767_300_000)
    data = _signed(share, checkpoint.add(note(share.ledger), [line]))
    key = VerifierKey("witness.example", witness.public(), COSIGNATURE).encode()
    stranger = VerifierKey("other.example", PrivateKey.generate(ED25519).public(), COSIGNATURE).encode()
    story = verify.verify(data, None, Policy((key, stranger), 1))
    assert [(found.name, found.time) for found in story.witnesses] == [("witness.example", 1_767_300_000)]
    assert verify.verify(data, None).witnesses == ()
    assert refused(data, None, Policy((key, stranger), 2)) == verify.TOO_FEW_WITNESSES
    assert refused(share.proof(), None, Policy((key, key), 1)) == verify.TOO_FEW_WITNESSES


# An operator's inventions


def test_what_an_operator_writes_honestly_is_proven(ledger: Ledger) -> None:
    operator = Operator(ledger)
    data = operator.prove(operator.statement(PUBLISHER), operator.end(1, 0))
    assert len(verify.verify(data, ledger.machine.network).events) == 1


def test_a_statement_that_its_author_did_not_sign_is_refused(ledger: Ledger) -> None:
    operator = Operator(ledger)
    signed = bytearray(operator.statement(PUBLISHER))
    signed[-1] ^= 1
    assert refused(operator.prove(bytes(signed), operator.end(1, 0)), None) == BAD_SIGNATURE


def test_a_statement_signed_with_a_key_of_somebody_else_is_refused(ledger: Ledger) -> None:
    operator = Operator(ledger)
    signed = operator.statement(PUBLISHER, key=ledger.keys[CONSUMER])
    assert refused(operator.prove(signed, operator.end(1, 0)), None) == verify.KEY_NOT_PROVEN


def test_a_statement_signed_with_a_key_that_nobody_registered_is_refused(ledger: Ledger) -> None:
    operator = Operator(ledger)
    signed = operator.statement(PUBLISHER, key=PrivateKey.generate(ED25519))
    assert refused(operator.prove(signed, operator.end(1, 0)), None) == verify.KEY_NOT_PROVEN


def test_a_key_put_on_record_without_a_statement_is_refused(ledger: Ledger) -> None:
    key = PrivateKey.generate(ED25519)
    id = thumbprint(ledger, key)
    body = {"id": id, "owner": PUBLISHER, "key": to_base64(key.public().cose()), "added": ledger.time}
    operator = Operator(ledger, {f"membership.signing-key/{id}": body})
    data = operator.prove(operator.statement(PUBLISHER, key=key), operator.end(1, 0))
    assert refused(data, None) == verify.KEY_NOT_PROVEN


def test_a_key_that_registers_itself_is_refused(ledger: Ledger) -> None:
    key = PrivateKey.generate(ED25519)
    id = thumbprint(ledger, key)
    body = {"id": id, "owner": PUBLISHER, "key": to_base64(key.public().cose()), "added": ledger.time}
    operator = Operator(ledger, {f"membership.signing-key/{id}": body})
    adding = {"organisation": PUBLISHER, "key": claim(ledger, PUBLISHER, key)}
    signed = ledger.sign(PUBLISHER, "membership/add-key", adding, key=key)
    assert refused(operator.prove(signed, operator.end(1, 0)), None) == verify.KEY_NOT_PROVEN


def test_a_file_that_leaves_out_the_record_of_a_key_is_refused_even_for_a_founder(ledger: Ledger) -> None:
    operator = Operator(ledger, on_record(ledger, CONSUMER))  # the record could say that the key was revoked
    data = operator.prove(operator.statement(PUBLISHER), operator.end(1, 0))
    assert refused(data, None) == verify.KEY_NOT_PROVEN


def test_a_key_used_after_it_was_revoked_is_refused(ledger: Ledger) -> None:
    id = thumbprint(ledger, ledger.keys[PUBLISHER])
    body = {
        "id": id,
        "owner": PUBLISHER,
        "key": to_base64(ledger.keys[PUBLISHER].public().cose()),
        "added": ledger.time - 100,
        "revoked": ledger.time - 1,
    }
    operator = Operator(ledger, {f"membership.signing-key/{id}": body})
    data = operator.prove(operator.statement(PUBLISHER), operator.end(1, 0))
    assert refused(data, None) == verify.KEY_NOT_PROVEN


def test_a_statement_for_another_network_is_refused(ledger: Ledger) -> None:
    operator = Operator(ledger)
    data = operator.prove(operator.statement(PUBLISHER, network="ab" * 32), operator.end(1, 0))
    assert refused(data, None) == verify.KEY_NOT_PROVEN


@pytest.mark.parametrize("shift", [-31, 601])
def test_a_statement_dated_outside_of_its_time_is_refused(ledger: Ledger, shift: int) -> None:
    operator = Operator(ledger)
    data = operator.prove(operator.statement(PUBLISHER), operator.end(1, 0, ledger.time + shift))
    assert refused(data, None) == verify.OUT_OF_TIME


def test_a_statement_without_the_end_of_its_block_is_refused(ledger: Ledger) -> None:
    operator = Operator(ledger)
    leaves = (
        operator.statement(PUBLISHER),
        operator.end(1, 0),
        operator.statement(CONSUMER),
        operator.end(2, 2),
    )
    assert refused(operator.prove(*leaves, left_out=[1]), None) == verify.NO_TIME
    assert refused(operator.prove(*leaves, left_out=[3]), None) == verify.NO_TIME
    assert verify.verify(operator.prove(*leaves, left_out=[0, 1]), None).height == 2


@pytest.mark.parametrize(
    ("height", "first", "time"), [(1, 2, 0), (2, 1, 0), (2, 3, 0), (2, 2, -1), (0, 2, 0), (2, 4, 0)]
)
def test_block_ends_that_contradict_each_other_are_refused(
    ledger: Ledger, height: int, first: int, time: int
) -> None:
    operator = Operator(ledger)
    data = operator.prove(
        operator.statement(PUBLISHER),
        operator.end(1, 0),
        operator.statement(CONSUMER),
        operator.end(height, first, ledger.time + time),
    )
    assert refused(data, None) == verify.BROKEN_ORDER


def test_a_leaf_moved_to_another_place_is_refused(share: Share) -> None:
    whole = proof.decode(share.closed())
    swapped = ((0, whole.leaves[2][1]), whole.leaves[1], (2, whole.leaves[0][1]), *whole.leaves[3:])
    data = msgspec.structs.replace(whole, leaves=swapped).encode()
    assert refused(data, None) == verify.NOT_IN_LOG


def test_a_leaf_left_out_is_refused(share: Share) -> None:
    whole = proof.decode(share.closed())
    assert refused(msgspec.structs.replace(whole, leaves=whole.leaves[1:]).encode(), None) == BAD_PATH


def test_an_altered_record_is_refused(share: Share) -> None:
    whole = proof.decode(share.closed())
    address, entry = whole.records[0]
    assert entry is not None
    altered = ((address, entry.replace(b"ISSUED", b"ERASED")), *whole.records[1:])
    data = msgspec.structs.replace(whole, records=altered).encode()
    assert refused(data, None) == STATE_ENTRY_DIFFERS


def test_a_record_in_another_form_is_refused(ledger: Ledger) -> None:
    operator = Operator(ledger)
    operator.keep({"a.b/c": b"[]"})
    data = operator.prove(operator.statement(PUBLISHER), operator.end(1, 0))
    assert refused(data, None) == verify.BAD_RECORD


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (b'{"body":{},"leaf":0,"version":1,"x":1}', verify.BAD_RECORD),
        (b'{"body":{},"leaf":"0","version":1}', verify.BAD_RECORD),
        (b'{"body":{}, "leaf":0,"version":1}', NOT_CANONICAL),
        (b'{"body":{"state":"ISSUED","state":"ERASED"},"leaf":0,"version":1}', NOT_CANONICAL),
        (b'{"body":' + b"[" * 3000 + b"]" * 3000 + b',"leaf":0,"version":1}', NOT_CANONICAL),
    ],
)
def test_a_record_that_two_readers_could_read_differently_is_refused(
    ledger: Ledger, entry: bytes, code: Code
) -> None:
    operator = Operator(ledger)
    operator.keep({**operator.entries, "a.b/c": entry})
    assert refused(operator.prove(operator.statement(PUBLISHER), operator.end(1, 0)), None) == code


@pytest.mark.parametrize(
    "changes", [{"revoked": "never"}, {"added": None}, {"owner": 1}, {"key": []}, {"reason": 2}]
)
def test_a_key_whose_record_is_no_key_record_is_refused(ledger: Ledger, changes: dict[str, object]) -> None:
    kept = on_record(ledger, PUBLISHER)
    operator = Operator(ledger, {address: {**body, **changes} for address, body in kept.items()})
    data = operator.prove(operator.statement(PUBLISHER), operator.end(1, 0))
    assert refused(data, None) == verify.BAD_RECORD


@pytest.mark.parametrize("body", [{}, {"name": "Lab"}, {"name": {"en": 1}}])
def test_an_organisation_without_names_is_refused(ledger: Ledger, body: dict[str, object]) -> None:
    kept = {**on_record(ledger, PUBLISHER), "membership.organisation/lab": body}
    operator = Operator(ledger, kept)
    data = operator.prove(operator.statement(PUBLISHER), operator.end(1, 0))
    assert refused(data, None) == verify.BAD_RECORD


def test_an_opening_of_something_else_is_refused(share: Share) -> None:
    stray = Opening.of(Part(b"\x05" * 32, b"elsewhere"), share.ledger.profile)
    assert refused(proof.with_openings(share.closed(), [stray]), None) == verify.STRAY_OPENING
