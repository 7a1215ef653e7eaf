"""How two organisations come to terms, and what keeps them from it."""

from typing import Any

import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.appkit.fields import BAD_FIELD
from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.sharing import Agreement, codes
from dongting.apps.sharing.records import NEGOTIATION
from dongting.kernel.codes import MALFORMED_ARGUMENTS
from dongting.testing import FOUNDERS, Ledger

PROVIDER, CONSUMER, STRANGER = "env-bureau", "green-tech", "air-alliance"
TERMS, OTHER_TERMS, REASON = "a" * 64, "b" * 64, "c" * 64
DAY = 86_400


def test_a_request_stands_under_its_terms_and_waits_for_the_provider(share: Any) -> None:
    share.request()
    found = share.negotiation()
    assert (found.consumer, found.provider, found.dataset) == (CONSUMER, PROVIDER, "air")
    assert (found.state, found.terms, found.requested) == ("REQUESTED", TERMS, share.ledger.time)
    assert NEGOTIATION.waits_for(found) == PROVIDER
    assert found.due is not None
    assert not NEGOTIATION.overdue(found, share.ledger.time)
    assert found.due - share.ledger.time >= 10 * DAY, "ten working days are more than ten days"


def test_approving_the_requested_terms_concludes_the_agreement_under_one_commitment(share: Any) -> None:
    share.request()
    share.ledger.advance(days=1)
    share.act(PROVIDER, "agree", id="deal", terms=TERMS)
    found = share.agreement()
    assert share.negotiation().state == "FINALIZED"
    assert NEGOTIATION.waits_for(share.negotiation()) is None
    assert (found.provider, found.consumer, found.dataset, found.terms) == (PROVIDER, CONSUMER, "air", TERMS)
    assert (found.start, found.end, found.state) == (share.start, share.end, "ACTIVE")
    assert found.agreed == share.ledger.time


def test_accepting_the_offered_terms_concludes_the_agreement_under_one_commitment(share: Any) -> None:
    share.request()
    share.offer(end=share.end - DAY)
    found = share.negotiation()
    assert (found.state, found.terms, found.end) == ("OFFERED", OTHER_TERMS, share.end - DAY)
    assert NEGOTIATION.waits_for(found) == CONSUMER
    share.act(CONSUMER, "accept", id="deal", terms=OTHER_TERMS)
    assert share.negotiation().state == "FINALIZED"
    assert (share.agreement().terms, share.agreement().end) == (OTHER_TERMS, share.end - DAY)


def test_an_offer_can_be_answered_with_other_terms_again(share: Any) -> None:
    share.request()
    share.offer()
    share.offer(CONSUMER, "counter", terms="d" * 64)
    assert (share.negotiation().state, share.negotiation().terms) == ("REQUESTED", "d" * 64)
    share.act(PROVIDER, "agree", id="deal", terms="d" * 64)
    assert share.agreement().terms == "d" * 64


@pytest.mark.parametrize("author", [PROVIDER, CONSUMER])
@pytest.mark.parametrize("offered", [False, True])
def test_either_side_can_end_a_negotiation_for_a_reason(share: Any, author: str, offered: bool) -> None:
    share.request()
    if offered:
        share.offer()
    share.act(author, "decline", id="deal", reason=REASON)
    found = share.negotiation()
    assert (found.state, found.reason, found.due) == ("TERMINATED", REASON, None)
    share.refused(WRONG_STATE, PROVIDER, "agree", id="deal", terms=found.terms)
    share.refused(WRONG_STATE, author, "decline", id="deal", reason=REASON)
    assert share.ledger.get(Agreement, "deal") is None


def test_a_signature_under_other_terms_concludes_nothing(share: Any) -> None:
    share.request()
    share.refused(codes.OTHER_TERMS, PROVIDER, "agree", id="deal", terms=OTHER_TERMS)
    share.offer()
    share.refused(codes.OTHER_TERMS, CONSUMER, "accept", id="deal", terms=TERMS)
    assert share.ledger.get(Agreement, "deal") is None


def test_nobody_signs_for_the_other_side(share: Any) -> None:
    period = {"start": share.start, "end": share.end}
    share.request()
    for author in (CONSUMER, STRANGER):
        share.refused(codes.NOT_PROVIDER, author, "agree", id="deal", terms=TERMS)
        share.refused(codes.NOT_PROVIDER, author, "offer", id="deal", terms=TERMS, **period)
    share.offer()
    for author in (PROVIDER, STRANGER):
        share.refused(codes.NOT_CONSUMER, author, "accept", id="deal", terms=OTHER_TERMS)
        share.refused(codes.NOT_CONSUMER, author, "counter", id="deal", terms=TERMS, **period)
    share.refused(codes.NOT_A_PARTY, STRANGER, "decline", id="deal", reason=REASON)


def test_each_action_belongs_to_its_state(share: Any) -> None:
    period = {"start": share.start, "end": share.end}
    share.refused(NOT_FOUND, PROVIDER, "agree", id="deal", terms=TERMS)
    share.request()
    share.refused(WRONG_STATE, CONSUMER, "accept", id="deal", terms=TERMS)
    share.refused(WRONG_STATE, CONSUMER, "counter", id="deal", terms=TERMS, **period)
    share.offer()
    share.refused(WRONG_STATE, PROVIDER, "offer", id="deal", terms=TERMS, **period)
    share.refused(WRONG_STATE, PROVIDER, "agree", id="deal", terms=OTHER_TERMS)


def test_a_request_has_an_id_of_its_own(share: Any) -> None:
    share.request()
    args = {"dataset": "air", "terms": OTHER_TERMS, "start": share.start, "end": share.end}
    share.refused(codes.ALREADY_REQUESTED, CONSUMER, "request", id="deal", **args)
    share.refused(codes.ALREADY_REQUESTED, STRANGER, "request", id="deal", **args)
    assert share.negotiation().terms == TERMS


def test_only_another_organisations_dataset_on_offer_can_be_requested(share: Any) -> None:
    args = {"id": "new", "terms": TERMS, "start": share.start, "end": share.end}
    share.refused(codes.NO_SUCH_DATASET, CONSUMER, "request", dataset="water", **args)
    share.refused(codes.OWN_DATASET, PROVIDER, "request", dataset="air", **args)
    share.ledger.act(PROVIDER, "catalogue/withdraw", {"id": "air"})
    share.refused(codes.DATASET_WITHDRAWN, CONSUMER, "request", dataset="air", **args)


def test_nothing_is_concluded_about_a_dataset_withdrawn_meanwhile(share: Any) -> None:
    share.request()
    share.ledger.act(PROVIDER, "catalogue/withdraw", {"id": "air"})
    share.refused(codes.DATASET_WITHDRAWN, PROVIDER, "agree", id="deal", terms=TERMS)


def test_a_period_lies_ahead_and_ends_after_it_starts(share: Any) -> None:
    args = {"id": "new", "dataset": "air", "terms": TERMS}
    now = share.ledger.time
    share.refused(BAD_FIELD, CONSUMER, "request", start=now + 9, end=now + 9, **args)
    share.refused(codes.ENDS_TOO_SOON, CONSUMER, "request", start=now - 9, end=now, **args)
    share.request(end=now + DAY)
    share.refused(codes.ENDS_TOO_SOON, PROVIDER, "offer", id="deal", terms=TERMS, start=now - 9, end=now)
    share.ledger.advance(days=1)
    share.refused(codes.ENDS_TOO_SOON, PROVIDER, "agree", id="deal", terms=TERMS)


def test_an_offer_binds_until_its_answer_is_due_and_no_longer(share: Any) -> None:
    share.request()
    share.offer()
    share.ledger.time = share.negotiation().due
    refusal = share.refused(codes.OFFER_LAPSED, CONSUMER, "accept", id="deal", terms=OTHER_TERMS)
    assert "2026-" in refusal.text()
    share.offer(CONSUMER, "counter", terms=OTHER_TERMS)
    share.act(PROVIDER, "agree", id="deal", terms=OTHER_TERMS)
    assert share.agreement().terms == OTHER_TERMS


def test_an_offer_can_be_accepted_up_to_its_last_second(share: Any) -> None:
    share.request()
    share.offer()
    share.ledger.time = share.negotiation().due - 1
    share.act(CONSUMER, "accept", id="deal", terms=OTHER_TERMS)
    assert share.agreement().state == "ACTIVE"


def test_a_late_answer_to_a_request_still_counts(share: Any) -> None:
    share.request()
    share.ledger.time = share.negotiation().due + DAY
    assert NEGOTIATION.overdue(share.negotiation(), share.ledger.time)
    share.act(PROVIDER, "agree", id="deal", terms=TERMS)
    assert share.agreement().state == "ACTIVE"


def test_an_enterprise_may_ask_for_what_is_not_shared_between_departments(share: Any) -> None:
    share.publish("closed", sharing="not-shared", legal_basis={"en": "Article 3"})
    share.request(dataset="closed")
    assert share.negotiation().state == "REQUESTED"


def test_a_department_cannot_ask_for_what_is_not_shared_between_departments(
    share: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    departments = tuple((id, "government", zh, en) for id, _, zh, en in FOUNDERS)
    monkeypatch.setattr("dongting.testing.ledger.FOUNDERS", departments)
    share.ledger = Ledger()
    share.publish("closed", sharing="not-shared", legal_basis={"en": "Article 3"})
    share.publish("air")
    args = {"terms": TERMS, "start": share.start, "end": share.end}
    share.refused(codes.NOT_SHARED, CONSUMER, "request", id="deal", dataset="closed", **args)
    share.request()
    assert share.negotiation().state == "REQUESTED"


def test_a_successor_is_the_provider_of_its_predecessors_datasets(share: Any) -> None:
    share.merge(PROVIDER, STRANGER)
    share.request()
    assert share.negotiation().provider == STRANGER
    share.act(STRANGER, "agree", id="deal", terms=TERMS)
    assert share.agreement().state == "ACTIVE"


def test_the_latest_start_that_can_be_asked_for_still_has_a_deadline_after_it(share: Any) -> None:
    share.request(start=250_246_627_198, end=250_246_627_199)
    share.act(PROVIDER, "agree", id="deal", terms=TERMS)
    assert share.transfer().due > 250_246_627_199


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "no id"},
        {"id": "a" * 56},
        {"terms": "in plain words"},
        {"start": -1},
        {"end": 250_246_627_200},
        {"end": "soon"},
        {"purpose": "research"},
    ],
)
def test_a_malformed_request_is_refused(share: Any, changes: dict[str, Any]) -> None:
    asked = {"id": "deal", "dataset": "air", "terms": TERMS, "start": share.start, "end": share.end}
    share.refused(MALFORMED_ARGUMENTS, CONSUMER, "request", **{**asked, **changes})
