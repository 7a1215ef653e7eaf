"""Blanking replaces free text, all of it and nothing else, by what the fields accept."""

from typing import Annotated, Any

import msgspec
import pytest

from dongting.appkit.app import Record
from dongting.appkit.blanking import PLACEHOLDERS, blank, places
from dongting.appkit.fields import Address, Commitment, Count, Line, Prose, Slug, Text, says
from dongting.apps.governance.proposals import Arguments
from dongting.node.installed import APPS


class Inner(Record, frozen=True):
    id: Slug
    title: Annotated[Text | None, says("Title", "名称")] = None


class Everything(Record, frozen=True, kw_only=True):
    id: Slug
    name: Annotated[Line, says("Name", "名称")]
    note: Prose = ""
    site: Annotated[Address | None, says("Site", "网址")] = None
    words: Annotated[tuple[Line, ...], says("Words", "词")] = ()
    by_language: dict[str, Line]
    inner: Annotated[tuple[Inner, ...], says("Inner", "内部")] = ()
    number: Count = 0
    commitment: Commitment = "0" * 64
    order: Arguments = "{}"


RECORD = Everything(
    id="a", name="secret", note="secret\nsecret", site="https://secret.example/", words=("secret", "more"),
    by_language={"en": "secret"}, inner=(Inner(id="b", title=Text(zh="秘密", en="secret")), Inner(id="c")),
    number=7, order='{"name":"secret"}',
)  # fmt: skip


def blanked(record: Record) -> Any:
    plain = msgspec.json.decode(msgspec.json.encode(record))
    return blank(plain, places(type(record)))


def test_all_free_text_goes_nested_too_and_nothing_else() -> None:
    body = blanked(RECORD)
    text = msgspec.json.encode(body).decode()
    assert "secret" not in text
    assert "秘密" not in text
    assert "more" not in text
    found = msgspec.convert(body, Everything)
    assert (found.id, found.number, found.commitment) == ("a", 7, "0" * 64)
    assert found.words == ("redacted", "redacted")
    assert found.inner == (Inner(id="b", title=Text(zh="已删除", en="redacted")), Inner(id="c"))
    assert found.order == "{}"


def test_blanking_twice_changes_nothing_and_empty_text_stays_empty() -> None:
    once = blanked(RECORD)
    assert blank(once, places(Everything)) == once
    bare = Everything(id="a", name="x", by_language={})
    assert blanked(bare)["note"] == ""
    assert blanked(bare)["site"] is None


def test_fields_that_a_declaration_does_not_know_are_left_alone() -> None:
    assert blank({"name": "secret", "later": "x"}, places(Everything)) == {"name": "redacted", "later": "x"}


KINDS = {"line": Line, "prose": Prose, "address": Address, "json": Arguments}


@pytest.mark.parametrize("kind", PLACEHOLDERS)
def test_a_placeholder_is_valid_under_its_kind(kind: str) -> None:
    assert msgspec.convert(PLACEHOLDERS[kind], KINDS[kind]) == PLACEHOLDERS[kind]


def test_the_records_with_free_text_are_known() -> None:
    found = {t.name for app in APPS for t in app.records.values() if places(t.struct)}
    assert {"catalogue.dataset", "membership.organisation", "governance.proposal"} <= found
    assert not found & {"catalogue.dataset-version", "evidence.evidence", "governance.redaction"}
