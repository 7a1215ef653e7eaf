"""The command itself: help in both languages, errors in plain words, and nothing imported in vain."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dongting.appkit.app import App
from dongting.cli.main import root, run
from dongting.cli.table import COMMANDS, FRIENDLY
from dongting.node.installed import APPS


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def imported_by(*arguments: str) -> set[str]:
    """The modules that a command imports."""
    code = (
        "import sys\nfrom dongting.cli.main import run\n"
        f"run({list(arguments)!r})\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["verify", "--help"]])
def test_help_imports_no_application_no_client_and_no_kernel(arguments: list[str]) -> None:
    loaded = imported_by(*arguments)
    assert "click" in loaded
    heavy = ("httpx", "rich", "rocksdict", "sqlalchemy", "dongting.kernel", "dongting.apps", "dongting.sdk")
    assert [name for name in heavy if name in loaded] == []


def test_every_listed_command_exists_and_has_help_in_both_languages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, entry in COMMANDS.items():
        assert all(entry.text), name
        assert answer(capsys, name, "--help")[0] == 0, name


@pytest.mark.parametrize("app", APPS, ids=[app.name for app in APPS])
def test_every_action_of_every_application_is_a_command(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    for action in app.actions.values():
        code, out, _ = answer(capsys, app.name, action.name.partition("/")[2], "--help")
        assert code == 0, action.name
        assert "--yes" in out


def test_friendlier_commands_stand_for_actions_that_exist() -> None:
    actions = {name for app in APPS for name in app.actions}
    assert FRIENDLY.keys() <= actions


def test_help_speaks_chinese_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = answer(capsys, "--lang", "zh", "--help")
    assert "运行节点。" in out
    _, out, _ = answer(capsys, "--lang", "zh", "request", "--help")
    assert "用途（中文）" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--lang", "zh", "download"], "缺少"),
        (["--lang", "zh", "serve", "--lockd"], "没有选项 --lockd"),
        (["--lang", "zh", "list", "dataset", "--limit", "x"], "的值无效"),
        (["download"], "Missing argument"),
        (["nothing"], "No such command"),
    ],
)
def test_wrong_usage_is_said_in_words_and_ends_with_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = answer(capsys, *arguments)
    assert code == 2
    assert said in err


def test_a_refusal_is_one_message_with_its_code_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, "--home", str(tmp_path), "--lang", "zh", "status")
    assert code == 1
    assert out == ""
    assert err.startswith("未通过: ")
    assert err.rstrip().endswith("[cli/no-network-here]")


def test_a_refusal_in_json_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = answer(capsys, "--home", str(tmp_path), "--json", "status")
    assert (code, err) == (1, "")
    problem = json.loads(out)["problem"]
    assert (problem["code"], problem["number"]) == ("cli/no-network-here", 3)


def test_no_option_takes_a_passphrase_itself() -> None:
    context = click.Context(root)
    options = {option for parameter in root.params for option in parameter.opts}
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        options |= {o for parameter in (command.params if command else []) for o in parameter.opts}
    assert {o for o in options if "passphrase" in o or "password" in o} == {"--passphrase-fd"}
