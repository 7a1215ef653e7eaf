"""Deterministically encoded CBOR (RFC 8949, section 4.2.1): one byte form for each value, both ways.

Only integers up to 64 bits, byte and text strings, booleans, null, arrays, maps and tags are spoken;
there are no floats, no indefinite lengths, no big numbers. `decode` accepts nothing that `encode`
would not have written: cbor2 alone lets non-minimal integers, trailing bytes and other map orders pass.
"""

from collections.abc import Mapping
from typing import Any

import cbor2

from dongting.errors import Code, Refused

NOT_DETERMINISTIC = Code(
    "wire", 10, "cbor-not-deterministic",
    "These bytes are not deterministic CBOR (RFC 8949, section 4.2.1): {why}. Encode them again.",
    "这些字节不是确定性 CBOR 编码（RFC 8949 第 4.2.1 节）：{why}。请重新编码。",
    status=400,
)  # fmt: skip

_MAX_UNSIGNED = 2**64 - 1
_MIN_NEGATIVE = -(2**64)
_MAX_DEPTH = 16


def encode(value: Any) -> bytes:
    """The one encoding of a value; a float or any other type outside the subset is a TypeError."""
    return cbor2.dumps(_ordered(value, 0))


def decode(data: bytes) -> Any:
    """The value of these bytes; refuses every other byte form of the same value."""
    try:
        value = cbor2.loads(data)
        again = encode(value)
    except (cbor2.CBORError, TypeError, ValueError, RecursionError, OverflowError, MemoryError) as error:
        raise Refused(NOT_DETERMINISTIC, why=_plain(error)) from None
    if again != data:
        raise Refused(NOT_DETERMINISTIC, why="another byte form of the same value, or bytes behind it")
    return value


def _ordered(value: Any, depth: int) -> Any:
    """The same value with every map in the bytewise order of its encoded keys."""
    kind = type(value)
    if kind in (bytes, str, bool) or value is None:
        return value
    if kind is int:
        if not _MIN_NEGATIVE <= value <= _MAX_UNSIGNED:
            raise ValueError("an integer beyond 64 bits")
        return value
    if depth >= _MAX_DEPTH:
        raise ValueError(f"nested deeper than {_MAX_DEPTH}")
    if kind in (list, tuple):
        return [_ordered(item, depth + 1) for item in value]
    if isinstance(value, Mapping):  # cbor2 gives a frozen map inside a tag
        pairs = sorted((cbor2.dumps(_ordered(key, depth + 1)), key, item) for key, item in value.items())
        return {key: _ordered(item, depth + 1) for _, key, item in pairs}
    if kind is cbor2.CBORTag:
        return cbor2.CBORTag(value.tag, _ordered(value.value, depth + 1))
    raise TypeError(f"{kind.__name__} is outside the subset")


def _plain(error: BaseException) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
