"""A statement: one action, signed; a COSE_Sign1 (RFC 9052, section 4.2) and a SCITT Signed Statement.

Protected header: `alg`, content type, `kid` (RFC 9679), CWT claims (RFC 9597; RFC 8392) with `iss`,
`sub`, `aud`, `exp`, `iat`, `cti` and the action under a private claim. The payload is the action's
arguments as canonical JSON. **One byte form per statement**, else a relay could change leaves of the
log: `decode` reads the outer form and the protected header front to back, accepts only what `build`
writes there, and re-encodes the payload.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec

from dongting.errors import Code, Refused
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
_EMPTY_MAP = b"\xa0"
_COUNT = (b"\xa6", b"\xa7")  # a map of the claims, without `exp` and with it
_SIGNATURE_HEAD = b"\x58\x40"  # a byte string of 64
_SIGNATURE_SIZE = 66  # with its head


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


def to_be_signed(data: bytes) -> bytes:
    """The Sig_structure of an encoded statement (RFC 9052, section 4.4)."""
    if data[2] < 0x58:  # a header shorter than any statement's, as in the published examples
        begin, size = 3, data[2] - 0x40
    else:
        begin = 4 if data[2] == 0x58 else 5  # nor has any more than 65,535 bytes
        size = int.from_bytes(data[3:begin])
    end = begin + size
    return _SIGN1 + data[2:end] + _NO_EXTERNAL + data[end + 1 : -_SIGNATURE_SIZE]


def is_to_be_signed(message: bytes) -> bool:
    """Whether these bytes begin as the Sig_structure of a COSE_Sign1 does."""
    return message.startswith(_SIGN1)


def completed(message: bytes, signature: bytes) -> bytes:
    """The encoded statement of a Sig_structure and the signature over it: the way back of `to_be_signed`.

    Whether it is a statement at all shows when it is decoded.
    """
    begin = len(_SIGN1)
    head = {0x58: 2, 0x59: 3}.get(message[begin] if len(message) > begin else 0, 1)
    size = int.from_bytes(message[begin + 1 : begin + head]) if head > 1 else 0
    end = begin + head + size
    return _OPENING + message[begin:end] + _EMPTY_MAP + message[end + 1 :] + _SIGNATURE_HEAD + signature


def _text(name: bytes, limit: int) -> bytes:
    """The pattern of printable ASCII behind the head of its length; no label of a claim is printable."""
    return rb"(x.|[a-w])(?P<%b>[ -~]{1,%d})" % (name, limit)


_STRING_HEAD = rb"([\x40-\x57]|\x58.|\x59..)"
_UNSIGNED = rb"([\x00-\x17]|\x18.|\x19..|\x1a.{4}|\x1b.{8})"
_TO_ISSUER = (
    _OPENING + _STRING_HEAD + rb"\xa4\x01([\x20-\x37]|\x38.|\x39..|\x3a.{4})"
    rb"\x03\x70" + re.escape(CONTENT_TYPE.encode()) + rb"\x04\x58\x20(.{32})"
    rb"\x0f([\xa6\xa7])\x01" + _text(b"issuer", 64)
)  # fmt: skip
_ISSUER = re.compile(_TO_ISSUER + rb"\x02", re.DOTALL)
#: A statement up to its payload. The shape is fixed, so that reading it by a pattern is both stricter and
#: several times faster than decoding any CBOR. Open is then whether lengths and numbers are as they must be.
_SHAPE = re.compile(
    _TO_ISSUER + rb"\x02" + _text(b"subject", 160)
    + rb"\x03" + _text(b"network", 64) + rb"(?:\x04" + _UNSIGNED + rb")?\x06" + _UNSIGNED
    + rb"\x07\x50(.{16})" + re.escape(encode(ACTION)) + _text(b"action", 80) + _EMPTY_MAP + _STRING_HEAD,
    re.DOTALL,
)  # fmt: skip
_ALGS = {encode(alg): alg for alg in SUITE_OF_ALG}
_TEXT_HEADS = [encode("x" * size)[: -size or None] for size in range(161)]
#: The least number that is spelt in so many bytes, its head included.
_LEAST = {2: 24, 3: 1 << 8, 5: 1 << 16, 9: 1 << 32}


@lru_cache(maxsize=4096)
def _string_head(size: int) -> bytes:
    """How a byte string of so many bytes begins."""
    if size < 24:
        return bytes([0x40 + size])
    return bytes([0x58, size]) if size < 256 else b"\x59" + size.to_bytes(2)


def _seconds(spelt: bytes) -> int:
    """The number spelt so; refuses any other than its shortest form, and one beyond 2^53-1."""
    if len(spelt) == 1:
        return spelt[0]
    value = int.from_bytes(spelt[1:])
    if not _LEAST[len(spelt)] <= value <= jcs.MAX_SAFE_INTEGER:
        raise _malformed("a time lies beyond 2^53-1 or is not in its shortest form")
    return value


def _header(alg: int, kid: bytes, claims: dict[int, Any]) -> bytes:
    """The protected header; keys are written in the bytewise order that RFC 8949, 4.2.1 asks for."""
    return encode({ALG: alg, CONTENT: CONTENT_TYPE, KID: kid, CLAIMS: claims})


def decode(data: bytes, profile: Profile) -> Statement:
    """The statement in these bytes; refuses every other byte form. The signature is not looked at yet."""
    statement = opened(data, profile)
    check_arguments(statement)
    return statement


def claimed_issuer(data: bytes) -> str | None:
    """The issuer that these bytes name; None when they are no statement. Nothing of it is verified."""
    found = _ISSUER.match(data)
    return None if found is None else found["issuer"].decode()


def check_arguments(statement: Statement) -> None:
    """Refuse arguments that are no JSON object in canonical form."""
    if type(jcs.decode(statement.payload)) is not dict:
        raise _malformed("the arguments must be a JSON object")


def opened(data: bytes, profile: Profile) -> Statement:
    """The statement in these bytes before its arguments are checked, which takes a hundred times as long as
    the rest: whoever takes statements from strangers verifies the signature in between."""
    if len(data) > MAX_STATEMENT:
        raise Refused(TOO_LARGE, size=len(data))
    found = _SHAPE.match(data)
    if found is None:
        raise _malformed("it does not begin as COSE_Sign1 with the header and the claims of a statement")
    (
        header_head, alg, kid, count, issuer_head, issuer, subject_head, subject, network_head, network,
        exp, iat, nonce, action_head, action, payload_head,
    ) = found.groups()  # fmt: skip
    end = found.end()
    payload = data[end:-_SIGNATURE_SIZE]
    heads = (
        header_head, count, issuer_head, subject_head, network_head, action_head, payload_head,
        data[end + len(payload) : -64],
    )  # fmt: skip
    if heads != (
        _string_head(found.end("action") - 2 - len(header_head)), _COUNT[exp is not None],
        _TEXT_HEADS[len(issuer)], _TEXT_HEADS[len(subject)], _TEXT_HEADS[len(network)],
        _TEXT_HEADS[len(action)], _string_head(len(payload)), _SIGNATURE_HEAD,
    ):  # fmt: skip
        raise _malformed("a length is not in its shortest form, or not that of what follows it")
    if alg not in _ALGS:
        raise _malformed("its alg is unknown")
    return Statement(
        data, profile.hash(b"\x00" + data), issuer.decode(), subject.decode(), network.decode(),
        action.decode(), _seconds(iat), None if exp is None else _seconds(exp), nonce, kid,
        _ALGS[alg], payload,
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
    unsigned = _OPENING + encode(header) + _EMPTY_MAP + encode(jcs.encode(arguments))
    signature = key.sign(to_be_signed(unsigned + _SIGNATURE_HEAD + bytes(64)))
    data = unsigned + _SIGNATURE_HEAD + signature
    decode(data, profile)
    return data
