"""The messages of ABCI 2.0 as CometBFT v0.38 sends them (proto/tendermint/abci/types.proto), written by hand.

Only what this application reads is read; unknown fields are skipped, as protobuf prescribes. A request is a
chosen field of `Request`, an answer the matching one of `Response`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from dongting.errors import Fault
from dongting.wire import protobuf

#: The field numbers of `Request`, and those of `Response` that answer them.
ECHO, FLUSH, INFO, INIT_CHAIN, QUERY, CHECK_TX, COMMIT = 1, 2, 3, 5, 6, 8, 11
LIST_SNAPSHOTS, PREPARE_PROPOSAL, PROCESS_PROPOSAL, FINALIZE_BLOCK = 12, 16, 17, 20
_EXCEPTION = 1


class Request(msgspec.Struct, frozen=True):
    """A request: which method, and its message still encoded."""

    method: int
    body: bytes


class InitChain(msgspec.Struct, frozen=True):
    """RequestInitChain: the consortium begins."""

    chain_id: str = ""
    initial_height: int = 0


class Proposal(msgspec.Struct, frozen=True):
    """RequestPrepareProposal, RequestProcessProposal and RequestFinalizeBlock: a block.

    `time` in whole seconds since 1970, rounded down; `max_bytes` only where a proposal is prepared, and
    `voted` only where a block is finalized: the validators' addresses, and whose vote for the last block came
    in time.
    """

    txs: tuple[bytes, ...] = ()
    height: int = 0
    time: int = 0
    misbehavior: tuple["Misbehavior", ...] = ()
    max_bytes: int = 0
    voted: tuple[tuple[bytes, bool], ...] = ()


class Misbehavior(msgspec.Struct, frozen=True, array_like=True):
    """Evidence that CometBFT committed: who signed two things, and at which height, by CometBFT's count."""

    kind: str
    address: bytes
    height: int
    power: int


class ValidatorUpdate(msgspec.Struct, frozen=True):
    """A validator's Ed25519 public key (32 bytes) and its power from now on; 0 removes it."""

    key: bytes
    power: int

    def encode(self) -> bytes:
        """ValidatorUpdate, with tendermint.crypto.PublicKey."""
        return protobuf.item(1, protobuf.item(1, self.key)) + protobuf.number(2, self.power)


_ABSENT = 1
_KINDS = {1: "duplicate-vote", 2: "light-client-attack"}


def request(message: bytes) -> Request:
    """The request in a message; refuses one without a method."""
    for field, value in protobuf.fields(message):
        if isinstance(value, bytes):
            return Request(field, value)
    raise Fault("CometBFT sent a request without a method")


def _read(body: bytes) -> dict[int, Any]:
    """The last value of each field."""
    return dict(protobuf.fields(body))


def init_chain(body: bytes) -> InitChain:
    """RequestInitChain."""
    found = _read(body)
    return InitChain(found.get(2, b"").decode(), protobuf.signed(found.get(6, 0)))


def tx_to_check(body: bytes) -> bytes:
    """The transaction of RequestCheckTx."""
    found: bytes = _read(body).get(1, b"")
    return found


def query(body: bytes) -> tuple[str, bytes]:
    """Path and data of RequestQuery."""
    found = _read(body)
    return found.get(2, b"").decode(errors="replace"), found.get(1, b"")


def proposal_to_prepare(body: bytes) -> Proposal:
    """RequestPrepareProposal: what the mempool offers, and how many bytes a block may take."""
    max_bytes, txs, misbehavior, rest = 0, [], [], {}
    for field, value in protobuf.fields(body):
        if field == 2:
            txs.append(value)
        elif field == 4:
            misbehavior.append(_misbehavior(_as_bytes(value)))
        elif field == 1:
            max_bytes = protobuf.signed(int(value))
        else:
            rest[field] = value
    return _proposal(txs, misbehavior, rest, max_bytes)


def proposal(body: bytes) -> Proposal:
    """RequestProcessProposal and RequestFinalizeBlock."""
    txs, misbehavior = [], []
    rest: dict[Any, Any] = {}
    for field, value in protobuf.fields(body):
        if field == 1:
            txs.append(value)
        elif field == 2:
            rest["voted"] = _voted(_as_bytes(value))
        elif field == 3:
            misbehavior.append(_misbehavior(_as_bytes(value)))
        else:
            rest[field] = value
    voted = rest.pop("voted", ())
    return msgspec.structs.replace(_proposal(txs, misbehavior, rest, 0), voted=voted)


def _proposal(txs: list[Any], misbehavior: list[Misbehavior], rest: dict[int, Any], most: int) -> Proposal:
    seconds = protobuf.signed(_read(rest.get(6, b"")).get(1, 0))  # google.protobuf.Timestamp
    return Proposal(tuple(txs), protobuf.signed(rest.get(5, 0)), seconds, tuple(misbehavior), most)


def _voted(message: bytes) -> tuple[tuple[bytes, bool], ...]:
    """CommitInfo: each validator's address, and whether its vote is in the commit (BlockIDFlag)."""
    votes = [_read(_as_bytes(value)) for field, value in protobuf.fields(message) if field == 2]
    return tuple((_read(vote.get(1, b"")).get(1, b""), vote.get(3, 0) != _ABSENT) for vote in votes)


def _misbehavior(message: bytes) -> Misbehavior:
    found = _read(message)
    validator = _read(found.get(2, b""))
    kind = _KINDS.get(found.get(1, 0), "unknown")
    power = protobuf.signed(validator.get(3, 0))
    return Misbehavior(kind, validator.get(1, b""), protobuf.signed(found.get(3, 0)), power)


def _as_bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise Fault("CometBFT sent a number where a message belongs")
    return value


# Answers


def _answer(method: int, body: bytes = b"") -> bytes:
    # `Response` numbers its fields one above `Request`, from Echo on.
    return protobuf.item(method + 1, body)


def exception(why: str) -> bytes:
    """ResponseException: CometBFT stops over it."""
    return protobuf.item(_EXCEPTION, protobuf.data(1, why.encode()))


def echo(body: bytes) -> bytes:
    """ResponseEcho: the same message back."""
    return _answer(ECHO, body)


def flushed() -> bytes:
    """ResponseFlush."""
    return _answer(FLUSH)


def info(height: int, app_hash: bytes, version: str) -> bytes:
    """ResponseInfo: the last height that is durable here, and its hash."""
    body = protobuf.data(2, version.encode()) + protobuf.number(4, height) + protobuf.data(5, app_hash)
    return _answer(INFO, body)


def chain_begun(app_hash: bytes) -> bytes:
    """ResponseInitChain; validators and parameters stay those of the genesis file."""
    return _answer(INIT_CHAIN, protobuf.data(3, app_hash))


def answered(code: int, value: bytes, height: int, log: str = "") -> bytes:
    """ResponseQuery."""
    body = protobuf.number(1, code) + protobuf.data(3, log.encode())
    return _answer(QUERY, body + protobuf.data(7, value) + protobuf.number(9, height))


def checked(code: int, log: str = "", codespace: str = "") -> bytes:
    """ResponseCheckTx; zero lets the transaction into the mempool."""
    body = protobuf.number(1, code) + protobuf.data(3, log.encode())
    return _answer(CHECK_TX, body + protobuf.data(8, codespace.encode()))


def prepared(txs: Sequence[bytes]) -> bytes:
    """ResponsePrepareProposal."""
    return _answer(PREPARE_PROPOSAL, b"".join(protobuf.item(1, tx) for tx in txs))


def processed(accept: bool) -> bytes:
    """ResponseProcessProposal."""
    return _answer(PROCESS_PROPOSAL, protobuf.number(1, 1 if accept else 2))


def finalized(codes: Sequence[int], app_hash: bytes, updates: Sequence[ValidatorUpdate] = ()) -> bytes:
    """ResponseFinalizeBlock; one code a transaction, zero where it could be read."""
    results = b"".join(protobuf.item(2, protobuf.number(1, code)) for code in codes)
    changes = b"".join(protobuf.item(3, update.encode()) for update in updates)
    return _answer(FINALIZE_BLOCK, results + changes + protobuf.data(5, app_hash))


def committed(retain_height: int = 0) -> bytes:
    """ResponseCommit; CometBFT may drop blocks below `retain_height`."""
    return _answer(COMMIT, protobuf.number(3, retain_height))


def no_snapshots() -> bytes:
    """ResponseListSnapshots: none is offered."""
    return _answer(LIST_SNAPSHOTS)
