"""Evidence: the commitment of any file, or of any outside signed statement, with the time it stood here.

The invariant: a fact once registered stays as it was. Nothing is withdrawn or corrected; a later fact
may name the one that it follows.
"""

from typing import Annotated, Literal

from msgspec import Meta

from dongting.appkit.app import App, Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import (
    Commitment,
    Instant,
    Line,
    OrganisationId,
    Prose,
    Slug,
    Text,
    kind,
    part,
    reference,
    says,
)
from dongting.errors import Code, require

app = App("evidence", 1, Text(en="Evidence", zh="存证"))

ALREADY_REGISTERED = Code(
    "evidence", 1, "already-registered",
    "Evidence called {id} exists already and cannot be changed; choose another id.",
    "编号为 {id} 的存证已存在且不可更改；请换一个编号。",
    status=409,
)  # fmt: skip
NOT_OWNER = Code(
    "evidence", 2, "not-owner",
    "{id} was registered by {owner}; only evidence of your own can be followed up.",
    "{id} 由 {owner} 登记；只能接续本单位登记的存证。",
    status=403,
)  # fmt: skip

MediaType = Annotated[str, kind("media-type", max_length=120, pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$(?!\n)")]
EvidenceKind = Annotated[
    Literal["file", "statement"],
    Meta(
        extra={
            "kind": "choice",
            "names": {
                "file": Text(en="file", zh="文件"),
                "statement": Text(en="outside signed statement", zh="外部签名声明"),
            },
        }
    ),
]


class Label(Record, frozen=True):
    """What the owner calls its evidence; a part, readable by the owner alone."""

    name: Annotated[Line, says("Name", "名称")]
    note: Annotated[Prose, says("Note", "备注")] = ""


@app.record(("Evidence", "存证"), indexed=("owner", "kind", "registered"), parties=("owner",))
class Evidence(Record, frozen=True, kw_only=True):
    """Some content existed, unchanged since, at the time of registration."""

    id: Annotated[Slug, says("Evidence", "存证编号")]
    owner: Annotated[OrganisationId, says("Registered by", "登记单位")]
    kind: Annotated[EvidenceKind, says("Kind", "类型")]
    content: Annotated[Commitment, says("Commitment to the content", "内容承诺值")]
    media_type: Annotated[MediaType | None, says("Media type", "媒体类型")] = None
    label: Annotated[Commitment | None, says("Commitment to the label", "标签承诺值")] = None
    follows: Annotated[Annotated[str, reference("evidence.evidence")] | None, says("Follows", "接续自")] = (
        None
    )
    registered: Annotated[Instant, says("Registered", "登记时间")]


class Register(Record, frozen=True, kw_only=True):
    """What is registered: `content` commits to the bytes of the file or of the signed statement."""

    id: Annotated[Slug, says("Evidence", "存证编号")]
    kind: Annotated[EvidenceKind, says("Kind", "类型")]
    content: Annotated[Commitment, says("Commitment to the content", "内容承诺值")]
    media_type: Annotated[MediaType | None, says("Media type", "媒体类型")] = None
    label: Annotated[
        Annotated[str, part(Label)] | None, says("Label, for yourself", "标签（仅本单位可见）")
    ] = None
    follows: Annotated[Annotated[str, reference("evidence.evidence")] | None, says("Follows", "接续自")] = (
        None
    )


@app.action(
    ("Register evidence", "登记存证"),
    about=Evidence,
    says=(
        "{author} registered the evidence {id}, whose content is committed to as {content}.",
        "{author} 登记了存证 {id}，其内容承诺值为 {content}。",
    ),
)
def register(ctx: Context, asked: Register) -> None:
    """Prove from now on that a content existed at this moment and has not changed since.

    Whoever has the content and its salt can recompute the commitment; nobody else learns anything of it.
    """
    require(ctx.get(Evidence, asked.id) is None, ALREADY_REGISTERED, id=asked.id)
    if asked.follows is not None:
        earlier = find(ctx, Evidence, asked.follows)
        require(ctx.acts_for(earlier.owner), NOT_OWNER, id=earlier.id, owner=earlier.owner)
    ctx.put(
        Evidence(
            id=asked.id,
            owner=ctx.author,
            kind=asked.kind,
            content=asked.content,
            media_type=asked.media_type,
            label=asked.label,
            follows=asked.follows,
            registered=ctx.time,
        )
    )
