"""A redacted text leaves every file of a node, whenever it is killed; what was proven before stays proven."""

import asyncio
import json
import secrets
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.kernel import codes
from dongting.node.audit import audit
from dongting.node.ledger import LedgerNode
from dongting.node.projector import Projector
from dongting.node.views_rebuild import rebuild
from dongting.sdk.network import network_of, verify_receipt
from dongting.sdk.verify import verify
from dongting.store.views import Views
from dongting.testing.homes import NodeHome
from dongting.wire import jcs
from dongting.wire.tiles import decode_bundle

ADDRESS = "catalogue.dataset/air"
CHINESE = "饕餮貔貅"
REST = {
    "theme": "ENVI", "frequency": "HOURLY", "sharing": "unconditional", "opening": "unconditional",
    "grade": "general-1",
}  # fmt: skip


class Story:
    """A dataset whose first statement holds an unlawful word, copied by a later one, and its redaction."""

    def __init__(self, directory: Path) -> None:
        self.made = NodeHome(directory)
        self.word = f"zq{secrets.token_hex(16)}"
        text = {"en": f"Air {self.word}", "zh": f"空气{CHINESE}{self.word}"}
        content = {"commitment": "5" * 64, "size_class": 12, "media_type": "text/csv"}
        sign = self.made.sign
        arguments = jcs.encode({"id": "0", "ground": "unlawful-content"}).decode()
        proposal = {"id": "p", "action": "governance/redact", "arguments": arguments}
        self.before = [
            sign(
                "env-bureau", "catalogue/publish", {"id": "air", "title": text, "description": text, **REST}
            ),
            sign("env-bureau", "catalogue/add-version", {"id": "air", "number": 1, "content": content}),
            *(self.made.evidence(number) for number in range(20)),
        ]
        self.decision = [
            sign("env-bureau", "governance/propose", proposal),
            *(sign(id, "governance/vote", {"proposal": "p", "choice": "for"})
              for id in ("env-bureau", "green-tech")),
        ]  # fmt: skip

    def holding(self) -> list[str]:
        """The files of the home in which the word, or the Chinese one, still stands."""
        needles = (self.word.encode(), self.word[6:].encode(), CHINESE.encode(), CHINESE[:2].encode())
        files = [path for path in sorted(self.made.path.rglob("*")) if path.is_file()]
        return [
            str(path.relative_to(self.made.path))
            for path in files
            if any(needle in path.read_bytes() for needle in needles)
        ]

    async def submit(self, node: LedgerNode, statements: list[bytes]) -> None:
        """Each in a block of its own."""
        for statement in statements:
            (fate,) = (await node.submit([statement])).fates
            assert fate.state == "accepted", fate

    def projector(self, node: LedgerNode, views: Views) -> Projector:
        home = self.made.home
        return Projector(node, views, home.files(), home.parts(), home.envelopes())

    def check(self) -> None:
        """Nothing of the word is left, and the ledger is whole."""
        assert self.holding() == []
        report = audit(self.made.home)
        assert report.clean, [found.text() for found in report.findings]
        assert report.ledger.redacted == [0]


async def refused(call: Any) -> Any:
    with pytest.raises(Refused) as refusal:
        await call
    return refusal.value.code


@pytest.mark.parametrize("settled", [False, True], ids=["in-the-log", "in-table-files"])
def test_the_text_leaves_every_file_and_what_was_proven_stays_proven(tmp_path: Path, settled: bool) -> None:
    story = Story(tmp_path / "home")
    made = story.made
    views = made.home.views()

    async def play() -> None:
        store = made.home.ledger()
        node = made.node(store)
        await node.start()
        await story.submit(node, story.before)
        projector = story.projector(node, views)
        await projector.catch_up()
        assert views.search(story.word).rows
        if settled:
            store.purge([(b"l", b"l\xff"), (b"r", b"w")])
        leaf, receipt, proof = await node.leaf(0), await node.receipt(0), await node.prove([ADDRESS])
        held = story.holding()
        assert any(name.endswith(".sst" if settled else ".log") for name in held), held
        assert any(name.startswith("views.sqlite") for name in held), held
        await story.submit(node, story.decision)
        await projector.catch_up()

        known = network_of((made.path / "genesis.json").read_bytes(), made.network)
        verify_receipt(receipt, leaf, known)
        assert verify(proof, made.network).events[0].index == 0
        verify_receipt(await node.receipt(0), leaf, known)  # a new one, for whoever has the bytes
        assert await refused(node.leaf(0)) == codes.REDACTED
        size = (await node.status()).size
        entries = decode_bundle(await node.tile(f"tile/entries/000.p/{size}"), size)
        assert [index for index, entry in enumerate(entries) if not entry] == [0]
        story_now = verify(await node.prove([ADDRESS]), made.network)
        assert story_now.record("governance.redaction/0") is not None
        assert 0 not in [event.index for event in story_now.events]
        present = json.loads((await node.record("catalogue.dataset", "air", 0)).body)
        assert present["title"] == {"en": "redacted", "zh": "已删除"}

        assert not views.search(story.word).rows
        assert not views.search(CHINESE).rows
        rows = views.versions("catalogue.dataset", "air").rows
        assert [row.version for row in rows] == [3, 2, 1]
        assert all(json.loads(row.body)["title"]["en"] == "redacted" for row in rows)
        await node.stop()

    asyncio.run(play())
    story.check()
    assert rebuild(made.home) > 0
    assert not views.search(story.word).rows
    views.close()
    story.check()


CHILD = """
import asyncio, os, signal, sys, time
from pathlib import Path
from dongting.node.config import load
from dongting.node.crash import crash_point
from dongting.node.home import Home
from dongting.node.keystore import Keystore
from dongting.node.ledger import LedgerNode, Limits
from dongting.node.signing import log_key
from dongting.store.ledger import LedgerStore
from dongting.testing.homes import PASSPHRASE

path, moment, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)

async def main():
    home = Home(load(path / "dongting.toml"))
    keystore = Keystore.open(path / "keys" / "keystore.json")
    keystore.unlock(PASSPHRASE)
    store = home.ledger()
    point = crash_point(0)
    if moment == "committed":
        point = crash_point(2, count)
    if moment == "marked":
        LedgerStore.purge = kill
    if moment == "purged":
        import dongting.node.redactions
        dongting.node.redactions.replace_file = kill
    node = LedgerNode(store, home.genesis_bytes(), path, lambda: int(time.time()), log_key=log_key(keystore),
                      limits=Limits(workers=1), point=point)
    await node.start()
    for line in (path / "statements").read_text().split():
        await node.submit([bytes.fromhex(line)])
    await node.stop()

asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["committed", "marked", "purged"])
def test_a_node_killed_on_the_way_finishes_when_it_is_opened_again(tmp_path: Path, moment: str) -> None:
    story = Story(tmp_path / "home")
    statements = [*story.before, *story.decision]
    (story.made.path / "statements").write_text("\n".join(data.hex() for data in statements))
    blocks = len(statements) + 1  # and that of genesis
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(story.made.path), moment, str(blocks)], timeout=60
    )
    assert child.returncode == -signal.SIGKILL
    (story.made.path / "statements").unlink()
    if moment != "purged":
        assert story.holding()
    if moment == "committed":
        assert {found.code.name for found in audit(story.made.home).findings} == {"not-removed"}
    assert not (story.made.path / "redacted").exists()

    async def again() -> None:
        node = story.made.node()
        await node.start()
        assert await refused(node.leaf(0)) == codes.REDACTED
        await node.stop()

    asyncio.run(again())
    assert json.loads((story.made.path / "redacted").read_bytes()) == [0]
    story.check()


def test_views_killed_before_their_files_were_cleaned_are_cleaned_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(tmp_path / "home")

    async def play() -> None:
        node = story.made.node()
        await node.start()
        await story.submit(node, story.before)
        views = story.made.home.views()
        projector = story.projector(node, views)
        await projector.catch_up()
        await story.submit(node, story.decision)
        with monkeypatch.context() as patched:
            patched.setattr(Views, "purge", lambda _: True)  # as if it had been killed just before
            await projector.catch_up()
        await node.stop()
        views.close()

    asyncio.run(play())
    assert story.holding()
    assert all(name.startswith("views.sqlite") for name in story.holding())
    views = story.made.home.views()
    assert views.purge()
    assert story.holding() == []
    assert not views.search(story.word).rows
    assert views.search("redacted").rows
    views.close()


def test_a_reader_of_the_views_only_delays_their_cleaning(tmp_path: Path) -> None:
    story = Story(tmp_path / "home")

    async def play() -> None:
        node = story.made.node()
        await node.start()
        await story.submit(node, story.before)
        views = story.made.home.views()
        projector = story.projector(node, views)
        await projector.catch_up()
        reader = sqlite3.connect(story.made.path / "views.sqlite", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM projection").fetchone()
        await story.submit(node, story.decision)
        await projector.catch_up()
        assert not views.purge()
        assert story.holding()
        reader.execute("COMMIT")
        reader.close()
        assert views.purge()
        views.close()
        await node.stop()

    asyncio.run(play())
    story.check()
