"""What the services for people share: database, clock, and whose keystores lie at this node."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, Row, bindparam, select

from dongting.node.people import trail
from dongting.node.people.access import ROLES, Role
from dongting.node.people.database import Database, membership, person
from dongting.node.people.passwords import Passwords
from dongting.node.people.trail import Fact
from dongting.wire.profile import Profile

#: Built once, as each request of somebody signed in asks it.
_ROLES = select(membership.c.organisation, membership.c.role).where(membership.c.person == bindparam("id"))


class Person(Struct, frozen=True):
    """One person as the people of an organisation see them."""

    id: str
    login: str
    name: str
    email: str
    roles: tuple[Role, ...]
    since: int


@dataclass(frozen=True, slots=True)
class Register:
    """`keys` is the directory with a keystore for each hosted organisation; `operator` the organisation
    that runs the node. `clock` tells seconds since 1970; sessions end after `idle` or `longest` seconds.
    """

    database: Database
    profile: Profile
    keys: Path
    operator: str | None
    clock: Callable[[], int]
    idle: int
    longest: int
    passwords: Passwords

    def hosts(self, organisation: str) -> bool:
        """Whether the keys of this organisation are here."""
        return (self.keys / organisation / "keystore.json").is_file()

    @property
    def hosted(self) -> list[str]:
        """All organisations whose keys are here."""
        return sorted(path.parent.name for path in self.keys.glob("*/keystore.json"))

    def note(
        self,
        connection: Connection,
        what: str,
        person: str | None,
        organisation: str | None,
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        """Leave a line in the audit log, in the transaction of what it tells."""
        trail.note(
            connection,
            self.profile,
            self.clock(),
            what,
            person=person,
            organisation=organisation,
            facts=facts,
        )

    def roles(self, connection: Connection, id: str) -> dict[str, tuple[Role, ...]]:
        """The roles of a person by organisation, those hosted here only."""
        found: dict[str, list[Role]] = {}
        for organisation, role in connection.execute(_ROLES, {"id": id}):
            found.setdefault(organisation, []).append(role)
        return {
            organisation: tuple(role for role in ROLES if role in found[organisation])
            for organisation in sorted(found)
            if self.hosts(organisation)
        }


def person_row(connection: Connection, id: str) -> Row[tuple[object, ...]] | None:
    """The row of one person."""
    return connection.execute(select(person).where(person.c.id == id)).one_or_none()
