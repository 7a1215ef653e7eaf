"""Table Schema of the Data Package standard 2.0 (Frictionless, 26 June 2024), inferred from CSV rows.

CSV as RFC 4180 and the standard's Table Dialect describe it. Columns are read as the narrowest type that
every value fits; what was inferred wrongly is corrected over it. Everything streams: memory does not grow
with the number of rows.
"""

from dongting.standards.table_schema.dialect import (
    DELIMITERS,
    Dialect,
    Encoding,
    decode_lines,
    encoding_of,
    sniff,
)
from dongting.standards.table_schema.figures import ColumnFigures, Figures, figures
from dongting.standards.table_schema.infer import MISSING_VALUES, Inferred, Quality, infer
from dongting.standards.table_schema.rows import BAD_TABLE
from dongting.standards.table_schema.schema import (
    BAD_CORRECTION,
    BAD_SCHEMA,
    PROFILE,
    Correction,
    Field,
    FieldType,
    Schema,
    correct,
    decode,
    encode,
)

__all__ = [
    "BAD_CORRECTION",
    "BAD_SCHEMA",
    "BAD_TABLE",
    "DELIMITERS",
    "MISSING_VALUES",
    "PROFILE",
    "ColumnFigures",
    "Correction",
    "Dialect",
    "Encoding",
    "Field",
    "FieldType",
    "Figures",
    "Inferred",
    "Quality",
    "Schema",
    "correct",
    "decode",
    "decode_lines",
    "encode",
    "encoding_of",
    "figures",
    "infer",
    "sniff",
]
