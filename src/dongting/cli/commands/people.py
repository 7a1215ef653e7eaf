"""`dongting people`: what the operator at the machine may do about people; the rest is done on the pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dongting.cli import language
from dongting.cli.session import Session, session
from dongting.errors import require

if TYPE_CHECKING:
    from dongting.node.people.accounts import Accounts


@language.group(
    "people", ("The people of the node: links by which they come in.", "节点人员：供其进入的链接。")
)
def people() -> None:
    """People."""


def _command(name: str, en: str, zh: str) -> Callable[[language.Run], click.Command]:
    return language.command(name, (en, zh), people)


@contextmanager
def opened(told: Session) -> Iterator["Accounts"]:
    """The people of the node in this home."""
    from dongting.node.home import Home
    from dongting.node.people.accounts import open_accounts

    accounts = open_accounts(Home(told.config))
    try:
        yield accounts
    finally:
        accounts.close()


@_command(
    "setup-link",
    "Print a link that works once, for a first administrator of the organisation named by --as "
    "(else of the one that runs the node).",
    "输出一次性链接，供 --as 指定的组织（默认为运行节点的组织）的首位管理员使用。",
)
@session
def setup_link(told: Session) -> None:
    """A link for a first administrator."""
    with opened(told) as accounts:
        organisation = told.named or accounts.register.operator or told.organisation
        link = f"{told.address}/setup?link={accounts.staff.set_up_link(organisation)}"
    told.say(
        f"For the first administrator of {organisation}, within 24 hours:\n{link}",
        f"供 {organisation} 的首位管理员在 24 小时内使用：\n{link}",
    )
    told.answer({"organisation": organisation, "link": link})


@_command(
    "reset-link",
    "Print a link by which the person with this sign-in name chooses a new password.",
    "输出链接，供使用该登录名的人员重设密码。",
)
@click.argument("login")
@session
def reset_link(told: Session, login: str) -> None:
    """A link to a new password."""
    from dongting.node.people.codes import NO_SUCH_PERSON

    with opened(told) as accounts:
        organisations = [told.named] if told.named else accounts.register.hosted
        found = [
            (organisation, one.id)
            for organisation in organisations
            for one in accounts.staff.people(organisation)
            if one.login == login.strip().lower()
        ]
        require(found, NO_SUCH_PERSON)
        link = f"{told.address}/setup?link={accounts.staff.reset_link(*found[0], None)}"
    told.say(f"Within 24 hours:\n{link}", f"请在 24 小时内使用：\n{link}")
    told.answer({"link": link})


@_command("list", "List the people of the organisations here.", "列出本节点各组织的人员。")
@session
def list_people(told: Session) -> None:
    """The people here."""
    with opened(told) as accounts:
        organisations = [told.named] if told.named else accounts.register.hosted
        found = [(organisation, accounts.staff.people(organisation)) for organisation in organisations]
    rows = [
        (organisation, one.login, one.name, ", ".join(one.roles))
        for organisation, them in found
        for one in them
    ]
    heads = (("Organisation", "组织"), ("Sign-in name", "登录名"), ("Name", "姓名"), ("Roles", "角色"))
    told.table(heads, rows)
    told.answer(dict(found))
