"""The garbage collector of a process that makes blocks: it looks rarely, because blocks leave no cycles."""

import gc


def settle_collector() -> None:
    """Leave alone what was made so far, and look seldom; the process is the engine's from here on."""
    # A block makes many objects and no cycles: to look through them all again and again costs a tenth.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
