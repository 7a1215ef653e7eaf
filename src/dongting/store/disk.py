"""What both stores ask of a disk: a replacement that is whole or absent, and plain words when it is full.

POSIX rename and fsync; a file written here is never seen half written, not even after a power cut.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path

from dongting.errors import Code, Fault, Refused

DISK_FULL = Code(
    "store", 1, "disk-full",
    "No room is left at {place}; nothing was changed. Free some space and try again.",
    "{place} 没有剩余空间，未作任何更改。请清理空间后重试。",
    507,
)  # fmt: skip

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def disk_failure(error: OSError, place: Path) -> Refused | Fault:
    """What to raise for an error of the operating system: refused when the disk is full, else a fault."""
    if error.errno in FULL:
        return Refused(DISK_FULL, place=place)
    return Fault(f"{error.filename or place}: {error.strerror}")


def free_bytes(directory: Path) -> int:
    """Bytes that this process may still write to the file system of the directory."""
    state = os.statvfs(directory)
    return state.f_bavail * state.f_frsize


def private_directory(directory: Path) -> None:
    """Make the directory and its parents, readable by their owner only; existing ones stay as they are."""
    try:
        for missing in reversed([path for path in (directory, *directory.parents) if not path.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise disk_failure(error, directory) from error


def sync_directory(directory: Path) -> None:
    """Make renames and removals in the directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, data: bytes) -> None:
    """Put the data at the path, mode 0600, durably: readers see the old bytes or the new, never a mix."""
    fresh = path.with_name(f".{path.name}.{os.urandom(8).hex()}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(fresh, path)
        sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise disk_failure(error, path) from error
