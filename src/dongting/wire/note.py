"""Signed notes: text signed line by line by named keys (C2SP signed-note v1.0.0).

Two signature types are spoken: 1, Ed25519 over the text; and 4, a witness's timestamped cosignature
(C2SP tlog-cosignature v1.0.0). Lines of unknown keys are kept and believed by nobody. A note has one
byte form: base64 with no second spelling, and nothing before, between or behind the lines.
Key ids are SHA-256 under every profile, because the standard says so.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dongting.errors import Code, Fault, Refused, require
from dongting.wire.keys import PublicKey, SigningKey
from dongting.wire.profile import sha256
from dongting.wire.suites import ED25519

BAD_NOTE = Code(
    "wire", 66, "bad-note",
    "This is not a signed note (C2SP signed-note): {why}. Fetch it again.",
    "这不是签名便笺（C2SP signed-note）：{why}。请重新获取。",
    status=400,
)  # fmt: skip
BAD_NOTE_KEY = Code(
    "wire", 67, "bad-note-key",
    "This is not a verifier key of the form name+id+key: {why}.",
    "这不是“名称+编号+公钥”形式的验证密钥：{why}。",
    status=400,
)  # fmt: skip
NOTE_UNSIGNED = Code(
    "wire", 68, "note-unsigned",
    "None of the expected keys signed this note; check that the right keys are configured.",
    "没有任何预期的密钥签署此便笺；请检查所配置的密钥是否正确。",
)  # fmt: skip
NOTE_FORGED = Code(
    "wire", 69, "note-signature-wrong",
    "The signature of {name} on this note is wrong; do not trust it, and fetch it again.",
    "此便笺上 {name} 的签名错误；请勿信任，并重新获取。",
)  # fmt: skip

#: Signature types (signed-note, "Signature types").
SIGNATURE, COSIGNATURE = 1, 4
MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
MAX_TIME = 2**63 - 1

_DASH = "\N{EM DASH} "
# White_Space of Unicode, spelled out, because interpreters disagree about newer versions.
_SPACES = frozenset(
    map(chr, [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029])
) | {"\u202f", "\u205f", "\u3000"}


def to_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """The bytes of standard base64, or None for any other spelling of them."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if to_base64(data) == text else None


def sound_name(name: str) -> bool:
    """Whether a key may bear this name: not empty, no spaces, no plus, no control characters."""
    return bool(name) and not any(c in _SPACES or c == "+" or c < " " for c in name)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """An Ed25519 public key, the name under which it signs, and its type: SIGNATURE or COSIGNATURE."""

    name: str
    key: PublicKey
    kind: int = SIGNATURE

    def __post_init__(self) -> None:
        if self.key.suite is not ED25519 or self.kind not in (SIGNATURE, COSIGNATURE):
            raise Fault("notes are signed with Ed25519, as type 1 or 4")
        require(sound_name(self.name), BAD_NOTE_KEY, why="its name is empty or has spaces or a plus sign")

    @property
    def id(self) -> bytes:
        """The key id, 4 bytes: a hint which key to try, never a proof."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key.raw)[:4]

    def encode(self) -> str:
        """The `vkey`: name, hexadecimal id, and base64 of type and key, joined by plus signs."""
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.kind]) + self.key.raw)}"

    def verify(self, text: str, value: bytes) -> bool:
        """Whether `value` (64 bytes; a cosignature 8 bytes of time before them) signs the text."""
        if self.kind == SIGNATURE:
            return self.key.verify(value, text.encode())
        if len(value) != 72 or int.from_bytes(value[:8]) > MAX_TIME:
            return False
        return self.key.verify(value[8:], cosigned_message(text, int.from_bytes(value[:8])))


def verifier_key(vkey: str) -> VerifierKey:
    """The key that a `vkey` encodes; refuses another spelling, a wrong id or type, and a weak key."""
    name, _, rest = vkey.partition("+")
    _, _, encoded = rest.partition("+")
    data = from_base64(encoded)
    if data is None or len(data) != 33 or data[0] not in (SIGNATURE, COSIGNATURE):
        raise Refused(BAD_NOTE_KEY, why="not an Ed25519 key of type 1 or 4")
    require(ED25519.sound(data[1:]), BAD_NOTE_KEY, why="the key is weak")
    key = VerifierKey(name, PublicKey(ED25519, data[1:]), data[0])
    require(key.encode() == vkey, BAD_NOTE_KEY, why="its id belongs to another name or key")
    return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to sign, with which key id (4 bytes), and the signature's bytes."""

    name: str
    id: bytes
    value: bytes

    def line(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {to_base64(self.id + self.value)}\n"

    @property
    def time(self) -> int:
        """When a cosignature was made, seconds since 1970; meaningless for other types."""
        return int.from_bytes(self.value[:8])


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and the signature lines under it; nothing in it is verified."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return "".join([self.text, "\n", *(signature.line() for signature in self.signatures)]).encode()

    def signed_by(self, keys: Sequence[VerifierKey]) -> list[tuple[VerifierKey, Signature]]:
        """The given keys that signed, with their signatures, in the order of the lines.

        Refuses the note if a line bears the name and id of a given key and does not verify, or if
        none of the keys signed.
        """
        found: list[tuple[VerifierKey, Signature]] = []
        for signature in self.signatures:
            named = [key for key in keys if key.id == signature.id and key.name == signature.name]
            signers = [key for key in named if key.verify(self.text, signature.value)]
            require(signers or not named, NOTE_FORGED, name=signature.name)
            found += [(key, signature) for key in signers]
        require(found, NOTE_UNSIGNED)
        return found


def cosigned_message(text: str, time: int) -> bytes:
    """What a witness signs: the note's text behind a header and its time (tlog-cosignature v1)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def sign(text: str, name: str, key: SigningKey) -> Signature:
    """An Ed25519 signature over the text of a note, under the signer's name."""
    return Signature(name, VerifierKey(name, key.public()).id, key.sign(text.encode()))


def cosign(text: str, name: str, key: SigningKey, time: int) -> Signature:
    """A witness's cosignature over the text of a checkpoint at `time`, seconds since 1970."""
    if not 0 <= time <= MAX_TIME:
        raise Fault(f"no cosignature can be dated {time}")
    value = time.to_bytes(8) + key.sign(cosigned_message(text, time))
    return Signature(name, VerifierKey(name, key.public(), COSIGNATURE).id, value)


def compose(text: str, signatures: Iterable[Signature]) -> bytes:
    """A note's bytes; refuses what `decode` would not read back."""
    data = Note(text, tuple(signatures)).encode()
    decode(data)
    return data


def decode(data: bytes) -> Note:
    """The note in these bytes; refuses every byte that the format does not foresee. Verifies nothing."""
    require(len(data) <= MAX_NOTE, BAD_NOTE, why="too long")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(BAD_NOTE, why="not UTF-8") from None
    require(not any(c < " " and c != "\n" for c in whole), BAD_NOTE, why="control characters")
    text, separator, lines = whole.rpartition("\n\n")
    require(separator and lines.endswith("\n"), BAD_NOTE, why="no text, no signatures, or no last newline")
    rows = lines[:-1].split("\n")
    require(len(rows) <= MAX_SIGNATURES, BAD_NOTE, why="too many signatures")
    return Note(text + "\n", tuple(_signature(row) for row in rows))


def _signature(row: str) -> Signature:
    name, space, encoded = row.removeprefix(_DASH).partition(" ")
    value = from_base64(encoded)
    if not (row.startswith(_DASH) and sound_name(name) and space) or value is None or len(value) < 5:
        raise Refused(BAD_NOTE, why="a signature line is malformed")
    return Signature(name, value[:4], value[4:])
