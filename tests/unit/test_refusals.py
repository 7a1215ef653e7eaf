"""Refusals are stable for ever, speak both languages, and are raised with the facts that their texts need."""

import ast
import importlib.util
import inspect
import json
import pickle
import sys
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from string import Formatter
from types import ModuleType

import pytest

from dongting.errors import Code, Refused

ROOT = Path(__file__).parents[2]


@cache
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refusals", ROOT / "docs" / "refusals.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CODES: list[Code] = script().codes()
each_code = pytest.mark.parametrize("code", CODES, ids=str)


def fields(text: str) -> set[str]:
    """The facts that a text names."""
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_no_published_refusal_has_changed_or_gone():
    pinned = json.loads(script().TABLE.read_text("utf-8"))
    present = {(module, number): [name, status] for module, number, name, status in script().table()}
    changed = [row for row in pinned if present.get((row[0], row[1])) != row[2:]]
    assert not changed, "module, number, name and status of a refusal never change; take a new number"


def test_the_table_and_the_page_are_up_to_date():
    advice = "run: .venv/bin/python docs/refusals.py"
    assert json.loads(script().TABLE.read_text("utf-8")) == script().table(), advice
    assert script().PAGE.read_text("utf-8") == script().page(), advice


def test_numbers_and_names_are_unique_within_their_module():
    for key in (lambda code: code.number, lambda code: code.name):
        found = [(code.module, key(code)) for code in CODES]
        assert sorted({pair for pair in found if found.count(pair) > 1}) == []


@each_code
def test_a_code_is_well_formed(code):
    assert code.number > 0
    assert code.name == code.name.lower().strip("-")
    assert code.name.replace("-", "").isalnum()
    assert code.status in set(HTTPStatus)
    assert 400 <= code.status < 600


@each_code
def test_both_texts_are_there_and_take_the_same_facts(code):
    assert code.en.strip() == code.en != ""
    assert code.zh.strip() == code.zh != ""
    # A fact that is itself in words comes once in each language.
    assert {field.removesuffix("_en") for field in fields(code.en)} == {
        field.removesuffix("_zh") for field in fields(code.zh)
    }
    assert all(field.isidentifier() for field in facts_of(code))
    assert any("\u4e00" <= character <= "\u9fff" for character in code.zh)
    assert not any("\u4e00" <= character <= "\u9fff" for character in code.en)
    facts = dict.fromkeys(facts_of(code), "x")
    assert Refused(code, **facts).text("zh") != Refused(code, **facts).text("en")


def facts_of(code: Code) -> set[str]:
    return fields(code.en) | fields(code.zh)


def raisings() -> Iterator[tuple[str, Code, set[str]]]:
    """Every place that names a code together with its facts: where, the code, and the facts given."""
    for name, module in sorted(sys.modules.items()):
        if not name.startswith("dongting"):
            continue
        for call in ast.walk(ast.parse(inspect.getsource(module))):
            if not isinstance(call, ast.Call) or any(word.arg is None for word in call.keywords):
                continue  # facts handed on as a whole are looked at where they come from
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            code = next((found for arg in call.args if (found := named(arg, module))), None)
            if called in ("Refused", "require") and code is not None:
                yield f"{name}:{call.lineno}", code, {word.arg or "" for word in call.keywords}


def named(expression: ast.expr, module: ModuleType) -> Code | None:
    """The code that an expression like `CODE` or `codes.CODE` names."""
    found = None
    if isinstance(expression, ast.Name):
        found = vars(module).get(expression.id)
    elif isinstance(expression, ast.Attribute) and isinstance(expression.value, ast.Name):
        found = getattr(vars(module).get(expression.value.id), expression.attr, None)
    return found if isinstance(found, Code) else None


def test_every_refusal_is_raised_with_the_facts_that_its_texts_name():
    found = list(raisings())
    assert len(found) > 200
    wrong = [
        f"{where} {code}: {facts_of(code) ^ given}" for where, code, given in found if facts_of(code) != given
    ]
    assert not wrong, "\n".join(wrong)


def test_a_refusal_survives_a_trip_between_processes():
    code = CODES[0]
    facts = dict.fromkeys(facts_of(code), "x")
    found = pickle.loads(pickle.dumps(Refused(code, **facts)))
    assert (found.code, found.facts) == (code, facts)
