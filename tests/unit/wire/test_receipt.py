"""COSE Receipts (RFC 9942): bytes as the standard lays them out, and every way to spoil one."""

import json
from pathlib import Path
from typing import Any

import cbor2
import nacl.bindings as sodium
import pytest
from cbor2 import CBORTag

from dongting.errors import Code, Refused
from dongting.wire import cbor, merkle, receipt
from dongting.wire.keys import PrivateKey
from dongting.wire.profile import INTERNATIONAL, NATIONAL, PROFILES, Profile
from dongting.wire.suites import ED25519, ES256, SM2, Suite

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "receipt.json").read_text())
ISSUER, SUBJECT, TIME = "hunan.example/0123456789abcdef", "catalogue.dataset/air", 1_700_000_000
ENTRIES = [bytes([n]) * 3 for n in range(7)]
KEY = PrivateKey(ED25519, sodium.crypto_sign_seed_keypair(bytes(range(32)))[1])


def hash_at(profile: Profile) -> merkle.HashAt:
    leaves = [merkle.leaf_hash(profile, entry) for entry in ENTRIES]
    return lambda level, index: merkle.root(profile, leaves[index << level : index + 1 << level])


def root(profile: Profile, size: int = 7) -> bytes:
    return merkle.root_at(profile, size, hash_at(profile))


def inclusion(profile: Profile = INTERNATIONAL, key: PrivateKey = KEY, index: int = 3) -> bytes:
    path = merkle.inclusion_path(profile, index, 7, hash_at(profile))
    return receipt.inclusion(profile, key, ISSUER, SUBJECT, TIME, index, 7, path, root(profile))


def consistency(profile: Profile = INTERNATIONAL, key: PrivateKey = KEY) -> bytes:
    path = merkle.consistency_path(profile, 3, 7, hash_at(profile))
    return receipt.consistency(profile, key, ISSUER, TIME, 3, 7, path, root(profile))


def verify(data: bytes, **changes: Any) -> receipt.Receipt:
    given = {"entry": ENTRIES[3], "key": KEY.public(), "issuer": ISSUER, "subject": SUBJECT, **changes}
    return receipt.verify_inclusion(given.pop("profile", INTERNATIONAL), data, **given)


def refusal_of(data: bytes, **changes: Any) -> Code:
    with pytest.raises(Refused) as refusal:
        verify(data, **changes)
    return refusal.value.code


def test_a_receipt_has_the_bytes_of_the_vector() -> None:
    assert inclusion().hex() == VECTOR["inclusion"]
    assert consistency().hex() == VECTOR["consistency"]
    assert inclusion(NATIONAL).hex() == VECTOR["inclusion_sm3"]


def test_a_receipt_is_laid_out_as_the_standard_says() -> None:
    message = cbor2.loads(inclusion())
    protected, unprotected, payload, signature = message.value
    assert message.tag == 18
    assert cbor2.loads(protected) == {
        1: -8,
        4: KEY.public().thumbprint(INTERNATIONAL),
        15: {1: ISSUER, 2: SUBJECT, 6: TIME, -65538: 7},
        395: 1,
    }
    assert list(unprotected) == [396]
    assert list(unprotected[396]) == [-1]
    (proof,) = unprotected[396][-1]
    assert cbor2.loads(proof) == [7, 3, merkle.inclusion_path(INTERNATIONAL, 3, 7, hash_at(INTERNATIONAL))]
    assert payload is None
    signed = cbor2.dumps(["Signature1", protected, b"", root(INTERNATIONAL)])
    assert sodium.crypto_sign_open(signature + signed, KEY.public().raw) == signed


@pytest.mark.parametrize("suite", [ED25519, ES256, SM2])
@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_receipt_proves_inclusion_in_every_suite_and_profile(suite: Suite, profile: Profile) -> None:
    key = PrivateKey.generate(suite)
    found = verify(inclusion(profile, key), profile=profile, key=key.public())
    assert (found.proof.second, found.proof.size, found.time) == (3, 7, TIME)
    assert (found.issuer, found.subject, found.kid) == (ISSUER, SUBJECT, key.public().thumbprint(profile))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_receipt_proves_consistency(profile: Profile) -> None:
    known = (3, root(profile, 3), KEY.public(), ISSUER)
    assert receipt.verify_consistency(profile, consistency(profile), *known) == (7, root(profile))


def test_the_receipt_of_a_log_of_one_leaf_has_an_empty_path() -> None:
    leaf = merkle.leaf_hash(INTERNATIONAL, ENTRIES[3])
    data = receipt.inclusion(INTERNATIONAL, KEY, ISSUER, SUBJECT, TIME, 0, 1, [], leaf)
    assert verify(data).proof.path == ()


def test_every_flipped_bit_of_an_inclusion_receipt_is_refused() -> None:
    data = inclusion()
    for bit in range(len(data) * 8):
        refusal_of((int.from_bytes(data) ^ 1 << bit).to_bytes(len(data)))


def test_every_flipped_byte_of_a_consistency_receipt_is_refused() -> None:
    data, old = consistency(), root(INTERNATIONAL, 3)
    for place in range(len(data)):
        spoilt = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(Refused):
            receipt.verify_consistency(INTERNATIONAL, spoilt, 3, old, KEY.public(), ISSUER)


def test_a_receipt_is_of_one_entry_log_subject_and_key() -> None:
    data = inclusion()
    assert refusal_of(data, entry=ENTRIES[2]) is receipt.WRONG_RECEIPT
    assert refusal_of(data, issuer="other.example/0") is receipt.WRONG_RECEIPT
    assert refusal_of(data, subject="catalogue.dataset/water") is receipt.WRONG_RECEIPT
    assert refusal_of(data, key=PrivateKey.generate(ED25519).public()) is receipt.WRONG_RECEIPT
    assert refusal_of(data, profile=NATIONAL) is receipt.WRONG_RECEIPT
    assert refusal_of(consistency()) is receipt.WRONG_RECEIPT


def test_consistency_is_proven_from_the_known_size_and_root_only() -> None:
    known = root(INTERNATIONAL, 3)
    for data, size, old in [
        (consistency(), 3, root(INTERNATIONAL, 4)),
        (consistency(), 4, known),
        (inclusion(), 3, known),
    ]:
        with pytest.raises(Refused):
            receipt.verify_consistency(INTERNATIONAL, data, size, old, KEY.public(), ISSUER)


@pytest.mark.parametrize("claimed", [5, 6, 8])
def test_a_path_that_fits_another_size_does_not_change_the_signed_one(claimed: int) -> None:
    """Leaf 3 has paths of one shape in logs of 5 to 8 leaves, and RFC 9942 signs the root alone."""
    path = merkle.inclusion_path(INTERNATIONAL, 3, 7, hash_at(INTERNATIONAL))
    leaf = merkle.leaf_hash(INTERNATIONAL, ENTRIES[3])
    assert merkle.inclusion_root(INTERNATIONAL, leaf, 3, claimed, path) == root(INTERNATIONAL)
    assert refusal_of(spoil(1, {396: {-1: [cbor.encode([claimed, 3, path])]}})) is receipt.BAD_RECEIPT


def parts() -> list[Any]:
    return list(cbor2.loads(inclusion()[1:]))


def spoil(place: int, value: Any) -> bytes:
    """The receipt with one of its four parts replaced."""
    changed = parts()
    changed[place] = value
    return b"\xd2" + cbor.encode(changed)


def header(**changes: Any) -> bytes:
    """The protected header with labels (l1, l15, ...) replaced, or dropped when None."""
    found = cbor2.loads(parts()[0])
    found.update({int(label[1:]): value for label, value in changes.items()})
    return cbor.encode({label: value for label, value in found.items() if value is not None})


PROOF = parts()[1][396][-1][0]


@pytest.mark.parametrize(
    "data",
    [
        cbor.encode(parts()),
        cbor.encode(CBORTag(17, parts())),
        cbor.encode(CBORTag(18, parts()[:3])),
        cbor.encode(CBORTag(18, CBORTag(18, parts()))),
        spoil(2, root(INTERNATIONAL)),
        spoil(3, b"\0" * 63),
        spoil(3, "text"),
        spoil(1, {}),
        spoil(1, []),
        spoil(1, {396: {-1: [PROOF]}, 4: b"kid"}),
        spoil(1, {396: {-1: [PROOF], -2: [PROOF]}}),
        spoil(1, {396: {-1: [PROOF, PROOF]}}),
        spoil(1, {396: {-1: []}}),
        spoil(1, {396: {-1: PROOF}}),
        spoil(1, {396: {-3: [PROOF]}}),
        spoil(1, {396: {-1: [cbor.encode([7, 3])]}}),
        spoil(1, {396: {-1: [cbor.encode([7, True, []])]}}),
        spoil(1, {396: {-1: [cbor.encode([7, -1, []])]}}),
        spoil(1, {396: {-1: [cbor.encode([2**63, 3, []])]}}),
        spoil(1, {396: {-1: [cbor.encode([7, 3, [b"short"]])]}}),
        spoil(1, {396: {-1: [cbor.encode([7, 3, [bytes(32)] * 65])]}}),
        spoil(0, "text"),
        spoil(0, cbor.encode([])),
        spoil(0, header(l4=None)),
        spoil(0, header(l4="text")),
        spoil(0, header(l16="application/x")),
        spoil(0, header(l395=True)),
        spoil(0, b"\xa4" + header(l1=None)[1:] + b"\xf5\x27"),
        spoil(0, header(l15={1: ISSUER, 2: SUBJECT, -65538: 7})),
        spoil(0, header(l15={1: ISSUER, 2: SUBJECT, 6: -1, -65538: 7})),
        spoil(0, header(l15={1: ISSUER, 2: SUBJECT, 6: 1, 7: b"", -65538: 7})),
        spoil(0, header(l15={1: ISSUER, 6: TIME, -65538: 7})),
        spoil(0, header(l15={1: ISSUER, 2: SUBJECT, 6: TIME})),
        spoil(0, header(l15={1: ISSUER, 2: SUBJECT, 6: TIME, -65538: 8})),
    ],
)
def test_what_is_not_exactly_a_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        receipt.decode(data)
    assert refusal.value.code in (receipt.BAD_RECEIPT, cbor.NOT_DETERMINISTIC)


@pytest.mark.parametrize(
    "data",
    [
        inclusion() + b"\0",
        inclusion().replace(b"\xa1\x19\x01\x8c", b"\xa1\x1a\x00\x00\x01\x8c"),
        inclusion().replace(b"\xd2\x84", b"\xd8\x12\x84", 1),
        inclusion().replace(b"\xd2\x84", b"\xd2\x9f", 1) + b"\xff",
        inclusion()[:-1],
        b"",
    ],
)
def test_a_receipt_has_one_byte_form(data: bytes) -> None:
    assert data != inclusion()
    assert refusal_of(data) in (cbor.NOT_DETERMINISTIC, receipt.BAD_RECEIPT)


def test_national_receipts_carry_the_private_data_structure() -> None:
    assert receipt.decode(inclusion(NATIONAL)).structure == -65601
