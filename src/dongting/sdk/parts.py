"""Parts: what travels beside a statement, encrypted to its readers, bound by a salted commitment.

Kept: the node sees ciphertext and sealed keys only; what is read back is checked against the commitment.
"""

import secrets
from collections.abc import Sequence
from typing import Protocol

import msgspec

from dongting.errors import Code, Refused
from dongting.sdk.members import Members
from dongting.sdk.transport import Transport
from dongting.wire import envelope as envelopes
from dongting.wire import part as wire_part
from dongting.wire import stream
from dongting.wire.envelope import Envelope
from dongting.wire.keys import from_base64, to_base64
from dongting.wire.part import SALT_SIZE, Part, matching
from dongting.wire.profile import Profile

NOT_SEALED = Code(
    "sdk", 51, "not-sealed-to-you",
    "This part is kept for {owner} but is not sealed to you; ask whoever stored it to seal it anew.",
    "此内容由 {owner} 保管，但未封装给您；请让存放方重新封装。",
    status=403,
)  # fmt: skip


class Opener(Protocol):
    """Opens envelopes with whichever encryption key they name; a keystore does."""

    def open_envelope(self, envelope: Envelope, profile: Profile) -> bytes:
        """The data key inside."""
        ...


class Stored(msgspec.Struct, frozen=True):
    """A part as a node keeps it: its ciphertext in base64url, the asking reader's envelope, its owner."""

    blob: str
    envelope: Envelope | None
    owner: str


def new_part(content: bytes) -> Part:
    """A part with a salt of its own."""
    return Part(secrets.token_bytes(SALT_SIZE), content)


class Parts:
    """Stores and reads parts as one organisation."""

    def __init__(
        self, transport: Transport, members: Members, organisation: str, opener: Opener, profile: Profile
    ) -> None:
        self._transport = transport
        self._members = members
        self._organisation = organisation
        self._opener = opener
        self._profile = profile

    def put(self, part: Part, readers: Sequence[str], about: str) -> str:
        """Store a part for these readers (the author always is one); its commitment.

        `about` is the address of the record that it belongs to, with which it is erased.
        """
        commitment = part.commitment(self._profile)
        self.keep(commitment, part.encode(), readers, about)
        return commitment

    def keep(self, name: str, plain: bytes, readers: Sequence[str], about: str) -> None:
        """Encrypt these bytes to the readers and store them under a commitment."""
        key = secrets.token_bytes(stream.KEY_SIZE)
        blob = _encrypted(plain, key, self._profile)
        self._store(name, blob, key, [self._organisation, *readers], about)

    def sealed(self, plain: bytes) -> bytes:
        """These bytes encrypted to this organisation alone, to be kept anywhere."""
        key = secrets.token_bytes(stream.KEY_SIZE)
        blob = _encrypted(plain, key, self._profile)
        address = self._profile.hash(blob).hex()
        (envelope,) = seal_to(self._members, address, key, [self._organisation], self._profile)
        return msgspec.json.encode(Stored(to_base64(blob), envelope, self._organisation))

    def opened(self, sealed: bytes) -> bytes:
        """The bytes again."""
        blob, key = self._open(msgspec.json.decode(sealed, type=Stored))
        return b"".join(stream.decrypt([blob], key, self._profile))

    def share(self, name: str, readers: Sequence[str], about: str) -> None:
        """Let further readers read a part of one's own."""
        blob, key = self._sealed(name)
        self._store(name, blob, key, [self._organisation, *readers], about)

    def get(self, commitment: str) -> Part:
        """The part behind a commitment; refuses what is not it, and who is not its reader."""
        return matching(commitment, wire_part.decode(self.plain(commitment)), self._profile)

    def plain(self, name: str) -> bytes:
        """The decrypted bytes kept under a commitment, not checked against it."""
        blob, key = self._sealed(name)
        return b"".join(stream.decrypt([blob], key, self._profile))

    def _sealed(self, name: str) -> tuple[bytes, bytes]:
        answer = self._transport.ask("GET", f"/v1/parts/{name}")
        return self._open(msgspec.json.decode(answer.content, type=Stored))

    def _open(self, stored: Stored) -> tuple[bytes, bytes]:
        if stored.envelope is None:
            raise Refused(NOT_SEALED, owner=stored.owner)
        return from_base64(stored.blob), self._opener.open_envelope(stored.envelope, self._profile)

    def _store(self, name: str, blob: bytes, key: bytes, readers: Sequence[str], about: str) -> None:
        address = self._profile.hash(blob).hex()
        sealed = seal_to(self._members, address, key, readers, self._profile)
        body = {"blob": to_base64(blob), "envelopes": sealed, "about": about}
        self._transport.json("PUT", f"/v1/parts/{name}", body=body)


def _encrypted(plain: bytes, key: bytes, profile: Profile) -> bytes:
    begun = stream.begin(key, secrets.token_bytes(stream.PREFIX_SIZE), profile)
    return b"".join(stream.encrypt(begun, [plain]))


def seal_to(
    members: Members, address: str, key: bytes, readers: Sequence[str], profile: Profile
) -> list[Envelope]:
    """The data key of the blob at that address, sealed to each reader's current encryption key."""
    return [
        envelopes.seal(address, reader, key, public, profile)
        for reader, public in members.readers(list(readers)).items()
    ]
