"""A backup of a running node is whole; a node restored from it signs nothing that could fork the log."""

import asyncio
import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from dongting.apps.governance import RestoreNotice
from dongting.errors import Refused
from dongting.kernel.machine import Machine
from dongting.node.audit import audit
from dongting.node.backup import backup, restore, verify
from dongting.node.checkpoints import saved
from dongting.node.config import load
from dongting.node.erasures import parsed, written
from dongting.node.home import Home, copy_ledger
from dongting.node.keystore import Keystore
from dongting.node.link import LinkServer
from dongting.node.people.database import Database, person, session
from dongting.node.restored import confirm, marked, restored
from dongting.node.views_rebuild import rebuild
from dongting.testing.homes import PASSPHRASE, NodeHome
from dongting.wire import checkpoint as checkpoints
from dongting.wire.checkpoint import Checkpoint

NOW = 1_800_000_000
DATA = b"ciphertext" * 50
SALT = "7" * 64


class Running:
    """A node that runs in this process, reachable at its socket."""

    def __init__(self, made: NodeHome) -> None:
        self.made = made

    async def __aenter__(self) -> "Running":
        home = self.made.home
        home.prepare()
        store = home.ledger()
        self.node = self.made.node(store, copy=lambda: copy_ledger(home, store), restored=restored(home))
        self.server = LinkServer(self.node, home.socket)
        await self.node.start()
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.stop()
        await self.node.stop()

    async def register(self, *numbers: int) -> bytes:
        """Register evidence, each in a block of its own; the newest checkpoint."""
        for number in numbers:
            fate = (await self.node.submit([self.made.evidence(number)])).fates[0]
            assert fate.state == "accepted"
        return (await self.node.checkpoint()).encode()


def grown(made: NodeHome, *numbers: int) -> bytes:
    """Let a node run for a while; the checkpoint it ends with."""

    async def run() -> bytes:
        async with Running(made) as running:
            return await running.register(*numbers)

    return asyncio.run(run())


@pytest.fixture
def made(tmp_path: Path) -> NodeHome:
    made = NodeHome(tmp_path / "home")
    grown(made, 1, 2, 3)
    return made


def at(made: NodeHome, path: Path) -> NodeHome:
    """The same node in another directory."""
    moved = object.__new__(NodeHome)
    moved.__dict__ = {**made.__dict__, "path": path}
    moved.keystore = Keystore.open(path / "keys" / "keystore.json")
    moved.keystore.unlock(PASSPHRASE)
    return moved


def test_a_backup_of_a_running_node_holds_a_whole_ledger_while_statements_go_on(made: NodeHome) -> None:
    target = made.path.parent / "backup"

    async def run() -> None:
        async with Running(made) as running:
            copying = asyncio.get_running_loop().run_in_executor(None, lambda: backup(made.home, target, NOW))
            number = 10
            while not copying.done():
                await running.register(number)
                number += 1
            await copying
            await running.register(99)

    asyncio.run(run())
    manifest = verify(target)
    assert manifest.size >= 6
    assert manifest.created == NOW
    new = made.path.parent / "new"
    _, why, _ = restore(target, new, [], [])
    assert why is not None
    assert audit(Home(load(new / "dongting.toml"))).clean
    assert not list((made.path / "run").glob("copy-*"))
    assert audit(made.home).clean


def test_an_audit_runs_beside_a_node(made: NodeHome) -> None:
    async def run() -> None:
        async with Running(made) as running:
            found = await asyncio.get_running_loop().run_in_executor(None, lambda: audit(made.home))
            assert found.clean
            assert found.ledger.size == 6
            await running.register(50)

    asyncio.run(run())


def test_keys_stay_encrypted_and_everything_is_private_in_a_backup(made: NodeHome, tmp_path: Path) -> None:
    backup(made.home, tmp_path / "b", NOW)
    copy = tmp_path / "b" / "keys" / "keystore.json"
    assert copy.read_bytes() == made.keystore.path.read_bytes()
    for path in (tmp_path / "b").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_people_come_back_and_have_to_sign_in_again(made: NodeHome, tmp_path: Path) -> None:
    def rows(path: Path, what: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            return list(connection.execute(what))

    database = Database(made.home.config.accounts_url)
    with database.write() as connection:
        connection.execute(insert(person).values(id="p", login="wang", name="Wang", made=NOW))
        connection.execute(insert(session).values(digest="d", person="p", began=NOW, seen=NOW, ends=2 * NOW))
    backup(made.home, tmp_path / "backup", NOW)  # while the node has it open
    with database.write() as connection:
        connection.execute(insert(person).values(id="q", login="li", name="Li", made=NOW))
    database.close()
    copy = tmp_path / "backup" / "accounts.sqlite"
    assert copy.stat().st_mode & 0o777 == 0o600
    restore(tmp_path / "backup", tmp_path / "new", [], [])
    again = tmp_path / "new" / "accounts.sqlite"
    assert rows(again, "SELECT login FROM person") == [("wang",)]
    assert rows(copy, "SELECT person FROM session") == [("p",)]
    assert rows(again, "SELECT person FROM session") == []
    assert load(tmp_path / "new" / "dongting.toml").accounts_url.endswith("new/accounts.sqlite")


def test_a_directory_that_is_not_empty_is_never_written_to(made: NodeHome, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine").touch()
    with pytest.raises(Refused, match="directory-not-empty"):
        backup(made.home, tmp_path / "b", NOW)
    backup(made.home, tmp_path / "c", NOW)
    with pytest.raises(Refused, match="directory-not-empty"):
        restore(tmp_path / "c", tmp_path / "b", [], [])


def test_a_flipped_byte_anywhere_in_a_backup_is_refused_and_named(made: NodeHome, tmp_path: Path) -> None:
    backup(made.home, tmp_path / "b", NOW)
    for name in verify(tmp_path / "b").files:
        path = tmp_path / "b" / name
        data = path.read_bytes()
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:] if data else b"x")
        with pytest.raises(Refused, match=f"{name} has other bytes"):
            verify(tmp_path / "b")
        path.unlink()
        with pytest.raises(Refused, match=f"{name} is missing"):
            restore(tmp_path / "b", tmp_path / "new", [], [])
        path.write_bytes(data)
    assert not (tmp_path / "new").exists()


def test_an_interrupted_backup_or_one_that_names_files_outside_is_none(
    made: NodeHome, tmp_path: Path
) -> None:
    backup(made.home, tmp_path / "b", NOW)
    manifest = tmp_path / "b" / "MANIFEST.json"
    kept = json.loads(manifest.read_bytes())
    for name in ("../outside", "/etc/passwd", "a/../../b"):
        manifest.write_text(json.dumps({**kept, "files": {name: {"size": 0, "sha256": ""}}}))
        with pytest.raises(Refused, match="names files outside"):
            verify(tmp_path / "b")
    manifest.write_text(json.dumps({**kept, "format": "dongting-backup-2"}))
    with pytest.raises(Refused, match="no-backup"):
        verify(tmp_path / "b")
    manifest.unlink()
    with pytest.raises(Refused, match="no-backup"):
        restore(tmp_path / "b", tmp_path / "new", [], [])


def test_a_restored_node_is_read_only_until_the_operator_confirms_on_record(
    made: NodeHome, tmp_path: Path
) -> None:
    backup(made.home, tmp_path / "b", NOW)
    _, why, _ = restore(tmp_path / "b", tmp_path / "new", [], [])
    assert why is not None
    assert str(why.code) == "node/restored-unconfirmed"
    new = at(made, tmp_path / "new")
    before = saved(new.path / "checkpoint")

    async def closed() -> None:
        async with Running(new) as running:
            status = await running.node.status()
            assert not status.writing
            assert "read-only" in (status.reason or "")
            with pytest.raises(Refused, match="restored-unconfirmed"):
                await running.node.submit([new.evidence(9)])
            with pytest.raises(Refused, match="restored-unconfirmed"):
                await running.node.receipt(0)
            assert (await running.node.record("evidence.evidence", "evidence-1", 0)).version == 1

    asyncio.run(closed())
    assert saved(new.path / "checkpoint") == before
    index = confirm(new.home, new.log_key, new.keys["env-bureau"], _now(), b"n" * 16)
    assert index == 6
    assert marked(new.home) is None
    store = new.home.ledger()
    machine = Machine(store, new.home.rules(), new.home.genesis_bytes())
    notice = machine.reader().get(RestoreNotice, "restore-" + (b"n" * 16).hex()[:16])
    store.close()
    assert notice is not None
    assert (notice.owner, notice.backup_height) == ("env-bureau", 3)
    note, _ = saved(new.path / "checkpoint")
    assert note is not None
    assert checkpoints.decode(note).size == 8
    grown(new, 9)
    assert audit(new.home).clean
    with pytest.raises(Refused, match="not-restored"):
        confirm(new.home, new.log_key, new.keys["env-bureau"], _now(), b"m" * 16)


def _now() -> int:
    return int(time.time())


def test_a_holders_checkpoint_that_the_backup_extends_lets_the_node_sign(
    made: NodeHome, tmp_path: Path
) -> None:
    older = grown(made, 4)
    backup(made.home, tmp_path / "b", NOW)
    _, why, _ = restore(tmp_path / "b", tmp_path / "new", [older], [])
    assert why is None
    new = at(made, tmp_path / "new")
    grown(new, 5)
    assert audit(new.home).clean


def test_a_holders_newer_checkpoint_keeps_the_node_read_only_and_cannot_be_confirmed_away(
    made: NodeHome, tmp_path: Path
) -> None:
    older = grown(made, 4)
    backup(made.home, tmp_path / "b", NOW)
    newer = grown(made, 5, 6)
    _, why, _ = restore(tmp_path / "b", tmp_path / "new", [older, newer], [])
    assert why is not None
    assert str(why.code) == "node/restored-behind"
    assert "8 leaves" in why.text()
    assert "12 leaves" in why.text()
    new = at(made, tmp_path / "new")
    with pytest.raises(Refused, match="restored-behind"):
        confirm(new.home, new.log_key, new.keys["env-bureau"], _now(), b"n" * 16)


def test_checkpoints_of_another_history_log_or_key_are_refused(made: NodeHome, tmp_path: Path) -> None:
    backup(made.home, tmp_path / "b", NOW)
    origin = checkpoints.decode(saved(made.path / "checkpoint")[0] or b"").origin
    forked = checkpoints.sign(Checkpoint(origin, 4, bytes(32)), [made.log_key])
    foreign = checkpoints.sign(Checkpoint("other.example/0", 4, bytes(32)), [made.log_key])
    unsigned = checkpoints.sign(Checkpoint(origin, 4, bytes(32)), [NodeHome(tmp_path / "other").log_key])
    for number, (note, code) in enumerate(
        [(forked, "restored-forked"), (foreign, "checkpoint-of-another-log"), (unsigned, "note-unsigned")]
    ):
        with pytest.raises(Refused, match=code):
            restore(tmp_path / "b", tmp_path / f"new{number}", [note], [])


def test_a_refused_restore_leaves_no_home_that_would_serve(made: NodeHome, tmp_path: Path) -> None:
    backup(made.home, tmp_path / "b", NOW)
    forked = checkpoints.sign(
        Checkpoint(checkpoints.decode(saved(made.path / "checkpoint")[0] or b"").origin, 4, bytes(32)),
        [made.log_key],
    )
    with pytest.raises(Refused, match="restored-forked"):
        restore(tmp_path / "b", tmp_path / "new", [forked], [])
    assert not (tmp_path / "new").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "home"]


def _published(made: NodeHome) -> tuple[list[bytes], str]:
    text = {"en": "Air"}
    address = made.profile.hash(DATA).hex()
    dataset = {
        "id": "air", "title": text, "description": text, "theme": "ENVI", "frequency": "HOURLY",
        "sharing": "unconditional", "opening": "unconditional", "grade": "general-1",
    }  # fmt: skip
    content = {"commitment": SALT, "size_class": 12, "media_type": "text/csv", "address": address}
    files = made.home.files()
    upload = files.begin(len(DATA), address)
    files.append(upload, 0, DATA)
    files.finish(upload)
    made.home.envelopes().put(address, b'{"owner":"env-bureau","envelopes":[]}')
    made.home.parts().put(SALT, b'{"owner":"env-bureau","blob":"salt"}')
    return [
        made.sign("env-bureau", "catalogue/publish", dataset),
        made.sign("env-bureau", "catalogue/add-version", {"id": "air", "number": 1, "content": content}),
    ], address


def test_erasures_since_the_backup_are_applied_before_anything_is_served(
    made: NodeHome, tmp_path: Path
) -> None:
    statements, address = _published(made)
    made.fill(*statements)
    backup(made.home, tmp_path / "b", NOW)
    made.fill(made.sign("env-bureau", "catalogue/erase", {"id": "air", "number": 1}))
    store = made.home.ledger(read_only=True)
    exported = written(store)
    store.close()
    network = verify(tmp_path / "b").network
    erasures = parsed(exported, network)
    assert [(one.version, one.commitment, one.address) for one in erasures] == [("air.1", SALT, address)]
    _, _, gone = restore(tmp_path / "b", tmp_path / "kept", [], [])
    assert gone == 0
    assert at(made, tmp_path / "kept").home.files().has(address)
    _, _, gone = restore(tmp_path / "b", tmp_path / "new", [], erasures)
    assert gone == 3
    home = at(made, tmp_path / "new").home
    assert not home.files().has(address)
    assert home.envelopes().get(address) is None
    assert home.parts().get(SALT) is None
    with pytest.raises(Refused, match="bad-erasure-list"):
        parsed(exported, "0" * 64)
    with pytest.raises(Refused, match="bad-erasure-list"):
        parsed(exported[:-5], network)


def test_erasures_that_the_backup_itself_knows_are_applied_although_its_files_lay_there(
    made: NodeHome, tmp_path: Path
) -> None:
    statements, address = _published(made)
    made.fill(*statements, made.sign("env-bureau", "catalogue/erase", {"id": "air", "number": 1}))
    backup(made.home, tmp_path / "b", NOW)
    _, _, gone = restore(tmp_path / "b", tmp_path / "new", [], [])
    assert gone == 3
    assert not at(made, tmp_path / "new").home.files().has(address)


def test_views_are_built_anew_from_the_ledger_beside_a_running_node(made: NodeHome) -> None:
    seen: list[int] = []

    async def run() -> int:
        async with Running(made):
            return await asyncio.get_running_loop().run_in_executor(
                None, lambda: rebuild(made.home, seen.append)
            )

    assert asyncio.run(run()) == 3
    assert seen[-1] == 3
    views = made.home.views()
    assert views.height == 3
    assert views.get("evidence.evidence", "evidence-2") is not None
    views.close()


def test_left_over_copies_are_swept_when_they_are_old(made: NodeHome) -> None:
    fresh, old = made.path / "run" / "copy-fresh", made.path / "run" / "copy-old"
    for directory in (fresh, old):
        directory.mkdir()
    os.utime(old, (1, 1))
    made.home.sweep()
    assert fresh.exists()
    assert not old.exists()
    shutil.rmtree(fresh)
