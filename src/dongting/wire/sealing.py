"""Sealing a small secret (a data key) to an organisation's encryption key, by the network's profile.

- *international*: HPKE (RFC 9180) base mode, single shot (section 6.1): DHKEM(X25519, HKDF-SHA256),
  HKDF-SHA256, AES-256-GCM; sealed bytes are `enc` (32) then the ciphertext (secret + 16).
- *national*: SM2 public key encryption (GB/T 32918.4-2016, clauses 6 and 7), order C1C3C2, as the DER
  sequence of GB/T 35276-2017 (GM/T 0009-2012, clause 7.2). The standard has no associated data, so
  what is encrypted is SM3(info) followed by the secret, and opening compares it.

`info` names what the secret is for: sealed bytes open only under the same `info`. Sealing draws its
ephemeral key inside the library; nothing that the ledger executes seals or opens.
"""

from collections.abc import Callable
from dataclasses import dataclass

import gmssl_pyx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from dongting.errors import Code, Refused, require
from dongting.wire import cbor, suites
from dongting.wire.keys import BAD_KEY, CRV, KTY, X, Y
from dongting.wire.profile import Profile, sm3
from dongting.wire.suites import WEAK_KEY

MAX_SECRET = 128  # bytes; SM2 by GmSSL takes 255 with the 32 of the bound hash

CANNOT_OPEN = Code(
    "wire", 85, "cannot-open-sealed",
    "This sealed key does not open with the key {key}: it was sealed to another key, for another "
    "purpose, or was damaged. Ask the holder to seal it again to your current encryption key.",
    "此封装密钥无法用密钥 {key} 打开：它封装给了其他密钥、用于其他用途，或已损坏。"
    "请让持有方用您当前的加密密钥重新封装。",
)  # fmt: skip
SECRET_SIZE = Code(
    "wire", 86, "secret-size",
    "A secret to seal has 1 to 128 bytes, not {size}.",
    "待封装的秘密应为 1 至 128 字节，而不是 {size} 字节。",
)  # fmt: skip
OTHER_METHOD = Code(
    "wire", 87, "other-sealing-method",
    "A network of the {profile} profile seals to {wanted} keys, not {given}. "
    "Register a {wanted} encryption key.",
    "{profile} 配置的网络使用 {wanted} 加密密钥，而不是 {given}。请登记 {wanted} 加密密钥。",
)  # fmt: skip

_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_OKP, _EC2, _CURVE_X25519 = 1, 2, 4  # RFC 9053, section 7


@dataclass(frozen=True, slots=True)
class Method:
    """One way to seal; keys, secrets and sealed bytes are raw, `public_size` 32 or 64 (x || y).

    `open` gives None where the bytes do not open; `sound` says whether a public key may be used.
    """

    name: str
    public_size: int
    private_size: int
    seal: Callable[[bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes], bytes | None]
    generate: Callable[[], bytes]
    public: Callable[[bytes], bytes]
    sound: Callable[[bytes], bool]


def _x25519_seal(public: bytes, secret: bytes, info: bytes) -> bytes:
    return _HPKE.encrypt(secret, X25519PublicKey.from_public_bytes(public), info=info)


def _x25519_open(private: bytes, sealed: bytes, info: bytes) -> bytes | None:
    try:
        return _HPKE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info=info)
    except (InvalidTag, ValueError):
        return None


def _x25519_public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _x25519_sound(public: bytes) -> bool:
    # RFC 7748, section 6.1: a point of small order gives the all-zero secret with every private key.
    # One byte form only (RFC 7748, section 5, lets decoders mask and reduce): else a key has two names.
    if int.from_bytes(public, "little") >= 2**255 - 19:
        return False
    try:
        X25519PrivateKey.from_private_bytes(b"\x01" * 32).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return False
    return True


def _sm2_seal(public: bytes, secret: bytes, info: bytes) -> bytes:
    return bytes(gmssl_pyx.sm2_encrypt(public, sm3(info) + secret))


def _sm2_open(private: bytes, sealed: bytes, info: bytes) -> bytes | None:
    try:
        opened = gmssl_pyx.sm2_decrypt(private[64:], sealed)
    except gmssl_pyx.GmsslInnerError:
        return None
    return bytes(opened[32:]) if opened[:32] == sm3(info) else None


#: Private: 32 bytes.
X25519 = Method(
    "X25519", 32, 32, _x25519_seal, _x25519_open,
    lambda: X25519PrivateKey.generate().private_bytes_raw(), _x25519_public, _x25519_sound,
)  # fmt: skip
#: Private: the public key and the 32-byte scalar (96 bytes), as for SM2 signatures.
SM2_SEALING = Method(
    "SM2", 64, 96, _sm2_seal, _sm2_open, suites.SM2.generate, suites.SM2.public, suites.SM2.sound
)
METHODS: dict[str, Method] = {method.name: method for method in (X25519, SM2_SEALING)}
_METHOD_OF_PROFILE = {"international": X25519, "national": SM2_SEALING}
_CURVES = {(_OKP, _CURVE_X25519): X25519, (_EC2, suites.SM2.alg): SM2_SEALING}
_SHAPES = {method.name: shape for shape, method in _CURVES.items()}


def method_for(profile: Profile) -> Method:
    """How a network of this profile seals."""
    return _METHOD_OF_PROFILE[profile.name]


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A public encryption key: anybody seals to it, its holder opens."""

    method: Method
    raw: bytes

    def cose(self) -> bytes:
        """The COSE_Key with only the parameters that its type requires, deterministically encoded."""
        kty, crv = _SHAPES[self.method.name]
        key: dict[int, int | bytes] = {KTY: kty, CRV: crv, X: self.raw[:32]}
        if kty == _EC2:
            key[Y] = self.raw[32:]
        return cbor.encode(key)

    def thumbprint(self, profile: Profile) -> bytes:
        """RFC 9679 under the profile's hash; 32 bytes."""
        return profile.hash(self.cose())

    def seal(self, secret: bytes, info: bytes) -> bytes:
        """The secret (1 to 128 bytes), readable by the key's holder only, and only under this `info`."""
        require(1 <= len(secret) <= MAX_SECRET, SECRET_SIZE, size=len(secret))
        return self.method.seal(self.raw, secret, info)


@dataclass(frozen=True, slots=True, repr=False)
class DecryptionKey:
    """A private encryption key in the method's own form; it never prints itself."""

    method: Method
    raw: bytes

    @classmethod
    def generate(cls, method: Method) -> "DecryptionKey":
        """A new key from the system's randomness."""
        return cls(method, method.generate())

    def public(self) -> EncryptionKey:
        """The public key that belongs to it."""
        return EncryptionKey(self.method, self.method.public(self.raw))

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """The secret in these sealed bytes; refuses them under another key or another `info`."""
        secret = self.method.open(self.raw, sealed, info)
        if secret is None:
            raise Refused(CANNOT_OPEN, key=self.public().raw.hex()[:16])
        return secret


def encryption_key(cose: bytes) -> EncryptionKey:
    """The encryption key in these COSE_Key bytes; refuses unknown types, other byte forms and weak keys."""
    key = cbor.decode(cose)
    require(isinstance(key, dict), BAD_KEY, why="not a map")
    shape = (key.get(KTY), key.get(CRV))
    method = _CURVES.get(shape) if all(type(part) is int for part in shape) else None
    if method is None:
        raise Refused(BAD_KEY, why="not the type and curve of an encryption key (X25519 or SM2)")
    names = {KTY, CRV, X} if method is X25519 else {KTY, CRV, X, Y}
    require(set(key) == names, BAD_KEY, why="parameters beyond those required, or too few")
    points = [key[name] for name in (X, Y) if name in names]
    require(
        all(type(p) is bytes and len(p) == 32 for p in points), BAD_KEY, why="a coordinate is not 32 bytes"
    )
    raw = b"".join(points)
    require(method.sound(raw), WEAK_KEY, suite=method.name)
    return EncryptionKey(method, raw)


def sealing_key(cose: bytes, profile: Profile) -> EncryptionKey:
    """The encryption key in these bytes; refuses one that this profile does not seal to."""
    key = encryption_key(cose)
    wanted = method_for(profile)
    require(
        key.method is wanted, OTHER_METHOD, profile=profile.name, wanted=wanted.name, given=key.method.name
    )
    return key
