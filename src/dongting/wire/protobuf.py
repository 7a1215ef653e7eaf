"""The part of the Protocol Buffers wire format that ABCI needs: varints, fields, length-delimited messages.

Fields with their default value are left out, as proto3 writes them, so that one message has one form.
"""

from collections.abc import Iterator

from dongting.errors import Fault

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_NEGATIVE = 1 << 64


def varint(value: int) -> bytes:
    """A whole number, seven bits a byte, least significant first; a negative one as 64 bits of it."""
    if 0 <= value < 0x80:
        return bytes((value,))
    value %= _NEGATIVE
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, without sign, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise Fault("a protobuf number has more than 64 bits")


def signed(value: int) -> int:
    """An int64 from its 64 bits."""
    return value - _NEGATIVE if value >= 1 << 63 else value


def number(field: int, value: int) -> bytes:
    """A field with a whole number or an enumeration; nothing for zero."""
    return varint(field << 3 | VARINT) + varint(value) if value else b""


def data(field: int, value: bytes) -> bytes:
    """A field with bytes or a message; nothing when empty."""
    return item(field, value) if value else b""


def item(field: int, value: bytes) -> bytes:
    """One element of a repeated field, or a chosen message: written even when empty."""
    return varint(field << 3 | BYTES) + varint(len(value)) + value


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in their order: number, and value (a whole number, or bytes)."""
    at, end = 0, len(message)
    try:
        while at < end:
            key, at = read_varint(message, at)
            kind = key & 7
            if kind == VARINT:
                value, at = read_varint(message, at)
                yield key >> 3, value
                continue
            if kind == BYTES:
                size, at = read_varint(message, at)
            elif kind in (FIXED64, FIXED32):
                size = 8 if kind == FIXED64 else 4
            else:
                raise Fault(f"a protobuf field of the unknown kind {kind}")
            if at + size > end:
                raise IndexError
            yield key >> 3, message[at : at + size]
            at += size
    except IndexError:
        raise Fault("a protobuf message is cut short") from None
