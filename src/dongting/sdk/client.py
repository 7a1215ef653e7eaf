"""The client of one node: as one organisation it signs, sends, stores, fetches and proves.

It trusts the network's genesis document, which it is given, and nothing that the node says of itself: a
node of another network is refused before anything is signed for it.
"""

from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from dongting.errors import Code, Language, Refused, require
from dongting.sdk.checkpoints import Checkpoints
from dongting.sdk.contents import Contents
from dongting.sdk.downloads import Downloads
from dongting.sdk.members import Members
from dongting.sdk.network import OTHER_NETWORK, Network, network_of
from dongting.sdk.parts import Opener, Parts
from dongting.sdk.proofs import Proofs
from dongting.sdk.records import Records
from dongting.sdk.statements import Done, Fate, Statements
from dongting.sdk.transport import Transport
from dongting.sdk.uploads import Uploads
from dongting.wire.envelope import Envelope
from dongting.wire.keys import SigningKey
from dongting.wire.profile import INTERNATIONAL, Profile

NO_OPENER = Code(
    "sdk", 50, "no-decryption-key",
    "This client has no key to decrypt with; name the organisation whose keystore holds it (--as).",
    "此客户端没有解密密钥；请用 --as 指定持有密钥的组织。",
)  # fmt: skip


class Identity(Protocol):
    """Who asks: an organisation, the key that signs for it, and what opens its envelopes."""

    @property
    def organisation(self) -> str: ...

    @property
    def key(self) -> SigningKey: ...

    @property
    def opener(self) -> Opener: ...


class _Closed:
    """Opens nothing."""

    def open_envelope(self, envelope: Envelope, profile: Profile) -> bytes:
        raise Refused(NO_OPENER)


class Client:
    """One organisation at one node; without an identity only what is public.

    `journals` is a private directory in which interrupted uploads are remembered, `seen` one with the newest
    checkpoint of each network: without it the client remembers only for as long as it lives.
    """

    def __init__(
        self,
        url: str,
        genesis: bytes,
        identity: Identity | None = None,
        *,
        journals: Path = Path("uploads"),
        seen: Path | None = None,
        language: Language = "en",
    ) -> None:
        self.network: Network = network_of(genesis)
        self.private = journals
        self.profile = self.network.profile
        self.organisation = identity.organisation if identity else None
        key = identity.key if identity else None
        opener: Opener = identity.opener if identity else _Closed()
        self.transport = Transport(url, key, self.profile, language)
        self.checkpoints = Checkpoints(self.transport, self.network, seen)
        self.statements = Statements(
            self.transport, self.network.id, self.organisation, key, self.profile, self.checkpoints.see
        )
        self.records = Records(self.transport)
        self.members = Members(self.records, self.profile)
        author = self.organisation or ""
        self.parts = Parts(self.transport, self.members, author, opener, self.profile)
        self.downloads = Downloads(self.transport, opener, self.profile)
        uploads = Uploads(self.transport, journals, self.profile)
        self.contents = Contents(
            self.transport, self.members, self.parts, uploads, self.downloads, self.profile, author
        )
        self.proofs = Proofs(self.transport, self.parts, self.profile)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.transport.close()

    @cached_property
    def checked(self) -> dict[str, Any]:
        """The node's status when it was first asked; refuses a node of another network, and one whose log
        does not extend the checkpoint that was seen last."""
        status = self.status()
        self.checkpoints.look()
        return status

    def status(self) -> dict[str, Any]:
        """Where the node's ledger stands; refuses a node of another network."""
        status: dict[str, Any] = self.transport.json("GET", "/v1/status")
        given = str(status.get("network"))
        require(given == self.network.id, OTHER_NETWORK, given=given[:64], expected=self.network.id)
        return status

    def catch_up(self) -> None:
        """Let the reads that follow see everything that the ledger holds now."""
        assert self.checked
        self.records.seen = max(self.records.seen, int(self.status()["height"]))

    def act(self, action: str, subject: str, arguments: Any) -> Done:
        """Sign one action about one record and send it; later reads of this client see its effect."""
        assert self.checked
        return self.send(self.statements.sign(action, subject, arguments))

    def send(self, statement: bytes) -> Done:
        """Send one statement that was signed before, until its outcome is known."""
        done = self.statements.send(statement)
        self._saw(done.height)
        return done

    def submit(self, statements: list[bytes]) -> list[Fate]:
        """Send statements that were signed before; their fates in order."""
        fates = self.statements.submit(statements)
        self._saw(max((fate.height or 0 for fate in fates), default=0))
        return fates

    def _saw(self, height: int) -> None:
        self.records.seen = max(self.records.seen, height)


def genesis_of(url: str, expected: str, language: Language = "en") -> bytes:
    """The genesis document that a node gives out; refuses one whose hash is not the expected network id."""
    transport = Transport(url, None, INTERNATIONAL, language)
    try:
        data = transport.ask("GET", "/v1/genesis").content
    finally:
        transport.close()
    network_of(data, expected)
    return data
