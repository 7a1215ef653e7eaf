"""What a proposer puts in its block: no statement before its time, and every organisation in its turn.

A block's time is that of the previous commit, so after an idle hour it lies an hour back. A statement dated
later waits: the block without it brings the time up to date, and the next one takes it.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from dongting.engines.cometbft.abci import Proposal
from dongting.engines.cometbft.transactions import OVERHEAD
from dongting.wire.statement import Statement


def pick(
    offered: Proposal, known: Callable[[bytes], Sequence[Statement]], max_statements: int
) -> list[bytes]:
    """The transactions of the next block, within its bytes and about as many statements.

    Transactions of one organisation keep their order; between organisations they take turns, so that whoever
    fills the mempool delays itself.
    """
    turns: Counter[str] = Counter()
    queue: list[tuple[int, int, bytes, int]] = []
    for place, tx in enumerate(offered.txs):
        statements = known(tx)
        if any(statement.issued > offered.time for statement in statements):
            continue
        issuer = Counter(s.issuer for s in statements).most_common(1)[0][0] if statements else ""
        queue.append((turns[issuer], place, tx, len(statements)))
        turns[issuer] += 1
    picked: list[tuple[int, bytes]] = []
    room, count = offered.max_bytes, 0
    for _, place, tx, statements_in in sorted(queue):
        room -= len(tx) + OVERHEAD
        if room < 0 or (picked and count + statements_in > max_statements):
            break
        count += statements_in
        picked.append((place, tx))
    return [tx for _, tx in sorted(picked)]
