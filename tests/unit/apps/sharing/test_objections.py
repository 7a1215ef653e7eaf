"""Objections to delivered data, and the provider's answers."""

from typing import Any

from dongting.appkit.context import NOT_FOUND
from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.sharing import codes
from dongting.apps.sharing.records import OBJECTION

PROVIDER, CONSUMER, STRANGER = "env-bureau", "green-tech", "air-alliance"
LATER, REASON = "3" * 64, "c" * 64


def test_an_objection_waits_for_the_provider(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "object-to", id="wrong", transfer="deal.1", reason=REASON)
    found = share.objection("wrong")
    assert (found.state, found.dataset, found.version, found.reason) == ("OPEN", "air", 1, REASON)
    assert OBJECTION.waits_for(found) == PROVIDER
    assert found.due is not None


def test_a_later_version_corrects_the_data(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "object-to", id="wrong", transfer="deal.1", reason=REASON)
    share.refused(codes.NOT_A_CORRECTION, PROVIDER, "correct", id="wrong", version=1)
    share.refused(codes.NOT_A_CORRECTION, PROVIDER, "correct", id="wrong", version=2)
    share.version(2, LATER)
    share.act(PROVIDER, "correct", id="wrong", version=2)
    assert (share.objection("wrong").state, share.objection("wrong").corrected_by) == ("CORRECTED", 2)
    share.refused(WRONG_STATE, PROVIDER, "reject", id="wrong", reason=REASON)


def test_an_objection_is_rejected_for_a_reason(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "object-to", id="wrong", transfer="deal.1", reason=REASON)
    share.act(PROVIDER, "reject", id="wrong", reason=LATER)
    assert (share.objection("wrong").state, share.objection("wrong").answer) == ("REJECTED", LATER)
    share.refused(WRONG_STATE, PROVIDER, "correct", id="wrong", version=2)


def test_an_objection_is_raised_once_by_who_holds_the_data(share: Any) -> None:
    args = {"id": "wrong", "transfer": "deal.1", "reason": REASON}
    share.refused(NOT_FOUND, CONSUMER, "object-to", **args)
    share.agree()
    share.refused(codes.NOTHING_HELD, CONSUMER, "object-to", **args)
    share.deliver()
    for author in (PROVIDER, STRANGER):
        share.refused(codes.NOT_CONSUMER, author, "object-to", **args)
    share.act(CONSUMER, "object-to", **args)
    share.refused(codes.ALREADY_OBJECTED, CONSUMER, "object-to", **args)


def test_only_the_provider_answers_an_objection(share: Any) -> None:
    share.delivered()
    share.act(CONSUMER, "object-to", id="wrong", transfer="deal.1", reason=REASON)
    share.version(2, LATER)
    for author in (CONSUMER, STRANGER):
        share.refused(codes.NOT_PROVIDER, author, "correct", id="wrong", version=2)
        share.refused(codes.NOT_PROVIDER, author, "reject", id="wrong", reason=REASON)
