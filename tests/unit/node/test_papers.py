"""What stands on paper is what the proof file proves; the file is in it; the same file, the same bytes."""

import io
import time
from typing import Any

import pypdfium2
import pytest
from pypdf import PdfReader

from dongting.errors import Refused
from dongting.node.exports.agreement import agreement
from dongting.node.exports.proven import Proven
from dongting.node.exports.report import Compared, report
from dongting.sdk.story import check_file
from dongting.sdk.verify import verify
from dongting.testing import Ledger
from dongting.testing.stories import AGREEMENT, CONSUMER, DATA, TERMS, Share, prove
from dongting.wire.merkle import leaf_hash

URL = "https://share.example"


@pytest.fixture(scope="module", params=["international", "national"])
def share(request: pytest.FixtureRequest) -> Share:
    return Share.play(Ledger(request.param))


def read(share: Share, language: Any = "zh", proof: bytes | None = None) -> Proven:
    return Proven.read(proof or share.proof(), share.ledger.machine.network, language, URL)


def flat(data: bytes) -> str:
    """The text, as Chromium reads it, without spaces and line breaks: lines break anywhere in Chinese."""
    with pypdfium2.PdfDocument(data) as document:
        return "".join("".join(page.get_textpage().get_text_bounded() for page in document).split())


def attached(data: bytes) -> dict[str, bytes]:
    return {name: files[0] for name, files in PdfReader(io.BytesIO(data)).attachments.items()}


def test_an_agreement_tells_parties_terms_and_signatures_in_both_languages(share: Share) -> None:
    chinese, english = flat(agreement(read(share), AGREEMENT)), flat(agreement(read(share, "en"), AGREEMENT))
    for said in (
        "环境局（env-bureau）",
        "绿色科技（green-tech）",
        "大气污染研究",
        "仅限本单位内部",
        "1200.50CNY",
    ):
        assert said in chinese, said
    for said in ("EnvironmentBureau(env-bureau)", "Researchonairpollution", "1200.50CNY", "inforce"):
        assert said in english, said
    story = verify(share.proof(), share.ledger.machine.network)
    signed = [event for event in story.events if event.action in ("sharing/request", "sharing/agree")]
    assert len(signed) == 2
    for event in signed:
        for said in (event.key, leaf_hash(share.ledger.profile, event.statement).hex()):
            assert said in chinese
            assert said in english
    assert story.root in chinese
    last = leaf_hash(share.ledger.profile, signed[-1].statement).hex()
    assert f"{URL}/verify/{signed[-1].index}.{last}" in chinese


def test_terms_that_the_file_does_not_open_do_not_stand_on_paper(share: Share) -> None:
    told = flat(agreement(read(share, proof=share.closed()), AGREEMENT))
    assert "大气污染" not in told
    assert "未开启条款" in told
    assert share.terms.commitment(share.ledger.profile) in told


@pytest.mark.parametrize("make", [lambda p: agreement(p, AGREEMENT), report], ids=["agreement", "report"])
def test_the_proof_file_is_attached_and_verifies(share: Share, make: Any) -> None:
    data = make(read(share))
    assert attached(data) == {"proof.dongting": share.proof()}
    found = verify(attached(data)["proof.dongting"], share.ledger.machine.network)
    assert found.compared


@pytest.mark.parametrize("make", [lambda p: agreement(p, AGREEMENT), report], ids=["agreement", "report"])
def test_the_same_file_gives_the_same_bytes_at_any_time(share: Share, make: Any) -> None:
    first = make(read(share))
    time.sleep(1.1)  # whoever dates by the clock would differ
    assert make(read(share)) == first


def test_a_document_is_an_archive_file_with_its_fonts(share: Share) -> None:
    reader = PdfReader(io.BytesIO(agreement(read(share), AGREEMENT)))
    root: Any = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/AF"][0].get_object()["/AFRelationship"] == "/Source"
    assert root["/Lang"] == "zh-CN"
    fonts: Any = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    for font in fonts.values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        assert "/FontFile3" in inner["/FontDescriptor"]


def test_a_report_says_what_was_recorded_how_to_check_it_and_what_it_cannot_prove(share: Share) -> None:
    told = flat(report(read(share)))
    hashed = "SM3" if share.ledger.profile.name == "national" else "SHA-256"
    for said in (
        "电子数据存证报告", "环境局（env-bureau）发布了数据集", "2026-01-0108:01:00", f"{hashed}(", "RFC9162",
        "COSE_Sign1（RFC9052）", "dongtingverifyproof.dongting--network" + share.ledger.machine.network,
        "不能证明上链（入账）之前的情况", "法释〔2021〕12号", "第十六条", "第十七条", "第十八条", "第十九条",
        "没有独立见证方",
    ):  # fmt: skip
        assert said in told, said
    assert "beforerecording" in flat(report(read(share, "en")))


def test_a_report_compares_files(share: Share) -> None:
    story = read(share).story
    compared = [Compared("数据.csv", check_file(story, [DATA])), Compared("b.csv", check_file(story, [b"x"]))]
    told = flat(report(read(share), compared))
    same = share.content.commitment(share.ledger.profile)
    assert f"“数据.csv”的摘要为{share.ledger.profile.hash(DATA).hex()}" in told
    assert f"承诺值{same}所指内容逐字节一致" in told
    assert "该文件不是证明文件所开启的内容" in told


def test_a_changed_proof_file_makes_no_paper(share: Share) -> None:
    data = bytearray(share.proof())
    data[len(data) // 2] ^= 1
    with pytest.raises(Refused):
        read(share, proof=bytes(data))
    with pytest.raises(Refused):
        read(share, proof=b"%PDF-1.7")


def test_an_agreement_that_the_file_does_not_tell_of_is_refused(share: Share) -> None:
    proof = prove(share.ledger, f"membership.organisation/{CONSUMER}")
    with pytest.raises(Refused) as refusal:
        agreement(read(share, proof=proof), AGREEMENT)
    assert str(refusal.value.code) == "exports/not-in-the-proof"


def test_what_a_member_wrote_cannot_turn_the_order_of_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = "\u202e" + "很长" * 500 + "W" * 1500
    monkeypatch.setitem(TERMS, "purpose", {"zh": hostile})
    share = Share.play(Ledger())
    told = flat(agreement(read(share), AGREEMENT))
    assert "\u202e" not in told
    assert told.count("W") >= 1500
