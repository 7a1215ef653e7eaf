"""Which actions of an organisation two people have to sign, as its administrators chose.

The rule is made stricter by one administrator at once, and weaker by two different ones. What waits already
goes on waiting, whatever becomes of the rule.
"""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from sqlalchemy import BigInteger, Column, Connection, Table, Text, delete, insert, select, update

from dongting.errors import require
from dongting.node.people.access import Actor
from dongting.node.people.database import metadata
from dongting.node.people.register import Register
from dongting.node.people.sign_off_codes import BAD_RULE
from dongting.node.people.trail import Fact

#: `leaving` is the administrator who wants to take the action off, empty for none.
rule = Table(
    "two_people", metadata,
    Column("organisation", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("leaving", Text, nullable=False, default=""),
    Column("since", BigInteger, nullable=False),
)  # fmt: skip

#: Under any rule: by a key of one's own one person alone could sign everything that the rule names.
WITH_ANY = frozenset({"membership/add-key", "membership/rotate-key"})
PROPOSE = "governance/propose"


class Ruled(Struct, frozen=True):
    """An action that two people sign; `leaving`: an administrator took it off, and another has not yet."""

    action: str
    leaving: bool
    by: str


class TwoPeople:
    """The rules of all organisations here; `known` are the actions that there are."""

    def __init__(self, register: Register, known: Collection[str]) -> None:
        self._register = register
        self._database = register.database
        self._known = known

    def rule(self, organisation: str) -> list[Ruled]:
        """The actions that an organisation's administrators chose."""
        with self._database.read() as connection:
            return self._rule(connection, organisation)

    def change(self, organisation: str, actions: Iterable[str], by: Actor | None) -> list[Ruled]:
        """Choose these actions and no others; None acts for the organisation as a whole (its own key, or the
        operator at the machine), whose word counts at once."""
        wanted = set(actions)
        strange = next(iter(sorted(wanted - set(self._known))), None)
        require(strange is None, BAD_RULE, action=str(strange)[:80])
        now, who = self._register.clock(), by.person if by is not None else ""
        with self._database.write() as connection:
            before = {one.action: one for one in self._rule(connection, organisation)}
            mine = rule.c.organisation == organisation
            for action in sorted(wanted - set(before)):
                connection.execute(insert(rule).values(organisation=organisation, action=action, since=now))
            stays = mine & rule.c.action.in_(wanted)
            connection.execute(update(rule).where(stays).values(leaving=""))
            off = [one for one in before.values() if one.action not in wanted]
            gone = [one.action for one in off if by is None or one.by not in ("", who)]
            asked = [one.action for one in off if one.action not in gone]
            connection.execute(delete(rule).where(mine & rule.c.action.in_(gone)))
            connection.execute(update(rule).where(mine & rule.c.action.in_(asked)).values(leaving=who))
            facts: dict[str, Fact] = {
                "added": sorted(wanted - set(before)), "asked": sorted(asked), "removed": sorted(gone)
            }  # fmt: skip
            told = {name: value for name, value in facts.items() if value}
            if told:
                self._register.note(connection, "two-people-changed", who or None, organisation, told)
            return self._rule(connection, organisation)

    def needed(self, organisation: str, action: str, arguments: Mapping[str, object]) -> bool:
        """Whether two people have to sign it."""
        with self._database.read() as connection:
            return self.covers(connection, organisation, action, arguments)

    def covers(
        self, connection: Connection, organisation: str, action: str, arguments: Mapping[str, object]
    ) -> bool:
        """The same in a transaction. A proposal to the founders counts also as what it proposes."""
        ruled = {one.action for one in self._rule(connection, organisation)}
        done = {action, str(arguments.get("action"))} if action == PROPOSE else {action}
        return bool(ruled and done & (ruled | WITH_ANY))

    def _rule(self, connection: Connection, organisation: str) -> list[Ruled]:
        rows = connection.execute(select(rule).where(rule.c.organisation == organisation)).all()
        found = [Ruled(row.action, bool(row.leaving), row.leaving) for row in rows]
        return sorted(found, key=lambda one: one.action)
