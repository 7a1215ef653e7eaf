"""The newest checkpoint that this client has seen of its network's log, and what it refuses because of it.

A node could show each member another history as long as nobody compares. Whoever keeps the last checkpoint
(C2SP tlog-checkpoint) compares on every visit: the next one must extend it (RFC 9162, section 2.1.4), and
two that do not are signed proof against the log's operator.
"""

import time
from pathlib import Path

import msgspec

from dongting.errors import Code, Refused
from dongting.sdk.network import Network
from dongting.sdk.transport import Transport
from dongting.sdk.uploads import write_private
from dongting.wire import checkpoint as checkpoints
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import from_base64
from dongting.wire.merkle import verify_consistency
from dongting.wire.note import NOTE_UNSIGNED

FORMAT = "dongting-fork-1"
PATIENCE = 5  # seconds for a node that is behind

FORKED_LOG = Code(
    "sdk", 70, "forked-log",
    "The node at {url} shows a checkpoint of {shown} leaves that does not extend the one of {seen} leaves "
    "that was seen here before: there are two histories of this log. Both signed checkpoints are kept in "
    "{evidence}. Show them to the other members, and use this node only when it is explained.",
    "位于 {url} 的节点出示的检查点（{shown} 条）未能延续此前所见的检查点（{seen} 条）：该日志存在两段历史。"
    "两份已签名的检查点保存在 {evidence}。请出示给其他成员；在查明原因之前请勿使用该节点。",
    status=409,
)  # fmt: skip
NODE_BEHIND = Code(
    "sdk", 71, "node-behind",
    "The node at {url} shows {shown} leaves, and {seen} were seen here before: it has not caught up, was "
    "restored from a backup, or has lost data. Try again shortly; if it stays so, ask its operator.",
    "位于 {url} 的节点只有 {shown} 条日志，而此前已见 {seen} 条：可能尚未同步、由备份恢复或已丢失数据。"
    "请稍后重试；若持续如此，请联系其运维人员。",
    status=503,
)  # fmt: skip

#: A node that has nothing to show yet.
_NOTHING = frozenset({("node", "locked"), ("follow", "catching-up")})


class Evidence(msgspec.Struct, frozen=True):
    """Two signed checkpoints of one log of which the later does not extend the earlier; `proof` is what the
    node gave as proof that it does, `time` seconds since 1970."""

    format: str
    network: str
    url: str
    time: int
    seen: str
    shown: str
    proof: list[str]


class Checkpoints:
    """What was seen of one network; in a private directory, or (None) for as long as this client lives."""

    def __init__(self, transport: Transport, network: Network, directory: Path | None) -> None:
        self._transport = transport
        self._network = network
        self._directory = directory
        self._kept: bytes | None = None

    def look(self) -> None:
        """Compare what the node shows now; refuses FORKED_LOG and NODE_BEHIND."""
        try:
            note = self._transport.ask("GET", "/log/checkpoint").content
        except Refused as refused:
            if (refused.code.module, refused.code.name) in _NOTHING:
                return
            raise
        self.see(note)

    def see(self, note: bytes) -> None:
        """Compare a checkpoint that the node gave, and remember it when it is the newest.

        One that no key of the genesis document signed (the operator's key was replaced since) is neither
        compared nor remembered: it would be no evidence.
        """
        shown, seen = self._signed(note), self._newest()
        if shown is None:
            return
        if seen is not None:
            if shown.size < seen.size:
                note, shown = self._awaited(shown, seen)
            proof = self._proof(seen, shown)
            path = [from_base64(each) for each in proof]
            before, after = (seen.size, seen.root), (shown.size, shown.root)
            if not verify_consistency(self._network.profile, *before, *after, path):
                raise self._forked(note, seen, shown, proof)
        if seen is None or shown.size > seen.size:
            self._keep(note)

    def _awaited(self, shown: Checkpoint, seen: Checkpoint) -> tuple[bytes, Checkpoint]:
        """What a node that is behind shows when it has caught up, which may take a moment."""
        query = {"above": seen.size - 1, "wait": PATIENCE}
        note = self._transport.ask("GET", "/log/checkpoint", query=query).content
        later = self._signed(note)
        if later is None or later.size < seen.size:
            raise Refused(NODE_BEHIND, url=self._transport.url, shown=shown.size, seen=seen.size)
        return note, later

    def _proof(self, seen: Checkpoint, shown: Checkpoint) -> list[str]:
        if seen.size in (0, shown.size):
            return []
        query = {"first": seen.size, "second": shown.size}
        path: list[str] = self._transport.json("GET", "/log/proof/consistency", query=query)["path"]
        return path

    def _forked(self, note: bytes, seen: Checkpoint, shown: Checkpoint, proof: list[str]) -> Refused:
        kept = (self._read() or b"").decode()
        url = self._transport.url
        found = Evidence(FORMAT, self._network.id, url, int(time.time()), kept, note.decode(), proof)
        data = msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
        place = (self._directory or Path()) / f"{self._network.id[:16]}.forked-at-{shown.size}.json"
        write_private(place, data)
        return Refused(FORKED_LOG, url=url, shown=shown.size, seen=seen.size, evidence=place)

    def _signed(self, note: bytes) -> Checkpoint | None:
        try:
            found = checkpoints.verify(note, self._network.verifier_keys()).checkpoint
        except Refused as refused:
            if refused.code is NOTE_UNSIGNED:
                return None
            raise
        return found if found.origin == self._network.origin else None

    def _newest(self) -> Checkpoint | None:
        note = self._read()
        return None if note is None else checkpoints.decode(note)

    def _path(self) -> Path | None:
        return None if self._directory is None else self._directory / self._network.id

    def _read(self) -> bytes | None:
        path = self._path()
        if path is None:
            return self._kept
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def _keep(self, note: bytes) -> None:
        path = self._path()
        if path is None:
            self._kept = note
        else:
            write_private(path, note)
