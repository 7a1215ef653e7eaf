"""Receipts: a log's signed proof that an entry is in it, or that it only grew (COSE Receipts, RFC 9942).

A COSE_Sign1 (RFC 9052, section 4.2) whose detached payload is the Merkle root: whoever verifies has to
compute the root from the entry and the proof. One byte form: tag 18, deterministic CBOR, exactly the
headers below, one proof. RFC 9942 signs the root but not the size beside it, and paths of the same shape
fit several sizes and indices: a private claim therefore signs the size, and with it the index. SM3 has
no registered data structure, so that the national profile uses a number from COSE's private range; only
the international profile is for tools from outside, which pass over the private claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dongting.errors import Code, Refused, require
from dongting.wire import cbor, merkle
from dongting.wire.keys import PublicKey, SigningKey
from dongting.wire.merkle import HASH_SIZE, MAX_SIZE
from dongting.wire.profile import INTERNATIONAL, NATIONAL, Profile

BAD_RECEIPT = Code(
    "wire", 71, "bad-receipt",
    "This is not a receipt (COSE Receipts, RFC 9942): {why}. Ask the log for it again.",
    "这不是回执（COSE Receipts，RFC 9942）：{why}。请重新向日志索取。",
    status=400,
)  # fmt: skip
WRONG_RECEIPT = Code(
    "wire", 72, "receipt-proves-nothing",
    "This receipt does not prove that: {why}. Ask the log for a receipt of this very entry.",
    "此回执不能证明这一点：{why}。请向日志索取该条目本身的回执。",
)  # fmt: skip

#: Header labels (RFC 9052, section 3.1; RFC 9597; RFC 9942, section 2) and CWT claims (RFC 8392).
ALG, KID, CLAIMS, VDS, VDP = 1, 4, 15, 395, 396
ISS, SUB, IAT = 1, 2, 6
#: Private claim: how many leaves the log had under the signed root.
SIZE = -65538
#: Proof types of RFC9162_SHA256 (RFC 9942, section 4.2).
INCLUSION, CONSISTENCY = -1, -2
#: RFC9162_SHA256 is registered as 1; RFC 9162 over SM3 is ours, from the private range below -65536.
DATA_STRUCTURES = {INTERNATIONAL.name: 1, NATIONAL.name: -65601}
#: Tag 18 (RFC 9052, section 2) in its shortest form; what follows it is untagged CBOR.
SIGN1_TAG = b"\xd2"
_PATH_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Proof:
    """INCLUSION: log size and leaf index; CONSISTENCY: earlier and later size; and the Merkle path.

    `first` and `second` stand in the order of their encoding: [size, index, path] or
    [earlier size, later size, path].
    """

    kind: int
    first: int
    second: int
    path: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """The size of the log whose root is signed."""
        return self.first if self.kind == INCLUSION else self.second


@dataclass(frozen=True, slots=True)
class Receipt:
    """A decoded receipt; nothing in it is verified until `verify_inclusion` or `verify_consistency` was.

    `kid` names the log key by its thumbprint, `issuer` is the log's origin, `subject` the entry's
    (none for consistency), `time` the block's in seconds since 1970.
    """

    algorithm: int
    kid: bytes
    issuer: str
    subject: str | None
    time: int
    structure: int
    proof: Proof
    protected: bytes
    signature: bytes


def inclusion(
    profile: Profile, key: SigningKey, issuer: str, subject: str, time: int,
    index: int, size: int, path: Sequence[bytes], root: bytes,
) -> bytes:  # fmt: skip
    """A receipt that the entry at `index` is in the log of `size` leaves and that root."""
    proof = Proof(INCLUSION, size, index, tuple(path))
    return _make(profile, key, {ISS: issuer, SUB: subject, IAT: time, SIZE: size}, proof, root)


def consistency(
    profile: Profile, key: SigningKey, issuer: str, time: int,
    first: int, second: int, path: Sequence[bytes], root: bytes,
) -> bytes:  # fmt: skip
    """A receipt that the log of `second` leaves and that root extends its past of `first` leaves."""
    proof = Proof(CONSISTENCY, first, second, tuple(path))
    return _make(profile, key, {ISS: issuer, IAT: time, SIZE: second}, proof, root)


def verify_inclusion(
    profile: Profile, data: bytes, entry: bytes, key: PublicKey, issuer: str, subject: str
) -> Receipt:
    """The receipt, if that log key proves by it that this very entry is in the log `issuer`.

    `subject` is the one that the entry itself claims. Refuses everything else.
    """
    receipt = decode(data)
    proof = receipt.proof
    require(proof.kind == INCLUSION, WRONG_RECEIPT, why="it is about consistency, not inclusion")
    require(receipt.subject == subject, WRONG_RECEIPT, why="it names another subject")
    leaf = merkle.leaf_hash(profile, entry)
    root = merkle.inclusion_root(profile, leaf, proof.second, proof.first, proof.path)
    _check(profile, receipt, key, issuer, root)
    return receipt


def verify_consistency(
    profile: Profile, data: bytes, first: int, first_root: bytes, key: PublicKey, issuer: str
) -> tuple[int, bytes]:
    """The later size and root, if that log key proves that they extend the known earlier size and root."""
    receipt = decode(data)
    proof = receipt.proof
    require(proof.kind == CONSISTENCY, WRONG_RECEIPT, why="it is about inclusion, not consistency")
    require(proof.first == first, WRONG_RECEIPT, why="it begins at another size")
    root = merkle.consistency_root(profile, first, first_root, proof.second, proof.path)
    _check(profile, receipt, key, issuer, root)
    return proof.second, root


def decode(data: bytes) -> Receipt:
    """The receipt in these bytes; refuses every other byte form. Verifies nothing."""
    require(data[:1] == SIGN1_TAG, BAD_RECEIPT, why="not tagged as COSE_Sign1")
    message = cbor.decode(data[1:])
    if type(message) is not list or len(message) != 4:
        raise Refused(BAD_RECEIPT, why="a COSE_Sign1 has four parts")
    protected, unprotected, payload, signature = message
    require(payload is None, BAD_RECEIPT, why="the root must be detached")
    require(
        type(protected) is bytes and type(signature) is bytes and len(signature) == 64,
        BAD_RECEIPT, why="not a protected header and a signature of 64 bytes",
    )  # fmt: skip
    proof = _proof(unprotected)
    header = _shaped(
        cbor.decode(protected), {ALG: int, KID: bytes, CLAIMS: dict, VDS: int}, "protected header"
    )
    subject = {SUB: str} if proof.kind == INCLUSION else {}
    claims = _shaped(header[CLAIMS], {ISS: str, IAT: int, SIZE: int, **subject}, "claims")
    require(0 <= claims[IAT] <= MAX_SIZE, BAD_RECEIPT, why="its time is out of range")
    require(claims[SIZE] == proof.size, BAD_RECEIPT, why="its proof is for another size than the signed one")
    return Receipt(
        header[ALG], header[KID], claims[ISS], claims.get(SUB), claims[IAT], header[VDS],
        proof, protected, signature,
    )  # fmt: skip


def _make(profile: Profile, key: SigningKey, claims: dict[int, Any], proof: Proof, root: bytes) -> bytes:
    header = {
        ALG: key.suite.alg,
        KID: key.public().thumbprint(profile),
        CLAIMS: claims,
        VDS: DATA_STRUCTURES[profile.name],
    }
    protected = cbor.encode(header)
    encoded = cbor.encode([proof.first, proof.second, list(proof.path)])
    signature = key.sign(_to_be_signed(protected, root))
    return SIGN1_TAG + cbor.encode([protected, {VDP: {proof.kind: [encoded]}}, None, signature])


def _check(profile: Profile, receipt: Receipt, key: PublicKey, issuer: str, root: bytes) -> None:
    """Refuse a receipt of another log, tree or key, or over another root."""
    structure = DATA_STRUCTURES[profile.name]
    require(receipt.structure == structure, WRONG_RECEIPT, why="its tree is of another kind")
    require(receipt.issuer == issuer, WRONG_RECEIPT, why="it is of another log")
    own = receipt.kid == key.thumbprint(profile) and receipt.algorithm in key.suite.accepted
    require(own, WRONG_RECEIPT, why="it names another key")
    signed = key.verify(receipt.signature, _to_be_signed(receipt.protected, root))
    require(signed, WRONG_RECEIPT, why="its signature is not over this root")


def _to_be_signed(protected: bytes, root: bytes) -> bytes:
    """Sig_structure of RFC 9052, section 4.4, with no external data."""
    return cbor.encode(["Signature1", protected, b"", root])


def _proof(unprotected: Any) -> Proof:
    """The one proof in an unprotected header that holds nothing else."""
    proofs = _shaped(unprotected, {VDP: dict}, "unprotected header")[VDP]
    kind = INCLUSION if INCLUSION in proofs else CONSISTENCY
    listed = _shaped(proofs, {kind: list}, "map of proofs")[kind]
    require(len(listed) == 1 and type(listed[0]) is bytes, BAD_RECEIPT, why="not exactly one proof")
    value = cbor.decode(listed[0])
    if type(value) is not list or [type(item) for item in value] != [int, int, list]:
        raise Refused(BAD_RECEIPT, why="a proof is two numbers and a path")
    first, second, path = value
    numbers = 0 <= first <= MAX_SIZE and 0 <= second <= MAX_SIZE and len(path) <= _PATH_LIMIT
    hashes = all(type(item) is bytes and len(item) == HASH_SIZE for item in path)
    require(numbers and hashes, BAD_RECEIPT, why="a number or hash of the proof is out of range")
    return Proof(kind, first, second, tuple(path))


def _shaped(value: Any, types: dict[int, type], what: str) -> dict[int, Any]:
    """The map, if it has exactly these labels with values of exactly these types."""
    found: dict[int, Any] = value if type(value) is dict else {}
    exact = all(type(label) is int for label in found)  # true would pass for 1
    if not exact or {label: type(item) for label, item in found.items()} != types:
        raise Refused(BAD_RECEIPT, why=f"the {what} does not hold exactly the labels of a receipt")
    return found
