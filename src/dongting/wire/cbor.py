"""Deterministically encoded CBOR (RFC 8949, section 4.2.1): one byte form for each value, both ways.

Only integers up to 64 bits, byte and text strings, booleans, null, arrays, maps and tags are spoken;
there are no floats, no indefinite lengths, no big numbers, and the labels of a map are integers or text
(`true` would equal 1). `decode` accepts nothing that `encode` would not have written: cbor2 alone lets
non-minimal integers, trailing bytes and other map orders pass.
"""

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
_SIMPLE = {0xF4: False, 0xF5: True, 0xF6: None}
#: The least argument that needs 1, 2, 4 or 8 bytes.
_LEAST = (24, 1 << 8, 1 << 16, 1 << 32)
#: Tags of RFC 8949, section 3.4, that make numbers of other values.
_NUMBER_TAGS = (2, 3, 4, 5)


def encode(value: Any) -> bytes:
    """The one encoding of a value; a float or any other type outside the subset is a TypeError."""
    return cbor2.dumps(_ordered(value, 0))


def decode(data: bytes) -> Any:
    """The value of these bytes; refuses every other byte form of the same value."""
    reader = _Reader(data)
    value = reader.item(0)
    if reader.at != len(data):
        raise _refused("bytes follow the value")
    return value


class _Reader:
    """Reads one value front to back and accepts only what `encode` writes, so nothing is encoded again.

    cbor2 would follow references (tags 28, 29), and a few hundred bytes of them unfold without end.
    Memory grows with the bytes that are there, never with a length that is merely declared.
    """

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def item(self, depth: int) -> Any:
        """The value that begins here, with `depth` arrays, maps and tags around it."""
        initial = self._take(1)[0]
        major = initial >> 5
        if major == 7:
            if initial not in _SIMPLE:
                raise _refused("a float, or a simple value other than true, false and null")
            return _SIMPLE[initial]
        argument = self._argument(initial & 31)
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return self._take(argument)
        if major == 3:
            return self._text(argument)
        if depth >= _MAX_DEPTH:
            raise _refused(f"it is nested deeper than {_MAX_DEPTH}")
        if major == 4:
            return [self.item(depth + 1) for _ in range(argument)]
        return self._map(argument, depth + 1) if major == 5 else self._tag(argument, depth + 1)

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise _refused("it is cut short")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def _argument(self, low: int) -> int:
        if low < 24:
            return low
        if low > 27:
            raise _refused("a length is indefinite or reserved")
        value = int.from_bytes(self._take(1 << low - 24))
        if value < _LEAST[low - 24]:
            raise _refused("a number or length is not in its shortest form")
        return value

    def _text(self, size: int) -> str:
        try:
            return self._take(size).decode("utf-8")
        except UnicodeDecodeError:
            raise _refused("a text is not UTF-8") from None

    def _map(self, size: int, depth: int) -> dict[int | str, Any]:
        found: dict[int | str, Any] = {}
        before = b""
        for _ in range(size):
            start = self.at
            key = self.item(depth)
            if type(key) not in (int, str):
                raise _refused("a label of a map is neither an integer nor text")
            label = self.data[start : self.at]
            if label <= before:
                raise _refused("the labels of a map repeat or are not in the order of their bytes")
            before = label
            found[key] = self.item(depth)
        return found

    def _tag(self, tag: int, depth: int) -> cbor2.CBORTag:
        if tag in _NUMBER_TAGS:
            raise _refused("a number beyond 64 bits, or a fraction")
        return cbor2.CBORTag(tag, self.item(depth))


def _ordered(value: Any, depth: int) -> Any:
    """The same value with every map in the bytewise order of its encoded labels."""
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
    if kind is dict:
        if not all(type(key) in (int, str) for key in value):
            raise TypeError("a label of a map is an integer or text")
        pairs = sorted((cbor2.dumps(_ordered(key, depth + 1)), key, item) for key, item in value.items())
        return {key: _ordered(item, depth + 1) for _, key, item in pairs}
    if kind is cbor2.CBORTag and value.tag not in _NUMBER_TAGS:
        return cbor2.CBORTag(value.tag, _ordered(value.value, depth + 1))
    raise TypeError(f"{kind.__name__} is outside the subset")


def _refused(why: str) -> Refused:
    return Refused(NOT_DETERMINISTIC, why=why)
