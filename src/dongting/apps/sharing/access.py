"""Who may download what, and what a holder of data has to know; pure functions of records and time.

A node asks `may_download` before every byte; the moment is the reader's, so a deadline that passed
counts at once (kernel rule 5).
"""

from dataclasses import dataclass
from typing import Literal

from dongting.appkit.context import Reader, find
from dongting.appkit.fields import Text
from dongting.apps.sharing import codes
from dongting.apps.sharing.agreements import standing
from dongting.apps.sharing.needs import Datasets, Organisations, WorkingDays
from dongting.apps.sharing.records import Agreement, Transfer, transfer_id
from dongting.errors import Refused, require


def may_download(reader: Reader, transfer_id: str, organisation: str) -> None:
    """Return if the organisation may download what a delivery brings, at the reader's time; else refuse.

    The provider, the consumer and their successors may, while the agreement is in force and the content
    exists; a disputed delivery can be downloaded again.
    """
    transfer = find(reader, Transfer, transfer_id)
    organisations = reader.supplied(Organisations)
    days = reader.supplied(WorkingDays)
    parties = (transfer.provider, transfer.consumer)
    require(
        any(organisations.acts_for(organisation, party) for party in parties),
        codes.DOWNLOAD_NOT_A_PARTY,
        organisation=organisation,
        transfer=transfer.id,
    )
    require(
        organisations.in_good_standing(organisation),
        codes.DOWNLOAD_NOT_IN_GOOD_STANDING,
        organisation=organisation,
    )
    _require_in_force(reader, transfer)
    if transfer.state == "TERMINATED":
        raise Refused(codes.DOWNLOAD_CANCELLED, transfer=transfer.id, day=days.day(transfer.since))
    if transfer.version is None:
        raise Refused(codes.DOWNLOAD_NOT_DELIVERED, transfer=transfer.id, provider=transfer.provider)
    version = reader.supplied(Datasets).version(transfer.dataset, transfer.version)
    if version is not None and version.erased is not None:
        raise Refused(codes.DOWNLOAD_ERASED, day=days.day(version.erased))
    require(transfer.kind == "file", codes.DOWNLOAD_EXTERNAL, transfer=transfer.id)


def _require_in_force(reader: Reader, transfer: Transfer) -> None:
    """Refuse, saying since when and what to do, unless the agreement is in force now."""
    agreement = find(reader, Agreement, transfer.agreement)
    days = reader.supplied(WorkingDays)
    id = agreement.id
    match standing(agreement, reader.time):
        case "SUSPENDED":
            by = agreement.suspended_by
            raise Refused(codes.DOWNLOAD_SUSPENDED, agreement=id, by=by, day=days.day(agreement.since))
        case "TERMINATED":
            raise Refused(codes.DOWNLOAD_TERMINATED, agreement=id, day=days.day(agreement.since))
        case "EXPIRED":
            raise Refused(codes.DOWNLOAD_EXPIRED, agreement=id, day=days.day(agreement.end - 1))
        case "PENDING":
            raise Refused(codes.DOWNLOAD_NOT_YET, agreement=id, day=days.day(agreement.start))
        case "ACTIVE":
            return


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the holder of a delivery has to know or to do.

    `since` is when it came about (seconds since 1970), where the records say so; `asks` whether the
    holder has to answer: about the destruction of its copy.
    """

    kind: Literal["changed", "new-version", "withdrawn", "erased", "ended"]
    text: Text
    since: int | None = None
    asks: bool = False


def notices(reader: Reader, transfer: Transfer) -> tuple[Notice, ...]:
    """What the holder of a delivery has to know at the reader's time; none before it was delivered."""
    if transfer.version is None or transfer.delivered is None:
        return ()
    datasets = reader.supplied(Datasets)
    dataset = datasets.dataset(transfer.dataset)
    version = datasets.version(transfer.dataset, transfer.version)
    agreement = find(reader, Agreement, transfer.agreement)
    newest = transfer.id == transfer_id(agreement.id, agreement.deliveries)
    found: list[Notice] = []
    if version is not None and version.erased is not None:
        found.append(_erased(transfer, version.erased))
    if dataset is not None and dataset.state == "WITHDRAWN":
        found.append(_withdrawn(transfer.dataset))
    if dataset is not None and dataset.revised > transfer.delivered:
        found.append(_changed(transfer.dataset, dataset.revised))
    if dataset is not None and newest and dataset.latest > transfer.version:
        found.append(_new_version(transfer.dataset, dataset.latest))
    if standing(agreement, reader.time) in ("TERMINATED", "EXPIRED"):
        found.append(_ended(transfer, agreement))
    return tuple(found)


def _erased(transfer: Transfer, when: int) -> Notice:
    text = Text(
        en=f"The provider erased version {transfer.version} of {transfer.dataset}; "
        "destroy your copy and answer.",
        zh=f"提供方已删除 {transfer.dataset} 第 {transfer.version} 版；请销毁您的副本并答复。",
    )
    return Notice("erased", text, when, asks=transfer.destruction is None)


def _withdrawn(dataset: str) -> Notice:
    text = Text(
        en=f"{dataset} was withdrawn from the catalogue; your agreement goes on until its end.",
        zh=f"{dataset} 已下架；现有协议在到期前继续有效。",
    )
    return Notice("withdrawn", text)


def _changed(dataset: str, when: int) -> Notice:
    text = Text(
        en=f"The description of {dataset} has changed; read it again.",
        zh=f"{dataset} 的描述已修订；请重新阅读。",
    )
    return Notice("changed", text, when)


def _new_version(dataset: str, latest: int) -> Notice:
    text = Text(
        en=f"{dataset} has a later version, {latest}; ask for its delivery under your agreement.",
        zh=f"{dataset} 已有第 {latest} 版；可在现有协议下申请交付。",
    )
    return Notice("new-version", text)


def _ended(transfer: Transfer, agreement: Agreement) -> Notice:
    text = Text(
        en=f"The agreement {agreement.id} has ended; do with your copy what its terms say, and answer.",
        zh=f"协议 {agreement.id} 已结束；请按条款处置您的副本并答复。",
    )
    ended = agreement.since if agreement.state == "TERMINATED" else agreement.end
    return Notice("ended", text, ended, asks=transfer.destruction is None)
