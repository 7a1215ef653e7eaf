"""Who sends an API key: the person it acts as, and what its organisation is on the ledger at present."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from dongting.errors import Refused
from dongting.http.signatures import Caller
from dongting.kernel.codes import UNKNOWN_KEY
from dongting.node.keystore import Keystore
from dongting.node.people.accounts import Accounts
from dongting.wire.keys import PublicKey
from dongting.wire.profile import Profile

_KEPT = 64  # organisations


class Keys:
    """API keys as callers. `member` tells what the owner of a signing key is on the ledger."""

    def __init__(
        self, accounts: Accounts, profile: Profile, member: Callable[[str], Awaitable[Caller]]
    ) -> None:
        self._accounts = accounts
        self._profile = profile
        self._member = member
        self._thumbprints: dict[tuple[str, int], str] = {}

    async def caller(self, secret: str) -> Caller:
        """The caller that a key stands for; without roles where the organisation is no member yet."""
        actor = await asyncio.to_thread(self._accounts.keys.actor, secret)
        organisation = actor.organisation or ""
        kid = await asyncio.to_thread(self._thumbprint, organisation)
        try:
            return replace(await self._member(kid), actor=actor)
        except Refused as refused:
            if refused.code is not UNKNOWN_KEY:
                raise
            return Caller(organisation, frozenset(), frozenset({organisation}), kid, actor)

    def _thumbprint(self, organisation: str) -> str:
        """Of the present signing key in the organisation's keystore, read again when that has changed."""
        path = self._accounts.register.keys / organisation / "keystore.json"
        mark = (organisation, path.stat().st_mtime_ns)
        if mark not in self._thumbprints:
            while len(self._thumbprints) >= _KEPT:
                self._thumbprints.pop(next(iter(self._thumbprints)))
            key = Keystore.open(path).public_key(f"{organisation}/signing")
            assert isinstance(key, PublicKey)
            self._thumbprints[mark] = key.thumbprint(self._profile).hex()
        return self._thumbprints[mark]
