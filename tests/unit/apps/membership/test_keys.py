"""Keys are proven, unique, and never taken away to the last."""

from typing import Any

import pytest

from dongting.apps.membership import Organisation, SigningKey, codes
from dongting.errors import Refused
from dongting.kernel import codes as kernel
from dongting.kernel.machine import Accepted
from dongting.testing import Ledger
from dongting.testing.members import claim, enact, encryption_key, new_key, thumbprint
from dongting.wire import cbor
from dongting.wire.keys import BAD_BASE64, PrivateKey, to_base64
from dongting.wire.sealing import OTHER_METHOD
from dongting.wire.suites import ES256, SM2, WEAK_KEY

ME = "env-bureau"
PROFILES = ["international", "national"]


def organisation(ledger: Ledger) -> Organisation:
    found = ledger.get(Organisation, ME)
    assert found is not None
    return found


def add(ledger: Ledger, new: dict[str, str], author: str = ME, about: str = ME) -> int:
    return ledger.act(author, "membership/add-key", {"organisation": about, "key": new})


def refusal(ledger: Ledger, action: str, arguments: dict[str, Any], author: str = ME) -> object:
    before = ledger.machine.head
    with pytest.raises(Refused) as refused:
        ledger.act(author, action, arguments)
    assert ledger.machine.head == before
    return refused.value.code


@pytest.mark.parametrize("profile", PROFILES)
def test_an_added_key_signs_beside_the_first(profile: str) -> None:
    ledger = Ledger(profile)
    new = new_key(ledger)
    add(ledger, claim(ledger, ME, new))
    first = thumbprint(ledger, ledger.keys[ME])
    assert organisation(ledger).signing_keys == (first, thumbprint(ledger, new))
    ledger.act(ME, "membership/rename", {"id": ME, "name": {"en": "New name"}}, key=new)


@pytest.mark.parametrize("suite", [ES256, SM2])
def test_a_key_of_another_suite_can_be_added(ledger: Ledger, suite: Any) -> None:
    new = PrivateKey.generate(suite)
    add(ledger, claim(ledger, ME, new))
    ledger.act(ME, "membership/rename", {"id": ME, "name": {"en": "New name"}}, key=new)


def test_a_proof_of_possession_for_another_organisation_is_refused(ledger: Ledger) -> None:
    new = claim(ledger, "green-tech", new_key(ledger))
    code = refusal(ledger, "membership/add-key", {"organisation": ME, "key": new})
    assert code is codes.NO_POSSESSION


def test_a_proof_of_possession_from_another_network_is_refused(ledger: Ledger) -> None:
    new = claim(Ledger(), ME, new_key(ledger))
    code = refusal(ledger, "membership/add-key", {"organisation": ME, "key": new})
    assert code is codes.NO_POSSESSION


def test_a_proof_that_another_key_made_is_refused(ledger: Ledger) -> None:
    new = claim(ledger, ME, new_key(ledger))
    stolen = {**new, "key": to_base64(new_key(ledger).public().cose())}
    code = refusal(ledger, "membership/add-key", {"organisation": ME, "key": stolen})
    assert code is codes.NO_POSSESSION


def test_a_weak_key_is_refused(ledger: Ledger) -> None:
    weak = to_base64(cbor.encode({1: 1, -1: 6, -2: bytes(32)}))
    new = {"key": weak, "possession": to_base64(bytes(64))}
    code = refusal(ledger, "membership/add-key", {"organisation": ME, "key": new})
    assert code is WEAK_KEY


def test_a_proof_in_another_spelling_is_refused(ledger: Ledger) -> None:
    new = claim(ledger, ME, new_key(ledger))
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(new["possession"][-1])
    respelled = (
        new["possession"][:-1] + "BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_A"[last]
    )
    arguments = {"organisation": ME, "key": {**new, "possession": respelled}}
    assert refusal(ledger, "membership/add-key", arguments) is BAD_BASE64


def test_a_key_is_registered_once_and_by_one_organisation(ledger: Ledger) -> None:
    new = new_key(ledger)
    add(ledger, claim(ledger, ME, new))
    code = refusal(ledger, "membership/add-key", {"organisation": ME, "key": claim(ledger, ME, new)})
    assert code is codes.KEY_EXISTS
    other = {"organisation": "green-tech", "key": claim(ledger, "green-tech", new)}
    assert refusal(ledger, "membership/add-key", other, "green-tech") is codes.KEY_EXISTS


def test_a_revoked_key_does_not_come_back(ledger: Ledger) -> None:
    new = new_key(ledger)
    add(ledger, claim(ledger, ME, new))
    ledger.act(ME, "membership/revoke-key", {"key": thumbprint(ledger, new), "reason": "compromised"})
    code = refusal(ledger, "membership/add-key", {"organisation": ME, "key": claim(ledger, ME, new)})
    assert code is codes.KEY_EXISTS


def test_nobody_adds_a_key_to_another_organisation(ledger: Ledger) -> None:
    new = claim(ledger, ME, new_key(ledger))
    arguments = {"organisation": ME, "key": new}
    assert refusal(ledger, "membership/add-key", arguments, "green-tech") is codes.NOT_ITSELF


def test_keys_in_use_are_limited(ledger: Ledger) -> None:
    for _ in range(15):
        add(ledger, claim(ledger, ME, new_key(ledger)))
    arguments = {"organisation": ME, "key": claim(ledger, ME, new_key(ledger))}
    assert refusal(ledger, "membership/add-key", arguments) is codes.TOO_MANY_KEYS


def test_an_sm2_key_does_not_both_sign_and_encrypt() -> None:
    ledger = Ledger("national")
    both = new_key(ledger)
    shared = to_base64(both.public().cose())
    ledger.act(ME, "membership/set-encryption-key", {"organisation": ME, "key": shared})
    arguments = {"organisation": ME, "key": claim(ledger, ME, both)}
    assert refusal(ledger, "membership/add-key", arguments) is codes.KEYS_APART
    signing = to_base64(ledger.keys[ME].public().cose())
    arguments = {"organisation": ME, "key": signing}
    assert refusal(ledger, "membership/set-encryption-key", arguments) is codes.KEYS_APART


def test_rotation_replaces_a_key_in_one_step_even_the_last(ledger: Ledger) -> None:
    old, new = thumbprint(ledger, ledger.keys[ME]), new_key(ledger)
    arguments = {"organisation": ME, "replaces": old, "key": claim(ledger, ME, new)}
    ledger.act(ME, "membership/rotate-key", arguments)
    assert organisation(ledger).signing_keys == (thumbprint(ledger, new),)
    key = ledger.get(SigningKey, old)
    assert key is not None
    assert (key.revoked, key.reason) == (ledger.time, "rotated")
    with pytest.raises(Refused) as refused:
        ledger.act(ME, "membership/rename", {"id": ME, "name": {"en": "Late"}})
    assert refused.value.code is codes.KEY_REVOKED


def test_only_an_own_key_in_use_is_replaced(ledger: Ledger) -> None:
    other = thumbprint(ledger, ledger.keys["green-tech"])
    arguments = {"organisation": ME, "replaces": other, "key": claim(ledger, ME, new_key(ledger))}
    assert refusal(ledger, "membership/rotate-key", arguments) is codes.NOT_ITS_KEY


def test_revocation_keeps_the_key_on_record_with_its_reason(ledger: Ledger) -> None:
    new = new_key(ledger)
    add(ledger, claim(ledger, ME, new))
    id = thumbprint(ledger, new)
    ledger.act(ME, "membership/revoke-key", {"key": id, "reason": "compromised"})
    key = ledger.get(SigningKey, id)
    assert key is not None
    assert (key.owner, key.revoked, key.reason) == (ME, ledger.time, "compromised")
    again = {"key": id, "reason": "retired"}
    assert refusal(ledger, "membership/revoke-key", again) is codes.KEY_REVOKED


def test_an_organisation_never_takes_its_own_last_key_away(ledger: Ledger) -> None:
    arguments = {"key": thumbprint(ledger, ledger.keys[ME]), "reason": "compromised"}
    assert refusal(ledger, "membership/revoke-key", arguments) is codes.LAST_KEY


def test_a_refused_revocation_does_not_touch_the_next_statement_of_the_block(ledger: Ledger) -> None:
    arguments = {"key": thumbprint(ledger, ledger.keys[ME]), "reason": "compromised"}
    outcomes = ledger.submit(
        ledger.sign(ME, "membership/revoke-key", arguments),
        ledger.sign(ME, "membership/rename", {"id": ME, "name": {"en": "Still here"}}),
    )
    assert isinstance(outcomes[0], Refused)
    assert isinstance(outcomes[1], Accepted)


def test_a_key_that_signed_in_a_block_signs_no_more_in_it_once_it_is_revoked(ledger: Ledger) -> None:
    new = claim(ledger, ME, new_key(ledger))
    revocation = {"key": thumbprint(ledger, ledger.keys[ME]), "reason": "compromised"}
    rename = {"id": ME, "name": {"en": "Before"}}
    outcomes = ledger.submit(
        ledger.sign(ME, "membership/rename", rename),
        ledger.sign(ME, "membership/add-key", {"organisation": ME, "key": new}),
        ledger.sign(ME, "membership/revoke-key", revocation),
        ledger.sign(ME, "membership/rename", rename | {"name": {"en": "After"}}),
    )
    assert [isinstance(one, Accepted) for one in outcomes[:3]] == [True] * 3
    assert isinstance(outcomes[3], Refused)
    assert outcomes[3].code is codes.KEY_REVOKED


def test_another_organisations_key_is_not_revoked(ledger: Ledger) -> None:
    arguments = {"key": thumbprint(ledger, ledger.keys["green-tech"]), "reason": "retired"}
    assert refusal(ledger, "membership/revoke-key", arguments) is codes.NOT_ITS_KEY


@pytest.mark.parametrize("profile", PROFILES)
def test_the_founders_recover_the_keys_of_an_organisation_that_lost_them(profile: str) -> None:
    ledger = Ledger(profile)
    old, new = thumbprint(ledger, ledger.keys[ME]), new_key(ledger)
    sealing = encryption_key(ledger)
    arguments = {"organisation": ME, "keys": [claim(ledger, ME, new)], "encryption_key": sealing}
    assert enact(ledger, "membership/recover-keys", arguments).state == "passed"
    assert organisation(ledger).signing_keys == (thumbprint(ledger, new),)
    assert organisation(ledger).encryption_key == sealing
    lost = ledger.get(SigningKey, old)
    assert lost is not None
    assert lost.reason == "recovered"
    ledger.act(ME, "membership/rename", {"id": ME, "name": {"en": "Recovered"}}, key=new)


def test_recovery_too_needs_proof_of_possession(ledger: Ledger) -> None:
    new = claim(ledger, "green-tech", new_key(ledger))
    proposal = enact(ledger, "membership/recover-keys", {"organisation": ME, "keys": [new]})
    assert proposal.refusal == str(codes.NO_POSSESSION)
    assert organisation(ledger).signing_keys == (thumbprint(ledger, ledger.keys[ME]),)


def test_an_encryption_key_is_replaced(ledger: Ledger) -> None:
    new = encryption_key(ledger)
    ledger.act(ME, "membership/set-encryption-key", {"organisation": ME, "key": new})
    assert organisation(ledger).encryption_key == new
    arguments = {"organisation": ME, "key": new}
    assert refusal(ledger, "membership/set-encryption-key", arguments) is codes.NOTHING_CHANGES


def test_an_encryption_key_of_the_other_profile_is_refused(ledger: Ledger) -> None:
    arguments = {"organisation": ME, "key": encryption_key(Ledger("national"))}
    assert refusal(ledger, "membership/set-encryption-key", arguments) is OTHER_METHOD


def test_a_replayed_statement_changes_nothing(ledger: Ledger) -> None:
    statement = ledger.sign(
        ME, "membership/add-key", {"organisation": ME, "key": claim(ledger, ME, new_key(ledger))}
    )
    first, size = ledger.submit(statement)[0], ledger.machine.head.size
    assert ledger.submit(statement)[0] == first
    assert ledger.machine.head.size == size


def test_another_statement_under_the_same_cti_is_refused(ledger: Ledger) -> None:
    nonce = ledger.nonce()
    ledger.act(ME, "membership/rename", {"id": ME, "name": {"en": "One"}}, nonce=nonce)
    with pytest.raises(Refused) as refused:
        ledger.act(ME, "membership/rename", {"id": ME, "name": {"en": "Two"}}, nonce=nonce)
    assert refused.value.code is kernel.REPLAYED
