"""The people's database under several connections and processes."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, insert, select

from dongting.node.people.database import Database, attempt

ELSEWHERE = """
import sys
from dongting.node.people.database import Database, attempt
database = Database(sys.argv[1])
with database.write() as connection:
    connection.execute(attempt.insert().values(key="elsewhere", failures=1, last=0, until=0))
database.close()
"""


def test_opening_it_again_lets_no_lock_go(tmp_path: Path) -> None:
    """A process that leaves as the last one takes the write-ahead log with it; ours must count as there."""
    url = f"sqlite:///{tmp_path}/accounts.sqlite"
    first = Database(url)
    with first.read() as connection:  # a connection that stays in the pool
        assert not connection.execute(select(func.count()).select_from(attempt)).scalar_one()
    Database(url).close()
    subprocess.run([sys.executable, "-c", ELSEWHERE, url], check=True)
    assert (tmp_path / "accounts.sqlite-wal").exists()
    with first.write() as connection:
        connection.execute(insert(attempt).values(key="here", failures=1, last=0, until=0))
    third = Database(url)
    with third.read() as connection:
        assert set(connection.execute(select(attempt.c.key)).scalars()) == {"elsewhere", "here"}
    third.close()
    first.close()
