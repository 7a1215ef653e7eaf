"""A bar that shows how far a file is, on a terminal; nothing elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dongting.cli.session import Session
from dongting.sdk.uploads import quiet


@contextmanager
def bar(told: Session, en: str, zh: str) -> Iterator[Callable[[int, int], None]]:
    """What to call with bytes done and bytes in all."""
    if told.json or not sys.stderr.isatty():
        yield quiet
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn(told.text(en, zh)), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
