"""A node killed at any numbered point, under load, opens clean, with all that it acknowledged, none twice."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dongting.errors import Refused
from dongting.node.audit import audit
from dongting.node.crash import CONSORTIUM_POINTS, POINTS
from dongting.node.link import LEDGER_AWAY, Link, remote
from dongting.testing.homes import NodeHome
from dongting.wire.statement import decode

NODE = """
import asyncio, sys, time
from pathlib import Path
from dongting.node.config import load
from dongting.node.crash import crash_point
from dongting.node.home import Home
from dongting.node.keystore import Keystore
from dongting.node.ledger import LedgerNode, Limits
from dongting.node.link import LinkServer
from dongting.node.signing import log_key
from dongting.testing.homes import PASSPHRASE

async def main(path, wanted, times):
    home = Home(load(path / "dongting.toml"))
    home.prepare()
    keystore = Keystore.open(path / "keys" / "keystore.json")
    keystore.unlock(PASSPHRASE)
    node = LedgerNode(
        home.ledger(), home.genesis_bytes(), path, lambda: int(time.time()),
        log_key=log_key(keystore), limits=Limits(workers=1), point=crash_point(wanted, times),
    )
    await node.start()
    await LinkServer(node, home.socket).start()
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
"""

SUBMITTERS, EACH, BATCH = 4, 6, 5


class Load:
    """Several clients that submit batches until the node is gone; what each was told."""

    def __init__(self, made: NodeHome) -> None:
        numbers = iter(range(SUBMITTERS * EACH * BATCH))
        self.sent: list[bytes] = []
        self.batches = [
            [[made.evidence(next(numbers)) for _ in range(BATCH)] for _ in range(EACH)]
            for _ in range(SUBMITTERS)
        ]
        self.told: dict[bytes, int] = {}

    async def run(self, socket: Path) -> None:
        await asyncio.gather(*(self._submit(socket, batches) for batches in self.batches))

    async def _submit(self, socket: Path, batches: list[list[bytes]]) -> None:
        link = Link(socket)
        try:
            for batch in batches:
                self.sent += batch
                submitted = await remote(link).submit(batch)
                for data, fate in zip(batch, submitted.fates, strict=True):
                    assert fate.state == "accepted"
                    assert fate.index is not None
                    self.told[data] = fate.index
        except Refused as refusal:
            if refusal.code != LEDGER_AWAY:
                raise
        finally:
            await link.close()


def killed_under_load(made: NodeHome, load: Load, point: int, times: int) -> None:
    """Run a node with that crash point in a process of its own until the point kills it."""
    with subprocess.Popen(
        [sys.executable, "-c", NODE, str(made.path), str(point), str(times)], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        if child.stdout.readline() == b"ready\n":
            asyncio.run(asyncio.wait_for(load.run(made.home.socket), 20))
        assert child.wait(20) == -signal.SIGKILL, f"point {point} was never passed {times} times"


# The first time of points 1 to 3 is while genesis is written, of the others when the first checkpoint is.
@pytest.mark.parametrize(("point", "times"), [(p, n) for p in POINTS for n in (1, 4)])
def test_a_node_killed_at_a_point_keeps_what_it_acknowledged_and_nothing_twice(
    tmp_path: Path, point: int, times: int
) -> None:
    made = NodeHome(tmp_path)
    load = Load(made)
    killed_under_load(made, load, point, times)
    if times > 1:
        assert load.sent
    asyncio.run(again(made, load))
    report = audit(made.home)
    assert report.clean, [found.text() for found in report.findings]


async def again(made: NodeHome, load: Load) -> None:
    """Reopen, look for what was acknowledged, and send all of it once more."""
    node = made.node()
    await node.start()
    for data, index in load.told.items():
        assert await node.leaf(index) == data
    if load.sent:
        fates = (await node.submit(load.sent)).fates
        places = {data: fate.index for data, fate in zip(load.sent, fates, strict=True)}
        assert all(fate.state == "accepted" for fate in fates)
        assert places.items() >= load.told.items()
    size = (await node.status()).size
    leaves = [await node.leaf(index) for index in range(size)]
    statements = [data for data in leaves if data[:1] == b"\xd2"]
    assert len(statements) == len(set(statements)) == len(set(load.sent))
    for data in statements:
        decode(data, made.profile)
    await node.stop()


def test_every_point_is_documented() -> None:
    rules = (Path(__file__).parents[2] / "docs" / "kernel-rules.md").read_text("utf-8")
    for number, meaning in {**POINTS, **CONSORTIUM_POINTS}.items():
        assert f"| {number} | {meaning} |" in rules


REPLACE = """
import os, signal, sys
from pathlib import Path
before = sys.argv[1] == "before"
rename, replace = os.rename, os.replace
def kill(move):
    def moved(*paths, **options):
        if not before:
            move(*paths, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    return moved
exec(sys.argv[3])
os.rename, os.replace = kill(rename), kill(replace)
exec(sys.argv[4])
"""


def killed_at_rename(moment: str, directory: Path, prepare: str, act: str) -> None:
    """Run `act` in a process that is killed just before or just after its first rename."""
    done = subprocess.run([sys.executable, "-c", REPLACE, moment, str(directory), prepare, act])
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_upload_killed_around_its_publication_is_whole_or_can_go_on(tmp_path: Path, moment: str) -> None:
    import hashlib

    from dongting.store.files import FileStore
    from dongting.wire.profile import INTERNATIONAL

    data = os.urandom(1000)
    digest = hashlib.sha256(data).hexdigest()
    files = FileStore(tmp_path, INTERNATIONAL)
    upload = files.begin(len(data), digest)
    files.append(upload, 0, data)
    prepare = (
        "from dongting.store.files import FileStore\nfrom dongting.wire.profile import INTERNATIONAL\n"
        "files = FileStore(Path(sys.argv[2]), INTERNATIONAL)"
    )
    killed_at_rename(moment, tmp_path, prepare, f"files.finish({upload!r})")
    assert files.has(digest) == (moment == "after")
    if moment == "before":
        assert files.finish(upload) == digest
    assert b"".join(files.read(digest)) == data
    assert not list(files.check())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_side_object_killed_while_it_is_replaced_is_the_old_or_the_new(tmp_path: Path, moment: str) -> None:
    from dongting.store.side import SideStore

    side = SideStore(tmp_path)
    side.put("0" * 64, b"old")
    prepare = "from dongting.store.side import SideStore\nside = SideStore(Path(sys.argv[2]))"
    killed_at_rename(moment, tmp_path, prepare, 'side.put("0" * 64, b"new")')
    assert side.get("0" * 64) == (b"old" if moment == "before" else b"new")
    assert not list(side.check())
    assert list(side.names()) == ["0" * 64]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_keystore_killed_while_it_is_replaced_opens_with_the_old_keys_or_the_new(
    tmp_path: Path, moment: str
) -> None:
    from dongting.node.keystore import Keystore
    from dongting.testing.homes import PASSPHRASE

    made = NodeHome(tmp_path)
    prepare = (
        "from dongting.node.keystore import Keystore\nfrom dongting.testing.homes import PASSPHRASE\n"
        "store = Keystore.open(Path(sys.argv[2]))\nstore.unlock(PASSPHRASE)"
    )
    path = made.keystore.path
    killed_at_rename(moment, path, prepare, 'store.rotate("env-bureau/signing", 5)')
    store = Keystore.open(path)
    store.unlock(PASSPHRASE)
    assert len(store.entries()) == (2 if moment == "before" else 3)
    assert store.signing_key("env-bureau/signing").sign(b"x")
