"""Founding a network: all or nothing, private files, keys of one's own, no default secret anywhere."""

import json
import os
import stat
from pathlib import Path

import pytest

from dongting.cli.main import run
from dongting.node.keystore import Keystore
from dongting.wire import genesis

PASSPHRASE = b"a passphrase of some length"
FOUNDER = "id=env-bureau,kind=government,name-zh=环境局,region=430100"
BASE = ("--name", "Net", "--domain", "net.example", "--profile", "international")


def command(home: Path, *arguments: str, passphrase: bytes | None = PASSPHRASE) -> int:
    """The exit code of a command, its passphrase in a pipe."""
    given = ["--home", str(home)]
    if passphrase is not None:
        readable, writable = os.pipe()
        os.write(writable, passphrase + b"\n")
        os.close(writable)
        given += ["--passphrase-fd", str(readable)]
    return run([*given, *arguments])


def test_a_network_is_founded_with_private_files(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert command(home, "network", "create", *BASE, "--founder", FOUNDER) == 0
    document = genesis.decode((home / "genesis.json").read_bytes())
    assert [founder.id for founder in document.founders] == ["env-bureau"]
    assert document.log_keys[0].owner == "env-bureau"
    for path in (home / "keys").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    for text in (home / "dongting.toml", home / "genesis.json", home / "keys" / "keystore.json"):
        assert PASSPHRASE not in text.read_bytes()


def test_without_a_passphrase_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    home = tmp_path / "home"
    assert command(home, "network", "create", *BASE, "--founder", FOUNDER, passphrase=None) == 1
    assert "[cli/no-passphrase]" in capsys.readouterr().err
    assert [path for path in home.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("founder", "code"),
    [
        ("kind=government,name-zh=局", "cli/bad-founder"),
        ("id=a,kind=government", "cli/bad-founder"),
        ("id=a,kind=government,name-zh=局,colour=red", "cli/bad-founder"),
        ("id=a,id=b,kind=government,name-zh=局", "cli/bad-founder"),
        ("id=a,kind=kingdom,name-zh=局", "membership/bad-genesis"),
        ("id=a,kind=enterprise,name-zh=局,credit-code=91430100MA4L000000", "uscc/"),
        ("id=../a,kind=government,name-zh=局", "/"),
    ],
)
def test_a_founder_that_is_wrong_is_refused_and_leaves_nothing(
    founder: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    assert command(home, "network", "create", *BASE, "--founder", founder) == 1
    assert f"[{code}" in capsys.readouterr().err or code == "/"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_network_that_is_there_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    assert command(home, "network", "create", *BASE, "--founder", FOUNDER) == 0
    before = (home / "genesis.json").read_bytes()
    assert command(home, "network", "create", *BASE, "--founder", FOUNDER) == 1
    assert "[cli/network-here]" in capsys.readouterr().err
    assert (home / "genesis.json").read_bytes() == before


@pytest.mark.parametrize("profile", ["international", "national"])
def test_a_founder_brings_public_keys_made_elsewhere(tmp_path: Path, profile: str) -> None:
    away, home, file = tmp_path / "away", tmp_path / "home", tmp_path / "founder.json"
    about = "kind=enterprise,name-en=Green Technology"
    made = command(
        away,
        "--as",
        "green-tech",
        "keys",
        "new",
        "--profile",
        profile,
        "--founder",
        about,
        "--out",
        str(file),
    )
    assert made == 0
    created = command(
        home, "network", "create", "--name", "Net", "--domain", "net.example", "--profile", profile,
        "--founder", FOUNDER, "--founder-file", str(file),
    )  # fmt: skip
    assert created == 0
    document = genesis.decode((home / "genesis.json").read_bytes())
    entries = Keystore.open(away / "keys" / "green-tech" / "keystore.json").entries()
    assert document.founders[1].signing_keys == [e.public for e in entries if e.purpose == "signing"]
    assert not (home / "keys" / "green-tech").exists()


def test_keys_are_listed_without_a_passphrase(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    command(home, "network", "create", *BASE, "--founder", FOUNDER)
    capsys.readouterr()
    assert command(home, "--json", "keys", "list", passphrase=None) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(key["organisation"], key["purpose"]) for key in listed] == [
        ("env-bureau", "log"), ("env-bureau", "encryption"), ("env-bureau", "signing"),
    ]  # fmt: skip


def test_a_wrong_passphrase_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    command(home, "network", "create", *BASE, "--founder", FOUNDER)
    assert command(home, "serve", passphrase=b"not the passphrase") == 1
    assert "[node/wrong-passphrase]" in capsys.readouterr().err
