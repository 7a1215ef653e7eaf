"""What the holder of deliveries has to know or to answer: changed, newer, withdrawn, erased, ended.

The rules are the sharing application's own; here they are applied to what the node tells.
"""

import time
from typing import TypeVar

import msgspec

from dongting.apps.sharing import Transfer
from dongting.apps.sharing import notices as declared
from dongting.node.drafting import TYPES
from dongting.node.installed import SUPPLIES
from dongting.sdk.client import Client

_ANSWERED = ("erased", "ended")  # these ask about the copy, and say no more once that is answered

R = TypeVar("R")
P = TypeVar("P")


class Said(msgspec.Struct, frozen=True):
    """One notice about a delivery; `asks` whether the holder has to answer."""

    transfer: str
    en: str
    zh: str
    asks: bool


def notices(client: Client) -> list[Said]:
    """The notices about everything that was delivered to this organisation."""
    query = {"consumer": client.organisation}
    found: list[Said] = []
    reader = _Reader(client, int(time.time()))
    for record in client.records.all("sharing.transfer", query):
        transfer = msgspec.convert(record.record, Transfer)
        if transfer.delivered is not None:
            found += [
                Said(transfer.id, one.text.best("en"), one.text.best("zh"), one.asks)
                for one in declared(reader, transfer)
                if one.asks or one.kind not in _ANSWERED
            ]
    return found


class _Reader:
    """Typed reads over a node's records, as the application's pure functions want them."""

    def __init__(self, client: Client, time: int) -> None:
        self._client = client
        self.time = time
        self.height = client.records.seen
        self.version = 1
        self.network = client.network.id
        self.profile: str = client.profile.name

    def get(self, record: type[R], id: str) -> R | None:
        """The present version of a record."""
        name = next(declared.name for declared in TYPES.values() if declared.struct is record)
        found = self._client.records.find(name, id)
        return None if found is None else msgspec.convert(found.record, record)

    def supplied(self, protocol: type[P]) -> P:
        """What another application supplies."""
        supply: P = SUPPLIES[protocol](self)
        return supply
