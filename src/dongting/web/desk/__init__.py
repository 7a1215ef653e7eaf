"""The console's own pages: what people of an organisation see and do, made from the declarations."""

from dongting.web.desk import (
    acting,
    agreements,
    datasets,
    deliveries,
    evidence,
    explorer,
    importing,
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
    *agreements.PLACES, *datasets.PLACES, *record.PLACES, *proof.PLACES,
    *acting.PLACES, *publish.PLACES, *evidence.PLACES, *importing.PLACES, *deliveries.PLACES,
    *supervising.PLACES,
)  # fmt: skip
