"""Declared fields taken apart: type, kind, label, names of choices; on it stand forms, options and words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from dongting.appkit.fields import extras

#: A text for people: (English, Chinese).
Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Shape:
    """A field taken apart: `base` is its type without constraints, `said` what its kinds say."""

    base: Any
    optional: bool
    said: tuple[Mapping[str, Any], ...]

    @cached_property
    def kind(self) -> str:
        """The name of its kind, empty for a plain type."""
        return str(next((said["kind"] for said in self.said if "kind" in said), ""))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """All kinds that it and what lies within it are."""
        return frozenset(str(said["kind"]) for said in self.said if "kind" in said)

    @cached_property
    def content(self) -> type[msgspec.Struct] | None:
        """What a part holds; None for every other field."""
        return next((said["content"] for said in self.said if said.get("kind") == "part"), None)

    @cached_property
    def record(self) -> str:
        """The record type that a reference names, empty for every other field."""
        return str(next((said["record"] for said in self.said if said.get("kind") == "reference"), ""))

    def label(self, name: str) -> Pair:
        """What people call it."""
        label = self._label
        return str(label.get("en", name)), str(label.get("zh", name))

    @cached_property
    def _label(self) -> Mapping[str, str]:
        return next((said["label"] for said in self.said if "label" in said), {})

    @cached_property
    def names(self) -> Mapping[str, Pair]:
        """The codes of a choice with their names, as far as it gives any."""
        named: Mapping[str, Any] = next((said["names"] for said in self.said if "names" in said), {})
        return {code: _pair(name) for code, name in named.items()}


class _Same:
    """An annotation by its identity: what its kinds say cannot be hashed."""

    __slots__ = ("annotation",)

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.annotation is other.annotation

    def __hash__(self) -> int:
        return id(self.annotation)


def shape(annotation: Any) -> Shape:
    """Take a field's annotation apart."""
    return _shape(_Same(annotation))


@lru_cache(4096)
def _shape(same: _Same) -> Shape:
    annotation = same.annotation
    said = tuple(extras(annotation))
    optional = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            kept = [part for part in get_args(annotation) if part is not type(None)]
            optional = optional or len(kept) < len(get_args(annotation))
            annotation = kept[0]
        else:
            return Shape(annotation, optional, said)


@cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a struct type, in order."""
    return msgspec.structs.fields(struct)


def element(found: Shape) -> Any:
    """The annotation of a list's elements; None where it is no list."""
    return get_args(found.base)[0] if get_origin(found.base) is tuple else None


def names_of(struct: Any) -> frozenset[str]:
    """The fields of a struct type; none for another type."""
    is_struct = isinstance(struct, type) and issubclass(struct, msgspec.Struct)
    return frozenset(struct.__struct_fields__ if is_struct else ())


def structs_in(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs within an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for inner in get_args(annotation):
        yield from structs_in(inner)


def _pair(name: Any) -> Pair:
    """A name in both languages: applications use texts, standards plain mappings."""
    plain = name if isinstance(name, Mapping) else msgspec.structs.asdict(name)
    zh, en = plain.get("zh"), plain.get("en")
    return str(en or zh or ""), str(zh or en or "")
