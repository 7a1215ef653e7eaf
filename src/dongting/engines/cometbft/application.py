"""The ABCI 2.0 application: drives the machine as CometBFT decides (spec/abci, v0.38).

What decides acceptance is equal on all nodes: the ordered bytes, the header's time, and the keys on record
before the block. A signature is verified once: what CheckTx found is remembered by the statement's bytes, and
only what holds is, so memory is never the reason to refuse. Only `Commit` writes.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dongting.engines.cometbft import abci
from dongting.engines.cometbft.abci import Proposal, Request, ValidatorUpdate
from dongting.engines.cometbft.budget import MESSAGES, TRANSACTIONS, Budget
from dongting.engines.cometbft.codes import WRONG_CHAIN
from dongting.engines.cometbft.place import Place, app_hash, place_of
from dongting.engines.cometbft.proposing import pick
from dongting.engines.cometbft.transactions import MAX_STATEMENTS, Transaction, unpack
from dongting.engines.machine import Machine
from dongting.engines.verifiers import UNKNOWN_KEY, Verdict, Verifiers
from dongting.errors import Fault, Refused
from dongting.wire.statement import MAX_AHEAD, Statement

CHUNK = 128  # statements that one worker verifies at a time
#: The power of each consensus key (32 bytes) after the last commit (None), or after an executed block.
Voting = Callable[[Any], Mapping[bytes, int]]

REMEMBERED = 100_000  # verified statements that wait for their block

# Codes of a transaction; zero: it may be ordered.
UNREADABLE, BAD_STATEMENT, AHEAD, BAD_MESSAGE, TOO_MANY = 1, 2, 3, 4, 5
_UNKNOWN = "?"  # the sender of statements whose keys are not known here: no id of an organisation


class Verified:
    """Statements whose signature held, by their bytes."""

    def __init__(self, verifiers: Verifiers) -> None:
        self._verifiers = verifiers
        self._found: dict[bytes, Statement] = {}

    def get(self, data: bytes) -> Statement | None:
        """The statement of these bytes, if it was verified before."""
        return self._found.get(data)

    def forget(self, statements: Sequence[bytes]) -> None:
        """Their block is written."""
        for data in statements:
            self._found.pop(data, None)

    async def verdicts(self, statements: Sequence[bytes]) -> list[Verdict]:
        """A verdict for each, in order; only those not known yet are verified."""
        found: dict[bytes, Verdict] = {}
        unknown = []
        for data in statements:
            held = self._found.get(data)
            if held is None:
                unknown.append(data)
            else:
                found[data] = held
        unknown = list(dict.fromkeys(unknown))
        chunks = [unknown[start : start + CHUNK] for start in range(0, len(unknown), CHUNK)]
        for chunk, verdicts in zip(
            chunks, await asyncio.gather(*map(self._verifiers.verify, chunks)), strict=True
        ):
            found.update(zip(chunk, verdicts, strict=True))
        for data in unknown:
            verdict = found[data]
            if not isinstance(verdict, Refused):
                self._found[data] = verdict
        while len(self._found) > REMEMBERED:
            del self._found[next(iter(self._found))]
        return [found[data] for data in statements]


@dataclass(slots=True)
class _Executed:
    """A finalized block that is not written yet."""

    place: Place
    block: Any
    updates: list[ValidatorUpdate]
    voted: Sequence[tuple[bytes, bool]]
    statements: list[bytes]
    outcomes: list[Any]
    messages: list[bytes]
    seconds: float


@dataclass(slots=True)
class Hooks:
    """Who is told what: the node of each block with statements, the gateway of each statement's outcome.

    `speaker` is asked which validator signed a message: its name, None if none did.
    """

    committed: Callable[[Any, float], None] = lambda _, __: None
    settled: Callable[[Sequence[bytes], Sequence[Any]], None] = lambda _, __: None
    heard: Callable[[bytes], None] = lambda _: None
    speaker: Callable[[bytes], str | None] = lambda _: None
    misbehaved: Callable[[abci.Misbehavior], None] = lambda _: None
    failed: Callable[[str], None] = lambda _: None
    changed: Callable[[Sequence[ValidatorUpdate]], None] = lambda _: None
    voted: Callable[[Sequence[tuple[bytes, bool]]], None] = lambda _: None
    point: Callable[[int], None] = lambda _: None


def changes(before: Mapping[bytes, int], after: Mapping[bytes, int]) -> list[ValidatorUpdate]:
    """What CometBFT is told: each key whose power differs, in the order of keys; 0 removes one."""
    return [
        ValidatorUpdate(key, after.get(key, 0))
        for key in sorted({*before, *after})
        if before.get(key, 0) != after.get(key, 0)
    ]


class Application:
    """Answers one CometBFT node; `handle` is called for one request of a connection after the other."""

    def __init__(
        self,
        machine: Machine,
        verified: Verified,
        clock: Callable[[], int],
        chain_id: str,
        voting: Voting,
        *,
        max_statements: int,
        hooks: Hooks,
        version: str,
    ) -> None:
        self._machine = machine
        self._verified = verified
        self._clock = clock
        self._chain_id = chain_id
        self._voting = voting
        self._max_statements = max_statements
        self._hooks = hooks
        self._version = version
        self._budget = Budget(time.monotonic)
        self._executed: _Executed | None = None
        self.place = place_of(machine)
        self._methods: dict[int, Callable[[bytes], Any]] = {
            abci.CHECK_TX: self._check,
            abci.PREPARE_PROPOSAL: self._prepare,
            abci.PROCESS_PROPOSAL: self._process,
            abci.FINALIZE_BLOCK: self._finalize,
            abci.COMMIT: self._commit,
            abci.INIT_CHAIN: self._begin,
            abci.INFO: self._info,
            abci.QUERY: self._query,
        }

    async def handle(self, request: Request) -> bytes:
        """The answer to one request; an error halts the node's engine, and CometBFT with it."""
        if request.method == abci.FLUSH:
            return abci.flushed()
        if request.method == abci.ECHO:
            return abci.echo(request.body)
        if request.method == abci.LIST_SNAPSHOTS:
            return abci.no_snapshots()
        method = self._methods.get(request.method)
        if method is None:
            raise Fault(f"CometBFT asks for method {request.method}, which no version 0.38 has enabled here")
        try:
            answer: bytes = await method(request.body)
        except Exception as error:
            why = str(error) if isinstance(error, Fault | Refused | OSError) else repr(error)
            self._hooks.failed(why)
            raise
        return answer

    # Beginning

    async def _info(self, body: bytes) -> bytes:
        return abci.info(self.place.height, self.place.app_hash, self._version)

    async def _begin(self, body: bytes) -> bytes:
        given = abci.init_chain(body)
        if given.chain_id != self._chain_id or self.place.height:
            raise Refused(WRONG_CHAIN, given=given.chain_id, expected=self._chain_id, directory="cometbft")
        return abci.chain_begun(app_hash(self._machine.profile, self._machine.head))

    async def _query(self, body: bytes) -> bytes:
        """The head of the ledger, whatever is asked: everything else has the node's own API."""
        head = self._machine.head
        value = head.size.to_bytes(8) + head.root + head.state
        return abci.answered(0, value, self.place.height)

    # Proposing

    async def _check(self, body: bytes) -> bytes:
        """Whether a transaction may wait here: it can be read, its signatures hold, it is not from a future
        that the local clock does not know, and not too many of its sender wait."""
        data = abci.tx_to_check(body)
        tx = unpack(data)
        if tx is None:
            return abci.checked(UNREADABLE, "these bytes are no transaction")
        if tx.message:
            speaker = self._hooks.speaker(tx.message)
            if speaker is None:
                return abci.checked(BAD_MESSAGE, "no validator signed this message")
            return self._take(f"{_UNKNOWN}{speaker}", data, MESSAGES)
        issuers: Counter[str] = Counter()
        for verdict in await self._verified.verdicts(tx.statements):
            if isinstance(verdict, Refused):
                # A key may be registered in a block that this node has not seen yet.
                if verdict.code is not UNKNOWN_KEY:
                    return abci.checked(BAD_STATEMENT, str(verdict.code))
                issuers[_UNKNOWN] += MAX_STATEMENTS
            elif verdict.issued > self._clock() + MAX_AHEAD:
                return abci.checked(AHEAD, "it is dated ahead of this node's clock")
            else:
                issuers[verdict.issuer] += 1
        return self._take(issuers.most_common(1)[0][0], data, TRANSACTIONS)

    def _take(self, sender: str, tx: bytes, most: int) -> bytes:
        if self._budget.take(sender, tx, most):
            return abci.checked(0)
        return abci.checked(TOO_MANY, "too many transactions of its sender wait here")

    async def _prepare(self, body: bytes) -> bytes:
        offered = abci.proposal_to_prepare(body)
        txs = pick(offered, self._known, self._max_statements)
        return abci.prepared(txs)

    def _known(self, tx: bytes) -> list[Statement]:
        """The statements of a transaction that were verified here."""
        found = unpack(tx)
        known = map(self._verified.get, found.statements if found else ())
        return [statement for statement in known if statement is not None]

    async def _process(self, body: bytes) -> bytes:
        """Only what can be told from the bytes alone refuses a block: nodes must not differ over it."""
        return abci.processed(all(unpack(tx) is not None for tx in abci.proposal(body).txs))

    # Executing

    async def _finalize(self, body: bytes) -> bytes:
        decided = abci.proposal(body)
        if decided.height != self.place.height + 1:
            raise Fault(f"CometBFT finalizes block {decided.height} after block {self.place.height}")
        txs = [unpack(tx) for tx in decided.txs]
        self._executed = await self._execute(decided, txs)
        self._budget.settle(decided.txs)
        self._hooks.point(6)
        codes = [UNREADABLE if tx is None else 0 for tx in txs]
        return abci.finalized(codes, self._executed.place.app_hash, self._executed.updates)

    async def _execute(self, decided: Proposal, txs: Sequence[Transaction | None]) -> _Executed:
        statements = [data for tx in txs if tx is not None for data in tx.statements]
        messages = [tx.message for tx in txs if tx is not None and tx.message]
        verdicts = await self._verified.verdicts(statements)
        began = time.monotonic()
        good = [verdict for verdict in verdicts if not isinstance(verdict, Refused)]
        block = self._machine.execute(decided.time, good)
        results = iter(block.outcomes)
        outcomes = [verdict if isinstance(verdict, Refused) else next(results) for verdict in verdicts]
        voted_on = app_hash(self._machine.profile, block.head)
        updates = changes(self._voting(None), self._voting(block))
        found = decided.misbehavior
        place = self.place.after(decided.height, voted_on, found, changed=bool(updates))
        seconds = time.monotonic() - began
        return _Executed(place, block, updates, decided.voted, statements, outcomes, messages, seconds)

    async def _commit(self, body: bytes) -> bytes:
        done, self._executed = self._executed, None
        if done is None:
            raise Fault("CometBFT commits a block that was not finalized")
        began = time.monotonic()
        self._machine.commit(done.block, done.place.encode())
        for found in done.place.misbehaved:
            if found not in self.place.misbehaved:
                self._hooks.misbehaved(found)
        self.place = done.place
        self._hooks.voted(done.voted)
        if done.updates:
            self._hooks.changed(done.updates)
        self._verified.forget(done.statements)
        if done.statements:
            self._hooks.committed(done.block, done.seconds + time.monotonic() - began)
        self._hooks.settled(done.statements, done.outcomes)
        for message in done.messages:
            self._hooks.heard(message)
        self._hooks.point(7)
        return abci.committed()
