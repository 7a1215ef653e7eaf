"""The webhooks of an organisation: where to send, what, in which form, and what became of it."""

import secrets
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from dongting.errors import Refused, require
from dongting.node.hooks.codes import (
    BAD_SECRET,
    NO_DELIVERY,
    NO_HOOK,
    NOT_ROTATED,
    TOO_MANY_HOOKS,
)
from dongting.node.hooks.tables import delivery, hook
from dongting.node.outward import Outward
from dongting.node.people import trail
from dongting.node.people.database import Database
from dongting.standards import webhooks
from dongting.wire.profile import Profile

Format = Literal["standard", "wecom", "dingtalk"]
About = Literal["own", "all", "notices"]
State = Literal["active", "paused", "gone"]

EACH = 20  # webhooks of one organisation
OVERLAP = 86_400  # seconds for which a replaced secret still signs beside the new one
DELIVERED_DAYS, DEAD_DAYS = 7, 30


class Secret(Struct, frozen=True, array_like=True):
    """A secret as written, and the moment from which it no longer signs (None: the present one)."""

    written: str
    until: int | None = None


class Hook(Struct, frozen=True):
    """One webhook. `about`: events that concern the organisation, all events, or notices of what waits for
    it; of events only these `types` and `actions`, where given. `since` is the height up to which events were
    looked through.
    """

    id: str
    organisation: str
    name: str
    url: str
    format: Format
    language: Literal["en", "zh"]
    about: About
    types: tuple[str, ...]
    actions: tuple[str, ...]
    secrets: tuple[Secret, ...]
    state: State
    since: int
    made: int

    def keys(self, now: int) -> list[str]:
        """The secrets that sign at present, the newest first."""
        return [each.written for each in self.secrets if each.until is None or each.until > now]


class Wish(Struct, frozen=True):
    """What is asked for when a webhook is made or changed."""

    name: str
    url: str
    format: Format
    language: Literal["en", "zh"]
    about: About
    types: tuple[str, ...]
    actions: tuple[str, ...]
    secret: str | None


class Delivery(Struct, frozen=True):
    """One message to one webhook: waiting (next at `due`), delivered or dead, and how it went last."""

    number: int
    message: str
    state: str
    attempts: int
    due: int
    made: int
    last: int | None
    status: int | None
    code: str | None
    facts: dict[str, str | int]


class Hooks:
    """All methods may block; `clock` tells seconds since 1970."""

    def __init__(
        self, database: Database, outward: Outward, profile: Profile, clock: Callable[[], int]
    ) -> None:
        self.database = database
        self._outward = outward
        self._profile = profile
        self.clock = clock

    def all(self, organisation: str | None = None) -> list[Hook]:
        """The webhooks of an organisation (None: of all), the oldest first."""
        query = select(hook).order_by(hook.c.made, hook.c.id)
        if organisation is not None:
            query = query.where(hook.c.organisation == organisation)
        with self.database.read() as connection:
            return [_hook(row) for row in connection.execute(query)]

    def one(self, organisation: str, id: str) -> Hook:
        """One of them; refuses others' like one that is not there."""
        with self.database.read() as connection:
            return _own(connection, organisation, id)

    def add(
        self, organisation: str, wish: Wish, height: int, by: str | None = None
    ) -> tuple[Hook, str | None]:
        """Make a webhook for what happens above a height; it, and its secret, which is shown this once."""
        self._outward.check(wish.url)
        secret = _secret(wish)
        with self.database.write() as connection:
            many = select(func.count()).where(hook.c.organisation == organisation)
            require(connection.execute(many).scalar_one() < EACH, TOO_MANY_HOOKS, limit=EACH)
            made = Hook(
                f"wh_{secrets.token_hex(12)}", organisation, wish.name, wish.url, wish.format, wish.language,
                wish.about, wish.types, wish.actions, () if secret is None else (Secret(secret),), "active",
                height, self.clock(),
            )  # fmt: skip
            connection.execute(insert(hook).values(_row(made)))
            self._note(connection, "webhook-added", made, by)
        return made, secret

    def change(
        self,
        organisation: str,
        id: str,
        wish: Wish,
        state: State,
        height: int,
        match: Callable[[Hook], None],
        by: str | None = None,
    ) -> Hook:
        """Change a webhook that `match` does not refuse; opened again, it begins above `height`."""
        self._outward.check(wish.url)
        with self.database.write() as connection:
            before = _own(connection, organisation, id)
            match(before)
            opened = before.state != "active" and state == "active"
            held = before.secrets
            if wish.secret is not None or wish.format != before.format:
                secret = _secret(wish)
                held = () if secret is None else (Secret(secret),)
            made = msgspec.structs.replace(
                before, name=wish.name, url=wish.url, format=wish.format, language=wish.language,
                about=wish.about, types=wish.types, actions=wish.actions, secrets=held, state=state,
                since=height if opened else before.since,
            )  # fmt: skip
            connection.execute(update(hook).where(hook.c.id == id).values(_row(made)))
            self._note(connection, "webhook-changed", made, by)
        return made

    def remove(
        self, organisation: str, id: str, match: Callable[[Hook], None], by: str | None = None
    ) -> None:
        """Remove a webhook with all its deliveries."""
        with self.database.write() as connection:
            found = _own(connection, organisation, id)
            match(found)
            connection.execute(delete(delivery).where(delivery.c.hook == id))
            connection.execute(delete(hook).where(hook.c.id == id))
            self._note(connection, "webhook-removed", found, by)

    def rotate(self, organisation: str, id: str, by: str | None = None) -> str:
        """A new secret, shown this once; the former one signs beside it for a day."""
        with self.database.write() as connection:
            found = _own(connection, organisation, id)
            require(found.format == "standard", NOT_ROTATED)
            fresh, now = webhooks.secret(secrets.token_bytes(32)), self.clock()
            kept = [Secret(each.written, now + OVERLAP) for each in found.secrets if each.until is None]
            made = msgspec.structs.replace(found, secrets=(Secret(fresh), *kept))
            connection.execute(update(hook).where(hook.c.id == id).values(_row(made)))
            self._note(connection, "webhook-secret-replaced", found, by)
        return fresh

    def test(self, organisation: str, id: str) -> int:
        """Send a message that tells of nothing; the number of its delivery."""
        with self.database.write() as connection:
            found = _own(connection, organisation, id)
            return enqueue(connection, found, f"test-{secrets.token_hex(8)}", self.clock())

    def deliveries(
        self, organisation: str, id: str, state: str | None, below: int | None, limit: int
    ) -> list[Delivery]:
        """The newest deliveries below a number."""
        query = select(delivery).where(delivery.c.hook == id)
        if state is not None:
            query = query.where(delivery.c.state == state)
        if below is not None:
            query = query.where(delivery.c.number < below)
        with self.database.read() as connection:
            _own(connection, organisation, id)
            return [
                _delivery(row)
                for row in connection.execute(query.order_by(delivery.c.number.desc()).limit(limit))
            ]

    def replay(self, organisation: str, id: str, number: int, by: str | None = None) -> Delivery:
        """Send a message again, whatever became of it."""
        this = (delivery.c.hook == id) & (delivery.c.number == number)
        with self.database.write() as connection:
            found = _own(connection, organisation, id)
            values = {"state": "waiting", "attempts": 0, "due": self.clock()}
            done = connection.execute(update(delivery).where(this).values(values))
            require(done.rowcount == 1, NO_DELIVERY, number=number, days=DELIVERED_DAYS)
            self._note(connection, "webhook-replayed", found, by)
            return _delivery(connection.execute(select(delivery).where(this)).one())

    def _note(self, connection: Connection, what: str, made: Hook, by: str | None) -> None:
        trail.note(
            connection, self._profile, self.clock(), what, person=by, organisation=made.organisation,
            facts={"webhook": made.id},
        )  # fmt: skip


def listening(connection: Connection, organisation: str) -> list[Hook]:
    """The open webhooks of an organisation that want its notices."""
    query = select(hook).where(
        hook.c.organisation == organisation, hook.c.about == "notices", hook.c.state == "active"
    )
    return [_hook(row) for row in connection.execute(query)]


def enqueue(connection: Connection, to: Hook, message: str, now: int, full: Refused | None = None) -> int:
    """Put a message in line for a webhook, or set it aside where the line is `full`; its number."""
    row: dict[str, object] = {"hook": to.id, "message": message, "state": "waiting", "due": now, "made": now}
    if full is not None:
        row |= {"state": "dead", "code": full.code.name, "facts": msgspec.json.encode(full.facts)}
    key = connection.execute(insert(delivery).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _secret(wish: Wish) -> str | None:
    """The secret of a new webhook: as given, else drawn; a robot's own, or none."""
    given = wish.secret
    if wish.format == "standard":
        require(given is None or webhooks.key_of(given) is not None, BAD_SECRET)
        return given or webhooks.secret(secrets.token_bytes(32))
    if wish.format == "dingtalk":
        plain = given is None or (given.startswith("SEC") and given.isalnum() and len(given) <= 128)
        require(plain, BAD_SECRET)
        return given
    require(given is None, BAD_SECRET)
    return None


def _own(connection: Connection, organisation: str, id: str) -> Hook:
    query = select(hook).where(hook.c.id == id, hook.c.organisation == organisation)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Refused(NO_HOOK, id=id[:40])
    return _hook(row)


def _row(made: Hook) -> dict[str, object]:
    row = msgspec.structs.asdict(made)
    return row | {name: msgspec.json.encode(row[name]) for name in ("types", "actions", "secrets")}


def _hook(row: Row[tuple[object, ...]]) -> Hook:
    values = {str(name): value for name, value in row._asdict().items()}  # quoted names are no plain str
    values |= {name: msgspec.json.decode(values[name]) for name in ("types", "actions", "secrets")}
    return msgspec.convert(values, Hook)


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    values = {str(name): value for name, value in row._asdict().items()}  # quoted names are no plain str
    values["facts"] = msgspec.json.decode(values["facts"]) if values["facts"] else {}
    return msgspec.convert(values, Delivery)
