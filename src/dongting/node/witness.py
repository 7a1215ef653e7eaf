"""Both roles of C2SP tlog-witness: cosigning the checkpoints of logs, and having one's own cosigned.

A witness keeps the newest checkpoint that it cosigned of each log, durably before it answers, and cosigns
another one only with the proof that it extends that. So a log that has a cosignature cannot have shown its
witness two histories.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
from msgspec import Struct

from dongting.errors import Code, Refused, require
from dongting.kernel.machine import Machine
from dongting.node.facade import CosignAnswer
from dongting.node.outgoing import in_thread
from dongting.store.side import SideStore
from dongting.wire import checkpoint as checkpoints
from dongting.wire import merkle, witness
from dongting.wire import note as notes
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import SigningKey
from dongting.wire.note import COSIGNATURE, Signature, VerifierKey, verifier_key
from dongting.wire.profile import INTERNATIONAL, Profile, sha256
from dongting.wire.witness import AddCheckpoint

NOT_A_WITNESS = Code(
    "witness", 3, "not-a-witness",
    "This node is no witness, or its keystore is locked. Its operator makes it one with "
    "`dongting node witness`.",
    "本节点不是见证方，或其密钥库处于锁定状态。运维人员可用 `dongting node witness` 启用。",
    status=404,
)  # fmt: skip
UNKNOWN_LOG = Code(
    "witness", 4, "unknown-log",
    "This witness does not know the log {origin}; its operator lists it under witness.logs.",
    "本见证方不认识日志 {origin}；运维人员可将其列入 witness.logs。",
    status=404,
)  # fmt: skip
NOT_THE_LOGS = Code(
    "witness", 5, "not-signed-by-the-log",
    "No key that this witness trusts for {origin} signed the checkpoint.",
    "本见证方所信任的 {origin} 密钥均未签署该检查点。",
    status=403,
)  # fmt: skip
OLD_BEYOND = Code(
    "witness", 6, "old-size-beyond-checkpoint",
    "The old size {old} is above the size of the checkpoint, {size}.",
    "旧条数 {old} 大于检查点的条数 {size}。",
    status=400,
)  # fmt: skip
NOT_PROVEN = Code(
    "witness", 7, "not-consistent",
    "The proof does not show that the checkpoint of {size} leaves extends that of {old} leaves.",
    "证明未能表明 {size} 条的检查点延续了 {old} 条的检查点。",
    status=422,
)  # fmt: skip
WITNESS_AHEAD = Code(
    "witness", 9, "witness-ahead",
    "The witness has cosigned {known} leaves of this log, and this node has {size}: it lost some, perhaps "
    "by a restore. Do not go on from this copy.",
    "见证方已对本日志的 {known} 条作过共签，而本节点只有 {size} 条："
    "可能因恢复备份而缺失。请勿在此副本上继续。",
    status=503,
)  # fmt: skip
BAD_WITNESS = Code(
    "witness", 8, "bad-witness-setting",
    "witness.ask names witnesses as `vkey url`, separated by commas, and {given} is none: {why}.",
    "witness.ask 的写法为以逗号分隔的 `vkey url`，而 {given} 不是：{why}。",
    status=503,
)  # fmt: skip

CONTRADICTED = Code(
    "restore", 6, "witness-contradicts",
    "The witness {witness} does not take the checkpoint of {size} leaves for one that extends what it "
    "cosigned: it was shown another history of this log.",
    "见证方 {witness} 不认可 {size} 条的检查点延续其共签内容：它曾被出示本日志的另一段历史。",
    status=409,
)  # fmt: skip

log = logging.getLogger("dongting.witness")

KEPT = 64  # checkpoints whose cosignatures are remembered
TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class Cosigned(Struct, frozen=True):
    """The newest checkpoint of a log that this witness cosigned; the note as it was sent."""

    origin: str
    size: int
    root: str
    note: str


class Witness:
    """The role of a witness under `name`; `keys` tells the log keys trusted for an origin, and the profile
    whose hash the log uses."""

    def __init__(
        self, name: str, directory: Path, keys: Callable[[str], tuple[Sequence[VerifierKey], Profile]],
        clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._name = name
        self._keys = keys
        self._clock = clock
        self._store = SideStore(directory)

    def add_checkpoint(self, body: bytes, key: SigningKey) -> CosignAnswer:
        """Cosign the checkpoint in a request with the witness's key, or say why not (tlog-witness)."""
        given = witness.decode(body)
        shown = checkpoints.decode(given.note)
        keys, profile = self._keys(shown.origin)
        require(keys, UNKNOWN_LOG, origin=shown.origin[:100])
        try:
            checkpoints.verify(given.note, keys)
        except Refused:
            raise Refused(NOT_THE_LOGS, origin=shown.origin[:100]) from None
        require(given.old <= shown.size, OLD_BEYOND, old=given.old, size=shown.size)
        place = sha256(shown.origin.encode()).hex()
        held = self._held(place)
        size, root = (
            (0, merkle.empty_root(profile)) if held is None else (held.size, bytes.fromhex(held.root))
        )
        if given.old != size or (shown.size == size and shown.root != root):
            return CosignAnswer(409, b"%d\n" % size)
        proven = merkle.verify_consistency(profile, size, root, shown.size, shown.root, given.proof)
        require(proven, NOT_PROVEN, old=size, size=shown.size)
        kept = Cosigned(shown.origin, shown.size, shown.root.hex(), given.note.decode())
        self._store.put(place, msgspec.json.encode(kept))
        line = checkpoints.cosign(given.note, self._name, key, self._clock())
        return CosignAnswer(200, witness.lines([line]))

    def _held(self, place: str) -> Cosigned | None:
        data = self._store.get(place)
        return None if data is None else msgspec.json.decode(data, type=Cosigned)


def trusted(
    vkeys: str, own: str, profile: Profile, own_keys: Callable[[], Sequence[VerifierKey]]
) -> Callable[[str], tuple[Sequence[VerifierKey], Profile]]:
    """Log keys by origin: those listed (vkeys, separated by spaces), and those of this node's own network."""
    listed: dict[str, list[VerifierKey]] = {}
    for each in vkeys.split():
        key = verifier_key(each)
        listed.setdefault(key.name, []).append(key)

    def keys(origin: str) -> tuple[Sequence[VerifierKey], Profile]:
        if origin == own:
            return own_keys(), profile
        return listed.get(origin, []), INTERNATIONAL

    return keys


@dataclass(frozen=True, slots=True)
class Asked:
    """A witness that cosigns this log: its key, and the address before `/add-checkpoint`."""

    key: VerifierKey
    url: str


def asked(setting: str) -> list[Asked]:
    """The witnesses that a setting names: `vkey url`, separated by commas."""
    found = []
    for each in filter(None, (part.strip() for part in setting.split(","))):
        vkey, _, url = each.partition(" ")
        try:
            key = verifier_key(vkey)
        except Refused as refused:
            raise Refused(BAD_WITNESS, given=each[:80], why=refused.text()) from None
        good = key.kind == COSIGNATURE and url.strip().startswith(("https://", "http://"))
        require(good, BAD_WITNESS, given=each[:80], why="a cosignature key and an address are needed")
        found.append(Asked(key, url.strip().rstrip("/")))
    return found


class Collector:
    """Has the newest checkpoint of this node cosigned, and keeps the lines for it.

    `note` tells the newest checkpoint. `refused` names witnesses that refused the last one, with the reason.
    """

    def __init__(self, machine: Machine, witnesses: Sequence[Asked], note: Callable[[], bytes]) -> None:
        self._machine = machine
        self._witnesses = list(witnesses)
        self._note = note
        self._known: dict[str, int] = {}
        self._lines: dict[str, dict[VerifierKey, Signature]] = {}
        self._wanted = b""
        self._wake = asyncio.Event()
        self._collected = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self.refused: dict[str, str] = {}

    def start(self) -> None:
        """Begin to ask, each witness by itself."""
        self._tasks = [asyncio.create_task(self._follow(each)) for each in self._witnesses]

    async def stop(self) -> None:
        """Ask no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """There is a new checkpoint."""
        self._wake.set()
        self._wake = asyncio.Event()

    def cosigned(self, note: bytes) -> bytes:
        """The note with the cosignatures that were collected for it."""
        lines = self._lines.get(notes.decode(note).text)
        return note if lines is None else checkpoints.add(note, list(lines.values()))

    async def complete(self, note: bytes, seconds: float) -> bytes:
        """The note with its cosignatures, as many as come in this time."""
        if not self._witnesses or not note:
            return note
        text = notes.decode(note).text
        self._wanted = note  # before a newer one: a witness does not go back
        self.wake()
        try:
            async with asyncio.timeout(seconds), self._collected:
                await self._collected.wait_for(lambda: len(self._lines.get(text, {})) == len(self._witnesses))
        except TimeoutError:
            pass
        finally:
            self._wanted = b""
        return self.cosigned(note)

    async def _follow(self, one: Asked) -> None:
        pause, last = 1.0, b""
        while True:
            wake, note = self._wake, self._wanted or self._note()
            if not note or note == last:
                await wake.wait()
                continue
            try:
                await self._ask(one, note)
                pause, last = 1.0, note
                self.refused.pop(one.key.name, None)
            except (Refused, httpx.HTTPError, OSError, ValueError) as error:
                why = error.text() if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
                self.refused[one.key.name] = why
                log.warning("a witness did not cosign", extra={"witness": one.key.name, "why": why[:300]})
                try:
                    await asyncio.wait_for(wake.wait(), pause)
                except TimeoutError:
                    pause = min(pause * 2, 60)

    async def _ask(self, one: Asked, note: bytes) -> None:
        """Have one witness cosign, from the size that it knows; it says so once if that is another."""
        at = checkpoints.decode(note)
        if self._known.get(one.url, 0) > at.size:
            return  # it cosigned a later one of ours, and does not go back
        known = self._known.get(one.url, 0)
        answer = await in_thread(lambda: cosigned_from(one, self._machine, note, known))
        found = notes.Note(notes.decode(note).text, witness.signature_lines(answer.content, at.text()))
        signed = found.signed_by([one.key])
        self._known[one.url] = at.size
        async with self._collected:
            self._lines.setdefault(found.text, {})[one.key] = signed[0][1]
            while len(self._lines) > KEPT:
                del self._lines[next(iter(self._lines))]
            self._collected.notify_all()


def cosigned_from(one: Asked, machine: Machine, note: bytes, known: int = 0) -> httpx.Response:
    """Have one witness cosign a signed checkpoint of this log, from the size that it knows; it says so once
    if that is another. Refuses one that cosigned more leaves, or another history."""
    at = checkpoints.decode(note)
    for old in (known, None):
        proof = machine.log.consistency(known, at.size)
        answer = _post(one.url, AddCheckpoint(known, tuple(proof), note).encode())
        if answer.status_code != httpx.codes.CONFLICT:
            break
        before, known = known, _size(answer.text, at)
        require(old is not None and known != before, CONTRADICTED, witness=one.key.name, size=at.size)
    same = answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY
    require(same, CONTRADICTED, witness=one.key.name, size=at.size)
    return answer.raise_for_status()


def _post(url: str, body: bytes) -> httpx.Response:
    return httpx.post(f"{url}/add-checkpoint", content=body, timeout=TIMEOUT, trust_env=False)


def _size(text: str, at: Checkpoint) -> int:
    """The size that a witness knows; refuses one that no log of this size can have."""
    size = int(text.strip()) if len(text) < 25 else -1
    require(size >= 0, NOT_PROVEN, old=size, size=at.size)
    require(size <= at.size, WITNESS_AHEAD, known=size, size=at.size)
    return size


def vkey_of(name: str, key: SigningKey) -> str:
    """A witness's key as verifiers and logs are told of it."""
    return VerifierKey(name, key.public(), COSIGNATURE).encode()
