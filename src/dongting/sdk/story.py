"""What a proof file proved, as plain values that a caller can print; nothing unproven stands in it.

Times are seconds since 1970; ids, thumbprints, roots and commitments are in lower-case hexadecimal.
"""

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from dongting.wire.profile import profile_named

#: What is known of the content behind a commitment. `opened`: it is in the file. `digest`: only its
#: digest is, as for a data file. `erased`: a record says that it was erased. `withheld`: the file does
#: not open it, and no record says that it was erased.
Openness = Literal["opened", "digest", "erased", "withheld"]


class Key(Struct, frozen=True):
    """A signing key: whose, and since when; `registered` is the index of the statement that registered
    it, None when it stands in genesis; `revoked` when it was taken out of use, if it was."""

    thumbprint: str
    owner: str
    suite: str
    registered: int | None
    added: int | None = None
    revoked: int | None = None
    reason: str | None = None


class Event(Struct, frozen=True):
    """One statement: where and when it entered the log, who signed what, with which key.

    `time` is that of its block, `issued` the one that its author gave.
    """

    index: int
    height: int
    time: int
    issued: int
    author: str
    action: str
    subject: str
    arguments: dict[str, Any]
    key: str
    statement: bytes


class RecordNow(Struct, frozen=True):
    """How a record stands at the checkpoint; `body` None when there is none of that address.

    `leaf` is the index of the statement that made this version, -1 for genesis.
    """

    address: str
    body: dict[str, Any] | None
    version: int = 0
    leaf: int = -1

    @property
    def type(self) -> str:
        """`app.type`."""
        return self.address.partition("/")[0]


class Opened(Struct, frozen=True):
    """A commitment opened: the digest behind it, and the content if the file holds it."""

    commitment: str
    digest: str
    content: bytes | None


class Witness(Struct, frozen=True):
    """Who cosigned the checkpoint, and when."""

    name: str
    time: int


class FileCheck(Struct, frozen=True):
    """A file's digest, and the commitments of the story that it lies behind (none: it is another file)."""

    digest: str
    commitments: tuple[str, ...]


class Decision(Struct, frozen=True):
    """The validators' decision that the file's log and state are so: CometBFT's height, the power that voted
    for it of all, and the hash of the set, which a later verification may trust in place of genesis."""

    height: int
    power: int
    of: int
    validators: str


class Story(Struct, frozen=True):
    """All that the file proves. `compared` tells whether the network id was the one expected.

    `height`, `time` and `size` say up to where: those of the checkpoint. `signers` are the owners of the
    log keys that signed it; `names` are the organisations' names by id, as `{"zh": ..., "en": ...}`.
    """

    network: str
    compared: bool
    title: dict[str, str]
    profile: str
    zone: str
    origin: str
    size: int
    root: str
    height: int
    time: int
    signers: tuple[str, ...]
    witnesses: tuple[Witness, ...]
    events: tuple[Event, ...]
    records: tuple[RecordNow, ...]
    keys: dict[str, Key]
    names: dict[str, dict[str, str]]
    openings: dict[str, Opened]
    erased: frozenset[str]
    receipts: tuple[int, ...]
    decided: Decision | None = None

    def openness(self, commitment: str) -> Openness:
        """What is known of the content behind a commitment."""
        opening = self.openings.get(commitment)
        if opening is None:
            return "erased" if commitment in self.erased else "withheld"
        return "digest" if opening.content is None else "opened"

    def record(self, address: str) -> RecordNow | None:
        """How the record at this address stands, if the file tells."""
        return next((record for record in self.records if record.address == address), None)


def check_file(story: Story, chunks: Iterable[bytes]) -> FileCheck:
    """Compare a file, given in pieces of any size, with what the story's openings say of contents."""
    digest = profile_named(story.profile).hash_chunks(chunks).hex()
    found = sorted(o.commitment for o in story.openings.values() if o.digest == digest)
    return FileCheck(digest, tuple(found))
