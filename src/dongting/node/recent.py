"""What the last blocks changed, in memory: views that keep up never cost the ledger a read.

Bounded by records; older blocks are read from the store again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from dongting.kernel.entries import BlockRecord
from dongting.kernel.machine import Block, Machine, Written
from dongting.node.facade import BlockChanges, Version
from dongting.node.redactions import replaced

LIMIT = 20_000  # records


def changes(block: BlockRecord, written: Iterable[Written], replaced: Sequence[Version] = ()) -> BlockChanges:
    """A block's record versions as the façade gives them out."""
    versions = []
    for each in written:
        type, id = each.address.split("/", 1)
        versions.append(Version(type, id, each.version, each.leaf, block.height, block.time, each.body))
    return BlockChanges(block.height, block.time, block.first, block.size, versions, list(replaced))


class RecentBlocks:
    """The newest committed blocks of a machine."""

    def __init__(self, machine: Machine, limit: int = LIMIT) -> None:
        self._machine = machine
        self._limit = limit
        self._records = 0
        self._blocks: OrderedDict[int, tuple[BlockRecord, list[Written]]] = OrderedDict()

    def add(self, block: Block) -> None:
        """Keep a block that was just committed."""
        if block.log is None:
            return
        head = block.head
        record = BlockRecord(head.height, head.time, block.log.before, head.size, [])
        self._blocks[head.height] = (record, block.written)
        self._records += len(block.written)
        while self._records > self._limit:
            self._records -= len(self._blocks.popitem(last=False)[1][1])

    def at(self, height: int) -> BlockChanges:
        """What the block at a height changed."""
        kept = self._blocks.get(height)
        if kept is not None:
            return changes(*kept)
        record = self._machine.block(height)
        return changes(record, self._machine.written(record), replaced(self._machine, record))

    def forget(self) -> None:
        """Drop what is in memory, after texts were removed from the store."""
        self._blocks.clear()
        self._records = 0
