"""Small sealed objects beside the ledger: envelopes, parts and their indexes, by name.

A name is 64 hexadecimal digits (a commitment or an address), so it can be nothing but one file in the
directory. Unlike files these may be replaced, whole, as when an envelope is sealed anew after a rotation.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from dongting.errors import require
from dongting.store.disk import private_directory, replace_file, sync_directory
from dongting.store.files import BAD_ADDRESS, TOO_LARGE

LIMIT = 16 * 1024 * 1024  # bytes of one object: these are read whole

_NAME = re.compile(r"[0-9a-f]{64}")


class SideStore:
    """Objects in a directory of their own; several processes may share it."""

    def __init__(self, directory: Path, *, limit: int = LIMIT) -> None:
        self._directory = directory
        self._limit = limit
        private_directory(directory)

    def put(self, name: str, data: bytes) -> None:
        """Store or replace the object, durably; refuses when the disk is full, and the old one stays."""
        require(len(data) <= self._limit, TOO_LARGE, size=len(data), limit=self._limit)
        path = self._path(name)
        if not path.parent.exists():
            private_directory(path.parent)
            sync_directory(self._directory)
        replace_file(path, data)

    def get(self, name: str) -> bytes | None:
        """The object, or None."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

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

    def _path(self, name: str) -> Path:
        require(_NAME.fullmatch(name), BAD_ADDRESS)
        return self._directory / name[:2] / name
