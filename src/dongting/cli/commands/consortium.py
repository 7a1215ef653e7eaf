"""`dongting network up`, `down`, `status` and `logs`: a development consortium on this machine."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click

from dongting.cli import language
from dongting.cli.consortium import NO_CONSORTIUM, ORGANISATIONS, Consortium, found
from dongting.cli.session import Session, session
from dongting.engines.cometbft.binary import find_binary
from dongting.engines.cometbft.rpc import Rpc, RpcError
from dongting.errors import Code, Refused, require
from dongting.node.link import Link, remote

NOT_UP = Code(
    "cometbft", 8, "not-up",
    "The consortium did not start within {seconds} seconds. See {log} and the node.log of each node.",
    "联盟网络未能在 {seconds} 秒内启动。请查看 {log} 以及各节点的 node.log。",
    status=503,
)  # fmt: skip

_START, _STOP = 90.0, 60.0  # seconds

_home = language.option(
    "--home", "directory", type=click.Path(path_type=Path), default=Path("run/consortium"), metavar="DIR",
    text=("Directory of the consortium.", "联盟网络的目录。"),
)  # fmt: skip


@language.command(
    "up",
    (
        "Start a development consortium on this machine: several validators, each a whole node.\n\n"
        "Founds it where there is none yet. Statements are ordered by CometBFT (`make engine`). One "
        "passphrase, in the file DIR/passphrase, protects all keys of the trial.",
        "在本机启动开发用联盟网络：多个验证者，每个都是完整节点。\n\n"
        "尚无网络时先行创建。声明由 CometBFT 排序（`make engine`）。试验用密钥共用 DIR/passphrase 中的口令。",
    ),
)
@language.option("--validators", type=click.IntRange(1, len(ORGANISATIONS)), default=4, text=(
    "How many; with four (the default) one may fail.", "验证者数量；默认四个，可容忍一个失效。"
))  # fmt: skip
@_home
@language.option(
    "--profile", type=click.Choice(["international", "national"]), default="international",
    text=("Ciphers of a new network.", "新网络的密码配置。"),
)  # fmt: skip
@language.option("--port", type=click.IntRange(0, 65000), default=8420, text=(
    "Port of the first node, the others follow; 0: any.", "首个节点的端口，其余依次递增；0 表示任意。"
))  # fmt: skip
@session
def up(told: Session, validators: int, directory: Path, profile: str, port: int) -> None:
    """Start it."""
    find_binary()
    consortium = found(directory.absolute(), validators, profile, port, int(time.time()))
    if _supervisor(consortium) is None:
        with consortium.log.open("ab") as log:
            subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "dongting.cli.supervisor", str(consortium.directory)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
    end = time.monotonic() + _START
    while not all(consortium.address(node) for node in consortium.nodes):
        require(time.monotonic() < end, NOT_UP, seconds=int(_START), log=consortium.log)
        time.sleep(0.1)
    _show(told, consortium)
    first, place = consortium.nodes[0], os.path.relpath(consortium.directory)
    act = f"dongting --home {place}/{first} --as {first} --passphrase-fd 3 inbox 3<{place}/passphrase"
    told.say(f"Act on a node, for example: {act}", f"在节点上操作，例如：{act}")


@language.command(
    "down", ("Stop the development consortium; its data stays.", "停止开发用联盟网络；数据保留。")
)
@_home
@session
def down(told: Session, directory: Path) -> None:
    """Stop it."""
    consortium = _there(directory)
    pid = _supervisor(consortium)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + _STOP
        while _supervisor(consortium) is not None and time.monotonic() < end:
            time.sleep(0.1)
    told.say("The consortium is stopped.", "联盟网络已停止。")
    told.answer({"stopped": pid is not None})


@language.command(
    "status", ("Show every node of the development consortium.", "查看开发用联盟网络的各节点。")
)
@_home
@session
def status(told: Session, directory: Path) -> None:
    """Where each node stands."""
    _show(told, _there(directory))


@language.command("logs", ("Show the last lines of the nodes' logs.", "查看各节点日志的最后若干行。"))
@click.argument("node", required=False)
@language.option("--lines", type=click.IntRange(1, 10_000), default=20, text=(
    "How many of each.", "每份日志的行数。"
))  # fmt: skip
@_home
@session
def logs(told: Session, node: str | None, lines: int, directory: Path) -> None:
    """The logs of one node, or of all."""
    consortium = _there(directory)
    files = [consortium.log] if node is None else []
    for each in [node] if node else consortium.nodes:
        files += [consortium.home(each) / "node.log", consortium.home(each) / "cometbft" / "cometbft.log"]
    for path in files:
        if path.exists():
            text = path.read_text("utf-8", "replace").splitlines()[-lines:]
            click.echo(f"== {os.path.relpath(path)}")
            click.echo("".join(f"{line}\n" for line in text), nl=False)


def _there(directory: Path) -> Consortium:
    consortium = Consortium(directory.absolute())
    require(consortium.nodes, NO_CONSORTIUM, home=directory)
    return consortium


def _supervisor(consortium: Consortium) -> int | None:
    """The supervisor's process, if it runs."""
    try:
        pid = int(consortium.pid.read_text())
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid


def _show(told: Session, consortium: Consortium) -> None:
    found = asyncio.run(_states(consortium))
    told.answer({"nodes": found})
    heads = [
        ("Node", "节点"), ("Address", "地址"), ("Height", "高度"), ("Entries", "条目"), ("Root", "根"),
        ("CometBFT", "CometBFT"), ("Peers", "对等节点"), ("State", "状态"),
    ]  # fmt: skip
    names = {id: told.text(en, zh) for id, _, zh, en in ORGANISATIONS}
    rows = []
    for each in found:
        state = told.text("writing", "可写") if each["writing"] else str(each["reason"])
        rows.append([
            f"{each['node']} ({names[each['node']]})", each["address"] or "—", str(each["height"]),
            str(each["size"]), str(each["root"])[:16], str(each["block"]), str(each["peers"]), state,
        ])  # fmt: skip
    told.table(heads, rows)


async def _states(consortium: Consortium) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(_state(consortium, node) for node in consortium.nodes)))


async def _state(consortium: Consortium, node: str) -> dict[str, Any]:
    """What one node and its CometBFT say of themselves."""
    run = consortium.home(node) / "run"
    state: dict[str, Any] = {
        "node": node, "address": consortium.address(node), "height": "—", "size": "—", "root": "—",
        "block": "—", "peers": "—", "writing": False, "reason": None,
    }  # fmt: skip
    link, rpc = Link(run / "ledger.sock"), Rpc(run / "rpc.sock")
    try:
        told = await remote(link).status()
        state |= {name: getattr(told, name) for name in ("height", "size", "root", "writing", "reason")}
        state["block"] = int((await rpc.call("status"))["sync_info"]["latest_block_height"])
        state["peers"] = int((await rpc.call("net_info"))["n_peers"])
    except Refused as refusal:
        state["reason"] = refusal.text()
    except RpcError as error:
        state["reason"] = state["reason"] or error.why
    finally:
        await link.close()
        await rpc.close()
    return state
