"""From typed options to values: every field kind as people write it, and what is refused."""

from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from dongting.apps.catalogue import Column
from dongting.apps.catalogue.actions import Publish
from dongting.apps.governance.proposals import Propose
from dongting.apps.sharing.agreements import WithReason
from dongting.apps.sharing.negotiations import Request
from dongting.cli.values import BAD_VALUE, Fields, Typed, money, pairs
from dongting.errors import Refused
from dongting.node.moments import NOT_A_MOMENT, moment, seconds_of

ZONE = "+08:00"


def typed(struct: type[msgspec.Struct], *arguments: str) -> Typed:
    """What a command with this struct's options makes of arguments."""
    fields = Fields(struct, ZONE)
    given: dict[str, Any] = {}
    command = click.Command("x", params=list(fields.options()), callback=lambda **told: given.update(told))
    command.main(list(arguments), standalone_mode=False)
    return fields.take(given)


def test_a_text_is_given_by_language() -> None:
    found = typed(Publish, "--title-zh", "空气", "--title-en", "Air").values
    assert found == {"title": {"zh": "空气", "en": "Air"}}


def test_a_list_repeats_its_option() -> None:
    found = typed(Publish, "--keywords", "a", "--keywords", "b").values
    assert found == {"keywords": ["a", "b"]}


def test_a_list_of_structs_takes_pairs_or_json() -> None:
    found = typed(
        Publish, "--identifiers", "scheme=省目录,value=HN-1", "--identifiers", '{"scheme":"s","value":"v"}'
    )
    assert found.values == {
        "identifiers": [{"scheme": "省目录", "value": "HN-1"}, {"scheme": "s", "value": "v"}]
    }


def test_a_moment_is_a_day_whose_end_counts_when_it_closes() -> None:
    found = typed(Request, "--start", "2027-01-01", "--end", "2027-01-01").values
    assert found == {"start": 1_798_732_800, "end": 1_798_732_800 + 86_400}


def test_the_terms_are_typed_inline_and_go_into_the_part() -> None:
    found = typed(Request, "--purpose-zh", "研究", "--price", "12.5 CNY", "--count", "3")
    assert found.values == {}
    assert found.parts == {
        "terms": {"purpose": {"zh": "研究"}, "price": {"minor": 1250, "currency": "CNY"}, "count": 3}
    }


def test_the_terms_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "terms.json"
    path.write_text('{"purpose":{"en":"study"}}')
    assert typed(Request, "--terms-file", str(path)).parts == {"terms": {"purpose": {"en": "study"}}}


def test_a_part_of_one_field_takes_the_arguments_name() -> None:
    assert typed(WithReason, "--reason-zh", "到期").parts == {"reason": {"text": {"zh": "到期"}}}
    assert typed(Propose, "--motive", "why").parts == {"motive": {"text": "why"}}


def test_json_becomes_its_canonical_form(tmp_path: Path) -> None:
    path = tmp_path / "arguments.json"
    path.write_text('{ "b": 1, "a": 2 }')
    for given in ('{"b":1, "a":2}', f"@{path}"):
        assert typed(Propose, "--arguments", given).values == {"arguments": '{"a":2,"b":1}'}


def test_a_correction_of_a_column_is_read() -> None:
    assert pairs("--column", "name=PM2.5,type=decimal,title-zh=细颗粒物", Column, ZONE) == {
        "name": "PM2.5", "type": "decimal", "title": {"zh": "细颗粒物"},
    }  # fmt: skip


@pytest.mark.parametrize("given", ["name", "nothing=1", "=x"])
def test_pairs_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(Refused) as refused:
        pairs("--column", given, Column, ZONE)
    assert refused.value.code is BAD_VALUE


@pytest.mark.parametrize(
    ("given", "minor", "currency"),
    [("12", 1200, "CNY"), ("0.05 USD", 5, "USD"), ("7 JPY", 7, "JPY"), ("1200.5CNY", 120050, "CNY")],
)
def test_an_amount_is_kept_in_minor_units(given: str, minor: int, currency: str) -> None:
    assert money("--price", given) == {"minor": minor, "currency": currency}


@pytest.mark.parametrize("given", ["", "-1", "1.234", "7.5 JPY", "1e3", "12 cny", "NaN"])
def test_an_amount_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(Refused) as refused:
        money("--price", given)
    assert refused.value.code is BAD_VALUE


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("1970-01-01", -28_800),
        ("1970-01-01T08:00", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("86400", 86_400),
    ],
)
def test_moments_are_read_in_the_networks_zone(given: str, seconds: int) -> None:
    assert seconds_of(given, ZONE) == seconds


@pytest.mark.parametrize("given", ["", "tomorrow", "2027-02-30", "2027-13-01", "12:00", "١٢", "9" * 5000])
def test_what_is_no_moment_is_refused(given: str) -> None:
    with pytest.raises(Refused) as refused:
        seconds_of(given, ZONE)
    assert refused.value.code is NOT_A_MOMENT


def test_a_moment_is_shown_in_the_networks_zone() -> None:
    assert moment(0, ZONE) == "1970-01-01 08:00:00"
    assert moment(0, "-05:30") == "1969-12-31 18:30:00"
    assert moment(10**18, ZONE) == str(10**18)
