"""`dongting actions`: what can be stated at all, as the installed applications declare it."""

from dongting.cli.language import command
from dongting.cli.session import Session, session


@command(
    "actions",
    (
        "List all actions of the installed applications, and who may do each.\n\n"
        "`dongting APPLICATION ACTION --help` explains one and its options.",
        "列出已安装应用的全部操作及可执行者。\n\n`dongting 应用 操作 --help` 说明某一操作及其选项。",
    ),
)
@session
def actions(told: Session) -> None:
    """List all actions."""
    from dongting.node.installed import APPS

    found = [action for app in APPS for action in app.actions.values()]
    heads = (("Action", "操作"), ("What", "内容"), ("By", "可执行者"), ("About", "对象"))
    told.table(
        heads,
        [
            (a.name, a.title.best(told.language), ", ".join(sorted(a.by)), a.about.title.best(told.language))
            for a in found
        ],
    )
    told.answer(
        [
            {"name": a.name, "title": {"en": a.title.en, "zh": a.title.zh}, "by": sorted(a.by),
             "about": a.about.name}
            for a in found
        ]
    )  # fmt: skip
