"""Signature suites: Ed25519 (RFC 8032), ES256 (FIPS 186-5 P-256) and SM2 with SM3 (GB/T 32918.2-2016).

Each has exactly one verifier library, because two in one network could split it: vodozemac (strict
ed25519-dalek, which decides as libsodium does and takes three quarters of its time) for Ed25519, cryptography
for ES256, GmSSL for SM2; libsodium makes Ed25519 keys, judges them and signs. Each signature has one byte
form: 64 bytes, for ES256 with the lower of the two possible `s`.
"""

from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import gmssl_pyx
import nacl.bindings as sodium
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from vodozemac import Ed25519PublicKey, Ed25519Signature, KeyException, SignatureException

from dongting.errors import Code, Refused

UNKNOWN_SUITE = Code(
    "wire", 40, "unknown-suite",
    "No signature suite {name} is known; use Ed25519 (-8), ES256 (-7) or SM2.",
    "未知的签名算法 {name}；请使用 Ed25519（-8）、ES256（-7）或 SM2。",
    status=400,
)  # fmt: skip
WEAK_KEY = Code(
    "wire", 41, "weak-key",
    "This {suite} public key is weak or not a point of the curve; make a new key pair.",
    "此 {suite} 公钥强度不足或不在曲线上；请重新生成密钥对。",
    status=400,
)  # fmt: skip

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


@dataclass(frozen=True, slots=True)
class Suite:
    """One signature suite; keys and signatures are raw bytes of the sizes given here.

    `alg` is the COSE algorithm emitted, `accepted` all that are accepted (RFC 9864 renames -8 to -19
    and -7 to -9); `public_size` 32 (Ed25519) or 64 (x || y).
    """

    name: str
    alg: int
    accepted: tuple[int, ...]
    public_size: int
    verify: Callable[[bytes, bytes, bytes], bool]
    sign: Callable[[bytes, bytes], bytes]
    generate: Callable[[], bytes]
    public: Callable[[bytes], bytes]
    sound: Callable[[bytes], bool]


@lru_cache(maxsize=4096)
def _ed25519_public(public: bytes) -> Ed25519PublicKey | None:
    try:
        return Ed25519PublicKey.from_base64(b2a_base64(public)[:43].decode())
    except KeyException:  # no point of the curve
        return None


def _ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    key = _ed25519_public(public)
    if key is None:
        return False
    try:
        given = Ed25519Signature.from_base64(b2a_base64(signature)[:86].decode())
        key.verify_signature(message, given)
    except SignatureException:
        return False
    return True


def _ed25519_sign(private: bytes, message: bytes) -> bytes:
    return sodium.crypto_sign(message, private)[:64]


def _ed25519_generate() -> bytes:
    return sodium.crypto_sign_keypair()[1]


def _ed25519_sound(public: bytes) -> bool:
    return bool(sodium.crypto_core_ed25519_is_valid_point(public))


@lru_cache(maxsize=4096)
def _p256_public(public: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + public)


def _es256_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if not (0 < r < _P256_ORDER and 0 < s <= _P256_ORDER // 2):
        return False
    try:
        der = utils.encode_dss_signature(r, s)
        _p256_public(public).verify(der, message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _p256_private(private: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(private), ec.SECP256R1())


def _es256_sign(private: bytes, message: bytes) -> bytes:
    r, s = utils.decode_dss_signature(_p256_private(private).sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + min(s, _P256_ORDER - s).to_bytes(32)


def _es256_generate() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32)


def _es256_public(private: bytes) -> bytes:
    numbers = _p256_private(private).public_key().public_numbers()
    return numbers.x.to_bytes(32) + numbers.y.to_bytes(32)


def _es256_sound(public: bytes) -> bool:
    try:
        _p256_public(public)
    except ValueError:
        return False
    return True


def _sm2_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if not (0 < r < _SM2_ORDER and 0 < s < _SM2_ORDER):
        return False
    try:
        return bool(gmssl_pyx.sm2_verify(public, message, utils.encode_dss_signature(r, s)))
    except gmssl_pyx.GmsslInnerError:
        return False


def _sm2_sign(private: bytes, message: bytes) -> bytes:
    der = gmssl_pyx.sm2_sign(private[64:], private[:64], message)
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(32) + s.to_bytes(32)


def _sm2_generate() -> bytes:
    public, private = gmssl_pyx.sm2_key_generate()
    return bytes(public + private)


def _sm2_sound(public: bytes) -> bool:
    try:
        gmssl_pyx.normalize_sm2_public_key(public)
    except gmssl_pyx.GmsslInnerError:
        return False
    return True


#: Private: the 32-byte seed and the public key, as libsodium keeps them (64 bytes).
ED25519 = Suite(
    "Ed25519", -8, (-8, -19), 32,
    _ed25519_verify, _ed25519_sign, _ed25519_generate, lambda private: private[32:], _ed25519_sound,
)  # fmt: skip
#: Private: the 32-byte scalar.
ES256 = Suite(
    "ES256", -7, (-7, -9), 64, _es256_verify, _es256_sign, _es256_generate, _es256_public, _es256_sound
)
#: Private: the public key and the 32-byte scalar (96 bytes), since Z of GB/T 32918.2 needs both.
#: COSE has no number for SM2: -65601 lies in its private-use range (RFC 9053, section 8.1).
SM2 = Suite(
    "SM2", -65601, (-65601,), 64,
    _sm2_verify, _sm2_sign, _sm2_generate, lambda private: private[:64], _sm2_sound,
)  # fmt: skip

SUITES: dict[str, Suite] = {suite.name: suite for suite in (ED25519, ES256, SM2)}
SUITE_OF_ALG: dict[int, Suite] = {alg: suite for suite in SUITES.values() for alg in suite.accepted}


def suite_named(name: str) -> Suite:
    """The suite of that name (`Ed25519`, `ES256`, `SM2`); refuses an unknown one."""
    if name not in SUITES:
        raise Refused(UNKNOWN_SUITE, name=name[:40])
    return SUITES[name]
