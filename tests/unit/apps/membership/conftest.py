"""A ledger with its three founders."""

from collections.abc import Callable

import pytest

from dongting.standards import uscc
from dongting.testing import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """A new ledger of the international profile."""
    return Ledger()


@pytest.fixture
def credit_code() -> Callable[[int], str]:
    """Valid unified social credit codes, one for each number."""

    def make(number: int) -> str:
        body = f"{number:08d}"
        first = "91430100" + body + uscc.organisation_check_character(body)
        return first + uscc.check_character(first)

    return make
