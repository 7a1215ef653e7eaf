"""The language of messages, and click commands whose texts stand in both languages side by side.

A pair is always (English, Chinese). Nothing is chosen at import: the language belongs to the invocation.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from dongting.errors import Language

Pair = tuple[str, str]
Run = Callable[..., Any]
F = TypeVar("F", bound=Run)


def spoken(arguments: Sequence[str] = ()) -> Language:
    """The language that the arguments ask for, else that of the environment (LC_ALL, LC_MESSAGES, LANG)."""
    for place, argument in enumerate(arguments):
        given = (
            arguments[place + 1 : place + 2] if argument == "--lang" else [argument.removeprefix("--lang=")]
        )
        if argument.startswith("--lang") and given and given[0] in ("en", "zh"):
            return "zh" if given[0] == "zh" else "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.startswith("zh") else "en"
    return "en"


def of(context: click.Context) -> Language:
    """The language of one invocation."""
    root = context.find_root()
    # Help is asked for before the options are read: then what `run` found in the arguments still stands.
    for chosen in (root.params.get("lang"), root.obj):
        if chosen in ("en", "zh"):
            return "zh" if chosen == "zh" else "en"
    return spoken()


def pick(pair: Pair, language: Language) -> str:
    """The text of a pair in that language."""
    return pair[1] if language == "zh" else pair[0]


class Option(click.Option):
    """An option whose help stands in both languages."""

    def __init__(self, *declarations: Any, text: Pair = ("", ""), **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self.text = text

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The line of help in the language of the invocation."""
        self.help = pick(self.text, of(ctx))
        return super().get_help_record(ctx)


class Command(click.Command):
    """A command whose help stands in both languages."""

    def __init__(self, *positional: Any, text: Pair = ("", ""), **attributes: Any) -> None:
        super().__init__(*positional, **attributes)
        self.text = text

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help in the language of the invocation."""
        self.help = pick(self.text, of(ctx))
        super().format_help_text(ctx, formatter)


class Group(click.Group):
    """A group of commands with help in both languages."""

    command_class = Command

    def __init__(self, *positional: Any, text: Pair = ("", ""), **attributes: Any) -> None:
        super().__init__(*positional, **attributes)
        self.text = text

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help in the language of the invocation."""
        self.help = pick(self.text, of(ctx))
        super().format_help_text(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their first lines."""
        rows = [(name, self.short_text(ctx, name)) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section(pick(("Commands", "命令"), of(ctx))):
                formatter.write_dl(rows)

    def short_text(self, ctx: click.Context, name: str) -> str:
        """The first line of a command's help."""
        command = self.get_command(ctx, name)
        text = pick(command.text, of(ctx)) if isinstance(command, Command | Group) else ""
        return text.splitlines()[0] if text else (command.get_short_help_str() if command else "")


def option(*declarations: str, text: Pair, **attributes: Any) -> Callable[[F], F]:
    """Declare an option with help in both languages."""
    declared: Callable[[F], F] = click.option(*declarations, cls=Option, text=text, **attributes)
    return declared


def command(name: str, text: Pair, group: click.Group | None = None) -> Callable[[Run], Command]:
    """Declare a command with help in both languages, alone or in a group."""

    def declare(run: Run) -> Command:
        made: Command = click.command(name, cls=Command, text=text)(run)
        if group is not None:
            group.add_command(made)
        return made

    return declare


def group(name: str, text: Pair) -> Callable[[Run], Group]:
    """Declare a group of commands with help in both languages."""
    declared: Callable[[Run], Group] = click.group(name, cls=Group, text=text)
    return declared
