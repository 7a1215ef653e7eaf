"""Kinds of parameters that several routes share."""

from typing import Annotated

from msgspec import Meta

from dongting.appkit.fields import MAX_SAFE_INTEGER, Slug

__all__ = [
    "HEX32",
    "HEX64",
    "Cursor",
    "Hash",
    "Height",
    "Index",
    "Limit",
    "Organisation",
    "RecordId",
    "RecordName",
    "Slug",
]

HEX64 = Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", examples=["9f86d081884c7d659a2feaa0c55ad015" * 2])
HEX32 = Meta(pattern=r"^[0-9a-f]{32}$(?!\n)", examples=["9f86d081884c7d659a2feaa0c55ad015"])
#: A hash, an address or a commitment.
Hash = Annotated[str, HEX64]
#: The height that the answer must have reached at least.
Height = Annotated[
    int,
    Meta(ge=0, le=MAX_SAFE_INTEGER, description="The height to have been reached at least.", examples=[310]),
]
#: A position in the log.
Index = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER, examples=[1040])]
#: The name of a record type, `app.type`.
RecordName = Annotated[
    str, Meta(pattern=r"^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}$(?!\n)", examples=["sharing.agreement"])
]
#: The id of a record of any type.
RecordId = Annotated[Slug, Meta(examples=["air-2026"])]
#: The id of an organisation.
Organisation = Annotated[Slug, Meta(examples=["env-bureau"])]
#: Where a list goes on.
Cursor = Annotated[
    str,
    Meta(min_length=1, max_length=400, description="`cursor` of the page before.", examples=["WzAsMTIsIiJd"]),
]
#: The longest page.
Limit = Annotated[int, Meta(ge=1, le=200, description="Records in one page at most.", examples=[50])]
