"""Kinds of parameters that several routes share."""

from typing import Annotated

from msgspec import Meta

from dongting.appkit.fields import MAX_SAFE_INTEGER, Slug

__all__ = ["HEX32", "HEX64", "Cursor", "Hash", "Height", "Index", "Limit", "RecordName", "Slug"]

HEX64 = Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")
HEX32 = Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")
#: A hash, an address or a commitment.
Hash = Annotated[str, HEX64]
#: The height that the answer must have reached at least.
Height = Annotated[
    int, Meta(ge=0, le=MAX_SAFE_INTEGER, description="The height to have been reached at least.")
]
#: A position in the log.
Index = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
#: The name of a record type, `app.type`.
RecordName = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}$(?!\n)")]
#: Where a list goes on.
Cursor = Annotated[str, Meta(min_length=1, max_length=400, description="`cursor` of the page before.")]
#: The longest page.
Limit = Annotated[int, Meta(ge=1, le=200, description="Records in one page at most.")]
