"""Redaction: by law a statement's text may have to go; its place in the log stays.

Nodes delete the bytes of the leaf and the free text of the records that it wrote, and keep hashes, so that
all proofs over log and state still hold; audit then knows why the text is missing. Only leaves before
`height` can be meant: nothing is redacted in advance. What the statement did to the state is not undone,
but the records that it wrote lose all their free text; who owns them may write it anew.
"""

from typing import Annotated, Literal

from dongting.appkit.app import COLLECTIVE, Record
from dongting.appkit.context import Context
from dongting.appkit.fields import Count, Digest, Instant, kind, says
from dongting.apps.governance.codes import ALREADY_REDACTED
from dongting.apps.governance.declaration import app
from dongting.errors import require

#: The index of a leaf of the log in decimal digits, without leading zeros.
LeafIndex = Annotated[str, kind("leaf", pattern=r"^(0|[1-9][0-9]{0,14})$(?!\n)")]
#: On what ground; the reasons in words belong to the motive of the proposal.
Ground = Literal["unlawful-content", "personal-data", "state-secret", "court-order"]


@app.record(("Redaction", "正文删除"), indexed=("ground",))
class Redaction(Record, frozen=True):
    """A leaf whose body every node deletes; `height` is that of the block that decided it, `kept` the
    digest of all that nodes keep in its place."""

    id: Annotated[LeafIndex, says("Leaf", "日志位置")]
    ground: Annotated[Ground, says("Ground", "依据")]
    height: Annotated[Count, says("Decided at height", "决定高度")]
    decided: Annotated[Instant, says("Decided", "决定时间")]
    kept: Annotated[Digest, says("Digest of what is kept", "保留内容的摘要")]


class Redact(Record, frozen=True):
    id: Annotated[LeafIndex, says("Leaf", "日志位置")]
    ground: Annotated[Ground, says("Ground", "依据")]


@app.action(
    ("Redact a statement", "删除声明正文"), about=Redaction, by=COLLECTIVE,
    says=(
        "By resolution of the founders, the text of leaf {id} is deleted ({ground}); that it stood"
        " there stays proven.",
        "经发起方决议，删除第 {id} 条记录的正文（{ground}）；该记录曾存在的证明不受影响。",
    ),
)  # fmt: skip
def redact(ctx: Context, asked: Redact) -> None:
    """Have every node delete the body of one leaf of the log, and the free text of what it wrote."""
    require(ctx.get(Redaction, asked.id) is None, ALREADY_REDACTED, leaf=asked.id)
    kept = ctx.blank(int(asked.id))
    ctx.put(Redaction(id=asked.id, ground=asked.ground, height=ctx.height, decided=ctx.time, kept=kept))
