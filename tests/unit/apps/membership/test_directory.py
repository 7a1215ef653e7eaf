"""Who may sign, and why not."""

import pytest

from dongting.apps.membership import codes
from dongting.apps.membership.directory import directory
from dongting.errors import Refused
from dongting.testing import Ledger
from dongting.testing.members import admit, claim, enact, new_key, thumbprint

PROFILES = ["international", "national"]


def signer(ledger: Ledger, issuer: str, kid: str) -> object:
    return directory(ledger.machine.reader()).signer(issuer, kid)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_founder_signs_as_member_and_founder(profile: str) -> None:
    ledger = Ledger(profile)
    kid = thumbprint(ledger, ledger.keys["env-bureau"])
    principal = directory(ledger.machine.reader()).signer("env-bureau", kid)
    assert principal.id == "env-bureau"
    assert principal.roles == {"member", "founder"}
    assert principal.acts_for == {"env-bureau"}


def test_an_unknown_issuer_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Refused) as refused:
        signer(ledger, "nobody", thumbprint(ledger, ledger.keys["env-bureau"]))
    assert refused.value.code is codes.UNKNOWN_ISSUER


def test_an_unregistered_key_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Refused) as refused:
        signer(ledger, "env-bureau", "0" * 64)
    assert refused.value.code is codes.UNKNOWN_KEY


def test_a_key_of_another_organisation_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Refused) as refused:
        signer(ledger, "env-bureau", thumbprint(ledger, ledger.keys["green-tech"]))
    assert refused.value.code is codes.NOT_ITS_KEY


def test_a_revoked_key_is_refused_but_still_known(ledger: Ledger) -> None:
    old, new = ledger.keys["env-bureau"], new_key(ledger)
    ledger.act(
        "env-bureau", "membership/add-key",
        {"organisation": "env-bureau", "key": claim(ledger, "env-bureau", new)},
    )  # fmt: skip
    kid = thumbprint(ledger, old)
    ledger.act("env-bureau", "membership/revoke-key", {"key": kid, "reason": "retired"}, key=new)
    with pytest.raises(Refused) as refused:
        signer(ledger, "env-bureau", kid)
    assert refused.value.code is codes.KEY_REVOKED
    assert directory(ledger.machine.reader()).key(kid) == old.public().cose()
    assert directory(ledger.machine.reader()).owner(kid) == "env-bureau"


def test_nothing_is_known_of_a_key_that_was_never_registered(ledger: Ledger) -> None:
    assert directory(ledger.machine.reader()).key("0" * 64) is None
    assert directory(ledger.machine.reader()).owner("0" * 64) is None


@pytest.mark.parametrize("action", ["suspend", "expel"])
def test_an_organisation_out_of_standing_signs_without_roles(ledger: Ledger, action: str) -> None:
    admit(ledger, "newcomer")
    enact(ledger, f"membership/{action}", {"id": "newcomer"})
    kid = thumbprint(ledger, ledger.keys["newcomer"])
    assert directory(ledger.machine.reader()).signer("newcomer", kid).roles == frozenset()
