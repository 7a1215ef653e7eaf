"""A count that is redrawn in place on a terminal, and silent elsewhere."""

import sys
from collections.abc import Callable

from dongting.cli.language import Pair
from dongting.cli.session import Session


def counter(session: Session, text: Pair) -> Callable[[int], None]:
    """What to call with each new count; `{}` in the text stands for it."""

    def show(count: int) -> None:
        if sys.stderr.isatty() and not session.json:
            sys.stderr.write("\r\x1b[2K" + session.text(*text).format(f"{count:,}"))
            sys.stderr.flush()

    return show


def end() -> None:
    """Remove the count."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[2K")
