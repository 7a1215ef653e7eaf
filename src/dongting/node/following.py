"""A member's own node: it follows another one and derives log, state and roots itself.

It signs no checkpoints: it shows those of the log that it has verified and reached. Its own key signs the
requests to the node that it follows. What it was shown in contradiction to its log is kept
(`dongting.node.forks`), and it follows nobody until its operator has taken that file away.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from dongting.engines.cometbft.directory import Settings
from dongting.engines.follow import FORKED, Follow
from dongting.engines.machine import Engine
from dongting.errors import Code, Refused, require
from dongting.kernel.crossing import Crossing
from dongting.kernel.machine import Block, Machine
from dongting.kernel.rules import Rules
from dongting.kernel.store import Store
from dongting.node import forks
from dongting.node.codes import CATCHING_UP, NOT_A_STATEMENT
from dongting.node.courier import Courier
from dongting.node.custody import Custody
from dongting.node.facade import Fate, Submitted
from dongting.node.installed import downloadable
from dongting.node.ledger import LedgerNode, Limits
from dongting.node.redactions import crossing, undecided
from dongting.node.restored import log_keys
from dongting.node.upstream import Nowhere, Upstream
from dongting.store.exchange import Exchange
from dongting.store.files import Files
from dongting.store.side import SideStore
from dongting.wire import checkpoint as checkpoints
from dongting.wire import receipt as receipts
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import SigningKey
from dongting.wire.merkle import leaf_hash
from dongting.wire.statement import decode as decode_statement

TRANSFER = "sharing.transfer"
FLUSH = 5.0  # seconds for which a statement waits until the parts before it have arrived upstream

OTHER_LOG = Code(
    "follow", 7, "other-log",
    "The node at {source} shows the log {given}, and this node follows {origin}. Check engine.upstream.",
    "位于 {source} 的节点出示的是日志 {given}，而本节点跟随 {origin}。请检查 engine.upstream。",
    status=502,
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


NOT_A_FOLLOWER = Code(
    "bundle", 4, "not-a-follower",
    "Only a node that follows takes bundles (engine.kind = \"follow\"); this one orders.",
    "只有跟随节点可导入数据包（engine.kind = \"follow\"）；本节点负责排序。",
    status=409,
)  # fmt: skip
BUNDLE_GAP = Code(
    "bundle", 5, "bundle-gap",
    "The bundle begins at log entry {first}, and this node has {held}: import the one before first, or "
    "export with --all.",
    "该数据包自日志第 {first} 条开始，而本节点有 {held} 条：请先导入前一个，或用 --all 重新导出。",
    status=409,
)  # fmt: skip
BUNDLE_DIFFERS = Code(
    "bundle", 6, "bundle-differs",
    "What this node holds ({held} entries) and the bundle's do not lead to the checkpoint of {size} entries: "
    "the bundle is damaged, or it is another history. Nothing was taken. Export again, and "
    "compare checkpoints.",
    "本节点所持的 {held} 条与数据包的条目不能得出 {size} 条的检查点：数据包已损坏，或属于另一段历史。"
    "未采用任何内容。请重新导出，并比对检查点。",
    status=409,
)  # fmt: skip


BUNDLE_REDACTED = Code(
    "bundle", 7, "bundle-redacted",
    "The text of log entry {index} was redacted before the bundle was made, and a bundle does not hold what "
    "stands for it. Take the log over by network once (engine.upstream), or restore a copy of a node "
    "that has it.",
    "日志第 {index} 条的正文在数据包制作前已被删除，数据包不含其替代内容。"
    "请通过网络获取一次日志（engine.upstream），或恢复已有该条的节点的副本。",
    status=409,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcels:
    """Where a follower keeps what it carries."""

    exchange: Exchange
    custody: Custody
    files: Files


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
        self._forked = directory / forks.FILE
        self._receipts = SideStore(directory / "receipts")
        self._parcels = parcels
        self._courier: Courier | None = None
        super().__init__(store, genesis, directory, clock, **options)
        if parcels is not None and self._online is not None:
            self._courier = Courier(
                self._online, self._organisations, parcels.exchange, parcels.custody, parcels.files,
                lambda transfer, organisation: downloadable(
                    self.machine.reader(self._clock()), transfer, organisation
                ),
            )  # fmt: skip

    def _make_machine(self, rules: Rules, point: Callable[[int], None]) -> Machine:
        return crossing(self._store, rules, self._genesis, self._directory, point)

    def _make_engine(self, limits: Limits, consortium: Settings | None) -> Engine:
        machine = self.machine
        assert isinstance(machine, Crossing)
        url = self._upstream_url
        self._online = Upstream(url, machine.profile, machine.network) if url else None
        self._upstream = self._online or Nowhere()
        if self._online is not None and self.log_key is not None:
            self._online.unlock(self.log_key, self._organisations)
        halted = Refused(STILL_FORKED, evidence=self._forked).text() if self._forked.exists() else None
        self._following_engine = Follow(
            machine, self._upstream, self, workers=limits.workers, committed=self.committed, halted=halted
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

    def committed(self, block: Block, seconds: float) -> None:
        super().committed(block, seconds)
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
        return Refused(NO_NODE_KEY) if self.log_key is None else None

    async def unlock(self, passphrase: bytes) -> None:
        if self.log_key is not None or self._unlock is None:
            return
        self.log_key = self._unlock(passphrase)
        if self._online is not None:
            self._online.unlock(self.log_key, self._organisations)
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

    def undecided(self) -> int | None:
        """A leaf whose text was left out although no redaction is on record so far."""
        return undecided(self.machine)

    def forked(self, note: bytes, proof: Sequence[bytes]) -> str:
        """Keep the evidence of a second history; the file that holds it."""
        source, now = self._upstream.name, self._clock()
        return str(forks.keep(self._directory, self.machine.head, source, now, self.note, note, proof))

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
        require(index != self.machine.block_of(index).size - 1, NOT_A_STATEMENT, index=index)
        kept = self._receipts.get(self._leaf_hash(index))
        return kept if kept is not None else await self._upstream.receipt(index)

    def keep_receipt(self, index: int, receipt: bytes) -> None:
        """Keep a receipt that came by bundle, once it proves that the statement at `index` is in this log."""
        claimed = decode_statement(self.machine.leaf(index), self.machine.profile)
        kid = receipts.decode(receipt).kid
        for key in log_keys(self.machine):
            if key.key.thumbprint(self.machine.profile) == kid:
                receipts.verify_inclusion(
                    self.machine.profile, receipt, claimed.data, key.key, self.origin, claimed.subject
                )
                self._receipts.put(self._leaf_hash(index), receipt)

    def _leaf_hash(self, index: int) -> str:
        redacted = self.machine.redacted(index)
        statement = redacted or decode_statement(self.machine.leaf(index), self.machine.profile)
        return statement.leaf.hex()

    @property
    def level(self) -> bool:
        """Whether since its start it held all that the node which it follows had."""
        return self._following_engine.level

    async def close(self) -> None:
        """Close a node that was never started."""
        self._upstream.close()
        self._issuer.close()
        self._store.close()

    async def replay(self, note: bytes, first: int, leaves: Callable[[], Iterator[bytes]]) -> None:
        """Take over leaves from `first` on that lead to a signed checkpoint; the node is not started."""
        machine, shown = self.machine, self.verified(note)
        held = machine.head.size
        require(not self._forked.exists(), STILL_FORKED, evidence=self._forked)
        if shown.size <= held:
            if machine.log.root_at(shown.size) != shown.root:
                where = self.forked(note, [])
                raise Refused(FORKED, source=self._upstream.name, shown=shown.size, held=held, evidence=where)
            return
        require(first <= held, BUNDLE_GAP, first=first, held=held)
        for index, leaf in enumerate(islice(leaves(), held - first, None), held):
            require(leaf, BUNDLE_REDACTED, index=index)
        after = machine.log.append(
            [leaf_hash(machine.profile, leaf) for leaf in islice(leaves(), held - first, None)]
        )
        right = (after.size, after.root) == (shown.size, shown.root)
        require(right, BUNDLE_DIFFERS, held=held, size=shown.size)
        await self._following_engine.replay(islice(leaves(), held - first, None))
        self.adopt(note)

    async def prove(self, addresses: list[str]) -> bytes:
        require(self.note, CATCHING_UP)
        return await super().prove(addresses)

    async def checkpoint(self) -> str:
        require(self.note, CATCHING_UP)
        return await super().checkpoint()

    def _following(self) -> dict[str, Any]:
        lag = max(self._following_engine.target - self.machine.head.size, 0)
        waiting, refused = self._parcels.exchange.counts() if self._parcels is not None else (0, 0)
        return {
            "upstream": self._upstream.name, "lag": lag, "parcels": waiting, "parcels_refused": refused,
        }  # fmt: skip
