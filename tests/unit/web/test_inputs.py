"""Forms follow from declarations: what is typed becomes arguments, errors stay by their field."""

import pytest

from dongting.apps.sharing import Terms
from dongting.node.drafting import ACTIONS
from dongting.web.desk.inputs import MOST_ROWS, Drawing, Input, rows_in, typed
from dongting.web.desk.taking import MISSING, WRONG, take

ZONE = "+08:00"
DESCRIPTION = {
    "id": "air", "title": {"zh": "空气", "en": "Air"}, "description": {"en": "Hourly\nreadings"},
    "theme": "ENVI", "frequency": "HOURLY", "keywords": ["air", "pm2.5"], "sharing": "unconditional",
    "opening": "unconditional", "grade": "general-1", "region": "430100",
    "identifiers": [{"scheme": "x", "value": "1"}],
    "columns": [{"name": "市", "type": "string", "title": {"zh": "城市"}}, {"name": "n", "type": "integer"}],
}  # fmt: skip
TERMS = {
    "purpose": {"en": "Research"}, "recipients": ["green-tech"], "count": 3, "onward": "none",
    "price": {"minor": 120050, "currency": "CNY"},
}  # fmt: skip


def named(inputs: list[Input]) -> dict[str, Input]:
    found = {}
    for one in inputs:
        found |= {one.name: one, **named(one.children)}
    return found


def test_what_was_typed_from_a_value_is_taken_as_that_value() -> None:
    action = ACTIONS["catalogue/revise"]
    taken = take(action, typed(action.arguments, "a", DESCRIPTION, ZONE), ZONE)
    assert taken.errors == {}
    assert taken.arguments == DESCRIPTION


def test_parts_and_moments_are_taken_in_the_networks_zone() -> None:
    action = ACTIONS["sharing/request"]
    content = typed(Terms, "p.terms", TERMS, ZONE)
    days = {"a.start": ["2027-01-01"], "a.end": ["2027-12-31"]}
    source = {"a.id": ["air-1"], "a.dataset": ["air"], **days, **content}
    taken = take(action, source, ZONE)
    assert taken.errors == {}
    assert taken.parts == {"terms": TERMS}
    # The first day begins and the last one ends at midnight in the zone.
    assert taken.arguments["start"] == 1_798_732_800
    assert taken.arguments["end"] == 1_830_268_800


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("a.id", "Not A Slug", WRONG["slug"]),
        ("a.id", "", MISSING),
        ("a.end", "tomorrow", WRONG["instant"]),
        ("p.terms.count", "many", WRONG["count"]),
        ("p.terms.price.amount", "1.2.3", ""),
        ("p.terms.onward", "perhaps", WRONG["choice"]),
    ],
)
def test_an_error_stands_at_its_field_and_the_input_is_kept(name: str, value: str, message: str) -> None:
    action = ACTIONS["sharing/request"]
    source = {
        "a.id": ["air-1"], "a.dataset": ["air"], "a.start": ["2027-01-01"], "a.end": ["2027-12-31"],
        "p.terms.purpose.en": ["Research"], name: [value],
    }  # fmt: skip
    taken = take(action, source, ZONE)
    field = name.removesuffix(".amount")
    assert list(taken.errors) == [field]
    assert not message or taken.errors[field] == message
    drawn = named(Drawing("en", source, taken.errors).arguments(action, ()))
    assert drawn[field].error
    assert drawn[name].value == value


def test_every_action_has_a_form_in_both_languages_without_the_other_ones_names() -> None:
    for action in ACTIONS.values():
        english = named(Drawing("en", {}, {}).arguments(action, ()))
        chinese = named(Drawing("zh", {}, {}).arguments(action, ()))
        assert list(english) == list(chinese)
        labels = {name: one.label for name, one in english.items() if one.label not in ("中文", "English")}
        assert not [name for name, label in labels.items() if label and label == chinese[name].label]


def test_what_a_part_may_repeat_of_the_arguments_is_asked_once() -> None:
    drawn = named(Drawing("en", {}, {}).arguments(ACTIONS["sharing/offer"], ()))
    assert "a.end" in drawn
    assert "p.terms.end" not in drawn


def test_an_empty_form_names_everything_that_is_needed() -> None:
    taken = take(ACTIONS["sharing/decline"], {}, ZONE)
    assert taken.errors == {"a.id": MISSING, "p.reason.text": MISSING}
    assert taken.parts == {}


@pytest.mark.parametrize(
    ("typed", "rows"),
    [("", 0), ("-1", 0), ("²", 0), ("many", 0), ("2", 2), ("301", MOST_ROWS), ("9" * 5000, MOST_ROWS)],
)
def test_a_form_has_no_more_rows_than_are_shown(typed: str, rows: int) -> None:
    action, source = ACTIONS["catalogue/revise"], {"a.columns.rows": [typed]}
    drawn = named(Drawing("en", source, {}).arguments(action, ()))
    assert sum(one.kind == "group" and name.startswith("a.columns.") for name, one in drawn.items()) == rows
    assert take(action, source, ZONE).arguments["columns"] == []
    assert rows_in(typed) == rows
