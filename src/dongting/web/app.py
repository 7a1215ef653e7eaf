"""The console of one worker, put together over the façade and the views."""

from dongting.errors import Language
from dongting.http.authority import authorities, scheme_of
from dongting.http.limits import LIMITS, Limits
from dongting.node.agents import Agents
from dongting.node.config import Config
from dongting.node.facade import Facade
from dongting.node.figures import FiguresKept
from dongting.node.home import Home
from dongting.node.hooks.subscriptions import Hooks
from dongting.node.incoming import Incoming
from dongting.node.metrics import Metrics, metrics
from dongting.node.moments import zone_of
from dongting.node.notices.book import Book
from dongting.node.notices.words import Words
from dongting.node.outward import Outward
from dongting.node.people.accounts import Accounts
from dongting.store.side import SideStore
from dongting.store.views import Views
from dongting.web import (
    account,
    applying,
    assets,
    audit,
    catalogue,
    descriptions,
    desk,
    entering,
    keys,
    notices,
    pages,
    passkeys,
    people,
    printed,
    sign_offs,
    tables,
    webhooks,
)
from dongting.web.assets import Assets
from dongting.web.blocks import Blocks
from dongting.web.door import Door
from dongting.web.figures import Measures
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.templates import environment
from dongting.web.texts import Tongue
from dongting.wire.genesis import network_id

#: What everybody may see; modules with more than a page or two declare their own.
PUBLIC: tuple[Place, ...] = (
    Place("/", pages.front),
    Place("/catalogue", catalogue.catalogue),
    Place("/catalogue.jsonld", descriptions.whole),
    Place("/catalogue.ttl", descriptions.whole),
    Place("/catalogue.csv", tables.catalogue),
    Place("/catalogue.xlsx", tables.catalogue),
    Place("/catalogue/{id}", catalogue.dataset),
    Place("/organisations", pages.organisations),
    Place("/organisations.csv", tables.organisations),
    Place("/organisations.xlsx", tables.organisations),
    Place("/organisations/{id}", pages.organisation),
    Place("/log", pages.ledger),
    Place("/verify", pages.verify),
    Place("/verify/{id}", printed.entry),
    Place("/join", pages.join),
    Place("/style", pages.style),
    Place("/robots.txt", assets.robots),
    Place("/favicon.svg", assets.favicon),
    Place("/static/{name...}", assets.static),
)
PLACES: tuple[Place, ...] = (
    *PUBLIC, *entering.PLACES, *passkeys.PLACES, *account.PLACES, *people.PLACES, *keys.PLACES,
    *webhooks.PLACES, *audit.PLACES, *applying.PLACES, *notices.PLACES, *sign_offs.PLACES, *desk.PLACES,
)  # fmt: skip


def create(
    home: Home,
    facade: Facade,
    views: Views,
    accounts: Accounts,
    *,
    port: int | None = None,
    limits: Limits = LIMITS,
    counted: Metrics | None = None,
    agents: Agents | None = None,
) -> Door:
    """The ASGI application. `port` is the one really listened on, where the system chose it.

    Views and accounts remain their owner's to close.
    """
    genesis = home.genesis()
    files = Assets()
    languages: tuple[Language, ...] = ("zh", "en")
    tongues = {language: Tongue(language, genesis.zone) for language in languages}
    url = public_url(home.config, port)
    site = Site(
        facade=facade,
        views=views,
        genesis=genesis,
        network=network_id(home.genesis_bytes(), home.profile()),
        url=url,
        assets=files,
        blocks=Blocks(),
        tongues=tongues,
        templates={language: environment(tongue) for language, tongue in tongues.items()},
        accounts=accounts,
        agents=agents,
        incoming=Incoming(home.path / "agents", home.config.files.max_upload),
        profile=home.profile(),
        secure=scheme_of(home.config) == "https",
        book=Book(accounts.register.database, accounts.register.clock),
        words=Words(home.rules(), zone_of(genesis.zone), url),
        unread=notices.Unread(),
        measures=Measures(FiguresKept(SideStore(home.path / "figures"), home.profile())),
        mails=bool(home.config.mail.host),
        home=home.path,
        hooks=Hooks(
            accounts.register.database,
            Outward(home.config.hooks.private_addresses),
            home.profile(),
            accounts.register.clock,
        ),
    )
    return Door(
        site, PLACES, limits, counted or metrics(),
        authorities=authorities(home.config, port), proxied=home.config.http.behind_tls,
    )  # fmt: skip


def public_url(config: Config, port: int | None) -> str:
    """The address by which others reach the console, without a final slash."""
    if config.http.public_url or not port:
        return config.public_url
    return config.public_url.removesuffix(f":{config.http.port}") + f":{port}"
