"""Approvals by two people: nothing but two different people, who agree on the same bytes, sign once."""

from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.people.access import Actor
from dongting.node.people.sign_off_codes import (
    BAD_REASON,
    BAD_RULE,
    FIRST_GONE,
    NEEDS_SECOND,
    NO_SUCH_SIGN_OFF,
    NOT_THE_FIRST,
    NOT_WAITING,
    SAME_PERSON,
    WAITS_ALREADY,
)
from dongting.node.people.sign_offs import LASTS
from dongting.wire import jcs

from .test_signatures import statement  # type: ignore[import-not-found]

BUREAU, AGREE, SUBJECT = "env-bureau", "sharing/agree", "sharing.negotiation/air"
ARGUMENTS = {"id": "air", "terms": "ab" * 32}
FIRST_ROLES = frozenset({"administrator", "data-officer", "requester", "developer"})


def actor(id: str, organisation: str = BUREAU) -> Actor:
    return Actor(id, id, organisation, FIRST_ROLES, (organisation,))


class Office:
    """An organisation that has two people approve, with two who may."""

    def __init__(self, people: Any) -> None:
        self.people, self.accounts = people, people.accounts
        self.offs, self.two = people.accounts.sign_offs, people.accounts.two_people
        self.wei, self.lan = actor(people.person("wei")), actor(people.person("lan"))
        self.two.change(BUREAU, [AGREE], self.wei)

    def begin(self, by: Actor | None = None, arguments: Any = None) -> str:
        payload = jcs.encode(arguments or ARGUMENTS)
        id: str = self.offs.begin(by or self.wei, BUREAU, AGREE, SUBJECT, payload, "ab" * 32, b"sealed")
        return id

    def sign(self, by: str, arguments: Any = None, number: int = 0, action: str = AGREE) -> None:
        """What the custodian does when it is asked to."""
        made = statement(action, SUBJECT, ARGUMENTS if arguments is None else arguments, number)
        self.accounts.signatures.signed(BUREAU, by, made)

    def signed(self) -> int:
        """How many statements left the custodian."""
        return sum(line["what"] == "signed" for line in self.people.lines())

    def state(self, id: str) -> str:
        found: str = self.offs.one(BUREAU, id).state
        return found


@pytest.fixture
def office(people: Any) -> Office:
    return Office(people)


def refused(work: Any, *given: Any) -> Any:
    with pytest.raises(Refused) as raised:
        work(*given)
    return raised.value.code


def test_two_people_sign_once_and_each_step_leaves_a_line(office: Office) -> None:
    id = office.begin()
    office.offs.confirm(office.lan, BUREAU, id)
    office.sign(office.lan.person)
    office.offs.settled(BUREAU, id, 7)
    found = office.offs.one(BUREAU, id)
    assert (found.state, found.first_name, found.second_name, found.index) == ("accepted", "Wei", "Lan", 7)
    told = [(line["what"], line["person"]) for line in office.people.lines()[-4:]]
    wei, lan = office.wei.person, office.lan.person
    assert told == [
        ("sign-off-begun", wei), ("sign-off-confirmed", lan), ("signed", lan), ("sign-off-accepted", lan),
    ]  # fmt: skip
    signed = office.people.lines()[-2]
    assert (signed["sign_off"], signed["first"], signed["statement"]) == (id, wei, found.statement)


@pytest.mark.parametrize("by", ["wei", "lan", ""])
def test_the_custodian_signs_nothing_that_nobody_confirmed(office: Office, by: str) -> None:
    """Whatever way it comes: the person alone, another person alone, a program without a person."""
    office.begin()
    who = {"wei": office.wei.person, "lan": office.lan.person}.get(by, "")
    assert refused(office.sign, who) is NEEDS_SECOND
    assert office.signed() == 0


def test_nobody_is_both_people(office: Office) -> None:
    """By a session or by an API key: the person is the same."""
    id = office.begin()
    by_key = Actor(office.wei.person, "Wei", BUREAU, FIRST_ROLES, (BUREAU,), frozenset({"approve"}))
    for one in (office.wei, by_key):
        assert refused(office.offs.confirm, one, BUREAU, id) is SAME_PERSON
        assert refused(office.offs.reject, one, BUREAU, id, "no") is SAME_PERSON
    assert refused(office.sign, office.wei.person) is NEEDS_SECOND
    assert office.state(id) == "waiting"


def test_after_the_first_signature_no_argument_can_change(office: Office) -> None:
    id = office.begin()
    office.offs.confirm(office.lan, BUREAU, id)
    for changed in ({"id": "air", "terms": "cd" * 32}, {"id": "air"}, {**ARGUMENTS, "note": "x"}):
        assert refused(office.sign, office.lan.person, changed) is NEEDS_SECOND
    assert refused(office.sign, office.wei.person) is NEEDS_SECOND, "nor who confirmed"
    office.sign(office.lan.person)
    assert office.signed() == 1


def test_confirming_twice_makes_one_statement(office: Office) -> None:
    id = office.begin()
    office.offs.confirm(office.lan, BUREAU, id)
    assert refused(office.offs.confirm, office.lan, BUREAU, id) is NOT_WAITING, "a second session"
    office.sign(office.lan.person)
    assert refused(office.sign, office.lan.person, None, 1) is NEEDS_SECOND, "another statement of the same"
    assert refused(office.sign, office.lan.person) is NEEDS_SECOND, "even the same again"
    office.offs.released(BUREAU, id)
    assert office.state(id) == "signed", "what was signed does not wait again"
    assert refused(office.offs.confirm, office.lan, BUREAU, id) is NOT_WAITING
    office.offs.settled(BUREAU, id, 7)
    office.offs.settled(BUREAU, id, None, "sharing/wrong-state")
    assert (office.state(id), office.signed()) == ("accepted", 1)


def test_a_confirmation_that_came_to_nothing_waits_again(office: Office) -> None:
    id = office.begin()
    office.offs.confirm(office.lan, BUREAU, id)
    office.offs.released(BUREAU, id)
    assert office.state(id) == "waiting"
    office.offs.confirm(office.lan, BUREAU, id)
    office.people.now += 121  # the worker that had it is gone
    mei = actor(office.people.person("mei"))
    office.offs.confirm(mei, BUREAU, id)
    assert refused(office.sign, office.lan.person) is NEEDS_SECOND, "only for whoever confirmed last"
    office.sign(mei.person)


def test_it_is_rejected_with_a_reason_or_withdrawn_and_then_signed_by_nobody(office: Office) -> None:
    one = office.begin()
    assert refused(office.offs.withdraw, office.lan, BUREAU, one) is NOT_THE_FIRST
    for bad in ("", "  ", "x" * 501):
        assert refused(office.offs.reject, office.lan, BUREAU, one, bad) is BAD_REASON
    office.offs.reject(office.lan, BUREAU, one, "too early")
    assert office.offs.one(BUREAU, one).reason == "too early"
    two = office.begin()
    office.offs.withdraw(office.wei, BUREAU, two)
    for id in (one, two):
        assert refused(office.offs.confirm, office.lan, BUREAU, id) is NOT_WAITING
        assert refused(office.offs.withdraw, office.wei, BUREAU, id) is NOT_WAITING
    assert [line["what"] for line in office.people.lines()[-3:]] == [
        "sign-off-rejected", "sign-off-begun", "sign-off-withdrawn",
    ]  # fmt: skip
    assert "too early" not in str(office.people.lines())


def test_it_runs_out_after_seven_days(office: Office) -> None:
    id = office.begin()
    office.people.now += LASTS
    assert refused(office.offs.confirm, office.lan, BUREAU, id) is NOT_WAITING
    assert office.state(id) == "expired"
    assert office.people.lines()[-1]["what"] == "sign-off-expired"
    assert office.offs.list(BUREAU, waiting=True) == []


def test_the_same_is_signed_off_once(office: Office) -> None:
    id = office.begin()
    assert office.begin() == id, "sent twice"
    assert refused(office.begin, office.lan) is WAITS_ALREADY


def test_who_left_or_lost_the_role_is_no_first_person_any_more(office: Office) -> None:
    id = office.begin()
    office.accounts.staff.set_roles(BUREAU, office.wei.person, ["auditor"], None)
    assert refused(office.offs.confirm, office.lan, BUREAU, id) is FIRST_GONE
    office.accounts.staff.set_roles(BUREAU, office.wei.person, ["data-officer"], None)
    office.offs.confirm(office.lan, BUREAU, id)


def test_another_organisation_sees_and_decides_nothing(office: Office) -> None:
    id, other = office.begin(), actor(office.people.person("zhou", "green-tech"), "green-tech")
    assert refused(office.offs.one, "green-tech", id) is NO_SUCH_SIGN_OFF
    assert refused(office.offs.confirm, other, "green-tech", id) is NO_SUCH_SIGN_OFF
    assert refused(office.offs.reject, other, "green-tech", id, "no") is NO_SUCH_SIGN_OFF
    assert office.offs.list("green-tech") == []


def test_the_rule_is_made_stricter_by_one_and_weaker_by_two(office: Office) -> None:
    office.two.change(BUREAU, [AGREE, "governance/vote"], office.wei)
    assert office.two.needed(BUREAU, "governance/vote", {})
    for _ in range(2):
        office.two.change(BUREAU, [], office.wei)
        assert office.two.needed(BUREAU, AGREE, {}), "one administrator alone"
    office.two.change(BUREAU, ["governance/vote"], office.lan)
    assert not office.two.needed(BUREAU, AGREE, {})
    assert office.two.needed(BUREAU, "governance/vote", {}), "the other one wanted to keep it"
    office.two.change(BUREAU, [], None)
    assert office.two.rule(BUREAU) == []
    told = [line for line in office.people.lines() if line["what"] == "two-people-changed"]
    assert told[2]["asked"] == ["governance/vote", AGREE]
    assert (told[-2]["removed"], told[-1]["removed"]) == ([AGREE], ["governance/vote"])


def test_what_waits_goes_on_waiting_when_the_rule_changes(office: Office) -> None:
    id = office.begin()
    office.two.change(BUREAU, [], None)
    assert office.state(id) == "waiting"
    office.offs.confirm(office.lan, BUREAU, id)
    office.sign(office.lan.person)
    assert office.state(id) == "signed", "and is used up by its statement"
    office.sign(office.wei.person, None, 1)  # without a rule one person signs
    office.two.change(BUREAU, [AGREE], office.wei)
    assert refused(office.sign, office.wei.person, None, 2) is NEEDS_SECOND


def test_a_rule_names_actions_that_there_are(office: Office) -> None:
    assert refused(office.two.change, BUREAU, ["sharing/explode"], office.wei) is BAD_RULE
    assert [one.action for one in office.two.rule(BUREAU)] == [AGREE]
    assert office.two.rule("green-tech") == []


def test_no_key_of_ones_own_is_added_to_go_round_a_rule(office: Office) -> None:
    for action in ("membership/add-key", "membership/rotate-key"):
        assert refused(office.sign, office.wei.person, {}, 0, action) is NEEDS_SECOND
    office.sign(office.wei.person, {}, 0, "membership/revoke-key")
    office.two.change(BUREAU, [], None)
    office.sign(office.wei.person, {}, 0, "membership/add-key")


def test_a_proposal_counts_as_what_it_proposes(office: Office) -> None:
    office.two.change(BUREAU, ["membership/expel"], office.wei)
    expel = {"id": "p", "action": "membership/expel", "arguments": "{}"}
    assert refused(office.sign, office.wei.person, expel, 0, "governance/propose") is NEEDS_SECOND
    admit = {"id": "p", "action": "membership/admit", "arguments": "{}"}
    office.sign(office.wei.person, admit, 0, "governance/propose")


def test_the_node_goes_on_anchoring_its_audit_log_and_nobody_can_pretend_to(office: Office) -> None:
    office.two.change(BUREAU, ["evidence/register"], office.wei)
    made = office.accounts.audit.claim(0)
    arguments = {"id": made.evidence, "kind": "file", "content": "ab" * 32}
    assert refused(office.sign, office.wei.person, arguments, 0, "evidence/register") is NEEDS_SECOND
    office.sign("", arguments, 0, "evidence/register")
    other = {**arguments, "id": "mine"}
    assert refused(office.sign, "", other, 0, "evidence/register") is NEEDS_SECOND
    office.accounts.audit.anchored(made)
    assert refused(office.sign, "", arguments, 0, "evidence/register") is NEEDS_SECOND
