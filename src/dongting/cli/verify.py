"""`dongting verify`: check a proof file offline and say in words what it proves.

Exit codes: 0 proven, 1 not proven, 2 wrong usage. Imports wait until they are needed, because the whole
command is started anew for every file.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dongting.cli import language

if TYPE_CHECKING:
    from dongting.errors import Language
    from dongting.node.stories import Teller
    from dongting.sdk.story import Story

PROVEN, NOT_PROVEN = 0, 1
_CHUNK = 1 << 20
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_option = partial(click.option, cls=language.Option)


@click.command(
    "verify",
    cls=language.Command,
    text=(
        "Verify the PROOF file without a network connection, and compare data files with it.",
        "离线验证证明文件 PROOF，并与数据文件比对。",
    ),
)
@click.argument("proof", type=_FILE)
@_option("--network", metavar="ID", text=("Id of the network that you trust.", "您信任的网络标识。"))
@_option("--genesis", type=_FILE, text=("Its genesis document, in place of the id.", "以创世文件代替标识。"))
@_option(
    "--file",
    "files",
    type=_FILE,
    multiple=True,
    text=("Data to compare; may be repeated.", "要比对的数据文件，可多次给出。"),
)
@_option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="VKEY",
    text=("A witness that you trust; may be repeated.", "您信任的见证方，可多次给出。"),
)
@_option(
    "--cosignatures",
    type=click.IntRange(0),
    default=0,
    text=("How many of them must have cosigned.", "其中至少须有几方联署。"),
)
@_option(
    "--validators",
    metavar="HASH",
    text=(
        "Set of validators that you trust in place of those of genesis (64 hexadecimal digits).",
        "代替创世验证者、您所信任的验证者集合（64 位十六进制）。",
    ),
)
@_option("--lang", type=click.Choice(["en", "zh"]), text=("Language.", "语言。"))
@click.pass_context
def verify(
    context: click.Context,
    proof: Path,
    network: str | None,
    genesis: Path | None,
    files: tuple[Path, ...],
    witnesses: tuple[str, ...],
    cosignatures: int,
    validators: str | None,
    lang: "Language | None",
) -> None:
    from dongting.errors import Refused
    from dongting.sdk.network import network_of
    from dongting.sdk.verify import Policy
    from dongting.sdk.verify import verify as verified

    if network is not None and genesis is not None:
        raise click.UsageError("give --network or --genesis, not both")
    if validators is not None and not re.fullmatch("[0-9a-f]{64}", validators):
        raise click.UsageError("--validators takes 64 hexadecimal digits")
    spoken = lang or language.of(context)
    try:
        expected = network_of(genesis.read_bytes()).id if genesis else network and network.strip().lower()
        story = verified(proof.read_bytes(), expected, Policy(witnesses, cosignatures, validators))
    except Refused as refusal:
        label = language.pick(("NOT PROVEN: ", "未能证明："), spoken)
        click.echo(f"{label}{refusal.text(spoken)} [{refusal.code}]")
        context.exit(NOT_PROVEN)
    context.exit(_tell(story, files, spoken))


def _tell(story: "Story", files: tuple[Path, ...], spoken: "Language") -> int:
    """Print the story, the comparison with each file, and the verdict; the exit code."""
    from dongting.node.installed import APPS
    from dongting.node.stories import Teller

    teller = Teller(story, spoken, APPS)
    click.echo("\n".join(teller.lines()))
    if files:
        click.echo("\n" + language.pick(("Files", "文件"), spoken))
    strangers = [file.name for file in files if not _same(story, file, teller)]
    click.echo()
    if not story.compared:
        click.echo(teller.uncompared())
        return NOT_PROVEN
    if strangers:
        named = ", ".join(strangers)
        why = f"{named} is not what this story is about.", f"{named} 与所证明的内容不符。"
        click.echo(teller.unproven(language.pick(why, spoken)))
        return NOT_PROVEN
    click.echo(teller.proven())
    return PROVEN


def _same(story: "Story", file: Path, teller: "Teller") -> bool:
    """Say whether a file is a content of the story."""
    from dongting.sdk.story import check_file

    check = check_file(story, chunks(file))
    for line in teller.file(file.name, check):
        click.echo(f"  {line}")
    return bool(check.commitments)


def chunks(file: Path) -> Iterator[bytes]:
    """The bytes of a file, piece by piece."""
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            yield chunk
