"""Checkpoints: the signed size and root of a log (C2SP tlog-checkpoint v1.0.0), cosigned by witnesses.

A checkpoint is a note of exactly three lines: origin, size, root in base64; extension lines are
refused, because no monitor can audit them. A log key signs under the origin as its name. How many
signatures are enough is for the caller to judge; one log key is the least that `verify` accepts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dongting.errors import Code, Refused, require
from dongting.wire import note
from dongting.wire.keys import SigningKey
from dongting.wire.merkle import HASH_SIZE, MAX_SIZE
from dongting.wire.note import COSIGNATURE, SIGNATURE, Signature, VerifierKey

BAD_CHECKPOINT = Code(
    "wire", 70, "bad-checkpoint",
    "This is not a checkpoint (C2SP tlog-checkpoint): {why}. Fetch it again.",
    "这不是检查点（C2SP tlog-checkpoint）：{why}。请重新获取。",
    status=400,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The origin line that names the log, how many leaves it had, and its 32-byte root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{note.to_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness's key and the time of its cosignature, seconds since 1970."""

    key: VerifierKey
    time: int


@dataclass(frozen=True, slots=True)
class Verified:
    """A checkpoint, the log keys that signed it (each once) and the witnesses that cosigned it."""

    checkpoint: Checkpoint
    log_keys: tuple[VerifierKey, ...]
    witnesses: tuple[Cosigned, ...]


def read(text: str) -> Checkpoint:
    """The checkpoint in the text of a note; refuses every other spelling. Verifies nothing."""
    rows = text.split("\n")
    require(len(rows) == 4 and rows[0] and not rows[3], BAD_CHECKPOINT, why="not three lines")
    origin, size, root = rows[:3]
    require(_decimal(size), BAD_CHECKPOINT, why="the size is not a plain decimal number in range")
    data = note.from_base64(root)
    if data is None or len(data) != HASH_SIZE:
        raise Refused(BAD_CHECKPOINT, why="the root is not the base64 of 32 bytes")
    return Checkpoint(origin, int(size), data)


def decode(data: bytes) -> Checkpoint:
    """The checkpoint in the bytes of a note. Verifies nothing."""
    return read(note.decode(data).text)


def sign(checkpoint: Checkpoint, keys: Sequence[SigningKey]) -> bytes:
    """A note signed by one or more log keys under the log's origin."""
    read(checkpoint.text())
    text = checkpoint.text()
    return note.compose(text, [note.sign(text, checkpoint.origin, key) for key in keys])


def cosign(data: bytes, name: str, key: SigningKey, time: int) -> Signature:
    """A witness's line for this checkpoint, at `time` in seconds since 1970.

    The witness must have verified before that the checkpoint extends all that it cosigned of this log.
    """
    text = note.decode(data).text
    read(text)
    return note.cosign(text, name, key, time)


def add(data: bytes, signatures: Sequence[Signature]) -> bytes:
    """The note with these lines behind its own; a line that it bears already is not repeated."""
    found = note.decode(data)
    return note.compose(found.text, dict.fromkeys([*found.signatures, *signatures]))


def verify(data: bytes, keys: Sequence[VerifierKey], *, signed: bool = True) -> Verified:
    """The checkpoint and who of `keys` (log keys and witnesses) signed it.

    Refuses a malformed note, a wrong signature by any of the keys, and (unless `signed` is False) a
    checkpoint that no log key among them signed under the checkpoint's own origin.
    """
    found = note.decode(data)
    checkpoint = read(found.text)
    able = [key for key in keys if key.kind == COSIGNATURE or key.name == checkpoint.origin]
    lines = found.signed_by(able)
    log_keys = tuple(dict.fromkeys(key for key, _ in lines if key.kind == SIGNATURE))
    require(log_keys or not signed, note.NOTE_UNSIGNED)
    witnesses = tuple(Cosigned(key, line.time) for key, line in lines if key.kind == COSIGNATURE)
    return Verified(checkpoint, log_keys, witnesses)


def _decimal(text: str) -> bool:
    plain = 0 < len(text) <= 19 and all("0" <= c <= "9" for c in text)
    return plain and (text == "0" or text[0] != "0") and int(text) <= MAX_SIZE
