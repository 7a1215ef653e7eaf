"""Build the views anew from the ledger, beside a running node or not; can be killed and goes on."""

from collections.abc import Callable, Iterator

from dongting.kernel.machine import Machine
from dongting.node.audit import copied
from dongting.node.home import Home
from dongting.node.recent import changes
from dongting.node.redactions import replaced
from dongting.store.rows import Block


def rebuild(home: Home, progress: Callable[[int], None] = lambda _: None) -> int:
    """Build the views anew, or go on where a former run ended; the height reached.

    The former views are read until the new ones are whole; `progress` is told each height stored.
    """
    views = home.views()
    try:
        with copied(home) as store:
            machine = Machine(store, home.rules(), home.genesis_bytes())
            reached = views.rebuilding
            height = views.rebuild(blocks(machine, -1 if reached is None else reached), progress)
            views.purge()
            return height
    finally:
        views.close()


def blocks(machine: Machine, after: int) -> Iterator[Block]:
    """What each block above a height changed."""
    for height in range(after + 1, machine.head.height + 1):
        block = machine.block(height)
        found = changes(block, machine.written(block), replaced(machine, block))
        yield Block(height, found.changes, found.replaced)
