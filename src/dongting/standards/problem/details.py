"""The problem details object and its JSON (RFC 9457, section 3); a refusal maps to exactly one type."""

import msgspec

from dongting.errors import Code, Language, Refused

MEDIA_TYPE = "application/problem+json"  # section 3
BLANK = "about:blank"  # section 4.2.1: no more than the HTTP status says

BAD_PROBLEM = Code(
    "problem", 1, "bad-problem",
    "The answer is not a problem details object (RFC 9457); the address may not be that of a node.",
    "应答不是问题详情对象（RFC 9457）；该地址可能不是节点地址。",
    502,
)  # fmt: skip


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One problem; members that a receiver does not know are ignored (section 3.2).

    `type` is a URI reference, `status` the HTTP status, `instance` the address of this occurrence;
    `number` is 0 where `code` is empty, that is, where the problem is no refusal of Dongting.
    """

    type: str = BLANK
    title: str = ""
    status: int = 0
    detail: str = ""
    instance: str | None = None
    code: str = ""
    number: int = 0


def from_refused(
    refused: Refused, language: Language = "en", *, instance: str | None = None, base: str = "/problems/"
) -> Problem:
    """The problem for a refusal, its detail in the reader's language.

    `base` is the address under which the types are documented; the type is `base` + `module/name`.
    """
    code = refused.code
    return Problem(
        type=f"{base}{code}",
        title=code.name.replace("-", " ").capitalize(),
        status=code.status,
        detail=refused.text(language),
        instance=instance,
        code=str(code),
        number=code.number,
    )


def from_status(status: int, title: str, detail: str = "", *, instance: str | None = None) -> Problem:
    """The problem for what only HTTP knows, such as 404 or 500: type `about:blank` (section 4.2.1)."""
    return Problem(title=title, status=status, detail=detail, instance=instance)


def encode(problem: Problem) -> bytes:
    """The problem as `application/problem+json`, UTF-8; members without a value are left out."""
    return msgspec.json.encode(problem)


def decode(data: bytes) -> Problem:
    """The problem in these bytes; refuses anything but a JSON object with members of the right types."""
    try:
        return msgspec.json.decode(data, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(BAD_PROBLEM) from None
