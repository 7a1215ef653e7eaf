"""An invitation to follow a node: a few lines that a person can send, read and type.

    dongting invitation 1
    network 9f86d081…                                            64 hexadecimal digits
    upstream https://ledger.hunan.example
    expires 2026-12-31T00:00:00Z
    check 4f1d9ac2

It is no secret and admits nobody: the network's id pins the genesis document by its hash, and what a node
may ask for follows from the organisation that registers it. `check` finds slips of copying: the first 8
hexadecimal digits of SHA-256 over the lines before it.
"""

import re
from datetime import UTC, datetime

from msgspec import Struct

from dongting.errors import Code, Refused, require
from dongting.wire.profile import sha256

BAD_INVITATION = Code(
    "follow", 14, "bad-invitation",
    "This is no whole invitation: {why}. Ask for it again; `dongting node invite` prints one.",
    "这不是完整的邀请：{why}。请重新索取；`dongting node invite` 可生成邀请。",
)  # fmt: skip
INVITATION_EXPIRED = Code(
    "follow", 15, "invitation-expired",
    "The invitation expired on {expires}; ask for a new one.",
    "该邀请已于 {expires} 过期；请索取新的邀请。",
)  # fmt: skip

_FORM = re.compile(
    r"(dongting invitation 1\nnetwork ([0-9a-f]{64})\nupstream (https?://[!-~]{1,290})\n"
    r"expires (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n)check ([0-9a-f]{8})\n",
    re.ASCII,
)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Invitation(Struct, frozen=True):
    """The network (id), the address of the node to follow, and when this ends, in seconds since 1970."""

    network: str
    upstream: str
    expires: int

    def encode(self) -> str:
        """The text."""
        moment = datetime.fromtimestamp(self.expires, UTC).strftime(_TIME)
        text = f"dongting invitation 1\nnetwork {self.network}\nupstream {self.upstream}\nexpires {moment}\n"
        return f"{text}check {_check(text)}\n"


def decode(text: str, now: int) -> Invitation:
    """The invitation in a text; white space around its lines does not matter. Refuses an expired one."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    match = _FORM.fullmatch("\n".join(lines) + "\n")
    if match is None:
        raise Refused(BAD_INVITATION, why="it has not the five lines of one")
    whole, network, upstream, expires, check = match.groups()
    require(_check(whole) == check, BAD_INVITATION, why="a line differs from what was sent")
    try:
        moment = int(datetime.strptime(expires, _TIME).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise Refused(BAD_INVITATION, why=f"{expires} is no moment") from None
    require(now <= moment, INVITATION_EXPIRED, expires=expires)
    return Invitation(network, upstream, moment)


def _check(text: str) -> str:
    return sha256(text.encode()).hex()[:8]
