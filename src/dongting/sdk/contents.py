"""Contents of files: committed to, kept encrypted, made readable to a recipient, fetched and compared.

The opening of a content's commitment (salt and digest, with name and size) is kept as a part under the
commitment itself, and belongs to the record of the version, so that it is erased with the content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from dongting.errors import Code, require
from dongting.sdk.downloads import Downloads
from dongting.sdk.members import Members
from dongting.sdk.parts import Parts, seal_to
from dongting.sdk.transport import Transport
from dongting.sdk.uploads import Progress, Uploads, look, quiet
from dongting.wire import jcs
from dongting.wire.keys import from_base64, to_base64
from dongting.wire.part import Opening, Part, commit
from dongting.wire.part import decode as decode_part
from dongting.wire.profile import Profile

NOT_AN_OPENING = Code(
    "sdk", 47, "not-an-opening",
    "What is kept under {commitment} does not open it. Ask the provider to store its opening again.",
    "存放在 {commitment} 下的内容不能开启该承诺。请让提供方重新存放其开启值。",
)  # fmt: skip
DIFFERS = Code(
    "sdk", 48, "content-differs",
    "{path} is not what was committed to: its digest is {found}, {expected} was announced. "
    "Fetch it again, or dispute the delivery with `dongting dispute`.",
    "{path} 与承诺的内容不符：其摘要为 {found}，约定的是 {expected}。"
    "请重新获取，或用 `dongting dispute` 提出异议。",
)  # fmt: skip
TARGET_EXISTS = Code(
    "sdk", 49, "target-exists",
    "{path} exists already and was not touched. Choose another name, or remove it first.",
    "{path} 已存在，未作改动。请换一个文件名，或先将其删除。",
    status=409,
)  # fmt: skip


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lies behind a content's commitment: digest (hexadecimal), file name, size in bytes, and salt."""

    digest: str
    name: str
    size: int
    salt: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A content that can be committed to: `address` is None where the data stays outside."""

    commitment: str
    size: int
    address: str | None
    facts: Facts


class Contents:
    """Contents as one organisation sees them."""

    def __init__(
        self, transport: Transport, members: Members, parts: Parts, uploads: Uploads, downloads: Downloads,
        profile: Profile, organisation: str,
    ) -> None:  # fmt: skip
        self._transport = transport
        self._members = members
        self._parts = parts
        self._uploads = uploads
        self._downloads = downloads
        self._profile = profile
        self._organisation = organisation

    def measure(self, path: Path, *, stored: bool = True) -> Offered:
        """What a statement commits to for this file; nothing is sent yet."""
        journal = self._uploads.prepare(path, stored=stored)
        facts = Facts(journal.digest, path.name, journal.size, journal.salt)
        commitment = commit(from_base64(journal.salt), bytes.fromhex(journal.digest), self._profile)
        return Offered(commitment, journal.size, journal.address if stored else None, facts)

    def measured(self, digest: str, name: str, size: int, salt: bytes) -> Offered:
        """The same for a file that was measured elsewhere, under the network's hash; it stays there."""
        facts = Facts(digest, name, size, to_base64(salt))
        return Offered(commit(salt, bytes.fromhex(digest), self._profile), size, None, facts)

    def store(self, path: Path, offered: Offered, about: str, progress: Progress = quiet) -> None:
        """Upload the file, encrypted, unless it stays outside; keep what opens its commitment.

        `about` is the address of the record of the version.
        """
        if offered.address is not None:
            journal = self._uploads.prepare(path)
            self._uploads.send(path, journal, progress)
            self._grant(offered.address, from_base64(journal.key), [self._organisation])
        self.keep(offered, about)

    def settled(self, path: Path) -> None:
        """Forget what was needed to go on with an interrupted upload."""
        self._uploads.forget(path)

    def share(self, commitment: str, address: str | None, readers: Sequence[str], about: str) -> None:
        """Let further organisations read a content of one's own: its data key and its opening."""
        if address is not None:
            self._grant(address, self._downloads.key(address), [self._organisation, *readers])
        self._parts.share(commitment, readers, about)

    def facts(self, commitment: str) -> Facts:
        """What opens a content's commitment, if this organisation may read it."""
        part = decode_part(self._parts.plain(commitment))
        facts = msgspec.json.decode(part.content, type=Facts)
        held = commit(from_base64(facts.salt), bytes.fromhex(facts.digest), self._profile)
        require(held == commitment, NOT_AN_OPENING, commitment=commitment[:16])
        return facts

    def opening(self, commitment: str) -> Opening:
        """The same as salt and digest alone."""
        facts = self.facts(commitment)
        return Opening(commitment, facts.salt, facts.digest)

    def digest(self, path: Path) -> str:
        """The digest of a file under the network's hash."""
        look(path)
        return self._downloads.digest(path).hex()

    def compare(self, path: Path, opening: Opening) -> str:
        """The commitment recomputed from this file; refuses a file that does not lie behind it."""
        found = self.digest(path)
        require(found == opening.digest, DIFFERS, path=path, found=found, expected=opening.digest)
        return commit(from_base64(opening.salt), bytes.fromhex(found), self._profile)

    def download(
        self,
        commitment: str,
        address: str,
        transfer: str | None,
        target: Path | None = None,
        progress: Progress = quiet,
    ) -> tuple[Path, Facts]:
        """Fetch a delivered file and check it against its commitment; where it lies, and what it is.

        Without a target it takes its own name in the present directory.
        """
        self._downloads.allowed(address, transfer)
        facts = self.facts(commitment)
        target = target or Path(Path(facts.name).name or commitment[:16])
        require(not target.exists(), TARGET_EXISTS, path=target)
        arrived = self._downloads.fetch(address, transfer, target, progress)
        found = self._downloads.digest(arrived).hex()
        if found != facts.digest:
            arrived.unlink()
        require(found == facts.digest, DIFFERS, path=target, found=found, expected=facts.digest)
        arrived.rename(target)
        return target, facts

    def _grant(self, address: str, key: bytes, readers: Sequence[str]) -> None:
        sealed = seal_to(self._members, address, key, readers, self._profile)
        self._transport.json("PUT", f"/v1/files/{address}/envelopes", body=sealed)

    def keep(self, offered: Offered, about: str) -> None:
        """Keep what opens the commitment to a content."""
        content = jcs.encode(offered.facts)
        kept = Part(from_base64(offered.facts.salt), content)
        self._parts.keep(offered.commitment, kept.encode(), [], about)
