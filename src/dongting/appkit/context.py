"""What an application sees while one of its actions runs, and nothing else (kernel rule 8)."""

from typing import Any, Protocol, TypeVar

from dongting.errors import Code, Refused

R = TypeVar("R")
P = TypeVar("P")

NOT_FOUND = Code(
    "appkit", 3, "not-found",
    "There is no {kind} {id}; check the id.",
    "没有编号为 {id} 的 {kind}；请检查编号。",
    status=404,
)  # fmt: skip


class Reader(Protocol):
    """Typed reads of the present state."""

    @property
    def time(self) -> int:
        """The block's time, seconds since 1970 (never a clock's)."""
        ...

    @property
    def height(self) -> int:
        """The height of the block; 0 while genesis is built."""
        ...

    @property
    def version(self) -> int:
        """The version of the running application that is active at this height."""
        ...

    @property
    def network(self) -> str:
        """The network id; 64 hexadecimal digits (of zeros while genesis is built)."""
        ...

    @property
    def profile(self) -> str:
        """`international` or `national`."""
        ...

    def get(self, record: type[R], id: str) -> R | None:
        """The present version of a record of any declared type, or None."""
        ...

    def supplied(self, protocol: type[P]) -> P:
        """What another application supplies under a protocol that this one declares."""
        ...


class Context(Reader, Protocol):
    """Reads, and the writes of one statement; a refusal undoes all of them."""

    @property
    def author(self) -> str:
        """The id of the principal that signed (for an enacted proposal: `governance`)."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """The roles that the author holds at this moment."""
        ...

    def acts_for(self, organisation: str) -> bool:
        """Whether the author is that organisation or its successor by merger, split or new name."""
        ...

    def put(self, record: Any) -> None:
        """Write a record: new, or the next version of the one with the same id."""
        ...

    def blank(self, leaf: int) -> str:
        """Redact a statement of an earlier block; the digest of what nodes keep of it (64 hex digits).

        The records that it wrote get a version without free text; nodes then remove its bytes and those of
        the earlier versions. Only a passed proposal may.
        """
        ...

    def attempt(self, action: str, arguments: bytes) -> Code | None:
        """Run another action with the authority of a passed proposal; its refusal undoes its writes only."""
        ...


def find(reader: Reader, record: type[R], id: str) -> R:
    """The present version of a record; refuses with NOT_FOUND when there is none."""
    found = reader.get(record, id)
    if found is None:
        raise Refused(NOT_FOUND, kind=record.__name__, id=id[:64])
    return found
