"""Successors act for their predecessors; both sides consent, or the founders decide."""

from typing import Any

import pytest

from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.membership import Organisation, Succession, codes, directory, organisations
from dongting.apps.membership.succession import MAX_PREDECESSORS
from dongting.errors import Refused
from dongting.kernel import codes as kernel
from dongting.testing import Ledger
from dongting.testing.members import admit, enact, thumbprint


@pytest.fixture
def three(ledger: Ledger) -> Ledger:
    """A ledger with the members old, new and other."""
    for id in ("old", "new", "other"):
        admit(ledger, id)
    return ledger


def refusal(ledger: Ledger, author: str, action: str, arguments: dict[str, Any]) -> object:
    before = ledger.machine.head
    with pytest.raises(Refused) as refused:
        ledger.act(author, f"membership/{action}", arguments)
    assert ledger.machine.head == before
    return refused.value.code


def organisation(ledger: Ledger, id: str) -> Organisation:
    found = ledger.get(Organisation, id)
    assert found is not None
    return found


def succession(ledger: Ledger, id: str) -> Succession:
    found = ledger.get(Succession, id)
    assert found is not None
    return found


def acts_for(ledger: Ledger, id: str) -> frozenset[str]:
    kid = thumbprint(ledger, ledger.keys[id])
    return directory(ledger.machine.reader()).signer(id, kid).acts_for


def merge(ledger: Ledger, id: str, absorbed: str, absorbing: str) -> None:
    ledger.act(absorbing, "membership/merge", {"id": id, "absorbed": absorbed, "absorbing": absorbing})
    ledger.act(absorbed, "membership/consent", {"id": id})


@pytest.mark.parametrize("proposer", ["old", "new"])
def test_a_merger_takes_effect_with_the_other_sides_consent(three: Ledger, proposer: str) -> None:
    asked = {"id": "m", "absorbed": "old", "absorbing": "new"}
    three.act(proposer, "membership/merge", asked)
    awaited = "new" if proposer == "old" else "old"
    assert succession(three, "m").awaited == awaited
    assert organisation(three, "old").standing == "active"
    assert refusal(three, proposer, "consent", {"id": "m"}) is codes.NOT_AWAITED
    three.act(awaited, "membership/consent", {"id": "m"})
    assert succession(three, "m").state == "completed"
    assert organisation(three, "old").standing == "merged"
    assert organisation(three, "old").successor == "new"
    assert acts_for(three, "new") == {"new", "old"}


def test_who_was_absorbed_acts_no_more_and_cannot_be_readmitted(three: Ledger) -> None:
    merge(three, "m", "old", "new")
    rename = {"id": "old", "name": {"en": "Ghost"}}
    assert refusal(three, "old", "rename", rename) is kernel.WRONG_ROLE
    assert enact(three, "membership/readmit", {"id": "old"}).refusal == str(WRONG_STATE)


def test_a_successor_acts_for_all_whom_its_predecessors_succeeded(three: Ledger) -> None:
    merge(three, "m1", "old", "new")
    merge(three, "m2", "new", "other")
    assert acts_for(three, "other") == {"other", "new", "old"}
    known = organisations(three.machine.reader())
    assert known.successor("old") == "other"
    assert known.acts_for("other", "old")
    assert not known.acts_for("old", "other")


def test_a_split_names_the_body_that_takes_over_the_agreements(three: Ledger) -> None:
    asked = {"id": "s", "organisation": "old", "bodies": ["new", "other"], "successor": "new"}
    three.act("old", "membership/split", asked)
    three.act("new", "membership/consent", {"id": "s"})
    assert organisation(three, "old").standing == "split"
    assert acts_for(three, "new") == {"new", "old"}
    assert acts_for(three, "other") == {"other"}
    assert succession(three, "s").bodies == ("new", "other")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bodies": ["new", "new"]}, codes.BAD_SPLIT),
        ({"bodies": ["new", "old"]}, codes.BAD_SPLIT),
        ({"successor": "green-tech"}, codes.BAD_SPLIT),
        ({"bodies": ["new", "nobody"]}, codes.NO_SUCH_MEMBER),
        ({"organisation": "other"}, codes.NOT_ITSELF),
        ({"bodies": ["new"]}, kernel.MALFORMED_ARGUMENTS),
    ],
)
def test_a_split_that_cannot_be_is_refused(three: Ledger, changes: dict[str, Any], code: object) -> None:
    asked = {"id": "s", "organisation": "old", "bodies": ["new", "other"], "successor": "new", **changes}
    assert refusal(three, "old", "split", asked) is code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"absorbing": "old"}, codes.SAME_ORGANISATION),
        ({"absorbing": "nobody"}, codes.NO_SUCH_MEMBER),
        ({"absorbed": "other", "absorbing": "green-tech"}, codes.NOT_A_PARTY),
    ],
)
def test_a_merger_that_cannot_be_is_refused(three: Ledger, changes: dict[str, Any], code: object) -> None:
    asked = {"id": "m", "absorbed": "old", "absorbing": "new", **changes}
    assert refusal(three, "old", "merge", asked) is code


def test_a_declined_or_withdrawn_succession_changes_nothing(three: Ledger) -> None:
    asked = {"absorbed": "old", "absorbing": "new"}
    three.act("new", "membership/merge", {"id": "m1", **asked})
    three.act("old", "membership/decline", {"id": "m1"})
    three.act("new", "membership/merge", {"id": "m2", **asked})
    assert refusal(three, "old", "withdraw-succession", {"id": "m2"}) is codes.NOT_ITSELF
    three.act("new", "membership/withdraw-succession", {"id": "m2"})
    assert (succession(three, "m1").state, succession(three, "m2").state) == ("declined", "withdrawn")
    assert organisation(three, "old").standing == "active"
    for id in ("m1", "m2"):
        assert refusal(three, "old", "consent", {"id": id}) is WRONG_STATE
    assert refusal(three, "new", "merge", {"id": "m1", **asked}) is codes.TAKEN


def test_only_the_awaited_side_declines(three: Ledger) -> None:
    three.act("new", "membership/merge", {"id": "m", "absorbed": "old", "absorbing": "new"})
    assert refusal(three, "other", "decline", {"id": "m"}) is codes.NOT_AWAITED


def test_the_founders_name_a_successor_without_consent(three: Ledger) -> None:
    enact(three, "membership/suspend", {"id": "old"})
    asked = {"id": "reform", "predecessor": "old", "successor": "new"}
    assert enact(three, "membership/succeed", asked).state == "passed"
    assert organisation(three, "old").standing == "merged"
    assert acts_for(three, "new") == {"new", "old"}
    again = enact(three, "membership/succeed", {**asked, "id": "again"})
    assert again.refusal == str(WRONG_STATE)


def test_a_founders_seat_lapses_with_its_merger(three: Ledger) -> None:
    merge(three, "m", "green-tech", "new")
    known = organisations(three.machine.reader())
    assert known.founders() == ("env-bureau", "air-alliance")
    assert known.roles("new") == frozenset()


def test_the_last_founder_is_not_absorbed(three: Ledger) -> None:
    for id in ("air-alliance", "green-tech"):
        enact(three, "membership/dismiss", {"id": id, "office": "founder"})
    asked = {"id": "m", "absorbed": "env-bureau", "absorbing": "new"}
    three.act("new", "membership/merge", asked)
    assert refusal(three, "env-bureau", "consent", {"id": "m"}) is codes.LAST_FOUNDER


def test_a_supervisor_is_not_absorbed_in_office(three: Ledger) -> None:
    enact(three, "membership/appoint", {"id": "old", "office": "supervisor"})
    three.act("new", "membership/merge", {"id": "m", "absorbed": "old", "absorbing": "new"})
    assert refusal(three, "old", "consent", {"id": "m"}) is codes.HOLDS_OFFICE


def test_predecessors_are_limited(ledger: Ledger) -> None:
    admit(ledger, "new")
    for number in range(MAX_PREDECESSORS):
        admit(ledger, f"old-{number}")
        merge(ledger, f"m{number}", f"old-{number}", "new")
    admit(ledger, "last")
    ledger.act("new", "membership/merge", {"id": "m", "absorbed": "last", "absorbing": "new"})
    assert refusal(ledger, "last", "consent", {"id": "m"}) is codes.TOO_MANY_PREDECESSORS
