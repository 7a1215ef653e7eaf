"""`dongting serve`: run the node until it is told to stop."""

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from dongting.cli import language
from dongting.cli.session import CONFIG, Session, session
from dongting.errors import Refused

if TYPE_CHECKING:
    from dongting.node.config import Config


@language.command(
    "serve",
    (
        "Run the node until it is told to stop (SIGTERM, or Ctrl-C).\n\n"
        "The log key is unlocked by --passphrase-fd, by the systemd credential that keystore.credential "
        "names, or at the prompt. Without any, the node serves reads and waits for `dongting keys unlock`.",
        "运行节点，直到收到停止信号（SIGTERM 或 Ctrl-C）。\n\n"
        "日志密钥由 --passphrase-fd、keystore.credential 所指的 systemd 凭据或提示符解锁。"
        "均未提供时，节点只提供读取，并等待 `dongting keys unlock`。",
    ),
)
@language.option(
    "--locked", is_flag=True, text=("Start locked, without asking.", "以锁定状态启动，不询问口令。")
)
@session
def serve(told: Session, locked: bool) -> None:
    """Run the node."""
    run(told, locked)


def run(told: Session, locked: bool) -> None:
    """Run the node of this home until it is told to stop."""
    from dongting.node import logs, unlock
    from dongting.node.home import Home
    from dongting.node.serve import serve as serve_node
    from dongting.node.serve import unlocked_log_key

    path = told.home / CONFIG
    config = told.config
    Home(config).genesis_bytes()
    given = None if locked else _passphrase(told)
    key = None if given is None else unlocked_log_key(config, given)
    if key is None:
        told.say(
            "The node starts locked: it serves reads. Unlock it with `dongting keys unlock`.",
            "节点以锁定状态启动，只提供读取。请用 `dongting keys unlock` 解锁。",
        )
    address = config.home / "run" / "address"

    def ready(url: str) -> None:
        address.write_text(url + "\n")
        told.say(f"Serving at {url}", f"节点已启动：{url}")
        link = _first_link(config, url)
        if link is not None:
            told.say(
                f"Nobody has an account yet. Within 24 hours, the first administrator opens\n{link}",
                f"尚无任何账户。首位管理员请在 24 小时内打开\n{link}",
            )
        told.answer({"url": url, "pid": os.getpid(), **({"setup": link} if link else {})})
        sys.stdout.flush()

    file = config.path(config.log.file) if config.log.file else None
    handler = logs.handler(config.log.format, file, sys.stderr)
    with logs.logging_to(handler, config.log.level):
        try:
            asyncio.run(
                serve_node(config, path, key, ready, lambda one: unlock.offered(f"dongting-{one}") or given)
            )
        finally:
            address.unlink(missing_ok=True)


def _first_link(config: "Config", url: str) -> str | None:
    """A link for the first administrator, as long as there is none and the operator's keys are here."""
    from dongting.node.home import Home
    from dongting.node.people.accounts import open_accounts

    accounts = open_accounts(Home(config))
    try:
        operator = accounts.register.operator
        if operator is None or not accounts.register.hosts(operator) or not accounts.staff.nobody:
            return None
        return f"{url}/setup?link={accounts.staff.set_up_link(operator)}"
    finally:
        accounts.close()


def _passphrase(told: Session) -> bytes | None:
    """The passphrase of the node's keystore, if there is somewhere to take it from."""
    from dongting.node import unlock

    if told.passphrase_fd is not None:
        return told.passphrase("node")
    given = unlock.offered(told.config.keystore.credential)
    if given is not None or not sys.stdin.isatty():
        return given
    try:
        return told.passphrase("node")
    except Refused as refusal:
        if refusal.code is not unlock.BAD_PASSPHRASE:
            raise
        return None
