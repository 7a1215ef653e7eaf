"""What happens to an agreement in force: suspension, termination, renewal, succession, and time."""

from typing import Any

import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.sharing import codes, standing
from dongting.apps.sharing.records import AGREEMENT

PROVIDER, CONSUMER, STRANGER = "env-bureau", "green-tech", "air-alliance"
TERMS, OTHER_TERMS, REASON = "a" * 64, "b" * 64, "c" * 64
DAY = 86_400


@pytest.mark.parametrize(("author", "other"), [(PROVIDER, CONSUMER), (CONSUMER, PROVIDER)])
def test_either_side_suspends_and_only_that_side_resumes(share: Any, author: str, other: str) -> None:
    share.agree()
    share.ledger.advance(days=1)
    share.act(author, "suspend", id="deal", reason=REASON)
    found = share.agreement()
    assert (found.state, found.suspended_by, found.reason) == ("SUSPENDED", author, REASON)
    assert found.since == share.ledger.time
    assert AGREEMENT.waits_for(found) == author
    share.refused(WRONG_STATE, other, "suspend", id="deal", reason=REASON)
    share.refused(codes.NOT_WHO_SUSPENDED, other, "resume", id="deal", reason=REASON)
    share.act(author, "resume", id="deal", reason=REASON)
    assert (share.agreement().state, share.agreement().suspended_by) == ("ACTIVE", None)
    share.refused(WRONG_STATE, author, "resume", id="deal", reason=REASON)


@pytest.mark.parametrize("author", [PROVIDER, CONSUMER])
def test_either_side_terminates_for_good_also_while_suspended(share: Any, author: str) -> None:
    share.agree()
    share.act(PROVIDER, "suspend", id="deal", reason=REASON)
    share.act(author, "terminate", id="deal", reason=OTHER_TERMS)
    found = share.agreement()
    assert (found.state, found.reason, found.suspended_by) == ("TERMINATED", OTHER_TERMS, None)
    for action in ("suspend", "resume", "terminate"):
        share.refused(WRONG_STATE, author, action, id="deal", reason=REASON)
    share.refused(WRONG_STATE, author, "renew", id="deal", end=share.end + DAY, terms=TERMS)


def test_a_delivery_still_to_be_made_falls_away_with_the_agreement(share: Any) -> None:
    share.agree()
    assert share.transfer().state == "REQUESTED"
    share.act(CONSUMER, "terminate", id="deal", reason=REASON)
    assert (share.transfer().state, share.transfer().due) == ("TERMINATED", None)


def test_a_delivery_made_stands_when_the_agreement_ends(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "terminate", id="deal", reason=REASON)
    assert share.transfer().state == "STARTED"


@pytest.mark.parametrize("action", ["suspend", "resume", "terminate"])
def test_a_stranger_does_nothing_to_an_agreement(share: Any, action: str) -> None:
    share.refused(NOT_FOUND, STRANGER, action, id="deal", reason=REASON)
    share.agree()
    share.refused(codes.NOT_A_PARTY, STRANGER, action, id="deal", reason=REASON)
    share.refused(codes.NOT_A_PARTY, STRANGER, "renew", id="deal", end=share.end + 1, terms=TERMS)


@pytest.mark.parametrize(("first", "second"), [(PROVIDER, CONSUMER), (CONSUMER, PROVIDER)])
def test_a_renewal_is_one_step_of_each_side(share: Any, first: str, second: str) -> None:
    share.agree()
    longer = {"id": "deal", "end": share.end + 365 * DAY, "terms": TERMS}
    share.act(first, "renew", **longer)
    proposed = share.agreement()
    assert (proposed.end, proposed.renewal_end) == (share.end, share.end + 365 * DAY)
    assert AGREEMENT.waits_for(proposed) == second
    share.refused(codes.AWAITED_FROM_OTHER, first, "renew", **longer)
    share.act(second, "renew", **longer)
    found = share.agreement()
    assert (found.end, found.renewal_end, found.renewal_awaits) == (share.end + 365 * DAY, None, None)
    assert AGREEMENT.waits_for(found) is None


def test_another_end_is_a_proposal_to_the_other_side(share: Any) -> None:
    share.agree()
    share.act(CONSUMER, "renew", id="deal", end=share.end + 9 * DAY, terms=TERMS)
    share.act(PROVIDER, "renew", id="deal", end=share.end + 5 * DAY, terms=TERMS)
    assert (share.agreement().end, share.agreement().renewal_awaits) == (share.end, CONSUMER)
    share.act(CONSUMER, "renew", id="deal", end=share.end + 5 * DAY, terms=TERMS)
    assert share.agreement().end == share.end + 5 * DAY


def test_a_renewal_keeps_the_terms_and_ends_later(share: Any) -> None:
    share.agree()
    share.refused(codes.OTHER_TERMS, CONSUMER, "renew", id="deal", end=share.end + 1, terms=OTHER_TERMS)
    share.refused(codes.NOT_LONGER, CONSUMER, "renew", id="deal", end=share.end, terms=TERMS)
    share.ledger.time = share.end + 9
    share.refused(codes.ENDS_TOO_SOON, CONSUMER, "renew", id="deal", end=share.end + 9, terms=TERMS)


def test_an_expired_agreement_comes_back_into_force_by_renewal(share: Any) -> None:
    share.agree()
    share.ledger.time = share.end
    assert standing(share.agreement(), share.ledger.time) == "EXPIRED"
    for author in (CONSUMER, PROVIDER):
        share.act(author, "renew", id="deal", end=share.end + DAY, terms=TERMS)
    assert standing(share.agreement(), share.ledger.time) == "ACTIVE"


def test_how_an_agreement_stands_follows_from_its_record_and_the_time(share: Any) -> None:
    share.agree(start=share.start + DAY)
    found = share.agreement()
    times = [share.start, share.start + DAY - 1, share.start + DAY, share.end - 1, share.end]
    stands = [standing(found, time) for time in times]
    assert stands == ["PENDING", "PENDING", "ACTIVE", "ACTIVE", "EXPIRED"]
    share.act(PROVIDER, "suspend", id="deal", reason=REASON)
    assert [standing(share.agreement(), time) for time in times[2:]] == ["SUSPENDED", "SUSPENDED", "EXPIRED"]
    share.act(PROVIDER, "terminate", id="deal", reason=REASON)
    assert {standing(share.agreement(), time) for time in times} == {"TERMINATED"}


def test_an_agreement_passes_to_the_successor_of_a_party(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "suspend", id="deal", reason=REASON)
    share.merge(CONSUMER, STRANGER)
    share.act(STRANGER, "resume", id="deal", reason=REASON)
    share.act(STRANGER, "acknowledge", id="deal.1", content="1" * 64)
    assert share.transfer().state == "COMPLETED"
    assert share.agreement().consumer == CONSUMER, "the record keeps the party that signed"


def test_a_party_that_succeeded_the_other_renews_for_both_sides(share: Any) -> None:
    share.agree()
    share.merge(CONSUMER, PROVIDER)
    for _ in range(2):
        share.act(PROVIDER, "renew", id="deal", end=share.end + DAY, terms=TERMS)
    assert share.agreement().end == share.end + DAY
