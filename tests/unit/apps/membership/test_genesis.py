"""A network begins with its founders, and only with sound ones."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from dongting.appkit.fields import BAD_FIELD
from dongting.apps.membership import CreditCode, Offices, Organisation, codes, organisations
from dongting.errors import Refused
from dongting.standards import uscc
from dongting.testing import Ledger
from dongting.testing.members import encryption_key
from dongting.wire.sealing import OTHER_METHOD


def changed(first: dict[str, Any]) -> list[Any]:
    """The founders of a test network, the first of them changed."""
    founders = Ledger().genesis.founders
    return [msgspec.structs.replace(founders[0], **first), *founders[1:]]


def test_genesis_puts_founders_keys_and_offices_on_record() -> None:
    ledger = Ledger(supervisor="air-alliance")
    offices = ledger.get(Offices, "network")
    assert offices == Offices(
        id="network", founders=("env-bureau", "green-tech", "air-alliance"), supervisor="air-alliance"
    )
    found = ledger.get(Organisation, "air-alliance")
    assert found is not None
    assert (found.roles, found.kind, found.name.zh) == (("founder", "supervisor"), "association", "空气联盟")


def test_a_founders_credit_code_is_checked_and_claimed(credit_code: Callable[[int], str]) -> None:
    ledger = Ledger(founders=changed({"credit_code": credit_code(7)}))
    assert ledger.get(CreditCode, credit_code(7)) == CreditCode(id=credit_code(7), organisation="env-bureau")
    wrong = credit_code(7)[:-1] + ("1" if credit_code(7)[-1] != "1" else "2")
    with pytest.raises(Refused) as refused:
        Ledger(founders=changed({"credit_code": wrong}))
    assert refused.value.code is uscc.BAD_CHECK


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "family"}, codes.BAD_GENESIS),
        ({"name": {}}, BAD_FIELD),
        ({"name": {"fr": "Bureau"}}, codes.BAD_GENESIS),
        ({"region": "43"}, codes.BAD_GENESIS),
    ],
)
def test_an_unsound_founder_founds_nothing(change: dict[str, Any], code: object) -> None:
    with pytest.raises(Refused) as refused:
        Ledger(founders=changed(change))
    assert refused.value.code is code


def test_a_founders_encryption_key_fits_the_profile() -> None:
    key = encryption_key(Ledger("national"))
    with pytest.raises(Refused) as refused:
        Ledger(founders=changed({"encryption_key": key}))
    assert refused.value.code is OTHER_METHOD


def test_other_applications_learn_what_an_organisation_is() -> None:
    ledger = Ledger(supervisor="green-tech")
    known = organisations(ledger.machine.reader())
    assert (known.kind("env-bureau"), known.region("env-bureau")) == ("government", "430100")
    assert known.encryption_key("env-bureau") == ledger.genesis.founders[0].encryption_key
    assert known.in_good_standing("env-bureau")
    assert known.exists("env-bureau")
    assert known.supervisor() == "green-tech"
    assert known.successor("env-bureau") == "env-bureau"
    assert known.roles("green-tech") == {"founder", "supervisor"}


def test_of_an_unknown_organisation_nothing_is_known() -> None:
    known = organisations(Ledger().machine.reader())
    assert not known.exists("nobody")
    assert not known.in_good_standing("nobody")
    assert known.kind("nobody") is known.region("nobody") is known.encryption_key("nobody") is None
    assert known.successor("nobody") == "nobody"
    assert known.roles("nobody") == frozenset()
    assert not known.acts_for("nobody", "env-bureau")
    assert not known.signs("0" * 64)
