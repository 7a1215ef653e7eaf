"""`dongting evidence`: register that a file, or an outside signed statement, exists now."""

from pathlib import Path
from typing import Any

import click

from dongting.cli.acting import ACTIONS, Draft
from dongting.cli.commands.papers import evidence_report
from dongting.cli.derived import Application, derive
from dongting.cli.session import Session
from dongting.node.drafting import Note
from dongting.node.installed import APPS
from dongting.node.publishing import DIGEST, media_type
from dongting.sdk.client import Client

_APP = next(app for app in APPS if app.name == "evidence")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _register(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    path: Path = given["file"]
    offered = client.contents.measure(path, stored=False)
    draft.arguments["content"] = offered.commitment
    draft.arguments.setdefault("kind", "file")
    draft.arguments.setdefault("media_type", media_type(path))
    draft.parts.setdefault("label", {"name": path.name})
    draft.before.append(lambda: client.contents.store(path, offered, draft.subject))
    draft.after.append(lambda: client.contents.settled(path))
    draft.notes.append(Note(DIGEST, offered.facts.digest))


register = derive(
    ACTIONS["evidence/register"],
    text=(
        "Register FILE as it is now; the file itself stays with you, nobody else learns anything of it.",
        "为 FILE 的当前内容存证；文件保留在本地，其他人无从得知其内容。",
    ),
    hidden=("content",),
    extra=[click.Argument(["file"], type=_FILE)],
    prepare=_register,
)
evidence = Application(_APP)
evidence.add_command(evidence_report)
evidence.text = (
    "Prove that a file existed at a time, unchanged since.",
    "证明文件在某时已经存在且此后未改动。",
)
