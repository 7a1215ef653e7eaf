"""The people in a backup: their database as it stands at one moment, and what a restored one must not keep.

PostgreSQL has means of its own for that, and whoever runs it uses them.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import delete, make_url

from dongting.node.people.database import Database, challenge, link, session


def snapshot(url: str, target: Path) -> bool:
    """Copy the database at `url` into the new file `target`; False where it is not SQLite, or not there yet.

    Through SQLite itself (VACUUM INTO), so that what others write meanwhile is in it whole or not at all.
    """
    parsed = make_url(url)
    place = Path(parsed.database or "")
    if parsed.get_backend_name() != "sqlite" or not place.is_file():
        return False
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("VACUUM INTO ?", [str(target)])
    target.chmod(0o600)
    return True


def sign_out(url: str) -> None:
    """End all sessions and take back all links: they may have ended since the copy was made."""
    database = Database(url)
    try:
        with database.write() as connection:
            for table in (session, link, challenge):
                connection.execute(delete(table))
    finally:
        database.close()
