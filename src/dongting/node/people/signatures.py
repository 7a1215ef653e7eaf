"""What is signed for people by the keys kept here: a line each in the audit log, before the signature leaves.

The custodian itself asks, in the ledger's process, so that no page and no route can go round it.
"""

from dongting.node.people.register import Register
from dongting.node.people.trail import Fact
from dongting.wire.statement import Statement


class Signatures:
    """Satisfies `custodian.Watch`."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def signed(self, organisation: str, by: str, statement: Statement) -> None:
        """Leave the line; `statement` is its id, the leaf hash under which the ledger knows it if it is
        accepted."""
        facts: dict[str, Fact] = {
            "action": statement.action, "subject": statement.subject, "statement": statement.leaf.hex(),
        }  # fmt: skip
        with self._register.database.write() as connection:
            self._register.note(connection, "signed", by or None, organisation, facts)
