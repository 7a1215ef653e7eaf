"""Canonical JSON against RFC 8785 and its test data, and every second byte form by name."""

import json
from pathlib import Path

import pytest

from dongting.errors import Refused
from dongting.wire import jcs
from dongting.wire.jcs import MAX_DEPTH, NOT_CANONICAL

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "jcs.json").read_text())


def refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as refusal:
        jcs.decode(data)
    assert refusal.value.code is NOT_CANONICAL
    assert refusal.value.text("zh")
    return refusal.value


@pytest.mark.parametrize("vector", VECTORS["canonical"], ids=lambda vector: vector["name"])
def test_a_published_example_has_its_published_form(vector):
    value, form = json.loads(vector["input"]), vector["output"].encode()
    assert jcs.encode(value) == form
    assert jcs.decode(form) == value


@pytest.mark.parametrize("vector", VECTORS["canonical"], ids=lambda vector: vector["name"])
def test_a_published_example_before_it_is_canonical_is_refused(vector):
    refused(vector["input"].encode())


@pytest.mark.parametrize("number", VECTORS["refused_numbers"])
def test_a_number_with_fraction_exponent_or_too_many_digits_is_refused(number):
    refused(number.encode())
    refused(b'{"n":[' + number.encode() + b"]}")


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53) + 1, 0, -1, 999_999_999_999_999, 10**15])
def test_an_integer_within_the_limits_reads_and_writes(number):
    assert jcs.decode(str(number).encode()) == number
    assert jcs.encode(number) == str(number).encode()


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**63, 2**64, -(2**63), 10**400])
def test_an_integer_beyond_the_limits_is_neither_read_nor_written(number):
    refused(str(number).encode())
    with pytest.raises((ValueError, OverflowError)):
        jcs.encode({"n": number})


@pytest.mark.parametrize(
    "data",
    [
        b"", b" {}", b"{} ", b"{}\n", b"{ }", b'{"a": 1}', b'{"a":1,}', b"{}{}", b"[1,2]x",
        b"\xef\xbb\xbf{}", "{}".encode("utf-16-le"), "{}".encode("utf-32-be"),
        b"-0", b"+1", b"01", b"-01", b"1.", b".5", b"0x10", b"1_0", b"NaN", b"Infinity", b"-Infinity",
        b"True", b"None", b"nul", b"'a'", b"{a:1}", b"// x\n1", b"[1,]",
        b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'{"a":1,"\\u0061":1}', b'{"b":1,"a":2}',
        b'{"x":{"b":1,"b":1}}', '{"\ufb33":1,"\U0001f600":2}'.encode(),
        b'"\\/"', b'"\\u0041"', b'"\\u001F"', b'"\\u0008"', b'"\\u000a"', b'"\\u007f"', b'"\\u20ac"',
        b'"\\ud83d\\ude00"', b'"\x00"', b'"\x1f"', b'"\t"', b'"\\x41"', b'"\\a"', b'"\\"', b'"',
        b'"\\ud800"', b'"\\udc00"', b'"\\ude00\\ud83d"', b'"\\ud800x"', b'"\\u12"', b'{"\\ud800":1}',
        b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\xff"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"',
    ],
    ids=repr,
)  # fmt: skip
def test_every_second_form_and_broken_form_is_refused(data):
    refused(data)


@pytest.mark.parametrize(
    "data",
    [b'"\\u0000"', b'"\\u001f"', b'"\\b\\t\\n\\f\\r"', b'"/"', b'"\x7f"', '"\u2028\uffff\ufeff"'.encode(),
     b'{"":0}', '"\U0010ffff"'.encode(), b'"9007199254740993"', b'["9007199254740993",1]', b"null", b"{}"],
    ids=repr,
)  # fmt: skip
def test_what_only_looks_odd_is_the_canonical_form(data):
    assert jcs.encode(jcs.decode(data)) == data


def test_keys_stand_in_the_order_of_their_utf_16_code_units():
    beyond, within = "\U0001f600", "\ufb33"  # by code points it is the other way round
    assert sorted([beyond, within]) == [within, beyond]
    assert jcs.encode({within: 1, beyond: 2}) == f'{{"{beyond}":2,"{within}":1}}'.encode()


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), ('{"😀":'.encode(), b"}")])
def test_nesting_is_limited_by_number_not_by_the_stack_of_the_caller(opening, closing):
    def at_depth(stack: int, data: bytes) -> object:
        return jcs.decode(data) if stack == 0 else at_depth(stack - 1, data)

    allowed = opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH
    beyond = opening * (MAX_DEPTH + 1) + b"1" + closing * (MAX_DEPTH + 1)
    for stack in (0, 400, 700):
        assert jcs.encode(at_depth(stack, allowed)) == allowed
        with pytest.raises(Refused):
            at_depth(stack, beyond)


def test_brackets_side_by_side_are_not_depth():
    data = b"[" + b",".join([b"[{}]"] * 1000) + b"]"
    assert jcs.encode(jcs.decode(data)) == data


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"":' * 100_000, b"[" * 50_000 + b"]" * 50_000])
def test_hostile_depth_is_refused(data):
    refused(data)


@pytest.mark.parametrize("levels", [1, 4, 5, 6, 40])
@pytest.mark.parametrize("key", ["a", "数", "\U0001f600"])
def test_deep_and_shallow_values_are_read_alike(levels, key):
    def nested(value: bytes) -> bytes:
        return b'{"%b":' % key.encode() * levels + value + b"}" * levels

    good = nested('{"a":[9007199254740991,true,null],"\U0001f600":1,"\uffff":2}'.encode())
    assert jcs.encode(jcs.decode(good)) == good
    for value in ('{"b":1,"a":1}', '{"a":9007199254740992}', '{"a":1.0}', '{"\uffff":2,"\U0001f600":1}'):
        refused(nested(value.encode()))
