"""The first run, and the people of an organisation on the pages of its administrators."""

import re
from typing import Any

from dongting.sdk.audit_log import verify

PASSWORD = "seven herons over the lake"


def link_in(text: str) -> str:
    found = re.search(r"http://127.0.0.1:8420(/setup\?link=[\w-]+)", text)
    assert found is not None
    return found[1]


def test_the_first_run_leads_from_a_link_to_an_account_that_may_do_everything(new_pages: Any) -> None:
    pages = new_pages()
    pages.publish()
    pages.host("env-bureau")
    target = f"/setup?link={pages.accounts.staff.set_up_link('env-bureau')}"
    someone = pages.stranger()
    page = someone.get(target)
    assert page.headers["cache-control"] == "no-store"
    assert "Set up" in page.text
    assert "Environment Bureau" in page.text
    secret = target.partition("=")[2]
    weak = someone.post("/setup", link=secret, name="Wei", login="wei", password="short")
    assert weak.status_code == 422
    assert 'value="wei"' in weak.text
    assert "short" not in weak.text
    made = someone.post("/setup", link=secret, name="Wei", login="wei", password=PASSWORD)
    assert (made.status_code, made.headers["location"]) == (303, "/settings/account")
    assert "Manage people and settings" in someone.get("/settings/account").text
    assert pages.stranger().get(target).status_code == 410


def test_an_administrator_invites_changes_roles_resets_and_lets_go(pages: Any) -> None:
    chief = pages.someone("green-tech")
    assert chief.post("/settings/people").status_code == 422
    shown = chief.post("/settings/people", role=["requester", "auditor"])
    assert shown.headers["cache-control"] == "no-store"
    target = link_in(shown.text)
    assert target not in chief.get("/settings/people").text
    guest = pages.stranger()
    login = pages.site.name("guest")
    form = {"link": target.partition("=")[2], "name": "Guest", "login": login, "password": PASSWORD}
    assert guest.post("/setup", **form).status_code == 303
    people = chief.get("/settings/people").text
    place = re.search(
        rf'href="(/settings/people/\w+)"><bdi>Guest</bdi></a></h3>\n<p[^>]*><code>{login}', people
    )
    assert place is not None
    changed = chief.post(place[1], role="auditor")
    assert (changed.status_code, changed.headers["location"]) == (303, "/settings/people")
    after = chief.get("/settings/people").text
    assert "The roles of Guest are changed." in after
    assert "The roles of Guest are changed." not in chief.get("/settings/people").text, "said once"
    assert chief.post(place[1]).status_code == 422
    again = link_in(chief.post(f"{place[1]}/reset").text)
    fresh_guest = pages.stranger()
    assert "Choose a new password" in fresh_guest.get(again).text
    reset = fresh_guest.post("/setup", link=again.partition("=")[2], password="a heron stands alone")
    assert reset.status_code == 303
    assert guest.get("/settings/account").status_code == 303, "all sessions ended"
    assert chief.post(f"{place[1]}/leave").status_code == 303
    assert login not in chief.get("/settings/people").text
    assert "Nobody at present" in fresh_guest.get("/settings/account").text


def test_people_of_another_organisation_are_not_there_by_their_id_either(pages: Any) -> None:
    chief, other = pages.someone("green-tech"), pages.someone("env-bureau")
    id = pages.accounts.entrance.find(other.client.cookies["session"]).actor.person
    before = len(pages.lines())
    for answer in (
        chief.get(f"/settings/people/{id}"),
        chief.post(f"/settings/people/{id}", role="auditor"),
        chief.post(f"/settings/people/{id}/leave"),
        chief.post(f"/settings/people/{id}/reset"),
    ):
        assert answer.status_code == 404
    codes = [line["code"] for line in pages.lines()[before:] if line["what"] == "refused"]
    assert codes == ["people/no-such-person"] * 4
    assert other.get("/settings/people").status_code == 200


def test_an_invitation_adds_an_organisation_to_an_account_and_one_switches(pages: Any) -> None:
    pages.publish()
    someone = pages.someone("env-bureau", "requester")
    pages.host("green-tech")
    secret = pages.accounts.staff.invite("green-tech", ["auditor"], None)
    assert "Join with this account" in someone.get(f"/setup?link={secret}").text
    assert someone.post("/setup", link=secret, join="1").status_code == 303
    account = someone.get("/settings/account").text
    assert "You now act for" in account
    assert "Green Technology" in account
    back = someone.post("/switch", organisation="env-bureau", next="/catalogue?q=air")
    assert back.headers["location"] == "/catalogue?q=air"
    refused = someone.post("/switch", organisation="air-alliance")
    assert refused.status_code == 403


def test_a_password_is_changed_with_the_present_one(pages: Any) -> None:
    someone = pages.someone("env-bureau", "requester")
    wrong = someone.post("/settings/password", present="wrong", password="a heron stands alone")
    assert wrong.status_code == 403
    assert "present password is not right" in wrong.text
    right = someone.post("/settings/password", present=PASSWORD, password="a heron stands alone")
    assert right.status_code == 303
    assert "Your password is changed" in someone.get("/settings/account").text


def test_a_developer_makes_a_key_that_is_shown_once_and_revokes_it(pages: Any) -> None:
    someone = pages.someone("env-bureau", "developer", "requester")
    bad = someone.post("/settings/keys", name="Import", scope=["publish"], days="30")
    assert bad.status_code == 422
    assert someone.post("/settings/keys", name="Import", scope=["read"], days="x").status_code == 422
    made = someone.post("/settings/keys", name="<b>Import</b>", scope=["read", "request"], days="30")
    secret = re.search(r"dt_[\w-]{43}", made.text)
    assert secret is not None
    listed = someone.get("/settings/keys").text
    assert "&lt;b&gt;Import&lt;/b&gt;" in listed
    assert secret[0] not in listed
    place = re.search(r'action="(/settings/keys/\w+/revoke)"', listed)
    assert place is not None
    other = pages.someone("env-bureau", "developer")
    assert other.post(place[1]).status_code == 404
    assert someone.post(place[1]).status_code == 303
    assert "No program has a key" in someone.get("/settings/keys").text
    requester = pages.someone("env-bureau", "requester")
    assert requester.get("/settings/keys").status_code == 403
    assert requester.post("/settings/keys", name="a", scope=["read"], days="1").status_code == 403


def test_recovery_codes_are_shown_once_and_one_lets_a_person_in_again(pages: Any) -> None:
    someone = pages.someone("env-bureau", "requester")
    assert (
        "The present password is not right" in someone.post("/settings/recovery", present="another one").text
    )
    assert "0 codes left" in someone.get("/settings/account").text
    shown = someone.post("/settings/recovery", present=PASSWORD).text
    found = re.findall(r"\b[2-9a-z]{4}(?:-[2-9a-z]{4}){3}\b", shown)
    assert len(found) == 10
    account = someone.get("/settings/account").text
    assert "10 codes left" in account
    login = str(pages.accounts.entrance.find(someone.client.cookies["session"]).actor.name).lower()
    fresh = pages.stranger()
    wrong = fresh.post("/recover", login=login, code="none", password="a heron stands alone")
    assert wrong.status_code == 401
    right = fresh.post("/recover", login=login, code=found[0], password="a heron stands alone")
    assert (right.status_code, right.headers["location"]) == (303, "/settings/account")
    assert "9 codes left" in fresh.get("/settings/account").text
    assert someone.get("/settings/account").status_code == 303


def test_auditors_read_and_export_the_audit_log_and_others_do_not(pages: Any) -> None:
    auditor = pages.someone("green-tech", "auditor")
    page = auditor.get("/audit-log").text
    assert "Signed in" in page
    assert "Person joined" in page
    narrowed = auditor.get("/audit-log?what=sign-in").text
    assert "Person joined</h2>" not in narrowed
    assert auditor.get("/audit-log?before=0").status_code == 200
    assert auditor.get("/audit-log?before=x").status_code == 200
    saved = auditor.get("/audit-log.json")
    assert "attachment" in saved.headers["content-disposition"]
    assert verify(saved.content).organisation == "green-tech"
    assert pages.someone("green-tech", "data-officer").get("/audit-log").status_code == 403
    assert auditor.post("/settings/people", role="auditor").status_code == 403
