"""How the node is, in plain words for people: what works, what is stuck and why, and what to do about it."""

import asyncio
from pathlib import Path

from msgspec import Struct
from sqlalchemy import func, select

from dongting.appkit.fields import Text
from dongting.errors import Refused
from dongting.node import forks
from dongting.node.facade import Alarm, Facade
from dongting.node.hooks.tables import delivery, hook
from dongting.node.people.database import Database
from dongting.store.disk import free_bytes
from dongting.store.views import Views

BEHIND = 2000  # blocks by which lists may lag
LOW = 2 * 2**30  # bytes free below which the operator should act


class Finding(Struct, frozen=True):
    """One thing that was looked at: whether it is well, how it is, and what to do if it is not."""

    name: str
    well: bool
    title: Text
    says: Text
    do: Text | None = None


async def findings(
    facade: Facade, views: Views, database: Database, home: Path, organisation: str | None
) -> list[Finding]:
    """The state of ledger, lists and disk, and of the organisation's webhooks."""
    found = []
    try:
        status = await facade.status()
    except Refused as refused:
        found.append(_away(refused))
    else:
        found.append(_ledger(status.writing, status.reason, status.height))
        found += map(_alarm, status.alarms)
        lists = await asyncio.to_thread(lambda: views.height)
        found.append(_lists(lists, status.height))
    if await asyncio.to_thread((home / forks.FILE).exists):
        found.append(_forked(home))
    found.append(_disk(await asyncio.to_thread(free_bytes, home)))
    if organisation is not None:
        found.append(await asyncio.to_thread(_webhooks, database, organisation))
    return found


_LEDGER = Text(en="Ledger", zh="账本")


def _away(refused: Refused) -> Finding:
    return Finding(
        "ledger", False, _LEDGER, Text(en=refused.text("en"), zh=refused.text("zh")),
        Text(
            en="Wait half a minute. If it stays so, the operator restarts the node with `dongting serve` and "
            "reads the last lines of its log.",
            zh="请等待半分钟。若仍如此，运维人员应以 `dongting serve` 重启节点并查看日志末尾。",
        ),
    )  # fmt: skip


def _ledger(writing: bool, reason: str | None, height: int) -> Finding:
    if writing:
        says = Text(en=f"It takes statements; {height} blocks.", zh=f"正常接收声明；共 {height} 个区块。")
        return Finding("ledger", True, _LEDGER, says)
    why = reason or "-"
    return Finding(
        "ledger", False, _LEDGER,
        Text(en=f"It can be read, but takes no statements: {why}", zh=f"可以读取，但不接收声明：{why}"),
        Text(
            en="If the node is locked, its operator unlocks it with `dongting keys unlock`. If the disk is "
            "full, make room. Otherwise keep the home as it is, run `dongting audit`, and restore the last "
            "backup if it finds damage. What was accepted stays accepted.",
            zh="若节点处于锁定状态，运维人员用 `dongting keys unlock` 解锁；若磁盘已满，请腾出空间；"
            "否则请保留数据目录、运行 `dongting audit`，如发现损坏则恢复最近的备份。已接受的内容不受影响。",
        ),
    )  # fmt: skip


def _alarm(alarm: Alarm) -> Finding:
    title = Text(en="Consortium", zh="联盟")
    return Finding(alarm.code, False, title, Text(en=alarm.en, zh=alarm.zh))


def _forked(home: Path) -> Finding:
    file = home / forks.FILE
    return Finding(
        "history", False, Text(en="One history", zh="单一历史"),
        Text(
            en=f"This node was shown two histories of its log: {file} holds both signed checkpoints.",
            zh=f"本节点曾被出示其日志的两段历史：{file} 保存了两份已签名的检查点。",
        ),
        Text(
            en="Show that file to the other members: somebody signed two histories. When it is settled "
            "which one counts, the operator removes the file and restarts the node.",
            zh="请向其他成员出示该文件：有人签署了两段历史。确认以哪一段为准后，由运维人员移除该文件并重新启动节点。",
        ),
    )  # fmt: skip


def _lists(reached: int, height: int) -> Finding:
    title = Text(en="Lists and search", zh="列表与检索")
    behind = height - reached
    if behind <= BEHIND:
        says = Text(en=f"{behind} blocks behind the ledger.", zh=f"落后账本 {behind} 个区块。")
        return Finding("lists", True, title, says)
    return Finding(
        "lists", False, title,
        Text(
            en=f"They are {behind} blocks behind the ledger: pages may not show what happened last.",
            zh=f"落后账本 {behind} 个区块：页面可能尚未显示最近的变化。",
        ),
        Text(
            en="After much was written they catch up by themselves. If the number grows, the operator looks "
            "for the projector in the log and, at worst, builds them anew with `dongting rebuild-views`.",
            zh="大量写入之后会自动追上。若数字持续增大，运维人员应在日志中查看投影进程，"
            "必要时用 `dongting rebuild-views` 重建。",
        ),
    )  # fmt: skip


def _disk(free: int) -> Finding:
    title = Text(en="Disk", zh="磁盘")
    room = f"{free / 2**30:.1f} GiB"
    says = Text(en=f"{room} free.", zh=f"剩余 {room}。")
    if free >= LOW:
        return Finding("disk", True, title, says)
    return Finding(
        "disk", False, title, says,
        Text(
            en="Below 512 MiB no files are taken, below 64 MiB no statements. Make room, or move the home to "
            "a larger disk.",
            zh="低于 512 MiB 时不再接收文件，低于 64 MiB 时不再接收声明。"
            "请腾出空间或将数据目录移至更大的磁盘。",
        ),
    )  # fmt: skip


def _webhooks(database: Database, organisation: str) -> Finding:
    title = Text(en="Webhooks", zh="事件推送")
    query = (
        select(delivery.c.state, func.count()).join(hook, hook.c.id == delivery.c.hook)
        .where(hook.c.organisation == organisation, delivery.c.state != "delivered")
        .group_by(delivery.c.state)
    )  # fmt: skip
    closed = select(func.count()).where(hook.c.organisation == organisation, hook.c.state == "gone")
    with database.read() as connection:
        many: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        gone = connection.execute(closed).scalar_one()
    waiting, dead = many.get("waiting", 0), many.get("dead", 0)
    says = Text(
        en=f"{waiting} messages wait, {dead} were set aside, {gone} webhooks are closed.",
        zh=f"等待投递 {waiting} 条，已搁置 {dead} 条，已关闭的 webhook {gone} 个。",
    )
    if not dead and not gone:
        return Finding("webhooks", True, title, says)
    return Finding(
        "webhooks", False, title, says,
        Text(
            en="Repair the receiver; GET /v1/webhooks/ID/deliveries?state=dead says what went wrong, and "
            "POST …/replay sends a message again.",
            zh="请修复接收方；GET /v1/webhooks/编号/deliveries?state=dead 说明原因，POST …/replay 重新投递。",
        ),
    )  # fmt: skip
