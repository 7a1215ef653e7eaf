"""The records of the catalogue: datasets and their versions (DCAT 3: dcat:Dataset, dcat:hasVersion).

Every member reads them, so they never hold a digest of plain content, a salt or a key: a version's
content stands as a salted commitment, its ciphertext as an address.
"""

from typing import Annotated

from msgspec import Meta

from dongting.appkit.app import App, Record
from dongting.appkit.fields import (
    Commitment,
    Count,
    Digest,
    Instant,
    Line,
    OrganisationId,
    Region,
    Slug,
    StateName,
    Text,
    kind,
    reference,
    says,
)
from dongting.appkit.workflow import State, Workflow
from dongting.apps.catalogue.vocabulary import (
    ColumnType,
    DistributionKind,
    Frequency,
    Grade,
    Opening,
    Sharing,
    Theme,
)

app = App("catalogue", 1, Text(en="Catalogue", zh="数据目录"))

#: Leaves room for ".<number>", so that the id of a version is a Slug too.
DatasetId = Annotated[
    str, kind("slug", pattern=r"^[a-z0-9]([a-z0-9._-]{0,53}[a-z0-9])?$(?!\n)", max_length=55)
]
#: The number of a version: 1, 2, 3 ...
VersionNumber = Annotated[int, kind("count", ge=1, le=99_999_999)]
#: The smallest n for which a content has at most 2 to the n bytes; hides its exact size.
SizeClass = Annotated[int, kind("size-class", ge=0, le=63)]
MediaType = Annotated[str, kind("media-type", max_length=120, pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$(?!\n)")]


def size_class(size: int) -> int:
    """The size class of a content of `size` bytes."""
    return max(size - 1, 0).bit_length()


class Identifier(Record, frozen=True):
    """An identifier that another registry gave (adms:identifier)."""

    scheme: Annotated[Line, says("Registry", "登记机构或体系")]
    value: Annotated[Line, says("Identifier there", "在该处的标识符")]


class Column(Record, frozen=True):
    """One column of a table (W3C Tabular Metadata, csvw:Column)."""

    name: Annotated[Line, says("Column name", "列名")]
    type: Annotated[ColumnType, says("Type", "类型")]
    title: Annotated[Text | None, says("Meaning", "含义")] = None


class Content(Record, frozen=True):
    """What one version holds (dcat:Distribution), without a trace of the plain content.

    `commitment` is that of a part whose content is the file; `address` the digest of the encrypted file,
    absent when the data is kept and handed over outside.
    """

    commitment: Annotated[Commitment, says("Commitment to the content", "内容承诺值")]
    size_class: Annotated[SizeClass, says("Size, at most 2ⁿ bytes", "大小（不超过 2ⁿ 字节）")]
    media_type: Annotated[MediaType, says("Media type", "媒体类型")]
    address: Annotated[Digest | None, says("Address of the encrypted file", "加密文件地址")] = None
    kind: Annotated[DistributionKind, says("Kind of distribution", "提供方式")] = "file"


class Description(Record, frozen=True, kw_only=True):
    """What a publisher says of a dataset; given whole when it is published and when it is revised."""

    title: Annotated[Text, says("Title", "名称")]
    description: Annotated[Text, says("Description", "摘要")]
    theme: Annotated[Theme, says("Theme", "主题")]
    frequency: Annotated[Frequency, says("Update frequency", "更新周期")]
    region: Annotated[Region | None, says("Region covered", "覆盖区域")] = None
    keywords: Annotated[tuple[Line, ...], Meta(max_length=20), says("Keywords", "关键词")] = ()
    sharing: Annotated[Sharing, says("Sharing between departments", "共享属性")]
    legal_basis: Annotated[
        Text | None, says("Legal basis of conditions or refusal", "有条件共享或不予共享的依据")
    ] = None
    opening: Annotated[Opening, says("Opening to the public", "开放属性")]
    grade: Annotated[Grade, says("Security grade (GB/T 43697)", "安全级别（GB/T 43697）")]
    identifiers: Annotated[
        tuple[Identifier, ...], Meta(max_length=20), says("Identifiers elsewhere", "其他标识符")
    ] = ()
    columns: Annotated[tuple[Column, ...], Meta(max_length=300), says("Columns", "数据项")] = ()


DATASET = Workflow(
    states={
        "OFFERED": State("offered", "已发布"),
        "WITHDRAWN": State("withdrawn", "已下架", final=True),
    },
    moves={
        "revise": (("OFFERED",), "OFFERED"),
        "add-version": (("OFFERED",), "OFFERED"),
        "withdraw": (("OFFERED",), "WITHDRAWN"),
    },
)


@app.record(
    ("Dataset", "数据集"),
    indexed=("publisher", "theme", "frequency", "region", "sharing", "opening", "grade", "state", "issued"),
    searched=("title", "description", "keywords", "identifiers", "columns"),
    parties=("publisher",),
    workflow=DATASET,
)
class Dataset(Description, frozen=True, kw_only=True):
    """A dataset that its publisher offers to the network (dcat:Dataset)."""

    id: Annotated[DatasetId, says("Dataset", "数据集编号")]
    publisher: Annotated[OrganisationId, says("Publisher", "发布单位")]
    state: Annotated[StateName, says("State", "状态")]
    issued: Annotated[Instant, says("Published", "发布时间")]
    revised: Annotated[Instant, says("Description last changed", "描述更新时间")]
    latest: Annotated[Count, says("Latest version", "最新版本")]
    notice: Annotated[Text | None, says("Why it was withdrawn", "下架说明")] = None


VERSION = Workflow(
    states={
        "ISSUED": State("issued", "已发布"),
        "ERASED": State("erased", "已删除", final=True),
    },
    moves={"erase": (("ISSUED",), "ERASED")},
)


@app.record(
    ("Version of a dataset", "数据集版本"),
    indexed=("dataset", "state", "issued"),
    workflow=VERSION,
)
class DatasetVersion(Record, frozen=True, kw_only=True):
    """One version of a dataset's content; its id is `<dataset>.<number>`.

    `publisher` issued it: it speaks for the files and parts of that organisation and of nobody else, since
    anyone can name another's commitment or address.
    """

    id: Annotated[Slug, says("Version", "版本编号")]
    dataset: Annotated[str, reference("catalogue.dataset"), says("Dataset", "数据集")]
    number: Annotated[VersionNumber, says("Number", "版本号")]
    publisher: Annotated[OrganisationId, says("Issued by", "发布单位")]
    content: Annotated[Content, says("Content", "内容")]
    state: Annotated[StateName, says("State", "状态")]
    issued: Annotated[Instant, says("Issued", "发布时间")]
    erased: Annotated[Instant | None, says("Erased", "删除时间")] = None


def version_id(dataset: str, number: int) -> str:
    """The id of the version of a dataset with that number."""
    return f"{dataset}.{number}"
