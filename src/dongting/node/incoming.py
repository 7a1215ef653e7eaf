"""Files on their way from a browser to the encrypted store: they lie here until what they are for is signed.

Plain content, in a directory that only the node's user may enter; gone when it is stored, or after a day.
"""

import re
import secrets
import shutil
import time
from pathlib import Path

from dongting.errors import Code, Refused, require
from dongting.store.disk import free_bytes, private_directory

GONE = Code(
    "acting", 4, "upload-gone",
    "The file that was uploaded is not here any more. Upload it again.",
    "已上传的文件已不在此处。请重新上传。",
    status=410,
)  # fmt: skip
TOO_LARGE = Code(
    "acting", 5, "upload-too-large",
    "This node takes files of at most {limit} bytes. Split the file, or leave the data where it is.",
    "本节点接收的文件最大为 {limit} 字节。请拆分文件，或将数据保留在原处。",
    status=413,
)  # fmt: skip
NO_ROOM = Code(
    "acting", 6, "no-room-for-upload",
    "The node’s disk has no room for this file now. Tell its operator.",
    "节点磁盘目前没有空间存放该文件。请告知运维人员。",
    status=507,
)  # fmt: skip
NO_FILE = Code(
    "acting", 7, "no-file",
    "No file was chosen. Choose one, then go on.",
    "尚未选择文件。请选择后继续。",
)  # fmt: skip

_ID = re.compile(r"[0-9a-f]{32}")
_STALE = 86_400  # seconds
_LEFT = 2**30  # bytes that stay free for the ledger
_NAME_BYTES = 200


class Incoming:
    """The files that people of hosted organisations uploaded; nobody reaches another organisation's."""

    def __init__(self, directory: Path, limit: int) -> None:
        self._directory = directory
        self.limit = limit

    def begin(self, organisation: str, name: str, size: int) -> str:
        """Make room for a file of that name and size; the id of its upload."""
        require(name.strip(" ."), NO_FILE)
        require(size <= self.limit, TOO_LARGE, limit=self.limit)
        place = self._directory / organisation / "incoming"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep(place)
        require(free_bytes(place) - size > _LEFT, NO_ROOM)
        id = secrets.token_hex(16)
        private_directory(place / id)
        (place / id / _fitting(name)).touch(mode=0o600)
        return id

    def path(self, organisation: str, id: str) -> Path:
        """Where the content of an upload lies; refuses one that is not there, or another's."""
        place = self._directory / organisation / "incoming" / id
        found = sorted(place.iterdir()) if _ID.fullmatch(id) and place.is_dir() else []
        if not found:
            raise Refused(GONE)
        return found[0]

    def append(self, organisation: str, id: str, offset: int, data: bytes) -> int:
        """Add bytes at the end, if the end is at that offset; how many there are now."""
        path = self.path(organisation, id)
        there = path.stat().st_size
        if offset == there:
            require(there + len(data) <= self.limit, TOO_LARGE, limit=self.limit)
            with path.open("ab") as file:
                file.write(data)
            there += len(data)
        return there

    def drop(self, organisation: str, id: str) -> None:
        """Forget an upload."""
        shutil.rmtree(self.path(organisation, id).parent, ignore_errors=True)

    def _sweep(self, place: Path) -> None:
        for old in place.iterdir():
            if old.stat().st_mtime < time.time() - _STALE:
                shutil.rmtree(old, ignore_errors=True)


def _fitting(name: str) -> str:
    """The name without directories, short enough for every disk; its ending is kept."""
    plain = name.replace("\\", "/").rpartition("/")[2].replace("\0", "").strip(" .") or "file"
    stem, dot, ending = plain.rpartition(".")
    ending = f".{ending}"[:20] if dot and stem else ""
    stem = stem if dot and stem else plain
    while len((stem + ending).encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return stem + ending
