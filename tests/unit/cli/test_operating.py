"""Audit, backup, restore, erasures, rebuilt views and migration at the command line."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from dongting.cli.main import run
from dongting.testing.homes import NodeHome


@pytest.fixture
def made(tmp_path: Path) -> NodeHome:
    """A stopped node with one block."""
    made = NodeHome(tmp_path / "home")

    async def fill() -> None:
        node = made.node()
        await node.start()
        await node.submit([made.evidence(1)])
        await node.stop()

    asyncio.run(fill())
    return made


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> str:
    assert run([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    return captured.out + captured.err


def answered(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> Any:
    return json.loads(told(capsys, "--json", *arguments, code=code))


def test_a_clean_ledger_is_called_clean_in_both_languages(
    made: NodeHome, capsys: pytest.CaptureFixture[str]
) -> None:
    english = told(capsys, "--home", made.path, "--lang", "en", "audit")
    assert "Derived 1 blocks, 2 leaves, 1 statements" in english
    assert "CLEAN: what is stored is what the log leads to." in english
    assert "一致：" in told(capsys, "--home", made.path, "--lang", "zh", "audit")
    assert answered(capsys, "--home", made.path, "audit")["clean"] is True


def test_a_damaged_ledger_gives_exit_code_one_and_says_where(
    made: NodeHome, capsys: pytest.CaptureFixture[str]
) -> None:
    store = made.home.ledger()
    store.write([(b"rbox.box/a", b"{}")])
    store.close()
    english = told(capsys, "--home", made.path, "--lang", "en", "audit", code=1)
    assert "Records: box.box/a is stored, but nothing in the log leads to it. [audit/entry-extra]" in english
    assert "NOT CLEAN." in english
    assert "记录：存有 box.box/a" in told(capsys, "--home", made.path, "--lang", "zh", "audit", code=1)
    found = answered(capsys, "--home", made.path, "audit", code=1)
    assert [one["code"] for one in found["findings"]] == ["audit/entry-extra"]


def test_a_backup_is_restored_read_only_and_goes_on_with_a_holders_checkpoint(
    made: NodeHome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "2 leaves" in told(capsys, "--home", made.path, "--lang", "en", "backup", tmp_path / "b")
    text = told(capsys, "--lang", "en", "restore", tmp_path / "b", "--to", tmp_path / "new")
    assert "confirm-restore" in text
    note = tmp_path / "note"
    note.write_bytes(asyncio.run(_checkpoint(made)))
    found = answered(
        capsys, "restore", tmp_path / "b", "--to", tmp_path / "newer", "--checkpoint", note
    )  # fmt: skip
    assert found["writing"] is True
    assert answered(capsys, "--home", tmp_path / "newer", "audit")["clean"] is True
    again = told(capsys, "--lang", "en", "restore", tmp_path / "b", "--to", tmp_path / "newer", code=1)
    assert "[node/directory-not-empty]" in again
    wrong = told(capsys, "restore", tmp_path / "b", "--to", tmp_path / "x", "--checkpoint", "none", code=2)
    assert "none" in wrong


async def _checkpoint(made: NodeHome) -> bytes:
    node = made.node()
    found = await node.checkpoint()
    await node.start()
    await node.stop()
    return found.encode()


def test_erasures_views_and_migration_answer(
    made: NodeHome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "--home", made.path, "erasures", tmp_path / "list")
    assert json.loads((tmp_path / "list").read_bytes())["erased"] == []
    assert answered(capsys, "--home", made.path, "rebuild-views") == {"height": 1}
    assert "nothing to migrate" in told(capsys, "--home", made.path, "--lang", "en", "migrate")
    (made.path / "ledger" / "FORMAT").write_text("dongting-ledger 9\n")
    assert "[store/newer-format]" in told(capsys, "--home", made.path, "migrate", code=1)


def test_a_restore_that_waits_for_nothing_is_not_confirmed(
    made: NodeHome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a passphrase for tests only\n")
    os.close(writing)
    (made.path / "keys" / "env-bureau").mkdir(mode=0o700)
    target = made.path / "keys" / "env-bureau" / "keystore.json"
    target.write_bytes(made.keystore.path.read_bytes())
    target.chmod(0o600)
    arguments = ("--home", made.path, "--passphrase-fd", str(reading), "confirm-restore")
    assert "[node/not-restored]" in told(capsys, *arguments, code=1)
