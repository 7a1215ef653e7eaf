"""The follow engine: another node orders, this one takes over its blocks and executes each of them itself.

Nothing that the other node says is believed. A checkpoint must bear the log's signature and extend what
this ledger holds (RFC 9162, section 2.1.4); leaves are executed only when they lead to a root that the
checkpoint commits to; and every block must come out of the machine byte for byte as it stands in the log.
Two signed checkpoints of one log that do not extend each other end the following: both are kept.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from dongting.engines.collector import settle_collector
from dongting.engines.embedded import HALTED
from dongting.engines.machine import Machine
from dongting.engines.verifiers import UNKNOWN_KEY, Verdict, Verifiers
from dongting.errors import Code, Fault, Refused, require
from dongting.wire import merkle
from dongting.wire.blocks import BlockEnd
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.statement import Statement

FORKED = Code(
    "follow", 1, "forked-history",
    "The node at {source} shows another history of this log: its checkpoint of {shown} leaves does not "
    "extend the {held} leaves that this node holds. This node follows no further; both signed "
    "checkpoints are in {evidence}. Show them to the other members.",
    "位于 {source} 的节点出示了本日志的另一段历史：其 {shown} 条的检查点未延续本节点所持的 {held} 条。"
    "本节点已停止跟随；两份已签名的检查点保存在 {evidence}，请向其他成员出示。",
    status=503,
)  # fmt: skip
NOT_ITS_LEAVES = Code(
    "follow", 2, "leaves-differ-from-checkpoint",
    "The leaves from {first} on that the node at {source} sent do not belong to its own checkpoint of "
    "{size} leaves; nothing of them was taken. They are asked for again.",
    "位于 {source} 的节点所发的自 {first} 起的条目与其 {size} 条的检查点不符，均未采用。将重新获取。",
    status=502,
)  # fmt: skip
DIVERGED = Code(
    "follow", 3, "block-not-derived",
    "Block {height} of the log does not follow from the blocks before it: {why}. This node follows no "
    "further. Compare versions with the node at {source}, then run `dongting audit` on both.",
    "日志的区块 {height} 无法由此前区块推导：{why}。本节点已停止跟随。"
    "请与位于 {source} 的节点核对版本，并在双方执行 `dongting audit`。",
    status=503,
)  # fmt: skip
UPSTREAM_BEHIND = Code(
    "follow", 4, "upstream-behind",
    "The node at {source} has {shown} leaves, and this node holds {held} of the same log: it lost "
    "some, perhaps by a restore. Let its operator ask this node for the newest checkpoint.",
    "位于 {source} 的节点只有 {shown} 条，而本节点持有同一日志的 {held} 条：对方可能因恢复备份而缺失数据。"
    "请其运维人员向本节点索取最新检查点。",
    status=503,
)  # fmt: skip

NOT_YET = Code(
    "follow", 5, "not-yet-here",
    "The statement stands in block {height} of the log, and this node has not taken that block over yet: "
    "{why}. Ask for the statement's fate before you send it again.",
    "该声明已载入日志的区块 {height}，但本节点尚未取得该区块：{why}。请先查询其处理结果再重新提交。",
    status=503,
)  # fmt: skip

TEXT_MISSING = Code(
    "follow", 18, "text-missing",
    "The node at {source} leaves out the text of log entry {index}, and its log holds no resolution that "
    "redacted it. Its newest checkpoint is not shown here before one does; ask its operator.",
    "位于 {source} 的节点未提供日志第 {index} 条的正文，而其日志中没有删除该正文的决议。"
    "在有此决议之前，本节点不出示其最新检查点；请联系其运维人员。",
    status=503,
)  # fmt: skip

BATCH = 4096  # leaves that are fetched, checked and executed together, unless one block is longer
BATCH_BYTES = 32 * 2**20
LONGEST_BLOCK = 10_001  # leaves
CHUNK = 128  # statements that one worker verifies at a time
PATIENCE = 30.0  # seconds that a submitter waits for the block to arrive here
LONGEST_PAUSE = 15.0  # seconds between attempts to reach the other node


class Followed(Machine, Protocol):
    """The machine of a follower: the engine also looks at its log, and supplies what stands for texts that
    were redacted.
    """

    log: Any
    supplied: dict[int, Mapping[str, bytes]]

    def attempt(self, time: int, statements: Sequence[Statement]) -> Any:
        """Execute a block; or the index of a leaf whose effects have to be supplied first."""
        ...

    def stands_for(self, leaf: bytes) -> Statement | None:
        """The statement of which these bytes are the marker; None for a leaf that is whole."""
        ...


class Effects(Protocol):
    """What a node keeps of one statement: the `marker` of its leaf if it was redacted, and the `entries` that
    it wrote, by address."""

    @property
    def marker(self) -> bytes | None: ...
    @property
    def entries(self) -> Mapping[str, bytes]: ...


class Source(Protocol):
    """The node that is followed."""

    @property
    def name(self) -> str:
        """Its address, for people."""
        ...

    async def checkpoint(self, size: int) -> bytes:
        """Its newest signed checkpoint; may wait a while for one of more than `size` leaves."""
        ...

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that its log of `second` leaves extends the one of `first`."""
        ...

    async def leaves(self, first: int, end: int) -> list[bytes]:
        """Leaves from `first` on, at least one and none beyond `end`; a redacted one is empty."""
        ...

    async def effects(self, index: int) -> Effects:
        """What it keeps of the statement at an index."""
        ...

    async def submit(self, statements: Sequence[bytes]) -> list[Any]:
        """Have it order statements; the outcome of each, an accepted one with its height."""
        ...


class Ledger(Protocol):
    """What becomes of what the engine found."""

    def verified(self, note: bytes) -> Checkpoint:
        """The checkpoint in a note, signed by the log; refuses any other."""
        ...

    def adopt(self, note: bytes) -> None:
        """Keep the note of the present head; it is what this node shows from now on."""
        ...

    def undecided(self) -> int | None:
        """A leaf whose text was left out although no redaction is on record so far."""
        ...

    def forked(self, note: bytes, proof: Sequence[bytes]) -> str:
        """Keep a signed checkpoint that contradicts the log held here, durably; where it is kept."""
        ...


class Follow:
    """Follows `source` into `machine`; `committed` is told each block and the seconds that it took.

    `away` says why the source cannot be followed just now, `halted` why it is followed no more; `level` that
    since its start it held all that the source had.
    """

    def __init__(
        self,
        machine: Followed,
        source: Source,
        ledger: Ledger,
        *,
        workers: int = 1,
        committed: Callable[[Any, float], None] = lambda _, __: None,
        halted: str | None = None,
    ) -> None:
        self._machine = machine
        self._source = source
        self._ledger = ledger
        self._committed = committed
        self._verifiers = Verifiers(machine.profile, machine.key, workers)
        self._ahead: list[bytes] = []
        self._wake = asyncio.Event()
        self._grown = asyncio.Condition()
        self.waiting = 0
        self.target = machine.head.size
        self.away: Refused | None = None
        self.halted = halted
        self.level = False

    @property
    def stalled(self) -> Refused | None:
        """Why nothing can be ordered just now."""
        return self.away

    def holds(self, leaf: str) -> bool:
        """Whether a statement waits here after its submitter was let go: the other node tells."""
        return False

    async def start(self) -> None:
        """Start the signature workers and follow."""
        settle_collector()
        await self._verifiers.start()
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; what was committed stays, and the next start goes on from there."""
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        await self._verifiers.stop()

    def wake(self) -> None:
        """Ask the source at once, if the engine was waiting to try again."""
        self._wake.set()

    async def submit(self, statements: Sequence[bytes]) -> list[Any]:
        """Have the source order these; answered when this node has executed their blocks itself."""
        self._alive()
        self.waiting += len(statements)
        try:
            outcomes = await self._source.submit(statements)
            heights = [each.height for each in outcomes if not isinstance(each, Refused)]
            await self._reached(max(heights, default=0))
            return outcomes
        finally:
            self.waiting -= len(statements)

    async def _reached(self, height: int) -> None:
        self._wake.set()
        try:
            async with asyncio.timeout(PATIENCE), self._grown:
                while self._machine.head.height < height:
                    self._alive()
                    await self._grown.wait()
        except TimeoutError:
            raise Refused(
                NOT_YET, height=height, why=self.away.text() if self.away else "it is catching up"
            ) from None

    def _alive(self) -> None:
        if self.halted is not None:
            raise Refused(HALTED, why=self.halted)

    async def _run(self) -> None:
        pause = 0.5
        while self.halted is None:
            try:
                await self._step()
                self.away, pause = None, 0.5
            except Refused as refused:
                if refused.code in (FORKED, DIVERGED):
                    self.halted = refused.text()
                else:
                    self.away, self._ahead = refused, []
                    await self._rest(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
            except (Fault, OSError) as error:
                self.halted = str(error)
            except Exception as error:
                self.halted = f"{type(error).__name__}: {error}"
                raise
            finally:
                async with self._grown:
                    self._grown.notify_all()

    async def _rest(self, seconds: float) -> None:
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def catch_up(self, note: bytes) -> None:
        """Take over what a signed note of the source commits to, once; for an engine that was not started."""
        await self._verifiers.start()
        try:
            await self._take(note)
        finally:
            await self._verifiers.stop()

    async def replay(self, leaves: Iterable[bytes]) -> None:
        """Execute leaves that were authenticated elsewhere, up to the last whole block; for an engine
        that was not started."""
        await self._verifiers.start()
        try:
            waiting = iter(leaves)
            while piece := list(islice(waiting, BATCH)):
                self._ahead += piece
                ends = self._ends()
                if ends:
                    taken = max(ends) + 1
                    whole, self._ahead = self._ahead[:taken], self._ahead[taken:]
                    await self._execute(self._machine.head.size, whole, ends)
        finally:
            await self._verifiers.stop()

    def _ends(self) -> dict[int, BlockEnd]:
        """The block ends among the leaves at hand, by their place."""
        found = ((place, BlockEnd.decode(leaf)) for place, leaf in enumerate(self._ahead))
        return {place: end for place, end in found if end is not None}

    # One checkpoint

    async def _step(self) -> None:
        """Take over all that the source's newest checkpoint commits to."""
        await self._take(await self._source.checkpoint(self._machine.head.size))
        self.level = True

    async def _take(self, note: bytes) -> None:
        """Take over all that a signed note commits to."""
        machine, source = self._machine, self._source
        shown = self._ledger.verified(note)
        held = machine.head.size
        if shown.size < held:
            if machine.log.root_at(shown.size) != shown.root:
                raise self._fork(note, shown, [])
            raise Refused(UPSTREAM_BEHIND, source=source.name, shown=shown.size, held=held)
        proof = await source.consistency(held, shown.size) if 0 < held < shown.size else []
        if not self._extends(held, machine.head.root, shown, proof):
            raise self._fork(note, shown, proof)
        self.target = shown.size
        while machine.head.size < shown.size:
            await self._extend(shown)
        if (index := self._ledger.undecided()) is not None:
            raise Refused(TEXT_MISSING, index=index, source=source.name)
        self._ledger.adopt(note)

    def _extends(self, size: int, root: bytes, shown: Checkpoint, proof: Sequence[bytes]) -> bool:
        return merkle.verify_consistency(self._machine.profile, size, root, shown.size, shown.root, proof)

    def _fork(self, note: bytes, shown: Checkpoint, proof: Sequence[bytes]) -> Refused:
        where = self._ledger.forked(note, proof)
        held = self._machine.head.size
        return Refused(FORKED, source=self._source.name, shown=shown.size, held=held, evidence=where)

    async def _extend(self, shown: Checkpoint) -> None:
        """Take over some blocks: authenticate their leaves under the checkpoint, verify, execute, commit."""
        first = self._machine.head.size
        ends = await self._gather(first, shown.size)
        taken = max(ends) + 1
        leaves, self._ahead = self._ahead[:taken], self._ahead[taken:]
        await self._authenticate(first, leaves, shown)
        await self._execute(first, leaves, ends)

    async def _gather(self, first: int, size: int) -> dict[int, BlockEnd]:
        """Fetch leaves until some whole blocks are there; the block ends among them, by their place."""
        ends: dict[int, BlockEnd] = {}
        looked = weight = 0
        while True:
            for place in range(looked, len(self._ahead)):
                weight += len(self._ahead[place])
                end = BlockEnd.decode(self._ahead[place])
                if end is not None:
                    ends[place] = end
            looked = len(self._ahead)
            full = looked >= BATCH or weight >= BATCH_BYTES
            if first + looked == size or (ends and full) or looked > LONGEST_BLOCK:
                break
            self._ahead += await self._filled(first + looked, size)
        require(ends, NOT_ITS_LEAVES, **self._facts(first, size))
        return ends

    async def _filled(self, first: int, size: int) -> list[bytes]:
        """The next leaves; what the source keeps in its place stands for a redacted one."""
        leaves = await self._source.leaves(first, size)
        for place, leaf in enumerate(leaves):
            if not leaf:
                effects = await self._source.effects(first + place)
                leaves[place] = effects.marker or b""
                self._machine.supplied[first + place] = effects.entries
        return leaves

    def _hash(self, leaf: bytes) -> bytes:
        marked = self._machine.stands_for(leaf)
        return merkle.leaf_hash(self._machine.profile, leaf) if marked is None else marked.leaf

    async def _authenticate(self, first: int, leaves: Sequence[bytes], shown: Checkpoint) -> None:
        """Refuse leaves that the checkpoint does not commit to."""
        machine = self._machine
        try:
            hashes = [self._hash(leaf) for leaf in leaves]
        except Fault:
            raise Refused(NOT_ITS_LEAVES, **self._facts(first, shown.size)) from None
        after = machine.log.append(hashes)
        proof = await self._source.consistency(after.size, shown.size) if after.size < shown.size else []
        right = self._extends(after.size, after.root, shown, proof)
        require(right, NOT_ITS_LEAVES, **self._facts(first, shown.size))

    def _facts(self, first: int, size: int) -> dict[str, Any]:
        return {"first": first, "size": size, "source": self._source.name}

    # Blocks

    async def _execute(self, first: int, leaves: Sequence[bytes], ends: dict[int, BlockEnd]) -> None:
        places = [place for place in range(len(leaves)) if place not in ends]
        found = dict(zip(places, await self._verify([leaves[place] for place in places]), strict=True))
        start = 0
        for place in sorted(ends):
            verdicts = [found[n] for n in range(start, place)]
            if any(isinstance(each, Refused) and each.code is UNKNOWN_KEY for each in verdicts):
                verdicts = await self._verify(leaves[start:place])  # by a key that a block before registered
            await self._block(first + start, verdicts, ends[place], leaves[place])
            start = place + 1
            async with self._grown:
                self._grown.notify_all()
            await asyncio.sleep(0)

    async def _verify(self, statements: Sequence[bytes]) -> list[Verdict]:
        """Verdicts, in order; a redacted statement lost its signature with its text: its hash has to do."""
        marked = [self._machine.stands_for(each) for each in statements]
        whole = [each for each, marker in zip(statements, marked, strict=True) if marker is None]
        chunks = [list(whole[n : n + CHUNK]) for n in range(0, len(whole), CHUNK)]
        found = await asyncio.gather(*(self._verifiers.verify(chunk) for chunk in chunks))
        verdicts = iter([verdict for chunk in found for verdict in chunk])
        return [next(verdicts) if marker is None else marker for marker in marked]

    async def _block(self, first: int, verdicts: Sequence[Verdict], end: BlockEnd, data: bytes) -> None:
        """Execute one block as it stands in the log, and commit it if it comes out the same."""
        machine = self._machine
        statements = [each for each in verdicts if isinstance(each, Statement)]
        for index, verdict in enumerate(verdicts, first):
            if isinstance(verdict, Refused):
                raise self._diverged(f"leaf {index}: {verdict.text()}")
        began = time.monotonic()
        while isinstance(block := machine.attempt(end.time, statements), int):
            machine.supplied[block] = (await self._source.effects(block)).entries
        for index, outcome in enumerate(block.outcomes, first):
            if isinstance(outcome, Refused):
                raise self._diverged(f"leaf {index}: {outcome.text()}")
            if outcome.index != index:
                raise self._diverged(f"leaf {index} repeats leaf {outcome.index}")
        head = block.head
        if not statements or BlockEnd(head.height, head.time, first, head.state).encode() != data:
            raise self._diverged(f"state {head.state.hex()[:16]} was derived, not {end.state.hex()[:16]}")
        machine.commit(block)
        self._committed(block, time.monotonic() - began)

    def _diverged(self, why: str) -> Refused:
        return Refused(DIVERGED, height=self._machine.head.height + 1, why=why, source=self._source.name)
