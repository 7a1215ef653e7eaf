"""What the verifier in the browser needs to tell a story in words: the sentences and labels that the
applications declare, in one language.

It judges nothing and knows no application: `static/verify/page.js` fills in what was proven.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec

from dongting.appkit.app import Action, RecordType
from dongting.appkit.fields import Text, extras
from dongting.appkit.shapes import structs_in
from dongting.errors import Language
from dongting.node.installed import APPS

_ORGANISATIONS = {"organisation", "organisations"}
_HASHES = {"commitment", "part", "digest", "thumbprint"}


@cache
def telling(language: Language) -> str:
    """The sentences by action and the states by record type, as JSON."""
    actions = {name: _action(action, language) for app in APPS for name, action in app.actions.items()}
    records = [typed for app in APPS for typed in app.records.values()]
    states = {typed.name: _states(typed, language) for typed in records if typed.workflow is not None}
    return msgspec.json.encode({"actions": actions, "states": states}).decode()


def _action(action: Action, language: Language) -> dict[str, Any]:
    says = action.says.best(language)
    fields = {f.encode_name: f.type for f in msgspec.structs.fields(action.arguments)}
    kinds = {name: _kind(kind, language) for name, kind in fields.items() if f"{{{name}}}" in says}
    return {
        "says": says,
        "kinds": {name: kind for name, kind in kinds.items() if kind},
        "commitments": list(_commitments(action.arguments, (), language)),
    }


def _states(typed: RecordType, language: Language) -> dict[str, Any]:
    assert typed.workflow is not None
    named = {
        name: state.zh if language == "zh" else state.en for name, state in typed.workflow.states.items()
    }
    return {"title": typed.title.best(language), "field": typed.workflow.field, "states": named}


def _kind(annotation: Any, language: Language) -> str | Mapping[str, str]:
    """How a value wants to be read: who, when, hash, the names of its choices, or as it is."""
    said = list(extras(annotation))
    kinds = {extra["kind"] for extra in said if "kind" in extra}
    names = next((extra["names"] for extra in said if "names" in extra), None)
    if names is not None:
        return {value: _best(text, language) for value, text in names.items()}
    if kinds & _ORGANISATIONS:
        return "who"
    if "instant" in kinds:
        return "when"
    return "hash" if kinds & _HASHES else ""


def _commitments(
    struct: type[msgspec.Struct], path: tuple[str, ...], language: Language
) -> Iterator[dict[str, Any]]:
    """Where commitments stand among arguments: the way to each, its label, and the labels of its content."""
    for field in msgspec.structs.fields(struct):
        way = (*path, field.encode_name)
        said = list(extras(field.type))
        if any(extra.get("kind") in ("part", "commitment") for extra in said):
            content = next((extra["content"] for extra in said if "content" in extra), None)
            labels = _labels(content, language) if content is not None else {}
            yield {"at": way, "label": _label(field.type, language) or field.encode_name, "fields": labels}
        else:
            for inner in structs_in(field.type):
                yield from _commitments(inner, way, language)


def _labels(struct: type[msgspec.Struct], language: Language) -> dict[str, Any]:
    """Of a content's fields the label and how the value wants to be read."""
    return {
        field.encode_name: [_label(field.type, language) or field.encode_name, _kind(field.type, language)]
        for field in msgspec.structs.fields(struct)
    }


def _best(text: Text | Mapping[str, str], language: Language) -> str:
    """A text of a declaration, which keeps some of them as plain mappings."""
    pair = text if isinstance(text, Mapping) else msgspec.structs.asdict(text)
    return str(pair.get(language) or pair.get("en") or pair.get("zh"))


def _label(annotation: Any, language: Language) -> str:
    label: Mapping[str, str] = next((e["label"] for e in extras(annotation) if "label" in e), {})
    return str(label.get(language, ""))
