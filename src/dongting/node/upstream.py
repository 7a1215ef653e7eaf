"""The node that a follower follows, over HTTP: connections go out only, requests bear the node's key.

Blocks travel as they are published: C2SP tlog-checkpoint, consistency proofs and entry bundles (C2SP
tlog-tiles). Of the last bundle only what is new is asked for, as a range (RFC 9110, section 14).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from dongting.errors import Code, Fault, Refused, require
from dongting.kernel.machine import Accepted, Outcome
from dongting.node.facade import Effects
from dongting.node.outgoing import in_thread
from dongting.sdk.statements import Statements
from dongting.sdk.transport import BAD_ANSWER, NODE_AWAY, Transport, refusal
from dongting.wire.keys import SigningKey, from_base64
from dongting.wire.profile import Profile
from dongting.wire.tiles import BAD_BUNDLE, ENTRIES, WIDTH, Tile, decode_bundle, width_at

UNDECIDED = Code(
    "follow", 6, "outcome-not-known",
    "The node at {source} did not answer, so nobody knows yet whether it took the statement. Ask for the "
    "statement's fate before you send it again.",
    "位于 {source} 的节点没有应答，尚不知其是否受理了该声明。请先查询其处理结果，再决定是否重新提交。",
    status=503,
)  # fmt: skip

BY_BUNDLE = Code(
    "follow", 17, "by-bundle-only",
    "This node is on no network: it takes blocks by `dongting bundle import` and serves reads. Give "
    "statements to a node that can be reached, or name one in engine.upstream.",
    "本节点不联网：通过 `dongting bundle import` 获取区块，仅提供读取。"
    "请向可联网的节点提交声明，或在 engine.upstream 中指定节点。",
    status=503,
)  # fmt: skip

WAIT = 20  # seconds for which the other node may keep a question for the next checkpoint open
ATTEMPTS = 3  # to submit

Result = TypeVar("Result")


class _Consistency(msgspec.Struct):
    path: list[str]


class _Entry(msgspec.Struct):
    address: str
    entry: str


class _Kept(msgspec.Struct):
    marker: str | None
    entries: list[_Entry]


class Nowhere:
    """No node to follow over the network: blocks come by bundle."""

    name = "a bundle"

    async def checkpoint(self, size: int) -> bytes:
        """Refused: nobody is asked."""
        raise Refused(BY_BUNDLE)

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """Refused."""
        raise Refused(BY_BUNDLE)

    async def leaves(self, first: int, end: int) -> list[bytes]:
        """Refused."""
        raise Refused(BY_BUNDLE)

    async def effects(self, index: int) -> Effects:
        """Refused."""
        raise Refused(BY_BUNDLE)

    async def receipt(self, index: int) -> bytes:
        """Refused."""
        raise Refused(BY_BUNDLE)

    async def submit(self, statements: Sequence[bytes]) -> list[Outcome]:
        """Refused."""
        raise Refused(BY_BUNDLE)

    def close(self) -> None:
        """Nothing is open."""


class Upstream:
    """The node at `url`, asked with this node's key on behalf of an organisation that it serves.

    A key that comes later, when the node is unlocked, is given by `unlock`.
    """

    def __init__(self, url: str, profile: Profile, network: str) -> None:
        self.name = url.rstrip("/")
        self._profile = profile
        self._network = network
        self.transport = Transport(self.name, None, profile)
        self._transports: dict[str, Transport] = {}
        self._lengths: dict[int, list[int]] = {}

    def unlock(self, key: SigningKey, organisations: Sequence[str]) -> None:
        """Sign requests with this key from now on, on behalf of these organisations."""
        self.transport.close()
        self._transports = {
            each: Transport(self.name, key, self._profile, node_of=each) for each in organisations
        }
        self.transport = self._transports[organisations[0]]

    def sign_as(self, key: SigningKey) -> None:
        """Sign requests with an organisation's own key from now on."""
        self.transport.close()
        self.transport = Transport(self.name, key, self._profile)

    def transport_of(self, organisation: str) -> Transport:
        """What asks on behalf of that organisation; unsigned as long as the node is locked."""
        return self._transports.get(organisation, self.transport)

    def close(self) -> None:
        """Let go of the connections."""
        for each in (self.transport, *self._transports.values()):
            each.close()

    async def ask(self, call: Callable[[], Result]) -> Result:
        """Do something that waits for the network, in a thread."""
        return await in_thread(call)

    async def checkpoint(self, size: int, wait: int = WAIT) -> bytes:
        """The newest signed checkpoint, once it has more than `size` leaves or `wait` seconds are over."""
        query = {"above": size, "wait": wait}
        answer = await self.ask(lambda: self.transport.ask("GET", "/log/checkpoint", query=query))
        return answer.content

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that its log of `second` leaves extends the one of `first`."""
        query = {"first": first, "second": second}
        answer = await self.ask(lambda: self.transport.ask("GET", "/log/proof/consistency", query=query))
        try:
            return [from_base64(each) for each in msgspec.json.decode(answer.content, type=_Consistency).path]
        except msgspec.MsgspecError as error:
            raise Refused(BAD_ANSWER, url=self.name, why=str(error)[:200]) from None

    async def leaves(self, first: int, end: int) -> list[bytes]:
        """The leaves from `first` on that stand in its bundle, none beyond `end`; a redacted one is empty."""
        index, skip = divmod(first, WIDTH)
        tile = Tile(ENTRIES, index, width_at(end, 0, index))
        before = self._lengths.get(index, [])
        if skip and len(before) >= skip:
            try:
                return await self._bundle(tile, sum(before[:skip]), skip)
            except Refused as refused:
                if refused.code is not BAD_BUNDLE:  # a redaction made earlier leaves shorter: take the whole
                    raise
        return (await self._bundle(tile, 0, 0))[skip:]

    async def _bundle(self, tile: Tile, start: int, skip: int) -> list[bytes]:
        """The leaves of a bundle behind its first `skip`, which take `start` bytes."""
        headers = {"range": f"bytes={start}-"} if start else {}
        path = f"/log/{tile.path()}"
        answer = await self.ask(lambda: self.transport.ask("GET", path, headers=headers))
        data = answer.content if answer.status_code == 206 or not start else answer.content[start:]
        found = decode_bundle(data, tile.width - skip)
        before = self._lengths.get(tile.index, [])[:skip] if skip else []
        self._lengths = {tile.index: [*before, *(2 + len(leaf) for leaf in found)]}
        return found

    async def effects(self, index: int) -> Effects:
        """What it keeps of the statement at this index."""
        answer = await self.ask(lambda: self.transport.ask("GET", f"/v1/leaves/{index}/kept"))
        try:
            kept = msgspec.json.decode(answer.content, type=_Kept)
            marker = None if kept.marker is None else from_base64(kept.marker)
            return Effects(marker, {each.address: from_base64(each.entry) for each in kept.entries})
        except (msgspec.MsgspecError, Refused) as error:
            raise Refused(BAD_ANSWER, url=self.name, why=str(error)[:200]) from None

    async def receipt(self, index: int) -> bytes:
        """The COSE receipt (RFC 9942) that the log gives for the statement at this index."""
        return (await self.ask(lambda: self.transport.ask("GET", f"/v1/receipts/{index}"))).content

    async def submit(self, statements: Sequence[bytes]) -> list[Outcome]:
        """Have it order these; repeated when it falls silent, because the same bytes get the same answer."""
        for attempt in range(ATTEMPTS):
            try:
                return await self.ask(lambda: self._submit(statements))
            except Refused as refused:
                never = type(refused.__cause__).__name__ in ("ConnectError", "ConnectTimeout")
                if refused.code is not NODE_AWAY or (never and not attempt):
                    raise
            await asyncio.sleep(2**attempt)
        raise Refused(UNDECIDED, source=self.name)

    def _submit(self, statements: Sequence[bytes]) -> list[Outcome]:
        fates = Statements(self.transport, self._network, None, None, self._profile).submit(statements)
        require(len(fates) == len(statements), BAD_ANSWER, url=self.name, why="it answers another batch")
        return [_outcome(fate) for fate in fates]


def _outcome(fate: Any) -> Outcome:
    if fate.problem is not None:
        return refusal(fate.problem)
    if fate.state != "accepted" or fate.index is None:
        raise Fault("a node answered a batch without its outcome")
    return Accepted(fate.index, fate.height, fate.time)
