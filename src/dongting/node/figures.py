"""Preview and quality figures of published files, kept beside the file, never on the ledger.

They are computed from the decrypted file when somebody who may have it first asks, and kept encrypted under a
key that follows from the file's own data key: whoever cannot open the file cannot read them, and they are
lost with it when it is erased.
"""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from dongting.errors import Refused
from dongting.node.publishing import lines_of
from dongting.standards.table_schema import Field, FieldType, Figures, figures
from dongting.wire import stream
from dongting.wire.profile import Profile

#: Bytes of a file from which they are computed; of a longer one its beginning, which is said.
LOOKED_AT = 64 * 2**20
TABLES = frozenset({"text/csv", "text/tab-separated-values"})
_LABEL = b"dongting/figures/v1\x00"
#: What the catalogue calls a column's type, in the words of Table Schema.
_TYPES: Mapping[str, FieldType] = {"decimal": "number"}


class Objects(Protocol):
    """Small objects by the address of a file."""

    def get(self, name: str) -> bytes | None: ...

    def put(self, name: str, data: bytes) -> None: ...


class FiguresKept:
    """The figures of files of a network with this profile."""

    def __init__(self, objects: Objects, profile: Profile) -> None:
        self._objects = objects
        self._profile = profile

    def get(self, address: str, key: bytes) -> Figures | None:
        """The figures of the file at an address, opened by its data key; None where none are kept (yet)."""
        kept = self._objects.get(address)
        if kept is None:
            return None
        try:
            plain = b"".join(stream.decrypt([kept], self._derived(key), self._profile))
            return msgspec.json.decode(plain, type=Figures)
        except (Refused, msgspec.DecodeError):
            return None  # of another form or key: they are computed again

    def put(self, address: str, key: bytes, found: Figures) -> None:
        """Keep them."""
        begun = stream.begin(self._derived(key), secrets.token_bytes(stream.PREFIX_SIZE), self._profile)
        self._objects.put(address, b"".join(stream.encrypt(begun, [msgspec.json.encode(found)])))

    def _derived(self, key: bytes) -> bytes:
        return self._profile.hash(_LABEL + key)


def figures_of(path: Path, columns: Iterable[Mapping[str, Any]]) -> Figures:
    """The figures of a CSV under the columns that the catalogue describes; refuses what is no table."""
    fields = [
        Field(str(one["name"]), _TYPES.get(one["type"], one["type"])) for one in columns if one.get("name")
    ]
    with lines_of(path, LOOKED_AT) as (lines, whole):
        return figures(lines, fields, whole=whole)
