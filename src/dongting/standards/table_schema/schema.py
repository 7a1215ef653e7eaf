"""A Table Schema, its JSON, and corrections over an inferred one (Table Schema 2.0, sections "Schema",
"Field").

Members that this subset does not know are refused on decoding, so that none is lost by a correction.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from dongting.errors import Code, Refused, require

Profile = Literal["https://datapackage.org/profiles/2.0/tableschema.json"]
PROFILE: Profile = "https://datapackage.org/profiles/2.0/tableschema.json"

FieldType = Literal["integer", "number", "boolean", "date", "datetime", "time", "year", "string", "any"]

BAD_SCHEMA = Code(
    "table-schema", 1, "bad-schema",
    "The column schema is not a Table Schema of this subset: {why}.",
    "列结构不是本子集内的 Table Schema：{why}。",
)  # fmt: skip
BAD_CORRECTION = Code(
    "table-schema", 2, "bad-correction",
    "The correction of the column {column} does not fit: {why}.",
    "对列 {column} 的更正不适用：{why}。",
)  # fmt: skip

Name = Annotated[str, Meta(min_length=1, max_length=200)]
_Title = Annotated[str, Meta(max_length=200)]
_Prose = Annotated[str, Meta(max_length=2000)]
_Format = Annotated[str, Meta(max_length=60)]


class Field(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One column. `format` is `default` or a strptime pattern; `unit` is a unit's symbol, such as μg/m³."""

    name: Name
    type: FieldType = "any"
    format: _Format = "default"
    title: _Title = ""
    description: _Prose = ""
    unit: _Title = ""


class Schema(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """The columns in order, and the values that mean that there is none."""

    fields: Annotated[tuple[Field, ...], Meta(min_length=1, max_length=2000)]
    missing_values: Annotated[tuple[Annotated[str, Meta(max_length=40)], ...], Meta(max_length=40)] = ("",)
    profile: Profile = msgspec.field(name="$schema", default=PROFILE)


class Correction(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a person knows better about the column `name`; a member that is None stays as inferred."""

    name: Name
    type: FieldType | None = None
    format: _Format | None = None
    title: _Title | None = None
    description: _Prose | None = None
    unit: _Title | None = None


def correct(schema: Schema, corrections: Sequence[Correction]) -> Schema:
    """The schema with the corrections applied; refuses a column that does not exist or is named twice."""
    fields = {field.name: field for field in schema.fields}
    corrected: set[str] = set()
    for correction in corrections:
        name = correction.name
        require(name in fields, BAD_CORRECTION, column=name[:60], why=f"columns are {_listed(fields)}")
        require(name not in corrected, BAD_CORRECTION, column=name[:60], why="it is corrected twice")
        corrected.add(name)
        changes = {
            member: value
            for member in ("type", "format", "title", "description", "unit")
            if (value := getattr(correction, member)) is not None
        }
        if correction.type not in (None, fields[name].type) and correction.format is None:
            changes["format"] = "default"  # an inferred format belongs to the inferred type
        fields[name] = msgspec.structs.replace(fields[name], **changes)
    return msgspec.structs.replace(schema, fields=tuple(fields.values()))


def _listed(fields: dict[str, Field]) -> str:
    names = ", ".join(list(fields)[:20])
    return names if len(fields) <= 20 else f"{names} …"


def encode(schema: Schema) -> bytes:
    """The schema as Table Schema JSON, UTF-8, naming its profile."""
    # Types and missing values are written out even where they are defaults: version 1 had others.
    document = {
        "$schema": PROFILE,
        "fields": [{"name": one.name, "type": one.type} | msgspec.to_builtins(one) for one in schema.fields],
        "missingValues": list(schema.missing_values),
    }
    return msgspec.json.encode(document)


def decode(data: bytes) -> Schema:
    """The schema in this JSON; refuses members outside the subset and columns of one name."""
    try:
        schema = msgspec.json.decode(data, type=Schema)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(BAD_SCHEMA, why=str(error)[:200]) from None
    names = [field.name for field in schema.fields]
    require(len(set(names)) == len(names), BAD_SCHEMA, why="two columns have one name")
    return schema
