"""Small sealed objects beside the ledger: envelopes, parts and their indexes, by name.

A name is 64 hexadecimal digits (a commitment or an address), so it can be nothing but one file in the
directory. Unlike files these may be replaced, whole, as when an envelope is sealed anew after a rotation.
Nothing in a name tells whether the bytes are still the same, so a checksum stands in front of them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from dongting.errors import Fault, require
from dongting.store.disk import DISK_FULL, free_bytes, private_directory, replace_file, sync_directory
from dongting.store.files import BAD_ADDRESS, RESERVE, TOO_LARGE, Damage
from dongting.wire.profile import sha256

LIMIT = 16 * 1024 * 1024  # bytes of one object: these are read whole

_NAME = re.compile(r"[0-9a-f]{64}")
_SUM = 32  # bytes of SHA-256 in front of each object


class SideStore:
    """Objects in a directory of their own; several processes may share it.

    `reserve` bytes of the disk stay free, which the ledger needs more.
    """

    def __init__(self, directory: Path, *, limit: int = LIMIT, reserve: int = RESERVE) -> None:
        self._directory = directory
        self._limit = limit
        self._reserve = reserve
        private_directory(directory)

    def put(self, name: str, data: bytes) -> None:
        """Store or replace the object, durably; refuses when the disk is full, and the old one stays."""
        require(len(data) <= self._limit, TOO_LARGE, size=len(data), limit=self._limit)
        room = free_bytes(self._directory) >= len(data) + self._reserve
        require(room, DISK_FULL, place=self._directory)
        path = self._path(name)
        if not path.parent.exists():
            private_directory(path.parent)
            sync_directory(self._directory)
        replace_file(path, sha256(data) + data)

    def get(self, name: str) -> bytes | None:
        """The object, or None; a damaged one is a Fault."""
        path = self._path(name)
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            return None
        data = found[_SUM:]
        if sha256(data) != found[:_SUM]:
            raise Fault(f"{path} is damaged; put it back from a backup, or have its owner send it again")
        return data

    def has(self, name: str) -> bool:
        """Whether the object is here."""
        return self._path(name).is_file()

    def remove(self, name: str) -> bool:
        """Erase the object; whether it was there. Doing it again changes nothing."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        sync_directory(path.parent)
        return True

    def names(self) -> Iterator[str]:
        """Names of all objects, ascending."""
        for directory in sorted(self._directory.iterdir()):
            for path in sorted(directory.iterdir()):
                if _NAME.fullmatch(path.name):
                    yield path.name

    def check(self) -> Iterator[Damage]:
        """Read every object and name the damaged ones."""
        for name in self.names():
            try:
                self.get(name)
            except (Fault, OSError):
                yield Damage(name, self._path(name))

    def _path(self, name: str) -> Path:
        require(_NAME.fullmatch(name), BAD_ADDRESS)
        return self._directory / name[:2] / name
