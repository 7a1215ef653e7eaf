"""A permit is asked for, decided by its authority, revoked by the supervisor, and proven."""

from typing import Any

import permits
import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.appkit.workflow import WRONG_STATE
from dongting.apps import governance, membership
from dongting.errors import Code, Refused
from dongting.kernel.codes import MALFORMED_ARGUMENTS, REPLAYED, WRONG_ROLE
from dongting.testing import Ledger
from dongting.wire import jcs
from dongting.wire.part import Part, matching

AUTHORITY, APPLICANT, SUPERVISOR = "env-bureau", "green-tech", "air-alliance"
SUPPLIES = [
    (permits.Organisations, membership.organisations),
    (permits.WorkingDays, governance.working_days),
]
PURPOSE = Part(b"\x01" * 32, jcs.encode({"text": "Measuring air on the roof of the town hall"}))
DAY = 86_400


class Office:
    """A ledger with the application, and one line for each of its actions."""

    def __init__(self) -> None:
        self.ledger = Ledger(apps=[permits.app], supplies=SUPPLIES, supervisor=SUPERVISOR)
        self.purpose = PURPOSE.commitment(self.ledger.profile)

    def ask(self, author: str = APPLICANT, **changes: Any) -> None:
        now = self.ledger.time
        asked = {"id": "roof", "authority": AUTHORITY, "purpose": self.purpose, "start": now}
        self.act(author, "ask", **{**asked, "end": now + 90 * DAY, **changes})

    def act(self, author: str, action: str, **arguments: Any) -> None:
        self.ledger.act(author, f"permits/{action}", arguments)

    def refused(self, code: Code, author: str, action: str, **arguments: Any) -> None:
        with pytest.raises(Refused) as caught:
            self.act(author, action, **arguments)
        assert caught.value.code is code
        assert caught.value.text("en")
        assert caught.value.text("zh")

    def permit(self) -> permits.Permit:
        found = self.ledger.get(permits.Permit, "roof")
        assert found is not None
        return found


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_request_waits_for_the_authority_until_it_is_due(office: Office) -> None:
    office.ask()
    permit = office.permit()
    assert (permit.state, permits.PERMIT.waits_for(permit)) == ("ASKED", AUTHORITY)
    assert not permits.PERMIT.overdue(permit, office.ledger.time)
    office.ledger.advance(days=60)
    assert permits.PERMIT.overdue(permit, office.ledger.time)


def test_a_granted_permit_is_in_force_from_its_start_to_its_end(office: Office) -> None:
    office.ask()
    office.act(AUTHORITY, "grant", id="roof")
    permit = office.permit()
    assert not permits.in_force(permit, permit.start - 1)
    assert permits.in_force(permit, permit.start)
    assert not permits.in_force(permit, permit.end)


def test_a_permit_is_decided_once_and_by_its_authority_alone(office: Office) -> None:
    office.ask()
    for author in (APPLICANT, SUPERVISOR):
        office.refused(permits.NOT_THE_AUTHORITY, author, "grant", id="roof")
        office.refused(permits.NOT_THE_AUTHORITY, author, "refuse", id="roof", reason="a" * 64)
    office.act(AUTHORITY, "refuse", id="roof", reason="a" * 64)
    assert (office.permit().state, office.permit().reason) == ("REFUSED", "a" * 64)
    office.refused(WRONG_STATE, AUTHORITY, "grant", id="roof")
    office.refused(NOT_FOUND, AUTHORITY, "grant", id="cellar")


def test_only_the_supervisor_revokes(office: Office) -> None:
    office.ask()
    office.refused(WRONG_STATE, SUPERVISOR, "revoke", id="roof", reason="a" * 64)
    office.act(AUTHORITY, "grant", id="roof")
    office.refused(WRONG_ROLE, AUTHORITY, "revoke", id="roof", reason="a" * 64)
    office.act(SUPERVISOR, "revoke", id="roof", reason="a" * 64)
    assert office.permit().state == "REVOKED"


def test_a_request_needs_a_new_id_an_authority_and_a_period(office: Office) -> None:
    for stranger in (APPLICANT, "nobody"):
        with pytest.raises(Refused) as caught:
            office.ask(authority=stranger)
        assert caught.value.code is permits.NOT_AN_AUTHORITY
    with pytest.raises(Refused) as caught:
        office.ask(end=office.ledger.time)
    assert caught.value.code is permits.ENDS_TOO_SOON
    office.ask()
    with pytest.raises(Refused) as caught:
        office.ask()
    assert caught.value.code is permits.ALREADY_ASKED


@pytest.mark.parametrize("arguments", [{}, {"id": "No Slug"}, {"id": "roof", "note": "a word"}])
def test_malformed_arguments_are_refused(office: Office, arguments: dict[str, Any]) -> None:
    for action in permits.app.actions.values():
        with pytest.raises(Refused) as caught:
            office.ledger.act(SUPERVISOR, action.name, arguments, subject="permits.permit/roof")
        assert caught.value.code is MALFORMED_ARGUMENTS
    assert office.ledger.get(permits.Permit, "roof") is None


def test_a_nonce_serves_one_statement(office: Office) -> None:
    office.ask()
    ledger = office.ledger
    ledger.act(AUTHORITY, "permits/grant", {"id": "roof"}, nonce=b"\x07" * 16)
    with pytest.raises(Refused) as caught:
        ledger.act(AUTHORITY, "permits/refuse", {"id": "roof", "reason": "a" * 64}, nonce=b"\x07" * 16)
    assert caught.value.code is REPLAYED


def test_the_purpose_is_bound_to_the_permit_but_not_written_in_the_ledger(office: Office) -> None:
    office.ask()
    assert matching(office.permit().purpose, PURPOSE, office.ledger.profile) is PURPOSE
    assert not any(b"town hall" in value for _, value in office.ledger.store.scan(b""))
