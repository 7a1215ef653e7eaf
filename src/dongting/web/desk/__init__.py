"""The console's own pages: what people of an organisation see and do, made from the declarations."""

from dongting.web.desk import (
    acting,
    agreements,
    deliveries,
    evidence,
    explorer,
    lists,
    overview,
    proof,
    publish,
    record,
    shelves,
    supervising,
)
from dongting.web.places import Place

PLACES: tuple[Place, ...] = (
    *overview.PLACES, *shelves.PLACES, *explorer.PLACES, *lists.PLACES,
    *agreements.PLACES, *record.PLACES, *proof.PLACES,
    *acting.PLACES, *publish.PLACES, *evidence.PLACES, *deliveries.PLACES,
    *supervising.PLACES,
)  # fmt: skip
