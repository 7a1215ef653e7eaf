"""`dongting verify`: check a proof file offline and say in words what it proves.

Exit codes: 0 proven, 1 not proven, 2 wrong usage. Imports wait until they are needed, because the whole
command is started anew for every file.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dongting.cli.words import Teller
    from dongting.errors import Language
    from dongting.sdk.story import Story

PROVEN, NOT_PROVEN = 0, 1
_CHUNK = 1 << 20
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("verify")
@click.argument("proof", type=_FILE)
@click.option("--network", metavar="ID", help="Id of the network that you trust, 64 hexadecimal digits.")
@click.option("--genesis", type=_FILE, help="Its genesis document, in place of the id.")
@click.option("--file", "files", type=_FILE, multiple=True, help="Data to compare; may be repeated.")
@click.option("--witness", "witnesses", multiple=True, metavar="VKEY", help="A witness that you trust.")
@click.option(
    "--cosignatures", type=click.IntRange(0), default=0, help="How many witnesses must have cosigned."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language; from LANG if not given.")
@click.pass_context
def verify(
    context: click.Context,
    proof: Path,
    network: str | None,
    genesis: Path | None,
    files: tuple[Path, ...],
    witnesses: tuple[str, ...],
    cosignatures: int,
    lang: "Language | None",
) -> None:
    """Verify the PROOF file without a network connection, and compare data files with it."""
    from dongting.errors import Refused
    from dongting.sdk.network import network_of
    from dongting.sdk.verify import Policy
    from dongting.sdk.verify import verify as verified

    if network is not None and genesis is not None:
        raise click.UsageError("give --network or --genesis, not both")
    language = lang or _language()
    try:
        expected = network_of(genesis.read_bytes()).id if genesis else network and network.strip().lower()
        story = verified(proof.read_bytes(), expected, Policy(witnesses, cosignatures))
    except Refused as refusal:
        label = "未能证明：" if language == "zh" else "NOT PROVEN: "
        click.echo(f"{label}{refusal.text(language)} [{refusal.code}]")
        context.exit(NOT_PROVEN)
    context.exit(_tell(story, files, language))


def _tell(story: "Story", files: tuple[Path, ...], language: "Language") -> int:
    """Print the story, the comparison with each file, and the verdict; the exit code."""
    from dongting.cli.words import Teller
    from dongting.node.installed import APPS

    teller = Teller(story, language, APPS)
    click.echo("\n".join(teller.lines()))
    if files:
        click.echo("\n" + ("文件" if language == "zh" else "Files"))
    strangers = [file.name for file in files if not _same(story, file, teller)]
    click.echo()
    if not story.compared:
        click.echo(teller.uncompared())
        return NOT_PROVEN
    if strangers:
        named = ", ".join(strangers)
        zh, en = f"{named} 与所证明的内容不符。", f"{named} is not what this story is about."
        click.echo(teller.unproven(zh if language == "zh" else en))
        return NOT_PROVEN
    click.echo(teller.proven())
    return PROVEN


def _same(story: "Story", file: Path, teller: "Teller") -> bool:
    """Say whether a file is a content of the story."""
    from dongting.sdk.story import check_file

    check = check_file(story, _chunks(file))
    for line in teller.file(file.name, check):
        click.echo(f"  {line}")
    return bool(check.commitments)


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            yield chunk


def _language() -> "Language":
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if spoken.startswith("zh") else "en"
