"""Blanking: the free text of a record replaced by a fixed placeholder, all else left as it is.

Works on the JSON of a record along the declared kinds of its fields, so that fields which a later version
of an application adds change nothing in an older record. Blanking twice changes nothing either.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias, get_args

import msgspec

from dongting.appkit.fields import Text, extras

#: What stands for the text of each kind that is free text; each is valid under the kind's own pattern.
PLACEHOLDERS: Mapping[str, str] = {
    "line": "redacted",
    "prose": "redacted",
    "address": "https://redacted.invalid/",
    "json": "{}",
}
_TEXT = {"zh": "已删除", "en": "redacted"}

#: Where free text stands: by field the placeholder, or the same again for what lies within.
Places: TypeAlias = "str | Mapping[str, Places]"


@cache
def places(struct: type[msgspec.Struct]) -> Mapping[str, Places]:
    """The fields of a struct that hold free text, nested ones too; empty when there are none."""
    if struct is Text:
        return _TEXT
    found = {field.encode_name: _within(field.type) for field in msgspec.structs.fields(struct)}
    return {name: below for name, below in found.items() if below}


def blank(value: Any, where: Places) -> Any:
    """The JSON value with a placeholder for every text that is not empty."""
    if isinstance(value, list):
        return [blank(item, where) for item in value]
    if isinstance(value, dict):
        if isinstance(where, str):
            return {name: blank(item, where) for name, item in value.items()}
        return {name: blank(item, where.get(name, {})) for name, item in value.items()}
    return where if isinstance(where, str) and isinstance(value, str) and value else value


def _within(annotation: Any) -> Places:
    for extra in extras(annotation):
        if extra.get("kind") in PLACEHOLDERS:
            return PLACEHOLDERS[extra["kind"]]
    found: dict[str, Places] = {}
    for struct in _structs(annotation):
        found |= places(struct)
    return found


def _structs(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for inner in get_args(annotation):
        yield from _structs(inner)
