"""In-memory ledgers, a manual clock and failing stores, for tests of applications."""
