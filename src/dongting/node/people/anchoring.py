"""The audit log's root goes to the ledger at intervals, as evidence of whoever runs the node."""

import asyncio
import logging

from dongting.errors import Refused
from dongting.node.agents import Agents
from dongting.node.drafting import draft_of, prepare, sign
from dongting.node.people.accounts import Accounts
from dongting.sdk.audit_log import Anchor, commitment
from dongting.sdk.client import Client

log = logging.getLogger("dongting.anchoring")

_LOOK = 30.0  # seconds between looks at the log


class Anchoring:
    """One worker's part in it; several workers agree through the database. `every` is in seconds."""

    def __init__(self, accounts: Accounts, agents: Agents, every: int) -> None:
        self._accounts = accounts
        self._agents = agents
        self._every = every

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            try:
                await self.once()
            except Exception:  # the next look tries again, and the node serves meanwhile
                log.exception("the audit log could not be anchored")

    async def once(self) -> Anchor | None:
        """Anchor what is new, if it is time; what was anchored."""
        operator, audit = self._accounts.register.operator, self._accounts.audit
        if operator is None or not self._accounts.register.hosts(operator):
            return None
        made = await asyncio.to_thread(audit.claim, self._every)
        if made is None:
            return None
        content = commitment(made, self._accounts.register.profile)

        def work(client: Client) -> None:
            draft = draft_of(
                "evidence/register", {"id": made.evidence, "kind": "file", "content": content}, {}
            )
            prepare(client, draft)
            sign(client, draft)

        try:
            await self._agents.run(operator, "en", work, None)
        except Refused as refused:
            await asyncio.to_thread(audit.released, made)
            log.warning("the audit log waits to be anchored", extra={"why": str(refused.code)})
            return None
        await asyncio.to_thread(audit.anchored, made)
        return made
