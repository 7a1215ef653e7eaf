"""Canonical JSON: RFC 8785 within the limits of I-JSON (RFC 7493), integers only.

Amounts are scaled integers, so no number has a fraction or an exponent; that leaves each value one
byte form that any JSON library can check. msgspec alone accepts duplicate keys, huge integers
and odd numerals: `decode` refuses whatever `encode` would not have written.
"""

from typing import Annotated, Any

import msgspec

from dongting.errors import Code, Refused

MAX_SAFE_INTEGER = 2**53 - 1
#: Arrays and objects within each other. Fixed, because where the interpreter's own limit strikes depends
#: on its version and on who calls, and then two nodes would disagree about one statement.
MAX_DEPTH = 64

NOT_CANONICAL = Code(
    "wire", 11, "json-not-canonical",
    "This JSON is not in canonical form (RFC 8785, integers within 2^53-1): {why}. Encode it again.",
    "此 JSON 不是规范形式（RFC 8785，整数不超过 2^53-1）：{why}。请重新编码。",
    status=400,
)  # fmt: skip

#: Maps digits to `0`, what opens an array or object to `[`, the first byte of a character beyond U+FFFF to
#: `^` and anything else to a space: one pass at the speed of memory finds all that needs a closer look.
_MARKS = bytes(
    ord("0" if 48 <= byte <= 57 else "[" if byte in b"[{" else "^" if 0xF0 <= byte <= 0xF4 else " ")
    for byte in range(256)
)
_LONG_NUMBER = b"0" * 16


def _no_float(text: str) -> Any:
    raise ValueError(f"the number {text[:40]} has a fraction, an exponent or too many digits")


def _plain(levels: int) -> Any:
    """The type of values with at most so many levels, and integers within the limits."""
    leaf: Any = None | bool | str | Annotated[int, msgspec.Meta(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
    value: Any = leaf
    for _ in range(levels):
        value = leaf | list[value] | dict[str, value]
    return value


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(float_hook=_no_float)
#: Most of what is read is like this. It decodes nothing that needs a closer look, but for the order of keys.
_PLAIN = msgspec.json.Decoder(dict[str, _plain(4)])  # type: ignore[misc]
_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)


def encode(value: Any) -> bytes:
    """The canonical bytes of dictionaries, lists, strings, integers, booleans, None and msgspec structs."""
    data = _ENCODER.encode(value)
    if _needs_care(data):
        value = _in_order(_DECODER.decode(data), 0)
        return msgspec.json.encode(value)
    return data


def decode(data: bytes) -> Any:
    """The value of these bytes; refuses every other byte form of the same value."""
    try:
        value = _PLAIN.decode(data)
        if _ENCODER.encode(value) == data and (data.isascii() or b"^" not in data.translate(_MARKS)):
            return value
    except _UNREADABLE:
        pass  # what follows says why, unless it is only less plain
    try:
        value = _DECODER.decode(data)
        again = encode(value)
    except _UNREADABLE as error:
        raise Refused(NOT_CANONICAL, why=str(error)[:120]) from None
    if again != data:
        raise Refused(NOT_CANONICAL, why="another byte form of the same value")
    return value


def _needs_care(data: bytes) -> bool:
    marks = data.translate(_MARKS)
    # RFC 8785 orders keys by UTF-16 code units, msgspec by code points. They differ only between
    # characters beyond U+FFFF and those from U+E000 to U+FFFF. What opens no more brackets cannot be
    # nested deeper. Sixteen digits may exceed 2^53-1: only then are the integers looked at one by one.
    return b"^" in marks or marks.count(b"[") > MAX_DEPTH or _LONG_NUMBER in marks


def _in_order(value: Any, depth: int) -> Any:
    if type(value) is int and not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise ValueError(f"the integer {value} lies beyond 2^53-1")
    if not isinstance(value, list | dict):
        return value
    if depth >= MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
    if isinstance(value, list):
        return [_in_order(item, depth + 1) for item in value]
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return {key: _in_order(value[key], depth + 1) for key in keys}
