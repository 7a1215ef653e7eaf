"""`dongting backup`, `restore`, `confirm-restore`, `erasures`: a copy of a node, a node from a copy."""

import os
import time
from pathlib import Path

import click

from dongting.cli.language import command, option
from dongting.cli.progress import counter, end
from dongting.cli.session import Session, session

_PATH = click.Path(path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@command(
    "backup",
    (
        "Back up this node, running or not, into a new directory, and verify the copy.\n\n"
        "Keys are copied encrypted, as they are: keep their passphrases elsewhere.",
        "将本节点（无论是否运行）备份到新目录并校验副本。\n\n密钥以加密形式原样复制：口令请另行保管。",
    ),
)
@click.argument("directory", type=_PATH)
@session
def backup(session: Session, directory: Path) -> None:
    """Back up this node into a new directory."""
    from dongting.node.backup import backup as backed_up
    from dongting.node.home import Home

    show = counter(session, ("Backup: {} files", "备份：{} 个文件"))
    manifest = backed_up(Home(session.config), directory, int(time.time()), show)
    end()
    session.say(
        f"Backed up {len(manifest.files):,} files and verified them; the ledger stands at block "
        f"{manifest.height:,} with {manifest.size:,} leaves: {directory}",
        f"已备份并校验 {len(manifest.files):,} 个文件；账本位于区块 {manifest.height:,}，"
        f"共 {manifest.size:,} 条：{directory}",
    )
    session.answer({"directory": str(directory), "height": manifest.height, "size": manifest.size})


@command(
    "restore",
    (
        "Make a new home (--to) from the backup in DIRECTORY.\n\n"
        "Name the nodes that hold the log (--peer): when it is started, the restored node takes over from "
        "them what its backup lacks, and opens by itself once they and its witnesses have answered. It is "
        "read-only until then; with none to ask, see `dongting confirm-restore`.\n\n"
        "A checkpoint that somebody holds can be given by hand, too.",
        "由 DIRECTORY 中的备份建立新的数据目录（--to）。\n\n"
        "请写明持有日志的节点（--peer）：恢复后的节点启动时从它们取得备份所缺的内容，"
        "待它们及其见证方全部应答后自行恢复写入；在此之前只读。"
        "若无人可询问，见 `dongting confirm-restore`。\n\n"
        "也可手工给出某持有者的检查点。",
    ),
)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@option("--to", "target", type=_PATH, required=True, metavar="NEW", text=("New home.", "新的数据目录。"))
@option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="FILE|URL",
    text=("A holder's newest checkpoint; may be repeated.", "某持有者的最新检查点；可重复。"),
)
@option(
    "--peer",
    "peers",
    multiple=True,
    metavar="URL",
    text=(
        "A node that holds the log; may be repeated. Added to restore.peers.",
        "持有日志的节点；可重复。将加入 restore.peers。",
    ),
)
@option(
    "--erasures", "lists", type=_FILE, multiple=True,
    text=("A newer copy's list of erasures; may be repeated.", "较新副本的删除清单；可重复。"),
)  # fmt: skip
@session
def restore(
    session: Session, directory: Path, target: Path, checkpoints: tuple[str, ...], peers: tuple[str, ...],
    lists: tuple[Path, ...],
) -> None:  # fmt: skip
    """Make a new home from a backup."""
    from dongting.node.backup import restore as restored
    from dongting.node.backup import verify
    from dongting.node.erasures import parsed

    network = verify(directory).network
    erasures = [one for path in lists for one in parsed(path.read_bytes(), network)]
    notes = [_note(place) for place in checkpoints]
    manifest, why, gone = restored(directory, target, notes, erasures, peers)
    session.say(
        f"Restored block {manifest.height:,} with {manifest.size:,} leaves into {target}; "
        f"erased {gone} files and keys again.",
        f"已在 {target} 恢复到区块 {manifest.height:,}（{manifest.size:,} 条）；"
        f"重新删除了 {gone} 个文件和密钥。",
    )
    session.say(
        "Everybody has to sign in again. Look through people and API keys: what was revoked since the backup "
        "counts again.",
        "所有人员须重新登录。请检查人员和 API 密钥：备份之后吊销的项目会重新生效。",
    )
    if why is not None:
        session.say(why.text("en"), why.text("zh"))
    else:
        session.say(
            "It extends every checkpoint that was shown: the node may serve and sign.",
            "账本延续了所给的全部检查点：节点可以服务和签署。",
        )
    session.answer(
        {"home": str(target), "height": manifest.height, "writing": why is None, "erased": gone,
         "reason": None if why is None else str(why.code)}
    )  # fmt: skip


def _note(place: str) -> bytes:
    if place.startswith(("http://", "https://")):
        import httpx

        try:
            return httpx.get(place, timeout=10, follow_redirects=True).raise_for_status().content
        except httpx.HTTPError as error:
            raise click.BadParameter(f"{place}: {error}", param_hint="--checkpoint") from None
    try:
        return Path(place).read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{place}: {error.strerror}", param_hint="--checkpoint") from None


@command(
    "confirm-restore",
    (
        "Let a restored node go on although nobody could be asked, and put that on record.\n\n"
        "Stop the node first. Signs with the key of the organisation that answers for the log.",
        "在无人可询问时确认恢复，使节点继续运行，并记录在账本中。\n\n请先停止节点。由对日志负责的组织签署。",
    ),
)
@session
def confirm_restore(session: Session) -> None:
    """Let a restored node go on, on record."""
    from dongting.node.home import Home
    from dongting.node.keystore import Keystore
    from dongting.node.restored import confirm
    from dongting.node.signing import log_key

    home = Home(session.config)
    owner = home.genesis().log_keys[0].owner if session.named is None else session.named
    keystore = Keystore.open(session.config.path(session.config.keystore.path))
    keystore.unlock(session.passphrase("node"))
    author = session.keystore(owner).signing_key(f"{owner}/signing")
    index = confirm(home, log_key(keystore), author, int(time.time()), os.urandom(16))
    session.say(
        f"The restore is on record as leaf {index}; the node may serve and sign.",
        f"恢复已记录为第 {index} 条；节点可以服务和签署。",
    )
    session.answer({"index": index})


@command(
    "erasures",
    (
        "Write the list of all erasures that the ledger holds to FILE, for `dongting restore --erasures`.",
        "将账本记录的全部删除写入 FILE，供 `dongting restore --erasures` 使用。",
    ),
)
@click.argument("file", type=_PATH)
@session
def erasures(session: Session, file: Path) -> None:
    """Write the list of erasures."""
    from dongting.node.audit import copied
    from dongting.node.erasures import written
    from dongting.node.home import Home
    from dongting.store.disk import replace_file

    with copied(Home(session.config)) as store:
        replace_file(file.absolute(), written(store))
    session.say(f"Written: {file}", f"已写入：{file}")
    session.answer({"file": str(file)})
