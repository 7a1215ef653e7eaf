"""The parts of sharing: what the two parties tell each other and nobody else reads."""

from typing import Annotated

from dongting.appkit.app import Record
from dongting.appkit.fields import Digest, Prose, Text, says
from dongting.apps.sharing.codes import TERMS_DIFFER
from dongting.errors import require
from dongting.standards.odrl import Terms

__all__ = ["Locator", "Observation", "Reason", "Resolution", "Terms", "check_terms"]


class Reason(Record, frozen=True):
    """Why one party did what it did."""

    text: Annotated[Text, says("Reason", "理由")]


class Resolution(Record, frozen=True):
    """How the supervisor would settle a dispute; it binds nobody."""

    text: Annotated[Text, says("Proposed resolution", "调解方案")]


class Locator(Record, frozen=True):
    """Where an external delivery is handed over.

    What opens the content's commitment is not repeated here: it is kept with the version of the dataset,
    made readable to the consumer, and erased with it.
    """

    locator: Annotated[Prose, says("Where the data is handed over", "数据交付位置")]


class Observation(Record, frozen=True):
    """What a consumer received instead of what was announced."""

    digest: Annotated[Digest, says("Digest of what was received", "实际收到内容的摘要")]
    note: Annotated[Text | None, says("What is wrong", "问题说明")] = None


def check_terms(terms: Terms, start: int, end: int) -> None:
    """Refuse terms that are not valid, or whose period is not the public one of the statement.

    The ledger cannot read terms: whoever can (the author's node before signing, the other side's before
    it signs too, and a verifier) compares. Terms that name no start or end take the statement's.
    """
    terms.check()
    for field, inside, outside in (("start", terms.start, start), ("end", terms.end, end)):
        require(
            inside is None or inside == outside,
            TERMS_DIFFER,
            field=field,
            inside=inside,
            outside=outside,
        )
