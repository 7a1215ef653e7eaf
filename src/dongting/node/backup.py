"""Backup of a node, running or not, and a new home made from one.

A backup is a directory: `genesis.json`, the configuration, `keys/` (encrypted as they are), `checkpoint`,
`ledger/`, `files/`, `parts/`, `envelopes/`, `nodes/`, `accounts.sqlite` unless the people are in PostgreSQL,
and `MANIFEST.json` with the size and SHA-256 of every file. The checkpoint is copied before the ledger, which
extends it; the files and the people after it, because what the ledger refers to was there before. Views are
left out: they are built anew. A directory without a manifest is what an interrupted backup left, and no
backup.
"""

import hashlib
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from dongting.errors import Code, Fault, Refused, require
from dongting.kernel.entries import HEAD_KEY, Head
from dongting.kernel.machine import Machine
from dongting.node.audit import copied
from dongting.node.checkpoints import NOT_EXTENDED, saved
from dongting.node.config import read
from dongting.node.erasures import Erased, apply, erased
from dongting.node.home import Home
from dongting.node.people.copies import sign_out, snapshot
from dongting.node.restored import mark
from dongting.node.settings import toml
from dongting.store.disk import disk_failure, private_directory, replace_file, sync_directory
from dongting.wire import checkpoint as checkpoints

FORMAT = "dongting-backup-1"
MANIFEST = "MANIFEST.json"
CONFIG = "dongting.toml"
PEOPLE = "accounts.sqlite"
_CHUNK = 1 << 20

TAKEN = Code(
    "node", 85, "directory-not-empty",
    "{directory} is not empty; name a new directory.",
    "{directory} 不是空目录；请指定新的目录。",
    status=409,
)  # fmt: skip
NO_BACKUP = Code(
    "node", 86, "no-backup",
    "{directory} is not a backup: {why}. Choose another one.",
    "{directory} 不是备份：{why}。请另选一个。",
    status=404,
)  # fmt: skip
BACKUP_DAMAGED = Code(
    "node", 87, "backup-damaged",
    "The backup {directory} is damaged: {path} {why}. Choose another backup.",
    "备份 {directory} 已损坏：{path} {why}。请另选备份。",
    status=409,
)  # fmt: skip


class Copied(Struct, frozen=True):
    """One file of a backup: size in bytes and SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Manifest(Struct, frozen=True):
    """What a backup holds, and where its ledger stands; `created` in seconds since 1970."""

    format: str
    network: str
    created: int
    height: int
    size: int
    root: str
    files: dict[str, Copied]


def backup(
    home: Home, directory: Path, now: int, progress: Callable[[int], None] = lambda _: None
) -> Manifest:
    """Back up a node into a new directory and verify the copy; `progress` is told the files copied."""
    _claim(directory)
    home.genesis_bytes()  # refuses a home without a network
    files: dict[str, Copied] = {}

    def take(source: Path, name: str) -> None:
        try:
            files[name] = _copy(source, directory / name)
        except FileNotFoundError:
            return  # erased meanwhile
        progress(len(files))

    for source, name in _settled(home):
        take(source, name)
    with copied(home, exclusive=True) as store:
        for path in _walk(store.directory):
            take(path, f"ledger/{path.relative_to(store.directory)}")
        head = Head.decode(store.get(HEAD_KEY) or b"")
    for name, source in _beside(home).items():
        for path in _walk(source):
            take(path, f"{name}/{path.relative_to(source)}")
    if snapshot(home.config.accounts_url, directory / PEOPLE):
        files[PEOPLE] = _digest(directory / PEOPLE)
    manifest = Manifest(FORMAT, head.network, now, head.height, head.size, head.root.hex(), files)
    os.sync()
    replace_file(directory / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    sync_directory(directory.absolute().parent)
    return verify(directory, progress)


def _settled(home: Home) -> Iterator[tuple[Path, str]]:
    """What is copied before the ledger: the checkpoint that it extends, keys and settings."""
    yield home.path / "checkpoint", "checkpoint"
    yield home.path / "genesis.json", "genesis.json"
    yield Path(home.config.base) / CONFIG, CONFIG
    keystore = home.config.path(home.config.keystore.path)
    yield keystore, "keys/keystore.json"
    for path in _walk(home.path / "keys"):
        if path != keystore and path.name == "keystore.json":
            yield path, f"keys/{path.relative_to(home.path / 'keys')}"


def _beside(home: Home) -> dict[str, Path]:
    return {
        "files/blobs": home.config.path(home.config.files.directory) / "blobs",
        "parts": home.path / "parts",
        "envelopes": home.path / "envelopes",
        "nodes": home.path / "nodes",
    }


def verify(directory: Path, progress: Callable[[int], None] = lambda _: None) -> Manifest:
    """Hash every file of a backup and open its ledger; refuses one that is not whole."""
    manifest = _manifest(directory)
    for number, (name, copy) in enumerate(manifest.files.items(), 1):
        path = directory / name
        require(path.is_file(), BACKUP_DAMAGED, directory=directory, path=name, why="is missing")
        same = _digest(path) == copy
        require(same, BACKUP_DAMAGED, directory=directory, path=name, why="has other bytes")
        progress(number)
    home = Home(read({"node": {"home": "."}}, str(directory.absolute())))
    try:
        _open(home).store.close()
    except Fault as fault:
        raise Refused(BACKUP_DAMAGED, directory=directory, path="ledger", why=str(fault)) from None
    return manifest


def _open(home: Home) -> Machine:
    """The ledger in a home, for reading; refuses one that does not extend its checkpoint file."""
    machine = Machine(home.ledger(read_only=True), home.rules(), home.genesis_bytes())
    note, _ = saved(home.path / "checkpoint")
    if note is not None:
        issued = checkpoints.decode(note)
        if issued.size > machine.head.size or machine.log.root_at(issued.size) != issued.root:
            machine.store.close()
            raise Refused(NOT_EXTENDED, directory=home.path, size=machine.head.size, issued=issued.size)
    return machine


def restore(
    directory: Path, home_path: Path, notes: list[bytes], erasures: list[Erased], peers: Sequence[str] = ()
) -> tuple[Manifest, Refused | None, int]:
    """Make a new home from a backup; its manifest, why it is read-only if it is, and files erased.

    `notes` are the newest checkpoints of holders of the log, `peers` addresses of nodes that the restored one
    asks when it starts; `erasures` those that a newer copy knows.
    What the ledger itself says was erased is erased here, too.
    """
    manifest = verify(directory)
    _require_empty(home_path)
    # Made beside its place: a home that was not judged to the end must not be one that could serve.
    making = home_path.with_name(f".{home_path.name}.{os.urandom(8).hex()}")
    try:
        _claim(making)
        for name in manifest.files:
            if name != CONFIG:
                _copy(directory / name, making / name)
        _write_config(directory / CONFIG, making, peers)
        if (making / PEOPLE).exists():
            sign_out(f"sqlite:///{making / PEOPLE}")
        why, gone = _judge(making, notes, erasures)
        os.sync()
        if home_path.exists():
            home_path.rmdir()
        os.rename(making, home_path)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    sync_directory(home_path.absolute().parent)
    return manifest, why, gone


def _judge(path: Path, notes: list[bytes], erasures: list[Erased]) -> tuple[Refused | None, int]:
    """Apply erasures in a new home and say why it is read-only, if it is; how many objects were erased."""
    home = Home(read(tomllib.loads((path / CONFIG).read_text("utf-8")), str(path.absolute())))
    machine = _open(home)
    try:
        gone = apply(home, [*erased(machine.store), *erasures])
        return mark(home, machine, notes), gone
    finally:
        machine.store.close()


def _write_config(source: Path, home: Path, peers: Sequence[str]) -> None:
    """The settings of the backup, with every path inside the new home, and more peers to ask."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(source.read_text("utf-8")) if source.exists() else {}
    for section, name, value in (
        ("node", "home", "."),
        ("files", "directory", "files"),
        ("keystore", "path", "keys/keystore.json"),
        ("views", "url", "sqlite"),
    ):
        tables.setdefault(section, {})[name] = value
    if (home / PEOPLE).exists():
        tables.setdefault("accounts", {})["url"] = "sqlite"
    if peers:
        asked = tables.setdefault("restore", {})
        asked["peers"] = " ".join(dict.fromkeys([*asked.get("peers", "").split(), *peers]))
    read(tables)  # refuses an address that is none
    text = ""
    for section, table in tables.items():
        text += f"[{section}]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in table.items())
    replace_file(home / CONFIG, text.encode())


def _manifest(directory: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((directory / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise Refused(NO_BACKUP, directory=directory, why=f"{MANIFEST} is missing") from None
    except msgspec.MsgspecError as error:
        raise Refused(BACKUP_DAMAGED, directory=directory, path=MANIFEST, why=str(error)) from None
    require(manifest.format == FORMAT, NO_BACKUP, directory=directory, why=f"its format is not {FORMAT}")
    inside = all(
        Path(name).parts and ".." not in Path(name).parts and name[:1] != "/" for name in manifest.files
    )
    require(inside, BACKUP_DAMAGED, directory=directory, path=MANIFEST, why="names files outside of it")
    return manifest


def _require_empty(directory: Path) -> None:
    require(not directory.exists() or not any(directory.iterdir()), TAKEN, directory=directory)


def _claim(directory: Path) -> None:
    _require_empty(directory)
    private_directory(directory)
    os.chmod(directory, 0o700)


def _walk(directory: Path) -> Iterator[Path]:
    """All files below; RocksDB's own lock and reports are not data."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.name != "LOCK" and not path.name.startswith("LOG"):
            yield path


def _copy(source: Path, target: Path) -> Copied:
    """Copy one file, mode 0600, hashing what is written."""
    private_directory(target.parent)
    state, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as incoming, open(target, "xb", opener=_private) as outgoing:
            while chunk := incoming.read(_CHUNK):
                state.update(chunk)
                size += len(chunk)
                outgoing.write(chunk)
            shutil.copystat(source, target)
            os.chmod(target, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise disk_failure(error, target) from error
    return Copied(size, state.hexdigest())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _digest(path: Path) -> Copied:
    state, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
            size += len(chunk)
    return Copied(size, state.hexdigest())
