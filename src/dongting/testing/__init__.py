"""In-memory ledgers, a manual clock and failing stores, for tests of applications."""

from dongting.testing.ledger import FOUNDERS, START, Ledger

__all__ = ["FOUNDERS", "START", "Ledger"]
