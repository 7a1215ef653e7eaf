"""The newest blocks as anybody may know them: when, and how many statements; never what they say."""

from collections import OrderedDict
from dataclasses import dataclass

from dongting.node.facade import Facade

NEWEST = 15
_KEPT = 64


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its height, its time in seconds since 1970, the statements in it, and its first leaf."""

    height: int
    time: int
    statements: int
    first: int


class Blocks:
    """Summaries of blocks. A block never changes, so each is asked of the ledger once."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, Block] = OrderedDict()

    async def newest(self, facade: Facade, height: int) -> list[Block]:
        """The newest blocks up to a height, the newest first."""
        lowest = max(height - NEWEST, 0)
        missing = [one for one in range(lowest + 1, height + 1) if one not in self._known]
        if missing:
            for found in await facade.blocks(missing[0] - 1, missing[-1] - missing[0] + 1):
                # A block's last leaf is its end.
                statements = found.size - found.first - 1
                self._known[found.height] = Block(found.height, found.time, statements, found.first)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        known = (self._known.get(one) for one in range(height, lowest, -1))
        return [block for block in known if block is not None]
