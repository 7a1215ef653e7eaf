"""Asking a witness for its cosignature: the body of `add-checkpoint` (C2SP tlog-witness, revision 055270b).

    old <size of the checkpoint that the witness cosigned last>
    <hash of the consistency proof in base64>            at most 63 lines
    (an empty line)
    <checkpoint, a signed note>

The answer to a request that is accepted are signature lines; one whose old size is not that of the witness is
answered with the right one, a decimal and a newline.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dongting.errors import Code, Refused, require
from dongting.wire import checkpoint as checkpoints
from dongting.wire import note
from dongting.wire.merkle import HASH_SIZE, MAX_SIZE
from dongting.wire.note import Signature

BAD_REQUEST = Code(
    "witness", 1, "bad-add-checkpoint",
    "This is no request to cosign a checkpoint (C2SP tlog-witness): {why}.",
    "这不是共签检查点的请求（C2SP tlog-witness）：{why}。",
    status=400,
)  # fmt: skip
BAD_COSIGNATURES = Code(
    "witness", 2, "bad-cosignatures",
    "The answer of the witness holds no signature lines: {why}.",
    "见证方的应答不是签名行：{why}。",
    status=502,
)  # fmt: skip

SIZE_TYPE = "text/x.tlog.size"
MAX_PROOF = 63
MAX_BODY = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The size that the witness knows, the proof from there, and the checkpoint's note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """The body."""
        lines = [f"old {self.old}", *(note.to_base64(each) for each in self.proof), "", ""]
        return "\n".join(lines).encode() + self.note


def decode(data: bytes) -> AddCheckpoint:
    """The request in a body; refuses every other spelling. Verifies nothing."""
    require(len(data) <= MAX_BODY, BAD_REQUEST, why="too long")
    head, separator, signed = data.partition(b"\n\n")
    require(separator and head.isascii(), BAD_REQUEST, why="no empty line")
    first, *rest = head.decode("ascii").split("\n")
    word, _, digits = first.partition(" ")
    plain = digits.isdigit() and len(digits) <= 19 and (digits == "0" or digits[0] != "0")
    require(word == "old" and plain, BAD_REQUEST, why="the first line is not an old size")
    require(int(digits) <= MAX_SIZE, BAD_REQUEST, why="the old size is too large")
    require(len(rest) <= MAX_PROOF, BAD_REQUEST, why="more than 63 lines of proof")
    proof = [note.from_base64(line) for line in rest]
    if any(each is None or len(each) != HASH_SIZE for each in proof):
        raise Refused(BAD_REQUEST, why="a line of the proof is not the base64 of a hash")
    checkpoints.decode(signed)
    return AddCheckpoint(int(digits), tuple(each for each in proof if each is not None), signed)


def signature_lines(data: bytes, text: str) -> tuple[Signature, ...]:
    """The signature lines in a witness's answer about the note with this text. Verifies nothing."""
    try:
        return note.decode(text.encode() + b"\n" + data).signatures
    except Refused as refused:
        raise Refused(BAD_COSIGNATURES, why=refused.text()) from None


def lines(signatures: Sequence[Signature]) -> bytes:
    """A witness's answer."""
    return "".join(each.line() for each in signatures).encode()
