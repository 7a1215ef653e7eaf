"""JSON Schema 2020-12 of declared structs, by msgspec, with the labels and kinds of their fields.

Labels become `title` (English) and `x-title-zh`; kinds `x-kind`; a part names the schema of its content.
Patterns lose the Python guard against a last line feed, which `$` of ECMA-262 never matches before.
"""

import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_type_hints

import msgspec

from dongting.appkit.fields import extras

_GUARD = r"(?!\n)"


def components(
    structs: Iterable[Any], template: str = "#/components/schemas/{name}"
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A reference for each type, in order, and all schemas that they need, by name."""
    wanted = list(structs)
    everything = list(dict.fromkeys([*wanted, *_structs([*wanted, *_contents(wanted)])]))
    references, schemas = msgspec.json.schema_components(everything, ref_template=template)
    found: dict[Any, dict[str, Any]] = dict(zip(everything, references, strict=True))
    for struct in _structs(everything):
        _label(schemas[found[struct]["$ref"].rsplit("/", 1)[1]], struct, found)
    portable: dict[str, Any] = _portable(schemas)
    return [_portable(found[kind]) for kind in wanted], portable


def standalone(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """One schema that stands by itself."""
    (reference,), schemas = components([struct], "#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **reference, "$defs": schemas}


def _label(schema: dict[str, Any], struct: Any, found: dict[Any, dict[str, Any]]) -> None:
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        target = schema.get("properties", {}).get(field.encode_name)
        if target is None:
            continue
        for extra in extras(hints[field.name]):
            label = extra.get("label")
            if label and "x-title-zh" not in target:
                target["title"], target["x-title-zh"] = label["en"], label["zh"]
            if "kind" in extra:
                target.setdefault("x-kind", extra["kind"])
            if "record" in extra:
                target.setdefault("x-record", extra["record"])
            if "content" in extra:
                target.setdefault("x-content", found[extra["content"]]["$ref"])


def _structs(kinds: Iterable[Any]) -> Iterator[Any]:
    """All structs within these types, each once."""
    seen: set[Any] = set()
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
            seen.add(kind)
            yield kind
            waiting.extend(get_type_hints(kind, include_extras=True).values())
        elif typing.get_origin(kind) is not None or isinstance(kind, types.UnionType):
            waiting.extend(get_args(kind))


def _contents(kinds: Iterable[Any]) -> list[Any]:
    """The contents of parts that these types commit to."""
    found: dict[Any, None] = {}
    for struct in _structs(kinds):
        for hint in get_type_hints(struct, include_extras=True).values():
            for extra in extras(hint):
                if "content" in extra:
                    found[extra["content"]] = None
    return list(found)


def _portable(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: value.replace(_GUARD, "")
            if key == "pattern" and isinstance(value, str)
            else _portable(value)
            for key, value in schema.items()
        }
    return [_portable(each) for each in schema] if isinstance(schema, list) else schema
