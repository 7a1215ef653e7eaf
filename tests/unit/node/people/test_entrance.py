"""Signing in: sessions, their ends, and what happens to whoever guesses."""

import threading
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.people.codes import LOCKED_OUT, NOT_YOURS, SIGN_IN_FAILED, WEAK_PASSWORD, WRONG_PASSWORD
from dongting.node.people.entrance import Said

PASSWORD = "seven herons over the lake"
CLIENT = "198.51.100.7"


def refused(call: Any, *arguments: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value


def test_a_person_signs_in_acts_and_signs_out(people: Any) -> None:
    id = people.person("wei")
    token = people.entrance.sign_in(" Wei ", PASSWORD, CLIENT)
    found = people.entrance.find(token)
    assert (found.actor.person, found.actor.name, found.actor.organisation) == (id, "Wei", "env-bureau")
    assert found.actor.may("administer")
    assert not people.entrance.find("x" * 43)
    people.entrance.sign_out(found, CLIENT)
    assert people.entrance.find(token) is None
    assert [line["what"] for line in people.lines()][-2:] == ["sign-in", "sign-out"]


def test_name_and_password_are_refused_alike_and_nobody_is_told_who_exists(people: Any) -> None:
    people.person("wei")
    answers = {
        str(refused(people.entrance.sign_in, login, password, CLIENT))
        for login, password in (("wei", "wrong"), ("nobody", PASSWORD), ("nobody", ""), ("wei", "x" * 5000))
    }
    assert len(answers) == 1
    lines = [line for line in people.lines() if line["what"] == "sign-in-refused"]
    assert len(lines) == 4
    assert "nobody" not in str(lines), "what was typed may be a password"


def test_guessing_waits_longer_each_time_from_one_address_and_not_from_another(people: Any) -> None:
    people.person("wei")
    for login in ("wei", "nobody"):
        for _ in range(5):
            assert refused(people.entrance.sign_in, login, "wrong", CLIENT).code is SIGN_IN_FAILED
        waiting = refused(people.entrance.sign_in, login, PASSWORD, CLIENT)
        assert (waiting.code, waiting.facts) == (LOCKED_OUT, {"wait": 30})
        people.now += 30
        assert refused(people.entrance.sign_in, login, "wrong", CLIENT).code is SIGN_IN_FAILED
        assert refused(people.entrance.sign_in, login, PASSWORD, CLIENT).facts == {"wait": 60}
    assert people.entrance.sign_in("wei", PASSWORD, "203.0.113.9")
    people.now += 60
    assert people.entrance.sign_in("wei", PASSWORD, CLIENT)
    assert refused(people.entrance.sign_in, "wei", "wrong", CLIENT).code is SIGN_IN_FAILED, "counted anew"


def test_one_address_cannot_try_one_password_on_everybody(people: Any) -> None:
    codes = [refused(people.entrance.sign_in, f"login-{n}", "wrong", "2001:db8::1").code for n in range(30)]
    assert set(codes) == {SIGN_IN_FAILED}
    same_subscriber = refused(people.entrance.sign_in, "another", "wrong", "2001:db8::ffff")
    assert same_subscriber.code is LOCKED_OUT


def test_guesses_that_arrive_together_are_counted_before_they_are_judged(people: Any) -> None:
    people.person("wei")
    codes = []

    def guess() -> None:
        codes.append(refused(people.entrance.sign_in, "wei", "wrong", CLIENT).code)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count(SIGN_IN_FAILED) == 5


def test_a_session_ends_when_it_is_idle_and_at_last_in_any_case(people: Any) -> None:
    people.person("wei")
    token = people.entrance.sign_in("wei", PASSWORD, CLIENT)
    people.now += 3599
    assert people.entrance.find(token)
    for _ in range(11):
        people.now += 3500
        assert people.entrance.find(token)
    people.now += 3500
    assert people.entrance.find(token) is None, "twelve hours are over"
    token = people.entrance.sign_in("wei", PASSWORD, CLIENT)
    people.now += 3600
    assert people.entrance.find(token) is None


def test_signing_in_replaces_the_session_that_was_there(people: Any) -> None:
    people.person("wei")
    planted = people.entrance.sign_in("wei", PASSWORD, CLIENT)
    token = people.entrance.sign_in("wei", PASSWORD, CLIENT, planted)
    assert token != planted
    assert people.entrance.find(planted) is None


def test_no_token_password_or_link_stands_in_the_database(people: Any, tmp_path: Path) -> None:
    link = people.staff.set_up_link("env-bureau")
    people.person("wei")
    token = people.entrance.sign_in("wei", PASSWORD, CLIENT)
    proof = people.entrance.find(token).proof
    people.accounts.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("accounts.sqlite*"))
    assert b"env-bureau" in kept
    for secret in (link, token, proof, PASSWORD):
        assert secret.encode() not in kept
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("accounts.sqlite*"))


def test_a_person_switches_between_organisations_of_their_own_only(people: Any) -> None:
    people.person("wei")
    token = people.entrance.sign_in("wei", PASSWORD, CLIENT)
    first = people.entrance.find(token)
    assert refused(people.entrance.switch, first, "green-tech").code is NOT_YOURS
    people.staff.join(people.staff.invite("green-tech", ["auditor"], None), first.actor)
    people.entrance.switch(people.entrance.find(token), "green-tech")
    actor = people.entrance.find(token).actor
    assert (actor.organisation, actor.roles) == ("green-tech", {"auditor"})
    assert actor.organisations == ("env-bureau", "green-tech")
    assert not actor.may("administer")


def test_an_organisation_whose_keys_left_the_node_is_acted_for_no_more(people: Any) -> None:
    people.person("wei")
    token = people.entrance.sign_in("wei", PASSWORD, CLIENT)
    (people.keys / "env-bureau" / "keystore.json").unlink()
    actor = people.entrance.find(token).actor
    assert (actor.organisation, actor.roles, actor.organisations) == (None, frozenset(), ())
    assert not actor.may("read")


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(people: Any) -> None:
    people.person("wei")
    here, there = (people.entrance.sign_in("wei", PASSWORD, CLIENT) for _ in range(2))
    found = people.entrance.find(here)
    change = people.entrance.change_password
    assert refused(change, found, "wrong", "a heron stands alone", CLIENT).code is WRONG_PASSWORD
    assert refused(change, found, PASSWORD, "short", CLIENT).code is WEAK_PASSWORD
    change(found, PASSWORD, "a heron stands alone", CLIENT)
    assert people.entrance.find(here)
    assert people.entrance.find(there) is None
    assert refused(people.entrance.sign_in, "wei", PASSWORD, CLIENT).code is SIGN_IN_FAILED
    assert people.entrance.sign_in("wei", "a heron stands alone", CLIENT)


def test_what_outlasts_a_session_needs_the_password_whose_guessing_has_to_wait(people: Any) -> None:
    people.person("wei")
    found = people.entrance.find(people.entrance.sign_in("wei", PASSWORD, CLIENT))
    people.entrance.confirm(found.actor, PASSWORD, CLIENT)
    for _ in range(5):
        assert refused(people.entrance.confirm, found.actor, "another one", CLIENT).code is WRONG_PASSWORD
    assert refused(people.entrance.confirm, found.actor, PASSWORD, CLIENT).code is LOCKED_OUT
    assert sum(line["what"] == "password-refused" for line in people.lines()) == 5


def test_messages_wait_for_the_next_page_of_the_session(people: Any) -> None:
    people.person("wei")
    token = people.entrance.sign_in("wei", PASSWORD, CLIENT)
    people.entrance.say(people.entrance.find(token), [Said("Saved %(name)s.", {"name": "x"})])
    assert people.entrance.find(token).said == (Said("Saved %(name)s.", {"name": "x"}),)
    people.entrance.say(people.entrance.find(token), ())
    assert people.entrance.find(token).said == ()
