"""Publishing in the browser: a file is uploaded, its columns are read and corrected, the dataset described.

The worker encrypts and stores it when the person signs, not before. A large file comes in pieces and goes on
where it broke off; a small one needs no JavaScript.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dongting.apps.catalogue import version_id
from dongting.errors import Refused, require
from dongting.http.messages import Reply
from dongting.node.completing import DATASET, VERSION
from dongting.node.drafting import ACTIONS, Draft
from dongting.node.incoming import NO_FILE
from dongting.node.people.access import PUBLISH
from dongting.node.publishing import file_notes, inferred_columns, is_table, media_type, offer
from dongting.sdk.client import Client
from dongting.web.catalogue import MEANINGS
from dongting.web.desk.acting import Frame, filled, form, stepped
from dongting.web.desk.inputs import typed
from dongting.web.desk.record import NO_RECORD
from dongting.web.desk.taking import Taken
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit, address

PUBLISHING, ADDING = ACTIONS["catalogue/publish"], ACTIONS["catalogue/add-version"]
WHOLE = 48 * 2**20  # bytes of a form with a whole file
PIECE = 4 * 2**20  # bytes of one piece
_ROOM = 2**16  # bytes of a form around a piece


async def choose(site: Site, visit: Visit) -> Reply:
    """GET /publish, GET /versions/ID: choose a file."""
    return await _choose(site, visit)


async def chosen(site: Site, visit: Visit) -> Reply:
    """POST /publish, POST /versions/ID: the whole file in one form."""
    file = visit.form.file("file")
    try:
        if file is None:
            raise Refused(NO_FILE)
        organisation = visit.organisation
        id = await asyncio.to_thread(site.incoming.begin, organisation, file.name, len(file.data))
        await asyncio.to_thread(site.incoming.append, organisation, id, 0, file.data)
    except Refused as refused:
        return await _choose(site, visit, refused)
    return await site.go(visit, address(_next(visit), {"upload": id}))


async def begin(site: Site, visit: Visit) -> Reply:
    """POST /uploads: begin a file that comes in pieces; its id."""
    size = visit.form.get("size")
    wanted = int(size) if size.isdecimal() and len(size) < 16 else 0
    id = await asyncio.to_thread(site.incoming.begin, visit.organisation, visit.form.get("name"), wanted)
    return _json({"upload": id, "offset": 0})


async def piece(site: Site, visit: Visit) -> Reply:
    """POST /uploads/ID: the next piece; from where to go on."""
    sent, offset = visit.form.file("piece"), visit.form.get("offset")
    require(sent is not None and offset.isdecimal() and len(offset) < 16, NO_FILE)
    assert sent is not None
    there = await asyncio.to_thread(
        site.incoming.append, visit.organisation, visit.named["id"], int(offset), sent.data
    )
    return _json({"upload": visit.named["id"], "offset": there})


async def standing(site: Site, visit: Visit) -> Reply:
    """GET /uploads/ID: how much of it has arrived."""
    id = visit.named["id"]
    path = await asyncio.to_thread(site.incoming.path, visit.organisation, id)
    return _json({"upload": id, "offset": path.stat().st_size})


async def describe(site: Site, visit: Visit) -> Reply:
    """GET /publish/describe: the description, with the columns that the file shows."""
    frame, path = await _frame(site, visit, visit.asked("upload"), PUBLISHING.name)
    source = await filled(site, visit, PUBLISHING)
    if path is not None:
        stem = "".join(c if c.isascii() and c.isalnum() else "-" for c in path.stem.lower()).strip("-")[:40]
        source["a.id"] = [stem or source["a.id"][0]]
        columns = await asyncio.to_thread(_columns, path)
        source |= typed(PUBLISHING.arguments, "a", {"columns": columns}, site.genesis.zone)
    return await form(site, visit, PUBLISHING, source, Taken(), frame=frame)


async def described(site: Site, visit: Visit) -> Reply:
    """POST /publish/describe: preview or signature."""
    frame, _ = await _frame(site, visit, visit.form.get("upload"), PUBLISHING.name)
    return await stepped(site, visit, PUBLISHING, frame)


async def add(site: Site, visit: Visit) -> Reply:
    """GET /versions/ID/add: the form of a next version."""
    frame, _ = await _frame(site, visit, visit.asked("upload"), ADDING.name)
    return await form(site, visit, ADDING, {"a.id": [visit.named["id"]]}, Taken(), frame=frame)


async def added(site: Site, visit: Visit) -> Reply:
    """POST /versions/ID/add: preview or signature."""
    frame, _ = await _frame(site, visit, visit.form.get("upload"), ADDING.name)
    return await stepped(site, visit, ADDING, frame)


async def _choose(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    dataset = visit.named.get("id")
    row = await asyncio.to_thread(site.views.get, DATASET, dataset) if dataset else None
    require(row is not None or not dataset, NO_RECORD, address=f"{DATASET}/{dataset}"[:160])
    title = msgspec.json.decode(row.body)["title"] if row is not None else None
    return site.page(
        visit, "publish.html", refused=refused, section="desk", dataset=dataset, title=title,
        following=_next(visit), whole=WHOLE, most=site.incoming.limit, piece=PIECE,
    )  # fmt: skip


def _next(visit: Visit) -> str:
    dataset = visit.named.get("id")
    return f"/versions/{dataset}/add" if dataset else "/publish/describe"


async def _frame(site: Site, visit: Visit, upload: str, action: str) -> tuple[Frame, Path | None]:
    """How the form of an action looks with an uploaded file; without one it is only described."""
    organisation = visit.organisation
    path = await asyncio.to_thread(site.incoming.path, organisation, upload) if upload else None
    values: dict[str, Any] = {
        "upload": upload, "file": path.name if path is not None else "",
        "size": path.stat().st_size if path is not None else 0,
        "kind": media_type(path) if path is not None else "",
    }  # fmt: skip

    def also(client: Client, draft: Draft) -> None:
        if path is None:
            return
        offered = offer(client, draft, path, external=False)
        id, number = draft.arguments.get("id", ""), draft.arguments.get("number", 1)
        draft.keeps.append(
            lambda: client.contents.store(path, offered, f"{VERSION}/{version_id(id, number)}")
        )
        draft.after += [
            lambda: client.contents.settled(path), lambda: site.incoming.drop(organisation, upload)
        ]  # fmt: skip
        draft.notes += file_notes(path.name, offered)

    return Frame("publish-describe.html", frozenset({"content"}), also, MEANINGS, values), path


def _columns(path: Path) -> list[dict[str, Any]]:
    """The columns that the rows show; none where the file is no table, or cannot be read as one."""
    if not is_table(path):
        return []
    try:
        return inferred_columns(path)
    except Refused:
        return []


def _json(value: Mapping[str, Any]) -> Reply:
    return Reply(200, msgspec.json.encode(value), "application/json", [("cache-control", "no-store")])


PLACES: tuple[Place, ...] = (
    Place("/publish", choose, chosen, needs=PUBLISH, most=WHOLE + _ROOM),
    Place("/publish/describe", describe, described, needs=PUBLISH),
    Place("/versions/{id}", choose, chosen, needs=PUBLISH, most=WHOLE + _ROOM),
    Place("/versions/{id}/add", add, added, needs=PUBLISH),
    Place("/uploads", take=begin, needs=PUBLISH),
    Place("/uploads/{id}", standing, piece, needs=PUBLISH, most=PIECE + _ROOM),
)
