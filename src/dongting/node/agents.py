"""Acting for hosted organisations from a worker: an API client of the node itself, signing by its custodian.

What is done here goes the way of every other client, so that the console can do nothing that the API cannot.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dongting.errors import Language, require
from dongting.node.custodian import LOCKED, Custodian, Hosted, Made
from dongting.node.people.access import Actor
from dongting.sdk.client import Client
from dongting.sdk.network import network_of
from dongting.wire.envelope import Envelope
from dongting.wire.keys import PublicKey, from_base64, public_key
from dongting.wire.profile import Profile
from dongting.wire.suites import SUITES, Suite

R = TypeVar("R")

#: The person for whom a thread works, as the custodian is told.
_PERSON: ContextVar[str] = ContextVar("person", default="")
_KEPT = 64  # clients
_PATIENCE = 30  # seconds that the custodian has for one signature


@dataclass(frozen=True, slots=True)
class Kept:
    """The keys of one hosted organisation, used from a thread beside the event loop that reaches them.

    Satisfies `wire.keys.SigningKey` and `sdk.parts.Opener`; the private keys stay where they are.
    """

    custodian: Custodian
    loop: asyncio.AbstractEventLoop
    hosted: Hosted

    @property
    def organisation(self) -> str:
        """Whose they are."""
        return self.hosted.organisation

    @property
    def key(self) -> "Kept":
        """What signs."""
        return self

    @property
    def opener(self) -> "Kept":
        """What opens envelopes."""
        return self

    @property
    def suite(self) -> Suite:
        """The suite that it signs by."""
        return SUITES[self.hosted.suite]

    def public(self) -> PublicKey:
        """The public key that belongs to it."""
        return public_key(from_base64(self.hosted.public))

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes."""
        asked = self.custodian.sign_for(self.organisation, message, _PERSON.get())
        return asyncio.run_coroutine_threadsafe(asked, self.loop).result(_PATIENCE)

    def open_envelope(self, envelope: Envelope, profile: Profile) -> bytes:
        """The data key inside."""
        asked = self.custodian.open_for(self.organisation, envelope)
        return asyncio.run_coroutine_threadsafe(asked, self.loop).result(_PATIENCE)


class Agents:
    """Clients of the node at `url` for the organisations that it hosts.

    They have threads of their own: the node answers them with the others, and must never wait for them.
    `journals` is a private directory for interrupted uploads.
    """

    def __init__(self, custodian: Custodian, url: str, genesis: bytes, journals: Path) -> None:
        self._custodian = custodian
        self._url = url
        self._genesis = genesis
        self._journals = journals
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="agent")
        self._clients: OrderedDict[tuple[Hosted, Language], Client] = OrderedDict()

    def close(self) -> None:
        """Let go of threads and connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.transport.close()

    async def organisations(self) -> list[Hosted]:
        """The organisations that this node hosts."""
        return await self._custodian.hosted()

    async def make(self, organisation: str) -> Made:
        """Make the keys of an organisation that this node is to host, or tell those that it has."""
        return await self._custodian.make_for(organisation, network_of(self._genesis).id)

    async def run(
        self, organisation: str, language: Language, work: Callable[[Client], R], by: Actor | None
    ) -> R:
        """Do some work as a hosted organisation for a person (None: for nobody in particular), in a thread;
        refuses who is not hosted or is locked."""
        hosted = await self._custodian.kept_for(organisation)
        require(hosted.unlocked, LOCKED, organisation=organisation)
        loop = asyncio.get_running_loop()
        client = self._client(Kept(self._custodian, loop, hosted), language)
        return await loop.run_in_executor(self._threads, _for, by, work, client)

    def _client(self, kept: Kept, language: Language) -> Client:
        known = (kept.hosted, language)
        client = self._clients.get(known)
        if client is None:
            journals = self._journals / kept.organisation
            client = Client(self._url, self._genesis, kept, journals=journals, language=language)
            self._clients[known] = client
            if len(self._clients) > _KEPT:
                self._clients.popitem(last=False)  # its connections close when nobody uses it any more
        self._clients.move_to_end(known)
        return client


def _for(by: Actor | None, work: Callable[[Client], R], client: Client) -> R:
    before = _PERSON.set(by.person if by is not None else "")
    try:
        return work(client)
    finally:
        _PERSON.reset(before)
