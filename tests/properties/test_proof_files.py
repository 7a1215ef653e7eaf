"""A proof file altered anywhere is refused, or proves exactly what it proved before."""

from functools import lru_cache

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.sdk.story import Story
from dongting.sdk.verify import verify
from dongting.testing import Ledger
from dongting.testing.stories import Share
from dongting.wire import proof


@lru_cache
def whole() -> tuple[bytes, str, Story]:
    share = Share.play(Ledger())
    data, network = share.proof(), share.ledger.machine.network
    return data, network, verify(data, network)


def proves_the_same_or_nothing(altered: bytes) -> None:
    _, network, story = whole()
    try:
        found = verify(altered, network)
    except Refused as refusal:
        told = refusal.text("en"), refusal.text("zh")
    else:
        told = "proven", "已证明"
        assert found == story
    assert all(told)


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(max_examples=400, deadline=None)
def test_no_flipped_byte_changes_what_is_proven(place: float, mask: int) -> None:
    altered = bytearray(whole()[0])
    altered[int(place * len(altered))] ^= mask
    proves_the_same_or_nothing(bytes(altered))


@given(st.floats(0, 1), st.floats(0, 1), st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_stretch_cut_out_or_replaced_changes_what_is_proven(
    start: float, end: float, replacement: bytes
) -> None:
    data = whole()[0]
    first, last = sorted((int(start * len(data)), int(end * len(data))))
    proves_the_same_or_nothing(data[:first] + replacement + data[last:])


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xa0")
@example(b"\xa1\x00\x70dongting-proof-1")
@settings(max_examples=200, deadline=None)
def test_bytes_that_are_no_proof_file_are_refused_with_a_code(data: bytes) -> None:
    try:
        proof.decode(data)
    except Refused:
        return
    raise AssertionError("accepted")
