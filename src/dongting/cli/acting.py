"""Carrying out one action at a terminal: what will be signed is shown in plain words, then asked about."""

from typing import TYPE_CHECKING

import click

from dongting.cli.session import Session
from dongting.node.drafting import ACTIONS, TYPES, Draft, prepare, sign
from dongting.node.words import Line, Words

if TYPE_CHECKING:
    from dongting.sdk.client import Client
    from dongting.sdk.statements import Done

__all__ = ["ACTIONS", "TYPES", "Draft", "carry_out", "show"]


def carry_out(told: Session, client: "Client", draft: Draft, *, yes: bool) -> "Done":
    """Show the draft, ask, store its parts, sign and send; says where it stands."""
    prepare(client, draft)
    show(told, client, draft)
    if not yes:
        click.confirm(told.text("Sign this?", "确认签署？"), abort=True, err=told.json)
    done = sign(client, draft)
    told.say(
        f"Accepted: log entry {done.index}, block {done.height}.",
        f"已接受：日志第 {done.index} 条，区块 {done.height}。",
    )
    told.answer(
        {
            "subject": draft.subject, "id": done.id, "index": done.index, "height": done.height,
            "time": done.time,
        }
    )  # fmt: skip
    return done


def show(told: Session, client: "Client", draft: Draft) -> None:
    """The sentence that will be signed, and what it commits to."""
    if told.json:
        return
    seen = Words(told.language, client.network.genesis.zone).preview(draft, client.organisation or "")
    click.echo(told.text(f"To be signed by {seen.author}:", f"将由 {seen.author} 签署："))
    click.echo(seen.sentence)
    _show_lines(seen.fields, "  ")
    for part in seen.private:
        click.echo("  " + told.text("Only the parties read:", "仅当事方可见："))
        _show_lines(part.says, "    ")
    _show_lines(seen.notes, "  ")


def _show_lines(lines: list[Line], indent: str) -> None:
    for line in lines:
        click.echo(f"{indent}{line.label}: {line.value}")
