import hashlib

import cbor2
import pytest

from dongting.errors import Refused
from dongting.wire.profile import INTERNATIONAL, NATIONAL, Profile
from dongting.wire.state import (
    STATE_PROOF_MALFORMED,
    STATE_RECORD_ABSENT,
    STATE_ROOT_DIFFERS,
    ProofBranch,
    StateProof,
    branch_hash,
    bucket_hash,
    empty_hash,
    key_hash,
    nibble,
    state_proof,
    value_hash,
    verify,
)

PROFILES = pytest.mark.parametrize("profile", [INTERNATIONAL, NATIONAL], ids=lambda profile: profile.name)


def entry(n: int) -> bytes:
    return f"entry {n}".encode()


def records(count: int, profile: Profile) -> dict[bytes, bytes]:
    return {key_hash(f"demo.item/{n}", profile): value_hash(entry(n), profile) for n in range(count)}


def node(below: dict[bytes, bytes], profile: Profile, depth: int = 0) -> bytes:
    """The hash of the node over these records at that depth."""
    if len(below) <= 16:
        return bucket_hash(b"".join(key + below[key] for key in sorted(below)), profile)
    return branch_hash(b"".join(node(child, profile, depth + 1) for child in split(below, depth)), profile)


def split(below: dict[bytes, bytes], depth: int) -> list[dict[bytes, bytes]]:
    return [{key: below[key] for key in below if nibble(key, depth) == child} for child in range(16)]


def proof_of(key: bytes, below: dict[bytes, bytes], profile: Profile, depth: int = 0) -> StateProof:
    if len(below) <= 16:
        return StateProof((), b"".join(found + below[found] for found in sorted(below)))
    children = split(below, depth)
    own = nibble(key, depth)
    others = [child for child in range(16) if child != own and children[child]]
    branch = ProofBranch(
        sum(1 << child for child in others),
        b"".join(node(children[child], profile, depth + 1) for child in others),
    )
    rest = proof_of(key, children[own], profile, depth + 1)
    return StateProof((branch, *rest.branches), rest.bucket)


def refusal(root: bytes, address: str, shown: bytes | None, proof: StateProof, profile: Profile) -> object:
    with pytest.raises(Refused) as refused:
        verify(root, address, shown, proof, profile)
    return refused.value.code


@pytest.fixture(scope="module")
def tree() -> dict[bytes, bytes]:
    return records(300, INTERNATIONAL)


@pytest.fixture(scope="module")
def root(tree: dict[bytes, bytes]) -> bytes:
    return node(tree, INTERNATIONAL)


@pytest.fixture(scope="module")
def proof(tree: dict[bytes, bytes]) -> StateProof:
    return proof_of(key_hash("demo.item/7", INTERNATIONAL), tree, INTERNATIONAL)


def test_every_kind_of_hash_has_a_domain_of_its_own() -> None:
    data = bytes(64)
    hashes = [
        key_hash(data.decode(), INTERNATIONAL),
        value_hash(data, INTERNATIONAL),
        bucket_hash(data, INTERNATIONAL),
        branch_hash(data, INTERNATIONAL),
        empty_hash(INTERNATIONAL),
        hashlib.sha256(data).digest(),
    ]
    assert len(set(hashes)) == len(hashes)
    assert bucket_hash(b"", INTERNATIONAL) == empty_hash(INTERNATIONAL)


@PROFILES
@pytest.mark.parametrize("count", [1, 16, 17, 300])
def test_a_current_record_and_an_absent_one_are_proved(count: int, profile: Profile) -> None:
    held = records(count, profile)
    current = proof_of(key_hash("demo.item/0", profile), held, profile)
    absent = proof_of(key_hash("demo.item/x", profile), held, profile)
    verify(node(held, profile), "demo.item/0", entry(0), current, profile)
    verify(node(held, profile), "demo.item/x", None, absent, profile)


@PROFILES
def test_in_an_empty_tree_everything_is_absent(profile: Profile) -> None:
    verify(empty_hash(profile), "demo.item/0", None, StateProof((), b""), profile)
    nothing = refusal(empty_hash(profile), "demo.item/0", entry(0), StateProof((), b""), profile)
    assert nothing == STATE_RECORD_ABSENT


def test_a_proof_travels_through_cbor(root: bytes, proof: StateProof) -> None:
    again = state_proof(cbor2.loads(cbor2.dumps(proof.plain(), canonical=True)))
    assert again == proof
    verify(root, "demo.item/7", entry(7), again, INTERNATIONAL)


def test_a_proof_under_another_root_or_profile_is_refused(
    tree: dict[bytes, bytes], root: bytes, proof: StateProof
) -> None:
    later = node(tree | {key_hash("demo.item/0", INTERNATIONAL): bytes(32)}, INTERNATIONAL)
    for other in (later, empty_hash(INTERNATIONAL), b"", root + b"\0"):
        assert refusal(other, "demo.item/7", entry(7), proof, INTERNATIONAL) == STATE_ROOT_DIFFERS
    with pytest.raises(Refused):
        verify(root, "demo.item/7", entry(7), proof, NATIONAL)


def test_a_proof_for_another_address_is_refused(root: bytes, proof: StateProof) -> None:
    for n in range(20):
        if n != 7:
            with pytest.raises(Refused):
                verify(root, f"demo.item/{n}", entry(n), proof, INTERNATIONAL)


def test_every_changed_bit_of_a_proof_is_refused(root: bytes, proof: StateProof) -> None:
    encoded = cbor2.dumps(proof.plain(), canonical=True)
    for at in range(len(encoded)):
        for bit in range(8):
            changed = bytearray(encoded)
            changed[at] ^= 1 << bit
            try:
                value = cbor2.loads(bytes(changed))
            except (cbor2.CBORDecodeError, UnicodeDecodeError):
                continue
            with pytest.raises(Refused) as refused:
                verify(root, "demo.item/7", entry(7), state_proof(value), INTERNATIONAL)
            assert refused.value.code in (STATE_PROOF_MALFORMED, STATE_ROOT_DIFFERS)


def test_every_changed_bit_of_a_bitmap_is_refused(root: bytes, proof: StateProof) -> None:
    for at, branch in enumerate(proof.branches):
        for bit in range(17):
            changed = list(proof.branches)
            changed[at] = ProofBranch(branch.bitmap ^ 1 << bit, branch.siblings)
            other = StateProof(tuple(changed), proof.bucket)
            assert refusal(root, "demo.item/7", entry(7), other, INTERNATIONAL) == STATE_PROOF_MALFORMED


def test_siblings_that_are_exchanged_dropped_or_repeated_are_refused(root: bytes, proof: StateProof) -> None:
    top, *rest = proof.branches
    cut = [top.siblings[at : at + 32] for at in range(0, len(top.siblings), 32)]
    for siblings in ([cut[1], cut[0], *cut[2:]], cut[1:], [*cut, cut[0]]):
        changed = StateProof((ProofBranch(top.bitmap, b"".join(siblings)), *rest), proof.bucket)
        with pytest.raises(Refused):
            verify(root, "demo.item/7", entry(7), changed, INTERNATIONAL)
    for branches in (proof.branches[1:], proof.branches[:-1], (top, *proof.branches), ()):
        with pytest.raises(Refused):
            verify(root, "demo.item/7", entry(7), StateProof(branches, proof.bucket), INTERNATIONAL)


def test_absence_is_not_proved_by_leaving_the_record_out_of_its_bucket(
    root: bytes, proof: StateProof
) -> None:
    key = key_hash("demo.item/7", INTERNATIONAL)
    at = proof.bucket.index(key)
    without = StateProof(proof.branches, proof.bucket[:at] + proof.bucket[at + 64 :])
    assert refusal(root, "demo.item/7", None, without, INTERNATIONAL) == STATE_ROOT_DIFFERS
    nothing = StateProof(proof.branches, b"")
    assert refusal(root, "demo.item/7", None, nothing, INTERNATIONAL) == STATE_ROOT_DIFFERS


def test_a_child_without_records_cannot_be_listed_as_one_with_records() -> None:
    held = records(18, INTERNATIONAL)
    key = key_hash("demo.item/7", INTERNATIONAL)
    honest = proof_of(key, held, INTERNATIONAL)
    own = nibble(key, 0)
    hashes = [node(child, INTERNATIONAL, 1) for child in split(held, 0)]
    assert empty_hash(INTERNATIONAL) in hashes
    padded = ProofBranch(
        0xFFFF & ~(1 << own), b"".join(found for child, found in enumerate(hashes) if child != own)
    )
    verify(node(held, INTERNATIONAL), "demo.item/7", entry(7), honest, INTERNATIONAL)
    second = StateProof((padded,), honest.bucket)
    code = refusal(node(held, INTERNATIONAL), "demo.item/7", entry(7), second, INTERNATIONAL)
    assert code == STATE_PROOF_MALFORMED


def test_a_bucket_that_is_unsorted_repeated_too_large_or_misplaced_is_malformed() -> None:
    low, high = sorted(key_hash(f"demo.item/{n}", INTERNATIONAL) + bytes(32) for n in range(2))
    many = b"".join(sorted(key_hash(f"demo.item/{n}", INTERNATIONAL) + bytes(32) for n in range(17)))
    key = key_hash("demo.item/0", INTERNATIONAL)
    elsewhere = bytes([key[0] ^ 0x80]) + key[1:] + bytes(32)
    below = (ProofBranch(0, b""),)
    for proof in (
        StateProof((), high + low),
        StateProof((), low + low),
        StateProof((), many),
        StateProof((), low[:-1]),
        StateProof(below, elsewhere),
        StateProof(below * 65, b""),
    ):
        root = bucket_hash(proof.bucket, INTERNATIONAL)
        assert refusal(root, "demo.item/0", None, proof, INTERNATIONAL) == STATE_PROOF_MALFORMED


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        b"",
        [[], b"", b""],
        [{}, b""],
        [[], "text"],
        [[[0]], b""],
        [[[0, b"", 1]], b""],
        [[[True, b""]], b""],
        [[["0", b""]], b""],
        [[[0, [1]]], b""],
        [[b"\0\0"], b""],
    ],
)
def test_another_shape_than_branches_and_a_bucket_is_malformed(value: object) -> None:
    with pytest.raises(Refused) as refused:
        state_proof(value)
    assert refused.value.code == STATE_PROOF_MALFORMED


@pytest.mark.parametrize("bitmap", [-1, 1 << 16, 1 << 70])
def test_a_bitmap_beyond_16_bits_is_malformed(bitmap: int) -> None:
    proof = StateProof((ProofBranch(bitmap, b""),), b"")
    assert refusal(bytes(32), "demo.item/0", None, proof, INTERNATIONAL) == STATE_PROOF_MALFORMED
