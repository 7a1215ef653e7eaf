"""A statement: one action, signed; a COSE_Sign1 (RFC 9052, section 4.2) and a SCITT Signed Statement.

Protected header: `alg`, content type, `kid` (RFC 9679), CWT claims (RFC 9597; RFC 8392) with `iss`,
`sub`, `aud`, `exp`, `iat`, `cti` and the action under a private claim. The payload is the action's
arguments as canonical JSON. **One byte form per statement**, else a relay could change leaves of the
log: `decode` reads the outer form and the protected header front to back, accepts only what `build`
writes there, and re-encodes the payload.
"""

from typing import Any, NamedTuple

import cbor2
import msgspec

from dongting.errors import Code, Refused, require
from dongting.wire import jcs
from dongting.wire.cbor import encode
from dongting.wire.keys import PublicKey, SigningKey
from dongting.wire.profile import Profile
from dongting.wire.suites import SUITE_OF_ALG

MAX_STATEMENT = 61_440  # 60 KiB: an entry bundle of the log gives a leaf 16 bits of length
MAX_LIFETIME = 600  # seconds after `iat` in which a statement can be accepted
MAX_AHEAD = 30  # seconds by which `iat` may lie ahead of the block's time
CONTENT_TYPE = "application/json"

ALG, CONTENT, KID, CLAIMS = 1, 3, 4, 15
ISS, SUB, AUD, EXP, IAT, CTI = 1, 2, 3, 4, 6, 7
ACTION = -65537  # private use (RFC 8392, section 9.1): the action as `app/action`

MALFORMED = Code(
    "wire", 12, "malformed-statement",
    "These bytes are not a statement in its one byte form: {why}. Build it again with the client.",
    "这些字节不是唯一编码形式的声明：{why}。请用客户端重新生成。",
    status=400,
)  # fmt: skip
TOO_LARGE = Code(
    "wire", 13, "statement-too-large",
    "A statement has at most 61,440 bytes, this one has {size}; move long text into a part or a file.",
    "一条声明最多 61440 字节，本条为 {size} 字节；请将长文本放入附件或文件。",
    status=413,
)  # fmt: skip
BAD_SIGNATURE = Code(
    "wire", 14, "bad-signature",
    "The signature does not belong to these bytes and this key; sign again with the registered key.",
    "签名与内容或密钥不符；请用已登记的密钥重新签名。",
    status=401,
)  # fmt: skip

_OPENING = b"\xd2\x84"  # tag 18, an array of four
_SIGN1 = b"\x84\x6aSignature1"  # RFC 9052, section 4.4: context, body_protected, external_aad, payload
_NO_EXTERNAL = b"\x40"
_EMPTY_MAP = 0xA0
_SIGNATURE_HEAD = b"\x58\x40"  # a byte string of 64


class Statement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A decoded statement: its exact bytes, its claims, and `leaf`, its leaf hash in the log (32 bytes).

    Times are whole seconds since 1970; `nonce` is the claim `cti`, 16 bytes; `kid` 32 bytes.
    """

    data: bytes
    leaf: bytes
    issuer: str
    subject: str
    network: str
    action: str
    issued: int
    expires: int | None
    nonce: bytes
    kid: bytes
    alg: int
    payload: bytes

    def last_moment(self) -> int:
        """The last block time at which it can be accepted."""
        limit = self.issued + MAX_LIFETIME
        return limit if self.expires is None else min(limit, self.expires)

    def verify(self, key: PublicKey) -> bool:
        """Whether `key` has this statement's key id's suite and made its signature."""
        if SUITE_OF_ALG[self.alg] is not key.suite:
            return False
        return key.verify(self.data[-64:], to_be_signed(self.data))


def _malformed(why: str) -> Refused:
    return Refused(MALFORMED, why=why)


class _Frame(NamedTuple):
    protected: bytes
    payload: bytes
    protected_end: int
    payload_end: int


def _string_at(data: bytes, start: int) -> tuple[int, int]:
    """Where the contents of the byte string at `start` begin and end; only shortest lengths are accepted."""
    head = data[start]
    if 0x40 <= head <= 0x57:
        begin, size = start + 1, head - 0x40
    elif head == 0x58 and data[start + 1] >= 24:
        begin, size = start + 2, data[start + 1]
    elif head == 0x59 and data[start + 1]:
        begin, size = start + 3, data[start + 1] << 8 | data[start + 2]
    else:
        raise Refused(MALFORMED, why="a byte string is missing or its length is not in its shortest form")
    return begin, begin + size


def _frame(data: bytes) -> _Frame:
    try:
        if data[:2] != _OPENING:
            raise _malformed("it does not begin as COSE_Sign1 (tag 18, four items)")
        begin, protected_end = _string_at(data, 2)
        if data[protected_end] != _EMPTY_MAP:
            raise _malformed("the unprotected header must be empty")
        start, payload_end = _string_at(data, protected_end + 1)
    except IndexError:
        raise _malformed("it is cut short") from None
    if data[payload_end : payload_end + 2] != _SIGNATURE_HEAD or len(data) != payload_end + 66:
        raise _malformed("the signature must have 64 bytes and nothing may follow it")
    return _Frame(data[begin:protected_end], data[start:payload_end], protected_end, payload_end)


def to_be_signed(data: bytes) -> bytes:
    """The Sig_structure of an encoded statement (RFC 9052, section 4.4)."""
    frame = _frame(data)
    head = data[2 : frame.protected_end]
    return _SIGN1 + head + _NO_EXTERNAL + data[frame.protected_end + 1 : frame.payload_end]


class _Claims(NamedTuple):
    alg: int
    kid: bytes
    issuer: str
    subject: str
    network: str
    expires: int | None
    issued: int
    nonce: bytes
    action: str


_CONTENT_AND_KID = b"\x03\x70" + CONTENT_TYPE.encode() + b"\x04\x58\x20"
_ALGS = {cbor2.dumps(alg): alg for alg in SUITE_OF_ALG}
_NONCE_HEAD = bytes([CTI, 0x50])  # a byte string of 16
_ACTION_HEAD = cbor2.dumps(ACTION)


def _text(data: bytes, at: int, label: int, limit: int) -> tuple[str, int]:
    """A claim of printable ASCII behind its one-byte label, and where it ends."""
    head = data[at + 1]
    if data[at] != label:
        raise _malformed(f"claim {label} is missing or misplaced in the protected header")
    if 0x60 < head < 0x78:
        start, size = at + 2, head - 0x60
    elif head == 0x78 and data[at + 2] >= 24:
        start, size = at + 3, data[at + 2]
    else:
        raise _malformed(f"claim {label} is no text, or its length is not in its shortest form")
    text = data[start : start + size]
    if size > limit or len(text) != size or not text.isascii():
        raise _malformed(f"claim {label} must have 1 to {limit} characters of printable ASCII")
    value = text.decode("ascii")
    if not value.isprintable():
        raise _malformed(f"claim {label} must have 1 to {limit} characters of printable ASCII")
    return value, start + size


def _seconds(data: bytes, at: int, label: int) -> tuple[int, int]:
    """A claim of whole seconds behind its one-byte label, in its shortest form, and where it ends."""
    head = data[at + 1]
    if data[at] != label:
        raise _malformed(f"claim {label} is missing or misplaced in the protected header")
    if head < 24:
        return head, at + 2
    if not 24 <= head <= 27:
        raise _malformed(f"claim {label} is not a whole number")
    size = 1 << head - 24
    end = at + 2 + size
    value = int.from_bytes(data[at + 2 : end])
    if value < (24, 1 << 8, 1 << 16, 1 << 32)[head - 24] or value > jcs.MAX_SAFE_INTEGER or end > len(data):
        raise _malformed(f"claim {label} lies beyond 2^53-1 or is not in its shortest form")
    return value, end


def _claims(protected: bytes) -> _Claims:
    """What a protected header says; refuses every other spelling of it.

    The header's shape is fixed, so reading it once front to back is both stricter and several times
    faster than decoding any CBOR, checking it and encoding it again.
    """
    try:
        return _read_claims(protected)
    except IndexError:
        raise _malformed("the protected header is cut short") from None


def _read_claims(data: bytes) -> _Claims:
    end = data.find(_CONTENT_AND_KID, 2, 8 + len(_CONTENT_AND_KID))
    alg = _ALGS.get(data[2:end]) if end > 0 and data[:2] == b"\xa4\x01" else None
    if alg is None:
        raise _malformed("its alg is unknown, or content type application/json does not follow")
    start = end + len(_CONTENT_AND_KID)
    at = start + 32
    kid = data[start:at]
    count = data[at + 1]
    if data[at] != CLAIMS or count not in (0xA6, 0xA7):
        raise _malformed("six or seven CWT claims must follow the kid of 32 bytes")
    issuer, at = _text(data, at + 2, ISS, 64)
    subject, at = _text(data, at, SUB, 160)
    network, at = _text(data, at, AUD, 64)
    expires = None
    if count == 0xA7:
        expires, at = _seconds(data, at, EXP)
    issued, at = _seconds(data, at, IAT)
    nonce = data[at + 2 : at + 18]
    at += 18
    if data[at - 18 : at - 16] != _NONCE_HEAD or data[at : at + 4] != _ACTION_HEAD[:4]:
        raise _malformed("cti must be 16 bytes, and the action must follow it")
    action, at = _text(data, at + 4, _ACTION_HEAD[4], 80)
    if at != len(data):
        raise _malformed("something follows the claims in the protected header")
    return _Claims(alg, kid, issuer, subject, network, expires, issued, nonce, action)


def _header(alg: int, kid: bytes, claims: dict[int, Any]) -> bytes:
    """The protected header; keys are written in the bytewise order that RFC 8949, 4.2.1 asks for."""
    return encode({ALG: alg, CONTENT: CONTENT_TYPE, KID: kid, CLAIMS: claims})


def decode(data: bytes, profile: Profile) -> Statement:
    """The statement in these bytes; refuses every other byte form. The signature is not looked at yet."""
    statement = opened(data, profile)
    check_arguments(statement)
    return statement


def check_arguments(statement: Statement) -> None:
    """Refuse arguments that are no JSON object in canonical form."""
    if type(jcs.decode(statement.payload)) is not dict:
        raise _malformed("the arguments must be a JSON object")


def opened(data: bytes, profile: Profile) -> Statement:
    """The statement in these bytes before its arguments are checked, which takes a hundred times as long as
    the rest: whoever takes statements from strangers verifies the signature in between."""
    require(len(data) <= MAX_STATEMENT, TOO_LARGE, size=len(data))
    frame = _frame(data)
    claims = _claims(frame.protected)
    return Statement(
        data, profile.hash(b"\x00" + data), claims.issuer, claims.subject, claims.network, claims.action,
        claims.issued, claims.expires, claims.nonce, claims.kid, claims.alg, frame.payload,
    )  # fmt: skip


def build(
    key: SigningKey,
    profile: Profile,
    *,
    issuer: str,
    network: str,
    action: str,
    subject: str,
    arguments: Any,
    issued: int,
    nonce: bytes,
    expires: int | None = None,
) -> bytes:
    """Sign one action; the bytes of the statement.

    `arguments` is a dictionary or struct of the action's arguments, `issued` and `expires` are seconds
    since 1970, `nonce` 16 random bytes that the caller draws. Refuses what `decode` would refuse.
    """
    claims: dict[int, Any] = {
        ISS: issuer,
        SUB: subject,
        AUD: network,
        IAT: issued,
        CTI: nonce,
        ACTION: action,
    }
    if expires is not None:
        claims[EXP] = expires
    header = _header(key.suite.alg, key.public().thumbprint(profile), claims)
    unsigned = _OPENING + encode(header) + bytes([_EMPTY_MAP]) + encode(jcs.encode(arguments))
    signature = key.sign(to_be_signed(unsigned + _SIGNATURE_HEAD + bytes(64)))
    data = unsigned + _SIGNATURE_HEAD + signature
    decode(data, profile)
    return data
