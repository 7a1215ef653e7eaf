"""Preview and quality figures on the page of a dataset, for those who may have the file.

These are its publisher, the parties of an agreement in force, and everybody where the data is open to all.
The file is read as the API gives it to that organisation, so no page shows what a download would refuse.
"""

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec

from dongting.errors import Refused
from dongting.node.agents import Agents
from dongting.node.custodian import LOCKED, NOT_HOSTED
from dongting.node.figures import TABLES, FiguresKept, figures_of
from dongting.sdk.client import Client
from dongting.standards.table_schema import BAD_TABLE, Figures
from dongting.standards.table_schema.dialect import BAD_ENCODING
from dongting.web.site import Site
from dongting.web.visits import Visit

TRANSFER, VERSION = "sharing.transfer", "catalogue.dataset-version"
LARGEST = 30  # size class: a file above 2 to this power is not fetched for a page
_PATIENCE = 2.0  # seconds that a page waits
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A file that an organisation may have: its version, where it is, and the delivery that entitles to it;
    `public` where everybody may."""

    organisation: str
    number: int
    commitment: str
    address: str
    transfer: str | None
    public: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """What a page shows: the figures of a version, or why there are none; neither while they are computed."""

    number: int
    public: bool
    figures: Figures | None = None
    refused: Refused | None = None


class Measures:
    """Computes figures beside the pages, each file once at a time, and remembers what is open to all."""

    def __init__(self, kept: FiguresKept) -> None:
        self._kept = kept
        self._jobs: dict[str, asyncio.Task[Figures]] = {}
        self._public: OrderedDict[str, Figures] = OrderedDict()
        self._failed: OrderedDict[str, Refused] = OrderedDict()
        self._turns = asyncio.Semaphore(2)

    async def of(self, agents: Agents, held: Held, columns: list[Mapping[str, Any]]) -> Looked | None:
        """The figures of a file; None where nobody here holds the keys to it."""
        if held.public and held.address in self._public:
            return Looked(held.number, True, self._public[held.address])
        try:
            found = await agents.run(held.organisation, "en", lambda client: self._peek(client, held), None)
            failed = self._failed.get(held.address)
            if found is None and failed is None:
                found = await self._computed(agents, held, columns)
        except Refused as refused:
            failed = refused
            if refused.code in (LOCKED, NOT_HOSTED):
                return None
            if refused.code in (BAD_TABLE, BAD_ENCODING):
                _remember(self._failed, held.address, refused)
        if found is not None and held.public:
            _remember(self._public, held.address, found)
        return Looked(held.number, held.public, found, failed if found is None else None)

    def _peek(self, client: Client, held: Held) -> Figures | None:
        """What is kept, if the file may be downloaded now; refuses with the plain reason otherwise."""
        client.downloads.allowed(held.address, held.transfer)
        return self._kept.get(held.address, client.downloads.key(held.address))

    async def _computed(self, agents: Agents, held: Held, columns: list[Mapping[str, Any]]) -> Figures | None:
        job = self._jobs.get(held.address)
        if job is None:
            job = asyncio.create_task(self._job(agents, held, columns))
            self._jobs[held.address] = job
            job.add_done_callback(lambda done: self._jobs.pop(held.address, None))
            job.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait({job}, timeout=_PATIENCE)
        return job.result() if job.done() else None

    async def _job(self, agents: Agents, held: Held, columns: list[Mapping[str, Any]]) -> Figures:
        def work(client: Client) -> Figures:
            client.private.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory = Path(mkdtemp(dir=client.private))
            try:
                path, _ = client.contents.download(
                    held.commitment, held.address, held.transfer, directory / "table"
                )
                found = figures_of(path, columns)
            finally:
                shutil.rmtree(directory, ignore_errors=True)
            self._kept.put(held.address, client.downloads.key(held.address), found)
            return found

        async with self._turns:
            return await agents.run(held.organisation, "en", work, None)


async def look(site: Site, visit: Visit, dataset: Mapping[str, Any]) -> Looked | None:
    """What the page of a dataset shows of its newest file to this visitor; None where that is nothing."""
    if site.agents is None:
        return None
    held = await site.read(lambda: _held(site, visit, dataset))
    if held is None:
        return None
    return await site.measures.of(site.agents, held, list(dataset.get("columns", ())))


def _held(site: Site, visit: Visit, dataset: Mapping[str, Any]) -> Held | None:
    """The file that the visitor may have: as publisher, as a party that it was delivered to, as anybody."""
    publisher, public = dataset["publisher"], dataset["opening"] == "unconditional"
    public = public and dataset["state"] == "OFFERED"
    actor = visit.actor
    asks = actor.organisation if actor is not None else None
    if asks is not None and asks != publisher:
        mine = {"dataset": dataset["id"], "consumer": asks, "state": ("STARTED", "COMPLETED", "SUSPENDED")}
        for row in site.views.list(TRANSFER, mine, limit=1).rows:
            body = msgspec.json.decode(row.body)
            if body.get("version") and body.get("address") and not public:
                return _version(site, asks, dataset["id"], body["version"], row.id, public=False)
    if (public or asks == publisher) and dataset["latest"]:
        return _version(site, publisher, dataset["id"], dataset["latest"], None, public=public)
    return None


def _version(
    site: Site, organisation: str, dataset: str, number: int, transfer: str | None, *, public: bool
) -> Held | None:
    row = site.views.get(VERSION, f"{dataset}.{number}")
    body = None if row is None else msgspec.json.decode(row.body)
    if body is None or body["state"] != "ISSUED":
        return None
    content = body["content"]
    if content.get("address") is None or content["media_type"] not in TABLES:
        return None
    if content["size_class"] > LARGEST:
        return None
    return Held(organisation, number, content["commitment"], content["address"], transfer, public)


def _remember(kept: OrderedDict[str, Any], key: str, value: Any) -> None:
    kept[key] = value
    while len(kept) > _KEPT:
        kept.popitem(last=False)
