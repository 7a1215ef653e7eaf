"""A ledger with its three founders."""

import pytest

from dongting.testing import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """A new ledger of the international profile."""
    return Ledger()
