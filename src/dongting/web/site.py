"""What the pages of one worker stand on: façade, views, templates and static files."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jinja2 import Environment

from dongting.appkit.fields import Text
from dongting.errors import Language, Refused
from dongting.http.messages import Reply
from dongting.node.agents import Agents
from dongting.node.facade import Facade, Status
from dongting.node.hooks.subscriptions import Hooks
from dongting.node.incoming import Incoming
from dongting.node.notices.book import Book
from dongting.node.notices.words import Words
from dongting.node.people.accounts import Accounts
from dongting.node.people.entrance import Said
from dongting.store.views import Views
from dongting.web import members
from dongting.web.texts import LANGUAGES, Tongue
from dongting.web.visits import Visit, address
from dongting.wire.genesis import Genesis
from dongting.wire.profile import Profile

if TYPE_CHECKING:
    from dongting.web.assets import Assets
    from dongting.web.blocks import Blocks
    from dongting.web.figures import Measures
    from dongting.web.notices import Unread

T = TypeVar("T")

HTML = "text/html; charset=utf-8"
_KNOWN = 60  # seconds that an organisation's name is remembered


@dataclass(slots=True)
class Site:
    """One worker's pages. `url` is the address by which others reach them, without a final slash; `secure`
    says that it is reached encrypted only. `agents` act for the organisations hosted here; `mails`: the node
    sends e-mail;
    `home` is the node's directory; `busy` is work that goes on beside the pages.
    """

    facade: Facade
    views: Views
    genesis: Genesis
    network: str
    url: str
    assets: "Assets"
    blocks: "Blocks"
    tongues: Mapping[Language, Tongue]
    templates: Mapping[Language, Environment]
    accounts: Accounts
    secure: bool
    agents: Agents | None
    incoming: Incoming
    profile: Profile
    book: Book
    words: Words
    unread: "Unread"
    measures: "Measures"
    mails: bool
    home: Path
    hooks: Hooks
    busy: set["asyncio.Task[None]"] = field(default_factory=set)
    _names: dict[str, tuple[float, Text]] = field(default_factory=dict)

    @property
    def name(self) -> Text:
        """The network's name."""
        return Text(**self.genesis.name)

    def page(self, visit: Visit, template: str, *, refused: Refused | None = None, **values: Any) -> Reply:
        """A page in the visitor's language; `section` among the values names its place in the menu.

        With `refused` it says why something was not done: a form again, or the page of an error.
        """
        tongue = self.tongues[visit.language]
        status = 200 if refused is None else refused.code.status
        text = self.templates[visit.language].get_template(template).render(
            visit=visit, t=tongue, site=self, languages=LANGUAGES, address=address, status=status,
            refused=refused, **values,
        )  # fmt: skip
        fields = [("content-language", tongue.tag)]
        if visit.session is not None:
            fields.append(("cache-control", "no-store"))
        elif status == 200:
            fields.append(("cache-control", "no-cache"))
        elif refused is not None and status == 429:
            fields.append(("retry-after", str(refused.facts.get("wait", 1))))
        return Reply(status, text.encode(), HTML, fields)

    async def go(
        self, visit: Visit, target: str, message: str = "", *, warns: bool = False, **values: str
    ) -> Reply:
        """To another page after a form (303), which shows a marked message with its values once."""
        if message and visit.session is not None:
            said = Said(message, values, warns)
            await asyncio.to_thread(self.accounts.entrance.say, visit.session, [said])
        return Reply(303, b"", None, [("location", target), ("cache-control", "no-store")])

    async def read(self, work: Callable[[], T]) -> T:
        """Read what a page shows from the views, in a thread; all of it sees one state."""
        return await asyncio.to_thread(self.views.together, work)

    def called(self, organisation: str) -> Text:
        """The name of an organisation, remembered for a minute; its id where it has none yet."""
        return self.names([organisation])[organisation]

    def names(self, organisations: Iterable[str]) -> dict[str, Text]:
        """The names of several."""
        wanted, now = list(dict.fromkeys(organisations)), time.monotonic()
        known = {id: self._names[id] for id in wanted if id in self._names}
        missing = [id for id in wanted if id not in known or now - known[id][0] >= _KNOWN]
        for id, found in members.organisations(self.views, missing).items() if missing else ():
            known[id] = self._names[id] = (now, found.name)
        return {id: known[id][1] if id in known else Text(en=id, zh=id) for id in wanted}

    async def standing(self) -> tuple[Status | None, Refused | None]:
        """Where the ledger stands, or why that is not known at present."""
        try:
            return await self.facade.status(), None
        except Refused as refused:
            return None, refused
