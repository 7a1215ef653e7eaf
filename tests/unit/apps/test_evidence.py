"""Evidence stands from its registration on, once, and under its owner's name."""

from typing import Any

import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.apps import evidence
from dongting.apps.evidence import ALREADY_REGISTERED, NOT_OWNER, Evidence
from dongting.errors import Code, Refused
from dongting.kernel.codes import MALFORMED_ARGUMENTS
from dongting.testing import Ledger
from dongting.wire.part import Part, matching


def facts(**changes: Any) -> dict[str, Any]:
    return {"id": "report", "kind": "file", "content": "a" * 64, **changes}


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def refused(ledger: Ledger, code: Code, author: str, **arguments: Any) -> None:
    with pytest.raises(Refused) as caught:
        ledger.act(author, "evidence/register", arguments)
    assert caught.value.code is code
    assert caught.value.text("en")
    assert caught.value.text("zh")


def test_registered_evidence_stands_with_its_owner_and_time(ledger: Ledger) -> None:
    ledger.advance(seconds=90)
    ledger.act("green-tech", "evidence/register", facts(media_type="application/pdf", label="b" * 64))
    found = ledger.get(Evidence, "report")
    assert found is not None
    assert (found.owner, found.registered, found.label) == ("green-tech", ledger.time, "b" * 64)


@pytest.mark.parametrize("profile", ["international", "national"])
def test_a_file_proves_itself_against_what_was_registered(profile: str) -> None:
    ledger = Ledger(profile)
    part = Part(bytes(range(32)), b"the annual report")
    ledger.act("green-tech", "evidence/register", facts(content=part.commitment(ledger.profile)))
    found = ledger.get(Evidence, "report")
    assert found is not None
    assert matching(found.content, part, ledger.profile)
    with pytest.raises(Refused):
        matching(found.content, Part(part.salt, b"the annual rep0rt"), ledger.profile)


def test_an_outside_signed_statement_is_registered_like_a_file(ledger: Ledger) -> None:
    ledger.act("green-tech", "evidence/register", facts(kind="statement", media_type="application/cose"))
    found = ledger.get(Evidence, "report")
    assert found is not None
    assert found.kind == "statement"


def test_evidence_is_never_replaced(ledger: Ledger) -> None:
    ledger.act("green-tech", "evidence/register", facts())
    for author in ("green-tech", "env-bureau"):
        refused(ledger, ALREADY_REGISTERED, author, **facts(content="c" * 64))
    found = ledger.get(Evidence, "report")
    assert found is not None
    assert found.content == "a" * 64


def test_a_later_fact_follows_one_of_the_same_owner(ledger: Ledger) -> None:
    ledger.act("green-tech", "evidence/register", facts())
    refused(ledger, NOT_OWNER, "env-bureau", **facts(id="mine", follows="report"))
    refused(ledger, NOT_FOUND, "green-tech", **facts(id="second", follows="missing"))
    ledger.act("green-tech", "evidence/register", facts(id="second", follows="report"))
    found = ledger.get(Evidence, "second")
    assert found is not None
    assert found.follows == "report"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "no way"},
        {"kind": "photo"},
        {"content": "a" * 63},
        {"content": "A" * 64},
        {"media_type": "pdf"},
        {"label": "my report"},
        {"digest": "d" * 64},
    ],
)
def test_malformed_evidence_is_refused(ledger: Ledger, changes: dict[str, Any]) -> None:
    refused(ledger, MALFORMED_ARGUMENTS, "green-tech", **facts(**changes))
    assert ledger.get(Evidence, "report") is None


def test_nothing_can_be_done_to_evidence_but_register_it() -> None:
    assert list(evidence.app.actions) == ["evidence/register"]
