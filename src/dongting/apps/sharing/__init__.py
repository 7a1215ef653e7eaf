"""Sharing: how one organisation comes to use another's data, under terms that both signed.

Names and states are those of Dataspace Protocol 2025-1 (Eclipse Foundation): Contract Negotiation,
Agreement, Transfer Process. The ledger knows who dealt with whom and when; terms, reasons and places of
delivery are parts that only the parties read.
"""

from dongting.apps.sharing import agreements as agreements
from dongting.apps.sharing import deliveries as deliveries
from dongting.apps.sharing import negotiations as negotiations
from dongting.apps.sharing import objections as objections
from dongting.apps.sharing import supervision as supervision
from dongting.apps.sharing.access import Notice, may_download, notices
from dongting.apps.sharing.agreements import Standing, standing
from dongting.apps.sharing.needs import Datasets, Organisations, WorkingDays
from dongting.apps.sharing.records import Agreement, Negotiation, Objection, Transfer, app, transfer_id
from dongting.apps.sharing.terms import Locator, Observation, Reason, Terms, check_terms

__all__ = [
    "Agreement",
    "Datasets",
    "Locator",
    "Negotiation",
    "Notice",
    "Objection",
    "Observation",
    "Organisations",
    "Reason",
    "Standing",
    "Terms",
    "Transfer",
    "WorkingDays",
    "app",
    "check_terms",
    "may_download",
    "notices",
    "standing",
    "transfer_id",
]
