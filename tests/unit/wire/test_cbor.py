"""Deterministic CBOR against RFC 8949, Appendix A, and every second byte form by name."""

import json
from pathlib import Path

import cbor2
import pytest

from dongting.errors import Refused
from dongting.wire import cbor
from dongting.wire.cbor import NOT_DETERMINISTIC

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "cbor.json").read_text())


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        cbor.decode(data)
    assert refused.value.code is NOT_DETERMINISTIC
    return refused.value.text("en")


@pytest.mark.parametrize("vector", VECTORS["accepted"], ids=lambda vector: vector["hex"][:24])
def test_an_example_of_the_standard_within_the_subset_reads_and_writes(vector):
    data = bytes.fromhex(vector["hex"])
    value = cbor.decode(data)
    assert cbor.encode(value) == data
    if "json" in vector:
        assert value == json.loads(vector["json"])


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["hex"][:24])
def test_an_example_of_the_standard_outside_the_subset_is_refused(vector):
    data = bytes.fromhex(vector["hex"])
    cbor2.loads(data)  # it is well formed: what refuses it is the subset
    refusal(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "cut short"),
        ("1817", "shortest form"),
        ("190001", "shortest form"),
        ("1a0000ffff", "shortest form"),
        ("1b00000000ffffffff", "shortest form"),
        ("3800", "shortest form"),
        ("580100", "shortest form"),
        ("7801 61".replace(" ", ""), "shortest form"),
        ("980101", "shortest form"),
        ("b8010102", "shortest form"),
        ("d81200", "shortest form"),
        ("1c", "indefinite or reserved"),
        ("5f4101ff", "indefinite or reserved"),
        ("9fff", "indefinite or reserved"),
        ("bfff", "indefinite or reserved"),
        ("ff", "simple value"),
        ("f814", "simple value"),
        ("e0", "simple value"),
        ("0000", "bytes follow"),
        ("a201000100", "repeat"),
        ("a202000100", "order of their bytes"),
        ("a2200018ff00", "order of their bytes"),
        ("a161610062", "bytes follow"),
        ("a1f501", "neither an integer nor text"),
        ("a1f601", "neither an integer nor text"),
        ("a1410101", "neither an integer nor text"),
        ("a1800101"[:6], "neither an integer nor text"),
        ("62c328", "not UTF-8"),
        ("63eda080", "not UTF-8"),
        ("61", "cut short"),
        ("4201", "cut short"),
        ("8201", "cut short"),
        ("a101", "cut short"),
        ("c2", "beyond 64 bits"),
        ("c24101", "beyond 64 bits"),
        ("c4820001", "beyond 64 bits"),
    ],
)
def test_every_second_form_and_broken_form_is_refused_and_named(data, why):
    assert why in refusal(bytes.fromhex(data))


def test_sixteen_levels_are_read_and_seventeen_refused():
    assert cbor.encode(cbor.decode(b"\x81" * 16 + b"\x00")) == b"\x81" * 16 + b"\x00"
    for opening in (b"\x81", b"\xa1\x00", b"\xc6"):
        assert "deeper" in refusal(opening * 17 + b"\x00")
        assert "deeper" in refusal(opening * 100_000)


def test_references_do_not_unfold():
    # Each list holds its predecessor fifty times by reference (tags 28 and 29): 50^8 items if unfolded.
    level = [b"\x98\x32" + b"\x00" * 50] + [b"\x98\x32" + (b"\xd8\x1d" + bytes([n])) * 50 for n in range(8)]
    data = bytes([0x80 + len(level)]) + b"".join(b"\xd8\x1c" + one for one in level)
    value = cbor.decode(data)
    assert cbor.encode(value) == data
    assert value[8].value[0] == cbor2.CBORTag(29, 7)


@pytest.mark.parametrize("head", ["5b", "7b", "9b", "bb"])
def test_a_huge_declared_length_takes_no_memory(head):
    for size in (2**32, 2**63 - 1, 2**64 - 1):
        assert "cut short" in refusal(bytes.fromhex(head) + size.to_bytes(8))


@pytest.mark.parametrize(
    "value",
    [1.0, 2**64, -(2**64) - 1, {1.0: 0}, {True: 0}, {None: 0}, {b"": 0}, {1, 2}, cbor2.CBORTag(2, b"\x01")],
)
def test_what_lies_outside_the_subset_is_not_written(value):
    with pytest.raises((TypeError, ValueError)):
        cbor.encode(value)


def test_labels_are_written_in_the_order_of_their_bytes_not_of_their_lengths():
    value = {"b": 1, -1: 2, 100: 3, "aa": 4, 10: 5}
    # The example of section 4.2.1: 10, 100, -1, then texts.
    assert list(cbor.decode(cbor.encode(value))) == [10, 100, -1, "b", "aa"]
    assert list(cbor.decode(cbor.encode({-1: 0, 24: 0}))) == [24, -1]  # 1818 before 20: not by length
