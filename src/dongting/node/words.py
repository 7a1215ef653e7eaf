"""Declared values in plain words, one language at a time; and what is about to be signed, as a preview."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

import msgspec

from dongting.appkit.app import Action, RecordType
from dongting.appkit.fields import amount
from dongting.appkit.shapes import Pair, fields_of, names_of, shape
from dongting.errors import Language
from dongting.node.choices import names_of_choice
from dongting.node.drafting import Draft, content_of
from dongting.node.moments import moment

_SHORT = 16
_HASHES = {"commitment", "part", "digest", "thumbprint"}


class Line(msgspec.Struct, frozen=True):
    """One value with what people call it."""

    label: str
    value: str


class Private(msgspec.Struct, frozen=True):
    """A part: what it is called, who reads it beside the author, and what it says."""

    label: str
    readers: list[str]
    says: list[Line]


class Preview(msgspec.Struct, frozen=True):
    """What will be signed and what it means: the action's title, the author, the sentence that everybody
    will read, the arguments, the parts that only their readers read, and what else the person should see."""

    title: str
    author: str
    sentence: str
    fields: list[Line]
    private: list[Private]
    notes: list[Line]


class Words:
    """Values as people read them, in one language and zone."""

    def __init__(self, language: Language, zone: str) -> None:
        self._language: Language = language
        self._zone = zone

    def preview(self, draft: Draft, author: str) -> Preview:
        """What a prepared draft will say and mean."""
        action = draft.action
        private = [
            Private(self._argument(action, name), draft.readers.get(name, []), self._lines(struct, content))
            for name, content in draft.parts.items()
            for struct in [content_of(action, name)]
        ]
        notes: list[Line] = []
        for note in draft.notes:
            if names_of(note.kind) - {"zh", "en"}:
                notes += self._lines(note.kind, note.value)
            else:
                notes.append(Line(note.label.best(self._language), self.value(note.kind, note.value)))
        return Preview(
            title=action.title.best(self._language),
            author=author,
            sentence=self.sentence(action, draft.arguments, author),
            fields=self._lines(action.arguments, draft.arguments),
            private=private,
            notes=notes,
        )

    def sentence(self, action: Action, arguments: Mapping[str, Any], author: str) -> str:
        """What the statement will say."""
        fields = fields_of(action.arguments)
        values = {f.name: self.value(f.type, arguments.get(f.encode_name, f.default)) for f in fields}
        return action.says.best(self._language).format(**{**values, "author": author})

    def fields(self, struct: type[msgspec.Struct], body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Label and value of each field that has one."""
        for one in fields_of(struct):
            value = body.get(one.encode_name, one.default)
            if value not in (None, "", [], (), msgspec.NODEFAULT):
                yield self.label(one.type, one.name), self.value(one.type, value)

    def record(self, declared: RecordType, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The same for a record, its state by its name."""
        for one in fields_of(declared.struct):
            value = body.get(one.encode_name)
            if value not in (None, "", [], ()):
                yield self.label(one.type, one.name), self.field(declared, one, value)

    def field(self, declared: RecordType, one: Any, value: Any) -> str:
        """The value of one field of a record."""
        flow = declared.workflow
        state = flow.states.get(value) if flow is not None and one.name == flow.field else None
        return self.value(one.type, value) if state is None else self.pick((state.en, state.zh))

    def label(self, annotation: Any, name: str) -> str:
        """What people call a field."""
        return self.pick(shape(annotation).label(name))

    def pick(self, pair: Pair) -> str:
        """The text of a pair in this language."""
        return pair[self._language == "zh"]

    def value(self, annotation: Any, value: Any) -> str:
        """One value."""
        if value is None or value is msgspec.NODEFAULT or value == ():
            return "—"
        if isinstance(value, msgspec.Struct):
            value = msgspec.to_builtins(value)
        found = shape(annotation)
        if isinstance(value, list | tuple):
            inner = get_args(found.base)[0] if get_origin(found.base) is tuple else Any
            return self.pick((", ", "、")).join(self.value(inner, item) for item in value)
        if isinstance(value, dict):
            return self._compound(found.base, value)
        names = names_of_choice(found)
        if value in names:
            return self.pick(names[value])
        if found.kind == "instant" and isinstance(value, int):
            return moment(value, self._zone)
        if found.kind in _HASHES and isinstance(value, str):
            return f"{value[:_SHORT]}…"
        if isinstance(value, bool):
            return self.pick(("yes", "是") if value else ("no", "否"))
        return str(value)

    def _lines(self, struct: type[msgspec.Struct], body: Mapping[str, Any]) -> list[Line]:
        return [Line(label, value) for label, value in self.fields(struct, body)]

    def _argument(self, action: Action, name: str) -> str:
        fields = fields_of(action.arguments)
        return next(self.label(one.type, name) for one in fields if one.encode_name == name)

    def _compound(self, struct: Any, value: Mapping[str, Any]) -> str:
        if set(value) <= {"zh", "en"}:
            order = ("zh", "en") if self._language == "zh" else ("en", "zh")
            return next((str(value[code]) for code in order if value.get(code)), "")
        if set(value) == {"minor", "currency"}:
            return amount(value["minor"], value["currency"])
        if names_of(struct):
            return "; ".join(f"{label} {shown}" for label, shown in self.fields(struct, value))
        return msgspec.json.encode(value).decode()
