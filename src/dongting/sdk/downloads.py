"""Downloading a file: decrypted on the way, every segment verified, resumed where it broke off.

What has arrived lies decrypted beside the target until the whole is there; only then does it take the
target's name, so that a file of that name is always complete.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import httpx
import msgspec

from dongting.errors import Refused
from dongting.sdk.parts import Opener
from dongting.sdk.transport import BAD_ANSWER, NODE_AWAY, Transport
from dongting.sdk.uploads import Progress, quiet, read
from dongting.wire import stream
from dongting.wire.envelope import Envelope
from dongting.wire.profile import Profile

ATTEMPTS = 5  # in a row without a byte more


class Downloads:
    """Downloads files as one organisation."""

    def __init__(self, transport: Transport, opener: Opener, profile: Profile) -> None:
        self._transport = transport
        self._opener = opener
        self._profile = profile

    def key(self, address: str) -> bytes:
        """The data key of a file that this organisation may read."""
        answer = self._transport.ask("GET", f"/v1/files/{address}/envelope")
        envelope = msgspec.json.decode(answer.content, type=Envelope)
        return self._opener.open_envelope(envelope, self._profile)

    def allowed(self, address: str, transfer: str | None) -> None:
        """Return if the file may be downloaded now; else refuses with the node's plain reason."""
        self._header(address, transfer)

    def fetch(self, address: str, transfer: str | None, target: Path, progress: Progress = quiet) -> Path:
        """Bring the whole file beside `target`; the path of the complete, decrypted bytes.

        `transfer` is the delivery that entitles this organisation; an owner needs none.
        """
        header, total = self._header(address, transfer)
        opened = stream.resume(header, self.key(address), self._profile)
        size = stream.content_size(total)
        arriving = target.with_name(f".{target.name}.{address[:16]}.partial")
        failures = 0
        while (held := _held(arriving, size, opened.segment_size)) < size or not arriving.exists():
            try:
                with _private(arriving, held) as file:
                    for content in self._rest(address, transfer, opened, held, size):
                        file.write(content)
                        failures = 0
                        progress(file.tell(), size)
            except Refused as error:
                failures += 1
                if error.code is not NODE_AWAY or failures >= ATTEMPTS:
                    raise
        progress(size, size)
        return arriving

    def digest(self, path: Path) -> bytes:
        """The digest of a file's content under the network's hash, 32 bytes."""
        return self._profile.hash_chunks(read(path))

    def _header(self, address: str, transfer: str | None) -> tuple[bytes, int]:
        headers = {"range": f"bytes=0-{stream.HEADER_SIZE - 1}"}
        answer = self._transport.ask(
            "GET", f"/v1/files/{address}", query={"transfer": transfer}, headers=headers
        )
        total = answer.headers.get("content-range", "").rpartition("/")[2]
        if answer.status_code != httpx.codes.PARTIAL_CONTENT or not total.isdigit():
            raise Refused(BAD_ANSWER, url=self._transport.url, why="it does not serve ranges of files")
        return answer.content, int(total)

    def _rest(
        self, address: str, transfer: str | None, opened: stream.Stream, held: int, size: int
    ) -> Iterator[bytes]:
        """The content from byte `held` on."""
        where = stream.window(held, size, size, opened.segment_size)
        headers = {"range": f"bytes={where.start}-{where.stop - 1}"}
        query = {"transfer": transfer}
        with self._transport.stream(f"/v1/files/{address}", query=query, headers=headers) as answer:
            yield from stream.decrypt_window(opened, answer.iter_bytes(), where)


def _held(path: Path, size: int, segment: int) -> int:
    """Bytes of whole segments that have arrived."""
    try:
        there = path.stat().st_size
    except FileNotFoundError:
        return 0
    return size if there == size else min(there, size) // segment * segment


def _private(path: Path, held: int) -> BinaryIO:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    os.ftruncate(descriptor, held)
    file = os.fdopen(descriptor, "wb")
    file.seek(held)
    return file
