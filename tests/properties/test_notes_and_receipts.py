"""Notes, checkpoints and receipts have one byte form each, and decoding never fails but by a refusal."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.wire import checkpoint, merkle, note, receipt
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import PrivateKey
from dongting.wire.note import COSIGNATURE, VerifierKey
from dongting.wire.profile import INTERNATIONAL, NATIONAL
from dongting.wire.suites import ED25519

KEY, WITNESS = PrivateKey.generate(ED25519), PrivateKey.generate(ED25519)
NAMES = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="+"), min_size=1, max_size=12)
LINES = st.lists(st.text(st.characters(exclude_categories=("C",)), max_size=12), min_size=1, max_size=4)


@given(LINES, NAMES, st.integers(0, 2**63 - 1))
@settings(max_examples=80, deadline=None)
def test_every_note_reads_back(lines: list[str], name: str, time: int) -> None:
    text = "\n".join(lines) + "\n"
    data = note.compose(text, [note.sign(text, name, KEY), note.cosign(text, name, WITNESS, time)])
    found = note.decode(data)
    keys = [VerifierKey(name, KEY.public()), VerifierKey(name, WITNESS.public(), COSIGNATURE)]
    assert (found.text, found.encode()) == (text, data)
    assert [key for key, _ in found.signed_by(keys)] == keys
    assert found.signatures[1].time == time
    assert [note.verifier_key(key.encode()) for key in keys] == keys


@given(
    st.lists(
        st.sampled_from(["a", "\n", "\n\n", "— ", " ", "log", "AAAAAAA=", "x08go/ZJ", "+", "\r"]), max_size=20
    )
)
@settings(max_examples=300, deadline=None)
def test_a_note_has_one_form(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    try:
        found = note.decode(data)
    except Refused:
        return
    assert found.encode() == data


@given(NAMES, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
@settings(max_examples=60, deadline=None)
def test_every_checkpoint_reads_back(origin: str, size: int, root: bytes) -> None:
    head = Checkpoint(origin, size, root)
    assert (
        checkpoint.verify(checkpoint.sign(head, [KEY]), [VerifierKey(origin, KEY.public())]).checkpoint
        == head
    )


@given(st.text("o\n0123456789+-_ A=/", max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_checkpoint_has_one_form(text: str) -> None:
    try:
        head = checkpoint.read(text)
    except Refused:
        return
    assert head.text() == text


@given(
    st.sampled_from([INTERNATIONAL, NATIONAL]),
    st.lists(st.binary(max_size=8), min_size=1, max_size=40),
    st.text(max_size=20),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_no_flipped_bit_survives_in_a_receipt(profile, entries, subject, data) -> None:
    leaves = [merkle.leaf_hash(profile, entry) for entry in entries]

    def hash_at(level: int, index: int) -> bytes:
        return merkle.root(profile, leaves[index << level : index + 1 << level])

    index, size = data.draw(st.integers(0, len(entries) - 1)), len(entries)
    path = merkle.inclusion_path(profile, index, size, hash_at)
    root = merkle.root(profile, leaves)
    encoded = receipt.inclusion(profile, KEY, "log.example/1", subject, 1, index, size, path, root)
    known = (entries[index], KEY.public(), "log.example/1", subject)
    found = receipt.verify_inclusion(profile, encoded, *known)
    assert (found.proof.second, found.proof.first) == (index, size)
    bit = data.draw(st.integers(0, len(encoded) * 8 - 1))
    spoilt = (int.from_bytes(encoded) ^ 1 << bit).to_bytes(len(encoded))
    try:
        receipt.verify_inclusion(profile, spoilt, *known)
    except Refused:
        return
    raise AssertionError(f"bit {bit} does not count")


@given(st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_are_refused_and_nothing_else(data: bytes) -> None:
    for decode in (note.decode, receipt.decode):
        try:
            decode(b"\xd2" + data if decode is receipt.decode else data)
        except Refused:
            continue
        raise AssertionError("random bytes are neither a note nor a receipt")
