"""From declared fields to options of a command, and from what was typed to values.

A field's kind decides how it is written: a text by --title-zh and --title-en, a moment as a day, a part
inline or from a JSON file, a list by repeating the option.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
import msgspec

from dongting.appkit.fields import PLACES
from dongting.appkit.shapes import Shape, names_of, shape
from dongting.cli.language import Option, Pair
from dongting.errors import Code, Refused, require
from dongting.node.moments import seconds_of
from dongting.wire import jcs

BAD_VALUE = Code(
    "cli", 9, "bad-value",
    "{option}: {given} is not valid. {why}",
    "{option}：{given} 无效。{why}",
)  # fmt: skip

_TEXT = {"zh", "en"}
_MONEY = {"minor", "currency"}
_CLOSING = frozenset({"end", "until", "deadline"})
_LANGUAGES: tuple[tuple[str, Pair], ...] = (("zh", ("Chinese", "中文")), ("en", ("English", "英文")))


class Unset:
    """Nothing was typed."""


UNSET = Unset()


@dataclass
class Typed:
    """What was typed for the arguments of an action: plain values, and the contents of its parts."""

    values: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)


class Fields:
    """The options for some fields of a struct; `prefix` goes before each option's name."""

    def __init__(
        self, struct: type[msgspec.Struct], zone: str, *, hidden: Sequence[str] = (), prefix: str = ""
    ) -> None:
        self._zone = zone
        self._prefix = prefix
        self._fields = [
            (one, shape(one.type)) for one in msgspec.structs.fields(struct) if one.name not in hidden
        ]
        taken = {one.encode_name for one in msgspec.structs.fields(struct)}
        self._inner = {
            one.name: self._part_fields(one.name, part, taken)
            for one, found in self._fields
            if (part := found.content) is not None
        }

    def options(self) -> Iterator[Option]:
        """The options to declare."""
        for one, found in self._fields:
            inner = self._inner.get(one.name)
            if inner is None:
                yield from self._plain(one.name, found)
            else:
                text = _add(found.label(one.name), "as JSON in a file", "写在 JSON 文件中")
                yield self._option(f"{one.name}_file", text, type=click.Path(exists=True, path_type=Path))
                yield from inner.options()

    def take(self, given: Mapping[str, Any]) -> Typed:
        """The values of the options that were given."""
        typed = Typed()
        for one, found in self._fields:
            inner = self._inner.get(one.name)
            if inner is None:
                value = self._value(one.name, found, given)
                if value is not UNSET:
                    typed.values[one.encode_name] = value
                continue
            path = given.get(self._key(f"{one.name}_file"))
            content = _json_file(path) if path else inner.take(given).values
            if content:
                typed.parts[one.encode_name] = content
        return typed

    def option_of(self, name: str) -> str:
        """The option by which a field is given, for messages."""
        inner = self._inner.get(name)
        if inner is not None:
            return str(next(inner.options()).opts[0])
        found = next((found for one, found in self._fields if one.name == name), None)
        text = found is not None and names_of(found.base) == _TEXT
        return f"--{self._dashed(name)}" + ("-zh" if text else "")

    def _part_fields(self, name: str, part: type[msgspec.Struct], taken: set[str]) -> "Fields":
        """The inline options of a part: a field alone takes the argument's own name."""
        fields = msgspec.structs.fields(part)
        if len(fields) == 1:
            return _Renamed(part, self._zone, fields[0].name, name)
        clash = {one.name for one in fields} & taken
        return Fields(part, self._zone, hidden=tuple(clash - {name}))

    def _plain(self, name: str, found: Shape) -> Iterator[Option]:
        label = found.label(name)
        if names_of(found.base) == _TEXT:
            for code, language in _LANGUAGES:
                yield self._option(
                    f"{name}_{code}", (f"{label[0]} ({language[0]})", f"{label[1]}（{language[1]}）")
                )
        elif found.base is bool:
            yield Option([f"--{self._dashed(name)}/--no-{self._dashed(name)}"], default=None, text=label)
        elif get_origin(found.base) is tuple:
            element = shape(get_args(found.base)[0])
            note = _element_note(element)
            yield self._option(name, _add(label, *note), multiple=True)
        elif get_origin(found.base) is Literal:
            en = "; ".join(f"{code} = {names[0]}" for code, names in found.names.items())
            zh = "；".join(f"{code} = {names[1]}" for code, names in found.names.items())
            yield self._option(name, _add(label, en, zh), type=click.Choice(list(get_args(found.base))))
        else:
            yield self._option(name, _add(label, *_scalar_note(found)), metavar=_metavar(found))

    def _value(self, name: str, found: Shape, given: Mapping[str, Any]) -> Any:
        if names_of(found.base) == _TEXT:
            text = {
                code: given[key]
                for code, _ in _LANGUAGES
                if given.get(key := self._key(f"{name}_{code}")) is not None
            }
            return text or UNSET
        value = given.get(self._key(name))
        if value is None or value == ():
            return UNSET
        option = f"--{self._dashed(name)}"
        if get_origin(found.base) is tuple:
            element = shape(get_args(found.base)[0])
            return [self._scalar(option, name, element, item) for item in value]
        return self._scalar(option, name, found, value)

    def _scalar(self, option: str, name: str, found: Shape, typed: Any) -> Any:
        if not isinstance(typed, str):
            return typed
        if found.kind == "instant":
            return seconds_of(typed, self._zone, closes=name in _CLOSING)
        if found.kind == "json":
            return canonical(option, typed)
        fields = names_of(found.base)
        if fields == _MONEY:
            return money(option, typed)
        if fields:
            return pairs(option, typed, found.base, self._zone)
        if found.base is int:
            require(re.fullmatch(r"-?[0-9]{1,16}", typed), BAD_VALUE, option=option, given=typed[:40], why="")
            return int(typed)
        return typed

    def _option(self, name: str, text: Pair, **attributes: Any) -> Option:
        return Option([f"--{self._dashed(name)}", self._key(name)], text=text, **attributes)

    def _dashed(self, name: str) -> str:
        return self._key(name).replace("_", "-")

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"


class _Renamed(Fields):
    """A part of one field, whose options take the argument's name: --reason-zh, --motive."""

    def __init__(self, part: type[msgspec.Struct], zone: str, inside: str, outside: str) -> None:
        super().__init__(part, zone)
        self._inside, self._outside = inside, outside

    def _key(self, name: str) -> str:
        return name.replace(self._inside, self._outside, 1)


def pairs(option: str, typed: str, struct: type[msgspec.Struct], zone: str) -> dict[str, Any]:
    """A struct as JSON or as `key=value,key=value`; texts by `title-zh=…`."""
    if typed.startswith("{"):
        found: dict[str, Any] = _json(option, typed)
        return found
    fields = Fields(struct, zone)
    given: dict[str, Any] = {}
    for item in typed.split(","):
        key, separator, value = item.partition("=")
        known = {o.name for o in fields.options()}
        name = key.strip().replace("-", "_")
        why = f"key=value,… ({', '.join(sorted(str(one) for one in known))})"
        require(separator and name in known, BAD_VALUE, option=option, given=item[:60], why=why)
        given[name] = value
    return fields.take(given).values


def money(option: str, typed: str) -> dict[str, Any]:
    """An amount such as `1200.50 CNY` in integer minor units."""
    match = re.fullmatch(r"([0-9]{1,13})(?:\.([0-9]+))?(?: ?([A-Z]{3}))?", typed)
    if match is None:
        raise Refused(BAD_VALUE, option=option, given=typed[:40], why="1200.50 CNY")
    currency = match[3] or "CNY"
    places, rest = PLACES.get(currency, 2), match[2] or ""
    require(len(rest) <= places, BAD_VALUE, option=option, given=typed[:40], why="1200.50 CNY")
    return {"minor": int(match[1] + rest.ljust(places, "0")), "currency": currency}


def canonical(option: str, typed: str) -> str:
    """JSON, or @FILE with JSON, as its canonical text (RFC 8785)."""
    text = Path(typed[1:]).read_text(encoding="utf-8") if typed.startswith("@") else typed
    return jcs.encode(_json(option, text)).decode()


def _json(option: str, typed: str) -> Any:
    try:
        return msgspec.json.decode(typed)
    except msgspec.DecodeError as error:
        raise Refused(BAD_VALUE, option=option, given=typed[:40], why=str(error)) from None


def _json_file(path: Path) -> Any:
    return _json(str(path), path.read_text(encoding="utf-8"))


def _add(label: Pair, en: str, zh: str) -> Pair:
    return (f"{label[0]}: {en}", f"{label[1]}：{zh}") if en else label


def _element_note(element: Shape) -> Pair:
    fields = ",".join(f"{name}=…" for name in sorted(names_of(element.base)))
    return (f"{fields}, or JSON; repeat", f"{fields}，或 JSON；可重复") if fields else ("repeat", "可重复")


def _scalar_note(found: Shape) -> Pair:
    fields = names_of(found.base)
    if fields == _MONEY:
        return "such as 1200.50 CNY", "例如 1200.50 CNY"
    if fields:
        names = ",".join(f"{name}=…" for name in sorted(fields))
        return f"{names}, or JSON", f"{names}，或 JSON"
    if found.kind == "json":
        return "JSON, or @FILE", "JSON，或 @文件"
    return "", ""


def _metavar(found: Shape) -> str | None:
    return {"instant": "DAY", "day": "DAY", "organisation": "ORG", "commitment": "HEX"}.get(found.kind)
