"""What a publisher does with its datasets: publish, revise, add a version, withdraw, erase.

Every statement here is readable by all members; what a content holds never is (see `records`).
"""

from typing import Annotated

import msgspec

from dongting.appkit.app import Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import BAD_FIELD, Text, says
from dongting.apps.catalogue import codes
from dongting.apps.catalogue.records import (
    DATASET,
    VERSION,
    Content,
    Dataset,
    DatasetId,
    DatasetVersion,
    Description,
    VersionNumber,
    app,
    version_id,
)
from dongting.errors import Refused, require

TITLE_LENGTH = 300  # characters; a longer one belongs into the description


class Publish(Description, frozen=True, kw_only=True):
    """A new dataset: its description and, if there is one already, its first content."""

    id: Annotated[DatasetId, says("Dataset", "数据集编号")]
    content: Annotated[Content | None, says("First version", "首个版本")] = None


class Revise(Description, frozen=True, kw_only=True):
    """The whole new description, columns included."""

    id: Annotated[DatasetId, says("Dataset", "数据集编号")]


class AddVersion(Record, frozen=True):
    """The next version of a dataset's content."""

    id: Annotated[DatasetId, says("Dataset", "数据集编号")]
    number: Annotated[VersionNumber, says("Version", "版本号")]
    content: Annotated[Content, says("Content", "内容")]


class Withdraw(Record, frozen=True):
    """The dataset to withdraw, and why, for all members to read."""

    id: Annotated[DatasetId, says("Dataset", "数据集编号")]
    notice: Annotated[Text | None, says("Why, for all members", "下架说明（全体成员可见）")] = None


class Erase(Record, frozen=True):
    """The version whose content was erased."""

    id: Annotated[DatasetId, says("Dataset", "数据集编号")]
    number: Annotated[VersionNumber, says("Version", "版本号")]


@app.action(
    ("Publish a dataset", "发布数据集"),
    about=Dataset,
    says=("{author} published the dataset {id}.", "{author} 发布了数据集 {id}。"),
)
def publish(ctx: Context, asked: Publish) -> None:
    """Offer a dataset to the network (DCAT 3, dcat:Dataset), with its first version if it has content.

    Refuses an id that exists, core data and state secrets, and a sharing attribute without its basis.
    """
    require(ctx.get(Dataset, asked.id) is None, codes.ALREADY_PUBLISHED, id=asked.id)
    _check(asked)
    described = msgspec.structs.asdict(asked)
    del described["content"]
    ctx.put(
        Dataset(
            **described,
            publisher=ctx.author,
            state="OFFERED",
            issued=ctx.time,
            revised=ctx.time,
            latest=0 if asked.content is None else 1,
        )
    )
    if asked.content is not None:
        _issue(ctx, asked.id, 1, asked.content)


@app.action(
    ("Revise a dataset's description", "修订数据集描述"),
    about=Dataset,
    says=("{author} revised the description of {id}.", "{author} 修订了数据集 {id} 的描述。"),
)
def revise(ctx: Context, asked: Revise) -> None:
    """Replace the whole description, the column schema included; holders see that it changed."""
    dataset = _own(ctx, asked.id)
    state = DATASET.move(dataset, "revise", asked.id)
    _check(asked)
    described = msgspec.structs.asdict(asked)
    ctx.put(msgspec.structs.replace(dataset, **described, state=state, revised=ctx.time))


@app.action(
    ("Add a version", "新增版本"),
    about=Dataset,
    says=("{author} issued version {number} of {id}.", "{author} 发布了数据集 {id} 的第 {number} 版。"),
)
def add_version(ctx: Context, asked: AddVersion) -> None:
    """Issue the next version of a dataset (dcat:hasVersion); numbers follow one another without gaps."""
    dataset = _own(ctx, asked.id)
    state = DATASET.move(dataset, "add-version", asked.id)
    require(
        asked.number == dataset.latest + 1,
        codes.NOT_THE_NEXT_VERSION,
        id=asked.id,
        expected=dataset.latest + 1,
        given=asked.number,
    )
    ctx.put(msgspec.structs.replace(dataset, latest=asked.number, state=state))
    _issue(ctx, asked.id, asked.number, asked.content)


@app.action(
    ("Withdraw a dataset", "下架数据集"),
    about=Dataset,
    says=("{author} withdrew the dataset {id}.", "{author} 下架了数据集 {id}。"),
)
def withdraw(ctx: Context, asked: Withdraw) -> None:
    """End the offer: nobody can request the dataset any more; agreements that stand go on."""
    dataset = _own(ctx, asked.id)
    if asked.notice is not None:
        asked.notice.check("notice")
    state = DATASET.move(dataset, "withdraw", asked.id)
    ctx.put(msgspec.structs.replace(dataset, state=state, notice=asked.notice))


@app.action(
    ("Record an erasure", "登记数据删除"),
    about=Dataset,
    says=(
        "{author} erased the content of version {number} of {id}.",
        "{author} 删除了数据集 {id} 第 {number} 版的内容。",
    ),
)
def erase(ctx: Context, asked: Erase) -> None:
    """Put on record that the publisher erased a version's content and salt; whoever holds it is asked to.

    Proofs of what happened before stay valid, for the commitment stays. Possible after a withdrawal too.
    """
    _own(ctx, asked.id)
    version = find(ctx, DatasetVersion, version_id(asked.id, asked.number))
    state = VERSION.move(version, "erase", version.id)
    ctx.put(msgspec.structs.replace(version, state=state, erased=ctx.time))


def _own(ctx: Context, id: str) -> Dataset:
    """The dataset, when the author publishes it or succeeded who did."""
    dataset = find(ctx, Dataset, id)
    require(ctx.acts_for(dataset.publisher), codes.NOT_PUBLISHER, id=id, publisher=dataset.publisher)
    return dataset


def _issue(ctx: Context, dataset: str, number: int, content: Content) -> None:
    require(content.kind == "file", codes.DISTRIBUTION_NOT_YET, kind=content.kind)
    ctx.put(
        DatasetVersion(
            id=version_id(dataset, number),
            dataset=dataset,
            number=number,
            publisher=ctx.author,
            content=content,
            state="ISSUED",
            issued=ctx.time,
        )
    )


def _check(asked: Description) -> None:
    """What the types cannot say about a description."""
    require(asked.grade != "core", codes.CORE_DATA)
    require(asked.grade != "state-secret", codes.STATE_SECRET)
    require(asked.sharing == "unconditional" or asked.legal_basis is not None, codes.LEGAL_BASIS_MISSING)
    require(not (asked.grade == "important" and asked.opening == "unconditional"), codes.IMPORTANT_DATA_OPEN)
    asked.title.check("title")
    asked.description.check("description")
    if asked.legal_basis is not None:
        asked.legal_basis.check("legal_basis")
    for title in (asked.title.zh, asked.title.en):
        if title is not None and (len(title) > TITLE_LENGTH or "\n" in title):
            raise Refused(BAD_FIELD, field="title", why=f"use one line of at most {TITLE_LENGTH} characters")
    seen: set[str] = set()
    for column in asked.columns:
        if column.name in seen:
            raise Refused(codes.COLUMN_TWICE, name=column.name)
        seen.add(column.name)
        if column.title is not None:
            column.title.check("columns.title")
