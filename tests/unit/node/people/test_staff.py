"""How people come, hold roles and leave; and that an administrator rules over one organisation only."""

from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.people import codes
from dongting.node.people.access import PERMISSIONS, ROLE_TITLES, ROLES, Actor
from dongting.node.people.passwords import Passwords

PASSWORD = "seven herons over the lake"
CLIENT = "198.51.100.7"


def refused(call: Any, *arguments: Any) -> Any:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.code


def test_nobody_has_an_account_at_first_and_the_first_one_may_do_everything(people: Any) -> None:
    assert people.staff.nobody
    assert refused(people.staff.set_up_link, "elsewhere") is codes.NOT_HOSTED
    assert refused(people.staff.set_up_link, "../env-bureau") is codes.NOT_HOSTED
    id = people.person("wei")
    assert not people.staff.nobody
    [one] = people.staff.people("env-bureau")
    assert (one.id, one.login, one.roles) == (
        id,
        "wei",
        ("administrator", "data-officer", "requester", "developer"),
    )
    actor = people.entrance.find(people.entrance.sign_in("wei", PASSWORD, CLIENT)).actor
    assert all(actor.may(permission) for permission in PERMISSIONS)


def test_a_link_works_once_and_not_for_ever(people: Any) -> None:
    link = people.staff.invite("env-bureau", ["auditor"], None)
    people.staff.enrol(link, "wei", "Wei", PASSWORD)
    assert refused(people.staff.enrol, link, "wu", "Wu", PASSWORD) is codes.BAD_LINK
    late = people.staff.invite("env-bureau", ["auditor"], None)
    people.now += 7 * 86_400
    assert refused(people.staff.enrol, late, "wu", "Wu", PASSWORD) is codes.BAD_LINK
    assert refused(people.staff.opened, "x" * 43) is codes.BAD_LINK


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"login": "w"}, codes.BAD_LOGIN), ({"login": "we i"}, codes.BAD_LOGIN), ({"login": "wei\n"}, None),
        ({"login": "韦"}, codes.BAD_LOGIN),
        ({"name": ""}, codes.BAD_NAME), ({"name": "a\nb"}, codes.BAD_NAME),
        ({"name": "x" * 81}, codes.BAD_NAME), ({"email": "no address"}, codes.BAD_EMAIL),
        ({"email": "a@b.example\nBcc: c@d.example"}, codes.BAD_EMAIL), ({"email": "a@b.example"}, None),
        ({"password": "short"}, codes.WEAK_PASSWORD), ({"password": "password12345"}, codes.WEAK_PASSWORD),
        ({"password": "aaaaaaaaaaaaaaaa"}, codes.WEAK_PASSWORD),
        ({"password": "x y" * 100}, codes.WEAK_PASSWORD),
        ({"name": "A long name of mine", "password": "a long name of MINE"}, codes.WEAK_PASSWORD),
        ({"login": "taken"}, codes.LOGIN_TAKEN), ({"login": "TAKEN"}, codes.LOGIN_TAKEN),
    ],
)  # fmt: skip
def test_what_a_new_person_gives_is_checked_and_a_refusal_uses_no_link(
    people: Any, changes: dict[str, str], code: Any
) -> None:
    people.person("taken")
    link = people.staff.invite("env-bureau", ["auditor"], None)
    given = {"login": "wei", "name": "Wei", "password": PASSWORD, "email": "", **changes}
    if code is None:
        people.staff.enrol(link, **given)
        return
    with pytest.raises(Refused) as caught:
        people.staff.enrol(link, **given)
    assert caught.value.code is code
    assert people.staff.opened(link)
    assert [one.login for one in people.staff.people("env-bureau")] == ["taken"]


def test_roles_are_given_and_taken_but_an_administrator_remains(people: Any) -> None:
    wei, wu = people.person("wei"), people.person("wu", "env-bureau", "requester")
    change = people.staff.set_roles
    assert refused(change, "env-bureau", wei, ["auditor"], None) is codes.LAST_ADMINISTRATOR
    assert refused(change, "env-bureau", wei, [], None) is codes.LAST_ADMINISTRATOR
    assert refused(change, "env-bureau", wu, ["king"], None) is codes.BAD_ROLES
    assert refused(change, "green-tech", wu, ["auditor"], None) is codes.NO_SUCH_PERSON
    change("env-bureau", wu, ["administrator", "auditor"], None)
    change("env-bureau", wei, [], None)
    assert [(one.id, one.roles) for one in people.staff.people("env-bureau")] == [
        (wu, ("administrator", "auditor"))
    ]
    assert [(line["what"], line.get("about")) for line in people.lines()][-2:] == [
        ("roles-changed", wu), ("person-left", wei)
    ]  # fmt: skip


def test_whoever_leaves_acts_no_more_though_the_session_was_open(people: Any) -> None:
    people.person("wei")
    wu = people.person("wu", "env-bureau", "requester")
    token = people.entrance.sign_in("wu", PASSWORD, CLIENT)
    people.staff.set_roles("env-bureau", wu, [], None)
    assert not people.entrance.find(token).actor.may("read")


def test_an_administrator_sees_and_changes_nobody_of_another_organisation(people: Any) -> None:
    people.person("wei")
    other = people.person("lan", "green-tech")
    by = people.entrance.find(people.entrance.sign_in("wei", PASSWORD, CLIENT)).actor
    assert refused(people.staff.one, "env-bureau", other) is codes.NO_SUCH_PERSON
    assert refused(people.staff.reset_link, "env-bureau", other, by) is codes.NO_SUCH_PERSON
    people.staff.join(people.staff.invite("env-bureau", ["auditor"], None), by_of(people, "lan"))
    assert refused(people.staff.reset_link, "env-bureau", other, by) is codes.SHARED_PERSON
    assert people.staff.reset_link("env-bureau", other, None)


def by_of(people: Any, login: str) -> Actor:
    actor: Actor = people.entrance.find(people.entrance.sign_in(login, PASSWORD, CLIENT)).actor
    return actor


def test_a_reset_link_sets_a_password_and_ends_sessions_and_does_nothing_else(people: Any) -> None:
    id = people.person("wei")
    token = people.entrance.sign_in("wei", PASSWORD, CLIENT)
    link = people.staff.reset_link("env-bureau", id, None)
    assert refused(people.staff.enrol, link, "wu", "Wu", PASSWORD) is codes.BAD_LINK
    assert refused(people.staff.join, link, by_of(people, "wei")) is codes.BAD_LINK
    assert people.staff.reset(link, "a heron stands alone") == id
    assert people.entrance.find(token) is None
    assert people.entrance.sign_in("wei", "a heron stands alone", CLIENT)
    assert refused(people.staff.reset, link, "a heron stands alone") is codes.BAD_LINK
    invitation = people.staff.invite("env-bureau", ["auditor"], None)
    assert refused(people.staff.reset, invitation, "a heron stands alone") is codes.BAD_LINK


def test_auditors_change_nothing_and_every_role_has_a_title() -> None:
    assert ROLES["auditor"] == {"read", "audit"}
    assert set(ROLES) == set(ROLE_TITLES)
    assert set().union(*ROLES.values()) == set(PERMISSIONS)


def test_scopes_narrow_what_roles_allow_and_never_widen_it() -> None:
    actor = Actor("p", "P", "o", frozenset({"requester"}), ("o",), frozenset({"read", "publish"}))
    assert actor.may("read")
    assert not actor.may("publish")
    assert not actor.may("request")


def test_passwords_are_hashed_by_argon2id_with_the_parameters_of_rfc_9106() -> None:
    kept = Passwords().hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
