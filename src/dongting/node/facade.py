"""The node's façade: all that the API, the console and the command line may ask of a ledger.

What the console can do, the API can do: both stand on this, mostly from other processes (`node.link`).
"""

from typing import Protocol

from msgspec import Struct

from dongting.errors import Code
from dongting.store.rows import Changed


class Fate(Struct, frozen=True, array_like=True):
    """What became of one statement.

    `state`: `accepted` (with index, height, time), `refused` (with code and the facts of its text; final
    only when the statement's time is up), `pending`, or `unknown` (never seen, or forgotten: a statement
    that is not in the log can be sent again as long as it is valid). `id` is its leaf hash in hex.
    """

    state: str
    id: str
    index: int | None = None
    height: int | None = None
    time: int | None = None
    code: Code | None = None
    facts: dict[str, str | int] = {}


class Submitted(Struct, frozen=True, array_like=True):
    """The fates of a batch in its order, and the checkpoint that covers the accepted ones."""

    fates: list[Fate]
    checkpoint: str


class Alarm(Struct, frozen=True):
    """Something that is wrong with a validator, by its stable code, in plain words of both languages."""

    code: str
    en: str
    zh: str


class Status(Struct, frozen=True):
    """Where the ledger stands, and why if it does not write.

    A follower also names the node that it follows (`upstream`), the leaves that it still lacks (`lag`), how
    many parts and files are on their way to or from it (`parcels`), and how many were refused. A validator
    says what is wrong with others (`alarms`): evidence of double signing, another history, missing votes.
    """

    network: str
    origin: str
    profile: str
    height: int
    size: int
    time: int
    root: str
    state: str
    writing: bool
    reason: str | None
    log_keys: list[str]
    operator: str | None
    upstream: str | None = None
    lag: int = 0
    parcels: int = 0
    parcels_refused: int = 0
    alarms: list[Alarm] = []


#: One version of a record, as the views take it, too.
Version = Changed


class BlockChanges(Struct, frozen=True, array_like=True):
    """The record versions that one block made, and earlier ones whose text its redactions removed."""

    height: int
    time: int
    first: int
    size: int
    changes: list[Version]
    replaced: list[Version] = []


class Act(Struct, frozen=True, array_like=True):
    """What a statement at an index did, about which record, and who signed it."""

    index: int
    action: str
    author: str
    subject: str


class Signer(Struct, frozen=True):
    """Whose key a thumbprint names, and what its owner may do now."""

    organisation: str
    roles: list[str]
    acts_for: list[str]
    key: bytes


class Download(Struct, frozen=True, array_like=True):
    """A file that may be downloaded: its address, and the organisation whose file it must be."""

    address: str
    owner: str


class Effects(Struct, frozen=True):
    """What is kept of one statement: the marker of its leaf if it was redacted, and the stored entries of the
    record versions that it wrote, by address in their order."""

    marker: bytes | None
    entries: dict[str, bytes]


class CosignAnswer(Struct, frozen=True, array_like=True):
    """What a witness answers when it accepts, or knows another size: 200 with lines, 409 with the size."""

    status: int
    body: bytes


class Facade(Protocol):
    """Every method may raise `Refused`; times are seconds since 1970, heights start at 1 (0 is genesis)."""

    async def submit(self, statements: list[bytes]) -> Submitted:
        """Order, execute and commit statements; answers after the durable write."""
        ...

    async def fate(self, id: str, issuer: str, nonce: str) -> Fate:
        """What became of the statement with this leaf hash, issuer and cti (hexadecimal)."""
        ...

    async def status(self) -> Status:
        """Where the ledger stands."""
        ...

    async def genesis(self) -> bytes:
        """The genesis document."""
        ...

    async def checkpoint(self) -> str:
        """The newest signed checkpoint (C2SP tlog-checkpoint)."""
        ...

    async def tile(self, path: str) -> bytes:
        """A hash tile or entry bundle by its path (C2SP tlog-tiles)."""
        ...

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that the log of `second` leaves extends the one of `first`."""
        ...

    async def leaf(self, index: int) -> bytes:
        """The bytes of one leaf."""
        ...

    async def effects(self, index: int) -> Effects:
        """What is kept of the statement at this index, for a node that takes the log over."""
        ...

    async def cosign(self, request: bytes) -> CosignAnswer:
        """Cosign another's or this log's checkpoint as a witness (C2SP tlog-witness)."""
        ...

    async def receipt(self, index: int) -> bytes:
        """The COSE receipt of the statement at this index (RFC 9942)."""
        ...

    async def record(self, type: str, id: str, height: int) -> Version:
        """The present version of a record, once the ledger has reached `height`."""
        ...

    async def prove(self, addresses: list[str]) -> bytes:
        """A proof file over the records at these addresses: their story, their present state or absence."""
        ...

    async def blocks(self, after: int, limit: int) -> list[BlockChanges]:
        """The next blocks above a height, at most so many and some megabytes; none when none is there yet."""
        ...

    async def acts(self, indexes: list[int]) -> list[Act]:
        """What the statements at these indexes did, in that order; also of redacted ones."""
        ...

    async def signer(self, kid: str) -> Signer:
        """The member whose active signing key has this thumbprint."""
        ...

    async def may_download(self, transfer: str, organisation: str) -> Download:
        """The file that a transfer entitles an organisation to; else why it does not."""
        ...

    async def exposition(self) -> bytes:
        """What the ledger's process counts, in the Prometheus text format."""
        ...

    async def unlock(self, passphrase: bytes) -> None:
        """Unlock the node's log key; for the operator on this machine, never over HTTP."""
        ...

    async def copy(self) -> str:
        """Put a consistent copy of the ledger in a new directory beside it; its path.

        For the operator on this machine, never over HTTP; whoever asked removes it.
        """
        ...
