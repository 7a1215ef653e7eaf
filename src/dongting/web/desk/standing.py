"""Acting as the visitor's organisation, and what that organisation is in the network."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from dongting.appkit.app import FOUNDER, REGISTRAR, SUPERVISOR
from dongting.errors import Code, Refused
from dongting.node.custodian import NOT_HOSTED
from dongting.sdk.client import Client
from dongting.store.views import Views
from dongting.web import members
from dongting.web.site import Site
from dongting.web.visits import Visit

R = TypeVar("R")

NOT_SHOWN_YET = Code(
    "web", 1, "not-shown-yet",
    "What was signed is in the ledger; the lists here show it in a moment. Load this page again.",
    "所签内容已入账本；此处列表稍后即可显示。请重新加载本页。",
    status=503,
)  # fmt: skip
_PATIENCE = 3.0  # seconds
_LOOK = 0.02


async def as_organisation(site: Site, visit: Visit, work: Callable[[Client], R]) -> R:
    """Do some work as an API client of this node, signing as the visitor's organisation."""
    if site.agents is None:
        raise Refused(NOT_HOSTED, organisation=visit.organisation)
    return await site.agents.run(visit.organisation, visit.language, work, visit.actor)


async def caught_up(site: Site, visit: Visit) -> None:
    """Wait until the lists show the height that the address names, so that people see what they signed."""
    wanted = visit.asked("at")
    height = int(wanted) if wanted.isdecimal() and len(wanted) < 16 else 0
    until = time.monotonic() + _PATIENCE
    while height and await asyncio.to_thread(lambda: site.views.height) < height:
        if time.monotonic() >= until:
            raise Refused(NOT_SHOWN_YET)
        await asyncio.sleep(_LOOK)


def offices(views: Views, organisation: str) -> frozenset[str]:
    """The offices that an organisation holds in the network now."""
    held = members.office_holders(views)
    found = {office for office, holders in held.items() if organisation in holders}
    if any(one.id == organisation for one in members.registrars(views)):
        found.add(REGISTRAR)
    return frozenset(found)


__all__ = ["FOUNDER", "REGISTRAR", "SUPERVISOR", "as_organisation", "caught_up", "offices"]
