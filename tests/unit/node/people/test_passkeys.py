"""Passkeys as the server judges them: what was not asked, is malformed, or is used again is refused."""

import json
from typing import Any

import pytest
from webauthn.helpers import bytes_to_base64url

from dongting.errors import Refused
from dongting.node.people import codes
from dongting.node.people.passkeys import LASTS, Site

SITE = Site("https://node.example", "node.example")
PASSWORD = "seven herons over the lake"
CLIENT = "198.51.100.7"


def answer(challenge: str, **changes: Any) -> str:
    data = {"type": "webauthn.get", "challenge": challenge, "origin": SITE.origin, **changes}
    told = bytes_to_base64url(json.dumps(data).encode())
    response = {
        "clientDataJSON": told,
        "authenticatorData": "AA",
        "signature": "AA",
        "attestationObject": "AA",
    }
    return json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response})


def refused(call: Any, *arguments: Any) -> Any:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.code


def test_the_request_asks_for_verification_and_names_nobody(people: Any) -> None:
    people.person("wei")
    asked = json.loads(people.accounts.passkeys.request(SITE))
    assert (asked["rpId"], asked["userVerification"]) == ("node.example", "required")
    assert asked.get("allowCredentials", []) == []


def test_a_challenge_counts_once_in_its_time_and_only_for_what_it_was_asked(people: Any) -> None:
    people.person("wei")
    passkeys = people.accounts.passkeys
    actor = people.entrance.find(people.entrance.sign_in("wei", PASSWORD, CLIENT)).actor
    first = json.loads(passkeys.request(SITE))["challenge"]
    assert refused(passkeys.shown, SITE, answer(first), CLIENT) is codes.BAD_PASSKEY
    lines = [line for line in people.lines() if line["what"] == "passkey-refused"]
    assert len(lines) == 1, "an answer to our challenge is judged"
    assert refused(passkeys.shown, SITE, answer(first), CLIENT) is codes.BAD_PASSKEY
    other = json.loads(passkeys.creation(actor, SITE, "Test"))["challenge"]
    assert refused(passkeys.shown, SITE, answer(other), CLIENT) is codes.BAD_PASSKEY
    late = json.loads(passkeys.request(SITE))["challenge"]
    people.now += LASTS
    assert refused(passkeys.shown, SITE, answer(late), CLIENT) is codes.BAD_PASSKEY
    assert len([line for line in people.lines() if line["what"] == "passkey-refused"]) == 1


@pytest.mark.parametrize(
    "credential", ["", "[]", "{}", '{"response":1}', '{"response":{"clientDataJSON":"!"}}']
)
def test_what_is_no_credential_is_refused(people: Any, credential: str) -> None:
    assert refused(people.accounts.passkeys.shown, SITE, credential, CLIENT) is codes.BAD_PASSKEY


def test_nobody_removes_the_passkey_of_another(people: Any) -> None:
    people.person("wei")
    actor = people.entrance.find(people.entrance.sign_in("wei", PASSWORD, CLIENT)).actor
    assert refused(people.accounts.passkeys.remove, actor, "AAAA") is codes.NO_SUCH_PASSKEY


def test_challenges_that_wait_are_bounded(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dongting.node.people.passkeys.WAITING", 2)
    passkeys = people.accounts.passkeys
    passkeys.request(SITE)
    passkeys.request(SITE)
    assert refused(passkeys.request, SITE) is codes.LOCKED_OUT
