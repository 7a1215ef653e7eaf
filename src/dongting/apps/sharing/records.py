"""The records of sharing, with the states and names of Dataspace Protocol 2025-1 (Eclipse).

They hold ids, parties, moments, states and commitments, never a word between the two parties.
A negotiation becomes the agreement of the same id; deliveries are `<agreement>.<number>`.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta

from dongting.appkit.app import App, Record
from dongting.appkit.fields import (
    Commitment,
    Count,
    Digest,
    Instant,
    OrganisationId,
    Slug,
    StateName,
    Text,
    kind,
    reference,
    says,
)
from dongting.appkit.workflow import State, Workflow

app = App("sharing", 1, Text(en="Sharing", zh="数据共享"))

#: Leaves room for ".<number>", so that the id of a delivery is a Slug too.
NegotiationId = Annotated[
    str, kind("slug", pattern=r"^[a-z0-9]([a-z0-9._-]{0,53}[a-z0-9])?$(?!\n)", max_length=55)
]
AgreementReference = Annotated[str, reference("sharing.agreement")]
TransferReference = Annotated[str, reference("sharing.transfer")]
DatasetReference = Annotated[str, reference("catalogue.dataset")]
#: A moment up to the end of the year 9899: it has a day, and so has every deadline that is counted from it.
Moment = Annotated[int, kind("instant", ge=0, le=250_246_627_199)]
#: The number of a version of a dataset: 1, 2, 3 ...
VersionNumber = Annotated[int, kind("count", ge=1, le=99_999_999)]


def _choice(**names: tuple[str, str]) -> Any:
    return Meta(
        extra={"kind": "choice", "names": {code: Text(en=en, zh=zh) for code, (en, zh) in names.items()}}
    )


DeliveryKind = Annotated[
    Literal["file", "external"],
    _choice(file=("a file from here", "平台文件"), external=("handed over outside", "外部交付")),
]
DestructionOutcome = Annotated[
    Literal["done", "cannot"],
    _choice(done=("destroyed", "已销毁"), cannot=("cannot be destroyed", "无法销毁")),
]
SupervisionKind = Annotated[
    Literal["urge", "mediate"], _choice(urge=("urging", "督办"), mediate=("mediation", "调解"))
]

#: Both parties sign the same commitment to terms, and the ledger is what verifies it for both. So the
#: statement of the second signature passes ACCEPTED, AGREED and VERIFIED at once and ends in FINALIZED;
#: no negotiation rests in those three. An offer binds its provider until its answer is due.
NEGOTIATION = Workflow(
    states={
        "REQUESTED": State("requested", "已申请", next="provider", due="due"),
        "OFFERED": State("offered with other terms", "已提出新条款", next="consumer", due="due"),
        "ACCEPTED": State("accepted", "已接受"),
        "AGREED": State("agreed", "已同意"),
        "VERIFIED": State("verified", "已核验"),
        "FINALIZED": State("finalized", "已订立", final=True),
        "TERMINATED": State("ended without agreement", "未达成协议", final=True),
    },
    moves={
        "offer": (("REQUESTED",), "OFFERED"),
        "counter": (("OFFERED",), "REQUESTED"),
        "accept": (("OFFERED",), "FINALIZED"),
        "agree": (("REQUESTED",), "FINALIZED"),
        "decline": (("REQUESTED", "OFFERED"), "TERMINATED"),
    },
)


@app.record(
    ("Negotiation", "共享申请"),
    indexed=("consumer", "provider", "dataset", "state", "requested", "due"),
    parties=("consumer", "provider"),
    workflow=NEGOTIATION,
    related=("sharing.agreement/{id}",),
)
class Negotiation(Record, frozen=True, kw_only=True):
    """A request for a dataset and the terms that now stand in it (Contract Negotiation)."""

    id: Annotated[NegotiationId, says("Request", "申请编号")]
    consumer: Annotated[OrganisationId, says("Consumer", "需求方")]
    provider: Annotated[OrganisationId, says("Provider", "提供方")]
    dataset: Annotated[DatasetReference, says("Dataset", "数据集")]
    terms: Annotated[Commitment, says("Commitment to the terms", "条款承诺值")]
    start: Annotated[Moment, says("From", "起始时间")]
    end: Annotated[Moment, says("Until", "截止时间")]
    state: Annotated[StateName, says("State", "状态")]
    requested: Annotated[Instant, says("Requested", "申请时间")]
    due: Annotated[Instant | None, says("Answer due", "答复期限")] = None
    reason: Annotated[Commitment | None, says("Commitment to the reason", "理由承诺值")] = None


AGREEMENT = Workflow(
    states={
        "ACTIVE": State("in force", "有效", next="renewal_awaits"),
        "SUSPENDED": State("suspended", "已暂停", next="suspended_by"),
        "TERMINATED": State("terminated", "已终止", final=True),
    },
    moves={
        "suspend": (("ACTIVE",), "SUSPENDED"),
        "resume": (("SUSPENDED",), "ACTIVE"),
        "terminate": (("ACTIVE", "SUSPENDED"), "TERMINATED"),
    },
)


@app.record(
    ("Agreement", "共享协议"),
    indexed=("provider", "consumer", "dataset", "state", "start", "end", "agreed"),
    parties=("provider", "consumer"),
    workflow=AGREEMENT,
    related=("sharing.negotiation/{id}", "sharing.transfer/{id}.{1..deliveries}"),
)
class Agreement(Record, frozen=True, kw_only=True):
    """One set of terms under which two signatures stand. That its time is over is derived, not stored.

    `renewal_end` is the end that one side proposed and `renewal_awaits` the side that has to confirm it.
    """

    id: Annotated[NegotiationId, says("Agreement", "协议编号")]
    provider: Annotated[OrganisationId, says("Provider", "提供方")]
    consumer: Annotated[OrganisationId, says("Consumer", "需求方")]
    dataset: Annotated[DatasetReference, says("Dataset", "数据集")]
    terms: Annotated[Commitment, says("Commitment to the terms", "条款承诺值")]
    start: Annotated[Moment, says("From", "起始时间")]
    end: Annotated[Moment, says("Until", "截止时间")]
    state: Annotated[StateName, says("State", "状态")]
    agreed: Annotated[Instant, says("Agreed", "订立时间")]
    since: Annotated[Instant, says("In this state since", "状态变更时间")]
    deliveries: Annotated[Count, says("Deliveries", "交付次数")]
    suspended_by: Annotated[OrganisationId | None, says("Suspended by", "暂停方")] = None
    reason: Annotated[Commitment | None, says("Commitment to the reason", "理由承诺值")] = None
    renewal_end: Annotated[Moment | None, says("Proposed new end", "拟续期至")] = None
    renewal_awaits: Annotated[OrganisationId | None, says("Renewal awaits", "待确认续期方")] = None


TRANSFER = Workflow(
    states={
        "REQUESTED": State("to be delivered", "待交付", next="provider", due="due"),
        "STARTED": State("delivered", "已交付", next="consumer", due="due"),
        "SUSPENDED": State("disputed", "有争议", next="provider", due="due"),
        "COMPLETED": State("acknowledged", "已确认", final=True),
        "TERMINATED": State("cancelled", "已取消", final=True),
    },
    moves={
        "deliver": (("REQUESTED",), "STARTED"),
        "acknowledge": (("STARTED", "SUSPENDED"), "COMPLETED"),
        "dispute": (("STARTED",), "SUSPENDED"),
        "redeliver": (("SUSPENDED",), "STARTED"),
        "cancel": (("REQUESTED", "STARTED", "SUSPENDED"), "TERMINATED"),
    },
)


@app.record(
    ("Delivery", "数据交付"),
    indexed=(
        "agreement", "provider", "consumer", "dataset", "version", "state", "delivered", "due", "destruction",
    ),
    parties=("provider", "consumer"),
    workflow=TRANSFER,
    related=("catalogue.dataset-version/{dataset}.{version}",),
)  # fmt: skip
class Transfer(Record, frozen=True, kw_only=True):
    """One handing-over under an agreement (Transfer Process); its id is `<agreement>.<number>`."""

    id: Annotated[Slug, says("Delivery", "交付编号")]
    agreement: Annotated[AgreementReference, says("Agreement", "协议")]
    provider: Annotated[OrganisationId, says("Provider", "提供方")]
    consumer: Annotated[OrganisationId, says("Consumer", "需求方")]
    dataset: Annotated[DatasetReference, says("Dataset", "数据集")]
    state: Annotated[StateName, says("State", "状态")]
    since: Annotated[Instant, says("In this state since", "状态变更时间")]
    due: Annotated[Instant | None, says("Due", "期限")] = None
    version: Annotated[VersionNumber | None, says("Version", "版本号")] = None
    kind: Annotated[DeliveryKind | None, says("Kind", "交付方式")] = None
    content: Annotated[Commitment | None, says("Commitment to the content", "内容承诺值")] = None
    address: Annotated[Digest | None, says("Address of the encrypted file", "加密文件地址")] = None
    locator: Annotated[Commitment | None, says("Commitment to the locator", "交付位置承诺值")] = None
    delivered: Annotated[Instant | None, says("Delivered", "交付时间")] = None
    observed: Annotated[Commitment | None, says("Commitment to what was received", "实收情况承诺值")] = None
    reason: Annotated[Commitment | None, says("Commitment to the reason", "理由承诺值")] = None
    destruction: Annotated[DestructionOutcome | None, says("Copy destroyed", "副本销毁")] = None
    destruction_reason: Annotated[Commitment | None, says("Commitment to why not", "未销毁理由承诺值")] = None
    destruction_said: Annotated[Instant | None, says("Destruction answered", "销毁答复时间")] = None


OBJECTION = Workflow(
    states={
        "OPEN": State("open", "待处理", next="provider", due="due"),
        "CORRECTED": State("corrected", "已更正", final=True),
        "REJECTED": State("rejected", "不予更正", final=True),
    },
    moves={"correct": (("OPEN",), "CORRECTED"), "reject": (("OPEN",), "REJECTED")},
)


@app.record(
    ("Objection to data", "数据异议"),
    indexed=("transfer", "dataset", "consumer", "provider", "state", "due"),
    parties=("provider", "consumer"),
    workflow=OBJECTION,
)
class Objection(Record, frozen=True, kw_only=True):
    """A consumer's statement that delivered data is wrong, and the provider's answer."""

    id: Annotated[Slug, says("Objection", "异议编号")]
    transfer: Annotated[TransferReference, says("Delivery", "交付")]
    consumer: Annotated[OrganisationId, says("Consumer", "需求方")]
    provider: Annotated[OrganisationId, says("Provider", "提供方")]
    dataset: Annotated[DatasetReference, says("Dataset", "数据集")]
    version: Annotated[VersionNumber, says("Version", "版本号")]
    state: Annotated[StateName, says("State", "状态")]
    raised: Annotated[Instant, says("Raised", "提出时间")]
    reason: Annotated[Commitment, says("Commitment to the reason", "理由承诺值")]
    due: Annotated[Instant | None, says("Answer due", "答复期限")] = None
    corrected_by: Annotated[VersionNumber | None, says("Corrected by version", "更正版本号")] = None
    answer: Annotated[Commitment | None, says("Commitment to the answer", "答复承诺值")] = None


def transfer_id(agreement: str, number: int) -> str:
    """The id of the delivery of that number under an agreement."""
    return f"{agreement}.{number}"
