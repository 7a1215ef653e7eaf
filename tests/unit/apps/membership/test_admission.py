"""Who comes in, by whom, and on what grounds."""

from collections.abc import Callable
from typing import Any

import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.appkit.fields import BAD_FIELD
from dongting.apps.membership import CreditCode, Delegation, Organisation, SigningKey, Vouch, codes
from dongting.apps.membership.delegation import lies_in
from dongting.errors import Refused
from dongting.kernel import codes as kernel
from dongting.standards import uscc
from dongting.testing import Ledger
from dongting.testing.members import admit, applicant, claim, enact, new_key, thumbprint

Codes = Callable[[int], str]


def refusal(ledger: Ledger, author: str, action: str, arguments: dict[str, Any]) -> object:
    before = ledger.machine.head
    with pytest.raises(Refused) as refused:
        ledger.act(author, action, arguments)
    assert ledger.machine.head == before
    return refused.value.code


def not_admitted(ledger: Ledger, **changes: Any) -> str | None:
    proposal = enact(ledger, "membership/admit", applicant(ledger, "newcomer", **changes))
    assert proposal.state == "refused"
    assert ledger.get(Organisation, "newcomer") is None
    return proposal.refusal


@pytest.mark.parametrize("profile", ["international", "national"])
def test_the_founders_admit_a_legal_person_by_its_credit_code(profile: str, credit_code: Codes) -> None:
    ledger = Ledger(profile)
    admit(ledger, "newcomer", credit_code=credit_code(1), region="430100", parent="env-bureau")
    found = ledger.get(Organisation, "newcomer")
    assert found is not None
    assert (found.standing, found.roles, found.credit_code) == ("active", (), credit_code(1))
    assert (found.region, found.parent, found.admitted) == ("430100", "env-bureau", ledger.time)
    key = ledger.get(SigningKey, thumbprint(ledger, ledger.keys["newcomer"]))
    assert key is not None
    assert key.owner == "newcomer"
    holder = ledger.get(CreditCode, credit_code(1))
    assert holder is not None
    assert holder.organisation == "newcomer"
    ledger.act("newcomer", "membership/rename", {"id": "newcomer", "name": {"zh": "新名"}})


def test_a_member_vouches_for_a_team_without_a_credit_code(ledger: Ledger) -> None:
    ledger.act("green-tech", "membership/vouch", {"id": "for-team", "applicant": "team-one"})
    arguments = applicant(ledger, "team-one", kind="team", vouch="for-team")
    assert enact(ledger, "membership/admit", arguments).state == "passed"
    found, vouch = ledger.get(Organisation, "team-one"), ledger.get(Vouch, "for-team")
    assert found is not None
    assert vouch is not None
    assert (found.vouch, vouch.voucher, vouch.state) == ("for-team", "green-tech", "used")


def test_an_organisation_has_either_a_credit_code_or_a_vouch(ledger: Ledger, credit_code: Codes) -> None:
    assert not_admitted(ledger) == str(codes.CODE_OR_VOUCH)
    ledger.act("green-tech", "membership/vouch", {"id": "v", "applicant": "newcomer"})
    assert not_admitted(ledger, vouch="v", credit_code=credit_code(1)) == str(codes.CODE_OR_VOUCH)


def test_a_credit_code_with_a_wrong_check_character_is_refused(ledger: Ledger, credit_code: Codes) -> None:
    good = credit_code(1)
    wrong = good[:-1] + ("1" if good[-1] != "1" else "2")
    assert not_admitted(ledger, credit_code=wrong) == str(uscc.BAD_CHECK)


def test_a_credit_code_is_held_by_one_organisation(ledger: Ledger, credit_code: Codes) -> None:
    admit(ledger, "first", credit_code=credit_code(1))
    assert not_admitted(ledger, credit_code=credit_code(1)) == str(codes.CREDIT_CODE_TAKEN)


def test_an_id_is_never_given_twice(ledger: Ledger, credit_code: Codes) -> None:
    arguments = applicant(ledger, "air-alliance", credit_code=credit_code(1))
    proposal = enact(ledger, "membership/admit", arguments | {"id": "green-tech"})
    assert proposal.refusal == str(codes.TAKEN)


def test_a_name_needs_a_language(ledger: Ledger, credit_code: Codes) -> None:
    assert not_admitted(ledger, credit_code=credit_code(1), name={}) == str(BAD_FIELD)


def test_a_parent_body_must_be_a_member(ledger: Ledger, credit_code: Codes) -> None:
    refused = not_admitted(ledger, credit_code=credit_code(1), parent="nobody")
    assert refused == str(codes.NO_SUCH_MEMBER)


def test_a_newcomer_proves_possession_under_its_own_id(ledger: Ledger, credit_code: Codes) -> None:
    keys = [claim(ledger, "someone-else", new_key(ledger))]
    refused = not_admitted(ledger, credit_code=credit_code(1), signing_keys=keys)
    assert refused == str(codes.NO_POSSESSION)


def test_a_refused_admission_leaves_no_trace(ledger: Ledger, credit_code: Codes) -> None:
    not_admitted(ledger, credit_code=credit_code(1), parent="nobody")
    assert ledger.get(CreditCode, credit_code(1)) is None
    assert ledger.get(SigningKey, thumbprint(ledger, ledger.keys["newcomer"])) is None


# Vouching


def test_a_vouch_serves_only_its_applicant_and_only_once(ledger: Ledger) -> None:
    ledger.act("green-tech", "membership/vouch", {"id": "v", "applicant": "team-one"})
    assert not_admitted(ledger, vouch="v") == str(codes.WRONG_VOUCH)
    admit(ledger, "team-one", vouch="v")
    enact(ledger, "membership/expel", {"id": "team-one"})
    again = enact(ledger, "membership/readmit", {"id": "team-one", "vouch": "v"})
    assert again.refusal == str(codes.VOUCH_SPENT)


def test_a_vouch_that_does_not_exist_is_refused(ledger: Ledger) -> None:
    assert not_admitted(ledger, vouch="nothing") == str(NOT_FOUND)


def test_a_suspended_member_answers_for_nobody(ledger: Ledger) -> None:
    ledger.act("green-tech", "membership/vouch", {"id": "v", "applicant": "newcomer"})
    enact(ledger, "membership/suspend", {"id": "green-tech"})
    assert not_admitted(ledger, vouch="v") == str(codes.NO_SUCH_MEMBER)


def test_nobody_vouches_for_itself_or_twice_under_one_id(ledger: Ledger) -> None:
    itself = {"id": "v", "applicant": "green-tech"}
    assert refusal(ledger, "green-tech", "membership/vouch", itself) is codes.SAME_ORGANISATION
    ledger.act("green-tech", "membership/vouch", {"id": "v", "applicant": "team-one"})
    again = {"id": "v", "applicant": "team-two"}
    assert refusal(ledger, "green-tech", "membership/vouch", again) is codes.TAKEN


def test_withdrawing_a_vouch_suspends_the_body_until_another_vouches(ledger: Ledger) -> None:
    ledger.act("green-tech", "membership/vouch", {"id": "v", "applicant": "team-one"})
    admit(ledger, "team-one", vouch="v")
    assert refusal(ledger, "air-alliance", "membership/withdraw-vouch", {"id": "v"}) is codes.NOT_ITSELF
    ledger.act("green-tech", "membership/withdraw-vouch", {"id": "v"})
    suspended = ledger.get(Organisation, "team-one")
    assert suspended is not None
    assert suspended.standing == "suspended"
    alone = enact(ledger, "membership/readmit", {"id": "team-one"})
    assert alone.refusal == str(codes.CODE_OR_VOUCH)
    ledger.act("air-alliance", "membership/vouch", {"id": "w", "applicant": "team-one"})
    assert enact(ledger, "membership/readmit", {"id": "team-one", "vouch": "w"}).state == "passed"
    readmitted = ledger.get(Organisation, "team-one")
    assert readmitted is not None
    assert (readmitted.standing, readmitted.vouch) == ("active", "w")


def test_a_vouch_withdrawn_before_use_serves_nobody(ledger: Ledger) -> None:
    ledger.act("green-tech", "membership/vouch", {"id": "v", "applicant": "newcomer"})
    ledger.act("green-tech", "membership/withdraw-vouch", {"id": "v"})
    assert not_admitted(ledger, vouch="v") == str(codes.VOUCH_SPENT)


# Delegation and registrars


@pytest.fixture
def delegated(ledger: Ledger) -> Ledger:
    """The alliance may admit enterprises and teams in Changsha for thirty days."""
    arguments = {
        "id": "changsha", "registrar": "air-alliance", "kinds": ["enterprise", "team"], "regions": ["430100"],
        "until": ledger.time + 30 * 86_400,
    }  # fmt: skip
    assert enact(ledger, "membership/delegate", arguments).state == "passed"
    return ledger


def registered(ledger: Ledger, credit_code: str, **changes: Any) -> dict[str, Any]:
    fields = {"delegation": "changsha", "credit_code": credit_code, "region": "430104", **changes}
    return applicant(ledger, "newcomer", **fields)


def test_a_registrar_admits_within_its_delegation(delegated: Ledger, credit_code: Codes) -> None:
    delegated.act("air-alliance", "membership/register", registered(delegated, credit_code(1)))
    found = delegated.get(Organisation, "newcomer")
    assert found is not None
    assert (found.standing, found.admitted_under) == ("active", "changsha")


def test_who_is_no_registrar_registers_nobody(delegated: Ledger, credit_code: Codes) -> None:
    arguments = registered(delegated, credit_code(1))
    assert refusal(delegated, "green-tech", "membership/register", arguments) is kernel.WRONG_ROLE


@pytest.mark.parametrize(
    "changes", [{"kind": "university"}, {"region": "430200"}, {"region": None}, {"region": "110101"}]
)
def test_a_registrar_admits_nobody_outside_its_delegation(
    delegated: Ledger, credit_code: Codes, changes: dict[str, Any]
) -> None:
    arguments = registered(delegated, credit_code(1), **changes)
    code = refusal(delegated, "air-alliance", "membership/register", arguments)
    assert code is codes.OUTSIDE_DELEGATION


def test_a_registrar_uses_no_delegation_of_another(delegated: Ledger, credit_code: Codes) -> None:
    other = {"id": "parks", "registrar": "green-tech", "kinds": ["park"]}
    enact(delegated, "membership/delegate", other)
    arguments = registered(delegated, credit_code(1), delegation="parks", kind="park")
    code = refusal(delegated, "air-alliance", "membership/register", arguments)
    assert code is codes.NOT_ITS_DELEGATION


def test_a_delegation_ends_with_its_time(delegated: Ledger, credit_code: Codes) -> None:
    delegated.advance(days=30)
    arguments = registered(delegated, credit_code(1))
    code = refusal(delegated, "air-alliance", "membership/register", arguments)
    assert code is codes.DELEGATION_OVER


def test_a_revoked_delegation_ends_the_role_and_stays_on_record(
    delegated: Ledger, credit_code: Codes
) -> None:
    delegated.act("air-alliance", "membership/register", registered(delegated, credit_code(1)))
    assert enact(delegated, "membership/undelegate", {"id": "changsha"}).state == "passed"
    delegation = delegated.get(Delegation, "changsha")
    assert delegation is not None
    assert delegation.state == "revoked"
    arguments = registered(delegated, credit_code(2)) | {"id": "another"}
    assert refusal(delegated, "air-alliance", "membership/register", arguments) is kernel.WRONG_ROLE
    again = enact(delegated, "membership/undelegate", {"id": "changsha"})
    assert again.refusal == str(codes.DELEGATION_OVER)


def test_the_role_lasts_as_long_as_one_delegation_does(delegated: Ledger, credit_code: Codes) -> None:
    second = {"id": "parks", "registrar": "air-alliance", "kinds": ["park"]}
    enact(delegated, "membership/delegate", second)
    enact(delegated, "membership/undelegate", {"id": "parks"})
    delegated.act("air-alliance", "membership/register", registered(delegated, credit_code(1)))
    arguments = registered(delegated, credit_code(2), delegation="parks", kind="park") | {"id": "p"}
    code = refusal(delegated, "air-alliance", "membership/register", arguments)
    assert code is codes.DELEGATION_OVER


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "changsha"}, codes.TAKEN),
        ({"kinds": [], "regions": []}, codes.EMPTY_DELEGATION),
        ({"registrar": "nobody"}, codes.NO_SUCH_MEMBER),
        ({"until": 1}, codes.DELEGATION_OVER),
    ],
)
def test_a_delegation_that_cannot_be_is_refused(
    delegated: Ledger, changes: dict[str, Any], code: object
) -> None:
    arguments = {"id": "new", "registrar": "green-tech", "kinds": ["park"], "regions": [], **changes}
    assert enact(delegated, "membership/delegate", arguments).refusal == str(code)


def test_delegations_of_one_registrar_are_limited(ledger: Ledger) -> None:
    given = {"registrar": "green-tech", "kinds": ["park"]}
    for number in range(32):
        assert enact(ledger, "membership/delegate", {"id": f"d{number}", **given}).refusal is None
    assert enact(ledger, "membership/delegate", {"id": "d32", **given}).refusal == str(codes.TOO_MANY)


@pytest.mark.parametrize(
    ("region", "area", "inside"),
    [
        ("430104", "430000", True),
        ("430104", "430100", True),
        ("430104", "430104", True),
        ("430104", "430102", False),
        ("430104001", "430104", True),
        ("430104001002", "430104001", True),
        ("430104", "430104001", False),
        ("431000", "430000", True),
        ("431000", "431000", True),
        ("431002", "431000", True),
        ("430104", "440000", False),
    ],
)
def test_a_region_lies_in_the_areas_whose_digits_it_continues(region: str, area: str, inside: bool) -> None:
    assert lies_in(region, area) is inside
