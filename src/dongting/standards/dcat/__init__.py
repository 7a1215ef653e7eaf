"""Datasets and catalogues as DCAT 3 (W3C Recommendation, 22 August 2024) in JSON-LD 1.1 and Turtle.

Terms are those of DCAT 3 and Dublin Core, controlled values those of the EU authority tables that
DCAT-AP 3 prescribes (frequency, access right), so that European and other portals can harvest them.
"""

from dongting.standards.dcat.documents import catalogue_document, dataset_document
from dongting.standards.dcat.model import (
    FREQUENCIES,
    AccessRights,
    Agent,
    Catalogue,
    Checksum,
    Dataset,
    Distribution,
    Frequency,
    Identifier,
    Words,
)
from dongting.standards.dcat.turtle import to_turtle

__all__ = [
    "FREQUENCIES",
    "AccessRights",
    "Agent",
    "Catalogue",
    "Checksum",
    "Dataset",
    "Distribution",
    "Frequency",
    "Identifier",
    "Words",
    "catalogue_document",
    "dataset_document",
    "to_turtle",
]
