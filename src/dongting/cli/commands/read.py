"""Reading: `dongting list`, `show`, `search`, `inbox` and `read`."""

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from dongting.apps.catalogue import Dataset
from dongting.cli import language
from dongting.cli.language import Pair
from dongting.cli.session import Session, session
from dongting.errors import Code, Refused
from dongting.node.drafting import TYPES
from dongting.node.moments import moment
from dongting.node.words import Words
from dongting.sdk.client import Client
from dongting.sdk.records import Record

UNKNOWN_TYPE = Code(
    "cli", 15, "unknown-type",
    "There is no record type {type}. Types: {known}.",
    "没有记录类型 {type}。现有类型：{known}。",
)  # fmt: skip
NOT_A_FILTER = Code(
    "cli", 16, "not-a-filter",
    "A filter is written field=value, not {given}.",
    "过滤条件写作 字段=值，而不是 {given}。",
)  # fmt: skip

_HEADS: tuple[Pair, ...] = (("Record", "记录"), ("What", "内容"), ("State", "状态"), ("Since", "时间"))


def full_name(type: str) -> str:
    """The record type that a person means: `catalogue.dataset`, or just `dataset`."""
    named = [name for name in TYPES if type in (name, name.partition(".")[2])]
    if len(named) != 1:
        raise Refused(UNKNOWN_TYPE, type=type[:60], known=", ".join(sorted(TYPES)))
    return named[0]


def _row(told: Session, words: Words, zone: str, found: Record) -> tuple[str, str, str, str]:
    declared = TYPES.get(found.type)
    body = found.record
    title = body.get("title") or body.get("name")
    what = words.value(Dataset, title) if isinstance(title, dict) else ""
    if not what and declared is not None:
        what = ", ".join(str(body.get(name)) for name in declared.parties if body.get(name))
    state = ""
    if declared is not None and declared.workflow is not None:
        known = declared.workflow.states.get(body.get(declared.workflow.field, ""))
        state = told.text(known.en, known.zh) if known else ""
    return found.address, what, state, moment(found.time, zone)


def _show_page(told: Session, client: Client, records: Sequence[Record]) -> None:
    zone = client.network.genesis.zone
    words = Words(told.language, zone)
    told.table(_HEADS, [_row(told, words, zone, found) for found in records])
    told.answer({"records": msgspec.to_builtins(records)})
    if not records:
        told.say("Nothing found.", "没有找到。")


@language.command(
    "list",
    (
        "List the records of a TYPE, such as dataset, negotiation, agreement, transfer, organisation.",
        "列出某类记录，如 dataset、negotiation、agreement、transfer、organisation。",
    ),
)
@click.argument("type")
@language.option("--filter", "filters", multiple=True, metavar="FIELD=VALUE", text=(
    "Only those with this value; repeat.", "仅列出该字段为此值的记录；可重复。"
))  # fmt: skip
@language.option("--order", metavar="FIELD", text=("Sort by this field.", "按该字段排序。"))
@language.option("--limit", type=click.IntRange(1, 200), default=50, text=("At most so many.", "最多条数。"))
@session
def list_records(told: Session, type: str, filters: tuple[str, ...], order: str | None, limit: int) -> None:
    """List records."""
    query: dict[str, Any] = {"limit": limit, "order": order}
    for item in filters:
        name, separator, value = item.partition("=")
        if not separator:
            raise Refused(NOT_A_FILTER, given=item[:60])
        query[name] = value
    with told.client() as client:
        client.catch_up()
        _show_page(told, client, client.records.page(full_name(type), query).records)


@language.command("search", ("Find records by words, in Chinese or English.", "按中文或英文关键词查找记录。"))
@click.argument("words", nargs=-1, required=True)
@language.option("--type", metavar="TYPE", text=("Only records of this type.", "仅限该类记录。"))
@session
def search(told: Session, words: tuple[str, ...], type: str | None) -> None:
    """Search."""
    with told.client() as client:
        client.catch_up()
        query = {"type": full_name(type)} if type else {}
        _show_page(told, client, client.records.search(" ".join(words), query).records)


@language.command(
    "show",
    (
        "Show the record of this TYPE and ID (or one address TYPE/ID).",
        "查看类型为 TYPE、编号为 ID 的记录（也可写作 TYPE/ID）。",
    ),
)
@click.argument("type")
@click.argument("id", required=False)
@language.option("--history", is_flag=True, text=("All its versions.", "全部历史版本。"))
@session
def show(told: Session, type: str, id: str | None, history: bool) -> None:
    """Show one record."""
    name, _, inside = type.partition("/")
    name, id = full_name(name), id or inside
    with told.client() as client:
        zone = client.network.genesis.zone
        words = Words(told.language, zone)
        client.catch_up()
        found = client.records.versions(name, id) if history else []
        found = found or [client.records.get(name, id)]
        told.answer(msgspec.to_builtins(found if history else found[0]))
        if told.json:
            return
        for one in found:
            click.echo(
                told.text(
                    f"{one.address}, version {one.version}, {moment(one.time, zone)}, log entry {one.leaf}",
                    f"{one.address}，第 {one.version} 版，{moment(one.time, zone)}，日志第 {one.leaf} 条",
                )
            )
            for label, value in words.record(TYPES[name], one.record):
                click.echo(f"  {label}: {value}")


@language.command("inbox", ("What waits for you, and by when.", "待办事项及期限。"))
@session
def inbox(told: Session) -> None:
    """What waits."""
    from dongting.cli.notices import notices

    with told.client() as client:
        client.catch_up()
        zone = client.network.genesis.zone
        words = Words(told.language, zone)
        waiting = client.records.waiting(client.organisation or "")
        said = notices(client)
    rows = []
    for item in waiting:
        address, what, state, _ = _row(told, words, zone, item.record)
        due = moment(item.due, zone) if item.due else ""
        late = told.text(" (overdue)", "（已逾期）") if item.overdue else ""
        rows.append((address, what, state, due + late))
    told.table((_HEADS[0], _HEADS[1], _HEADS[2], ("Due", "期限")), rows)
    for notice in said:
        told.say(f"- {notice.transfer}: {notice.en}", f"- {notice.transfer}：{notice.zh}")
    if not waiting and not said:
        told.say("Nothing waits for you.", "没有待办事项。")
    told.answer({"waiting": msgspec.to_builtins(waiting), "notices": msgspec.to_builtins(said)})


@language.command(
    "read",
    (
        "Read the parts that belong to a record and are meant for you: terms, reasons, locators.",
        "读取记录所附、发给本单位的内容：条款、理由、交付位置。",
    ),
)
@click.argument("type")
@click.argument("id", required=False)
@session
def read_part(told: Session, type: str, id: str | None) -> None:
    """Read the parts of a record."""
    from dongting.node.readable import parts_of

    name, _, inside = type.partition("/")
    with told.client() as client:
        found = parts_of(client, full_name(name), id or inside)
        words = Words(told.language, client.network.genesis.zone)
    for one in found:
        short, called = f"{one.commitment[:16]}…", one.label
        told.say(f"{called.best('en')} ({short})", f"{called.best('zh')}（{short}）")
        for label, value in words.fields(one.struct, one.body):
            told.say(f"  {label}: {value}", f"  {label}: {value}")
    if not found:
        told.say("Nothing here is meant for you.", "没有发给本单位的内容。")
    told.answer([{"commitment": one.commitment, "content": one.body} for one in found])
