"""A member's own node: it follows another one and derives log, state and roots itself.

It signs no checkpoints: it shows those of the log that it has verified and reached. Its own key signs the
requests to the node that it follows. What it was shown in contradiction to its log is kept in the file
`forked` of its home, and it follows nobody until its operator has taken that file away.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from dongting.engines.cometbft.directory import Settings
from dongting.engines.follow import Follow
from dongting.engines.machine import Engine
from dongting.errors import Code, Refused, require
from dongting.kernel.machine import Block
from dongting.kernel.store import Store
from dongting.node.courier import Courier
from dongting.node.custody import Custody
from dongting.node.facade import Fate, Submitted
from dongting.node.installed import downloadable
from dongting.node.ledger import LedgerNode, Limits
from dongting.node.restored import log_keys
from dongting.node.upstream import Upstream
from dongting.store.disk import replace_file
from dongting.store.exchange import Exchange
from dongting.store.files import Files
from dongting.wire import checkpoint as checkpoints
from dongting.wire import note as notes
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import SigningKey, to_base64
from dongting.wire.statement import decode as decode_statement

FILE = "forked"
FORMAT = "dongting-fork-1"
TRANSFER = "sharing.transfer"
FLUSH = 5.0  # seconds for which a statement waits until the parts before it have arrived upstream

OTHER_LOG = Code(
    "follow", 7, "other-log",
    "The node at {source} shows the log {given}, and this node follows {origin}. Check engine.upstream.",
    "位于 {source} 的节点出示的是日志 {given}，而本节点跟随 {origin}。请检查 engine.upstream。",
    status=502,
)  # fmt: skip
CATCHING_UP = Code(
    "follow", 8, "catching-up",
    "This node is taking over blocks just now and has no checkpoint of its present end; try again shortly.",
    "本节点正在获取区块，尚无当前末端的检查点；请稍后重试。",
    status=503,
)  # fmt: skip
NO_NODE_KEY = Code(
    "follow", 9, "node-key-locked",
    "The node is locked: without its node key it cannot ask the node that it follows, and serves what it "
    "has. Unlock it with `dongting keys unlock`, or give it a systemd credential.",
    "节点处于锁定状态：没有节点密钥就无法向所跟随的节点请求数据，只能提供已有内容。"
    "请用 `dongting keys unlock` 解锁，或配置 systemd 凭据。",
    status=503,
)  # fmt: skip
STILL_FORKED = Code(
    "follow", 10, "fork-on-record",
    "This node was shown two histories of its log and follows nobody: {evidence} holds both signed "
    "checkpoints. Settle with the other members which one counts, then remove that file.",
    "本节点曾被出示同一日志的两段历史，已停止跟随：{evidence} 保存了两份已签名的检查点。"
    "请与其他成员确认以哪一段为准，再移除该文件。",
    status=503,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcels:
    """Where a follower keeps what it carries."""

    exchange: Exchange
    custody: Custody
    files: Files


class Evidence(Struct, frozen=True):
    """Two signed checkpoints of one log of which neither extends the other, and what was shown as proof.

    `held` is the note that this node had adopted, `log` the size and root of its log (hexadecimal) when it
    was shown `shown`; `proof` are hashes in base64url.
    """

    format: str
    network: str
    source: str
    time: int
    held: str
    log: tuple[int, str]
    shown: str
    proof: list[str]


class FollowNode(LedgerNode):
    """A node that follows the one at `upstream`; `log_key` is here the node key that signs its requests."""

    def __init__(
        self,
        store: Store,
        genesis: bytes,
        directory: Path,
        clock: Callable[[], int],
        *,
        upstream: str,
        organisations: Sequence[str],
        parcels: Parcels | None = None,
        **options: Any,
    ) -> None:
        self._upstream_url = upstream
        self._organisations = list(organisations)
        self._forked = directory / FILE
        self._parcels = parcels
        self._courier: Courier | None = None
        super().__init__(store, genesis, directory, clock, **options)
        if parcels is not None:
            self._courier = Courier(
                self._upstream, self._organisations, parcels.exchange, parcels.custody, parcels.files,
                lambda transfer, organisation: downloadable(
                    self.machine.reader(self._clock()), transfer, organisation
                ),
            )  # fmt: skip

    def _make_engine(self, limits: Limits, consortium: Settings | None) -> Engine:
        machine = self.machine
        self._upstream = Upstream(self._upstream_url, machine.profile, machine.network)
        if self._log_key is not None:
            self._upstream.unlock(self._log_key, self._organisations)
        halted = Refused(STILL_FORKED, evidence=self._forked).text() if self._forked.exists() else None
        self._following_engine = Follow(
            machine, self._upstream, self, workers=limits.workers, committed=self._committed, halted=halted
        )
        return self._following_engine

    async def start(self) -> None:
        """Start to follow, and to carry parcels."""
        await super().start()
        if self._courier is not None:
            self._courier.start()

    async def stop(self) -> None:
        """End; what is under way goes on at the next start."""
        if self._courier is not None:
            await self._courier.stop()
        self._upstream.close()
        await super().stop()

    def _committed(self, block: Block, seconds: float) -> None:
        super()._committed(block, seconds)
        for change in block.written:
            type, _, id = change.address.partition("/")
            if type == TRANSFER and self._courier is not None:
                self._expect(self._courier, id)

    def _expect(self, courier: Courier, transfer: str) -> None:
        """Fetch the file of a delivery to an organisation of this node."""
        for organisation in self._organisations:
            with contextlib.suppress(Refused):  # it is a delivery to somebody else
                file = downloadable(self.machine.reader(self._clock()), transfer, organisation)
                if file.owner not in self._organisations:
                    courier.expect(organisation, transfer, file.address)

    def _check_key(self, key: SigningKey) -> None:
        return  # the node that is followed judges it

    def _signing_key(self) -> SigningKey | None:
        return None

    def _closed(self) -> Refused | None:
        if self._restored is not None:
            return self._restored
        return Refused(NO_NODE_KEY) if self._log_key is None else None

    async def unlock(self, passphrase: bytes) -> None:
        if self._log_key is not None or self._unlock is None:
            return
        self._log_key = self._unlock(passphrase)
        self._upstream.unlock(self._log_key, self._organisations)
        self._following_engine.wake()

    # What the engine asks (`engines.follow.Ledger`)

    def verified(self, note: bytes) -> Checkpoint:
        """The checkpoint in a note that a log key of this network signed."""
        given = checkpoints.decode(note)
        require(
            given.origin == self.origin,
            OTHER_LOG, source=self._upstream.name, given=given.origin, origin=self.origin,
        )  # fmt: skip
        return checkpoints.verify(note, log_keys(self.machine)).checkpoint

    def adopt(self, note: bytes) -> None:
        """Show this note from now on: the head is where it says."""
        self._issuer.adopt(note)
        self._collector.wake()

    def forked(self, note: bytes, proof: Sequence[bytes]) -> str:
        """Keep the evidence of a second history; the file that holds it."""
        head = self.machine.head
        evidence = Evidence(
            FORMAT, head.network, self._upstream.name, self._clock(), self._issuer.note.decode(),
            (head.size, head.root.hex()), note.decode(), [to_base64(each) for each in proof],
        )  # fmt: skip
        replace_file(self._forked, msgspec.json.format(msgspec.json.encode(evidence), indent=1) + b"\n")
        return str(self._forked)

    # What a follower answers otherwise

    async def submit(self, statements: list[bytes]) -> Submitted:
        if self._courier is not None and self._closed() is None and self._engine.stalled is None:
            await self._courier.flush(FLUSH)
        submitted = await super().submit(statements)
        fates = [self._explained(fate, data) for fate, data in zip(submitted.fates, statements, strict=True)]
        return Submitted(fates, submitted.checkpoint)

    def _explained(self, fate: Fate, data: bytes) -> Fate:
        """A refusal in this node's own words, in both languages, where its own check comes to the same."""
        if fate.code is None:
            return fate
        try:
            self.machine.check(decode_statement(data, self.machine.profile), self._clock())
        except Refused as refused:
            if str(refused.code) == str(fate.code):
                return self._fate(fate.id, refused)
        return fate

    async def receipt(self, index: int) -> bytes:
        self.machine.block_of(index)
        return await self._upstream.receipt(index)

    async def prove(self, addresses: list[str]) -> bytes:
        note = self._issuer.note
        whole = note and checkpoints.read(notes.decode(note).text).size == self.machine.head.size
        require(whole, CATCHING_UP)
        return await super().prove(addresses)

    async def checkpoint(self) -> str:
        require(self._issuer.note, CATCHING_UP)
        return await super().checkpoint()

    def _following(self) -> dict[str, Any]:
        lag = max(self._following_engine.target - self.machine.head.size, 0)
        waiting, refused = self._parcels.exchange.counts() if self._parcels is not None else (0, 0)
        return {
            "upstream": self._upstream.name, "lag": lag, "parcels": waiting, "parcels_refused": refused,
        }  # fmt: skip
