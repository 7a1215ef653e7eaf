"""Who may act: the provider, the consumer, or whoever succeeded them (agreements pass to the successor)."""

from typing import Protocol

from dongting.appkit.context import Context
from dongting.apps.sharing import codes
from dongting.errors import Refused, require


class BetweenTwo(Protocol):
    """A record between a provider and a consumer."""

    @property
    def id(self) -> str: ...

    @property
    def provider(self) -> str: ...

    @property
    def consumer(self) -> str: ...


def require_provider(ctx: Context, record: BetweenTwo) -> None:
    """Refuse any author but the provider or its successor."""
    require(ctx.acts_for(record.provider), codes.NOT_PROVIDER, id=record.id, provider=record.provider)


def require_consumer(ctx: Context, record: BetweenTwo) -> None:
    """Refuse any author but the consumer or its successor."""
    require(ctx.acts_for(record.consumer), codes.NOT_CONSUMER, id=record.id, consumer=record.consumer)


def side(ctx: Context, record: BetweenTwo) -> str:
    """The side (the provider's or the consumer's id) for which the author acts; refuses a stranger."""
    for party in (record.provider, record.consumer):
        if ctx.acts_for(party):
            return party
    raise Refused(codes.NOT_A_PARTY, id=record.id, provider=record.provider, consumer=record.consumer)


def other(record: BetweenTwo, party: str) -> str:
    """The other side."""
    return record.consumer if party == record.provider else record.provider
