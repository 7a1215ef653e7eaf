"""Signing keys as COSE_Key (RFC 9052, section 7; RFC 9053, section 7) and their thumbprints (RFC 9679).

A key id is always the thumbprint: the profile's hash of the deterministic encoding of the required
parameters, so that a key id can never name two keys.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Protocol

from dongting.errors import Code, Refused, require
from dongting.wire import cbor
from dongting.wire.profile import Profile
from dongting.wire.suites import ED25519, ES256, SM2, WEAK_KEY, Suite

BAD_KEY = Code(
    "wire", 42, "bad-key",
    "This is not a COSE_Key of a known signature suite: {why}.",
    "这不是已知签名算法的 COSE_Key：{why}。",
    status=400,
)  # fmt: skip
BAD_BASE64 = Code(
    "wire", 43, "bad-base64",
    "This is not base64url without padding (RFC 4648, section 5).",
    "这不是无填充的 base64url 编码（RFC 4648 第 5 节）。",
    status=400,
)  # fmt: skip

KTY, CRV, X, Y = 1, -1, -2, -3
_OKP, _EC2 = 1, 2
_CURVES: dict[tuple[int, int], Suite] = {(_OKP, 6): ED25519, (_EC2, 1): ES256, (_EC2, SM2.alg): SM2}
_SHAPES = {suite.name: shape for shape, suite in _CURVES.items()}


def to_base64(data: bytes) -> str:
    """base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes of unpadded base64url; refuses any other spelling of them."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Refused(BAD_BASE64) from None
    require(to_base64(data) == text, BAD_BASE64)
    return data


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its suite and its raw bytes (Ed25519 32, others x || y of 64)."""

    suite: Suite
    raw: bytes

    def cose(self) -> bytes:
        """The COSE_Key with only the parameters that its type requires, deterministically encoded."""
        kty, crv = _SHAPES[self.suite.name]
        key: dict[int, int | bytes] = {KTY: kty, CRV: crv, X: self.raw[:32]}
        if kty == _EC2:
            key[Y] = self.raw[32:]
        return cbor.encode(key)

    def thumbprint(self, profile: Profile) -> bytes:
        """RFC 9679 under the profile's hash; 32 bytes."""
        return profile.hash(self.cose())

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key signed exactly this message with exactly these 64 bytes."""
        return len(signature) == 64 and self.suite.verify(self.raw, signature, message)


class SigningKey(Protocol):
    """Something that signs as one key: a key in memory, in a keystore, or behind PKCS#11."""

    @property
    def suite(self) -> Suite: ...

    def public(self) -> PublicKey:
        """The public key that belongs to it."""
        ...

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """A private key in the suite's own form; it never prints itself."""

    suite: Suite
    raw: bytes

    @classmethod
    def generate(cls, suite: Suite) -> "PrivateKey":
        """A new key from the system's randomness."""
        return cls(suite, suite.generate())

    def public(self) -> PublicKey:
        """The public key that belongs to it."""
        return PublicKey(self.suite, self.suite.public(self.raw))

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self.suite.sign(self.raw, message)


def public_key(cose: bytes) -> PublicKey:
    """The public key in these COSE_Key bytes; refuses unknown types, other byte forms and weak keys."""
    key = cbor.decode(cose)
    require(isinstance(key, dict), BAD_KEY, why="not a map")
    shape = (key.get(KTY), key.get(CRV))
    # A list here would not hash, and true would pass for 1.
    suite = _CURVES.get(shape) if all(type(part) is int for part in shape) else None
    if suite is None:
        raise Refused(BAD_KEY, why="unknown key type or curve")
    names = {KTY, CRV, X} if suite is ED25519 else {KTY, CRV, X, Y}
    require(set(key) == names, BAD_KEY, why="parameters beyond those required, or too few")
    points = [key[name] for name in (X, Y) if name in names]
    require(
        all(type(p) is bytes and len(p) == 32 for p in points), BAD_KEY, why="a coordinate is not 32 bytes"
    )
    raw = b"".join(points)
    require(suite.sound(raw), WEAK_KEY, suite=suite.name)
    return PublicKey(suite, raw)
