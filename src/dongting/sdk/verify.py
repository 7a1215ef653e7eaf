"""Verify a proof file offline: everything in it is derived again, from the network's id upwards.

genesis → log keys → checkpoint → leaves → statements with their keys and times → records → openings.
What cannot be proven is refused with a stable code; the `Story` that comes back is proven as a whole.
"""

from bisect import bisect_left
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from dongting.errors import Code, Refused, require
from dongting.sdk.network import Network, network_of, verify_receipt
from dongting.sdk.story import Decision, Event, Key, Opened, RecordNow, Story, Witness
from dongting.wire import checkpoint as checkpoints
from dongting.wire import commit as commits
from dongting.wire import excerpt, jcs
from dongting.wire import proof as proofs
from dongting.wire.blocks import BlockEnd
from dongting.wire.keys import PublicKey, from_base64, public_key
from dongting.wire.merkle import leaf_hash
from dongting.wire.multiproof import multi_root
from dongting.wire.note import verifier_key
from dongting.wire.proof import Proof
from dongting.wire.statement import BAD_SIGNATURE, MAX_AHEAD, Statement
from dongting.wire.statement import decode as decode_statement

__all__ = ["Policy", "verify", "verify_receipt"]

_T = TypeVar("_T")

#: The records of the membership application that a verifier reads: whose key, and what its owner is called.
SIGNING_KEY, ORGANISATION = "membership.signing-key/", "membership.organisation/"

OTHER_LOG = Code(
    "sdk", 3, "other-log",
    "The checkpoint is of the log {given}, not of this network's, {expected}.",
    "检查点属于日志 {given}，而不是本网络的日志 {expected}。",
)  # fmt: skip
TOO_FEW_SIGNATURES = Code(
    "sdk", 4, "too-few-signatures",
    "{signed} of {all} log keys signed the checkpoint; more than a third must. Ask for a newer file.",
    "检查点仅有 {signed}/{all} 个日志密钥签名，须超过三分之一。请索取较新的文件。",
)  # fmt: skip
TOO_FEW_WITNESSES = Code(
    "sdk", 5, "too-few-witnesses",
    "{found} of the witnesses that you trust cosigned the checkpoint, you ask for {needed}.",
    "您信任的见证方中有 {found} 个为检查点联署，而您要求 {needed} 个。",
)  # fmt: skip
NOT_IN_LOG = Code(
    "sdk", 6, "not-in-the-log",
    "The statements of this file do not lead to the signed root of the log: something was changed.",
    "文件中的声明不能得出日志的已签名根：内容被改动。",
)  # fmt: skip
NO_TIME = Code(
    "sdk", 7, "time-not-proven",
    "The file does not prove in which block leaf {index} stands, so its time is unknown.",
    "文件未能证明第 {index} 条属于哪个区块，因此其时间未知。",
)  # fmt: skip
KEY_NOT_PROVEN = Code(
    "sdk", 8, "key-not-proven",
    "The file does not prove that the key {key} belonged to {author} when it signed leaf {index}: {why}.",
    "文件未能证明密钥 {key} 在签署第 {index} 条时属于 {author}：{why}。",
)  # fmt: skip
OUT_OF_TIME = Code(
    "sdk", 9, "out-of-time",
    "Leaf {index} is dated {issued} but stands in a block of {time}: it must not have been accepted.",
    "第 {index} 条的签署时间为 {issued}，区块时间为 {time}，本不应被接受。",
)  # fmt: skip
BROKEN_ORDER = Code(
    "sdk", 10, "broken-order",
    "The block ends of this file contradict each other in height, time or place.",
    "文件中各区块结束标记的高度、时间或位置相互矛盾。",
)  # fmt: skip
STRAY_OPENING = Code(
    "sdk", 11, "stray-opening",
    "Nothing in this file commits to {commitment}, which it opens.",
    "文件开启了 {commitment}，但其中没有任何内容作出该承诺。",
)  # fmt: skip
BAD_RECORD = Code(
    "sdk", 12, "bad-record",
    "The record {address} is not in the form in which a ledger keeps records.",
    "记录 {address} 不符合账本记录的格式。",
)  # fmt: skip
NO_DECISION = Code(
    "sdk", 13, "no-decision",
    "This file bears no decision of the validators whose set you trust; ask a node of the consortium for it.",
    "此文件不含您所信任的验证者集合的决定；请向联盟节点索取该文件。",
)  # fmt: skip


class Policy(Struct, frozen=True):
    """Whom the verifier trusts beyond the genesis document: `cosignatures` of these `witnesses` (vkeys), and
    in place of the validators of genesis a later set (its hash, 64 hexadecimal digits)."""

    witnesses: tuple[str, ...] = ()
    cosignatures: int = 0
    validators: str | None = None


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    body: dict[str, Any]
    leaf: int
    version: int


class _KeyRecord(Struct, frozen=True):
    """What a verifier reads of a signing key's record; the rest is its application's."""

    owner: str
    key: str
    added: int
    revoked: int | None = None
    reason: str | None = None


class _Named(Struct, frozen=True):
    """What a verifier reads of an organisation's record."""

    name: dict[str, str]


def verify(data: bytes, network: str | None, policy: Policy | None = None) -> Story:
    """Everything that the file proves; refuses a file that does not prove all that it holds.

    `network` is the id that the caller trusts, 64 hexadecimal digits. Without it the file is only shown
    to be valid in itself (`Story.compared` is False): anyone can found a network of any name.
    """
    proof = proofs.decode(data)
    known = network_of(proof.genesis, network)
    checkpoint = _checkpoint(proof, known, policy or Policy())
    _check_inclusion(proof, known, checkpoint)
    statements, ends = _leaves(proof, known)
    last = _check_order(ends, checkpoint.checkpoint.size)
    decided = _decision(proof, known, policy or Policy(), checkpoint, last.state)
    excerpt.verify(last.state, dict(proof.records), proof.state, known.profile)
    records = tuple(_record(address, entry) for address, entry in proof.records)
    keys, blocks = _Keys(known, records, statements), _Blocks(ends)
    events = tuple(_event(index, statements[index], blocks, keys, known) for index in sorted(statements))
    keys.check_registrations(blocks)
    for index, receipt in proof.receipts:
        require(index in statements, NO_TIME, index=index)
        verify_receipt(receipt, statements[index].data, known)
    at = checkpoint.checkpoint
    signers = [known.log_keys[key.key.thumbprint(known.profile)][1] for key in checkpoint.log_keys]
    return Story(
        network=known.id, compared=network is not None, title=known.genesis.name,
        profile=known.profile.name, zone=known.genesis.zone, origin=known.origin,
        size=at.size, root=at.root.hex(), height=last.height, time=last.time,
        signers=tuple(signers),
        witnesses=tuple(Witness(found.key.name, found.time) for found in checkpoint.witnesses),
        events=events, records=records, keys=keys.used, names=_names(known, records),
        openings=_openings(proof, known), erased=frozenset(_erased(records)),
        receipts=tuple(index for index, _ in proof.receipts), decided=decided,
    )  # fmt: skip


def _checkpoint(proof: Proof, known: Network, policy: Policy) -> checkpoints.Verified:
    """The checkpoint, signed by the witnesses asked for, and by more than a third of the log keys unless the
    validators' decision stands for them."""
    witnesses = [verifier_key(witness) for witness in policy.witnesses]
    given = checkpoints.decode(proof.checkpoint).origin
    require(given == known.origin, OTHER_LOG, given=given[:160], expected=known.origin)
    decided = bool(proof.steps)
    require(decided or policy.validators is None, NO_DECISION)
    keys = [*known.verifier_keys(), *witnesses]
    found = checkpoints.verify(proof.checkpoint, keys, signed=not decided)
    signed, all = len(found.log_keys), len(known.log_keys)
    require(decided or 3 * signed > all, TOO_FEW_SIGNATURES, signed=signed, all=all)
    trusted = len({cosigned.key.key.raw for cosigned in found.witnesses})
    require(trusted >= policy.cosignatures, TOO_FEW_WITNESSES, found=trusted, needed=policy.cosignatures)
    return found


def _decision(
    proof: Proof, known: Network, policy: Policy, checkpoint: checkpoints.Verified, state: bytes
) -> Decision | None:
    """That the validators decided this log and state, if the file says so."""
    if not proof.steps:
        return None
    trusted = None if policy.validators is None else bytes.fromhex(policy.validators)
    found = commits.verify(proof.steps, known.id, commits.first_validators(known.genesis), trusted)
    at = checkpoint.checkpoint
    same = found.app_hash == commits.app_hash(known.profile, at.size, at.root, state)
    require(same, commits.NOT_DECIDED, why="they decided about another log or state")
    return Decision(found.height, found.power, found.of, found.validators.hex())


def _check_inclusion(proof: Proof, known: Network, checkpoint: checkpoints.Verified) -> None:
    leaves = [(index, leaf_hash(known.profile, data)) for index, data in proof.leaves]
    root = multi_root(known.profile, leaves, checkpoint.checkpoint.size, proof.path)
    require(root == checkpoint.checkpoint.root, NOT_IN_LOG)


def _leaves(proof: Proof, known: Network) -> tuple[dict[int, Statement], dict[int, BlockEnd]]:
    """The leaves by index; one that is no block end must be a statement."""
    statements: dict[int, Statement] = {}
    ends: dict[int, BlockEnd] = {}
    for index, data in proof.leaves:
        end = BlockEnd.decode(data)
        if end is None:
            statements[index] = decode_statement(data, known.profile)
        else:
            ends[index] = end
    return statements, ends


def _check_order(ends: Mapping[int, BlockEnd], size: int) -> BlockEnd:
    """The newest block end, which is the log's last leaf; refuses block ends that cannot be of one log."""
    if size - 1 not in ends:
        raise Refused(NO_TIME, index=size - 1)
    for index, end in ends.items():
        require(end.first < index and end.height > 0, BROKEN_ORDER)
    for (before, left), (_, right) in pairwise(sorted(ends.items())):
        grows = left.height < right.height and left.time <= right.time
        meets = right.first == before + 1 or right.height > left.height + 1
        require(grows and meets and right.first > before, BROKEN_ORDER)
    return ends[size - 1]


class _Blocks:
    """The proven block ends, to find the one that closes the block in which a leaf stands."""

    def __init__(self, ends: Mapping[int, BlockEnd]) -> None:
        self._places = sorted(ends)
        self._ends = ends

    def of(self, index: int) -> BlockEnd:
        """The end of the leaf's block; refuses a leaf whose block the file does not prove."""
        at = bisect_left(self._places, index)
        if at == len(self._places) or self._ends[self._places[at]].first > index:
            raise Refused(NO_TIME, index=index)
        return self._ends[self._places[at]]


def _record(address: str, entry: bytes | None) -> RecordNow:
    if entry is None:
        return RecordNow(address, None)
    found = _read(address, jcs.decode(entry), _Entry)
    return RecordNow(address, found.body, found.version, found.leaf)


def _read(address: str, value: object, type: type[_T]) -> _T:
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError:
        raise Refused(BAD_RECORD, address=address) from None


class _Keys:
    """Whose keys signed: founders' from genesis, others from records that the state root commits to."""

    def __init__(
        self, known: Network, records: tuple[RecordNow, ...], statements: Mapping[int, Statement]
    ) -> None:
        self.used: dict[str, Key] = {}
        self._known = known
        self._records = {record.address: record.body for record in records}
        self._statements = statements
        self._first: dict[str, int] = {}

    def check(self, index: int, time: int, statement: Statement) -> str:
        """The thumbprint of the key that signed; refuses a key that was not its author's at that time."""
        kid = statement.kid.hex()
        require(statement.network == self._known.id, KEY_NOT_PROVEN, **self._facts(index, "another network"))
        # A founder's key too: without its record the file would hide that it was revoked.
        body = self._records.get(SIGNING_KEY + kid)
        require(body is not None, KEY_NOT_PROVEN, **self._facts(index, "the file does not hold its record"))
        record = _read(SIGNING_KEY + kid, body, _KeyRecord)
        founder = self._known.founder_keys.get(statement.kid)
        public, owner = founder if founder is not None else self._recorded(index, statement.kid, record)
        require(owner == statement.issuer, KEY_NOT_PROVEN, **self._facts(index, f"it belongs to {owner}"))
        require(statement.verify(public), BAD_SIGNATURE)
        late = record.revoked is not None and record.revoked < time
        require(not late, KEY_NOT_PROVEN, **self._facts(index, "it had been revoked before"))
        self._first.setdefault(kid, index)
        if kid not in self.used:
            registered = None if founder is not None else self._registration(index, record)
            self.used[kid] = Key(
                kid, owner, public.suite.name, registered, record.added, record.revoked, record.reason
            )
        return kid

    def check_registrations(self, blocks: _Blocks) -> None:
        """Each key that is not the founders' was registered by an earlier statement, back to genesis."""
        for kid, key in self.used.items():
            if key.registered is None:
                continue
            first = self._first[kid]
            on_time = blocks.of(key.registered).time <= (key.added or 0) <= blocks.of(first).time
            earlier = key.registered < first
            require(earlier and on_time, KEY_NOT_PROVEN, **self._facts(first, "it was registered later"))

    def _recorded(self, index: int, kid: bytes, record: _KeyRecord) -> tuple[PublicKey, str]:
        key = public_key(from_base64(record.key))
        fits = key.thumbprint(self._known.profile) == kid
        require(fits, KEY_NOT_PROVEN, **self._facts(index, "its record holds another key"))
        return key, record.owner

    def _registration(self, index: int, record: _KeyRecord) -> int:
        """The index of the statement that brought the key: the first that names it."""
        named = record.key.encode()
        for place in sorted(self._statements):
            if named in self._statements[place].payload:
                return place
        raise Refused(KEY_NOT_PROVEN, **self._facts(index, "the statement that registered it is missing"))

    def _facts(self, index: int, why: str) -> dict[str, object]:
        statement = self._statements[index]
        return {"key": statement.kid.hex()[:16], "author": statement.issuer, "index": index, "why": why}


def _event(index: int, statement: Statement, blocks: _Blocks, keys: _Keys, known: Network) -> Event:
    end = blocks.of(index)
    on_time = statement.issued - MAX_AHEAD <= end.time <= statement.last_moment()
    require(on_time, OUT_OF_TIME, index=index, issued=statement.issued, time=end.time)
    kid = keys.check(index, end.time, statement)
    return Event(
        index, end.height, end.time, statement.issued, statement.issuer, statement.action,
        statement.subject, jcs.decode(statement.payload), kid, statement.data,
    )  # fmt: skip


def _openings(proof: Proof, known: Network) -> dict[str, Opened]:
    """The openings by commitment, each of a commitment that a statement or record of the file makes."""
    said = [data for _, data in proof.leaves] + [entry for _, entry in proof.records if entry]
    found = {}
    for opening in proof.openings:
        commitment = opening.commitment.hex()
        opening.check(known.profile)
        named = any(commitment.encode() in text for text in said)
        require(named, STRAY_OPENING, commitment=commitment[:16])
        found[commitment] = Opened(commitment, opening.digest.hex(), opening.content)
    return found


def _names(known: Network, records: tuple[RecordNow, ...]) -> dict[str, dict[str, str]]:
    names = {founder.id: founder.name for founder in known.genesis.founders}
    for record in records:
        if record.address.startswith(ORGANISATION) and record.body is not None:
            named = _read(record.address, record.body, _Named)
            names[record.address.removeprefix(ORGANISATION)] = named.name
    return names


def _erased(records: tuple[RecordNow, ...]) -> list[str]:
    """The commitments named by records that say of themselves that they are ERASED."""
    found: list[str] = []
    for record in records:
        if record.body is not None and record.body.get("state") == "ERASED":
            found += _commitments(record.body)
    return found


def _commitments(value: Any) -> list[str]:
    """Every value under the name `commitment` within a record."""
    if isinstance(value, dict):
        own = [value["commitment"]] if isinstance(value.get("commitment"), str) else []
        return own + [found for item in value.values() for found in _commitments(item)]
    return []
