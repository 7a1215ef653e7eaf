"""The page of a dataset in the console: its record, and what its file holds for whoever may have it."""

from dongting.http.messages import Reply
from dongting.node.people.access import READ
from dongting.web.catalogue import VOCABULARY
from dongting.web.desk.record import page, tell
from dongting.web.desk.standing import caught_up
from dongting.web.figures import look
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit


async def show(site: Site, visit: Visit) -> Reply:
    """GET /records/catalogue.dataset/ID."""
    await caught_up(site, visit)
    story = await tell(site, visit, "catalogue.dataset", visit.named["id"])
    looked = await look(site, visit, story.body)
    told = await site.read(lambda: page(site, visit, story))
    return site.page(visit, "dataset-record.html", looked=looked, vocabulary=VOCABULARY, **told)


PLACES: tuple[Place, ...] = (Place("/records/catalogue.dataset/{id}", show, needs=READ),)
