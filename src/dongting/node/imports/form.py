"""What a row of an import means: its columns follow from the arguments that an action declares.

A text has a column for each language, a choice takes its code or its name in either language, a list is
separated by semicolons, and within it the fields of a struct by equals signs.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dongting.appkit.fields import Text
from dongting.appkit.shapes import Pair, Shape, element, names_of, shape

_LANGUAGES: tuple[tuple[str, Pair], ...] = (("zh", ("Chinese", "中文")), ("en", ("English", "英文")))
_BETWEEN = re.compile(r"\s*[;；\n]\s*")
_IN_LISTS_OF_WORDS = re.compile(r"\s*[;；\n,，、]\s*")


class Wrong(Exception):
    """Why a cell cannot be taken, in English and Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.said: Pair = (en, zh)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the way to its value, what it is called, its choices, and how a cell is read."""

    way: tuple[str, ...]
    label: Pair
    required: bool
    names: Mapping[str, Pair]
    read: Callable[[str], Any]

    @property
    def path(self) -> str:
        """Its name for programs, as `title.zh`."""
        return ".".join(self.way)

    def is_called(self, head: str) -> bool:
        """Whether a cell of the header means this column."""
        said = " ".join(head.replace("*", "").split()).casefold()
        both = f"{self.label[1]} / {self.label[0]}"
        return said in {self.path.casefold(), *(each.casefold() for each in (*self.label, both))}


def columns(arguments: type[msgspec.Struct], hidden: frozenset[str]) -> list[Column]:
    """The columns for the arguments of an action, without the hidden ones."""
    return [
        column
        for one in msgspec.structs.fields(arguments)
        if one.name not in hidden
        for column in _of(one.encode_name, shape(one.type), one.required)
    ]


def taken(found: list[Column], cells: Mapping[str, str]) -> tuple[dict[str, Any], list[tuple[Column, Pair]]]:
    """The arguments in a row's cells by path, and what is wrong with which column."""
    arguments: dict[str, Any] = {}
    wrong: list[tuple[Column, Pair]] = []
    for column in found:
        text = cells.get(column.path, "")
        if not text:
            if column.required:
                wrong.append((column, ("is missing", "未填写")))
            continue
        try:
            value = column.read(text)
        except Wrong as error:
            wrong.append((column, error.said))
            continue
        inner = arguments
        for name in column.way[:-1]:
            inner = inner.setdefault(name, {})
        inner[column.way[-1]] = value
    return arguments, wrong


def _of(name: str, found: Shape, required: bool) -> Iterator[Column]:
    label = found.label(name)
    if found.base is Text:
        for code, (en, zh) in _LANGUAGES:
            said = f"{label[0]} ({en})", f"{label[1]}（{zh}）"
            yield Column((name, code), said, False, {}, str)
        return
    names = found.names
    inner = element(found)
    if inner is not None:
        yield Column((name,), label, required, {}, _list(inner))
    elif names:
        yield Column((name,), label, required, names, lambda text: _choice(names, text))
    else:
        yield Column((name,), label, required, {}, _number if found.base is int else str)


def _list(annotation: Any) -> Callable[[str], list[Any]]:
    within = shape(annotation)
    fields = list(msgspec.structs.fields(within.base)) if names_of(within.base) else []

    def read(text: str) -> list[Any]:
        if not fields:
            return [part for part in _IN_LISTS_OF_WORDS.split(text) if part]
        return [_struct(fields, part) for part in _BETWEEN.split(text) if part]

    return read


def _struct(fields: list[Any], text: str) -> dict[str, Any]:
    parts = [part.strip() for part in re.split(r"[=＝]", text)]
    needed = [one.encode_name for one in fields if one.required]
    if not len(needed) <= len(parts) <= len(fields):
        form = "=".join(one.encode_name for one in fields)
        raise Wrong(f"“{text[:40]}” is not written as {form}", f"“{text[:40]}”应写作 {form}")
    made: dict[str, Any] = {}
    for one, part in zip(fields, parts, strict=False):
        found = shape(one.type)
        value: Any = _choice(found.names, part) if found.names else part
        made[one.encode_name] = {"zh": value} if found.base is Text else value
    return made


def _choice(names: Mapping[str, Pair], text: str) -> str:
    said = text.strip().casefold()
    for code, pair in names.items():
        if said in (code.casefold(), pair[0].casefold(), pair[1].casefold()):
            return code
    some = list(names.values())[:12]
    raise Wrong(
        f"“{text[:40]}” is none of: {', '.join(en for en, _ in some)}",
        f"“{text[:40]}”不在可选项中：{'、'.join(zh for _, zh in some)}",
    )


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Wrong(f"“{text[:40]}” is not a whole number", f"“{text[:40]}”不是整数") from None
