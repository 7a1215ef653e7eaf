"""The main job: one organisation shares a dataset with another, under terms, and both can prove it.

Everything runs through the command line against a running node. The story is told once; each test then
states one fact of it.
"""

import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from pypdf import PdfReader

from dongting.errors import Refused
from dongting.node.keystore import Keystore
from dongting.sdk.client import Client

from .conftest import PASSPHRASE, Answer, Home  # type: ignore[import-not-found]

BUREAU, TECH, ALLIANCE = "env-bureau", "green-tech", "air-alliance"

FIRST = """\
城市,日期,小时,PM2.5,风向,备注
长沙,2026-01-01,0,35,NW,
株洲,2026-01-01,1,,SE,缺测
湘潭,2026-01-02,2,41.5,NA,
"""
SECOND = FIRST + "岳阳,2026-01-03,3,28,N,\n"

#: Words that only the two parties may ever read.
SECRETS = (
    "冬季供暖研究用途",
    "heating study",
    "数据合作协议第七条",
    "仅限内部建模",
    "项目提前结束的缘由",
    "现场移交保密柜",
)


class Tale:
    """What each step of the story answered."""

    def __init__(self, home: Home, network: str) -> None:
        self.home = home
        self.network = network
        self.answers: dict[str, Any] = {}

    def path(self, name: str) -> Path:
        return self.home.directory / name

    def told(self, name: str) -> Any:
        """The answer of a step."""
        return self.answers[name]

    def refused(self, *arguments: str, author: str, lang: str = "en") -> Answer:
        answer = self.home.run(*arguments, author=author, lang=lang)
        assert answer.code == 1, (arguments, answer.out)
        return answer


def act(tale: Tale, author: str, *arguments: str) -> Any:
    return tale.home.do(*arguments, "--yes", author=author)


def publish(tale: Tale) -> None:
    tale.path("air.csv").write_text(FIRST)
    tale.path("air2.csv").write_text(SECOND)
    act(
        tale, BUREAU, "dataset", "publish", "air.csv", "--id", "air-2026",
        "--title-zh", "城市空气质量小时值", "--title-en", "Hourly urban air quality",
        "--description-zh", "长株潭三市监测站小时均值", "--theme", "ENVI", "--frequency", "HOURLY",
        "--region", "430100", "--sharing", "conditional", "--legal-basis-zh", "公共数据管理办法第九条",
        "--opening", "not-open", "--grade", "general-1", "--identifiers", "scheme=省目录,value=HN-0042",
        "--column", "name=PM2.5,title-zh=细颗粒物浓度,title-en=Fine particles",
    )  # fmt: skip


def come_to_terms(tale: Tale) -> None:
    home = tale.home
    tale.answers["search-zh"] = home.do("search", "空气", author=TECH)
    tale.answers["search-en"] = home.do("search", "urban", "air", author=TECH)
    act(
        tale, TECH, "request", "air-2026", "--id", "share-1", "--purpose-zh", SECRETS[0],
        "--purpose-en", f"A {SECRETS[1]}", "--legal-basis-zh", SECRETS[2], "--until", "2030-06-30",
        "--recipients", TECH, "--price", "1200.50 CNY",
    )  # fmt: skip
    tale.answers["inbox"] = home.do("inbox", author=BUREAU)
    tale.answers["terms"] = home.do("read", "negotiation", "share-1", author=BUREAU)
    act(tale, BUREAU, "offer", "share-1", "--conditions-zh", SECRETS[3], "--count", "10")
    act(tale, TECH, "accept", "share-1")


def hand_over(tale: Tale) -> None:
    act(tale, BUREAU, "deliver", "share-1")
    tale.home.do("download", "share-1.1", "-o", "got.csv", author=TECH)
    act(tale, TECH, "acknowledge", "share-1.1", "got.csv")


def later_version(tale: Tale) -> None:
    act(tale, BUREAU, "dataset", "add-version", "air-2026", "air2.csv")
    act(tale, BUREAU, "deliver", "share-1")
    tale.home.do("download", "share-1.2", "-o", "got2.csv", author=TECH)
    tale.path("wrong.csv").write_text("not what was sent\n")
    act(tale, TECH, "acknowledge", "share-1.2", "wrong.csv")
    tale.answers["disputed"] = tale.home.do("show", "transfer", "share-1.2", author=TECH)
    act(tale, BUREAU, "redeliver", "share-1.2")
    act(tale, TECH, "acknowledge", "share-1.2", "got2.csv")


def outside(tale: Tale) -> None:
    """Where the parties have an exchange of their own, only digest and acknowledgement stand here."""
    tale.path("outside.csv").write_text("站点,值\n甲,1\n")
    act(
        tale, BUREAU, "dataset", "publish", "outside.csv", "--external", "--id", "outside-1",
        "--title-zh", "线下数据", "--description-zh", "通过既有专线交换", "--theme", "ENVI",
        "--frequency", "MONTHLY", "--sharing", "unconditional", "--opening", "not-open",
        "--grade", "general-1",
    )  # fmt: skip
    act(
        tale,
        TECH,
        "request",
        "outside-1",
        "--id",
        "share-2",
        "--purpose-zh",
        SECRETS[0],
        "--until",
        "2030-06-30",
    )
    act(tale, BUREAU, "agree", "share-2")
    act(tale, BUREAU, "deliver", "share-2", "--external", "--locator", SECRETS[5])
    tale.answers["locator"] = tale.home.do("read", "transfer", "share-2.1", author=TECH)
    act(tale, TECH, "acknowledge", "share-2.1", "outside.csv")


def print_out(tale: Tale) -> None:
    for author in (BUREAU, TECH):
        tale.home.do("agreement", "pdf", "share-1", "-o", f"{author}.pdf", author=author)
    tale.home.do("agreement", "pdf", "share-1", "-o", "closed.pdf", "--closed", author=TECH)
    tale.home.do(
        "evidence", "report", "agreement/share-1", "-o", "report.pdf", "--closed",
        "--file", "got.csv", "--file", "wrong.csv", author=TECH,
    )  # fmt: skip


def prove(tale: Tale, name: str) -> None:
    for author in (BUREAU, TECH):
        tale.home.do("prove", "agreement/share-1", "-o", f"{author}-{name}.proof", author=author)


def end(tale: Tale) -> None:
    act(tale, TECH, "renew", "share-1", "--until", "2031-01-31")
    act(tale, BUREAU, "renew", "share-1")
    tale.answers["renewed"] = tale.home.do("show", "agreement", "share-1", author=TECH)
    act(tale, TECH, "terminate", "share-1", "--reason-zh", SECRETS[4])
    tale.answers["too late"] = tale.refused("download", "share-1.1", "-o", "late.csv", author=TECH)
    tale.answers["too late, in Chinese"] = tale.refused(
        "download", "share-1.1", "-o", "late.csv", author=TECH, lang="zh"
    )


def erase(tale: Tale) -> None:
    act(tale, BUREAU, "dataset", "erase", "air-2026", "--number", "1")
    tale.answers["asked"] = tale.home.do("inbox", author=TECH)
    act(tale, TECH, "destroyed", "share-1.1", "--outcome", "done")
    tale.answers["destroyed"] = tale.home.do("show", "transfer", "share-1.1", author=BUREAU)


@pytest.fixture(scope="module", params=["international", "national"])
def tale(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tale:
    """The whole story, told on each profile."""
    home = Home(tmp_path_factory.mktemp(request.param))
    told = Tale(home, home.found(request.param))
    home.serve()
    try:
        for step in (publish, come_to_terms, hand_over, later_version, outside):
            step(told)
        prove(told, "before")
        print_out(told)
        end(told)
        told.answers["stored"] = stored(told)
        erase(told)
        prove(told, "after")
        told.answers["third"] = everything_a_third_member_gets(told)
        told.answers["audit"] = home.run("audit")
    finally:
        home.stop()
    return told


class _Identity:
    def __init__(self, home: Path, organisation: str) -> None:
        keystore = Keystore.open(home / "keys" / organisation / "keystore.json")
        keystore.unlock(PASSPHRASE)
        self.organisation = organisation
        self.key = keystore.signing_key(f"{organisation}/signing")
        self.opener = keystore


def _plain(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def everything_a_third_member_gets(tale: Tale) -> bytes:
    """All answers of the API to a member that is no party, joined."""
    home = tale.home.home
    got: list[bytes] = []
    with Client(tale.home.url, (home / "genesis.json").read_bytes(), _Identity(home, ALLIANCE)) as client:
        client.catch_up()
        got += [client.transport.ask("GET", path).content for path in ("/v1/actions", "/log/checkpoint")]
        commitments = set()
        for type in (
            "catalogue.dataset", "catalogue.dataset-version", "sharing.negotiation", "sharing.agreement",
            "sharing.transfer", "membership.organisation",
        ):  # fmt: skip
            for record in client.records.all(type):
                versions = client.records.versions(type, record.id)
                got += [_plain(version.record) for version in [record, *versions]]
                commitments |= {v for v in record.record.values() if isinstance(v, str) and len(v) == 64}
        got += [client.records.leaf(index) for index in range(int(client.status()["size"]))]
        for word in SECRETS:
            assert client.records.search(word).records == []
        for commitment in commitments:
            with pytest.raises(Refused) as refused:
                client.parts.plain(commitment)
            assert refused.value.code.status in (403, 404, 410)
        got += [_plain([str(w) for w in client.records.waiting(author)]) for author in (BUREAU, TECH)]
        got.append(client.proofs.fetch(["sharing.agreement/share-1"]))
    return b"\n".join(got)


def test_the_dataset_is_found_in_chinese_and_in_english(tale: Tale) -> None:
    for search in ("search-zh", "search-en"):
        found = [record["id"] for record in tale.answers[search]["records"]]
        assert "air-2026" in found


def test_the_columns_are_those_of_the_file_as_corrected(tale: Tale) -> None:
    found = next(r for r in tale.answers["search-zh"]["records"] if r["id"] == "air-2026")
    columns = {column["name"]: column for column in found["record"]["columns"]}
    assert list(columns) == ["城市", "日期", "小时", "PM2.5", "风向", "备注"]
    kinds = {name: column["type"] for name, column in columns.items()}
    assert (kinds["日期"], kinds["小时"], kinds["PM2.5"], kinds["风向"]) == (
        "date", "integer", "decimal", "string",
    )  # fmt: skip
    assert columns["PM2.5"]["title"] == {"zh": "细颗粒物浓度", "en": "Fine particles"}


def test_a_request_waits_for_its_provider_who_reads_its_terms(tale: Tale) -> None:
    waiting = [item["record"]["id"] for item in tale.answers["inbox"]["waiting"]]
    assert waiting == ["share-1"]
    (terms,) = tale.answers["terms"]
    assert terms["content"]["purpose"]["zh"] == SECRETS[0]
    assert terms["content"]["price"] == {"minor": 120050, "currency": "CNY"}


def test_what_was_downloaded_is_byte_for_byte_what_was_published(tale: Tale) -> None:
    assert tale.path("got.csv").read_bytes() == FIRST.encode()


def test_a_later_version_comes_under_the_same_agreement(tale: Tale) -> None:
    assert tale.told("disputed")["record"]["agreement"] == "share-1"
    assert tale.path("got2.csv").read_bytes() == SECOND.encode()


def test_a_wrong_digest_becomes_a_dispute_on_the_record(tale: Tale) -> None:
    assert tale.told("disputed")["record"]["state"] == "SUSPENDED"


def test_the_consumer_alone_reads_where_an_outside_delivery_is(tale: Tale) -> None:
    (locator,) = tale.told("locator")
    assert locator["content"] == {"locator": SECRETS[5]}


def test_a_renewal_is_one_step_of_each_side(tale: Tale) -> None:
    assert tale.answers["renewed"]["record"]["end"] == 1_927_641_600  # 2031-02-01T00:00:00+08:00


def test_a_download_after_the_end_is_refused_with_the_plain_reason(tale: Tale) -> None:
    refused = tale.answers["too late"]
    assert "The agreement share-1 was terminated on " in refused.err
    assert "[sharing/download-terminated]" in refused.err
    assert "协议 share-1 已于" in tale.answers["too late, in Chinese"].err
    assert not tale.path("late.csv").exists()


def test_the_holder_is_asked_to_destroy_its_copy_and_answers_on_record(tale: Tale) -> None:
    asked = [notice for notice in tale.answers["asked"]["notices"] if notice["asks"]]
    assert any(notice["transfer"] == "share-1.1" and "销毁" in notice["zh"] for notice in asked)
    assert tale.answers["destroyed"]["record"]["destruction"] == "done"


@pytest.mark.parametrize("author", [BUREAU, TECH])
def test_each_sides_proof_is_proven_offline_with_the_file(tale: Tale, author: str) -> None:
    given = ("verify", f"{author}-before.proof", "--network", tale.network, "--file", "got.csv")
    english, chinese = tale.home.run(*given), tale.home.run(*given, lang="zh")
    assert (english.code, chinese.code) == (0, 0), english.out
    assert "PROVEN: " in english.out
    assert SECRETS[1] in english.out
    for word in ("已证明", SECRETS[0], SECRETS[3]):
        assert word in chinese.out


@pytest.mark.parametrize("author", [BUREAU, TECH])
def test_a_proof_after_erasure_still_proves_and_says_so(tale: Tale, author: str) -> None:
    answer = tale.home.run("verify", f"{author}-after.proof", "--network", tale.network)
    assert answer.code == 0, answer.out
    assert "the content was erased, on record" in answer.out
    assert "erased the content of version 1 of air-2026" in answer.out


def test_a_proof_of_another_network_is_not_proven(tale: Tale) -> None:
    answer = tale.home.run("verify", f"{TECH}-before.proof", "--network", "0" * 64)
    assert answer.code == 1
    assert "NOT PROVEN" in answer.out


def test_each_side_has_the_agreement_on_paper_with_its_terms_and_its_proof(tale: Tale) -> None:
    for author in (BUREAU, TECH):
        out = f"{author}.pdf"
        told = on_paper(tale.path(out))
        assert "".join(SECRETS[1].split()) in told
        assert SECRETS[3] in told
        proof = PdfReader(tale.path(out)).attachments["proof.dongting"][0]
        tale.path("attached.proof").write_bytes(proof)
        answer = tale.home.run("verify", "attached.proof", "--network", tale.network, lang="en")
        assert answer.out.splitlines()[-1].startswith("PROVEN: "), answer.out
    assert not [one for one in SECRETS if "".join(one.split()) in on_paper(tale.path("closed.pdf"))]
    tale.refused("agreement", "pdf", "share-1", "-o", "closed.pdf", author=TECH)


def test_a_report_for_a_court_says_which_file_was_delivered(tale: Tale) -> None:
    told = on_paper(tale.path("report.pdf"))
    assert "got.csv" in told
    assert "wrong.csv" in told


def on_paper(path: Path) -> str:
    """The text of a PDF without spaces and line breaks."""
    with pypdfium2.PdfDocument(path) as document:
        return "".join("".join(page.get_textpage().get_text_bounded() for page in document).split())


def test_the_ledger_derives_again_from_its_bytes(tale: Tale) -> None:
    audit = tale.answers["audit"]
    assert audit.code == 0, audit.out
    assert "CLEAN" in audit.out


def stored(tale: Tale) -> dict[Path, bytes]:
    """Every byte that the node keeps, by file: the parties' own keys and journals are not the node's."""
    private = {tale.home.home / "keys", tale.home.home / "clients"}
    found = [path for path in tale.home.home.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in found if not private & set(path.parents)}


def _spellings(word: str) -> list[bytes]:
    escaped = json.dumps(word)[1:-1]
    return [word.encode(), word.encode("utf-16-le"), word.encode("gb18030"), escaped.encode()]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_third_member_reads_no_word_between_the_two(tale: Tale, secret: str) -> None:
    haystacks = [*tale.answers["stored"].values(), tale.home.log.read_bytes(), tale.answers["third"]]
    haystacks += stored(tale).values()
    places = {path.relative_to(tale.home.home).parts[0] for path in tale.answers["stored"]}
    assert {"ledger", "files", "parts", "envelopes", "views.sqlite"} <= places
    for spelling in _spellings(secret):
        assert not any(spelling in haystack for haystack in haystacks)


def test_a_party_does_find_these_words_so_that_looking_for_them_means_something(tale: Tale) -> None:
    proof = tale.path(f"{TECH}-before.proof").read_bytes()
    assert SECRETS[0].encode() in proof
