"""What is signed for people by the keys kept here: a line each in the audit log, before the signature leaves.

The custodian itself asks, in the ledger's process, so that no page and no route can go round it: what two
people have to sign is signed only while the second one confirms what the first one signed off.
"""

from typing import Any

from sqlalchemy import Connection, select

from dongting.errors import require
from dongting.node.people.register import Register
from dongting.node.people.sign_off_codes import NEEDS_SECOND
from dongting.node.people.sign_offs import SignOffs
from dongting.node.people.trail import Fact, anchor
from dongting.node.people.two_people import TwoPeople
from dongting.wire import jcs
from dongting.wire.statement import Statement

_EVIDENCE = "evidence/register"


class Signatures:
    """Satisfies `custodian.Watch`."""

    def __init__(self, register: Register, two: TwoPeople, sign_offs: SignOffs) -> None:
        self._register = register
        self._two = two
        self._sign_offs = sign_offs

    def signed(self, organisation: str, by: str, statement: Statement) -> None:
        """Leave the line, or refuse what a second person has not confirmed. `statement` in the line is its
        id, the leaf hash under which the ledger knows it if it is accepted."""
        facts: dict[str, Fact] = {
            "action": statement.action, "subject": statement.subject, "statement": statement.leaf.hex(),
        }  # fmt: skip
        arguments: dict[str, Any] = jcs.decode(statement.payload)
        with self._register.database.write() as connection:
            row = self._sign_offs.signing(connection, organisation, by, statement) if by else None
            if row is not None:
                facts |= {"sign_off": row.id, "first": row.first}
            elif not self._anchors(connection, organisation, by, statement, arguments):
                two = self._two.covers(connection, organisation, statement.action, arguments)
                require(not two, NEEDS_SECOND, organisation=organisation, action=statement.action)
            self._register.note(connection, "signed", by or None, organisation, facts)

    def _anchors(
        self,
        connection: Connection,
        organisation: str,
        by: str,
        statement: Statement,
        arguments: dict[str, Any],
    ) -> bool:
        """Whether the node itself anchors its audit log by it; nobody chooses what that says."""
        if by or organisation != self._register.operator or statement.action != _EVIDENCE:
            return False
        claimed = (anchor.c.evidence == arguments.get("id")) & anchor.c.done.is_(False)
        return connection.execute(select(anchor.c.size).where(claimed)).first() is not None
