"""`dongting network`: found a network, or join one by its id.

Founding makes the genesis document, a configuration, the node's keystore and one keystore per founder.
Nothing has a default key or passphrase.
"""

import time
from pathlib import Path
from typing import Any

import click

from dongting.cli import language
from dongting.cli.commands import ceremony, consortium, validators
from dongting.cli.commands.ceremony import described
from dongting.cli.founding import Founding
from dongting.cli.session import Session, session


@language.group("network", ("Create a network, or join one.", "创建或加入网络。"))
def network() -> None:
    """The network."""


@language.command(
    "create",
    (
        "Found a network: its genesis document, a configuration, and keystores.\n\n"
        'A founder is given as "id=env-bureau,kind=government,name-zh=环境局,name-en=Environment Bureau,'
        'region=430100,credit-code=…". Kinds: government, enterprise, association, university, research, '
        "investor, park, provider, team. With --passphrase-fd one passphrase protects all keystores made "
        "here; at a prompt each can have its own.",
        "创建网络：生成创世文件、配置文件和密钥库。\n\n"
        '发起方写作 "id=env-bureau,kind=government,name-zh=环境局,name-en=Environment Bureau,'
        'region=430100,credit-code=…"。类型：government、enterprise、association、university、research、'
        "investor、park、provider、team。用 --passphrase-fd 时，此处生成的密钥库共用一个口令；"
        "在提示符下可分别设置。",
    ),
    network,
)
@described
@language.option("--profile", type=click.Choice(["international", "national"]), required=True, text=(
    "Ciphers for the life of the network: SHA-256, AES and HPKE, or SM3, SM4 and SM2.",
    "网络终身采用的密码配置：SHA-256、AES、HPKE，或 SM3、SM4、SM2。",
))  # fmt: skip
@language.option("--founder", "founders", multiple=True, metavar="KEY=VALUE,…", text=(
    "A founding organisation; repeat.", "发起组织；可重复。"
))  # fmt: skip
@language.option(
    "--founder-file", "founder_files", multiple=True, type=click.Path(exists=True, path_type=Path),
    text=(
        "A founder with public keys made elsewhere (`dongting keys new`).",
        "在别处生成公钥的发起组织文件（`dongting keys new`）。",
    ),
)  # fmt: skip
@language.option("--operator", metavar="ID", text=(
    "The founder whose node signs the log; else the first.", "由其节点签署日志的发起方；默认第一个。"
))  # fmt: skip
@language.option("--port", type=click.IntRange(0, 65535), default=8420, text=(
    "Port of the node; 0 lets the system choose.", "节点端口；0 表示由系统选择。"
))  # fmt: skip
@session
def create(told: Session, **given: Any) -> None:
    """Found a network."""
    founding = Founding(told, int(time.time()), given)
    made = founding.make()
    told.say(f"Network {made.id} is founded in {told.home}.", f"网络 {made.id} 已在 {told.home} 创建。")
    told.say(
        "Give every member this id: who compares it cannot be shown another network.",
        "请将此标识告知每个成员：核对标识即可避免被引入其他网络。",
    )
    for organisation in made.keystores:
        path = told.keystore_path(organisation)
        told.say(f"  keys of {organisation}: {path}", f"  {organisation} 的密钥：{path}")
    told.say("Next: dongting serve", "下一步：dongting serve")
    told.answer({"network": made.id, "origin": made.origin, "keystores": made.keystores})


@language.command(
    "join",
    (
        "Fetch the genesis document of the network with this ID from the node at URL, and keep it.",
        "从 URL 处的节点获取该标识（ID）网络的创世文件并保存。",
    ),
    network,
)
@click.argument("id")
@click.argument("url")
@session
def join(told: Session, id: str, url: str) -> None:
    """Join a network as a client."""
    from dongting.cli.founding import NETWORK_HERE
    from dongting.errors import require
    from dongting.sdk.client import genesis_of

    path = told.home / "genesis.json"
    data = genesis_of(url, id.strip().lower(), told.language)
    require(not path.exists() or path.read_bytes() == data, NETWORK_HERE, home=told.home)
    told.prepare()
    path.write_bytes(data)
    (told.home / "address").write_text(url + "\n")
    told.say(f"This home now belongs to the network {id}.", f"本目录现属于网络 {id}。")
    told.answer({"network": id, "url": url})


for _command in (
    consortium.up, consortium.down, consortium.status, consortium.logs, *validators.OF_NETWORK,
    *ceremony.OF_NETWORK,
):  # fmt: skip
    network.add_command(_command)
