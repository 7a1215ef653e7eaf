"""Signing in on the pages, and attacks on it: foreign forms, planted sessions, guesses, foreign targets."""

import re
from typing import Any

import pytest

from dongting.web.visits import local

PASSWORD = "seven herons over the lake"
BASE = "http://localhost:8420"


def test_a_person_signs_in_sees_the_account_and_signs_out(pages: Any) -> None:
    pages.publish()
    someone = pages.stranger()
    login = pages.enrol("env-bureau", ["requester"])
    away = someone.get("/settings/account")
    assert (away.status_code, away.headers["location"]) == (303, "/signin?next=%2Fsettings%2Faccount")
    page = someone.get("/signin?next=/settings/account").text
    assert 'name="next" value="/settings/account"' in page
    entered = someone.post("/signin", login=login, password=PASSWORD, next="/settings/account")
    assert (entered.status_code, entered.headers["location"]) == (303, "/settings/account")
    cookie = entered.headers["set-cookie"]
    assert re.fullmatch(r"session=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Lax", cookie)
    account = someone.get("/settings/account")
    assert login.title() in account.text
    assert "Environment Bureau" in account.text
    assert account.headers["cache-control"] == "no-store"
    assert someone.get("/signin").headers["location"] == "/"
    assert someone.post("/signout").headers["location"] == "/"
    assert someone.get("/settings/account").status_code == 303


def test_where_all_is_encrypted_the_cookie_is_bound_to_this_host(new_pages: Any) -> None:
    pages = new_pages(public_url="https://node.example")
    someone = pages.stranger()
    login = pages.enrol("env-bureau", ["requester"])
    cookie = someone.post(
        "/signin", {"origin": "https://node.example"}, login=login, password=PASSWORD
    ).headers["set-cookie"]
    assert re.fullmatch(r"__Host-session=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax; Secure", cookie)
    token = cookie.partition("=")[2].partition(";")[0]
    assert someone.get("/settings/account", cookie=f"session={token}").status_code == 303
    assert someone.get("/settings/account", cookie=f"__Host-session={token}").status_code == 200


def test_a_wrong_password_is_told_on_the_form_and_nothing_is_remembered(pages: Any) -> None:
    someone = pages.stranger()
    login = pages.enrol("env-bureau", ["requester"])
    answers = [someone.post("/signin", login=name, password="wrong") for name in (login, "nobody-here")]
    assert {answer.status_code for answer in answers} == {401}
    assert "do not belong together" in answers[0].text
    assert answers[0].text.replace(login, "") == answers[1].text.replace("nobody-here", "")
    assert not any("set-cookie" in answer.headers for answer in answers)


def test_guessing_on_the_page_has_to_wait(pages: Any) -> None:
    someone = pages.stranger()
    login = pages.enrol("env-bureau", ["requester"])
    for _ in range(5):
        someone.post("/signin", login=login, password="wrong")
    answer = someone.post("/signin", login=login, password=PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    pages.now += 3600


def test_a_session_planted_before_signing_in_is_not_the_one_that_is_signed_in(pages: Any) -> None:
    attacker, victim = pages.stranger(), pages.stranger()
    mine, theirs = pages.enrol("env-bureau", ["requester"]), pages.enrol("env-bureau", ["requester"])
    attacker.post("/signin", login=mine, password=PASSWORD)
    planted = attacker.client.cookies["session"]
    victim.client.cookies.set("session", planted, domain="localhost.local", path="/")
    victim.client.cookies.set("session", "A" * 43, domain="localhost.local", path="/")
    assert victim.post("/signin", login=theirs, password=PASSWORD, proof="").status_code == 303
    entered = [cookie.value for cookie in victim.client.cookies.jar if cookie.name == "session"]
    assert planted not in entered
    assert "A" * 43 not in entered


@pytest.mark.parametrize(
    "fields",
    [
        {"origin": "https://evil.example"}, {"origin": "null"}, {}, {"origin": f"{BASE}.evil.example"},
        {"origin": BASE, "sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
        {"origin": "http://localhost:1"}, {"origin": f"{BASE}/path"},
    ],
)  # fmt: skip
def test_a_form_from_another_site_is_refused_and_leaves_a_line(pages: Any, fields: dict[str, str]) -> None:
    someone = pages.someone("env-bureau", "requester")
    before = len(pages.lines())
    answer = someone.post("/signout", fields)
    assert answer.status_code == 403
    assert "not sent from a page of this site" in answer.text
    assert someone.get("/settings/account").status_code == 200
    [line] = [one for one in pages.lines()[before:] if one["what"] == "refused"]
    assert (line["code"], line["place"]) == ("people/cross-site-request", "/signout")
    pages.app._noted._buckets.clear()


def test_a_form_needs_the_proof_of_its_own_session(pages: Any) -> None:
    someone, other = pages.someone("env-bureau", "requester"), pages.someone("green-tech", "requester")
    for proof in ("", "x", other.proof()):
        assert someone.post("/signout", proof=proof).status_code == 403
    assert someone.post("/signout", {"sec-fetch-site": "same-origin"}).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a/../../b",
        "/x\r\nset-cookie: a=b", "///evil.example", "/%2f/evil.example", "evil", "/ok\n", "/" + "a" * 2001,
    ],
)  # fmt: skip
def test_after_signing_in_nobody_is_led_elsewhere(pages: Any, target: str) -> None:
    someone = pages.stranger()
    login = pages.enrol("env-bureau", ["requester"])
    answer = someone.post("/signin", login=login, password=PASSWORD, next=target)
    assert answer.status_code in (303, 400)
    assert answer.headers.get("location", "/") in ("/", "/ok")
    assert local(target.strip("\n")) in ("/", "/ok")


def test_places_on_this_site_are_come_back_to() -> None:
    for target in ("/", "/catalogue/air", "/catalogue?q=a+b&theme=ENVI", "/setup?link=abc"):
        assert local(target) == target


def test_one_may_come_where_the_roles_allow_and_nowhere_else(pages: Any) -> None:
    requester = pages.someone("env-bureau", "requester")
    for method, target in (("GET", "/settings/people"), ("POST", "/settings/people")):
        answer = requester.get(target) if method == "GET" else requester.post(target, role="administrator")
        assert answer.status_code == 403
        assert "do not allow this" in answer.text
    nobody = pages.stranger()
    assert nobody.post("/settings/password", present="x", password="y").status_code == 401
    assert nobody.get("/settings/people").headers["location"].startswith("/signin?next=")
    codes = [line["code"] for line in pages.lines() if line["what"] == "refused"]
    assert codes.count("people/not-allowed") >= 2


def test_a_session_that_ended_is_taken_from_the_browser(pages: Any) -> None:
    someone = pages.someone("env-bureau", "requester")
    pages.now += 3600
    answer = someone.get("/settings/account")
    assert answer.status_code == 303
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_public_pages_show_who_is_signed_in_and_nobody_keeps_them(pages: Any) -> None:
    someone = pages.someone("env-bureau", "requester")
    page = someone.get("/catalogue")
    assert 'class="who"' in page.text
    assert page.headers["cache-control"] == "no-store"
    stranger = pages.get("/catalogue")
    assert 'class="who"' not in stranger.text
    assert stranger.headers["cache-control"] == "no-cache"
