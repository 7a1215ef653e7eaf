"""The console of one worker, put together over the façade and the views."""

from urllib.parse import urlsplit

from dongting.errors import Language
from dongting.http.limits import LIMITS, Limits
from dongting.node.config import Config
from dongting.node.facade import Facade
from dongting.node.home import Home
from dongting.node.metrics import Metrics, metrics
from dongting.store.views import Views
from dongting.web import assets, catalogue, descriptions, pages, tables
from dongting.web.assets import Assets
from dongting.web.blocks import Blocks
from dongting.web.door import Door, Page
from dongting.web.offers import Surveys
from dongting.web.site import Site
from dongting.web.templates import environment
from dongting.web.texts import Tongue
from dongting.wire.genesis import network_id

#: All pages; a last `{name}` takes one segment of the path, `{name...}` all that follow.
ROUTES: tuple[tuple[str, Page], ...] = (
    ("/", pages.front),
    ("/catalogue", catalogue.catalogue),
    ("/catalogue.jsonld", descriptions.whole),
    ("/catalogue.ttl", descriptions.whole),
    ("/catalogue.csv", tables.catalogue),
    ("/catalogue.xlsx", tables.catalogue),
    ("/catalogue/{id}", catalogue.dataset),
    ("/organisations", pages.organisations),
    ("/organisations.csv", tables.organisations),
    ("/organisations.xlsx", tables.organisations),
    ("/organisations/{id}", pages.organisation),
    ("/log", pages.ledger),
    ("/verify", pages.verify),
    ("/join", pages.join),
    ("/style", pages.style),
    ("/robots.txt", assets.robots),
    ("/favicon.svg", assets.favicon),
    ("/static/{name...}", assets.static),
)


def create(
    home: Home,
    facade: Facade,
    views: Views,
    *,
    port: int | None = None,
    limits: Limits = LIMITS,
    counted: Metrics | None = None,
) -> Door:
    """The ASGI application. `port` is the one really listened on, where the system chose it.

    The views remain their owner's to close.
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
        surveys=Surveys(),
        tongues=tongues,
        templates={language: environment(tongue) for language, tongue in tongues.items()},
    )
    secure = home.config.http.behind_tls or urlsplit(url).scheme == "https"
    return Door(site, ROUTES, limits, counted or metrics(), secure=secure)


def public_url(config: Config, port: int | None) -> str:
    """The address by which others reach the console, without a final slash."""
    if config.http.public_url or not port:
        return config.public_url
    return config.public_url.removesuffix(f":{config.http.port}") + f":{port}"
