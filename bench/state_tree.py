"""What the state tree costs: microseconds per changed key, seconds and megabytes to open it.

    python bench/state_tree.py [records] [directory]

Times exclude the store's write. Each figure is the least and the median of many batches, beside the
time of one hash of a bucket's size on the same machine, because both vary with what else runs.
"""

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from dongting.kernel.tree import Tree
from dongting.store.ledger import LedgerStore
from dongting.wire.profile import INTERNATIONAL

BATCHES = 40
LOAD = 50_000


def hashed(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def fill(directory: Path, records: int) -> None:
    store = LedgerStore(directory)
    tree = Tree.open(store, INTERNATIONAL)
    for first in range(0, records, LOAD):
        update = tree.update({hashed(n): hashed(n + 1) for n in range(first, min(first + LOAD, records))})
        store.write(update.changes)
        tree.commit(update)
    store.close()


def megabytes() -> float:
    """Resident memory of this process, now and not at its peak (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(directory: Path, records: int) -> None:
    store = LedgerStore(directory)
    before = megabytes()
    start = time.perf_counter()
    tree = Tree.open(store, INTERNATIONAL)
    took = time.perf_counter() - start
    print(f"open {records:,} records: {took:.2f} s, {before:.0f} MB before, {megabytes():.0f} MB after")
    chance = Random(1)
    for size in (1000, 2000):
        batch(f"change {size:,}", tree, store, size, lambda: hashed(chance.randrange(records)))
        batch(f"add {size:,}", tree, store, size, lambda: chance.randbytes(32))
    keys = [hashed(chance.randrange(records)) for _ in range(2000)]
    start = time.perf_counter()
    for key in keys:
        tree.prove(key)
    print(f"prove: {(time.perf_counter() - start) / len(keys) * 1e6:.0f} us")
    print(f"after all: {megabytes():.0f} MB")
    store.close()


def batch(name: str, tree: Tree, store: LedgerStore, size: int, key: Callable[[], bytes]) -> None:
    update_us, hash_us = [], []
    bucket = bytes(600)
    for turn in range(BATCHES):
        entries = {key(): hashed(turn) for _ in range(size)}
        start = time.perf_counter()
        update = tree.update(entries)
        between = time.perf_counter()
        store.write(update.changes)
        written = time.perf_counter()
        tree.commit(update)
        done = time.perf_counter()
        for _ in range(1000):
            INTERNATIONAL.hash(bucket)
        update_us.append((between - start + done - written) / len(entries) * 1e6)
        hash_us.append((time.perf_counter() - done) * 1000)
    update_us.sort()
    hash_us.sort()
    middle = BATCHES // 2
    print(
        f"{name}: {update_us[0]:.1f} us a key, median {update_us[middle]:.1f} "
        f"(one hash {hash_us[0]:.2f} us, median {hash_us[middle]:.2f})"
    )


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        measure(Path(sys.argv[2]), records)
        return
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place) / "ledger"
        fill(directory, records)
        # A process of its own, so that memory is that of opening alone.
        subprocess.run([sys.executable, __file__, str(records), str(directory)], check=True)


if __name__ == "__main__":
    main()
