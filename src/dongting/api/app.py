"""The API of one worker, put together over a node's home."""

import time
from collections.abc import Callable

import msgspec

from dongting.api import (
    acting,
    actions,
    applications,
    audit,
    documents,
    events,
    exchange,
    exports,
    files,
    health,
    imports,
    keys,
    log,
    nodes,
    notices,
    parts,
    people,
    records,
    sign_offs,
    statements,
    uploads,
    webhooks,
)
from dongting.api.door import Door
from dongting.api.erasures import Erasures
from dongting.api.openapi import document
from dongting.api.registry import Nodes, finder
from dongting.api.routes import Route, Table
from dongting.api.service import Service
from dongting.http.authority import authorities, scheme_of
from dongting.http.keys import Keys
from dongting.http.limits import LIMITS, Buckets, Limits
from dongting.http.signatures import Callers
from dongting.node.agents import Agents
from dongting.node.events import Events
from dongting.node.facade import Facade
from dongting.node.feed import Feed
from dongting.node.home import Home
from dongting.node.hooks.subscriptions import Hooks
from dongting.node.link import Link, remote
from dongting.node.metrics import Metrics, metrics
from dongting.node.outward import Outward
from dongting.node.people.accounts import Accounts, open_accounts
from dongting.store.answers import Answers
from dongting.store.side import SideStore
from dongting.store.views import Views
from dongting.wire.genesis import network_id

#: All routes of the API, in the order of its description.
ROUTES: tuple[Route, ...] = (
    *statements.ROUTES,
    *exports.ROUTES,
    *records.ROUTES,
    *events.ROUTES,
    *webhooks.ROUTES,
    *notices.ROUTES,
    *log.ROUTES,
    *files.ROUTES,
    *uploads.ROUTES,
    *parts.ROUTES,
    *nodes.ROUTES,
    *acting.ROUTES,
    *sign_offs.ROUTES,
    *people.ROUTES,
    *keys.ROUTES,
    *actions.ROUTES,
    *documents.ROUTES,
    *imports.ROUTES,
    *exchange.ROUTES,
    *audit.ROUTES,
    *applications.ROUTES,
    *health.ROUTES,
)


def create(
    home: Home,
    *,
    facade: Facade | None = None,
    views: Views | None = None,
    port: int | None = None,
    limits: Limits = LIMITS,
    clock: Callable[[], float] = time.time,
    counted: Metrics | None = None,
    agents: Agents | None = None,
    accounts: Accounts | None = None,
) -> Door:
    """The ASGI application of a node. Without a façade it calls the ledger's process over its socket.

    It closes views and accounts when the server ends, also those that it was given. `port` is the
    one really listened on, where the configuration leaves the choice to the system.
    """
    link = Link(home.socket) if facade is None else None
    reached = remote(link) if link is not None else facade
    assert reached is not None
    accounts = accounts or open_accounts(home)
    service = open_service(
        home, reached, views or home.views(), accounts, limits, clock, counted or metrics()
    )
    config = home.config
    callers = Callers(
        finder(reached, service.nodes), scheme_of(config), authorities(config, port), limits, clock,
        time.monotonic, Keys(accounts, service.profile, lambda kid: callers.member(kid)).caller,
    )  # fmt: skip
    service.agents = agents
    service.installed = msgspec.json.encode(actions.installed(service.rules))
    service.openapi = msgspec.json.encode(document(ROUTES, service.rules.apps, config.public_url))

    async def closing() -> None:
        service.views.close()
        service.answers.close()
        service.accounts.close()
        if link is not None:
            await link.close()

    return Door(service, callers, Table(ROUTES), closing)


def open_service(
    home: Home,
    facade: Facade,
    views: Views,
    accounts: Accounts,
    limits: Limits,
    clock: Callable[[], float],
    counted: Metrics,
) -> Service:
    """Everything that the handlers need, opened."""
    parcels = home.exchange()
    rules, network = home.rules(), network_id(home.genesis_bytes(), home.profile())
    return Service(
        home.config, facade, rules, home.profile(), views, home.files(),
        home.custody(parcels), Erasures(views), Nodes(SideStore(home.path / "nodes")),
        limits, clock, counted,
        Answers(home.path / "run" / "answers.sqlite"), home.genesis().zone,
        Events(facade, {name: typed.declared for name, typed in rules.by_name.items()}, network),
        Feed(facade),
        accounts,
        parcels,
        Hooks(
            accounts.register.database, Outward(home.config.hooks.private_addresses), home.profile(),
            lambda: int(clock()),
        ),
        Buckets(rate, 10 * rate, clock) if (rate := home.config.http.statements_per_second) else None,
    )  # fmt: skip
