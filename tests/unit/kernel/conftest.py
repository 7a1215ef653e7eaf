"""A ledger with one small application of the tests' own beside the installed ones."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from dongting.appkit.app import COLLECTIVE, FOUNDER, MEMBER, App, Record
from dongting.appkit.context import Context
from dongting.appkit.fields import Slug, Text, says
from dongting.apps import governance, membership
from dongting.errors import Code, require
from dongting.kernel.rules import Rules
from dongting.node.installed import APPS, SUPPLIES
from dongting.testing import Ledger

NO_LUCK = Code("box", 1, "no-luck", "No luck.", "不走运。")
SAYS = ("{author} filled {id}.", "{author} 装入 {id}。")


def box(version: int = 1) -> App:
    """Boxes that count; from version 2 on they count by tens."""
    app = App("box", version, Text(en="Boxes", zh="盒子"))

    @app.record(("Box", "盒子"))
    class Box(Record, frozen=True):
        id: Annotated[Slug, says("Id", "编号")]
        count: int = 0
        seen: str = ""

    class Fill(Record, frozen=True):
        id: Annotated[Slug, says("Id", "编号")]
        times: int = 1

    class Break(Record, frozen=True):
        id: Annotated[Slug, says("Id", "编号")]

    @app.action(("Fill", "装入"), about=Box, says=SAYS)
    def fill(ctx: Context, asked: Fill) -> None:
        """Count on, once for each time asked."""
        for _ in range(asked.times):
            found = ctx.get(Box, asked.id)
            step = 1 if ctx.version == 1 else 10
            seen = f"{ctx.author} {ctx.time} {ctx.height} {','.join(sorted(ctx.roles))}"
            ctx.put(Box(asked.id, (found.count if found else 0) + step, seen))

    @app.action(("Break", "打破"), about=Box, says=SAYS)
    def break_(ctx: Context, asked: Break) -> None:
        """Write, then refuse."""
        ctx.put(Box(asked.id, -1))
        ctx.put(Box(f"{asked.id}-more", -1))
        require(False, NO_LUCK)

    @app.action(("Stumble", "失足"), about=Box, says=SAYS)
    def stumble(ctx: Context, asked: Break) -> None:
        """Write, then meet what nobody foresaw."""
        ctx.put(Box(asked.id, -1))
        int(asked.id)

    _collective(app, Box, Break)
    assert MEMBER in app.actions["box/fill"].by
    return app


def _collective(app: App, Box: Any, Break: Any) -> None:  # noqa: N803
    """What founders may do, alone and together, and what an application may not."""

    @app.action(("Found", "创立"), about=Box, says=SAYS, by=FOUNDER)
    def found(ctx: Context, asked: Break) -> None:
        """What founders may do."""
        ctx.put(Box(asked.id, 100))

    @app.action(("Together", "共同"), about=Box, says=SAYS, by=COLLECTIVE)
    def together(ctx: Context, asked: Break) -> None:
        """What nobody may do alone; refuses the box `bad` after it has written."""
        ctx.put(Box(asked.id, 1000, ctx.author))
        require(asked.id != "bad", NO_LUCK)

    @app.action(("Try", "尝试"), about=Box, says=SAYS)
    def try_(ctx: Context, asked: Break) -> None:
        """Attempt what only a proposal may carry, and go on."""
        ctx.put(Box(asked.id, 1))
        code = ctx.attempt("box/together", b'{"id":"bad"}')
        other = ctx.attempt("box/fill", b'{"id":"other"}')
        none = ctx.attempt("box/none", b"{}")
        good = ctx.attempt("box/together", b'{"id":"good"}')
        codes = [str(one) for one in (code, other, none, good)]
        ctx.put(Box(asked.id, 2, f"{ctx.author} {' '.join(codes)}"))

    @app.action(("Trespass", "越界"), about=Box, says=SAYS)
    def trespass(ctx: Context, asked: Break) -> None:
        """Write a record of another application."""
        ctx.put(governance.Parameter(asked.id, 1))


def rules(version: int = 1, source: str = "1" * 64) -> Rules:
    """The installed applications and the boxes; `source` is the hash of the boxes' source."""
    return Rules((*APPS, box(version)), SUPPLIES, membership.directory, governance.schedule, {"box": source})


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(rules=rules())


@pytest.fixture
def newer() -> Callable[[str], Rules]:
    """The rules of a node with version 2 of the boxes; takes the hash of their source."""
    return lambda source: rules(2, source)
