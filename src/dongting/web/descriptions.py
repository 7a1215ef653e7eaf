"""The open catalogue for machines: DCAT 3 in JSON-LD and Turtle, so that other portals can harvest it.

A content's exact size and digest are not given: the ledger does not hold them.
"""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec

from dongting.appkit.fields import Text
from dongting.apps.catalogue import Dataset, DatasetVersion
from dongting.errors import Refused
from dongting.http.codes import NOT_FOUND
from dongting.http.messages import Reply
from dongting.standards import dcat
from dongting.standards.dcat import Words
from dongting.web import offers
from dongting.web.site import Site
from dongting.web.visits import Visit, address

JSONLD, TURTLE = "application/ld+json", "text/turtle; charset=utf-8"
THEMES = "http://publications.europa.eu/resource/authority/data-theme/"
PAGE = 100

_FREQUENCIES: frozenset[str] = frozenset(get_args(dcat.Frequency))


async def whole(site: Site, visit: Visit) -> Reply:
    """GET /catalogue.jsonld and /catalogue.ttl: a page of the catalogue; `Link` names the next one."""
    cursor = visit.asked("cursor") or None

    def read() -> tuple[dcat.Catalogue, str | None]:
        page = offers.offers(site.views, offers.Wish(), cursor, PAGE)
        named = site.names([one.publisher for one in page.datasets])
        described = tuple(_dataset(site.url, one, (), named[one.publisher]) for one in page.datasets)
        title = Words(**site.genesis.name)
        return dcat.Catalogue(uri=f"{site.url}/catalogue", title=title, datasets=described), page.cursor

    catalogue, following = await site.read(read)
    reply = _reply(dcat.catalogue_document(catalogue), visit.path)
    if following is not None:
        reply.fields.append(("link", f'<{site.url}{address(visit.path, {"cursor": following})}>; rel="next"'))
    return reply


async def dataset(site: Site, visit: Visit) -> Reply:
    """GET /catalogue/ID.jsonld and /catalogue/ID.ttl."""
    id = visit.named["id"].rpartition(".")[0]

    def read() -> dcat.Dataset | None:
        found = offers.offer(site.views, id)
        if found is None:
            return None
        names = site.names([found.publisher])
        return _dataset(site.url, found, offers.versions(site.views, found), names[found.publisher])

    found = await site.read(read)
    if found is None:
        raise Refused(NOT_FOUND)
    return _reply(dcat.dataset_document(found), visit.path)


def _reply(document: dict[str, Any], path: str) -> Reply:
    fields = [("cache-control", "no-cache"), ("access-control-allow-origin", "*")]
    if path.endswith(".ttl"):
        return Reply(200, dcat.to_turtle(document).encode(), TURTLE, fields)
    return Reply(200, msgspec.json.encode(document), JSONLD, fields)


def _dataset(url: str, found: Dataset, issued: Sequence[DatasetVersion], publisher: Text) -> dcat.Dataset:
    uri = f"{url}/catalogue/{found.id}"
    frequency: Any = found.frequency if found.frequency in _FREQUENCIES else None
    return dcat.Dataset(
        uri=uri,
        identifier=found.id,
        title=_words(found.title),
        description=_words(found.description),
        publisher=dcat.Agent(f"{url}/organisations/{found.publisher}", _words(publisher)),
        themes=(THEMES + found.theme,),
        keywords=tuple(Words(en=word) if word.isascii() else Words(zh=word) for word in found.keywords),
        issued=found.issued,
        modified=max([found.revised, *(one.issued for one in issued)]),
        version=str(found.latest) if found.latest else None,
        frequency=frequency,
        region=found.region,
        other_identifiers=tuple(dcat.Identifier(one.scheme, one.value) for one in found.identifiers),
        access_rights="PUBLIC" if found.opening == "unconditional" else "RESTRICTED",
        landing_page=uri,
        distributions=tuple(
            dcat.Distribution(
                uri=f"{uri}#version-{one.number}", access_url=uri,
                media_type=one.content.media_type, issued=one.issued,
            )
            for one in issued
            if one.state == "ISSUED"
        ),
    )  # fmt: skip


def _words(text: Text) -> Words:
    return Words(zh=text.zh, en=text.en)
