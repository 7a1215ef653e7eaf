"""The inputs of a form, made from the declared fields of a struct; every value in them is text as typed.

A name in the form is the way to the value: `a.title.zh`, `p.terms.purpose.en`, `a.columns.0.name`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

import msgspec
from markupsafe import Markup

from dongting.appkit.app import Action
from dongting.appkit.fields import PLACES
from dongting.appkit.shapes import Shape, element, names_of, shape
from dongting.errors import Language
from dongting.node.choices import names_of_choice
from dongting.node.moments import local_text

_TEXT, _MONEY = {"zh", "en"}, {"minor", "currency"}
#: Fields whose day is the last one, so that the moment lies at its end.
CLOSING = frozenset({"end", "until", "deadline"})
MOST_ROWS = 300

Source = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Input:
    """One input: `kind` says how it is drawn, `value` what stands in it, `error` what is wrong with it."""

    name: str
    label: str
    kind: str
    required: bool = True
    value: str = ""
    hint: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    children: list["Input"] = field(default_factory=list)
    error: str = ""
    record: str = ""
    more: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the element."""
        return "f-" + self.name.replace(".", "-")

    @property
    def aria(self) -> Markup:
        """The attributes that lead a reader of the input to what is wrong with it."""
        if not self.error:
            return Markup("")
        return Markup(' aria-invalid="true" aria-describedby="{}-error"').format(self.id)

    @property
    def told(self) -> bool:
        """Whether it holds anything, or something is wrong in it."""
        given = self.children[:1] if self.kind == "money" else self.children
        return bool(self.value or self.error or any(child.told for child in given))


class Drawing:
    """Draws inputs in one language: `source` holds what was typed, `errors` what is wrong, by name."""

    def __init__(self, language: Language, source: Source, errors: Mapping[str, str]) -> None:
        self._chinese = language == "zh"
        self._source = source
        self._errors = errors
        self._said: Collection[str] = ()

    def arguments(self, action: Action, hidden: Collection[str]) -> list[Input]:
        """The inputs of an action; what its parts may repeat of the arguments is asked once."""
        fields = msgspec.structs.fields(action.arguments)
        self._said = {one.encode_name for one in fields if shape(one.type).kind == "instant"}
        return list(self.struct(action.arguments, "a", hidden))

    def struct(
        self, struct: type[msgspec.Struct], prefix: str, hidden: Collection[str] = ()
    ) -> Iterator[Input]:
        """The inputs of all fields but the hidden ones and those that can have one value only."""
        fields = [(one, shape(one.type)) for one in msgspec.structs.fields(struct)]
        for one, found in sorted(fields, key=lambda pair: pair[1].content is not None):
            if one.encode_name in hidden or only_value(found) is not None:
                continue
            required = one.required and not found.optional
            yield self.one(f"{prefix}.{one.encode_name}", one.name, found, required)

    def one(self, name: str, plain: str, found: Shape, required: bool) -> Input:
        """The input of one field."""
        made = Input(
            name, self._pick(found.label(plain)), kind_of(plain, found), required,
            value=self._typed(name), error=self._errors.get(name, ""), record=record_of(found),
        )  # fmt: skip
        inner = element(found)
        if found.content is not None:
            made.children = list(self.struct(found.content, f"p.{name.partition('.')[2]}", self._said))
        elif made.kind == "text":
            made.children = [
                Input(f"{name}.{code}", told, "prose", False, self._typed(f"{name}.{code}"))
                for code, told in (("zh", "中文"), ("en", "English"))
            ]
        elif made.kind == "money":
            made.children = [
                Input(f"{name}.amount", made.label, "line", required, self._typed(f"{name}.amount")),
                Input(f"{name}.currency", "", "line", required, self._typed(f"{name}.currency") or "CNY"),
            ]
        elif made.kind == "rows":
            rows = self._rows(name) or ([0] if required else [])
            made.more = len(rows) < MOST_ROWS
            for row in rows:
                group = Input(f"{name}.{row}", made.label, "group")
                group.children = list(self.struct(shape(inner).base, f"{name}.{row}"))
                made.children.append(group)
        elif made.kind == "group":
            made.children = list(self.struct(found.base, name))
        elif made.kind in ("choice", "choices"):
            chosen = found if made.kind == "choice" else shape(inner)
            made.options = [(code, self._pick(pair)) for code, pair in names_of_choice(chosen).items()]
            if made.kind == "choices":
                made.value = "\n".join(self._source.get(name, ()))
        return made

    def _rows(self, name: str) -> list[int]:
        """The rows that were typed; as many as the form says there are."""
        return list(range(rows_in(self._typed(f"{name}.rows"))))

    def _typed(self, name: str) -> str:
        return next(iter(self._source.get(name, ())), "")

    def _pick(self, pair: tuple[str, str]) -> str:
        text = pair[self._chinese]
        return text[:1].upper() + text[1:]


def rows_in(typed: str) -> int:
    """How many rows a form says there are, at most MOST_ROWS; none where that is no number."""
    if not (typed.isascii() and typed.isdecimal()):
        return 0
    return int(typed) if len(typed) < 4 and int(typed) < MOST_ROWS else MOST_ROWS


def kind_of(name: str, found: Shape) -> str:
    """How a field is drawn and read."""
    inner = element(found)
    fields = names_of(found.base)
    if found.content is not None:
        return "part"
    if fields == _TEXT:
        return "text"
    if fields == _MONEY:
        return "money"
    if fields:
        return "group"
    if inner is not None:
        within = shape(inner)
        if names_of(within.base):
            return "rows"
        return "choices" if get_origin(within.base) is Literal else "lines"
    if get_origin(found.base) is Literal:
        return "choice"
    if found.base is bool:
        return "flag"
    if found.kind in ("instant", "day", "organisation", "reference", "prose", "json"):
        return found.kind
    if found.base is int:
        return "number"
    return "hash" if found.kind in ("commitment", "digest", "thumbprint", "base64", "leaf") else "line"


def record_of(found: Shape) -> str:
    """The record type in which a value can be looked up."""
    if "organisation" in found.kinds or "organisations" in found.kinds:
        return "membership.organisation"
    return found.record


def only_value(found: Shape) -> Any:
    """The value of a choice that is none; None for every other field."""
    codes = get_args(found.base) if get_origin(found.base) is Literal else ()
    return codes[0] if len(codes) == 1 else None


def typed(
    struct: type[msgspec.Struct], prefix: str, body: Mapping[str, Any], zone: str
) -> dict[str, list[str]]:
    """Values as they would be typed: the opposite of taking them."""
    made: dict[str, list[str]] = {}
    for one in msgspec.structs.fields(struct):
        value = body.get(one.encode_name)
        if value is not None:
            made |= _typed_value(f"{prefix}.{one.encode_name}", one.name, shape(one.type), value, zone)
    return made


def _typed_value(name: str, plain: str, found: Shape, value: Any, zone: str) -> dict[str, list[str]]:
    kind = kind_of(plain, found)
    if kind == "text":
        return {f"{name}.{code}": [text] for code, text in value.items() if text}
    if kind == "money":
        places = PLACES.get(value["currency"], 2)
        whole, rest = divmod(value["minor"], 10**places)
        amount = f"{whole}.{rest:0{places}d}" if places else str(whole)
        return {f"{name}.amount": [amount], f"{name}.currency": [value["currency"]]}
    if kind == "group":
        return typed(found.base, name, value, zone)
    if kind == "rows":
        made = {f"{name}.rows": [str(len(value))]}
        for row, item in enumerate(value):
            made |= typed(shape(element(found)).base, f"{name}.{row}", item, zone)
        return made
    if kind == "choices":
        return {name: [str(item) for item in value]}
    if kind == "lines":
        return {name: ["\n".join(str(item) for item in value)]}
    if kind == "instant":
        return {name: [local_text(value, zone, closes=plain in CLOSING)]}
    if kind == "flag":
        return {name: ["yes"]} if value else {}
    return {name: [str(value)]}
