"""The rules of the house that no linter knows: sizes, names, docstrings, nothing left for later."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "dongting"
FILES = sorted(SOURCE.rglob("*.py"))
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def told_elsewhere(tree: ast.Module) -> set[str]:
    """What speaks for itself in both languages: arguments whose fields all do, and commands with their help.

    The parameter of a documented function needs no second explanation either: an action says what it takes.
    """
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
            if fields and all("says(" in ast.unparse(field.annotation) for field in fields):
                found.add(node.name)
        elif isinstance(node, Function):
            if any("command(" in ast.unparse(decorator) for decorator in node.decorator_list):
                found.add(node.name)
            if ast.get_docstring(node):
                found |= {p.annotation.id for p in node.args.args if isinstance(p.annotation, ast.Name)}
    return found


@each_file
def test_no_module_has_over_500_lines_and_no_function_over_60(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text.count("\n") <= 500
    long = [
        f"{node.name}: {lines(node)}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, Function) and lines(node) > 60
    ]
    assert not long


@each_file
def test_every_public_name_says_what_it_is(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    assert ast.get_docstring(tree), "a module begins with one sentence of purpose"
    elsewhere = told_elsewhere(tree) if {"apps", "cli"} & set(file.parts) else set()
    bare = [
        node.name
        for node in tree.body
        if isinstance(node, Function | ast.ClassDef)
        and not node.name.startswith("_")
        and node.name not in elsewhere
        and not ast.get_docstring(node)
    ]
    assert not bare


@each_file
def test_nothing_is_left_for_later_and_no_module_is_a_drawer(file: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", file.read_text("utf-8"))
    assert not {"util", "utils", "helper", "helpers", "common", "misc"} & {file.stem, *file.parent.parts[-3:]}


@each_file
def test_no_gate_is_switched_off_for_a_whole_file(file: Path) -> None:
    text = file.read_text("utf-8")
    assert not re.search(r"^#\s*(ruff|flake8): noqa", text, re.M)
    assert not re.search(r"^#\s*mypy:", text, re.M)
    bare = re.findall(r"#\s*type: ignore(?!\[)|#\s*noqa(?!:)", text)
    assert not bare, "name the rule that is not kept"
