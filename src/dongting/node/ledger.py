"""The ledger's process: kernel, engine and store joined behind the façade."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

import dongting
from dongting.engines.cometbft.directory import Settings
from dongting.engines.cometbft.engine import CometBFT
from dongting.engines.embedded import Embedded
from dongting.engines.machine import Engine
from dongting.errors import Fault, Refused, require
from dongting.kernel import codes
from dongting.kernel.crossing import Crossing
from dongting.kernel.entries import record_key
from dongting.kernel.machine import Accepted, Block, Machine
from dongting.kernel.redaction import Removal
from dongting.kernel.rules import Rules
from dongting.kernel.store import Store
from dongting.node import forks
from dongting.node.alarms import ALARMS, alarms
from dongting.node.checkpoints import Issuer
from dongting.node.codes import (
    CATCHING_UP,
    NO_LOG_KEY,
    NO_RECORD,
    NOT_A_STATEMENT,
    NOT_ADMITTED,
    NOT_THE_LOG_KEY,
)
from dongting.node.comparing import CONTRADICTED, Comparing
from dongting.node.config import WitnessSettings
from dongting.node.facade import (
    Act,
    Alarm,
    BlockChanges,
    CosignAnswer,
    Download,
    Effects,
    Facade,
    Fate,
    Signer,
    Status,
    Submitted,
    Version,
)
from dongting.node.installed import downloadable, installed_rules
from dongting.node.metrics import ledger_metrics
from dongting.node.prove import assemble, follow
from dongting.node.recent import RecentBlocks
from dongting.node.redactions import Redactions, crossing, effects_of, settle, version_of
from dongting.node.restored import log_keys
from dongting.node.signing import witness_key
from dongting.node.validators import members, voting
from dongting.node.witness import NOT_A_WITNESS, Collector, Witness, asked, trusted
from dongting.wire import checkpoint as checkpoints
from dongting.wire import receipt as receipts
from dongting.wire.genesis import decode as decode_genesis
from dongting.wire.genesis import origin
from dongting.wire.keys import SigningKey, to_base64
from dongting.wire.profile import profile_named
from dongting.wire.statement import decode as decode_statement
from dongting.wire.tiles import BAD_TILE_PATH, ENTRIES, encode_bundle, tile_named, width_at

log = logging.getLogger("dongting.ledger")

STOP_GRACE = 5  # seconds for what is under way when the node is told to end
BLOCKS_BYTES = 2 * 2**20  # of record bodies in one answer of `blocks`, but for the last block in it
COSIGNING = 3.0  # seconds for which a proof waits for the cosignatures of witnesses
PROVE_REST = 3  # so many times as long as a proof took, blocks have the loop for themselves


@dataclass(frozen=True, slots=True)
class Limits:
    """How the engine packs blocks."""

    workers: int = 2
    max_statements: int = 1000


class LedgerNode(Facade):
    """One open ledger. Everything here runs on one event loop, between blocks."""

    def __init__(
        self,
        store: Store,
        genesis: bytes,
        directory: Path,
        clock: Callable[[], int],
        *,
        log_key: SigningKey | None,
        limits: Limits = Limits(),
        point: Callable[[int], None] = lambda _: None,
        unlock: Callable[[bytes], SigningKey] | None = None,
        copy: Callable[[], Path] | None = None,
        restored: Refused | None = None,
        consortium: Settings | None = None,
        witnessing: WitnessSettings | None = None,
    ) -> None:
        self._store = store
        self._directory = directory
        self._genesis = genesis
        rules = installed_rules(profile_named(decode_genesis(genesis).profile))
        self._restored = restored
        self.machine = self._make_machine(rules, point)
        self.origin = origin(self.machine.genesis)
        self._consortium = consortium is not None
        self._orderer: CometBFT | None = None
        self._alarms: Callable[[], list[Refused]] = list
        if log_key is not None:
            self._check_key(log_key)
        self.log_key = log_key
        self._issuer = Issuer(self.machine, self.origin, self._signing_key(), directory / "checkpoint", point)
        self._recent = RecentBlocks(self.machine)
        self._redactions = Redactions(self.machine, directory / "redacted")
        self._redactions.purge(self._redactions.mark())
        self._beside: set[asyncio.Task[None]] = set()
        self._counted = ledger_metrics(dongting.__version__)
        self._refused: dict[str, Fate] = {}
        self._pending: set[str] = set()
        self._proving = asyncio.Lock()
        self._prove_from = 0.0
        self._point = point
        self._clock = clock
        self._unlock = unlock
        self._copy = copy
        roles = witnessing or WitnessSettings()
        self._witness = self._make_witness(roles, directory) if roles.name else None
        self._collector = Collector(self.machine, asked(roles.ask), lambda: self._issuer.note)
        self._comparing: Comparing | None = None
        self._engine = self._make_engine(limits, consortium)

    def _make_machine(self, rules: Rules, point: Callable[[int], None]) -> Machine:
        """The machine; one that can take over redacted leaves where another node's log is taken over."""
        if self._restored is None:
            return Machine(self._store, rules, self._genesis, point=point)
        return crossing(self._store, rules, self._genesis, self._directory, point)

    def _make_witness(self, witnessing: WitnessSettings, directory: Path) -> Witness:
        keys = trusted(witnessing.logs, self.origin, self.machine.profile, lambda: log_keys(self.machine))
        return Witness(witnessing.name, directory / "witnessed", keys, self._clock)

    def _make_engine(self, limits: Limits, consortium: Settings | None) -> Engine:
        """The engine that orders for this node."""
        options: dict[str, Any] = {
            "workers": limits.workers,
            "max_statements": limits.max_statements,
            "committed": self.committed,
        }
        if consortium is None:
            return Embedded(self.machine, self._clock, **options)
        founded = self.machine.genesis
        engine = CometBFT(
            self.machine, founded, consortium, self._clock, partial(voting, self.machine),
            heard=self._heard, speaker=lambda told: comparing.speaker(told), point=self._point, **options,
        )  # fmt: skip
        evidence = consortium.home / CONTRADICTED
        comparing = Comparing(self.machine, self.origin, lambda: self._issuer.note, engine.tell, evidence)
        self._comparing, self._orderer = comparing, engine
        self._alarms = lambda: alarms(self.machine, engine, comparing.contradictions())
        return engine

    def _check_key(self, key: SigningKey) -> None:
        """Refuse a key with which this node could not do its work; in a consortium the founders may yet
        admit it."""
        known = {each.key for each in log_keys(self.machine)}
        require(self._consortium or key.public() in known, NOT_THE_LOG_KEY)

    async def start(self) -> None:
        """Start ordering."""
        await self._engine.start()
        self._collector.start()

    async def stop(self) -> None:
        """Answer what has arrived, then close the store; no call may be under way any more."""
        await self._collector.stop()
        try:
            await asyncio.wait_for(self._engine.stop(), STOP_GRACE)
        except TimeoutError:
            log.error("the engine did not end; whoever waits for an answer gets none")
        if self._beside:
            await asyncio.wait(self._beside, timeout=STOP_GRACE)
        self._issuer.close()
        self._store.close()
        await asyncio.gather(*self._beside)

    def committed(self, block: Block, seconds: float) -> None:
        """Note a block that was committed just now, in so many seconds."""
        if self._consortium:
            self._issuer.hold(self._signing_key())
        self._issuer.issue()
        self._collector.wake()
        self._recent.add(block)
        if isinstance(self.machine, Crossing):
            settle(self.machine, [each.address for each in block.written])
        if block.removals:
            self._redact()
        counted = self._counted
        counted.blocks.inc()
        counted.block_seconds.observe(seconds)
        counted.block_statements.observe(block.head.size - (block.log.before if block.log else 0) - 1)
        self._point(4)

    def _heard(self, message: bytes) -> None:
        """Another validator told all of them something: so far only its signed checkpoint."""
        if self._comparing is not None:
            self._spawn(self._comparing.heard(message))

    def _redact(self) -> None:
        """Remove at once what the block redacted; the disk is cleaned beside the next blocks."""
        made = self._redactions.mark()
        self._recent.forget()
        self._spawn(self._purge(made))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the next blocks."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _purge(self, made: Sequence[Removal]) -> None:
        try:
            await asyncio.to_thread(self._redactions.purge, made)
        except (Refused, Fault) as error:  # a full disk, say; the next start tries again
            log.error("redacted text is still on the disk", extra={"why": str(error)})

    async def exposition(self) -> bytes:
        head, counted = self.machine.head, self._counted
        counted.height.set(head.height)
        counted.leaves.set(head.size)
        counted.block_time.set(head.time)
        counted.queue.set(self._engine.waiting)
        counted.unlocked.set(self.log_key is not None)
        codes = Counter(str(alarm.code) for alarm in self._alarms())
        for code in ALARMS:
            counted.alarms.labels(str(code)).set(codes[str(code)])
        counted.restored.set(self._restored is not None)
        counted.forked.set((self._directory / forks.FILE).exists())
        return counted.exposition()

    async def unlock(self, passphrase: bytes) -> None:
        if self.log_key is not None or self._unlock is None:
            return
        key = self._unlock(passphrase)
        self._check_key(key)
        self.log_key = key
        self._issuer.hold(self._signing_key())
        self._issuer.issue()

    def _signing_key(self) -> SigningKey | None:
        """The log key, unless the node must not sign: a restored one could show a second history, and a
        signature of a node that is no validator counts for nothing."""
        return self.log_key if self._restored is None and self._admitted() else None

    def _admitted(self) -> bool:
        """Whether the log key counts at the present head."""
        if not self._consortium or self.log_key is None:
            return True
        return to_base64(self.log_key.public().cose()) in self._log_keys()

    def _closed(self) -> Refused | None:
        """Why the node signs nothing and takes no statements, if so."""
        if self._restored is not None:
            return self._restored
        if self.log_key is None:
            return Refused(NO_LOG_KEY)
        return None if self._admitted() else Refused(NOT_ADMITTED)

    # A restored node (`dongting.node.rejoining`)

    @property
    def note(self) -> bytes:
        """The newest signed checkpoint that this node shows; empty when there is none."""
        return self._issuer.note

    def adopt(self, note: bytes) -> None:
        """Show this note from now on, which was verified: the head is where it says."""
        self._issuer.adopt(note)
        self._collector.wake()

    def hold(self, why: Refused) -> None:
        """Stay read-only, for this reason."""
        self._restored = why

    async def put_on_record(self, statement: bytes) -> Accepted | Refused:
        """Order a statement of the node's operator although the node is still read-only."""
        outcomes: list[Accepted | Refused] = await self._engine.submit([statement])
        return outcomes[0]

    def reopen(self) -> None:
        """Write and sign from now on."""
        self._restored = None
        self._issuer.hold(self._signing_key())
        self._issuer.issue()
        self._collector.wake()

    async def copy(self) -> str:
        if self._copy is None:
            raise Fault("this ledger is not kept in a directory that could be copied")
        return str(self._copy())

    def _log_keys(self) -> list[str]:
        """The log keys that sign at the present head, in COSE and base64url."""
        return [each.key for each in members(self.machine)]

    # Statements

    async def submit(self, statements: list[bytes]) -> Submitted:
        if (why := self._closed()) is not None:
            raise why
        ids = [self.machine.profile.hash(b"\x00" + data).hex() for data in statements]
        self._pending.update(ids)
        try:
            outcomes = await self._engine.submit(statements)
        finally:
            self._pending.difference_update(ids)
        fates = [self._fate(id, outcome) for id, outcome in zip(ids, outcomes, strict=True)]
        return Submitted(fates, self._issuer.note.decode())

    def _fate(self, id: str, outcome: Accepted | Refused | None) -> Fate:
        if outcome is None:
            return Fate("pending", id)
        if isinstance(outcome, Accepted):
            return Fate("accepted", id, outcome.index, outcome.height, outcome.time)
        facts = {n: v if isinstance(v, int | str) else str(v) for n, v in outcome.facts.items()}
        fate = Fate("refused", id, code=outcome.code, facts=facts)
        if len(self._refused) > 10_000:
            self._refused.clear()
        self._refused[id] = fate
        return fate

    async def fate(self, id: str, issuer: str, nonce: str) -> Fate:
        if id in self._pending or self._engine.holds(id):
            return Fate("pending", id)
        found = self.machine.find_statement(issuer, bytes.fromhex(nonce))
        if found is not None and found[1].hex() == id:
            block = self.machine.block_of(found[0])
            return Fate("accepted", id, found[0], block.height, block.time)
        return self._refused.get(id, Fate("unknown", id))

    # The log

    async def status(self) -> Status:
        head = self.machine.head
        reason = self._reason()
        return Status(
            network=head.network,
            origin=self.origin,
            profile=self.machine.profile.name,
            height=head.height,
            size=head.size,
            time=head.time,
            root=head.root.hex(),
            state=head.state.hex(),
            writing=reason is None,
            reason=reason,
            log_keys=self._log_keys(),
            operator=self.machine.genesis.log_keys[0].owner,
            alarms=[Alarm(str(a.code), a.text("en"), a.text("zh")) for a in self._alarms()],
            **self._following(),
        )

    def _following(self) -> dict[str, Any]:
        """What only a follower tells of itself."""
        return {}

    def _reason(self) -> str | None:
        """Why nothing is written, if so."""
        why = self._engine.stalled or self._closed()
        return self._engine.halted or (why.text() if why is not None else None)

    async def genesis(self) -> bytes:
        return self._genesis

    async def checkpoint(self) -> str:
        require(self._issuer.note, NO_LOG_KEY)
        return self._collector.cosigned(self._issuer.note).decode()

    async def cosign(self, request: bytes) -> CosignAnswer:
        key = witness_key(self.log_key)
        if self._witness is None or key is None:
            raise Refused(NOT_A_WITNESS)
        return self._witness.add_checkpoint(request, key)

    async def tile(self, path: str) -> bytes:
        tile = tile_named(path)
        if tile.level == ENTRIES:
            size = self.machine.head.size
            require(width_at(size, 0, tile.index) >= tile.width, BAD_TILE_PATH, path=path)
            first = tile.index * 256
            return encode_bundle([self._bundled(first + n) for n in range(tile.width)])
        data = self.machine.log.tile(tile)
        if data is None:
            raise Refused(BAD_TILE_PATH, path=path)
        return data

    def _bundled(self, index: int) -> bytes:
        """A leaf as entry bundles hold it: a redacted one is empty, its hash stands in the hash tiles."""
        return b"" if self.machine.redacted(index) is not None else self.machine.leaf(index)

    async def consistency(self, first: int, second: int) -> list[bytes]:
        return self.machine.log.consistency(first, second)

    async def leaf(self, index: int) -> bytes:
        return self.machine.leaf(index)

    async def effects(self, index: int) -> Effects:
        block = self.machine.block_of(index)
        require(index != block.size - 1, NOT_A_STATEMENT, index=index)
        return effects_of(self.machine, block, index)

    async def receipt(self, index: int) -> bytes:
        log_key = self._signing_key()
        if log_key is None:
            raise self._closed() or Refused(NO_LOG_KEY)
        machine, head = self.machine, self.machine.head
        block = machine.block_of(index)
        require(index != block.size - 1, NOT_A_STATEMENT, index=index)
        # A redacted statement has its receipt, too: it proves the hash and never held the text.
        statement = machine.redacted(index) or decode_statement(machine.leaf(index), machine.profile)
        return receipts.inclusion(
            machine.profile, log_key, self.origin, statement.subject, block.time,
            index, head.size, machine.log.inclusion(index), head.root,
        )  # fmt: skip

    # Records

    async def record(self, type: str, id: str, height: int) -> Version:
        head = self.machine.head
        require(head.height >= height, codes.BELOW_HEIGHT, height=head.height, wanted=height)
        typed = self.machine.rules.by_name.get(type)
        address = f"{type}/{id}"
        data = self._store.get(record_key(address)) if typed and address.isascii() else None
        if data is None:
            raise Refused(NO_RECORD, address=address[:160])
        return version_of(self.machine, type, id, data)

    async def prove(self, addresses: list[str]) -> bytes:
        require(self.note, NO_LOG_KEY)
        require(checkpoints.decode(self.note).size == self.machine.head.size, CATCHING_UP)
        loop = asyncio.get_running_loop()
        engine = self._orderer
        async with self._proving:
            await asyncio.sleep(self._prove_from - loop.time())
            began = loop.time()
            try:
                story = follow(self.machine, addresses)
                proof = assemble(self.machine, self._genesis, self._issuer.note, story)
                place = None if engine is None else engine.application.place
            finally:
                now = loop.time()
                self._prove_from = now + PROVE_REST * (now - began)
        note = await self._collector.complete(proof.checkpoint, COSIGNING)
        steps = proof.steps
        if engine is not None and place is not None and self._comparing is not None:
            self._spawn(self._comparing.compare())
            steps = await engine.decided(place)
        return msgspec.structs.replace(proof, checkpoint=note, steps=steps).encode()

    async def blocks(self, after: int, limit: int) -> list[BlockChanges]:
        loop = asyncio.get_running_loop()
        found: list[BlockChanges] = []
        size = 0
        for height in range(after + 1, min(after + limit, self.machine.head.height) + 1):
            began = loop.time()
            found.append(self._recent.at(height))
            size += sum(len(version.body) for version in found[-1].changes)
            if size >= BLOCKS_BYTES:
                break
            # Whoever reads an old ledger leaves half of the loop to those who write and ask.
            await asyncio.sleep(loop.time() - began)
        return found

    async def acts(self, indexes: list[int]) -> list[Act]:
        machine, found = self.machine, []
        for index in indexes:
            statement = machine.redacted(index) or decode_statement(machine.leaf(index), machine.profile)
            found.append(Act(index, statement.action, statement.issuer, statement.subject))
            if len(found) % 50 == 0:
                await asyncio.sleep(0)
        return found

    async def signer(self, kid: str) -> Signer:
        authority = self.machine.rules.authority(self.machine.reader())
        key = authority.key(kid)
        owner = authority.owner(kid)
        if key is None or owner is None:
            raise Refused(codes.UNKNOWN_KEY, kid=kid[:64])
        principal = authority.signer(owner, kid)
        return Signer(principal.id, sorted(principal.roles), sorted(principal.acts_for), key)

    async def may_download(self, transfer: str, organisation: str) -> Download:
        return downloadable(self.machine.reader(self._clock()), transfer, organisation)
