"""People and their API keys over the API: what a key may, and what an organisation's own key may."""

import base64
import re
from typing import Any

import pytest
from argon2 import PasswordHasher

from dongting.api.app import ROUTES
from dongting.node.people.accounts import open_accounts
from dongting.node.people.passwords import Passwords
from dongting.standards import uscc

PASSWORD = "seven herons over the lake"


class Office:
    """An organisation hosted at the site's node, and keys of people there."""

    def __init__(self, site: Any) -> None:
        self.site = site
        self.accounts = open_accounts(site.home, passwords=Passwords(PasswordHasher(1, 1024, 1)))

    def key(self, organisation: str, *scopes: str, roles: tuple[str, ...] = ()) -> str:
        """An API key of a new person there."""
        self.site.host(organisation)
        staff = self.accounts.staff
        link = staff.invite(organisation, roles, None) if roles else staff.set_up_link(organisation)
        login = self.site.name("person")
        staff.enrol(link, login, login.title(), PASSWORD)
        token = self.accounts.entrance.sign_in(login, PASSWORD, "203.0.113.5")
        actor = self.accounts.entrance.find(token).actor
        return str(self.accounts.keys.make(actor, organisation, "tests", scopes or ("read",), 1)[0])

    def ask(self, method: str, target: str, key: str, json: Any = None) -> Any:
        """A request with an API key."""
        return self.site.ask(method, target, json=json, headers={"authorization": f"Bearer {key}"})


@pytest.fixture(scope="module")
def office(site: Any) -> Any:
    made = Office(site)
    yield made
    made.accounts.close()


def test_a_key_reads_what_its_organisation_reads(office: Any) -> None:
    key = office.key("env-bureau")
    me = office.ask("GET", "/v1/me", key)
    assert me.json()["organisation"] == "env-bureau"
    assert me.json()["permissions"] == ["read"]
    assert office.ask("GET", "/v1/waiting", key).status_code == 200
    assert me.headers["ratelimit"]


@pytest.mark.parametrize(
    "given", ["Bearer dt_" + "x" * 43, "Bearer x", "Bearer ", "bearer \x7f"]
)  # fmt: skip
def test_a_key_that_is_none_is_refused(office: Any, given: str) -> None:
    answer = office.site.ask("GET", "/v1/me", headers={"authorization": given})
    assert (answer.status_code, answer.json()["code"]) == (401, "people/bad-api-key")


def test_other_schemes_are_no_keys(office: Any) -> None:
    answer = office.site.ask("GET", "/v1/me", headers={"authorization": "Basic d2VpOng="})
    assert answer.json()["code"] == "http-signatures/unsigned"


def test_a_key_does_only_what_its_scopes_say(office: Any) -> None:
    reading = office.key("env-bureau", "read")
    for route in ROUTES:
        if not route.signed or "read" in route.needs:
            continue
        path = re.sub(r"\{\w+\}", "0" * 16, route.path)
        answer = office.ask(route.method, path, reading, json={} if route.takes else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "people/not-allowed"), route.name


def test_a_person_does_by_a_key_what_the_warrants_of_the_action_say(office: Any) -> None:
    requesting = office.key("env-bureau", "read", "request")
    for action, code in (
        ("catalogue/publish", "people/not-allowed"), ("sharing/agree", "people/not-allowed"),
        ("sharing/request", "custodian/not-hosted"),  # allowed; nobody signs in this test
    ):  # fmt: skip
        for target in (f"/v1/act/{action}", f"/v1/act/{action}/preview"):
            answer = office.ask("POST", target, requesting, {"arguments": {}})
            assert answer.json()["code"] == code, target


def test_people_are_invited_enrolled_given_roles_and_let_go(office: Any) -> None:
    chief = office.key("green-tech", "read", "administer")
    assert office.ask("POST", "/v1/people/invitations", chief, {"roles": []}).status_code == 422
    invited = office.ask("POST", "/v1/people/invitations", chief, {"roles": ["requester"]})
    assert invited.status_code == 201
    secret = invited.json()["link"].partition("link=")[2]
    login = office.site.name("new")
    given = {"link": secret, "login": login, "name": "New", "password": PASSWORD}
    enrolled = office.site.ask("POST", "/v1/enrolments", json=given)
    assert enrolled.status_code == 201
    id = enrolled.json()["person"]
    assert office.site.ask("POST", "/v1/enrolments", json=given).json()["code"] == "people/bad-link"
    assert office.ask("GET", f"/v1/people/{id}", chief).json()["roles"] == ["requester"]
    changed = office.ask("PUT", f"/v1/people/{id}/roles", chief, {"roles": ["auditor"]})
    assert changed.json()["roles"] == ["auditor"]
    assert office.ask("PUT", f"/v1/people/{id}/roles", chief, {"roles": []}).status_code == 422
    link = office.ask("POST", f"/v1/people/{id}/reset-link", chief).json()["link"]
    new = {"link": link.partition("link=")[2], "password": "a heron stands alone"}
    assert office.site.ask("POST", "/v1/passwords", json=new).status_code == 200
    assert id in {one["id"] for one in office.ask("GET", "/v1/people", chief).json()}
    assert office.ask("DELETE", f"/v1/people/{id}", chief).status_code == 204
    assert office.ask("GET", f"/v1/people/{id}", chief).status_code == 404


def test_nobody_reaches_the_people_of_another_organisation_by_id(office: Any) -> None:
    chief, other = office.key("green-tech", "administer"), office.key("env-bureau", "read")
    id = office.ask("GET", "/v1/me", other).json()["person"]
    for method, target, json in (
        ("GET", f"/v1/people/{id}", None), ("PUT", f"/v1/people/{id}/roles", {"roles": ["auditor"]}),
        ("DELETE", f"/v1/people/{id}", None), ("POST", f"/v1/people/{id}/reset-link", None),
    ):  # fmt: skip
        answer = office.ask(method, target, chief, json)
        assert (answer.status_code, answer.json()["code"]) == (404, "people/no-such-person")


def test_keys_are_made_listed_and_revoked(office: Any) -> None:
    key = office.key("env-bureau", "read", "develop")
    made = office.ask("POST", "/v1/keys", key, {"name": "child", "scopes": ["read"]})
    assert made.status_code == 201
    child, id = made.json()["secret"], made.json()["key"]["id"]
    assert office.ask("GET", "/v1/me", child).status_code == 200
    listed = office.ask("GET", "/v1/keys", key)
    assert id in {one["id"] for one in listed.json()}
    assert child not in listed.text
    wide = office.ask("POST", "/v1/keys", key, {"name": "wide", "scopes": ["publish"]})
    assert wide.json()["code"] == "people/bad-scopes"
    assert office.ask("DELETE", f"/v1/keys/{id}", key).status_code == 204
    assert office.ask("GET", "/v1/me", child).json()["code"] == "people/bad-api-key"


def test_an_organisations_own_key_manages_its_people_but_is_no_person(office: Any) -> None:
    office.key("env-bureau")
    assert office.site.ask("GET", "/v1/people", by="env-bureau").status_code == 200
    made = office.site.ask("POST", "/v1/keys", by="env-bureau", json={"name": "a", "scopes": ["read"]})
    assert made.json()["code"] == "people/needs-person"
    assert office.site.ask("GET", "/v1/people", by="air-alliance").json()["code"] == "people/not-hosted"


def test_an_organisation_that_is_no_member_yet_manages_people_and_nothing_else(office: Any) -> None:
    key = office.key("newcomer", "read", "administer")
    assert office.ask("GET", "/v1/people", key).status_code == 200
    assert office.ask("GET", "/v1/waiting", key).json()["code"] == "http/no-standing"


def test_recovery_codes_set_a_password(office: Any) -> None:
    key = office.key("env-bureau", "read")
    person = office.ask("GET", "/v1/me", key).json()["name"].lower()
    path, wrong, right = "/v1/me/recovery-codes", {"password": "another one"}, {"password": PASSWORD}
    assert office.ask("POST", path, key, json=wrong).json()["code"] == "people/wrong-password"
    found = office.ask("POST", path, key, json=right).json()["codes"]
    given = {"login": person, "code": found[3], "password": "a heron stands alone"}
    assert office.site.ask("POST", "/v1/recoveries", json=given).status_code == 200
    assert office.site.ask("POST", "/v1/recoveries", json=given).json()["code"] == "people/bad-recovery-code"


def test_an_application_over_the_api_is_decided_by_a_founder_only(office: Any, site: Any) -> None:
    first = "91430100" + "00000077" + uscc.organisation_check_character("00000077")
    applicant = {
        "organisation": site.name("water"), "kind": "government", "name_zh": "水务局", "name_en": "",
        "credit_code": first + uscc.check_character(first), "region": "430100", "contact": "Lan",
        "email": "lan@water.example",
    }  # fmt: skip
    given = {"applicant": applicant, "document": base64.b64encode(b"%PDF-1.7").decode()}
    sent = site.ask("POST", "/v1/applications", json=given)
    assert sent.status_code == 201
    again = site.ask("POST", "/v1/applications", json=given)
    assert again.json()["code"] == "people/bad-application"
    taken = {**given, "applicant": {**applicant, "organisation": "env-bureau"}}
    site.act("env-bureau", "catalogue/publish", site.dataset())
    assert site.ask("POST", "/v1/applications", json=taken).json()["code"] == "people/bad-application"
    id = sent.json()["id"]
    founder, outsider = office.key("env-bureau", "read", "approve"), office.key("outsider", "approve")
    assert id in {one["id"] for one in office.ask("GET", "/v1/applications", founder).json()}
    assert office.ask("GET", "/v1/applications", outsider).status_code == 403
    assert office.ask("POST", f"/v1/applications/{id}/admit", outsider).status_code == 403
    assert (
        office.ask("POST", f"/v1/applications/{id}/admit", founder).json()["code"] == "custodian/keys-locked"
    )
    declined = office.ask("POST", f"/v1/applications/{id}/decline", founder, {"reason": "no"})
    assert declined.status_code == 204
    assert office.ask("POST", f"/v1/applications/{id}/decline", founder, {}).status_code == 404
