import cbor2
import pytest

from dongting.wire.blocks import BLOCK_END_TAG, BlockEnd

END = BlockEnd(3, 1_767_225_600, 12, b"\x07" * 32)


def test_a_block_end_is_read_back_from_its_bytes() -> None:
    data = END.encode()
    assert data[:5] == bytes.fromhex("da444f4e47")  # the tag spells DONG
    assert BlockEnd.decode(data) == END


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xd2" + END.encode()[5:],
        END.encode() + b"\0",
        cbor2.dumps([3, 0, 0, b"\0" * 32]),
        cbor2.dumps(cbor2.CBORTag(BLOCK_END_TAG, [3, 0, 0])),
        cbor2.dumps(cbor2.CBORTag(BLOCK_END_TAG, [3, 0, 0, b"\0" * 31])),
        cbor2.dumps(cbor2.CBORTag(BLOCK_END_TAG, [3, 0, -1, b"\0" * 32])),
        cbor2.dumps(cbor2.CBORTag(BLOCK_END_TAG, [True, 0, 0, b"\0" * 32])),
    ],
)
def test_anything_else_is_no_block_end(data: bytes) -> None:
    assert BlockEnd.decode(data) is None
