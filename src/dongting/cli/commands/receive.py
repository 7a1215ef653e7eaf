"""Receiving: `dongting download`, `acknowledge`, `dispute` and `destroyed`.

An acknowledgement is signed only over what this computer compared with the commitment.
"""

from pathlib import Path
from typing import Any

import click

from dongting.cli import language
from dongting.cli.acting import ACTIONS, Draft, carry_out
from dongting.cli.bars import bar
from dongting.cli.derived import YES, derive
from dongting.cli.session import Session, session
from dongting.errors import Code, Refused
from dongting.sdk.contents import DIFFERS

TRANSFER = "sharing.transfer"
NOT_HANDED_OVER = Code(
    "cli", 14, "not-handed-over",
    "Nothing was delivered under {transfer} yet.",
    "{transfer} 尚未交付任何内容。",
)  # fmt: skip
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@language.command(
    "download",
    (
        "Download what the delivery ID brought, compare it with its commitment, and save it.\n\n"
        "Goes on where it broke off when it is repeated.",
        "下载交付 ID 的数据，与承诺值比对后保存。\n\n中断后重复执行即可续传。",
    ),
)
@click.argument("id")
@language.option("--out", "-o", type=click.Path(path_type=Path), text=(
    "Where to save it; else under its own name here.", "保存位置；默认以原文件名保存在当前目录。"
))  # fmt: skip
@session
def download(told: Session, id: str, out: Path | None) -> None:
    """Download a delivery."""
    with told.client() as client:
        transfer = client.records.get(TRANSFER, id).record
        address, commitment = transfer.get("address") or "0" * 64, transfer.get("content")
        if commitment is None:
            raise Refused(NOT_HANDED_OVER, transfer=id)
        with bar(told, "Downloading and decrypting", "下载解密") as progress:
            target, facts = client.contents.download(commitment, address, id, out, progress)
    told.say(
        f"{target}: {facts.size:,} bytes, identical to what was committed to (digest {facts.digest[:16]}…).",
        f"{target}：{facts.size:,} 字节，与承诺内容一致（摘要 {facts.digest[:16]}…）。",
    )
    told.say(f"Next: dongting acknowledge {id} {target}", f"下一步：dongting acknowledge {id} {target}")
    told.answer({"path": str(target), "size": facts.size, "digest": facts.digest})


@language.command(
    "acknowledge",
    (
        "Compare FILE with what the delivery ID announced, and sign that it is that.\n\n"
        "When it is not, a dispute is signed instead (after asking, unless --yes).",
        "将 FILE 与交付 ID 所承诺的内容比对，并签署确认。\n\n不一致时改为签署异议（除非 --yes，均先询问）。",
    ),
)
@click.argument("id")
@click.argument("file", type=_FILE)
@language.option("--yes", "-y", is_flag=True, text=YES)
@session
def acknowledge(told: Session, id: str, file: Path, yes: bool) -> None:
    """Acknowledge, or dispute."""
    with told.client() as client:
        transfer = client.records.get(TRANSFER, id).record
        if transfer.get("content") is None:
            raise Refused(NOT_HANDED_OVER, transfer=id)
        try:
            commitment = client.contents.compare(file, client.contents.opening(transfer["content"]))
        except Refused as refusal:
            if refusal.code is not DIFFERS:
                raise
            told.say(refusal.text("en"), refusal.text("zh"))
            draft = _dispute(id, client.contents.digest(file), {})
        else:
            draft = Draft(ACTIONS["sharing/acknowledge"], {"id": id, "content": commitment})
        carry_out(told, client, draft, yes=yes)


@language.command(
    "dispute",
    (
        "Put on record that FILE, which the delivery ID brought, is not what was announced.",
        "登记异议：交付 ID 所收到的 FILE 与约定不符。",
    ),
)
@click.argument("id")
@click.argument("file", type=_FILE)
@language.option("--note-zh", text=("What is wrong (Chinese)", "问题说明（中文）"))
@language.option("--note-en", text=("What is wrong (English)", "问题说明（英文）"))
@language.option("--yes", "-y", is_flag=True, text=YES)
@session
def dispute(told: Session, id: str, file: Path, note_zh: str | None, note_en: str | None, yes: bool) -> None:
    """Dispute a delivery."""
    note = {code: text for code, text in (("zh", note_zh), ("en", note_en)) if text}
    with told.client() as client:
        carry_out(told, client, _dispute(id, client.contents.digest(file), note), yes=yes)


def _dispute(id: str, digest: str, note: dict[str, str]) -> Draft:
    observed: dict[str, Any] = {"digest": digest, **({"note": note} if note else {})}
    return Draft(ACTIONS["sharing/dispute"], {"id": id}, {"observed": observed})


destroyed = derive(
    ACTIONS["sharing/attest-destruction"],
    name="destroyed",
    subject=True,
    text=(
        "Answer on record that your copy from the delivery ID was destroyed (--outcome done), or that it "
        "cannot be (--outcome cannot) and why.",
        "登记答复：交付 ID 所得副本已销毁（--outcome done），或无法销毁（--outcome cannot）及其理由。",
    ),
)
