"""Lists for everybody as files: the open catalogue and the members, as CSV and Excel, with their filters."""

import asyncio
from collections.abc import Callable

import msgspec

from dongting.apps.catalogue import Dataset
from dongting.apps.catalogue import app as catalogue_app
from dongting.apps.membership.declaration import app as membership_app
from dongting.apps.membership.organisations import Organisation
from dongting.http.messages import Reply, kept_as
from dongting.node.exports import text, workbook
from dongting.node.exports.sheet import Sheet, every_row
from dongting.store.rows import Page
from dongting.web import members, offers
from dongting.web.site import Site
from dongting.web.visits import Visit

#: Rows at most in one file for a visitor; whoever needs more asks the API as a member.
MOST = 20_000

_Read = Callable[[str | None, int], Page]


async def catalogue(site: Site, visit: Visit) -> Reply:
    """GET /catalogue.csv and /catalogue.xlsx: the datasets of /catalogue under the same query."""
    wish = offers.wish_of(visit.head.asked)
    sheet = Sheet(catalogue_app.records[Dataset], visit.language, site.genesis.zone)

    def page(cursor: str | None, limit: int) -> Page:
        found = offers.found(site.views, wish, cursor, limit)
        open_to_all = [
            row for row in found.rows if msgspec.json.decode(row.body, type=Dataset).opening in offers.OPEN
        ]
        return Page(tuple(open_to_all), found.cursor)

    return await _file(sheet, page, visit)


async def organisations(site: Site, visit: Visit) -> Reply:
    """GET /organisations.csv and /organisations.xlsx: the members of /organisations under the same query."""
    words, kind = visit.asked("q"), visit.asked("kind")
    sheet = Sheet(membership_app.records[Organisation], visit.language, site.genesis.zone)

    def page(cursor: str | None, limit: int) -> Page:
        return members.found(site.views, words, kind, cursor, limit)

    return await _file(sheet, page, visit)


async def _file(sheet: Sheet, page: _Read, visit: Visit) -> Reply:
    name = visit.path.removeprefix("/")
    if name.endswith(".csv"):
        rows = await asyncio.to_thread(every_row, page, MOST)
        # Whoever opens it from a page opens it with a spreadsheet.
        return kept_as(name, text.pieces(sheet, rows, mark=True), text.MEDIA_TYPE)
    rows = await asyncio.to_thread(every_row, page, workbook.MOST)
    file = await asyncio.to_thread(workbook.write, sheet, rows)
    return kept_as(name, workbook.pieces(file), workbook.MEDIA_TYPE)
