"""`dongting rebuild-views` and `dongting migrate`."""

from dongting.cli.language import command
from dongting.cli.progress import counter, end
from dongting.cli.session import Session, session


@command(
    "rebuild-views",
    (
        "Build the views anew from the ledger; goes on where a former run was interrupted.\n\n"
        "The former views are read until the new ones are whole.",
        "根据账本重建视图；若上次中断则从中断处继续。\n\n新视图完成之前，仍使用原视图。",
    ),
)
@session
def rebuild_views(session: Session) -> None:
    """Build the views anew from the ledger."""
    from dongting.node.home import Home
    from dongting.node.views_rebuild import rebuild

    height = rebuild(Home(session.config), counter(session, ("Views: block {}", "视图：区块 {}")))
    end()
    session.say(f"The views are built up to block {height:,}.", f"视图已重建至区块 {height:,}。")
    session.answer({"height": height})


@command(
    "migrate",
    (
        "Bring a ledger store of an older format to the one that this program needs.",
        "将旧格式的账本存储升级为本程序所需的格式。",
    ),
)
@session
def migrate(session: Session) -> None:
    """Bring the ledger store to the present format."""
    from dongting.node.home import Home
    from dongting.store.ledger import FORMAT

    Home(session.config).ledger(read_only=True).close()  # refuses what is newer, absent or damaged
    session.say(
        f"The ledger has format {FORMAT}, the first and present one: there is nothing to migrate.",
        f"账本格式为 {FORMAT}，即最初也是当前的格式：无需升级。",
    )
    session.answer({"format": FORMAT, "migrated": False})
