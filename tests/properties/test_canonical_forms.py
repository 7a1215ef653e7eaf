"""CBOR and JSON have one byte form, whatever is written: against cbor2 and rfc8785 as other readers."""

import json
from typing import Any

import cbor2
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.wire import cbor, jcs

WHOLE = st.integers(-(2**64), 2**64 - 1) | st.sampled_from([23, 24, 255, 256, 65535, 65536, 2**32, -24, -25])
LABELS = st.integers(-70_000, 70_000) | st.text(max_size=4)
CBOR = st.recursive(
    st.none() | st.booleans() | WHOLE | st.binary(max_size=40) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(LABELS, inner, max_size=4)
        | st.builds(cbor2.CBORTag, st.integers(6, 2**40), inner)
    ),
    max_leaves=16,
)
TEXT = st.text(
    st.characters(exclude_categories=("Cs",))
    | st.sampled_from('\0\x1f\x7f"\\/\u2028\ufb33\U0001f600\U0010ffff'),
    max_size=8,
)
SAFE = st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from([0, -1, 10**15, 2**53 - 1])
JSON = st.recursive(
    st.none() | st.booleans() | SAFE | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=16,
)


class Sloppy:
    """Writes CBOR in any of the forms that RFC 8949 allows, as drawn."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def one_of(self, *choices: Any) -> Any:
        return self._data.draw(st.sampled_from(choices))

    def head(self, major: int, argument: int) -> bytes:
        sizes = [size for size in (0, 1, 2, 4, 8) if argument < (24 if size == 0 else 1 << 8 * size)]
        size = self.one_of(*sizes)
        if size == 0:
            return bytes([major << 5 | argument])
        return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + argument.to_bytes(size)

    def write(self, value: Any) -> bytes:
        match value:
            case bool() | None:
                return cbor2.dumps(value)
            case int():
                return self.head(0, value) if value >= 0 else self.head(1, -1 - value)
            case bytes():
                return self.string(2, value)
            case str():
                return self.string(3, value.encode())
            case list():
                return self.items(4, len(value), [self.write(item) for item in value])
            case dict():
                pairs = [self.write(key) + self.write(item) for key, item in value.items()]
                pairs = self._data.draw(st.permutations(pairs))
                if pairs and self.one_of(False, False, True):
                    pairs = [*pairs, pairs[0]]  # the same label again
                return self.items(5, len(pairs), pairs)
            case cbor2.CBORTag():
                return self.head(6, value.tag) + self.write(value.value)
        raise AssertionError(value)

    def string(self, major: int, data: bytes) -> bytes:
        if major == 2 and self.one_of(False, False, True):
            return bytes([major << 5 | 31]) + self.head(major, len(data)) + data + b"\xff"
        return self.head(major, len(data)) + data

    def items(self, major: int, count: int, written: list[bytes]) -> bytes:
        if self.one_of(False, False, True):
            return bytes([major << 5 | 31]) + b"".join(written) + b"\xff"
        return self.head(major, count) + b"".join(written)


@given(CBOR)
def test_any_value_of_the_subset_reads_back_and_others_read_the_same(value: Any) -> None:
    data = cbor.encode(value)
    found = cbor.decode(data)
    assert cbor.encode(found) == data
    assert plain(found) == plain(value)


def plain(value: Any) -> Any:
    """The value with tags as tuples and booleans apart from numbers, so that == is exact."""
    if isinstance(value, cbor2.CBORTag):
        return ("tag", value.tag, plain(value.value))
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return (type(value).__name__, value)


@given(CBOR.filter(lambda value: "CBORTag" not in repr(value)))
def test_cbor2_reads_what_we_write(value: Any) -> None:
    assert plain(cbor2.loads(cbor.encode(value))) == plain(value)


@given(CBOR, st.data())
def test_no_other_form_of_a_value_is_read(value: Any, data: st.DataObject) -> None:
    form = Sloppy(data).write(value)
    if form == cbor.encode(value):
        assert plain(cbor.decode(form)) == plain(value)
    else:
        with pytest.raises(Refused):
            cbor.decode(form)


@given(st.binary(max_size=60))
def test_whatever_bytes_are_read_as_cbor_are_written_back(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except Refused:
        return
    assert cbor.encode(value) == data


@given(JSON)
def test_canonical_json_is_that_of_another_implementation(value: Any) -> None:
    data = jcs.encode(value)
    assert data == rfc8785.dumps(value)
    assert jcs.decode(data) == value


@given(
    JSON,
    st.booleans(),
    st.sampled_from([None, (",", ":"), (", ", ":"), (",", ": ")]),
    st.sampled_from([None, 0]),
)
def test_no_other_form_of_json_is_read(value: Any, ascii_only: bool, separators: Any, indent: Any) -> None:
    form = json.dumps(value, ensure_ascii=ascii_only, separators=separators, indent=indent).encode()
    if form == jcs.encode(value):
        assert jcs.decode(form) == value
    else:
        with pytest.raises(Refused):
            jcs.decode(form)


JSON_PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        '"a"',
        '"b"',
        "1",
        "-0",
        "0",
        "1.0",
        "1e1",
        "9007199254740992",
        " ",
        "null",
        "true",
        "\\u0000",
        "\\ud800",
        "\\n",
        "\\/",
        "\x00",
        "é",
        "\U0001f600",
        "\ufb33",
        "\ufeff",
    ]
)


@given(st.lists(JSON_PIECES, max_size=16).map("".join) | st.text(max_size=24))
def test_whatever_text_is_read_as_json_is_written_back(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    try:
        value = jcs.decode(data)
    except Refused:
        return
    assert jcs.encode(value) == data
    assert json.loads(data) == value
