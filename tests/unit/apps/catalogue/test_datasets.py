"""What a publisher can do with a dataset, and what it cannot."""

from typing import Any

import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.appkit.fields import BAD_FIELD, Text
from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.catalogue import Column, Content, Dataset, DatasetVersion, codes, datasets, size_class
from dongting.errors import Code, Refused
from dongting.kernel.codes import MALFORMED_ARGUMENTS
from dongting.testing import Ledger

AIR: dict[str, Any] = {
    "id": "air",
    "title": {"zh": "北京逐时细颗粒物", "en": "Beijing hourly PM2.5"},
    "description": {"zh": "2010 至 2014 年逐时观测。"},
    "theme": "ENVI",
    "frequency": "HOURLY",
    "region": "110000",
    "keywords": ["空气", "PM2.5"],
    "sharing": "conditional",
    "legal_basis": {"zh": "《政务数据共享条例》第十一条"},
    "opening": "not-open",
    "grade": "general-2",
    "identifiers": [{"scheme": "UCI", "value": "381"}],
    "columns": [
        {"name": "pm2.5", "type": "decimal", "title": {"zh": "浓度"}},
        {"name": "No", "type": "integer"},
    ],
}
CONTENT: dict[str, Any] = {
    "commitment": "1" * 64,
    "size_class": 21,
    "media_type": "text/csv",
    "address": "2" * 64,
    "kind": "file",
}


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def publish(ledger: Ledger, author: str = "env-bureau", **changes: Any) -> None:
    ledger.act(author, "catalogue/publish", {**AIR, **changes})


def refused(ledger: Ledger, code: Code, author: str, action: str, **arguments: Any) -> Refused:
    root = ledger.machine.reader().height
    with pytest.raises(Refused) as caught:
        ledger.act(author, f"catalogue/{action}", arguments)
    assert caught.value.code is code
    assert caught.value.text("en")
    assert caught.value.text("zh")
    assert ledger.machine.reader().height == root, "a refusal adds no block"
    return caught.value


def dataset(ledger: Ledger) -> Dataset:
    found = ledger.get(Dataset, "air")
    assert found is not None
    return found


def test_a_dataset_is_published_with_everything_said_of_it(ledger: Ledger) -> None:
    publish(ledger)
    found = dataset(ledger)
    assert (found.publisher, found.state, found.latest) == ("env-bureau", "OFFERED", 0)
    assert found.title == Text(zh="北京逐时细颗粒物", en="Beijing hourly PM2.5")
    assert found.columns[0] == Column("pm2.5", "decimal", Text(zh="浓度"))
    assert found.identifiers[0].scheme == "UCI"
    assert found.issued == found.revised == ledger.time


def test_content_sent_along_becomes_the_first_version(ledger: Ledger) -> None:
    publish(ledger, content=CONTENT)
    assert dataset(ledger).latest == 1
    version = ledger.get(DatasetVersion, "air.1")
    assert version is not None
    assert version.content == Content("1" * 64, 21, "text/csv", "2" * 64)
    assert (version.number, version.state, version.erased) == (1, "ISSUED", None)


def test_an_id_is_given_once(ledger: Ledger) -> None:
    publish(ledger)
    refused(ledger, codes.ALREADY_PUBLISHED, "green-tech", "publish", **AIR)
    assert dataset(ledger).publisher == "env-bureau"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grade": "core"}, codes.CORE_DATA),
        ({"grade": "state-secret"}, codes.STATE_SECRET),
        ({"sharing": "conditional", "legal_basis": None}, codes.LEGAL_BASIS_MISSING),
        ({"sharing": "not-shared", "legal_basis": None}, codes.LEGAL_BASIS_MISSING),
        ({"grade": "important", "opening": "unconditional"}, codes.IMPORTANT_DATA_OPEN),
        ({"columns": [{"name": "a", "type": "date"}] * 2}, codes.COLUMN_TWICE),
        ({"content": {**CONTENT, "kind": "stream"}}, codes.DISTRIBUTION_NOT_YET),
        ({"title": {}}, BAD_FIELD),
        ({"title": {"en": "x" * 301}}, BAD_FIELD),
        ({"title": {"en": "two\nlines"}}, BAD_FIELD),
        ({"description": {"en": ""}}, BAD_FIELD),
        ({"legal_basis": {}}, BAD_FIELD),
        ({"columns": [{"name": "a", "type": "date", "title": {}}]}, BAD_FIELD),
    ],
)
def test_a_description_that_does_not_hold_is_refused(
    ledger: Ledger, changes: dict[str, Any], code: Code
) -> None:
    refused(ledger, code, "env-bureau", "publish", **{**AIR, **changes})
    assert ledger.get(Dataset, "air") is None


def test_data_shared_without_conditions_needs_no_legal_basis(ledger: Ledger) -> None:
    publish(ledger, sharing="unconditional", legal_basis=None)
    assert dataset(ledger).legal_basis is None


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "Air"},
        {"id": "a/b"},
        {"id": "../air"},
        {"id": "a" * 56},
        {"theme": "AIRS"},
        {"frequency": "SOMETIMES"},
        {"region": "11"},
        {"sharing": "maybe"},
        {"grade": "general-5"},
        {"keywords": ["k"] * 21},
        {"columns": [{"name": "a", "type": "varchar"}]},
        {"content": {**CONTENT, "digest": "3" * 64}},
        {"salt": "3" * 64},
        {"title": "Air"},
    ],
)
def test_a_malformed_description_is_refused(ledger: Ledger, changes: dict[str, Any]) -> None:
    refused(ledger, MALFORMED_ARGUMENTS, "env-bureau", "publish", **{**AIR, **changes})


def test_a_revision_replaces_the_description_and_keeps_the_rest(ledger: Ledger) -> None:
    publish(ledger, content=CONTENT)
    issued = ledger.time
    ledger.advance(days=1)
    columns = [{"name": "pm2.5", "type": "integer"}]
    ledger.act("env-bureau", "catalogue/revise", {**AIR, "columns": columns, "keywords": []})
    found = dataset(ledger)
    assert found.columns == (Column("pm2.5", "integer"),)
    assert (found.issued, found.revised, found.latest) == (issued, ledger.time, 1)


def test_versions_follow_one_another_without_gaps(ledger: Ledger) -> None:
    publish(ledger)
    for number in (1, 2, 3):
        ledger.act("env-bureau", "catalogue/add-version", {"id": "air", "number": number, "content": CONTENT})
    assert dataset(ledger).latest == 3
    for number in (2, 5):
        args = {"id": "air", "number": number, "content": CONTENT}
        refused(ledger, codes.NOT_THE_NEXT_VERSION, "env-bureau", "add-version", **args)


def test_a_version_kept_outside_has_no_address(ledger: Ledger) -> None:
    publish(ledger, content={**CONTENT, "address": None})
    version = ledger.get(DatasetVersion, "air.1")
    assert version is not None
    assert version.content.address is None


def test_a_withdrawn_dataset_takes_no_revision_and_no_version(ledger: Ledger) -> None:
    publish(ledger, content=CONTENT)
    ledger.act("env-bureau", "catalogue/withdraw", {"id": "air", "notice": {"en": "Replaced."}})
    assert (dataset(ledger).state, dataset(ledger).notice) == ("WITHDRAWN", Text(en="Replaced."))
    refused(ledger, WRONG_STATE, "env-bureau", "revise", **AIR)
    refused(ledger, WRONG_STATE, "env-bureau", "add-version", id="air", number=2, content=CONTENT)
    refused(ledger, WRONG_STATE, "env-bureau", "withdraw", id="air")


def test_an_empty_notice_is_refused(ledger: Ledger) -> None:
    publish(ledger)
    refused(ledger, BAD_FIELD, "env-bureau", "withdraw", id="air", notice={})


def test_an_erasure_stands_on_record_beside_the_commitment(ledger: Ledger) -> None:
    publish(ledger, content=CONTENT)
    ledger.act("env-bureau", "catalogue/withdraw", {"id": "air"})
    ledger.advance(days=2)
    ledger.act("env-bureau", "catalogue/erase", {"id": "air", "number": 1})
    version = ledger.get(DatasetVersion, "air.1")
    assert version is not None
    assert (version.state, version.erased) == ("ERASED", ledger.time)
    assert version.content.commitment == "1" * 64
    refused(ledger, WRONG_STATE, "env-bureau", "erase", id="air", number=1)
    refused(ledger, NOT_FOUND, "env-bureau", "erase", id="air", number=2)


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("revise", AIR),
        ("add-version", {"id": "air", "number": 2, "content": CONTENT}),
        ("withdraw", {"id": "air"}),
        ("erase", {"id": "air", "number": 1}),
    ],
)
def test_only_the_publisher_acts_on_a_dataset_that_exists(
    ledger: Ledger, action: str, arguments: dict[str, Any]
) -> None:
    refused(ledger, NOT_FOUND, "env-bureau", action, **arguments)
    publish(ledger, content=CONTENT)
    refused(ledger, codes.NOT_PUBLISHER, "green-tech", action, **arguments)


def test_other_applications_are_supplied_with_datasets_and_versions(ledger: Ledger) -> None:
    publish(ledger, content=CONTENT)
    supply = datasets(ledger.machine.reader())
    found, version = supply.dataset("air"), supply.version("air", 1)
    assert found is not None
    assert found.publisher == "env-bureau"
    assert version is not None
    assert version.content.commitment == "1" * 64
    assert supply.dataset("water") is None
    assert supply.version("air", 2) is None


@pytest.mark.parametrize(("size", "expected"), [(0, 0), (1, 0), (2, 1), (3, 2), (1024, 10), (1025, 11)])
def test_a_size_class_is_the_least_power_of_two_that_holds_the_content(size: int, expected: int) -> None:
    assert size_class(size) == expected
