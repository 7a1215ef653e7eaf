"""What holds for every action of governance: roles, arguments, words."""

import string

import pytest

from dongting.appkit.app import COLLECTIVE, FOUNDER, Action
from dongting.apps.governance import app
from dongting.apps.governance import codes as governance_codes
from dongting.errors import Code, Refused
from dongting.kernel import codes
from dongting.testing import Ledger
from dongting.testing.members import admit, enact

ACTIONS = list(app.actions.values())
COLLECTIVES = [action for action in ACTIONS if COLLECTIVE in action.by]
OTHERS = [action for action in ACTIONS if COLLECTIVE not in action.by]
FOUNDERS_ONLY = [action for action in ACTIONS if action.by == {FOUNDER}]


def name(action: Action) -> str:
    return action.name


@pytest.mark.parametrize("action", COLLECTIVES, ids=name)
def test_a_founder_alone_cannot_do_what_only_the_founders_together_may(
    ledger: Ledger, action: Action
) -> None:
    with pytest.raises(Refused) as refused:
        ledger.act("env-bureau", action.name, {})
    assert refused.value.code is codes.WRONG_ROLE


@pytest.mark.parametrize("action", COLLECTIVES, ids=name)
def test_a_passed_proposal_with_malformed_arguments_is_not_carried_out(
    ledger: Ledger, action: Action
) -> None:
    proposal = enact(ledger, action.name, {"unknown": 1})
    assert (proposal.state, proposal.refusal) == ("refused", str(codes.MALFORMED_ARGUMENTS))


@pytest.mark.parametrize("action", FOUNDERS_ONLY, ids=name)
def test_a_member_that_is_no_founder_decides_nothing(ledger: Ledger, action: Action) -> None:
    admit(ledger, "newcomer")
    with pytest.raises(Refused) as refused:
        ledger.act("newcomer", action.name, {})
    assert refused.value.code is codes.WRONG_ROLE


@pytest.mark.parametrize("action", OTHERS, ids=name)
def test_malformed_arguments_are_refused(ledger: Ledger, action: Action) -> None:
    with pytest.raises(Refused) as refused:
        ledger.act("env-bureau", action.name, {"unknown": 1})
    assert refused.value.code is codes.MALFORMED_ARGUMENTS


@pytest.mark.parametrize("action", OTHERS, ids=name)
def test_no_proposal_carries_what_one_organisation_does_by_itself(ledger: Ledger, action: Action) -> None:
    proposal = enact(ledger, action.name, {})
    assert (proposal.state, proposal.refusal) == ("refused", str(codes.NOT_COLLECTIVE))


@pytest.mark.parametrize("action", ACTIONS, ids=name)
def test_every_sentence_names_only_arguments_and_the_author(action: Action) -> None:
    known = {"author", *action.arguments.__struct_fields__}
    for text in (action.says.en, action.says.zh):
        assert text
        assert {field for _, field, _, _ in string.Formatter().parse(text) if field} <= known
    assert action.doc
    assert action.title.en
    assert action.title.zh


def test_the_numbers_of_refusals_are_unique_and_complete() -> None:
    found = [code for code in vars(governance_codes).values() if isinstance(code, Code)]
    assert sorted(code.number for code in found) == list(range(1, len(found) + 1))
    assert len({code.name for code in found}) == len(found)
    for code in found:
        fields = [
            {field for _, field, _, _ in string.Formatter().parse(text) if field}
            for text in (code.en, code.zh)
        ]
        assert fields[0] == fields[1]
