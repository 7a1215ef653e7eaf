"""Standing and offices, and that somebody is always left to decide."""

from collections.abc import Callable

import pytest

from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.membership import Delegation, Offices, Organisation, codes
from dongting.errors import Refused
from dongting.kernel import codes as kernel
from dongting.testing import Ledger
from dongting.testing.members import admit, enact

Codes = Callable[[int], str]


def organisation(ledger: Ledger, id: str) -> Organisation:
    found = ledger.get(Organisation, id)
    assert found is not None
    return found


def offices(ledger: Ledger) -> Offices:
    found = ledger.get(Offices, "network")
    assert found is not None
    return found


def decide(ledger: Ledger, action: str, **arguments: object) -> str | None:
    return enact(ledger, f"membership/{action}", arguments).refusal


def test_a_suspended_organisation_acts_again_when_readmitted(ledger: Ledger) -> None:
    admit(ledger, "newcomer")
    assert decide(ledger, "suspend", id="newcomer") is None
    new_name = {"id": "newcomer", "name": {"en": "Newer"}}
    with pytest.raises(Refused) as refused:
        ledger.act("newcomer", "membership/rename", new_name)
    assert refused.value.code is kernel.WRONG_ROLE
    assert decide(ledger, "readmit", id="newcomer") is None
    ledger.act("newcomer", "membership/rename", new_name)


def test_an_expelled_organisation_keeps_its_record_and_can_be_readmitted(ledger: Ledger) -> None:
    admit(ledger, "newcomer")
    assert decide(ledger, "expel", id="newcomer") is None
    assert organisation(ledger, "newcomer").standing == "expelled"
    assert decide(ledger, "expel", id="newcomer") == str(WRONG_STATE)
    assert decide(ledger, "readmit", id="newcomer") is None
    assert organisation(ledger, "newcomer").standing == "active"


def test_who_is_in_good_standing_is_not_readmitted(ledger: Ledger) -> None:
    assert decide(ledger, "readmit", id="green-tech") == str(WRONG_STATE)


def test_a_vouch_is_no_use_to_one_with_a_credit_code(ledger: Ledger, credit_code: Codes) -> None:
    admit(ledger, "newcomer", credit_code=credit_code(1))
    decide(ledger, "suspend", id="newcomer")
    ledger.act("green-tech", "membership/vouch", {"id": "v", "applicant": "newcomer"})
    assert decide(ledger, "readmit", id="newcomer", vouch="v") == str(codes.CODE_OR_VOUCH)


def test_expulsion_takes_offices_and_delegations(ledger: Ledger) -> None:
    decide(ledger, "appoint", id="air-alliance", office="supervisor")
    decide(ledger, "delegate", id="d", registrar="air-alliance", kinds=["park"])
    assert organisation(ledger, "air-alliance").roles == ("founder", "supervisor", "registrar")
    assert decide(ledger, "expel", id="air-alliance") is None
    expelled = organisation(ledger, "air-alliance")
    assert (expelled.roles, expelled.delegations) == ((), ())
    delegation = ledger.get(Delegation, "d")
    assert delegation is not None
    assert delegation.state == "revoked"
    assert offices(ledger) == Offices(id="network", founders=("env-bureau", "green-tech"), supervisor=None)


def test_a_supervisor_is_appointed_replaced_and_dismissed(ledger: Ledger) -> None:
    assert decide(ledger, "appoint", id="air-alliance", office="supervisor") is None
    assert decide(ledger, "appoint", id="green-tech", office="supervisor") is None
    assert offices(ledger).supervisor == "green-tech"
    assert organisation(ledger, "air-alliance").roles == ("founder",)
    assert decide(ledger, "appoint", id="green-tech", office="supervisor") == str(codes.NOTHING_CHANGES)
    assert decide(ledger, "dismiss", id="green-tech", office="supervisor") is None
    assert offices(ledger).supervisor is None
    assert decide(ledger, "dismiss", id="green-tech", office="supervisor") == str(codes.NOTHING_CHANGES)


def test_a_member_becomes_a_founder_and_is_dismissed_again(ledger: Ledger) -> None:
    admit(ledger, "newcomer")
    assert decide(ledger, "appoint", id="newcomer", office="founder") is None
    assert offices(ledger).founders[-1] == "newcomer"
    ledger.act(
        "newcomer", "governance/propose",
        {"id": "p", "action": "membership/suspend", "arguments": '{"id":"green-tech"}'},
    )  # fmt: skip
    assert decide(ledger, "dismiss", id="newcomer", office="founder") is None
    assert "newcomer" not in offices(ledger).founders
    assert organisation(ledger, "newcomer").standing == "active"


def test_an_organisation_out_of_standing_is_not_appointed(ledger: Ledger) -> None:
    admit(ledger, "newcomer")
    decide(ledger, "suspend", id="newcomer")
    assert decide(ledger, "appoint", id="newcomer", office="founder") == str(codes.NO_SUCH_MEMBER)


@pytest.mark.parametrize("action", ["suspend", "expel"])
def test_the_last_founder_in_good_standing_stays(ledger: Ledger, action: str) -> None:
    decide(ledger, "dismiss", id="green-tech", office="founder")
    decide(ledger, "dismiss", id="air-alliance", office="founder")
    assert decide(ledger, action, id="env-bureau") == str(codes.LAST_FOUNDER)
    assert decide(ledger, "dismiss", id="env-bureau", office="founder") == str(codes.LAST_FOUNDER)
    assert organisation(ledger, "env-bureau").standing == "active"


def test_an_organisation_takes_a_new_name_under_the_same_id(ledger: Ledger) -> None:
    ledger.act("green-tech", "membership/rename", {"id": "green-tech", "name": {"zh": "青科"}})
    assert organisation(ledger, "green-tech").name.zh == "青科"
    with pytest.raises(Refused) as refused:
        ledger.act("green-tech", "membership/rename", {"id": "green-tech", "name": {"zh": "青科"}})
    assert refused.value.code is codes.NOTHING_CHANGES


def test_nobody_renames_another(ledger: Ledger) -> None:
    with pytest.raises(Refused) as refused:
        ledger.act("green-tech", "membership/rename", {"id": "env-bureau", "name": {"zh": "青科"}})
    assert refused.value.code is codes.NOT_ITSELF


def test_the_founders_correct_an_entry(ledger: Ledger, credit_code: Codes) -> None:
    fields = {"kind": "park", "credit_code": credit_code(1), "region": "430200", "parent": "env-bureau"}
    assert decide(ledger, "correct", id="green-tech", **fields) is None
    found = organisation(ledger, "green-tech")
    assert (found.kind, found.credit_code, found.region, found.parent) == tuple(fields.values())
    assert decide(ledger, "correct", id="green-tech", kind="park") == str(codes.NOTHING_CHANGES)


def test_a_correction_takes_no_code_of_another_and_no_parent_that_is_itself(
    ledger: Ledger, credit_code: Codes
) -> None:
    admit(ledger, "newcomer", credit_code=credit_code(1))
    taken = decide(ledger, "correct", id="green-tech", credit_code=credit_code(1))
    assert taken == str(codes.CREDIT_CODE_TAKEN)
    circle = decide(ledger, "correct", id="green-tech", parent="green-tech")
    assert circle == str(codes.SAME_ORGANISATION)
