"""The terms under which one organisation may use another's data: the content of an agreement's part.

Plain values with their limits, so that the same struct is decoded from a part, shown in a form and
written as ODRL. `Meta.extra` names the kind and the label of each field for forms and documents.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from dongting.errors import Code, require

LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that RFC 3339 can write
MAX_SAFE_INTEGER = 2**53 - 1  # RFC 7493, section 2.2

BAD_TERMS = Code(
    "odrl", 1, "bad-terms",
    "The terms are not valid: {why}.",
    "条款无效：{why}。",
)  # fmt: skip


def _field(kind: str, en: str, zh: str) -> dict[str, object]:
    return {"kind": kind, "label": {"en": en, "zh": zh}}


_Prose = Annotated[str, Meta(max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
_Instant = Annotated[int, Meta(ge=0, le=LAST_SECOND)]
_Party = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[!-~]+$")]

#: Whether the assignee may pass the data on: to nobody, inside its own organisation only, to anyone.
Onward = Literal["none", "within-organisation", "allowed"]
ONWARD: dict[Onward, dict[str, str]] = {
    "none": {"en": "to nobody", "zh": "不得转让或再提供"},
    "within-organisation": {"en": "within the own organisation only", "zh": "仅限本单位内部"},
    "allowed": {"en": "allowed", "zh": "允许"},
}


class Words(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Text for people in Chinese, English or both."""

    zh: _Prose | None = None
    en: _Prose | None = None


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in minor units (fen, cents) of an ISO 4217 currency."""

    minor: Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "CNY"


class Terms(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What may be done with the data; a field left out sets no limit, except that onward use is none.

    `recipients` are the organisations that may see the data besides the assignee; `count` is how often
    it may be used; `region` is a GB/T 2260 code; `start` and `end` are seconds since 1970, the end not
    included; `destroy_within_days` counts days from the end of use.
    """

    purpose: Annotated[Words, Meta(extra=_field("text", "Purpose", "用途"))]
    legal_basis: Annotated[Words | None, Meta(extra=_field("text", "Legal basis", "法律依据"))] = None
    recipients: Annotated[
        tuple[_Party, ...], Meta(max_length=100, extra=_field("organisations", "Recipients", "使用方"))
    ] = ()
    count: Annotated[
        Annotated[int, Meta(ge=1, le=MAX_SAFE_INTEGER)] | None,
        Meta(extra=_field("count", "Number of uses", "使用次数")),
    ] = None
    region: Annotated[
        Annotated[str, Meta(pattern=r"^[1-9][0-9]{5}([0-9]{3}([0-9]{3})?)?$")] | None,
        Meta(extra=_field("region", "Region of use", "使用地域")),
    ] = None
    start: Annotated[_Instant | None, Meta(extra=_field("instant", "From", "开始时间"))] = None
    end: Annotated[_Instant | None, Meta(extra=_field("instant", "Until", "结束时间"))] = None
    onward: Annotated[
        Onward, Meta(extra={**_field("choice", "Onward use", "转让与再提供"), "names": ONWARD})
    ] = "none"
    destroy_within_days: Annotated[
        Annotated[int, Meta(ge=0, le=36_500)] | None,
        Meta(extra=_field("count", "Destroyed within days of the end", "到期后销毁期限（日）")),
    ] = None
    conditions: Annotated[Words | None, Meta(extra=_field("text", "Further conditions", "其他条件"))] = None
    price: Annotated[Price | None, Meta(extra=_field("money", "Price", "价格"))] = None

    def check(self) -> None:
        """Refuse terms that say nothing or contradict themselves; types alone cannot tell."""
        for name, words in (
            ("purpose", self.purpose),
            ("legal_basis", self.legal_basis),
            ("conditions", self.conditions),
        ):
            said = words is None or bool(words.zh or words.en)
            require(said, BAD_TERMS, why=f"{name}: give it in Chinese (zh), English (en) or both")
            empty = words is not None and "" in (words.zh, words.en)
            require(not empty, BAD_TERMS, why=f"{name}: leave a language out instead of leaving it empty")
        ordered = self.start is None or self.end is None or self.start < self.end
        require(ordered, BAD_TERMS, why="end must lie after start")
        require(len(set(self.recipients)) == len(self.recipients), BAD_TERMS, why="a recipient occurs twice")
