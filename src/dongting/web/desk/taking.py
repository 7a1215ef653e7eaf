"""What a form brought, as the arguments of an action and the contents of its parts; errors stay by field."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dongting.appkit.app import Action
from dongting.appkit.fields import PLACES
from dongting.appkit.shapes import Shape, element, shape
from dongting.errors import Refused
from dongting.node.moments import seconds_of
from dongting.web.desk.inputs import CLOSING, Source, kind_of, only_value, rows_in
from dongting.web.texts import marked
from dongting.wire import jcs

MISSING = marked("Please fill this in.")
#: What a value of each kind looks like, for whoever gave another.
WRONG: Mapping[str, str] = {
    "slug": marked("Lower-case letters, digits, dots and hyphens; a letter or digit at both ends."),
    "organisation": marked("The id of an organisation of this network; choose one from the list."),
    "organisations": marked("Ids of organisations of this network, one a line."),
    "reference": marked("The id of a record that exists; choose one from the list."),
    "instant": marked("A day such as 2027-06-30, or a day and time such as 2027-06-30T18:00."),
    "day": marked("A day such as 2027-06-30."),
    "region": marked("A division code of GB/T 2260: 6, 9 or 12 digits, such as 430100."),
    "count": marked("A whole number, zero or more."),
    "money": marked("An amount such as 1200.50, and a currency such as CNY."),
    "line": marked("One line of at most 200 characters."),
    "prose": marked("At most 4,000 characters."),
    "address": marked("A web address that begins with https:// or http://."),
    "credit-code": marked("The unified social credit code: 18 digits and capital letters."),
    "digest": marked("64 digits 0–9 and a–f."),
    "commitment": marked("64 digits 0–9 and a–f."),
    "thumbprint": marked("64 digits 0–9 and a–f."),
    "media-type": marked("A media type such as text/csv."),
    "json": marked('JSON, such as {"id": "air"}.'),
    "choice": marked("Choose one of the list."),
    "": marked("This value is not possible here."),
}


@dataclass(slots=True)
class Taken:
    """The arguments, the contents of parts by argument, and a message for each field that is wrong."""

    arguments: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def take(action: Action, source: Source, zone: str, hidden: Collection[str] = ()) -> Taken:
    """What was typed for an action; `hidden` arguments are not asked for."""
    taking = _Taking(source, zone)
    for one in msgspec.structs.fields(action.arguments):
        found, name = shape(one.type), one.encode_name
        if name in hidden:
            continue
        required = one.required and not found.optional
        if found.content is not None:
            content = taking.struct(found.content, f"p.{name}", needed=required)
            if content:
                taking.taken.parts[name] = content
        else:
            taking.put(taking.taken.arguments, name, f"a.{name}", one, found, required)
    return taking.taken


class _Taking:
    def __init__(self, source: Source, zone: str) -> None:
        self._source = source
        self._zone = zone
        self.taken = Taken()

    def struct(self, struct: type[msgspec.Struct], prefix: str, *, needed: bool) -> dict[str, Any]:
        """A struct; one that nobody needs and in which nothing was typed is left out."""
        if not needed and not self._touched(prefix):
            return {}
        made: dict[str, Any] = {}
        for one in msgspec.structs.fields(struct):
            found = shape(one.type)
            required = one.required and not found.optional
            self.put(made, one.encode_name, f"{prefix}.{one.encode_name}", one, found, required)
        return made

    def put(self, into: dict[str, Any], key: str, name: str, one: Any, found: Shape, required: bool) -> None:
        """One field's value, if it was given; else what is wrong."""
        only = only_value(found)
        if only is not None:
            into[key] = only
            return
        try:
            value = self._value(name, one.name, found, required)
        except (ValueError, Refused):
            self._wrong(name, found)
            return
        if value is None:
            if required and not self._within(name):
                self.taken.errors[name] = MISSING
            return
        try:
            msgspec.convert(value, one.type)
        except msgspec.ValidationError:
            if not self._within(name):
                self._wrong(name, found)
            return
        into[key] = value

    def _value(self, name: str, plain: str, found: Shape, required: bool) -> Any:
        kind, given = kind_of(plain, found), self._typed(name)
        if kind == "text":
            texts = {code: self._typed(f"{name}.{code}") for code in ("zh", "en")}
            return {code: text for code, text in texts.items() if text} or None
        if kind == "money":
            return _money(self._typed(f"{name}.amount"), self._typed(f"{name}.currency"))
        if kind == "group":
            return self.struct(found.base, name, needed=required) or None
        if kind == "rows":
            return self._rows(name, shape(element(found)).base, required)
        if kind == "choices":
            codes = [code for code in self._source.get(name, ()) if code]
            return codes or None
        if kind == "lines":
            items = [line.strip() for line in given.splitlines() if line.strip()]
            return [_scalar(item, shape(element(found)), self._zone) for item in items] or None
        if kind == "flag":
            return bool(given)
        return _scalar(given, found, self._zone, closes=plain in CLOSING) if given else None

    def _rows(self, name: str, struct: type[msgspec.Struct], required: bool) -> list[Any] | None:
        rows = range(rows_in(self._typed(f"{name}.rows")))
        made = [self.struct(struct, f"{name}.{row}", needed=False) for row in rows]
        return [row for row in made if row] or ([] if not required else None)

    def _within(self, name: str) -> bool:
        """Whether something within it is wrong already."""
        return any(error.startswith(f"{name}.") for error in self.taken.errors)

    def _touched(self, prefix: str) -> bool:
        return any(
            text.strip()
            for name, texts in self._source.items()
            if name.startswith(f"{prefix}.") and not name.endswith(".currency")
            for text in texts
        )

    def _wrong(self, name: str, found: Shape) -> None:
        kinds = [found.kind, *sorted(found.kinds)]
        self.taken.errors[name] = next((WRONG[kind] for kind in kinds if kind in WRONG), WRONG[""])

    def _typed(self, name: str) -> str:
        return next(iter(self._source.get(name, ())), "").strip()


def _scalar(given: str, found: Shape, zone: str, *, closes: bool = False) -> Any:
    if found.kind == "instant":
        return seconds_of(given, zone, closes=closes)
    if found.kind == "json":
        return jcs.encode(msgspec.json.decode(given)).decode()
    if found.base is int:
        if not re.fullmatch(r"-?[0-9]{1,16}", given):
            raise ValueError
        return int(given)
    return given


def _money(amount: str, currency: str) -> dict[str, Any] | None:
    if not amount:
        return None
    match = re.fullmatch(r"([0-9]{1,13})(?:\.([0-9]+))?", amount)
    places = PLACES.get(currency, 2)
    if match is None or not re.fullmatch(r"[A-Z]{3}", currency) or len(match[2] or "") > places:
        raise ValueError
    return {"minor": int(match[1] + (match[2] or "").ljust(places, "0")), "currency": currency}
