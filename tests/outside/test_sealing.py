"""What one organisation seals for another, opened by others: HPKE (RFC 9180) by Go's crypto/hpke, SM2, SM3
and SM4 (GB/T 32918, 32905, 32907) by emmansun/gmsm, AES-GCM and HKDF by Go's standard library."""

import base64
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.wire import stream
from dongting.wire.keys import PrivateKey, PublicKey
from dongting.wire.profile import INTERNATIONAL, NATIONAL, Profile
from dongting.wire.sealing import SM2_SEALING, X25519, DecryptionKey, EncryptionKey
from dongting.wire.suites import SM2

SECRET, INFO = bytes(range(32)), b"dongting/envelope/v1 0123"
PROFILES = [INTERNATIONAL, NATIONAL]


def test_a_key_sealed_by_hpke_opens_elsewhere(go: Any) -> None:
    key = DecryptionKey.generate(X25519)
    sealed = key.public().seal(SECRET, INFO)
    assert base64.b64decode(go("hpke-open", Key=key.raw, Info=INFO, Data=sealed)["Data"]) == SECRET
    assert "error" in go("hpke-open", Key=key.raw, Info=b"another", Data=sealed)


def test_a_key_sealed_by_hpke_elsewhere_opens_here(go: Any) -> None:
    key = DecryptionKey.generate(X25519)
    sealed = base64.b64decode(go("hpke-seal", Key=key.public().raw, Info=INFO, Data=SECRET)["Data"])
    assert key.open(sealed, INFO) == SECRET
    with pytest.raises(Refused):
        key.open(sealed, b"another")


def test_a_key_sealed_by_sm2_opens_elsewhere(go: Any) -> None:
    key = DecryptionKey.generate(SM2_SEALING)
    sealed = key.public().seal(SECRET, INFO)
    scalar = key.raw[64:]
    assert base64.b64decode(go("sm2-decrypt", Key=scalar, Info=INFO, Message=sealed)["Data"]) == SECRET
    assert "error" in go("sm2-decrypt", Key=scalar, Info=b"another", Message=sealed)


def coordinates(sealed: bytes) -> list[int]:
    """How many bytes the two coordinates have at the start of a sealed secret."""
    at, sizes = 3 if sealed[1] & 0x80 else 2, []
    for _ in range(2):
        assert sealed[at] == 2, "an INTEGER"
        sizes.append(sealed[at + 1])
        at += 2 + sealed[at + 1]
    return sizes


def test_coordinates_with_leading_zeros_open_elsewhere(go: Any) -> None:
    key = DecryptionKey.generate(SM2_SEALING)
    sealed = key.public().seal(SECRET, INFO)
    while min(coordinates(sealed)) > 31:
        sealed = key.public().seal(SECRET, INFO)
    opened = go("sm2-decrypt", Key=key.raw[64:], Info=INFO, Message=sealed)
    assert base64.b64decode(opened["Data"]) == SECRET


@pytest.mark.parametrize("short", [False, True], ids=["any", "leading zeros"])
def test_a_key_sealed_by_sm2_elsewhere_opens_here(go: Any, short: bool) -> None:
    key = DecryptionKey.generate(SM2_SEALING)
    answer = go("sm2-encrypt", Key=key.public().raw, Info=INFO, Message=SECRET, Short=short)
    sealed = base64.b64decode(answer["Data"])
    assert not short or min(coordinates(sealed)) < 32
    assert key.open(sealed, INFO) == SECRET
    with pytest.raises(Refused):
        DecryptionKey.generate(SM2_SEALING).open(sealed, INFO)


def test_an_encryption_key_is_the_same_point_elsewhere(go: Any) -> None:
    key = DecryptionKey.generate(SM2_SEALING)
    signed = go("sm2-sign", Key=key.raw[64:], Message=b"x")
    assert EncryptionKey(SM2_SEALING, base64.b64decode(signed["Key"])) == key.public()


@pytest.mark.parametrize("size", [0, 1, 31, 32, 61, 1000])
def test_sm2_signatures_agree_both_ways(go: Any, size: int) -> None:
    key, message = PrivateKey.generate(SM2), bytes(range(256)) * 4
    message = message[:size]
    signature, public = key.sign(message), key.public()
    assert go("sm2-verify", Key=public.raw, Message=message, Signature=signature) == {"Accepted": True}
    changed = signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]
    assert go("sm2-verify", Key=public.raw, Message=message, Signature=changed) == {"Accepted": False}
    theirs = go("sm2-sign", Key=key.raw[64:], Message=message)
    assert PublicKey(SM2, base64.b64decode(theirs["Key"])) == public
    assert public.verify(base64.b64decode(theirs["Signature"]), message)
    assert not public.verify(base64.b64decode(theirs["Signature"]), message + b"\x00")


def test_sm3_agrees(go: Any) -> None:
    messages = [b"abc"] + [b"\x5a" * size for size in range(0, 200, 7)]
    hashes = [base64.b64decode(each) for each in go("sm3", Messages=messages)["Hashes"]]
    assert hashes == [NATIONAL.hash(message) for message in messages]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 3 * 4096])
def test_an_encrypted_stream_opens_elsewhere(go: Any, profile: Profile, size: int) -> None:
    content = (b"0123456789abcdef" * 800)[:size]
    begun = stream.begin(SECRET, b"\x07" * 7, profile, 4096)
    data = b"".join(stream.encrypt(begun, [content]))
    given = {"Profile": profile.name, "Key": SECRET, "Data": data}
    assert base64.b64decode(go("stream", **given)["Data"]) == content
    assert "error" in go("stream", **{**given, "Data": data[:-1] + bytes([data[-1] ^ 1])})
    assert "error" in go("stream", **{**given, "Key": bytes(32)})
