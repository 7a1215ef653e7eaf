"""The notices of each organisation, how far each of its people has read, and how each wants to be told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, select, update

from dongting.appkit.fields import Text
from dongting.errors import Code, Language, require
from dongting.node.hooks.subscriptions import enqueue, listening
from dongting.node.notices.tables import notice, reader
from dongting.node.people.database import Database

Kind = Literal[
    "waiting",
    "due",
    "overdue",
    "changed",
    "ending",
    "dataset",
    "erasure",
    "sign-off",
    "sign-off-rejected",
    "node",
]
How = Literal["at-once", "daily", "never"]

#: What each kind is called, and how people are told by e-mail unless they choose otherwise.
KINDS: Mapping[Kind, tuple[Text, How]] = {
    "waiting": (Text(en="Something waits for your organisation", zh="有事项等待贵单位处理"), "at-once"),
    "due": (Text(en="A deadline is near", zh="期限临近"), "at-once"),
    "overdue": (Text(en="A deadline has passed", zh="已超过期限"), "at-once"),
    "ending": (Text(en="An agreement runs out", zh="协议即将到期"), "daily"),
    "changed": (Text(en="A partner did something", zh="合作方有新的操作"), "daily"),
    "dataset": (Text(en="A dataset that you use has changed", zh="所使用的数据集有变化"), "daily"),
    "erasure": (Text(en="Content that you received was erased", zh="已接收的内容被要求删除"), "at-once"),
    "sign-off": (Text(en="A second person is needed", zh="需要第二人复核"), "at-once"),
    "sign-off-rejected": (Text(en="A second person said no", zh="复核未通过"), "at-once"),
    "node": (Text(en="The node needs its operator", zh="节点需要运维处理"), "at-once"),
}

BAD_CHOICE = Code(
    "notices", 1, "bad-choice",
    "Choose at once, daily or never for each kind of notice, and Chinese or English.",
    "请为每类通知选择即时、每日或不发送，并选择中文或英文。",
)  # fmt: skip


class Notice(Struct, frozen=True):
    """One notice to an organisation; `facts` depend on the kind."""

    number: int
    organisation: str
    kind: Kind
    subject: str
    facts: dict[str, str | int]
    made: int


class New(Struct, frozen=True):
    """A notice to be given; the same `key` to the same organisation again gives none."""

    organisation: str
    kind: Kind
    subject: str
    key: str
    facts: dict[str, str | int] = {}


class Reader(Struct, frozen=True):
    """How one person follows an organisation's notices."""

    person: str
    organisation: str
    seen: int = 0
    mailed: int = 0
    digested: int = 0
    day: str = ""
    language: Language = "zh"
    choices: dict[str, How] = {}

    def how(self, kind: Kind) -> How:
        """How that kind is told by e-mail."""
        return self.choices.get(kind, KINDS[kind][1])


class Book:
    """All methods may block; `clock` tells seconds since 1970."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self.database = database
        self.clock = clock

    def add(self, connection: Connection, wanted: Iterable[New]) -> list[int]:
        """Give these notices, each once, also to the webhooks that want notices; their numbers."""
        numbers, now = [], self.clock()
        for each in wanted:
            same = select(notice.c.number).where(
                notice.c.organisation == each.organisation, notice.c.key == each.key
            )
            if connection.execute(same).first() is not None:
                continue
            row = msgspec.structs.asdict(each) | {"facts": msgspec.json.encode(each.facts), "made": now}
            key = connection.execute(insert(notice).values(row)).inserted_primary_key
            assert key is not None
            numbers.append(int(key[0]))
            for hook in listening(connection, each.organisation):
                enqueue(connection, hook, f"notice-{key[0]}", now)
        return numbers

    def one(self, number: int) -> Notice | None:
        """The notice of that number."""
        with self.database.read() as connection:
            row = connection.execute(select(notice).where(notice.c.number == number)).one_or_none()
        return _notice(row) if row is not None else None

    def newest(
        self, organisation: str, kinds: Sequence[str] = (), below: int | None = None, limit: int = 50
    ) -> list[Notice]:
        """The newest notices to an organisation, below a number."""
        query = select(notice).where(notice.c.organisation == organisation)
        if kinds:
            query = query.where(notice.c.kind.in_(kinds))
        if below is not None:
            query = query.where(notice.c.number < below)
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(notice.c.number.desc()).limit(limit)).all()
        return [_notice(row) for row in rows]

    def after(self, organisation: str, number: int, limit: int = 200) -> list[Notice]:
        """The notices to an organisation above a number, the oldest first."""
        query = select(notice).where(notice.c.organisation == organisation, notice.c.number > number)
        with self.database.read() as connection:
            return [_notice(row) for row in connection.execute(query.order_by(notice.c.number).limit(limit))]

    def unread(self, person: str, organisation: str, most: int = 99) -> int:
        """How many notices a person has not read; at most so many are counted."""
        with self.database.read() as connection:
            seen = connection.execute(
                select(reader.c.seen).where(reader.c.person == person, reader.c.organisation == organisation)
            ).scalar()
            newer = select(notice.c.number).where(
                notice.c.organisation == organisation, notice.c.number > (seen or 0)
            )
            return connection.execute(
                select(func.count()).select_from(newer.limit(most).subquery())
            ).scalar_one()

    def reader(self, person: str, organisation: str) -> Reader:
        """How a person follows an organisation's notices."""
        query = select(reader).where(reader.c.person == person, reader.c.organisation == organisation)
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return Reader(person, organisation) if row is None else _reader(row)

    def change(self, person: str, organisation: str, **changes: object) -> Reader:
        """Note something about how a person follows them."""
        query = select(reader).where(reader.c.person == person, reader.c.organisation == organisation)
        with self.database.write() as connection:
            row = connection.execute(query).one_or_none()
            before = Reader(person, organisation) if row is None else _reader(row)
            after = msgspec.structs.replace(before, **changes)
            values = msgspec.structs.asdict(after) | {"choices": msgspec.json.encode(after.choices)}
            if row is None:
                connection.execute(insert(reader).values(values))
            else:
                this = (reader.c.person == person) & (reader.c.organisation == organisation)
                connection.execute(update(reader).where(this).values(values))
        return after

    def choose(self, person: str, organisation: str, language: str, choices: Mapping[str, str]) -> Reader:
        """How somebody wants to be told; refuses anything but the choices that there are."""
        good = all(kind in KINDS and how in ("at-once", "daily", "never") for kind, how in choices.items())
        require(good and language in ("en", "zh"), BAD_CHOICE)
        return self.change(person, organisation, language=language, choices=dict(choices))


def _plain(row: Row[tuple[object, ...]], encoded: str) -> dict[str, object]:
    values = {str(name): value for name, value in row._asdict().items()}
    return values | {encoded: msgspec.json.decode(values[encoded])}


def _notice(row: Row[tuple[object, ...]]) -> Notice:
    return msgspec.convert(_plain(row, "facts"), Notice)


def _reader(row: Row[tuple[object, ...]]) -> Reader:
    return msgspec.convert(_plain(row, "choices"), Reader)
