import json

import msgspec
import pytest

from dongting.errors import Refused
from dongting.standards.table_schema import (
    BAD_CORRECTION,
    BAD_SCHEMA,
    Correction,
    Field,
    Schema,
    correct,
    decode,
    encode,
)

SCHEMA = Schema(
    (
        Field("code", "integer"),
        Field("day", "date", "%Y/%m/%d"),
        Field("pm2.5", "number", title="细颗粒物", unit="μg/m³"),
        Field("empty", "any"),
    ),
    ("", "NA"),
)


def test_the_json_is_a_table_schema() -> None:
    assert json.loads(encode(SCHEMA)) == {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": [
            {"name": "code", "type": "integer"},
            {"name": "day", "type": "date", "format": "%Y/%m/%d"},
            {"name": "pm2.5", "type": "number", "title": "细颗粒物", "unit": "μg/m³"},
            {"name": "empty", "type": "any"},
        ],
        "missingValues": ["", "NA"],
    }


def test_a_schema_survives_its_json() -> None:
    assert decode(encode(SCHEMA)) == SCHEMA


def test_a_field_without_type_is_any() -> None:
    """Table Schema 2.0, section "Field Types": the default is any."""
    assert decode(b'{"fields": [{"name": "x"}]}') == Schema((Field("x", "any"),))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"fields": []}',
        b'{"fields": [{"type": "string"}]}',
        b'{"fields": [{"name": "x", "type": "colour"}]}',
        b'{"fields": [{"name": "x", "constraints": {"required": true}}]}',
        b'{"fields": [{"name": "x"}, {"name": "x"}]}',
        b'{"$schema": "https://example.com/other.json", "fields": [{"name": "x"}]}',
        b"\xff",
    ],
)
def test_a_schema_outside_the_subset_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        decode(data)
    assert caught.value.code is BAD_SCHEMA


def test_corrections_change_what_they_name_and_nothing_else() -> None:
    corrected = correct(
        SCHEMA, [Correction("code", type="string", title="区划代码"), Correction("day", unit="d")]
    )
    assert corrected.fields == (
        Field("code", "string", title="区划代码"),
        Field("day", "date", "%Y/%m/%d", unit="d"),
        *SCHEMA.fields[2:],
    )
    assert corrected.missing_values == SCHEMA.missing_values


def test_a_new_type_drops_the_format_of_the_old() -> None:
    assert correct(SCHEMA, [Correction("day", type="string")]).fields[1] == Field("day", "string")
    given = Correction("day", type="datetime", format="%Y/%m/%d %H")
    assert correct(SCHEMA, [given]).fields[1].format == "%Y/%m/%d %H"


@pytest.mark.parametrize("corrections", [[Correction("other")], [Correction("code"), Correction("code")]])
def test_a_correction_of_no_column_or_of_one_twice_is_refused(corrections: list[Correction]) -> None:
    with pytest.raises(Refused) as caught:
        correct(SCHEMA, corrections)
    assert caught.value.code is BAD_CORRECTION


def test_a_correction_to_an_unknown_type_does_not_decode() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"name": "x", "type": "colour"}', type=Correction)
