"""Every declared action is listed, and is a command."""

import json
from pathlib import Path
from typing import Any

import click
import pytest

from dongting.cli.main import root, run
from dongting.node.installed import APPS

ACTIONS = {name: action for app in APPS for name, action in app.actions.items()}


def said(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> Any:
    assert run(["--home", str(home), *arguments]) == 0
    return capsys.readouterr().out


def test_all_actions_are_listed_with_those_who_may_do_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    listed = json.loads(said(capsys, tmp_path, "--json", "actions"))
    assert {each["name"]: each["by"] for each in listed} == {n: sorted(a.by) for n, a in ACTIONS.items()}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_is_in_the_language_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, language: str
) -> None:
    shown = said(capsys, tmp_path, "--lang", language, "actions")
    title = ACTIONS["evidence/register"].title
    assert title.best(language) in shown
    assert title.best("zh" if language == "en" else "en") not in shown


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_every_action_is_a_command(name: str) -> None:
    app, action = name.split("/")
    context = click.Context(root)
    group = root.get_command(context, app)
    assert isinstance(group, click.Group)
    assert group.get_command(context, action) is not None
