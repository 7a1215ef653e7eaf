"""The supervisor's desk: what waits anywhere in the network, against its deadlines."""

import time
from collections import Counter
from typing import Any

import msgspec

from dongting.appkit.app import SUPERVISOR
from dongting.errors import Code, require
from dongting.http.messages import Reply
from dongting.node.drafting import TYPES
from dongting.node.people.access import READ
from dongting.store.rows import Row
from dongting.web.desk.overview import item
from dongting.web.desk.shown import Shown
from dongting.web.desk.standing import offices
from dongting.web.desk.steps import Step, steps
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit, address

NOT_SUPERVISOR = Code(
    "web", 8, "not-the-supervisor",
    "This desk is the supervisor’s. What waits for your organisation stands on its overview.",
    "此页面供监督方使用。待贵组织处理的事项见概览页。",
    status=403,
)  # fmt: skip
PAGE = 30
_OWN = ("/act/sharing/urge", "/act/sharing/mediate")
_COUNTED = 200


async def supervising(site: Site, visit: Visit) -> Reply:
    """GET /supervisor."""
    shown = Shown(site, site.tongues[visit.language])
    overdue = visit.asked("overdue") == "yes"

    def read() -> dict[str, Any]:
        require(SUPERVISOR in offices(site.views, visit.organisation), NOT_SUPERVISOR)
        held = frozenset({SUPERVISOR})

        def own(row: Row) -> list[Step]:
            found = steps(visit.member, held, TYPES[row.type], msgspec.json.decode(row.body))
            return [step for step in found if step.address.startswith(_OWN)]

        now, cursor = int(time.time()), visit.asked("cursor") or None
        page = site.views.waiting(None, now, overdue=overdue, cursor=cursor, limit=PAGE)
        late = site.views.waiting(None, now, overdue=True, limit=_COUNTED)
        by = Counter(one.organisation for one in late.items if one.organisation)
        query = {"overdue": "yes" if overdue else ""}
        return {
            "items": [
                (item(shown, visit, one.row, one.due, one.overdue), shown.organisation(who), own(one.row))
                for one in page.items
                for who in [one.organisation or ""]
            ],
            "late": [(shown.organisation(who), many) for who, many in by.most_common(10)],
            "more": address("/supervisor", {**query, "cursor": page.cursor}) if page.cursor else None,
            "start": address("/supervisor", query), "first": cursor is None,
        }  # fmt: skip

    found = await site.read(read)
    return site.page(visit, "supervisor.html", section="desk", overdue=overdue, **found)


PLACES: tuple[Place, ...] = (Place("/supervisor", supervising, needs=READ),)
