"""Which notices go to whom by e-mail: at once, gathered for a minute; or once a day, each person as chosen.

How far a person was told stands in the database and moves only after the server has taken the message:
nothing is lost, and after a crash one message may come twice.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from sqlalchemy import select

from dongting.errors import Language, Refused
from dongting.node.notices.book import Book, How, Notice, Reader
from dongting.node.notices.mail import Post
from dongting.node.notices.words import Words
from dongting.node.people.database import membership, person

EVERY = 10  # seconds between looks
AFTER_FAILURE = 300  # seconds until the server is tried again
HOUR = 8  # of the network's day, at which the daily summary is sent
_MOST = 50  # notices named in one message

log = logging.getLogger("dongting.mail")


class Mailer:
    """`zone` is the network's, `name` what it is called; `url` is where people reach the node."""

    def __init__(self, book: Book, post: Post, words: Words, zone: timezone, name: str, url: str) -> None:
        self._book = book
        self._post = post
        self._words = words
        self._zone = zone
        self._name = name
        self._url = url

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.send)
            except Refused as refused:
                log.warning("mail was not sent", extra={"why": refused.text()})
                await asyncio.sleep(AFTER_FAILURE)
            await asyncio.sleep(EVERY)

    def send(self) -> int:
        """Send what is due; how many messages. Refuses when the server does, and goes on there next time."""
        if not self._post.ready:
            return 0
        return sum(self._tell(reader, address) for reader, address in self._readers())

    def _readers(self) -> Iterator[tuple[Reader, str]]:
        query = (
            select(person.c.id, person.c.email, membership.c.organisation)
            .join(membership, membership.c.person == person.c.id)
            .where(person.c.active, person.c.email != "")
            .distinct()
        )
        with self._book.database.read() as connection:
            rows = connection.execute(query).all()
        for id, email, organisation in rows:
            yield self._book.reader(id, organisation), email

    def _tell(self, reader: Reader, address: str) -> int:
        sent = 0
        fresh = self._book.after(reader.organisation, max(reader.mailed, reader.seen))
        if fresh:
            sent += self._message(reader, address, _of(reader, fresh, "at-once"), daily=False)
            self._book.change(reader.person, reader.organisation, mailed=fresh[-1].number)
        moment = datetime.fromtimestamp(self._book.clock(), self._zone)
        day = moment.strftime("%Y-%m-%d")
        if moment.hour >= HOUR and reader.day != day:
            gathered = self._book.after(reader.organisation, max(reader.digested, reader.seen))
            sent += self._message(reader, address, _of(reader, gathered, "daily"), daily=True)
            last = gathered[-1].number if gathered else reader.digested
            self._book.change(reader.person, reader.organisation, day=day, digested=last)
        return sent

    def _message(self, reader: Reader, address: str, notices: Sequence[Notice], *, daily: bool) -> int:
        if not notices:
            return 0
        language: Language = reader.language
        subject, text = self.text(notices, language, daily=daily)
        self._post.send(address, subject, text, language)
        return 1

    def text(self, notices: Sequence[Notice], language: Language, *, daily: bool) -> tuple[str, str]:
        """Subject and content of a message about these notices."""
        chinese = language == "zh"
        many = len(notices)
        if daily:
            about = f"每日摘要（{many} 条通知）" if chinese else f"Daily summary ({many} notices)"
        elif many == 1:
            about = self._words.title(notices[0]).best(language)
        else:
            about = f"{many} 条通知" if chinese else f"{many} notices"
        lines = [
            f"{self._words.says(each).best(language)}\n{self._words.link(each)}" for each in notices[:_MOST]
        ]
        if many > _MOST:
            lines.append(f"……另有 {many - _MOST} 条" if chinese else f"… and {many - _MOST} more")
        choose = "查看全部，或更改通知方式：" if chinese else "Read all, or choose how you are told:"
        lines.append(f"{choose}\n{self._url}/notices")
        return f"[{self._name}] {about}", "\n\n".join(lines) + "\n"


def _of(reader: Reader, notices: Sequence[Notice], how: How) -> list[Notice]:
    return [each for each in notices if reader.how(each.kind) == how]
