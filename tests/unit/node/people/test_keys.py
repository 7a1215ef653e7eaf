"""API keys and recovery codes: never more than their person may, shown once, gone when they should be."""

from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.people import codes
from dongting.node.people.access import Actor

PASSWORD = "seven herons over the lake"
CLIENT = "198.51.100.7"


def refused(call: Any, *arguments: Any) -> Any:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.code


def signed_in(people: Any, login: str) -> Actor:
    actor: Actor = people.entrance.find(people.entrance.sign_in(login, PASSWORD, CLIENT)).actor
    return actor


def test_a_key_acts_as_its_person_within_its_scopes(people: Any) -> None:
    id = people.person("wei")
    keys = people.accounts.keys
    secret, made = keys.make(signed_in(people, "wei"), "env-bureau", "Import", ["read", "publish"], 30)
    assert secret.startswith("dt_")
    actor = keys.actor(secret)
    assert (actor.person, actor.organisation, actor.organisations) == (id, "env-bureau", ("env-bureau",))
    assert actor.may("publish")
    assert not actor.may("approve")
    [seen] = keys.list(actor, "env-bureau")
    assert (seen.id, seen.scopes, seen.used) == (made.id, ("read", "publish"), people.now)


def test_a_key_loses_what_its_person_loses(people: Any) -> None:
    people.person("wei")
    lan = people.person("lan", "env-bureau", "data-officer", "developer")
    keys = people.accounts.keys
    secret, _ = keys.make(signed_in(people, "lan"), "env-bureau", "Import", ["read", "publish"], 30)
    people.staff.set_roles("env-bureau", lan, ["developer"], None)
    assert not keys.actor(secret).may("publish")
    people.staff.set_roles("env-bureau", lan, [], None)
    assert refused(keys.actor, secret) is codes.BAD_KEY


def test_a_key_ends_by_time_and_by_revocation(people: Any) -> None:
    people.person("wei")
    actor, keys = signed_in(people, "wei"), people.accounts.keys
    short, _ = keys.make(actor, "env-bureau", "a", ["read"], 1)
    other, known = keys.make(actor, "env-bureau", "b", ["read"], 2)
    people.now += 86_400
    assert refused(keys.actor, short) is codes.BAD_KEY
    assert keys.actor(other)
    keys.revoke(actor, "env-bureau", known.id)
    assert refused(keys.actor, other) is codes.BAD_KEY
    assert refused(keys.revoke, actor, "env-bureau", known.id) is codes.NO_SUCH_KEY
    assert refused(keys.actor, "dt_" + "x" * 43) is codes.BAD_KEY


@pytest.mark.parametrize(
    ("name", "scopes", "days", "code"),
    [
        ("", ["read"], 1, codes.BAD_NAME), ("x" * 81, ["read"], 1, codes.BAD_NAME),
        ("a", [], 1, codes.BAD_SCOPES), ("a", ["administer"], 1, codes.BAD_SCOPES),
        ("a", ["everything"], 1, codes.BAD_SCOPES), ("a", ["read"], 0, codes.BAD_LIFETIME),
        ("a", ["read"], 367, codes.BAD_LIFETIME),
    ],
)  # fmt: skip
def test_nobody_makes_a_key_that_may_more_than_they_do(
    people: Any, name: str, scopes: list[str], days: int, code: Any
) -> None:
    people.person("lan", "env-bureau", "developer")
    keys = people.accounts.keys
    assert refused(keys.make, signed_in(people, "lan"), "env-bureau", name, scopes, days) is code
    assert keys.list(None, "env-bureau") == []


def test_a_key_makes_no_key_beyond_itself(people: Any) -> None:
    people.person("wei")
    keys = people.accounts.keys
    secret, _ = keys.make(signed_in(people, "wei"), "env-bureau", "a", ["read", "develop"], 1)
    child = keys.actor(secret)
    assert refused(keys.make, child, "env-bureau", "b", ["publish"], 1) is codes.BAD_SCOPES


def test_people_see_their_own_keys_and_administrators_all_of_their_organisation(people: Any) -> None:
    people.person("wei")
    people.person("lan", "env-bureau", "developer")
    people.person("yu", "green-tech")
    keys = people.accounts.keys
    wei, lan, yu = (signed_in(people, login) for login in ("wei", "lan", "yu"))
    _, of_wei = keys.make(wei, "env-bureau", "w", ["read"], 1)
    _, of_lan = keys.make(lan, "env-bureau", "l", ["read"], 1)
    assert {one.id for one in keys.list(wei, "env-bureau")} == {of_wei.id, of_lan.id}
    assert {one.id for one in keys.list(lan, "env-bureau")} == {of_lan.id}
    assert keys.list(yu, "green-tech") == []
    assert refused(keys.revoke, lan, "env-bureau", of_wei.id) is codes.NO_SUCH_KEY
    assert refused(keys.revoke, yu, "green-tech", of_wei.id) is codes.NO_SUCH_KEY
    keys.revoke(wei, "env-bureau", of_lan.id)


def test_a_recovery_code_works_once_and_only_for_its_person(people: Any) -> None:
    wei = people.person("wei")
    people.person("lan", "green-tech")
    recovery = people.accounts.recovery
    actor = signed_in(people, "wei")
    first = recovery.make(actor)
    found = recovery.make(actor)
    assert len(set(found)) == 10
    assert recovery.left(actor) == 10
    new = "a heron stands alone"
    assert refused(recovery.use, "wei", first[0], new, CLIENT) is codes.BAD_RECOVERY
    assert refused(recovery.use, "lan", found[0], new, CLIENT) is codes.BAD_RECOVERY
    assert refused(recovery.use, "nobody", found[0], new, CLIENT) is codes.BAD_RECOVERY
    assert refused(recovery.use, "wei", found[0], "short", CLIENT) is codes.WEAK_PASSWORD
    assert recovery.use("Wei", f" {found[0].upper()} ", new, CLIENT) == wei
    assert recovery.left(actor) == 9
    assert refused(recovery.use, "wei", found[0], new, CLIENT) is codes.BAD_RECOVERY
    assert people.entrance.sign_in("wei", new, CLIENT)


def test_guessing_codes_has_to_wait_and_none_stands_in_the_database(people: Any, tmp_path: Path) -> None:
    people.person("wei")
    recovery = people.accounts.recovery
    found = recovery.make(signed_in(people, "wei"))
    for _ in range(5):
        assert (
            refused(recovery.use, "wei", "aaaa-aaaa-aaaa-aaaa", "a heron stands alone", CLIENT)
            is codes.BAD_RECOVERY
        )
    assert refused(recovery.use, "wei", found[0], "a heron stands alone", CLIENT) is codes.LOCKED_OUT
    people.accounts.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("accounts.sqlite*"))
    assert not any(code.encode() in kept for code in found)
