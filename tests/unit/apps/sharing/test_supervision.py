"""What the supervisor says: it urges who is overdue and proposes in a dispute, and binds nobody."""

from typing import Any

import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.apps.sharing import codes
from dongting.apps.sharing.supervision import Supervision
from dongting.errors import Refused
from dongting.kernel.codes import WRONG_ROLE

PROVIDER, CONSUMER, SUPERVISOR = "env-bureau", "green-tech", "air-alliance"
TEXT, REASON, DAY = "d" * 64, "c" * 64, 86_400


@pytest.fixture
def share(share: Any) -> Any:
    """The genesis names the third founder as supervisor."""
    return type(share)(supervisor=SUPERVISOR)


def said(share: Any, id: str) -> Supervision:
    found = share.ledger.get(Supervision, id)
    assert found is not None
    return found


def test_whoever_is_overdue_is_urged(share: Any) -> None:
    share.agree()
    share.refused(codes.NOT_OVERDUE, SUPERVISOR, "urge", id="word", transfer="deal.1")
    share.ledger.time = share.transfer().due
    before = share.transfer()
    share.act(SUPERVISOR, "urge", id="word", transfer="deal.1", text=TEXT)
    word = said(share, "word")
    assert (word.kind, word.addressee, word.supervisor, word.text) == ("urge", PROVIDER, SUPERVISOR, TEXT)
    assert (word.provider, word.consumer, word.transfer) == (PROVIDER, CONSUMER, "deal.1")
    assert share.transfer() == before, "what is owed stays as it was"


def test_a_request_that_nobody_answers_is_urged_too(share: Any) -> None:
    share.request()
    share.ledger.time = share.negotiation().due
    share.act(SUPERVISOR, "urge", id="word", negotiation="deal")
    assert said(share, "word").addressee == PROVIDER


def test_a_resolution_is_proposed_while_something_is_disputed(share: Any) -> None:
    share.delivered()
    share.refused(codes.NOT_DISPUTED, SUPERVISOR, "mediate", id="word", transfer="deal.1", text=TEXT)
    share.act(CONSUMER, "object-to", id="wrong", transfer="deal.1", reason=REASON)
    share.act(SUPERVISOR, "mediate", id="word", objection="wrong", text=TEXT)
    assert (said(share, "word").kind, said(share, "word").objection) == ("mediate", "wrong")
    share.act(PROVIDER, "reject", id="wrong", reason=REASON)
    share.refused(codes.NOT_DISPUTED, SUPERVISOR, "mediate", id="again", objection="wrong", text=TEXT)


def test_only_the_supervisor_speaks_and_never_in_a_matter_of_its_own(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "object-to", id="wrong", transfer="deal.1", reason=REASON)
    for author in (PROVIDER, CONSUMER):
        share.refused(WRONG_ROLE, author, "mediate", id="word", objection="wrong", text=TEXT)
        share.refused(WRONG_ROLE, author, "urge", id="word", objection="wrong")
    share.request("own", author=SUPERVISOR)
    share.ledger.time = share.negotiation("own").due
    share.refused(codes.OWN_MATTER, SUPERVISOR, "urge", id="word", negotiation="own")


def test_exactly_one_matter_is_named_and_no_word_is_said_twice(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "object-to", id="wrong", transfer="deal.1", reason=REASON)
    share.refused(codes.ONE_MATTER, SUPERVISOR, "mediate", id="word", text=TEXT)
    both = {"transfer": "deal.1", "objection": "wrong"}
    share.refused(codes.ONE_MATTER, SUPERVISOR, "mediate", id="word", text=TEXT, **both)
    share.refused(NOT_FOUND, SUPERVISOR, "urge", id="word", transfer="nothing.1")
    share.act(SUPERVISOR, "mediate", id="word", objection="wrong", text=TEXT)
    share.refused(codes.ALREADY_SAID, SUPERVISOR, "mediate", id="word", objection="wrong", text=TEXT)
    with pytest.raises(Refused):
        share.act(SUPERVISOR, "mediate", id="malformed", objection="wrong", text="no commitment")
