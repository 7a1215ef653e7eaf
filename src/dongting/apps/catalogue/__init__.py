"""The catalogue: what is offered, by whom, under which attributes, in which versions (DCAT 3)."""

from dongting.apps.catalogue import actions as actions
from dongting.apps.catalogue.records import (
    Column,
    Content,
    Dataset,
    DatasetVersion,
    Description,
    Identifier,
    app,
    size_class,
    version_id,
)
from dongting.apps.catalogue.supply import Datasets, datasets

__all__ = [
    "Column",
    "Content",
    "Dataset",
    "DatasetVersion",
    "Datasets",
    "Description",
    "Identifier",
    "app",
    "datasets",
    "size_class",
    "version_id",
]
