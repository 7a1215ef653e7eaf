"""Approvals by two people at a real node: two persons with API keys, and the ways to go round them."""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from dongting.errors import Refused
from dongting.node.config import load
from dongting.node.home import Home as NodeHome
from dongting.node.keystore import Keystore
from dongting.node.people.access import PERMISSIONS, Actor
from dongting.node.people.accounts import Accounts, open_accounts
from dongting.sdk.transport import Transport
from dongting.wire.profile import INTERNATIONAL

from .conftest import PASSPHRASE, Home  # type: ignore[import-not-found]
from .test_acting import BUREAU, DATASET, END, TECH, TERMS  # type: ignore[import-not-found]


class Person:
    """Somebody of an organisation, asking by an API key."""

    def __init__(self, home: Home, accounts: Accounts, login: str, organisation: str, *roles: str) -> None:
        link = accounts.staff.invite(organisation, roles, None)
        self.id = accounts.staff.enrol(link, login, login.title(), secrets.token_urlsafe(16))
        self.url = home.url
        actor = Actor(self.id, login, organisation, frozenset(roles), (organisation,))
        scopes = [scope for scope in PERMISSIONS if actor.may(scope)]
        self.key = accounts.keys.make(actor, organisation, "test", scopes, 1)[0]

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx.request(method, self.url + path, json=body, headers=headers, timeout=60)

    def got(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None) -> str:
        answer = self.ask(method, path, body)
        assert answer.status_code >= 400, answer.text
        return str(answer.json()["code"])


class Office:
    """A node with a request that waits for the bureau, which has two people approve."""

    def __init__(self, home: Home, accounts: Accounts) -> None:
        self.home, self.accounts = home, accounts
        both = ("administrator", "data-officer", "developer")
        self.wei = Person(home, accounts, "wei", BUREAU, *both)
        self.lan = Person(home, accounts, "lan", BUREAU, *both)
        self.auditor = Person(home, accounts, "mei", BUREAU, "auditor")
        self.zhou = Person(home, accounts, "zhou", TECH, "administrator", "data-officer", "requester")
        self.wei.got("POST", "/v1/act/catalogue/publish", {"arguments": DATASET})
        rule = self.wei.got("PUT", "/v1/sign-offs/rule", {"actions": ["sharing/agree", "catalogue/publish"]})
        assert [one["action"] for one in rule] == ["catalogue/publish", "sharing/agree"]

    def request(self) -> str:
        id = f"air-{secrets.token_hex(3)}"
        asked = {"arguments": {"id": id, "dataset": "air", "end": END}, "parts": {"terms": TERMS}}
        self.zhou.got("POST", "/v1/act/sharing/request", asked)
        return id

    def begin(self, id: str) -> Any:
        """Wei signs off that the request is agreed to; what waits."""
        answer = self.wei.ask("POST", "/v1/act/sharing/agree", {"arguments": {"id": id}})
        assert answer.status_code == 202, answer.text
        return self.lan.got("GET", f"/v1/sign-offs/{answer.json()['sign_off']}")

    def size(self) -> int:
        size: int = httpx.get(f"{self.home.url}/v1/status").json()["size"]
        return size

    def lines(self, what: str) -> list[Any]:
        found = self.accounts.audit.lines(BUREAU, what=what, limit=500)
        return [{"person": line.person, **line.facts} for line in found]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = Home(tmp_path_factory.mktemp("two"))
    home.found("international")
    home.serve()
    accounts = open_accounts(NodeHome(load(home.home / "dongting.toml")))
    try:
        yield Office(home, accounts)
    finally:
        accounts.close()
        home.stop()


def test_what_one_signs_off_another_reads_and_confirms_and_it_is_signed_once(office: Office) -> None:
    id, size = office.request(), office.size()
    shown = office.begin(id)
    assert office.size() == size, "nothing is signed yet"
    off = shown["sign_off"]
    assert {"label": "Purpose", "value": "Research on air pollution"} in shown["en"]["notes"]
    assert shown["zh"]["sentence"].startswith(BUREAU)
    path, seen = f"/v1/sign-offs/{off['id']}", {"seen": off["fingerprint"]}
    assert office.wei.refused("POST", f"{path}/confirm", seen) == "signoffs/same-person"
    assert office.auditor.refused("POST", f"{path}/confirm", seen) == "people/not-allowed"
    assert office.zhou.refused("POST", f"{path}/confirm", seen) == "signoffs/no-such-sign-off"
    assert office.zhou.refused("GET", path) == "signoffs/no-such-sign-off"
    assert office.lan.refused("POST", f"{path}/confirm", {"seen": "ab" * 32}) == "signoffs/otherwise-now"
    assert office.lan.refused("POST", f"{path}/confirm", {"seen": 1}) == "http/bad-body"
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: office.lan.ask("POST", f"{path}/confirm", seen), range(4)))
    done = [answer.json() for answer in answers if answer.status_code == 200]
    assert done
    assert len({one["id"] for one in done}) == 1
    refusals = {one.json()["code"] for one in answers if one.status_code != 200}
    assert refusals <= {"signoffs/not-waiting"}
    assert office.lan.refused("POST", f"{path}/confirm", seen) == "signoffs/not-waiting"
    assert office.size() == size + 2, "the statement and its block end"
    (line,) = [one for one in office.lines("signed") if one["subject"] == f"sharing.negotiation/{id}"]
    assert line == {
        "person": office.lan.id, "action": "sharing/agree", "subject": f"sharing.negotiation/{id}",
        "statement": done[0]["id"], "sign_off": off["id"], "first": office.wei.id,
    }  # fmt: skip
    found = office.lan.got("GET", path)["sign_off"]
    assert (found["state"], found["index"]) == ("accepted", done[0]["index"])


def test_no_other_way_leads_to_a_signature(office: Office) -> None:
    id = office.request()
    size = office.size()
    store = Keystore.open(office.home.home / "keys" / BUREAU / "keystore.json")
    store.unlock(PASSPHRASE)
    by_key = Transport(office.home.url, store.signing_key(f"{BUREAU}/signing"), INTERNATIONAL)
    with pytest.raises(Refused) as raised:
        by_key.json("POST", "/v1/act/sharing/agree", body={"arguments": {"id": id}})
    by_key.close()
    assert str(raised.value.code) == "signoffs/needs-second-person", "there is no person who could be first"
    for body in ({"arguments": {"id": id}}, {"arguments": {"id": id, "terms": "ab" * 32}}):
        office.wei.ask("POST", "/v1/act/sharing/agree", body)
    key = {"arguments": {"id": BUREAU, "key": "x", "possession": "x"}}
    assert office.wei.ask("POST", "/v1/act/membership/add-key", key).status_code != 200
    assert office.size() == size


def test_when_the_other_side_changes_its_mind_nothing_is_signed(office: Office) -> None:
    id = office.request()
    off = office.begin(id)["sign_off"]
    declined = {"arguments": {"id": id}, "parts": {"reason": {"text": {"en": "No longer needed"}}}}
    office.zhou.got("POST", "/v1/act/sharing/decline", declined)
    size, path = office.size(), f"/v1/sign-offs/{off['id']}"
    code = office.lan.refused("POST", f"{path}/confirm", {"seen": off["fingerprint"]})
    assert code == "appkit/wrong-state"
    assert office.size() == size
    assert office.lan.got("GET", path)["sign_off"]["state"] == "refused"


def test_a_rejection_gives_its_reason_and_the_first_may_withdraw(office: Office) -> None:
    off = office.begin(office.request())["sign_off"]
    path = f"/v1/sign-offs/{off['id']}"
    assert office.wei.refused("POST", f"{path}/reject", {"reason": "no"}) == "signoffs/same-person"
    assert office.auditor.refused("POST", f"{path}/reject", {"reason": "no"}) == "people/not-allowed"
    assert office.lan.refused("POST", f"{path}/withdraw") == "signoffs/not-the-first-person"
    assert office.lan.got("POST", f"{path}/reject", {"reason": "预算尚未批准"})["state"] == "rejected"
    assert office.wei.got("GET", path)["sign_off"]["reason"] == "预算尚未批准"
    assert office.lan.refused("POST", f"{path}/confirm", {"seen": off["fingerprint"]}) == (
        "signoffs/not-waiting"
    )
    again = office.begin(office.request())["sign_off"]
    assert office.wei.got("POST", f"/v1/sign-offs/{again['id']}/withdraw")["state"] == "withdrawn"
    kinds = [one["kind"] for one in office.wei.got("GET", "/v1/notices")["notices"]]
    assert {"sign-off", "sign-off-rejected"} <= set(kinds)


def test_what_was_signed_off_is_readable_by_nobody_who_holds_the_database_alone(office: Office) -> None:
    off = office.begin(office.request())["sign_off"]
    sealed = office.accounts.sign_offs.sealed(BUREAU, off["id"])
    assert b"air pollution" not in sealed
    assert time.time() + 6 * 86_400 < off["ends"]
