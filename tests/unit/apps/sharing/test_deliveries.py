"""Handing over: what is delivered, acknowledged, disputed and answered for."""

from typing import Any

import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.sharing import codes
from dongting.apps.sharing.records import TRANSFER

PROVIDER, CONSUMER, STRANGER = "env-bureau", "green-tech", "air-alliance"
CONTENT, ADDRESS, LATER, REASON, LOCATOR = "1" * 64, "2" * 64, "3" * 64, "c" * 64, "e" * 64
DAY = 86_400


def test_an_agreement_asks_for_its_first_delivery_by_itself(share: Any) -> None:
    share.agree()
    found = share.transfer()
    assert (found.state, found.agreement, found.version) == ("REQUESTED", "deal", None)
    assert TRANSFER.waits_for(found) == PROVIDER
    assert found.due is not None


def test_the_delivery_of_an_agreement_yet_to_begin_is_due_after_its_beginning(share: Any) -> None:
    share.agree(start=share.start + 100 * DAY)
    assert share.transfer().due > share.start + 100 * DAY


def test_a_delivery_hands_over_what_the_catalogue_committed_to(share: Any) -> None:
    share.delivered()
    found = share.transfer()
    assert (found.state, found.version, found.kind) == ("STARTED", 1, "file")
    assert (found.content, found.address, found.locator) == (CONTENT, ADDRESS, None)
    assert found.delivered == share.ledger.time
    assert TRANSFER.waits_for(found) == CONSUMER


def test_the_same_content_is_acknowledged(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "acknowledge", id="deal.1", content=CONTENT)
    assert (share.transfer().state, share.transfer().due) == ("COMPLETED", None)
    share.refused(WRONG_STATE, CONSUMER, "acknowledge", id="deal.1", content=CONTENT)
    share.refused(WRONG_STATE, CONSUMER, "dispute", id="deal.1", observed=REASON)


def test_other_content_is_not_acknowledged_but_disputed_on_the_record(share: Any) -> None:
    share.delivered()
    refusal = share.refused(codes.CONTENT_DIFFERS, CONSUMER, "acknowledge", id="deal.1", content=LATER)
    assert "dispute it" in refusal.text("en")
    share.act(CONSUMER, "dispute", id="deal.1", observed=REASON)
    found = share.transfer()
    assert (found.state, found.observed) == ("SUSPENDED", REASON)
    assert TRANSFER.waits_for(found) == PROVIDER


def test_a_dispute_is_resolved_by_delivering_again(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "dispute", id="deal.1", observed=REASON)
    share.version(2, LATER)
    share.act(PROVIDER, "redeliver", id="deal.1", version=2, content=LATER, answer=REASON)
    found = share.transfer()
    assert (found.state, found.version, found.content, found.reason) == ("STARTED", 2, LATER, REASON)
    share.act(CONSUMER, "acknowledge", id="deal.1", content=LATER)
    assert share.transfer().state == "COMPLETED"


def test_a_dispute_is_taken_back_by_acknowledging(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "dispute", id="deal.1", observed=REASON)
    share.act(CONSUMER, "acknowledge", id="deal.1", content=CONTENT)
    assert share.transfer().state == "COMPLETED"


def test_a_later_version_is_delivered_without_a_new_request(share: Any) -> None:
    share.delivered()
    share.version(2, LATER)
    share.deliver(id="deal.2", version=2, content=LATER)
    assert share.transfer("deal.2").content == LATER
    assert share.agreement().deliveries == 2
    assert share.transfer("deal.1").content == CONTENT


def test_a_consumer_asks_for_one_more_delivery(share: Any) -> None:
    share.refused(NOT_FOUND, CONSUMER, "request-delivery", id="deal.2", agreement="deal")
    share.agree()
    share.refused(codes.DELIVERY_OPEN, CONSUMER, "request-delivery", id="deal.2", agreement="deal")
    share.deliver()
    share.refused(codes.NOT_CONSUMER, PROVIDER, "request-delivery", id="deal.2", agreement="deal")
    share.refused(codes.NOT_THE_NEXT_DELIVERY, CONSUMER, "request-delivery", id="deal.3", agreement="deal")
    share.act(CONSUMER, "request-delivery", id="deal.2", agreement="deal")
    found = share.transfer("deal.2")
    assert (found.state, TRANSFER.waits_for(found)) == ("REQUESTED", PROVIDER)
    assert found.due is not None
    share.deliver(id="deal.2")
    assert share.transfer("deal.2").state == "STARTED"


def test_deliveries_are_numbered_so_that_nobody_can_take_an_id_beforehand(share: Any) -> None:
    share.agree()
    args = {"agreement": "deal", "version": 1, "content": CONTENT}
    share.refused(codes.NOT_THE_NEXT_DELIVERY, PROVIDER, "deliver", id="deal.2", **args)
    share.deliver()
    for id in ("deal.1", "deal.3", "other.2"):
        share.refused(codes.NOT_THE_NEXT_DELIVERY, PROVIDER, "deliver", id=id, **args)


def test_what_is_delivered_is_a_version_with_that_content(share: Any) -> None:
    share.agree()
    args = {"id": "deal.1", "agreement": "deal"}
    share.refused(codes.NO_SUCH_VERSION, PROVIDER, "deliver", version=2, content=CONTENT, **args)
    share.refused(codes.CONTENT_DIFFERS, PROVIDER, "deliver", version=1, content=LATER, **args)
    share.ledger.act(PROVIDER, "catalogue/erase", {"id": "air", "number": 1})
    share.refused(codes.DOWNLOAD_ERASED, PROVIDER, "deliver", version=1, content=CONTENT, **args)


def test_an_external_delivery_keeps_digest_and_acknowledgement_here(share: Any) -> None:
    share.version(2, LATER, address=None)
    share.agree()
    args = {"id": "deal.1", "agreement": "deal", "version": 2, "content": LATER}
    share.refused(codes.NO_FILE, PROVIDER, "deliver", **args)
    share.refused(codes.LOCATOR_MISSING, PROVIDER, "deliver", kind="external", **args)
    share.refused(codes.LOCATOR_UNNEEDED, PROVIDER, "deliver", locator=LOCATOR, **args)
    share.act(PROVIDER, "deliver", kind="external", locator=LOCATOR, **args)
    found = share.transfer()
    assert (found.kind, found.locator, found.address) == ("external", LOCATOR, None)
    share.act(CONSUMER, "acknowledge", id="deal.1", content=LATER)
    assert share.transfer().state == "COMPLETED"


def test_nothing_is_delivered_while_the_agreement_is_not_in_force(share: Any) -> None:
    share.agree()
    args = {"id": "deal.1", "agreement": "deal", "version": 1, "content": CONTENT}
    share.act(CONSUMER, "suspend", id="deal", reason=REASON)
    share.refused(codes.AGREEMENT_NOT_IN_FORCE, PROVIDER, "deliver", **args)
    share.act(CONSUMER, "resume", id="deal", reason=REASON)
    share.ledger.time = share.end
    share.refused(codes.AGREEMENT_NOT_IN_FORCE, PROVIDER, "deliver", **args)
    share.refused(codes.AGREEMENT_NOT_IN_FORCE, CONSUMER, "request-delivery", id="deal.2", agreement="deal")


def test_a_dispute_cannot_be_answered_with_data_after_the_end(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "dispute", id="deal.1", observed=REASON)
    share.ledger.time = share.end
    args = {"id": "deal.1", "version": 1, "content": CONTENT}
    share.refused(codes.AGREEMENT_NOT_IN_FORCE, PROVIDER, "redeliver", **args)


@pytest.mark.parametrize("author", [PROVIDER, CONSUMER])
def test_either_side_cancels_a_delivery_that_is_not_acknowledged(share: Any, author: str) -> None:
    share.agree()
    share.act(author, "cancel", id="deal.1", reason=REASON)
    assert (share.transfer().state, share.transfer().reason) == ("TERMINATED", REASON)
    share.deliver(id="deal.2")
    share.act(CONSUMER, "acknowledge", id="deal.2", content=CONTENT)
    share.refused(WRONG_STATE, author, "cancel", id="deal.2", reason=REASON)


def test_each_side_of_a_delivery_does_its_own_part(share: Any) -> None:
    share.agree()
    args = {"id": "deal.1", "agreement": "deal", "version": 1, "content": CONTENT}
    for author in (CONSUMER, STRANGER):
        share.refused(codes.NOT_PROVIDER, author, "deliver", **args)
    share.deliver()
    for author in (PROVIDER, STRANGER):
        share.refused(codes.NOT_CONSUMER, author, "acknowledge", id="deal.1", content=CONTENT)
        share.refused(codes.NOT_CONSUMER, author, "dispute", id="deal.1", observed=REASON)
        share.refused(codes.NOT_CONSUMER, author, "attest-destruction", id="deal.1", outcome="done")
    for author in (CONSUMER, STRANGER):
        share.refused(codes.NOT_PROVIDER, author, "redeliver", id="deal.1", version=1, content=CONTENT)
    share.refused(codes.NOT_A_PARTY, STRANGER, "cancel", id="deal.1", reason=REASON)


def test_each_step_of_a_delivery_belongs_to_its_state(share: Any) -> None:
    share.agree()
    share.refused(WRONG_STATE, CONSUMER, "acknowledge", id="deal.1", content=CONTENT)
    share.refused(WRONG_STATE, CONSUMER, "dispute", id="deal.1", observed=REASON)
    share.refused(WRONG_STATE, PROVIDER, "redeliver", id="deal.1", version=1, content=CONTENT)
    share.refused(codes.NOTHING_HELD, CONSUMER, "attest-destruction", id="deal.1", outcome="done")
    share.refused(NOT_FOUND, CONSUMER, "acknowledge", id="deal.9", content=CONTENT)


def test_a_consumer_answers_on_record_that_its_copy_is_destroyed(share: Any) -> None:
    share.delivered()
    share.ledger.act(PROVIDER, "catalogue/erase", {"id": "air", "number": 1})
    share.act(CONSUMER, "attest-destruction", id="deal.1", outcome="done")
    found = share.transfer()
    assert (found.destruction, found.destruction_said) == ("done", share.ledger.time)
    share.refused(codes.ALREADY_DESTROYED, CONSUMER, "attest-destruction", id="deal.1", outcome="done")


def test_a_consumer_that_cannot_destroy_says_why_and_can_destroy_later(share: Any) -> None:
    share.delivered()
    share.refused(codes.REASON_MISSING, CONSUMER, "attest-destruction", id="deal.1", outcome="cannot")
    share.act(CONSUMER, "attest-destruction", id="deal.1", outcome="cannot", reason=REASON)
    assert (share.transfer().destruction, share.transfer().destruction_reason) == ("cannot", REASON)
    share.act(CONSUMER, "attest-destruction", id="deal.1", outcome="done")
    assert (share.transfer().destruction, share.transfer().destruction_reason) == ("done", None)
