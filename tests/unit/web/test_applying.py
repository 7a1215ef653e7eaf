"""Joining hosted: what an application must be, and that only who may admit sees and decides it."""

import re
from typing import Any

import pytest

from dongting.standards import uscc

PDF = b"%PDF-1.7\n%%EOF\n"
BASE = "http://localhost:8420"


def code(number: int) -> str:
    """A credit code that is well formed."""
    organisation = f"{number:08d}"
    first = f"91430100{organisation}{uscc.organisation_check_character(organisation)}"
    return first + uscc.check_character(first)


def send(pages: Any, someone: Any, document: bytes = PDF, **changes: str) -> Any:
    told = {
        "name_zh": "水务局", "name_en": "Water Bureau", "kind": "government", "credit_code": code(1),
        "region": "430100", "organisation": pages.site.name("water"), "contact": "Lan",
        "email": "lan@water.example",
        **changes,
    }  # fmt: skip
    headers = {"accept": "text/html", "accept-language": "en", "origin": BASE}
    files = {"document": ("../../x.pdf", document, "application/pdf")}
    return pages.site.run(someone.client.post(f"{BASE}/join/apply", data=told, files=files, headers=headers))


def test_an_application_is_sent_by_anybody_and_seen_by_who_may_admit(pages: Any) -> None:
    pages.publish()
    sent = send(pages, pages.stranger(), credit_code=code(10), name_en="<i>Water</i>")
    assert sent.status_code == 200
    found = re.search(r"<code>([0-9a-f]{16})</code>", sent.text)
    assert found is not None
    id = found[1]
    decider = pages.someone("env-bureau", "data-officer")
    assert f"/applications/{id}" in decider.get("/applications").text
    page = decider.get(f"/applications/{id}").text
    assert "&lt;i&gt;Water&lt;/i&gt;" in page
    assert "lan@water.example" in page
    document = decider.get(f"/applications/{id}/document")
    assert document.content == PDF
    assert document.headers["content-disposition"] == 'attachment; filename="document.pdf"'
    for target in ("/applications", f"/applications/{id}", f"/applications/{id}/document"):
        assert pages.someone("env-bureau", "requester").get(target).status_code == 403
        assert pages.stranger().get(target).status_code == 303
    outsider = pages.someone("outsider", "data-officer")
    for target in ("/applications", f"/applications/{id}", f"/applications/{id}/document"):
        assert outsider.get(target).status_code == 403, "neither founder nor registrar"
    assert outsider.post(f"/applications/{id}/admit").status_code == 403
    declined = decider.post(f"/applications/{id}/decline", reason="The name differs")
    assert declined.status_code == 303
    after = decider.get(f"/applications/{id}").text
    assert "The name differs" in after
    assert "lan@water.example" not in after, "what is personal is dropped"
    assert decider.get(f"/applications/{id}/document").status_code == 404
    assert decider.post(f"/applications/{id}/decline", reason="again").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"credit_code": code(1)[:-1] + "0"}, "check"), ({"credit_code": ""}, "18"),
        ({"kind": "king"}, "choose a kind"), ({"organisation": "Water"}, "other characters"),
        ({"organisation": "../up"}, "other characters"), ({"organisation": "env-bureau"}, "taken"),
        ({"email": "x"}, "e-mail"), ({"email": "a@b.example\nbcc: c@d.example"}, "e-mail"),
        ({"contact": ""}, "contact"), ({"name_zh": "", "name_en": ""}, "name"),
        ({"name_en": "x" * 121}, "120"), ({"region": "999999"}, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_on_the_form_and_nothing_is_kept(
    pages: Any, changes: dict[str, str], said: str
) -> None:
    pages.publish()
    before = len(pages.accounts.applications.list())
    answer = send(pages, pages.stranger(), **changes)
    assert 400 <= answer.status_code < 500
    assert said in answer.text
    assert len(pages.accounts.applications.list()) == before


@pytest.mark.parametrize("document", [b"", b"<html>", b"PK\x03\x04", b"%PDF-" + b"x" * 4 * 1024 * 1024])
def test_a_document_is_a_picture_or_a_pdf_of_bounded_size(pages: Any, document: bytes) -> None:
    assert send(pages, pages.stranger(), document).status_code in (413, 422)


def test_one_credit_code_waits_once_and_not_too_many_wait(
    pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(pages, pages.stranger(), credit_code=code(20)).status_code == 200
    assert send(pages, pages.stranger(), credit_code=code(20)).status_code == 422
    monkeypatch.setattr("dongting.node.people.applications.WAITING", 1)
    assert send(pages, pages.stranger(), credit_code=code(21)).status_code == 429
