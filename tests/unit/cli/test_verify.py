"""The command as a person runs it, and the words it finds."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dongting.cli.verify import NOT_PROVEN, PROVEN, verify
from dongting.errors import Language
from dongting.node.stories import Teller
from dongting.sdk.verify import verify as verified
from dongting.testing import Ledger
from dongting.testing.stories import AGREEMENT, CONSUMER, DATA, DATASET, PUBLISHER, Share, prove
from dongting.wire import jcs
from dongting.wire.part import Part
from dongting.wire.proof import Opening, with_openings

USAGE = 2


@dataclass
class Desk:
    """A proof file and its data on disk, and the command to check them."""

    share: Share
    place: Path

    def run(self, *options: str, proof: bytes | None = None, lang: str = "en") -> Result:
        file = self.place / "story.proof"
        file.write_bytes(self.share.proof() if proof is None else proof)
        return CliRunner().invoke(verify, [str(file), "--lang", lang, *options])

    def trusted(self, *options: str, proof: bytes | None = None, lang: str = "en") -> Result:
        return self.run("--network", self.share.ledger.machine.network, *options, proof=proof, lang=lang)

    def data(self, content: bytes = DATA) -> tuple[str, str]:
        file = self.place / "data.csv"
        file.write_bytes(content)
        return "--file", str(file)


@pytest.fixture(params=["international", "national"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    return Desk(Share.play(Ledger(request.param)), tmp_path)


@pytest.fixture
def plain(tmp_path: Path) -> Desk:
    return Desk(Share.play(Ledger()), tmp_path)


def test_a_story_and_its_file_are_proven_in_english(desk: Desk) -> None:
    result = desk.trusted(*desk.data())
    assert result.exit_code == PROVEN, result.output
    text = result.output
    assert f"2026-01-01 08:00:00  Environment Bureau (env-bureau) published the dataset {DATASET}." in text
    assert "2026-01-01 08:01:00  Green Technology (green-tech) requested the dataset" in text
    assert f"the agreement {AGREEMENT} stands" in text
    for line in (
        "Purpose: Research on air pollution",
        "Legal basis: Regulations on Government Data Sharing",
        "Recipients: Air Alliance (air-alliance)",
        "Onward use: within the own organisation only",
        "Destroyed within days of the end: 30",
        "Price: 1200.50 CNY",
        f"Agreement {AGREEMENT}: in force (version 1)",
        "from the genesis document",
        "data.csv is, byte for byte, the content committed to as",
    ):
        assert line in text
    assert text.splitlines()[-1].startswith("PROVEN: 5 signed statements of 2 organisations")


def test_a_story_and_its_file_are_proven_in_chinese(desk: Desk) -> None:
    result = desk.trusted(*desk.data(), lang="zh")
    assert result.exit_code == PROVEN, result.output
    for words in (
        f"环境局（env-bureau）发布了数据集 {DATASET}。",
        "用途：大气污染研究",
        "转让与再提供：仅限本单位内部",
        f"共享协议 {AGREEMENT}：有效（第 1 版）",
        "data.csv 与承诺值",
    ):
        assert words in result.output
    assert result.output.splitlines()[-1].startswith("已证明：2 个组织的 5 条签名声明")


def test_terms_are_spelled_out_once(plain: Desk) -> None:
    assert plain.trusted().output.count("Research on air pollution") == 1


def test_the_genesis_document_stands_for_the_id(plain: Desk) -> None:
    file = plain.place / "genesis.json"
    file.write_bytes(plain.share.ledger.genesis.encode())
    assert plain.run("--genesis", str(file)).exit_code == PROVEN


def test_a_file_that_is_not_the_one_shared_is_not_proven(plain: Desk) -> None:
    result = plain.trusted(*plain.data(DATA + b"\n"))
    assert result.exit_code == NOT_PROVEN
    assert result.output.splitlines()[-1] == "NOT PROVEN: data.csv is not what this story is about."


def test_without_a_network_id_nothing_is_proven_yet(plain: Desk) -> None:
    result = plain.run()
    assert result.exit_code == NOT_PROVEN
    assert "NOT PROVEN: the file is valid in itself" in result.output
    assert plain.share.ledger.machine.network in result.output.splitlines()[-1]


def test_another_network_is_not_proven(plain: Desk) -> None:
    result = plain.run("--network", "ab" * 32)
    assert result.exit_code == NOT_PROVEN
    assert result.output.startswith("NOT PROVEN: This belongs to the network")
    assert "[sdk/other-network]" in result.output


def test_a_damaged_file_is_not_proven_and_says_why_in_both_languages(plain: Desk) -> None:
    damaged = plain.share.proof()[:-1]
    assert plain.trusted(proof=damaged).output.startswith("NOT PROVEN: ")
    result = plain.trusted(proof=damaged, lang="zh")
    assert result.exit_code == NOT_PROVEN
    assert result.output.startswith("未能证明：")


def test_parts_that_the_file_does_not_open_are_named(plain: Desk) -> None:
    result = plain.trusted(proof=plain.share.closed())
    assert result.exit_code == PROVEN
    assert "not opened in this file" in result.output
    assert "Not opened in this file: 2 parts" in result.output.splitlines()[-1]
    assert "Research" not in result.output


def test_erased_content_is_said_to_be_erased(plain: Desk) -> None:
    plain.share.erase()
    result = plain.trusted(proof=plain.share.closed())
    assert result.exit_code == PROVEN
    assert "the content was erased, on record" in result.output
    assert f"Version of a dataset {DATASET}.1: erased" in result.output
    assert "Erased on record: 1 content;" in result.output.splitlines()[-1]
    compared = plain.trusted(*plain.data(), proof=plain.share.closed())
    assert compared.exit_code == NOT_PROVEN
    assert "cannot be compared: the content was erased" in compared.output


def test_a_term_that_is_not_the_public_one_is_pointed_out(tmp_path: Path) -> None:
    ledger = Ledger()
    share = Share.play(ledger)
    other = Part(b"\x04" * 32, jcs.encode({"purpose": {"en": "x"}, "end": ledger.time + 999}))
    request = {"id": "second", "dataset": DATASET, "terms": other.commitment(ledger.profile)}
    ledger.act(CONSUMER, "sharing/request", {**request, "start": ledger.time, "end": ledger.time + 86_400})
    data = prove(ledger, "sharing.negotiation/second")
    opened = with_openings(data, [Opening.of(other, ledger.profile)])
    result = Desk(share, tmp_path).trusted(proof=opened)
    assert "! Until: the part says 2026-01-01 08:21:39, the statement 2026-01-02 08:05:00" in result.output


def test_text_of_others_cannot_steer_the_terminal(tmp_path: Path) -> None:
    ledger = Ledger()
    share = Share.play(ledger)
    hostile = "\x1b[2K\rPROVEN\u202e"
    part = Part(b"\x06" * 32, jcs.encode({"text": {"en": hostile}}))
    ending = {"id": AGREEMENT, "reason": part.commitment(ledger.profile)}
    ledger.act(PUBLISHER, "sharing/terminate", ending)
    data = with_openings(share.closed(), [Opening.of(part, ledger.profile)])
    output = Desk(share, tmp_path).trusted(proof=data).output
    assert "PROVEN\ufffd" in output
    assert not set("\x1b\r\u202e") & set(output)


def test_an_action_that_no_application_here_knows_is_told_by_its_name(plain: Desk) -> None:
    story = verified(plain.share.proof(), None)
    said: dict[Language, str] = {"en": "no application here knows it", "zh": "此处安装的应用不识别该操作"}
    for language, words in said.items():
        told = Teller(story, language, []).lines()
        assert sum(words in line for line in told) == len(story.events)


def test_wrong_usage_has_an_exit_code_of_its_own(plain: Desk) -> None:
    assert plain.trusted("--genesis", str(plain.place / "story.proof")).exit_code == USAGE
    assert plain.trusted("--file", str(plain.place / "missing")).exit_code == USAGE
    assert plain.trusted("--lang", "fr").exit_code == USAGE


def test_the_command_starts_without_the_servers_libraries() -> None:
    script = (
        "import sys, dongting.cli.verify, dongting.node.stories, dongting.sdk.verify\n"
        "import dongting.node.installed\n"
        "print(sorted({m.split('.')[0] for m in sys.modules}"
        " & {'litestar', 'sqlalchemy', 'rocksdict', 'httpx', 'uvicorn', 'asyncio'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
