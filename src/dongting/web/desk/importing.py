"""Importing a catalogue in the browser: a file is checked row by row, shown, and signed whole or not at all.

How far it came the ledger tells, so a page that is loaded again shows where it stands, and an import that
broke off goes on where it was: rows on record are passed over.
"""

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from dongting.appkit.shapes import fields_of
from dongting.apps.catalogue import Dataset
from dongting.errors import Refused
from dongting.http.messages import Reply, kept_as
from dongting.node.exports.workbook import MEDIA_TYPE
from dongting.node.imports.catalogue import PUBLISH, Checked, carry_out, check, require_valid
from dongting.node.imports.runs import Runs
from dongting.node.imports.sheet import MOST_BYTES, MOST_ROWS
from dongting.node.imports.template import template as made
from dongting.node.incoming import NO_FILE
from dongting.node.people import access
from dongting.sdk.client import Client
from dongting.web.desk.shown import DATASET, Shown, where
from dongting.web.desk.standing import as_organisation, caught_up
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit

SHOWN = 50  # rows of the preview, and of the mistakes twice as many
_ROOM = 2**16
_TOLD = ("id", "title", "theme", "frequency", "sharing", "opening", "grade")


async def begin(site: Site, visit: Visit) -> Reply:
    """GET /import."""
    return _begin(site, visit)


async def template(site: Site, visit: Visit) -> Reply:
    """GET /import/catalogue.xlsx: the template to fill in."""
    return kept_as("catalogue.xlsx", await asyncio.to_thread(made, visit.language), MEDIA_TYPE)


async def take(site: Site, visit: Visit) -> Reply:
    """POST /import: the file; it is checked before it is kept for the next page."""
    file = visit.form.file("file")
    try:
        if file is None:
            raise Refused(NO_FILE)
        await site.read(lambda: _checked(site, visit, file.data))
        organisation = visit.organisation
        id = await asyncio.to_thread(site.incoming.begin, organisation, file.name, len(file.data))
        await asyncio.to_thread(site.incoming.append, organisation, id, 0, file.data)
    except Refused as refused:
        return _begin(site, visit, refused)
    return await site.go(visit, f"/import/{id}")


async def show(site: Site, visit: Visit) -> Reply:
    """GET /import/UPLOAD: what is wrong with it, what would be signed, or how far it came."""
    await caught_up(site, visit)
    path = await asyncio.to_thread(site.incoming.path, visit.organisation, visit.named["upload"])
    run = await asyncio.to_thread(_runs(site, visit).get, visit.named["upload"])
    shown = Shown(site, site.tongues[visit.language])

    def read() -> dict[str, Any]:
        checked = _checked(site, visit, path.read_bytes())
        known = {one.name: one for one in fields_of(PUBLISH.arguments)}
        fields = [known[name] for name in _TOLD]
        rows = [
            (one.row, where(DATASET, one.arguments["id"]) if one.done else "",
             [shown.value(f.type, one.arguments[f.encode_name]) for f in fields])
            for one in checked.entries[:SHOWN]
        ]  # fmt: skip
        return {
            "heads": [shown.label(one.type, one.name) for one in fields], "rows": rows,
            "total": len(checked.entries), "fresh": len(checked.fresh),
            "wrong": len({one.row for one in checked.mistakes}),
            "mistakes": checked.mistakes[: 2 * SHOWN], "untold": len(checked.mistakes) - 2 * SHOWN,
        }  # fmt: skip

    return site.page(
        visit, "import-check.html", section="desk", file=path.name, run=run, **await site.read(read)
    )


async def sign(site: Site, visit: Visit) -> Reply:
    """POST /import/UPLOAD: sign what is not on record yet; the page follows how far it came."""
    upload = visit.named["upload"]
    path = await asyncio.to_thread(site.incoming.path, visit.organisation, upload)
    checked = await site.read(lambda: _checked(site, visit, path.read_bytes()))
    require_valid(checked)
    runs = _runs(site, visit)
    if checked.fresh and not await asyncio.to_thread(runs.running, upload):
        await asyncio.to_thread(runs.alive, upload)
        job = asyncio.create_task(_run(site, visit, checked, runs, upload))
        site.busy.add(job)
        job.add_done_callback(site.busy.discard)
        await asyncio.wait({job}, timeout=1)
    return await site.go(visit, f"/import/{upload}")


async def _run(site: Site, visit: Visit, checked: Checked, runs: Runs, upload: str) -> None:
    def work(client: Client) -> None:
        client.catch_up()
        carry_out(client, checked, lambda _: runs.alive(upload))

    refused = None
    try:
        await as_organisation(site, visit, work)
    except Refused as error:
        refused = error
    finally:
        runs.ended(upload, refused)


def _begin(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    return site.page(visit, "import.html", refused=refused, section="desk", most=MOST_BYTES, rows=MOST_ROWS)


def _checked(site: Site, visit: Visit, data: bytes) -> Checked:
    def known(id: str) -> Dataset | None:
        row = site.views.get(DATASET, id)
        return None if row is None else msgspec.json.decode(row.body, type=Dataset)

    return check(data, visit.organisation, known)


def _runs(site: Site, visit: Visit) -> Runs:
    return Runs(Path(site.home) / "agents" / visit.organisation / "imports")


PLACES: tuple[Place, ...] = (
    Place("/import", begin, take, needs=access.PUBLISH, most=MOST_BYTES + _ROOM),
    Place("/import/catalogue.xlsx", template, needs=access.PUBLISH),
    Place("/import/{upload}", show, sign, needs=access.PUBLISH),
)
