"""Numbered places on the path of a commit at which a test kills the process; the numbers are documented."""

import os
import signal
from collections.abc import Callable

#: What is already durable, and what is not yet, at each point.
POINTS = {
    1: "a block is executed; nothing of it is written",
    2: "the block is written; memory does not know it",
    3: "the block is written and in memory; no checkpoint covers it",
    4: "the checkpoint is durable; no submitter is answered",
    5: "the checkpoint is handed to the system, not yet synced",
}

#: What the consortium engine adds to them.
CONSORTIUM_POINTS = {
    6: "consensus decided a block and it is executed; CometBFT is not told the result",
    7: "everything is written and told here; CometBFT does not know it",
}


def crash_point(wanted: int, times: int = 1) -> Callable[[int], None]:
    """What is called at each point: kills the process at the wanted one (0: never), at its n-th time."""
    seen = 0

    def point(number: int) -> None:
        nonlocal seen
        if number == wanted:
            seen += 1
            if seen == times:
                os.kill(os.getpid(), signal.SIGKILL)

    return point
