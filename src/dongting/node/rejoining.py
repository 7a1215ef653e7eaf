"""A restored node's way back: it asks every holder of its log, takes over what they hold, and opens.

Holders are the nodes that `restore.peers` names and the witnesses that `witness.ask` names. Nothing is signed
before all of them have answered and the ledger extends what each holds, so that no second history can begin.
Their leaves are believed as a follower believes them (`dongting.engines.follow`). What the ledger then says
was erased is destroyed, the restore is put on record, and only then the node writes, signs and gives out
files and parts. A follower signs nothing: it opens when it has caught up with the node that it follows.
"""

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from dongting.engines.follow import DIVERGED, FORKED, Follow
from dongting.errors import Code, Fault, Refused, require
from dongting.kernel.crossing import Crossing
from dongting.node import forks
from dongting.node.codes import NO_LOG_KEY
from dongting.node.custodian import Keyring
from dongting.node.erasures import apply, erased
from dongting.node.following import FollowNode
from dongting.node.home import Home
from dongting.node.ledger import LedgerNode
from dongting.node.outgoing import in_thread
from dongting.node.redactions import undecided
from dongting.node.restored import BEHIND, Restored, answerable, log_keys, marked, newer, notice, release
from dongting.node.upstream import Upstream
from dongting.node.witness import CONTRADICTED, WITNESS_AHEAD, Asked, asked, cosigned_from
from dongting.wire import checkpoint as checkpoints
from dongting.wire import merkle
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import origin
from dongting.wire.keys import SigningKey

SILENT = Code(
    "restore", 1, "holder-silent",
    "This node was restored and stays read-only until every holder of its log has answered; {source} has "
    "not: {why}. It is asked again. If it is gone for good, take it out of restore.peers or witness.ask, "
    "or stop the node and run `dongting confirm-restore`.",
    "本节点由备份恢复，在日志的所有持有方应答之前保持只读；{source} 尚未应答：{why}。将继续询问。"
    "若其不再可用，请将其移出 restore.peers 或 witness.ask，或停止节点后执行 `dongting confirm-restore`。",
    status=503,
)  # fmt: skip
BEYOND = Code(
    "restore", 2, "witness-beyond",
    "This node was restored and stays read-only: the witness {witness} has cosigned {known} leaves of its "
    "log, and nobody who was asked has more than {size}. Name a node that holds the rest in restore.peers, "
    "or restore a newer backup. What was signed cannot be signed otherwise.",
    "本节点由备份恢复并保持只读：见证方 {witness} 已对其日志的 {known} 条作过共签，"
    "而被询问者至多持有 {size} 条。请在 restore.peers 中写明持有其余内容的节点，"
    "或恢复较新的备份。已签署的内容不能另行签署。",
    status=503,
)  # fmt: skip
TWO_HISTORIES = Code(
    "restore", 3, "two-histories",
    "This node was restored and stays read-only: {source} showed another history of its log. {evidence} "
    "holds what was shown. Settle with the other members which history counts, restore a copy of that one, "
    "or remove the file and restart if it is this one.",
    "本节点由备份恢复并保持只读：{source} 出示了其日志的另一段历史。{evidence} 保存了所出示的内容。"
    "请与其他成员确认以哪一段为准，并恢复该段的副本；若以本节点为准，请移除该文件后重新启动。",
    status=503,
)  # fmt: skip

NOTHING_SIGNED = Code(
    "restore", 4, "nothing-signed",
    "This node was restored from a backup without a signed checkpoint, so its witnesses cannot be asked. "
    "Name a node that holds the log in restore.peers, or run `dongting confirm-restore`.",
    "恢复所用的备份不含已签署的检查点，无法询问见证方。"
    "请在 restore.peers 中写明持有日志的节点，或执行 `dongting confirm-restore`。",
    status=503,
)  # fmt: skip

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds between rounds
_FINAL = (DIVERGED, TWO_HISTORIES)

log = logging.getLogger("dongting.restore")


@dataclass(frozen=True, slots=True)
class _Shown:
    """The newest checkpoint of a peer, signed by the log."""

    peer: Upstream
    note: bytes
    checkpoint: Checkpoint


class Rejoining:
    """Brings a restored node that orders back; `run` ends when it is open, or must not be opened."""

    def __init__(self, home: Home, node: LedgerNode, keyring: Keyring) -> None:
        config = home.config
        self._home = home
        self._node = node
        self._keyring = keyring
        self._peers = config.restore.addresses
        self._witnesses = asked(config.witness.ask)
        self._machine = node.machine
        self._source = ""

    async def run(self) -> None:
        """Ask until all have answered, then open the node."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._round()
            except (Refused, Fault, OSError) as error:
                why = error if isinstance(error, Refused) else Refused(
                    SILENT, source=self._source, why=str(error)
                )  # fmt: skip
                self._node.hold(why)
                log.warning("a restored node stays read-only", extra={"why": why.text()})
                if why.code in _FINAL:
                    return
            else:
                log.info("a restored node is open again", extra={"height": self._machine.head.height})
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _round(self) -> None:
        """Ask everyone once; refuses where the node has to stay as it is."""
        evidence = self._home.path / forks.FILE
        require(not evidence.exists(), TWO_HISTORIES, source="a holder", evidence=evidence)
        key = self._node.log_key
        if key is None:
            raise Refused(NO_LOG_KEY)
        author = self._keyring.key_of(answerable(self._machine, key))
        await self._catch_up(author)
        for each in self._witnesses:
            await self._hear(each)
        mark = marked(self._home)
        assert mark is not None
        size = self._machine.head.size
        require(mark.newest <= size, BEHIND, size=size, newest=mark.newest)
        await asyncio.to_thread(self._erase)
        await self._record(mark, key, author)
        release(self._home)
        self._node.reopen()

    # Peers

    async def _catch_up(self, author: SigningKey) -> None:
        """Compare what the peers hold with one another and with the ledger, then take over the longest."""
        peers = [Upstream(url, self._machine.profile, self._machine.network) for url in self._peers]
        try:
            for peer in peers:
                peer.sign_as(author)
            shown = [await self._shown(peer) for peer in peers]
            if not shown:
                return
            best = max(shown, key=lambda one: one.checkpoint.size)
            for one in shown:
                await self._agree(best, one)
            if best.checkpoint.size >= self._machine.head.size:
                newer(self._home, best.checkpoint.size)
                await self._take(best)
        finally:
            for peer in peers:
                peer.close()

    async def _shown(self, peer: Upstream) -> _Shown:
        self._source = peer.name
        with self._silent():
            note = await peer.checkpoint(0, 0)
            return _Shown(peer, note, self.verified(note))

    @contextmanager
    def _silent(self) -> Iterator[None]:
        """A refusal of the holder that is asked just now means that it has not answered."""
        try:
            yield
        except Refused as refused:
            raise Refused(SILENT, source=self._source, why=refused.text()) from refused

    async def _agree(self, best: _Shown, one: _Shown) -> None:
        """Refuse, with evidence, checkpoints of two histories."""
        machine, profile = self._machine, self._machine.profile
        given, longest = one.checkpoint, best.checkpoint
        if given.size <= machine.head.size:
            if machine.log.root_at(given.size) != given.root:
                raise self._contradiction(one.peer.name, self._node.note, one.note)
        elif given.size == longest.size:
            if given.root != longest.root:
                raise self._contradiction(one.peer.name, best.note, one.note)
        else:
            self._source = best.peer.name
            with self._silent():
                proof = await best.peer.consistency(given.size, longest.size)
            args = profile, given.size, given.root, longest.size, longest.root, proof
            if not merkle.verify_consistency(*args):
                raise self._contradiction(best.peer.name, one.note, best.note, proof)

    def _contradiction(self, source: str, held: bytes, shown: bytes, proof: Sequence[bytes] = ()) -> Refused:
        head, now = self._machine.head, int(time.time())
        where = forks.keep(self._home.path, head, source, now, held, shown, proof)
        return Refused(TWO_HISTORIES, source=source, evidence=where)

    async def _take(self, best: _Shown) -> None:
        self._source = best.peer.name
        workers = self._home.config.kernel.verify_workers or os.cpu_count() or 1
        assert isinstance(self._machine, Crossing)
        engine = Follow(
            self._machine, best.peer, self, workers=workers, committed=self._node.committed
        )  # fmt: skip
        try:
            await engine.catch_up(best.note)
        except Refused as refused:
            if refused.code is FORKED:
                evidence = refused.facts["evidence"]
                raise Refused(TWO_HISTORIES, source=self._source, evidence=evidence) from refused
            if refused.code is DIVERGED:
                raise
            raise Refused(SILENT, source=self._source, why=refused.text()) from refused

    # What the engine asks (`engines.follow.Ledger`)

    def verified(self, note: bytes) -> Checkpoint:
        """The checkpoint in a note that a log key of this network signed."""
        found = checkpoints.verify(note, log_keys(self._machine)).checkpoint
        name = origin(self._machine.genesis)
        require(found.origin == name, SILENT, source=self._source, why=f"it shows the log {found.origin}")
        return found

    def adopt(self, note: bytes) -> None:
        """Show the note of the present head."""
        self._node.adopt(note)

    def undecided(self) -> int | None:
        """A leaf whose text was left out although no redaction is on record so far."""
        return undecided(self._machine)

    def forked(self, note: bytes, proof: Sequence[bytes]) -> str:
        """Keep a signed checkpoint that contradicts the log held here; the file that holds it."""
        head, now = self._machine.head, int(time.time())
        return str(forks.keep(self._home.path, head, self._source, now, self._node.note, note, proof))

    # Witnesses

    async def _hear(self, witness: Asked) -> None:
        """Refuse unless what a witness cosigned last is in the log that was signed so far."""
        self._source = witness.key.name
        note = self._node.note
        require(note, NOTHING_SIGNED)
        try:
            await in_thread(lambda: cosigned_from(witness, self._machine, note))
        except Refused as refused:
            if refused.code is WITNESS_AHEAD:
                known = int(refused.facts["known"])
                newer(self._home, known)
                size = self._machine.head.size
                raise Refused(BEYOND, witness=self._source, known=known, size=size) from refused
            if refused.code is CONTRADICTED:
                raise self._contradiction(self._source, note, b"") from refused
            raise Refused(SILENT, source=self._source, why=refused.text()) from refused
        except (httpx.HTTPError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
            raise Refused(SILENT, source=self._source, why=why) from error

    # Opening

    def _erase(self) -> None:
        gone = apply(self._home, list(erased(self._machine.store)))
        log.info("what was erased since the backup is destroyed", extra={"objects": gone})

    async def _record(self, mark: Restored, key: SigningKey, author: SigningKey) -> None:
        """Put the restore on record, as `dongting confirm-restore` does."""
        statement = notice(self._machine, key, author, mark, int(time.time()), os.urandom(16))
        outcome = await self._node.put_on_record(statement)
        if isinstance(outcome, Refused):
            raise outcome


async def open_follower(home: Home, node: FollowNode) -> None:
    """Open a restored follower once it has caught up, with what was erased meanwhile destroyed."""
    while not node.level:
        await asyncio.sleep(0.1)
    await asyncio.to_thread(lambda: apply(home, list(erased(node.machine.store))))
    release(home)
    node.reopen()


async def rejoin(home: Home, node: LedgerNode, keyring: Keyring) -> None:
    """Let a restored node find its way back, where there is somebody to ask; others need nothing."""
    if marked(home) is None:
        return
    if isinstance(node, FollowNode):
        await open_follower(home, node)
    elif home.config.engine.kind == "embedded" and (home.config.restore.peers or home.config.witness.ask):
        await Rejoining(home, node, keyring).run()
