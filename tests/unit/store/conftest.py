"""A PostgreSQL of the test run's own: in a temporary directory, on a unix socket only, without fsync."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from .shelf import Shelf  # type: ignore[import-not-found]


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The directory of the unix socket of a running server."""
    binaries = _binaries()
    if binaries is None:
        why = "no PostgreSQL server: install Debian's package `postgresql` (initdb was not found)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    home = Path(tempfile.mkdtemp(prefix="dongting-pg-", dir="/tmp"))  # a socket's path must be short
    # initdb and postgres refuse to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(home, "postgres")
    home.chmod(0o755)

    def run(*command: str | Path) -> None:
        done = subprocess.run([*as_user, *map(str, command)], capture_output=True, text=True, cwd=home)
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"

    data = home / "data"
    run(binaries / "initdb", "-D", data, "-U", "dongting", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    options = f"-k {home} -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    run(binaries / "pg_ctl", "-D", data, "-o", options, "-l", home / "log", "-w", "start")
    try:
        yield str(home)
    finally:
        run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, of each kind that the views support."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/views.db"
        return
    socket = request.getfixturevalue("postgres_server")
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(f"host={socket} user=dongting dbname=postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://dongting@/{name}?host={socket}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def shelf(database: str) -> Iterator[Shelf]:
    shelf = Shelf(database)
    yield shelf
    shelf.views.close()
