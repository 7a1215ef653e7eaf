"""Agreements and reports as PDF over the API: for members, from the node's proof or from one that is sent."""

import io
from typing import Any

import pypdfium2
import pytest
from pypdf import PdfReader

from dongting.sdk.verify import verify
from dongting.wire import jcs
from dongting.wire.part import Part
from dongting.wire.proof import Opening, with_openings

TERMS = Part(b"\x07" * 32, jcs.encode({"purpose": {"zh": "冬季供暖研究"}}))
CBOR = {"content-type": "application/cbor"}


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    with pypdfium2.PdfDocument(answer.content) as document:
        return "".join("".join(page.get_textpage().get_text_bounded() for page in document).split())


@pytest.fixture(scope="module")
def agreed(site: Any) -> str:
    """An agreement between the bureau and the enterprise; its id."""
    dataset, id = site.dataset(), site.name("deal")
    site.act("env-bureau", "catalogue/publish", dataset)
    terms = TERMS.commitment(site.profile)
    now = int(site.node.machine.head.time)
    asked = {"id": id, "dataset": dataset["id"], "terms": terms, "start": now, "end": now + 86_400 * 30}
    site.act("green-tech", "sharing/request", asked)
    site.act("env-bureau", "sharing/agree", {"id": id, "terms": terms})
    return id


@pytest.fixture(scope="module")
def opened(site: Any, agreed: str) -> bytes:
    """The proof file of the agreement, as a party holds it."""
    body = {"addresses": [f"sharing.agreement/{agreed}"]}
    closed = site.ask("POST", "/v1/proofs", by="green-tech", json=body).content
    return with_openings(closed, [Opening.of(TERMS, site.profile)])


def test_any_member_gets_an_agreement_without_its_terms(site: Any, agreed: str) -> None:
    answer = site.ask("GET", f"/v1/agreements/{agreed}.pdf?language=zh", by="air-alliance")
    told = text_of(answer)
    assert "数据共享协议" in told
    assert "供暖" not in told
    assert answer.headers["content-disposition"] == f'attachment; filename="agreement-{agreed}.pdf"'
    attachments = PdfReader(io.BytesIO(answer.content)).attachments
    assert verify(attachments["proof.dongting"][0], site.node.machine.network).compared


def test_who_can_read_the_terms_gets_them_on_paper(site: Any, agreed: str, opened: bytes) -> None:
    target = f"/v1/agreements/{agreed}.pdf?language=zh"
    assert "冬季供暖研究" in text_of(site.ask("POST", target, by="green-tech", content=opened, headers=CBOR))


def test_a_report_comes_in_the_callers_language(site: Any, opened: bytes) -> None:
    for language, said in (("zh", "电子数据存证报告"), ("en", "Reportonrecordedelectronicevidence")):
        headers = {**CBOR, "accept-language": language}
        answer = site.ask(
            "POST", "/v1/reports/evidence.pdf", by="green-tech", content=opened, headers=headers
        )
        assert said in text_of(answer)


def test_what_proves_nothing_makes_no_document(site: Any, agreed: str, opened: bytes) -> None:
    changed = bytearray(opened)
    changed[len(opened) // 2] ^= 1
    for target in (f"/v1/agreements/{agreed}.pdf", "/v1/reports/evidence.pdf"):
        for content in (bytes(changed), b"%PDF-1.7", b"\xa0"):
            answer = site.ask("POST", target, by="green-tech", content=content, headers=CBOR)
            assert 400 <= answer.status_code < 500, (target, answer.text)
            assert answer.json()["code"].split("/")[0] in ("wire", "sdk")
    other = site.ask("POST", "/v1/agreements/other.pdf", by="green-tech", content=opened, headers=CBOR)
    assert (other.status_code, other.json()["code"]) == (400, "exports/not-in-the-proof")
    absent = site.ask("GET", "/v1/agreements/no-such.pdf", by="green-tech")
    assert absent.status_code == 404


def test_documents_are_for_members(site: Any, agreed: str) -> None:
    assert site.ask("GET", f"/v1/agreements/{agreed}.pdf").status_code == 401
    assert site.ask("POST", "/v1/reports/evidence.pdf", content=b"x", headers=CBOR).status_code == 401
