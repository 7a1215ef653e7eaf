"""`dongting prove`: write one's own proof file of a story, with what one can read opened in it."""

from pathlib import Path

import click

from dongting.cli import language
from dongting.cli.commands.read import full_name
from dongting.cli.session import Session, session
from dongting.errors import require
from dongting.sdk.contents import TARGET_EXISTS


@language.command(
    "prove",
    (
        "Write a proof file of the story behind these records, such as agreement/ID.\n\n"
        "It holds your openings of terms and reasons: give it only to whom may read them, or use --closed.",
        "生成这些记录（如 agreement/ID）背后过程的证明文件。\n\n"
        "文件含本单位可读的条款和理由：仅可交给有权阅读者，或使用 --closed。",
    ),
)
@click.argument("addresses", nargs=-1, required=True, metavar="TYPE/ID…")
@language.option("--out", "-o", type=click.Path(path_type=Path), required=True, text=("The file.", "文件。"))
@language.option("--closed", is_flag=True, text=("Open nothing.", "不开启任何内容。"))
@session
def prove(told: Session, addresses: tuple[str, ...], out: Path, closed: bool) -> None:
    """Write a proof file."""
    require(not out.exists(), TARGET_EXISTS, path=out)
    named = []
    for address in addresses:
        type, _, id = address.partition("/")
        named.append(f"{full_name(type)}/{id}")
    with told.client() as client:
        client.status()
        data = client.proofs.fetch(named, openings=not closed)
        network = client.network.id
    out.write_bytes(data)
    told.say(f"{out}: {len(data):,} bytes.", f"{out}：{len(data):,} 字节。")
    told.say(
        f"Check it anywhere, offline: dongting verify {out} --network {network}",
        f"可在任何地方离线核验：dongting verify {out} --network {network}",
    )
    told.answer({"path": str(out), "size": len(data), "network": network})
