"""Founders propose and vote; what reaches the quorum is carried out in the deciding vote."""

from typing import Any

import pytest

from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.governance import Parameter, Proposal, codes
from dongting.apps.governance.parameters import votes_needed
from dongting.apps.governance.proposals import VOTING
from dongting.apps.membership import Organisation
from dongting.errors import Refused
from dongting.kernel import codes as kernel
from dongting.testing import Ledger
from dongting.testing.members import enact
from dongting.wire.jcs import NOT_CANONICAL

ARGUMENTS = '{"id":"answer-days","value":15}'
DAY = 86_400


@pytest.fixture
def proposed(ledger: Ledger) -> Ledger:
    """The proposal p, by env-bureau, to answer within 15 days."""
    propose(ledger, "p")
    return ledger


def propose(ledger: Ledger, id: str, author: str = "env-bureau", **changes: Any) -> None:
    given = {"id": id, "action": "governance/set-parameter", "arguments": ARGUMENTS, **changes}
    ledger.act(author, "governance/propose", given)


def vote(ledger: Ledger, founder: str, choice: str = "for", id: str = "p") -> Proposal:
    ledger.act(founder, "governance/vote", {"proposal": id, "choice": choice})
    return proposal(ledger, id)


def proposal(ledger: Ledger, id: str = "p") -> Proposal:
    found = ledger.get(Proposal, id)
    assert found is not None
    return found


def refusal(ledger: Ledger, author: str, action: str, arguments: dict[str, Any]) -> object:
    before = ledger.machine.head
    with pytest.raises(Refused) as refused:
        ledger.act(author, f"governance/{action}", arguments)
    assert ledger.machine.head == before
    return refused.value.code


def answer_days(ledger: Ledger) -> int:
    found = ledger.get(Parameter, "answer-days")
    assert found is not None
    return found.value


@pytest.mark.parametrize("profile", ["international", "national"])
def test_the_vote_that_reaches_the_quorum_carries_the_action_out(profile: str) -> None:
    ledger = Ledger(profile)
    propose(ledger, "p")
    assert proposal(ledger).deadline == ledger.time + 7 * DAY
    assert vote(ledger, "env-bureau").state == "open"
    assert answer_days(ledger) == 10
    decided = vote(ledger, "air-alliance")
    assert (decided.state, decided.decided, decided.refusal) == ("passed", ledger.time, None)
    assert answer_days(ledger) == 15


def test_a_proposal_out_of_reach_of_the_quorum_is_rejected_at_once(proposed: Ledger) -> None:
    assert vote(proposed, "green-tech", "against").state == "open"
    assert vote(proposed, "air-alliance", "against").state == "rejected"
    assert answer_days(proposed) == 10


def test_a_founder_changes_its_vote_until_the_decision(proposed: Ledger) -> None:
    vote(proposed, "green-tech", "against")
    changed = vote(proposed, "green-tech")
    assert [(each.founder, each.choice) for each in changed.votes] == [("green-tech", "for")]
    assert vote(proposed, "air-alliance").state == "passed"
    late = {"proposal": "p", "choice": "against"}
    assert refusal(proposed, "green-tech", "vote", late) is WRONG_STATE


def test_the_same_vote_again_changes_nothing(proposed: Ledger) -> None:
    vote(proposed, "green-tech")
    again = {"proposal": "p", "choice": "for"}
    assert refusal(proposed, "green-tech", "vote", again) is codes.ALREADY_VOTED


def test_votes_end_with_the_deadline(proposed: Ledger) -> None:
    proposed.advance(days=7, seconds=-1)
    vote(proposed, "green-tech")
    proposed.advance(seconds=1)
    late = {"proposal": "p", "choice": "for"}
    assert refusal(proposed, "air-alliance", "vote", late) is codes.VOTING_OVER
    assert refusal(proposed, "env-bureau", "withdraw", {"proposal": "p"}) is codes.VOTING_OVER
    assert VOTING.overdue(proposal(proposed), proposed.time)
    assert proposal(proposed).state == "open"


def test_only_the_proposer_withdraws(proposed: Ledger) -> None:
    arguments = {"proposal": "p"}
    assert refusal(proposed, "green-tech", "withdraw", arguments) is codes.NOT_THE_PROPOSER
    proposed.act("env-bureau", "governance/withdraw", arguments)
    assert proposal(proposed).state == "withdrawn"
    assert refusal(proposed, "env-bureau", "withdraw", arguments) is WRONG_STATE
    late = {"proposal": "p", "choice": "for"}
    assert refusal(proposed, "green-tech", "vote", late) is WRONG_STATE


def test_an_id_is_never_given_twice(proposed: Ledger) -> None:
    again = {"id": "p", "action": "governance/set-parameter", "arguments": ARGUMENTS}
    assert refusal(proposed, "green-tech", "propose", again) is codes.TAKEN


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"arguments": '{ "id":"answer-days"}'}, NOT_CANONICAL),
        ({"arguments": '{"a":1,"a":1}'}, NOT_CANONICAL),
        ({"arguments": "[]"}, codes.NOT_AN_OBJECT),
        ({"action": "set-parameter"}, kernel.MALFORMED_ARGUMENTS),
        ({"motive": "because"}, kernel.MALFORMED_ARGUMENTS),
    ],
)
def test_a_proposal_that_cannot_be_carried_out_in_one_way_is_refused(
    ledger: Ledger, changes: dict[str, Any], code: object
) -> None:
    given = {"id": "p", "action": "governance/set-parameter", "arguments": ARGUMENTS, **changes}
    assert refusal(ledger, "env-bureau", "propose", given) is code


def test_only_the_commitment_to_the_motive_is_on_record(ledger: Ledger) -> None:
    propose(ledger, "p", motive="ab" * 32)
    assert proposal(ledger).motive == "ab" * 32
    assert proposal(ledger).founders == ("env-bureau", "green-tech", "air-alliance")


def test_a_passed_proposal_that_is_refused_says_why_and_changes_nothing(ledger: Ledger) -> None:
    decided = enact(ledger, "governance/set-parameter", {"id": "answer-days", "value": 0})
    assert (decided.state, decided.refusal) == ("refused", str(codes.OUT_OF_BOUNDS))
    assert answer_days(ledger) == 10


def test_an_unknown_action_is_refused_when_it_is_carried_out(ledger: Ledger) -> None:
    assert enact(ledger, "nothing/at-all", {}).refusal == str(kernel.UNKNOWN_ACTION)


def test_only_founders_in_good_standing_count(proposed: Ledger) -> None:
    vote(proposed, "green-tech")
    enact(proposed, "membership/suspend", {"id": "green-tech"})
    # Two are left, so both are needed; the vote of the suspended one does not count.
    assert vote(proposed, "env-bureau").state == "open"
    assert vote(proposed, "air-alliance").state == "passed"


def test_a_vote_repeated_after_a_founder_left_decides(proposed: Ledger) -> None:
    vote(proposed, "env-bureau")
    enact(proposed, "membership/dismiss", {"id": "green-tech", "office": "founder"})
    enact(proposed, "membership/dismiss", {"id": "air-alliance", "office": "founder"})
    assert vote(proposed, "env-bureau").state == "passed"


def test_a_passed_proposal_reaches_other_applications(ledger: Ledger) -> None:
    assert enact(ledger, "membership/suspend", {"id": "green-tech"}).state == "passed"
    found = ledger.get(Organisation, "green-tech")
    assert found is not None
    assert found.standing == "suspended"


def test_two_thirds_of_three_are_two_and_of_four_are_three() -> None:
    assert [votes_needed("two-thirds", n) for n in range(1, 8)] == [1, 2, 2, 3, 4, 4, 5]
    assert [votes_needed("majority", n) for n in range(1, 8)] == [1, 2, 2, 3, 3, 4, 4]


def test_a_replayed_vote_is_counted_once(proposed: Ledger) -> None:
    statement = proposed.sign("green-tech", "governance/vote", {"proposal": "p", "choice": "for"})
    first, size = proposed.submit(statement)[0], proposed.machine.head.size
    assert proposed.submit(statement)[0] == first
    assert proposed.machine.head.size == size
    assert len(proposal(proposed).votes) == 1
