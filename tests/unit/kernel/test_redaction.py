"""A redacted statement loses its text and that of its records; roots, proofs and audits stay as they are."""

from collections.abc import Mapping
from typing import Any

import pytest

from dongting.apps.catalogue import Dataset
from dongting.apps.governance import Proposal, Redaction
from dongting.apps.membership import Organisation
from dongting.errors import Fault, Refused
from dongting.kernel import codes
from dongting.kernel.audit import Audit, Report
from dongting.kernel.context import Execution, Frame, State
from dongting.kernel.entries import decode_entry, leaf_key, record_key, version_key
from dongting.kernel.machine import Machine
from dongting.node.redactions import mark
from dongting.testing import Ledger
from dongting.testing.members import applicant, enact
from dongting.testing.stores import MemoryStore
from dongting.wire import jcs
from dongting.wire.blocks import BlockEnd
from dongting.wire.statement import decode

SECRET, LATER = "unlawful words", "words of later"
ADDRESS = "catalogue.dataset/air"
DESCRIPTION: dict[str, Any] = {
    "title": {"en": "Air"}, "description": {"en": SECRET, "zh": SECRET}, "theme": "ENVI",
    "frequency": "HOURLY", "sharing": "unconditional", "opening": "unconditional", "grade": "general-1",
    "keywords": [SECRET],
}  # fmt: skip
CONTENT = {"commitment": "5" * 64, "size_class": 12, "media_type": "text/csv", "address": "6" * 64}


def told(ledger: Ledger, *needles: str) -> list[str]:
    """The keys under which the store still holds one of these texts."""
    found = [key for key, value in ledger.store.scan(b"") if any(n.encode() in value for n in needles)]
    return [str(key) for key in found]


def redact(ledger: Ledger, leaf: int, *, remove: bool = True) -> None:
    assert enact(ledger, "governance/redact", {"id": str(leaf), "ground": "court-order"}).refusal is None
    if remove:
        mark(ledger.machine)


def audited(ledger: Ledger) -> Report:
    return Audit(ledger.store, MemoryStore(), ledger.rules, ledger.genesis.encode()).run()


def findings(ledger: Ledger) -> list[str]:
    return [found.code.name for found in audited(ledger).findings]


@pytest.fixture
def ledger() -> Ledger:
    """A dataset whose first statement, leaf 0, holds the text; two later versions copy it."""
    ledger = Ledger()
    assert ledger.act("env-bureau", "catalogue/publish", {"id": "air", **DESCRIPTION}) == 0
    for number in (1, 2):
        ledger.act("env-bureau", "catalogue/add-version", {"id": "air", "number": number, "content": CONTENT})
    return ledger


def test_the_present_state_loses_the_text_and_keeps_the_rest(ledger: Ledger) -> None:
    before = ledger.get(Dataset, "air")
    redact(ledger, 0, remove=False)
    found = ledger.get(Dataset, "air")
    assert before is not None
    assert found is not None
    assert (found.description.en, found.description.zh) == ("redacted", "已删除")
    assert found.keywords == ("redacted",)
    assert (found.publisher, found.latest, found.revised) == (before.publisher, 2, before.revised)
    # Nothing is removed by the deterministic part but from the present state.
    assert told(ledger, SECRET) == [
        str(key) for key in (leaf_key(0), *(version_key(ADDRESS, n) for n in (1, 2, 3)))
    ]


def test_no_stored_value_holds_the_text_after_the_removal_and_roots_stay(ledger: Ledger) -> None:
    redact(ledger, 0, remove=False)
    head = ledger.machine.head
    mark(ledger.machine)
    assert not told(ledger, SECRET)
    assert ledger.reopen().head == head
    marker = decode_entry(ledger.store.get(version_key(ADDRESS, 2)) or b"")
    assert (marker.leaf, marker.version, len(marker.hash or "")) == (2, 2, 64)
    size = len(list(ledger.store.scan(b"")))
    mark(ledger.machine)
    assert len(list(ledger.store.scan(b""))) == size


def test_a_ledger_goes_on_after_a_redaction_and_audits_clean(ledger: Ledger) -> None:
    redact(ledger, 0)
    ledger.act("env-bureau", "catalogue/revise", {"id": "air", **DESCRIPTION, "description": {"en": LATER},
                                                  "keywords": []})  # fmt: skip
    ledger.act("env-bureau", "catalogue/withdraw", {"id": "air"})
    report = audited(ledger)
    assert report.clean, [found.text() for found in report.findings]
    assert (report.redacted, report.taken) == ([0], 0)
    assert ledger.get(Dataset, "air") is not None
    assert told(ledger, LATER)


def test_the_same_blocks_on_a_store_that_never_removed_anything_give_the_same_roots(ledger: Ledger) -> None:
    """Twice redacted, with removal in between on one store only; the second one replays the log."""
    store, whole = ledger.store, dict(ledger.store.scan(b"l"))
    redact(ledger, 0)
    more = {"id": "air", **DESCRIPTION, "description": {"en": LATER}}
    revised = ledger.act("env-bureau", "catalogue/revise", more)
    ledger.act("env-bureau", "catalogue/add-version", {"id": "air", "number": 3, "content": CONTENT})
    whole |= {key: value for key, value in store.scan(b"l") if key not in whole}
    redact(ledger, 2)
    redact(ledger, revised)
    whole |= {key: value for key, value in store.scan(b"l") if key not in whole}
    assert not told(ledger, SECRET, LATER)
    second = replayed(ledger, whole)
    assert second.head == ledger.machine.head
    assert second.store.get(record_key(ADDRESS)) == store.get(record_key(ADDRESS))
    mark(second)
    assert list(second.store.scan(b"")) == list(store.scan(b""))
    assert audited(ledger).redacted == [0, 2, revised]


def replayed(ledger: Ledger, leaves: Mapping[bytes, bytes]) -> Machine:
    """A machine that executed these leaves block by block."""
    machine = Machine(MemoryStore(), ledger.rules, ledger.genesis.encode())
    statements = []
    for _, data in sorted(leaves.items()):
        end = BlockEnd.decode(data)
        if end is None:
            statements.append(decode(data, ledger.profile))
            continue
        machine.commit(machine.execute(end.time, statements))
        assert machine.head.state == end.state
        statements = []
    return machine


def test_versions_of_the_deciding_block_are_blanked_with_those_before(ledger: Ledger) -> None:
    """A statement writes the record in the block of the vote that decides, before and after it."""
    arguments = jcs.encode({"id": "0", "ground": "court-order"}).decode()
    given = {"id": "p", "action": "governance/redact", "arguments": arguments}
    ledger.act("env-bureau", "governance/propose", given)
    ledger.act("env-bureau", "governance/vote", {"proposal": "p", "choice": "for"})
    add = {"id": "air", "content": CONTENT}
    outcomes = ledger.submit(
        ledger.sign("env-bureau", "catalogue/add-version", {**add, "number": 3}),
        ledger.sign("env-bureau", "catalogue/add-version", {**add, "number": 4}),
        ledger.sign("green-tech", "governance/vote", {"proposal": "p", "choice": "for"}),
        ledger.sign("env-bureau", "catalogue/add-version", {**add, "number": 5}),
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    mark(ledger.machine)
    assert not told(ledger, SECRET)
    found = ledger.get(Dataset, "air")
    assert found is not None
    assert (found.latest, found.description.en) == (5, "redacted")
    assert audited(ledger).clean


def test_a_refused_attempt_blanks_nothing(ledger: Ledger) -> None:
    redact(ledger, 0)
    proposal = enact(ledger, "governance/redact", {"id": "0", "ground": "court-order"})
    assert proposal.refusal == "governance/already-redacted"
    assert audited(ledger).redacted == [0]


def test_an_action_without_a_decision_cannot_blank(ledger: Ledger) -> None:
    frame = Frame(ledger.machine.network, "international", 9, ledger.time, {})
    with pytest.raises(Fault, match="without a decision"):
        Execution(State(ledger.store, ledger.rules), frame, {}).blank(0)


def test_the_leaf_is_gone_and_what_is_kept_of_it_says_whose_it_was(ledger: Ledger) -> None:
    statement = decode(ledger.machine.leaf(0), ledger.profile)
    redact(ledger, 0)
    with pytest.raises(Refused) as refusal:
        ledger.machine.leaf(0)
    assert refusal.value.code == codes.REDACTED
    assert refusal.value.code.status == 410
    found = ledger.machine.redacted(0)
    assert found is not None
    assert (found.leaf, found.issuer, found.subject) == (statement.leaf, "env-bureau", ADDRESS)
    assert (found.nonce, found.kid, found.payload) == (statement.nonce, statement.kid, b"")
    assert ledger.machine.redacted(2) is None


def test_the_same_bytes_sent_again_are_not_accepted_anew(ledger: Ledger) -> None:
    data = ledger.machine.leaf(0)
    redact(ledger, 0)
    (outcome,) = ledger.submit(data)
    assert getattr(outcome, "index", None) == 0
    ledger.advance(3000)  # beyond the replay window
    assert isinstance(ledger.submit(data)[0], Refused)


# A statement of the founders, and those that rest on it


def admitted(ledger: Ledger) -> tuple[int, int]:
    """Admit an organisation of an unlawful name; the leaves of the proposal and of the vote that decided."""
    ledger.act("env-bureau", "membership/vouch", {"id": "v", "applicant": "rude"})
    arguments = applicant(ledger, "rude", name={"en": SECRET}, vouch="v")
    given = {"id": "p", "action": "membership/admit", "arguments": jcs.encode(arguments).decode()}
    proposed = ledger.act("env-bureau", "governance/propose", given)
    ledger.act("env-bureau", "governance/vote", {"proposal": "p", "choice": "for"})
    decided = ledger.act("green-tech", "governance/vote", {"proposal": "p", "choice": "for"})
    return proposed, decided


@pytest.mark.parametrize("order", ["proposal", "vote", "both", "both, the vote first"])
def test_a_proposal_that_was_carried_out_is_redacted_and_the_audit_stays_clean(order: str) -> None:
    ledger = Ledger()
    proposed, decided = admitted(ledger)
    ledger.act("rude", "evidence/register", {"id": "e1", "kind": "file", "content": "7" * 64})
    if order != "both, the vote first" and order != "vote":
        redact(ledger, proposed)
    if order != "proposal":
        redact(ledger, decided)
    if order == "both, the vote first":
        redact(ledger, proposed)
    ledger.act("rude", "evidence/register", {"id": "e2", "kind": "file", "content": "8" * 64})
    report = audited(ledger)
    assert report.clean, [found.text() for found in report.findings]
    # The vote carried out what the proposal no longer says: its effects are the stored ones.
    assert report.taken == (1 if order == "proposal" else 0)
    found, proposal = ledger.get(Organisation, "rude"), ledger.get(Proposal, "p")
    assert found is not None
    assert proposal is not None
    if order.startswith("both"):
        assert found.name.en == "redacted"
        assert not told(ledger, SECRET)


def test_a_redaction_that_was_itself_redacted_still_founds_the_markers(ledger: Ledger) -> None:
    redact(ledger, 0)
    votes = [
        index for index in range(ledger.machine.head.size) if _action(ledger, index) == "governance/vote"
    ]
    (proposed,) = (i for i in range(ledger.machine.head.size) if _action(ledger, i) == "governance/propose")
    redact(ledger, votes[1])
    redact(ledger, proposed)
    report = audited(ledger)
    assert report.clean, [found.text() for found in report.findings]
    assert report.redacted == sorted([0, votes[1], proposed])


def _action(ledger: Ledger, index: int) -> str:
    try:
        return decode(ledger.machine.leaf(index), ledger.profile).action
    except Refused:
        return ""


# What an audit finds


def test_a_text_that_is_still_there_is_found(ledger: Ledger) -> None:
    redact(ledger, 0, remove=False)
    report = audited(ledger)
    assert {found.code.name for found in report.findings} == {"not-removed"}
    assert len(report.findings) == 4
    assert report.complete


def test_a_marker_that_nobody_decided_is_found(ledger: Ledger) -> None:
    kept = dict(ledger.store.scan(b""))
    redact(ledger, 0)
    markers = {key: value for key, value in ledger.store.scan(b"") if key in kept and kept[key] != value}
    fresh = Ledger.__new__(Ledger)
    fresh.__dict__ = {**ledger.__dict__, "store": MemoryStore()}
    fresh.store.write([*kept.items()])
    assert audited(fresh).clean
    fresh.store.write(
        [(key, value) for key, value in markers.items() if key[:1] in b"lv" and key[:1] != b"r"]
    )
    assert "marker-unfounded" in findings(fresh)


@pytest.mark.parametrize("key", [leaf_key(0), version_key(ADDRESS, 1), version_key(ADDRESS, 2)])
def test_every_changed_byte_of_a_marker_is_found(ledger: Ledger, key: bytes) -> None:
    redact(ledger, 0)
    kept = ledger.store.get(key)
    assert kept is not None
    for at in range(0, len(kept), 7):
        value = bytearray(kept)
        value[at] ^= 1
        ledger.store.write([(key, bytes(value))])
        assert not audited(ledger).clean, at
    ledger.store.write([(key, kept)])
    assert audited(ledger).clean


def test_another_body_in_all_markers_of_a_record_is_found(ledger: Ledger) -> None:
    redact(ledger, 0)
    for number in (1, 2, 3):
        key = version_key(ADDRESS, number)
        value = ledger.store.get(key)
        assert value is not None
        ledger.store.write([(key, value.replace(b'"issued":17', b'"issued":16'))])
    assert not audited(ledger).clean


def test_the_text_put_back_in_place_of_its_marker_is_found(ledger: Ledger) -> None:
    kept = {key: ledger.store.get(key) for key in (leaf_key(0), version_key(ADDRESS, 1))}
    redact(ledger, 0)
    for key, value in kept.items():
        marker = ledger.store.get(key)
        ledger.store.write([(key, value)])
        assert "not-removed" in findings(ledger)
        ledger.store.write([(key, marker)])


def test_the_record_of_a_redaction_commits_to_what_is_kept(ledger: Ledger) -> None:
    redact(ledger, 0)
    found = ledger.get(Redaction, "0")
    assert found is not None
    (made,) = mark(ledger.machine)
    assert found.kept == made.digest
    value = ledger.store.get(version_key(ADDRESS, 1)) or b""
    ledger.store.write([(version_key(ADDRESS, 1), value.replace(b"HOURLY", b"DAILY"))])
    with pytest.raises(Fault, match="not what was redacted"):
        mark(ledger.machine)
