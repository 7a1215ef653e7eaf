"""Commands made from the declarations of applications: one for each action, with its own options.

A new action is a command at once. Where a friendlier command does the same, it takes the place.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec

from dongting.appkit.app import COLLECTIVE, Action, App
from dongting.cli import language
from dongting.cli.acting import Draft, carry_out
from dongting.cli.language import Command, Group, Option, Pair
from dongting.cli.session import Session
from dongting.cli.table import BESIDE, FRIENDLY
from dongting.cli.values import Fields
from dongting.errors import Code, require
from dongting.node.completing import complete
from dongting.node.drafting import proposed
from dongting.node.installed import APPS
from dongting.sdk.client import Client

MISSING = Code(
    "cli", 11, "missing-argument",
    "{action} needs {option}.",
    "{action} 需要 {option}。",
)  # fmt: skip

YES: Pair = ("Sign without asking.", "不询问，直接签署。")
#: Completes a draft: session, client, draft, all options as given.
Prepare = Callable[[Session, Client, Draft, dict[str, Any]], None]


def application(name: str) -> Group:
    """The actions of one application."""
    app = next(app for app in APPS if app.name == name)
    made = Application(app)
    made.text = (app.title.best("en"), app.title.best("zh"))
    return made


class Application(Group):
    """An application's actions, each made into a command when it is asked for."""

    def __init__(self, app: App) -> None:
        super().__init__(app.name)
        self._actions = {name.partition("/")[2]: action for name, action in app.actions.items()}
        self._beside = BESIDE.get(app.name, {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every action, and what else there is."""
        return sorted({*self._actions, *self._beside, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one action."""
        action = self._actions.get(cmd_name)
        place = self._beside.get(cmd_name) if action is None else FRIENDLY.get(action.name)
        if place is not None:
            module, _, attribute = place.partition(":")
            found: click.Command = getattr(importlib.import_module(module), attribute)
            return found
        if action is None:
            return super().get_command(ctx, cmd_name)
        return collective(action) if action.by == {COLLECTIVE} else derive(action)

    def short_text(self, ctx: click.Context, name: str) -> str:
        """The action's title."""
        action = self._actions.get(name)
        return super().short_text(ctx, name) if action is None else action.title.best(language.of(ctx))


def derive(
    action: Action,
    *,
    name: str = "",
    text: Pair | None = None,
    subject: bool = False,
    hidden: Sequence[str] = (),
    extra: Sequence[click.Parameter] = (),
    words: Sequence[str] = (),
    prepare: Prepare | None = None,
) -> Command:
    """The command of one action. `subject` takes the record's id as the first word instead of an option;
    `hidden` fields are filled by `prepare`, which sees the `extra` parameters and further `words` too."""
    left_out = [*hidden, *([action.subject] if subject else [])]

    def run(**given: Any) -> None:
        told = click.get_current_context().find_object(Session)
        assert told is not None, "the root command makes the session"
        with told.client() as client:
            fields = Fields(action.arguments, client.network.genesis.zone, hidden=left_out)
            typed = fields.take(given)
            draft = Draft(action, dict(typed.values), dict(typed.parts))
            if subject:
                draft.arguments[action.subject] = given["subject"]
            if prepare is not None:
                prepare(told, client, draft, given)
            complete(client, draft)
            _require_all(action, draft, fields)
            carry_out(told, client, draft, yes=given["yes"])

    options = list(Fields(action.arguments, "+00:00", hidden=left_out).options())
    first = [click.Argument(["subject"], metavar=action.subject.upper())] if subject else []
    first += [click.Argument([word], metavar=word.upper()) for word in words]
    taken = {option.name for option in extra}
    parameters = [*first, *extra, *(option for option in options if option.name not in taken)]
    yes = Option(["--yes", "-y", "yes"], is_flag=True, text=YES)
    return Command(
        name or action.name.partition("/")[2],
        params=[*parameters, yes],
        callback=run,
        text=text or (_help(action, "en"), _help(action, "zh")),
    )


def collective(action: Action) -> Command:
    """The command of an action that only the founders together may do: it proposes the action to them."""

    def run(**given: Any) -> None:
        told = click.get_current_context().find_object(Session)
        assert told is not None, "the root command makes the session"
        with told.client() as client:
            fields = Fields(action.arguments, client.network.genesis.zone)
            typed = fields.take(given)
            inner = Draft(action, dict(typed.values))
            _require_all(action, inner, fields)
            draft = proposed(inner, given["proposal"], given["motive"] or "")
            carry_out(told, client, draft, yes=given["yes"])

    added = [
        Option(["--proposal"], required=True, text=("Id of the proposal to the founders", "提案编号")),
        Option(["--motive"], text=("Reasons, for the founders only", "理由（仅发起方可见）")),
        Option(["--yes", "-y", "yes"], is_flag=True, text=YES),
    ]
    note = ("Proposes this to the founders, who decide together.", "将此操作作为提案提交发起方共同决定。")
    return Command(
        action.name.partition("/")[2],
        params=[*added[:2], *Fields(action.arguments, "+00:00").options(), added[2]],
        callback=run,
        text=(f"{_help(action, 'en')}\n\n{note[0]}", f"{_help(action, 'zh')}\n\n{note[1]}"),
    )


def _help(action: Action, spoken: Any) -> str:
    title: str = action.title.best(spoken)
    return f"{title}.\n\n{action.doc}" if spoken == "en" else f"{title}。"


def _require_all(action: Action, draft: Draft, fields: Fields) -> None:
    """Refuse a draft that lacks an argument, and say by which option to give it."""
    for one in msgspec.structs.fields(action.arguments):
        there = one.encode_name in draft.arguments or one.encode_name in draft.parts
        require(there or not one.required, MISSING, action=action.name, option=fields.option_of(one.name))
