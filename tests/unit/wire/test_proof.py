from collections.abc import Callable
from typing import Any

import pytest

from dongting.errors import Code, Refused
from dongting.wire import cbor, proof
from dongting.wire.part import Part
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.proof import Opening, Proof

OPENINGS = tuple(
    sorted(
        (Opening.of(Part(bytes([n]) * 32, b"content %d" % n), INTERNATIONAL) for n in range(3)),
        key=lambda opening: opening.commitment,
    )
)
PROOF = Proof(
    genesis=b"{}",
    checkpoint=b"note",
    leaves=((0, b"a"), (7, b"b")),
    path=(b"\x01" * 32, b"\x02" * 32),
    records=(("a.b/c", b"{}"), ("a.b/d", None)),
    state=(b"",),
    receipts=((0, b"receipt"),),
    openings=OPENINGS,
)


def plain() -> dict[Any, Any]:
    value = cbor.decode(PROOF.encode())
    assert isinstance(value, dict)
    return value


def test_a_proof_file_is_read_back_from_its_bytes() -> None:
    assert proof.decode(PROOF.encode()) == PROOF


def test_openings_are_taken_out_and_put_in_without_touching_the_rest() -> None:
    data = PROOF.encode()
    bare = proof.without_openings(data)
    assert proof.decode(bare).openings == ()
    assert proof.with_openings(bare, reversed(OPENINGS)) == data
    one = proof.without_openings(data, [OPENINGS[1].commitment])
    assert proof.decode(one).openings == (OPENINGS[0], OPENINGS[2])


def test_an_opening_replaces_that_of_the_same_commitment() -> None:
    part = Part(b"\x00" * 32, b"content 0")
    closed = proof.with_openings(PROOF.encode(), [Opening.of(part, INTERNATIONAL, content=False)])
    found = [opening.content for opening in proof.decode(closed).openings]
    assert len(found) == 3
    assert found.count(None) == 1


def test_an_opening_of_another_salt_digest_or_content_is_refused() -> None:
    whole = OPENINGS[0]
    whole.check(INTERNATIONAL)
    for other in (
        Opening(whole.commitment, b"\x09" * 32, whole.digest, whole.content),
        Opening(whole.commitment, whole.salt, b"\x09" * 32, None),
        Opening(whole.commitment, whole.salt, whole.digest, b"another content"),
    ):
        with pytest.raises(Refused) as refusal:
            other.check(INTERNATIONAL)
        assert refusal.value.code == proof.OPENING_DIFFERS


def test_what_is_printed_of_an_opening_is_not_its_content_or_salt() -> None:
    assert "content" not in repr(OPENINGS[0])
    assert repr(OPENINGS[0].salt) not in repr(OPENINGS[0])


def put(label: int, value: Any) -> Callable[[dict[Any, Any]], None]:
    return lambda file: file.__setitem__(label, value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put(0, "dongting-proof-3"), proof.UNKNOWN_FORMAT),
        (put(0, 1), proof.BAD_PROOF),
        (lambda file: file.pop(8), proof.BAD_PROOF),
        (put(9, []), proof.BAD_PROOF),
        (put(1, "text"), proof.BAD_PROOF),
        (put(3, []), proof.BAD_PROOF),
        (put(3, [[7, b"b"], [0, b"a"]]), proof.BAD_PROOF),
        (put(3, [[0, b"a"], [0, b"a"]]), proof.BAD_PROOF),
        (put(3, [[True, b"a"]]), proof.BAD_PROOF),
        (put(3, [[2**63, b"a"]]), proof.BAD_PROOF),
        (put(4, b"\x01" * 31), proof.BAD_PROOF),
        (put(5, []), proof.BAD_PROOF),
        (put(5, [["no address", b""]]), proof.BAD_PROOF),
        (put(5, [["a.b/d", None], ["a.b/c", None]]), proof.BAD_PROOF),
        (put(7, [[0, None]]), proof.BAD_PROOF),
        (put(8, [[b"short", b"\0" * 32, b"\0" * 32, None]]), proof.BAD_PROOF),
    ],
)
def test_another_form_is_refused(change: Callable[[dict[Any, Any]], None], code: Code) -> None:
    file = plain()
    change(file)
    with pytest.raises(Refused) as refusal:
        proof.decode(cbor.encode(file))
    assert refusal.value.code == code


def test_a_file_cut_short_or_prolonged_is_refused() -> None:
    data = PROOF.encode()
    for size in range(len(data)):
        with pytest.raises(Refused):
            proof.decode(data[:size])
    with pytest.raises(Refused):
        proof.decode(data + b"\0")
