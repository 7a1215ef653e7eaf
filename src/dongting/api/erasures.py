"""Which contents the ledger declares erased, by address and by commitment, so that 410 is not 404."""

import threading

from dongting.node.facade import Version
from dongting.node.installed import erased_version
from dongting.store.rows import MAX_PAGE, Row
from dongting.store.views import Views

_TYPE = "catalogue.dataset-version"


class Erasures:
    """Erased versions of datasets, read from the views as they grow; erasure is never undone."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._erased: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether a version with this address or commitment was erased; what is still here was not, since
        a version can name what belongs to another."""
        with self._lock:
            if name not in self._erased:
                self._refresh()
            return name in self._erased

    def _refresh(self) -> None:
        """Take in what was erased since the last time; all of it or nothing."""
        fresh: list[Row] = []
        cursor: str | None = None
        while True:
            page = self._views.list(_TYPE, {"state": "ERASED"}, cursor=cursor, limit=MAX_PAGE)
            new = [row for row in page.rows if row.id not in self._seen]
            fresh.extend(new)
            cursor = page.cursor
            if cursor is None or len(new) < len(page.rows):
                break
        for row in fresh:
            self._take(row)

    def _take(self, row: Row) -> None:
        change = Version(row.type, row.id, row.version, row.leaf, row.height, row.time, row.body)
        version = erased_version(change)
        if version is not None:
            self._erased.update(filter(None, (version.content.commitment, version.content.address)))
            self._seen.add(row.id)
