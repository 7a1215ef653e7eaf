"""What the pages of one worker stand on: façade, views, templates and static files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from dongting.appkit.fields import Text
from dongting.errors import Language, Refused
from dongting.http.messages import Reply
from dongting.node.facade import Facade, Status
from dongting.store.views import Views
from dongting.web.texts import LANGUAGES, Tongue
from dongting.web.visits import Visit, address
from dongting.wire.genesis import Genesis

if TYPE_CHECKING:
    from dongting.web.assets import Assets
    from dongting.web.blocks import Blocks
    from dongting.web.offers import Surveys

HTML = "text/html; charset=utf-8"


@dataclass(slots=True)
class Site:
    """One worker's pages. `url` is the address by which others reach them, without a final slash."""

    facade: Facade
    views: Views
    genesis: Genesis
    network: str
    url: str
    assets: "Assets"
    blocks: "Blocks"
    surveys: "Surveys"
    tongues: Mapping[Language, Tongue]
    templates: Mapping[Language, Environment]

    @property
    def name(self) -> Text:
        """The network's name."""
        return Text(**self.genesis.name)

    def page(self, visit: Visit, template: str, *, status: int = 200, **values: Any) -> Reply:
        """A page in the visitor's language; `section` among the values names its place in the menu."""
        tongue = self.tongues[visit.language]
        text = self.templates[visit.language].get_template(template).render(
            visit=visit, t=tongue, site=self, languages=LANGUAGES, address=address, status=status, **values
        )  # fmt: skip
        fields = [("content-language", tongue.tag)]
        if status == 200:
            fields.append(("cache-control", "no-cache"))
        return Reply(status, text.encode(), HTML, fields)

    async def standing(self) -> tuple[Status | None, Refused | None]:
        """Where the ledger stands, or why that is not known at present."""
        try:
            return await self.facade.status(), None
        except Refused as refused:
            return None, refused
