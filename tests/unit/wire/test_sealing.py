import json
from pathlib import Path

import gmssl_pyx
import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from dongting.errors import Refused
from dongting.wire import cbor, sealing
from dongting.wire.keys import BAD_KEY, PublicKey
from dongting.wire.profile import INTERNATIONAL, NATIONAL, PROFILES, sm3
from dongting.wire.sealing import METHODS, SM2_SEALING, X25519, DecryptionKey, encryption_key
from dongting.wire.suites import ED25519, WEAK_KEY

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "sealing.json").read_text())
SECRET = bytes(range(32))
both = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def unhex(vector):
    return {name: bytes.fromhex(value) for name, value in vector.items() if name != "source"}


def test_hpke_opens_the_vector_published_with_rfc_9180():
    v = unhex(VECTORS["hpke"])
    private = DecryptionKey(X25519, v["private"])
    assert private.public().raw == v["public"]
    # The vectors carry associated data, which only the library's own tests reach.
    opened = openssl.hpke._decrypt_with_aad(
        sealing._HPKE,
        v["enc"] + v["ciphertext"],
        X25519PrivateKey.from_private_bytes(v["private"]),
        v["info"],
        v["aad"],
    )
    assert opened == v["plaintext"]


def test_sm2_opens_the_example_of_gb_t_32918_5():
    v = unhex(VECTORS["sm2"])
    for piece in ("x", "y", "hash", "ciphertext"):
        assert v[piece] in v["der"]
    assert gmssl_pyx.sm2_decrypt(v["private"], v["der"]) == v["plaintext"]


def test_sm2_binds_info_as_a_hash_before_the_secret():
    private = DecryptionKey.generate(SM2_SEALING)
    sealed = private.public().seal(SECRET, b"purpose")
    assert gmssl_pyx.sm2_decrypt(private.raw[64:], sealed) == sm3(b"purpose") + SECRET


@both
def test_a_secret_opens_with_its_key_and_info_only(method):
    private, other = DecryptionKey.generate(method), DecryptionKey.generate(method)
    sealed = private.public().seal(SECRET, b"purpose")
    assert private.open(sealed, b"purpose") == SECRET
    for key, info in ((private, b"other"), (private, b""), (other, b"purpose")):
        with pytest.raises(Refused) as refused:
            key.open(sealed, info)
        assert refused.value.code is sealing.CANNOT_OPEN


@both
def test_a_change_of_any_sealed_byte_or_of_its_length_is_refused(method, capfd):
    private = DecryptionKey.generate(method)
    sealed = private.public().seal(SECRET, b"purpose")
    changed = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    for bytes_ in (*changed, b"", sealed[:-1], sealed[1:], sealed + b"\0"):
        with pytest.raises(Refused):
            private.open(bytes_, b"purpose")


@both
def test_secrets_of_one_and_of_128_bytes_pass_and_others_are_refused(method):
    private = DecryptionKey.generate(method)
    for size in (1, 128):
        assert private.open(private.public().seal(bytes(size), b""), b"") == bytes(size)
    for size in (0, 129):
        with pytest.raises(Refused) as refused:
            private.public().seal(bytes(size), b"")
        assert refused.value.code is sealing.SECRET_SIZE


@both
def test_sealing_twice_gives_different_bytes(method):
    public = DecryptionKey.generate(method).public()
    assert public.seal(SECRET, b"") != public.seal(SECRET, b"")


@both
def test_cose_key_round_trips(method):
    public = DecryptionKey.generate(method).public()
    assert encryption_key(public.cose()) == public
    assert public.thumbprint(INTERNATIONAL) == INTERNATIONAL.hash(public.cose())


def test_cose_key_of_x25519_is_the_agreed_map():
    public = DecryptionKey.generate(X25519).public()
    assert public.cose() == cbor.encode({1: 1, -1: 4, -2: public.raw})


@pytest.mark.parametrize(
    "key",
    [
        7,
        {},
        {1: 1, -1: 4},
        {1: 1, -1: 4, -2: bytes(31)},
        {1: 1, -1: 4, -2: "x" * 32},
        {1: 1, -1: 4, -2: b"\x09" + bytes(31), 2: b"kid"},
        {1: 1, -1: [4], -2: bytes(32)},
        {1: 2, -1: -65601, -2: bytes(32)},
    ],
)
def test_malformed_cose_keys_are_refused(key):
    with pytest.raises(Refused) as refused:
        encryption_key(cbor.encode(key))
    assert refused.value.code is BAD_KEY


def test_a_signing_key_is_no_encryption_key():
    signing = PublicKey(ED25519, ED25519.public(ED25519.generate()))
    with pytest.raises(Refused) as refused:
        encryption_key(signing.cose())
    assert refused.value.code is BAD_KEY


@pytest.mark.parametrize(
    "point",
    [
        bytes(32),
        b"\x01" + bytes(31),
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        (2**255 - 20).to_bytes(32, "little"),
        (2**255 - 19 + 9).to_bytes(32, "little"),
        (2**255 + 9).to_bytes(32, "little"),
    ],
)
def test_small_order_and_non_canonical_x25519_points_are_refused(point):
    with pytest.raises(Refused) as refused:
        encryption_key(cbor.encode({1: 1, -1: 4, -2: point}))
    assert refused.value.code is WEAK_KEY


def test_an_sm2_point_off_the_curve_is_refused():
    with pytest.raises(Refused) as refused:
        encryption_key(cbor.encode({1: 2, -1: -65601, -2: bytes(32), -3: b"\x01" * 32}))
    assert refused.value.code is WEAK_KEY


def test_each_profile_takes_keys_of_its_own_method_only():
    assert {name: sealing.method_for(p).name for name, p in PROFILES.items()} == {
        "international": "X25519",
        "national": "SM2",
    }
    for profile, wrong in ((INTERNATIONAL, SM2_SEALING), (NATIONAL, X25519)):
        with pytest.raises(Refused) as refused:
            sealing.sealing_key(DecryptionKey.generate(wrong).public().cose(), profile)
        assert refused.value.code is sealing.OTHER_METHOD


@both
def test_a_private_key_never_prints_itself(method):
    private = DecryptionKey.generate(method)
    assert private.raw.hex() not in repr(private)
    assert repr(private.raw) not in repr(private)
