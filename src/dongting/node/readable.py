"""The parts behind a record, as the statements that made its versions declared them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from dongting.appkit.fields import Text
from dongting.appkit.shapes import shape
from dongting.errors import Refused
from dongting.node.drafting import ACTIONS
from dongting.sdk.client import Client
from dongting.wire import statement as statements

_CLOSED = frozenset({403, 404, 410})  # not this reader's, not there, or erased


@dataclass(frozen=True, slots=True)
class Readable:
    """A part that this organisation can read: its label in both languages, and its content."""

    commitment: str
    label: Text
    struct: type[msgspec.Struct]
    body: dict[str, Any]
    author: str


def parts_of(client: Client, type: str, id: str) -> list[Readable]:
    """The parts of all versions of a record, oldest first."""
    client.catch_up()
    leaves = dict.fromkeys(found.leaf for found in client.records.versions(type, id) if found.leaf >= 0)
    found: dict[str, Readable] = {}
    for leaf in leaves:
        statement = statements.decode(client.records.leaf(leaf), client.profile)
        for readable in opened(client, statement):
            found.setdefault(readable.commitment, readable)
    return list(found.values())


def opened(client: Client, statement: statements.Statement) -> Iterator[Readable]:
    """The parts of one statement that the client can read."""
    action = ACTIONS.get(statement.action)
    if action is None:
        return
    arguments = msgspec.json.decode(statement.payload)
    for one in msgspec.structs.fields(action.arguments):
        taken = shape(one.type)
        content = next((said["content"] for said in taken.said if "content" in said), None)
        commitment = arguments.get(one.encode_name)
        if content is None or commitment is None:
            continue
        try:
            part = client.parts.get(commitment)
        except Refused as error:
            if error.code.status in _CLOSED:
                continue
            raise
        en, zh = taken.label(one.name)
        label, body = Text(en=en, zh=zh), msgspec.json.decode(part.content)
        yield Readable(commitment, label, content, body, statement.issuer)
