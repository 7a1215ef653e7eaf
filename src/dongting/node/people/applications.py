"""Applications of organisations without a node: sent in by anybody, decided by who may admit.

Contact and document are personal data: they stay here, and are dropped once the application is declined.
"""

import re
import secrets

from msgspec import Struct
from sqlalchemy import func, insert, select, update

from dongting.errors import Refused, require
from dongting.node.keystore import ORGANISATION
from dongting.node.people.access import Actor
from dongting.node.people.codes import (
    BAD_APPLICATION,
    NO_SUCH_APPLICATION,
    TOO_MANY_APPLICATIONS,
)
from dongting.node.people.database import application
from dongting.node.people.register import Register
from dongting.node.people.staff import EMAIL
from dongting.standards import regions, uscc

LARGEST = 4 * 1024 * 1024  # bytes of a document
WAITING = 200  # applications that may wait at once

_MAGIC = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Applicant(Struct, frozen=True):
    """Who applies: the wished id, kind, names, unified social credit code (GB 32100), region (GB/T 2260), and
    whom to ask."""

    organisation: str
    kind: str
    name_zh: str
    name_en: str
    credit_code: str
    region: str
    contact: str
    email: str


class Application(Struct, frozen=True):
    """One application: `state` is waiting, proposed, admitted or declined; times in seconds since 1970."""

    id: str
    applicant: Applicant
    state: str
    reason: str
    made: int
    decided: int | None
    media_type: str


class Applications:
    """All that were sent in here."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database

    def apply(self, given: Applicant, document: bytes, kinds: frozenset[str], client: str) -> str:
        """Take an application in; its id."""
        _check(given, kinds)
        kind = next((kind for magic, kind in _MAGIC.items() if document.startswith(magic)), "")
        if not (kind and len(document) <= LARGEST):
            raise _bad(
                "the document is not a PDF, PNG or JPEG of at most 4 MiB",
                "文件须为不超过 4 MiB 的 PDF、PNG 或 JPEG",
            )
        if self._register.hosts(given.organisation):
            raise _bad("the id is taken", "编号已被使用")
        id, now = secrets.token_hex(8), self._register.clock()
        with self._database.write() as connection:
            open_ones = application.c.state == "waiting"
            many = connection.execute(
                select(func.count()).select_from(application).where(open_ones)
            ).scalar_one()
            require(many < WAITING, TOO_MANY_APPLICATIONS)
            same = open_ones & (application.c.credit_code == given.credit_code)
            if connection.execute(select(application.c.id).where(same)).first() is not None:
                raise _bad("one with this credit code waits already", "已有相同信用代码的申请在等待处理")
            connection.execute(
                insert(application).values(
                    id=id, organisation=given.organisation, kind=given.kind, name_zh=given.name_zh,
                    name_en=given.name_en, credit_code=given.credit_code, region=given.region,
                    contact=given.contact, email=given.email, document=document, media_type=kind,
                    state="waiting", reason="", made=now,
                )
            )  # fmt: skip
            self._register.note(
                connection, "application-received", None, None, {"application": id, "client": client}
            )
        return id

    def list(self) -> list[Application]:
        """All, those that wait first, the newest first."""
        columns = [column for column in application.c if column.name != "document"]
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).order_by(application.c.made.desc()).limit(500)).all()
        found = [
            Application(
                row.id,
                Applicant(
                    row.organisation, row.kind, row.name_zh, row.name_en, row.credit_code, row.region,
                    row.contact, row.email,
                ),
                row.state, row.reason, row.made, row.decided, row.media_type,
            )
            for row in rows
        ]  # fmt: skip
        return sorted(found, key=lambda one: one.state != "waiting")

    def one(self, id: str) -> Application:
        """One of them."""
        found = next((one for one in self.list() if one.id == id), None)
        if found is None:
            raise Refused(NO_SUCH_APPLICATION)
        return found

    def document(self, id: str) -> tuple[bytes, str]:
        """The document and its media type; refuses where it was dropped."""
        with self._database.read() as connection:
            query = select(application.c.document, application.c.media_type)
            row = connection.execute(query.where(application.c.id == id)).one_or_none()
        if row is None or row.document is None:
            raise Refused(NO_SUCH_APPLICATION)
        return bytes(row.document), row.media_type

    def decide(self, id: str, state: str, by: Actor | None, organisation: str, reason: str = "") -> None:
        """Note what became of an application that waits; a declined one loses contact and document."""
        dropped = {"document": None, "contact": "", "email": ""} if state == "declined" else {}
        with self._database.write() as connection:
            mine = (application.c.id == id) & (application.c.state == "waiting")
            done = connection.execute(
                update(application).where(mine).values(
                    state=state, reason=reason[:500], decided=self._register.clock(), **dropped
                )
            )  # fmt: skip
            require(done.rowcount == 1, NO_SUCH_APPLICATION)
            who = by.person if by is not None else None
            self._register.note(connection, f"application-{state}", who, organisation, {"application": id})


def _check(given: Applicant, kinds: frozenset[str]) -> None:
    if not re.match(ORGANISATION, given.organisation):
        raise _bad(
            "the id has other characters than a-z, 0-9, dot and hyphen", "编号只能含 a-z、0-9、点和连字符"
        )
    if given.kind not in kinds:
        raise _bad("choose a kind", "请选择类型")
    names = [given.name_zh, given.name_en, given.contact]
    if not (given.name_zh or given.name_en) or not given.contact:
        raise _bad("name and contact are needed", "须填写名称和联系人")
    if not all(len(name) <= 120 and (not name or name.isprintable()) for name in names):
        raise _bad("a name has at most 120 characters in one line", "名称应为单行且不超过 120 个字符")
    if not EMAIL.fullmatch(given.email) or len(given.email) > 254:
        raise _bad("this is not an e-mail address", "电子邮件地址无效")
    uscc.check(given.credit_code)
    if given.region:
        regions.check(given.region)


def _bad(en: str, zh: str) -> Refused:
    return Refused(BAD_APPLICATION, why_en=en, why_zh=zh)
