"""Signature suites against RFC 8032, Wycheproof and GB/T 32918.5, and what each must refuse."""

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import nacl.bindings as sodium
import nacl.exceptions
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.wire.keys import PrivateKey, PublicKey
from dongting.wire.suites import (
    ED25519,
    ES256,
    SM2,
    SUITE_OF_ALG,
    SUITES,
    UNKNOWN_SUITE,
    suite_named,
)

every = pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SM2_FIELD = 2**256 - 2**224 - 2**96 + 2**64 - 1
SM2_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93


def vectors(name: str) -> Any:
    return json.loads((Path(__file__).parents[2] / "vectors" / name).read_text())


ED, ES, GM = vectors("ed25519.json"), vectors("es256.json"), vectors("gm.json")


@pytest.mark.parametrize("vector", ED["rfc8032"], ids=lambda vector: vector["name"])
def test_ed25519_gives_the_signatures_of_its_standard(vector):
    public, message = bytes.fromhex(vector["public"]), bytes.fromhex(vector["message"])
    key = PrivateKey(ED25519, bytes.fromhex(vector["secret"]) + public)
    assert key.sign(message).hex() == vector["signature"]
    assert key.public() == PublicKey(ED25519, public)
    assert key.public().verify(bytes.fromhex(vector["signature"]), message)


@pytest.mark.parametrize("vector", ED["wycheproof"]["tests"], ids=lambda vector: f"tc{vector['tcId']}")
def test_ed25519_judges_as_wycheproof_does(vector):
    key = PublicKey(ED25519, bytes.fromhex(ED["wycheproof"]["public"]))
    judged = key.verify(bytes.fromhex(vector["sig"]), bytes.fromhex(vector["msg"]))
    assert judged is (vector["result"] == "valid")


@pytest.mark.parametrize("vector", ES["tests"], ids=lambda vector: f"tc{vector['tcId']}")
def test_es256_judges_as_wycheproof_does_but_for_the_higher_s(vector):
    key = PublicKey(ES256, bytes.fromhex(vector["public"]))
    signature, message = bytes.fromhex(vector["sig"]), bytes.fromhex(vector["msg"])
    assert ES256.sound(key.raw)
    lower = int.from_bytes(signature[32:]) <= P256_ORDER // 2
    assert key.verify(signature, message) is (vector["result"] == "valid" and lower)
    if vector["result"] == "valid":
        other = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:])).to_bytes(32)
        assert key.verify(other, message) is not lower


def test_the_vectors_hold_both_valid_signatures_with_higher_s_and_with_lower():
    found = {int(v["sig"][64:], 16) > P256_ORDER // 2 for v in ES["tests"] if v["result"] == "valid"}
    assert found == {True, False}


def test_sm2_gives_a_verdict_as_in_its_standard():
    vector = GM["sm2"]
    public, private = bytes.fromhex(vector["public"]), bytes.fromhex(vector["private"])
    signature, message = bytes.fromhex(vector["signature"]), bytes.fromhex(vector["message"])
    key = PrivateKey(SM2, public + private)
    assert key.public().verify(signature, message)
    assert not key.public().verify(signature, message + b".")
    assert key.public().verify(key.sign(message), message)


@pytest.mark.parametrize("r", [0, 1, SM2_ORDER - 1, SM2_ORDER, SM2_ORDER + 1, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, SM2_ORDER - 1, SM2_ORDER, SM2_ORDER + 1, 2**256 - 1])
def test_sm2_refuses_special_values_of_r_and_s(r, s):
    key = PublicKey(SM2, bytes.fromhex(GM["sm2"]["public"]))
    assert not key.verify(r.to_bytes(32) + s.to_bytes(32), b"message digest")


# Points of small order and encodings that are not reduced (RFC 8032, section 5.1.3; the list of
# "Taming the many EdDSAs", Chalkias, Garillot, Nikolaenko 2020, table 1 c).
@pytest.mark.parametrize(
    "point",
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000",
    ],
)
def test_an_ed25519_point_of_small_order_or_second_encoding_is_not_sound(point):
    assert not ED25519.sound(bytes.fromhex(point))
    # The signature that every message has under a key of order one: R of order one, s zero.
    forged = bytes.fromhex("01" + "00" * 63)
    assert not PublicKey(ED25519, bytes.fromhex(point)).verify(forged, b"any message")


def test_an_ed25519_point_beside_the_prime_order_subgroup_is_not_sound():
    # A good key plus the point of order two: (x, y) becomes (-x, -y).
    good = int.from_bytes(bytes.fromhex(ED["wycheproof"]["public"]), "little")
    field, top = 2**255 - 19, 1 << 255
    y, sign = good & top - 1, good >> 255
    mixed = ((field - y) | (sign ^ 1) << 255).to_bytes(32, "little")
    assert ED25519.sound(good.to_bytes(32, "little"))
    assert not ED25519.sound(mixed)


@pytest.mark.parametrize(
    ("suite", "field", "b"), [(ES256, P256_FIELD, P256_B), (SM2, SM2_FIELD, SM2_B)], ids=["ES256", "SM2"]
)
def test_a_point_off_the_curve_at_infinity_or_not_reduced_is_not_sound(suite, field, b):
    x, y = next(on_curve(field, b))
    assert suite.sound(x.to_bytes(32) + y.to_bytes(32))
    assert not suite.sound((x + field).to_bytes(32) + y.to_bytes(32))
    assert not suite.sound(x.to_bytes(32) + (y ^ 1).to_bytes(32))
    assert not suite.sound(bytes(64))
    assert not suite.sound(b"\xff" * 64)
    assert not suite.sound(y.to_bytes(32) + x.to_bytes(32))


def on_curve(field: int, b: int):
    """Points of y^2 = x^3 - 3x + b with an x so small that x plus the field's prime fits 32 bytes."""
    for x in range(1, 100):
        square = (x**3 - 3 * x + b) % field
        y = pow(square, (field + 1) // 4, field)
        if y * y % field == square:
            yield x, y


@every
def test_a_signature_is_of_one_message_one_key_and_64_bytes(suite):
    key, other = PrivateKey.generate(suite), PrivateKey.generate(suite)
    for message in (b"", b"a", bytes(100_000)):
        signature = key.sign(message)
        assert key.public().verify(signature, message)
        assert not key.public().verify(signature, message + b"\x00")
        assert not other.public().verify(signature, message)
        for wrong in (b"", signature[:-1], signature + b"\x00", signature[32:] + signature[:32]):
            assert not key.public().verify(wrong, message)


def test_bytes_never_move_between_signature_and_message():
    key = PrivateKey.generate(ED25519)
    signature = key.sign(b"message")
    assert not key.public().verify(signature + b"m", b"essage")
    assert not key.public().verify(signature[:-1], signature[-1:] + b"message")


@every
def test_no_signature_made_here_has_the_higher_s_or_a_second_form(suite):
    key = PrivateKey.generate(suite)
    for n in range(16):
        signature = key.sign(bytes([n]))
        assert len(signature) == 64
        if suite is ES256:
            s = int.from_bytes(signature[32:])
            assert s <= P256_ORDER // 2
            higher = signature[:32] + (P256_ORDER - s).to_bytes(32)
            assert not key.public().verify(higher, bytes([n]))
            # The library alone takes either.
            numbers = utils.encode_dss_signature(int.from_bytes(signature[:32]), P256_ORDER - s)
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + key.public().raw)
            point.verify(numbers, bytes([n]), ec.ECDSA(SHA256()))


@every
def test_a_private_key_does_not_print_itself(suite):
    key = PrivateKey.generate(suite)
    assert key.raw.hex() not in repr(key)
    assert repr(key.raw) not in repr(key)


def test_the_cose_numbers_are_those_of_the_specification():
    assert {name: (suite.alg, suite.accepted) for name, suite in SUITES.items()} == {
        "Ed25519": (-8, (-8, -19)),
        "ES256": (-7, (-7, -9)),
        "SM2": (-65601, (-65601,)),
    }
    assert sorted(SUITE_OF_ALG) == [-65601, -19, -9, -8, -7]


@pytest.mark.parametrize("name", ["", "ed25519", "RS256", "x" * 1000, "-8"])
def test_an_unknown_suite_is_refused(name):
    with pytest.raises(Refused) as refused:
        suite_named(name)
    assert refused.value.code is UNKNOWN_SUITE


def test_ed25519_is_verified_without_the_cofactor_as_the_specification_says():
    # A signer who adds the point of order two to R makes a signature that a cofactored verifier accepts.
    seed, message, nonce = bytes(range(32)), b"message", 123_456_789
    public, private = sodium.crypto_sign_seed_keypair(seed)
    clamped = bytearray(hashlib.sha512(seed).digest()[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 127 | 64
    point = sodium.crypto_scalarmult_ed25519_base_noclamp(nonce.to_bytes(32, "little"))
    top, order = 1 << 255, 2**252 + 27742317777372353535851937790883648493
    y, sign = int.from_bytes(point, "little") % top, point[31] >> 7
    moved = (2**255 - 19 - y | (sign ^ 1) * top).to_bytes(32, "little")
    for r, accepted in ((point, True), (moved, False)):
        hashed = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little")
        s = (nonce + hashed * int.from_bytes(clamped, "little")) % order
        key = PrivateKey(ED25519, private).public()
        assert key.verify(r + s.to_bytes(32, "little"), message) is accepted


@pytest.mark.parametrize("of_key", range(8))
@pytest.mark.parametrize("of_r", range(8))
def test_ed25519_signatures_with_points_of_small_order_in_them_are_judged_as_libsodium_does(of_key, of_r):
    # The point of order eight of the list above: whoever adds multiples of it to key and R makes signatures
    # on which cofactored, cofactorless, strict and lenient verifiers differ.
    torsion = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    order = 2**252 + 27742317777372353535851937790883648493
    rng = random.Random(of_key * 8 + of_r)

    def moved(scalar, times):
        point = sodium.crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(32, "little"))
        for _ in range(times):
            point = sodium.crypto_core_ed25519_add(point, torsion)
        return point

    verdicts = set()
    for _ in range(16):
        secret, nonce, message = rng.randrange(1, order), rng.randrange(1, order), rng.randbytes(40)
        public, r = moved(secret, of_key), moved(nonce, of_r)
        hashed = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little")
        s = (nonce + hashed * secret) % order
        for scalar in (s, s + order, (s + 1) % order):
            signature = r + scalar.to_bytes(32, "little")
            verdicts.add(_alike(public, signature, message))
    assert verdicts == ({True, False} if of_r == 0 == of_key else verdicts)


def _alike(public, signature, message):
    """The verdict on a signature, which is that of libsodium."""
    try:
        sodium.crypto_sign_open(signature + message, public)
        expected = True
    except nacl.exceptions.BadSignatureError:
        expected = False
    assert PublicKey(ED25519, public).verify(signature, message) is expected
    return expected


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64), st.binary(max_size=100))
def test_ed25519_refuses_any_bytes_as_libsodium_does(public, signature, message):
    assert _alike(public, signature, message) is False


@given(st.binary(max_size=100), st.integers(0, 64 * 8 - 1))
def test_an_ed25519_signature_holds_and_with_any_bit_changed_does_not(message, bit):
    key = PrivateKey(ED25519, sodium.crypto_sign_seed_keypair(bytes(32))[1])
    signature = key.sign(message)
    public = key.public().raw
    assert _alike(public, signature, message) is True
    changed = (int.from_bytes(signature) ^ 1 << bit).to_bytes(64)
    assert _alike(public, changed, message) is False
