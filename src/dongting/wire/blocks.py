"""The block-end leaf: what closes a block in the log (RFC 8949 tag in front of four plain values).

    1146048071([height, time, first leaf index, state root])

It binds the order and the time of the block's statements to the state that they led to (kernel rule 3).
A statement at index i belongs to the block end at index j if `first` <= i < j: the log is covered
without gap, because each block begins where the one before it ended.
"""

from typing import Any

import cbor2
import msgspec

from dongting.errors import Refused
from dongting.wire import cbor

BLOCK_END_TAG = 1_146_048_071  # "DONG", first come first served range of the CBOR tag registry (9.2)
_STATE_BYTES = 32
_HEAD = b"\xda" + BLOCK_END_TAG.to_bytes(4)  # no other leaf begins with this tag


class BlockEnd(msgspec.Struct, frozen=True):
    """`height` from 1, `time` in seconds since 1970, `first` the index of the block's first statement,
    `state` the root over all records after the block, 32 bytes."""

    height: int
    time: int
    first: int
    state: bytes

    def encode(self) -> bytes:
        """The leaf's bytes."""
        return cbor.encode(cbor2.CBORTag(BLOCK_END_TAG, [self.height, self.time, self.first, self.state]))

    @classmethod
    def decode(cls, data: bytes) -> "BlockEnd | None":
        """The block end in these bytes, or None when they are not one."""
        if not data.startswith(_HEAD):
            return None
        try:
            tag = cbor.decode(data)
        except Refused:
            return None
        if not isinstance(tag, cbor2.CBORTag) or tag.tag != BLOCK_END_TAG:
            return None
        value: Any = tag.value  # cbor2 gives a tuple for an array inside a tag
        if not isinstance(value, list | tuple) or [type(item) for item in value] != [int, int, int, bytes]:
            return None
        height, time, first, state = value
        if min(height, time, first) < 0 or len(state) != _STATE_BYTES:
            return None
        return cls(height, time, first, state)
