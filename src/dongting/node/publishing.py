"""What a file becomes when it is published: its media type, its columns, and the content of a version."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from dongting.appkit.fields import Text
from dongting.apps.catalogue import size_class
from dongting.node.drafting import Draft, Note
from dongting.sdk.client import Client
from dongting.sdk.contents import Offered
from dongting.standards import table_schema

FILE = Text(en="File", zh="文件")
DIGEST = Text(en="Digest", zh="摘要")

_READ = 2**16
#: Bytes from whose rows the columns are read; the rows of some gigabytes would take an hour.
LOOKED_AT = 32 * 2**20
_TABLES = frozenset({".csv", ".tsv", ".txt"})
_KNOWN = {".csv": "text/csv", ".json": "application/json", ".parquet": "application/vnd.apache.parquet"}
#: What Table Schema calls a column's type, in the catalogue's words.
_KINDS = {"number": "decimal", "year": "integer", "any": "string"}


def media_type(path: Path) -> str:
    """The media type that the file's name suggests."""
    guess = _KNOWN.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    return guess or "application/octet-stream"


def is_table(path: Path) -> bool:
    """Whether the file's name says that its columns can be read from its rows."""
    return path.suffix.lower() in _TABLES


def inferred_columns(path: Path) -> list[dict[str, Any]]:
    """The columns that the file's first rows show (`LOOKED_AT`), as the catalogue describes them."""
    with lines_of(path, LOOKED_AT) as (lines, whole):
        inferred = table_schema.infer(lines, whole=whole)
    return [{"name": one.name, "type": _KINDS.get(one.type, one.type)} for one in inferred.schema.fields]


@contextmanager
def lines_of(path: Path, most: int) -> Iterator[tuple[Iterator[str], bool]]:
    """The lines of a text file, or of one longer than `most` bytes those at its beginning; whether these are
    all."""
    whole = path.stat().st_size <= most
    with path.open("rb") as file:
        encoding = table_schema.encoding_of(file.read(_READ))
        file.seek(0)
        yield table_schema.decode_lines(_first(file, most, whole=whole), encoding), whole


def _first(file: BinaryIO, most: int, *, whole: bool) -> Iterator[bytes]:
    """The file, or of one that is too long whole lines from its beginning."""
    left = most
    while chunk := file.read(_READ):
        left -= len(chunk)
        if left <= 0 and not whole:
            yield chunk[: chunk.rfind(b"\n") + 1]
            return
        yield chunk


def offer(client: Client, draft: Draft, path: Path, *, external: bool) -> Offered:
    """Commit to a file as the content of a version; who calls stores it once the person agreed."""
    offered = client.contents.measure(path, stored=not external)
    draft.arguments["content"] = content_of(offered, media_type(path))
    return offered


def content_of(offered: Offered, media_type: str) -> dict[str, Any]:
    """What the catalogue says of a content that was committed to."""
    content: dict[str, Any] = {
        "commitment": offered.commitment,
        "size_class": size_class(offered.size),
        "media_type": media_type,
        "kind": "file",
    }
    return content if offered.address is None else {**content, "address": offered.address}


def file_notes(name: str, offered: Offered) -> list[Note]:
    """Name, size and digest of the file, as the person should see them before signing."""
    size = Text(en=f"{name} ({offered.size:,} bytes)", zh=f"{name}（{offered.size:,} 字节）")
    return [Note(FILE, size, Text), Note(DIGEST, offered.facts.digest)]
