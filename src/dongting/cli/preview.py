"""What is about to be signed, in plain words: the sentence of the action, its arguments, its parts."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

import msgspec

from dongting.appkit.app import Action, RecordType
from dongting.cli.language import pick
from dongting.cli.moments import moment
from dongting.cli.values import names_of, shape
from dongting.errors import Language

_SHORT = 16
_HASHES = {"commitment", "part", "digest", "thumbprint"}


class Words:
    """Values as people read them, in one language and zone."""

    def __init__(self, language: Language, zone: str) -> None:
        self._language: Language = language
        self._zone = zone

    def sentence(self, action: Action, arguments: Mapping[str, Any], author: str) -> str:
        """What the statement will say."""
        fields = msgspec.structs.fields(action.arguments)
        values = {f.name: self.value(f.type, arguments.get(f.encode_name, f.default)) for f in fields}
        return action.says.best(self._language).format(**{**values, "author": author})

    def fields(self, struct: type[msgspec.Struct], body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Label and value of each field that has one."""
        for one in msgspec.structs.fields(struct):
            value = body.get(one.encode_name, one.default)
            if value not in (None, "", [], (), msgspec.NODEFAULT):
                yield self.label(one.type, one.name), self.value(one.type, value)

    def record(self, declared: RecordType, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The same for a record, its state by its name."""
        flow = declared.workflow
        for one in msgspec.structs.fields(declared.struct):
            value = body.get(one.encode_name)
            if value in (None, "", [], ()):
                continue
            state = flow.states.get(value) if flow is not None and one.name == flow.field else None
            shown = (
                self.value(one.type, value) if state is None else pick((state.en, state.zh), self._language)
            )
            yield self.label(one.type, one.name), shown

    def label(self, annotation: Any, name: str) -> str:
        """What people call a field."""
        return pick(shape(annotation).label(name), self._language)

    def value(self, annotation: Any, value: Any) -> str:
        """One value."""
        if value is None or value is msgspec.NODEFAULT or value == ():
            return "—"
        if isinstance(value, msgspec.Struct):
            value = msgspec.to_builtins(value)
        found = shape(annotation)
        if isinstance(value, list | tuple):
            inner = get_args(found.base)[0] if get_origin(found.base) is tuple else Any
            comma = pick((", ", "、"), self._language)
            return comma.join(self.value(inner, item) for item in value)
        if isinstance(value, dict):
            return self._compound(found.base, value)
        if value in found.names:
            return pick(found.names[value], self._language)
        if found.kind == "instant" and isinstance(value, int):
            return moment(value, self._zone)
        if found.kind in _HASHES and isinstance(value, str):
            return f"{value[:_SHORT]}…"
        return str(value)

    def _compound(self, struct: Any, value: Mapping[str, Any]) -> str:
        if set(value) <= {"zh", "en"}:
            order = ("zh", "en") if self._language == "zh" else ("en", "zh")
            return next((str(value[code]) for code in order if value.get(code)), "")
        if set(value) == {"minor", "currency"}:
            return f"{value['minor'] / 100:.2f} {value['currency']}"
        if names_of(struct):
            return "; ".join(f"{label} {shown}" for label, shown in self.fields(struct, value))
        return msgspec.json.encode(value).decode()
