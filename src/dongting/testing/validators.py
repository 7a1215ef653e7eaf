"""Real validators on this machine, for tests and measurements: each node's ledger process and its CometBFT.

A node here is what `dongting serve` runs without API workers and projector: it serves the façade on the
home's socket. Each node is a process group of its own, so that it can be killed or paused as a machine would
be; this module is the program of the `Nursery` that they are forked from.
"""

import asyncio
import hashlib
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from dongting.errors import Refused
from dongting.node.audit import audit
from dongting.node.config import load
from dongting.node.crash import crash_point
from dongting.node.facade import Facade, Fate, Status
from dongting.node.home import Home
from dongting.node.keystore import Keystore
from dongting.node.link import Link, LinkServer, remote
from dongting.node.serve import opened, unlocked_log_key
from dongting.testing.nursery import Child, Nursery, arguments
from dongting.wire import jcs
from dongting.wire.genesis import network_id
from dongting.wire.statement import build

PROGRAM = "dongting.testing.validators"
_PATIENCE = 60.0  # seconds for what must happen at last


class Validators:
    """The nodes of one consortium, by number from 0; `directory` holds a home for each of `nodes`."""

    def __init__(self, directory: Path, nodes: Sequence[str], nursery: Nursery) -> None:
        self.directory = directory
        self.nodes = list(nodes)
        self._passphrase = (directory / "passphrase").read_bytes()
        self._nursery = nursery
        self._processes: dict[int, Child] = {}
        self._keys = {id: self._key(id) for id in self.nodes}
        self.genesis = self.home(0).genesis()
        self.profile = self.home(0).profile()
        self.network = network_id(self.genesis.encode(), self.profile)
        self._drawn = 0
        self.made: set[bytes] = set()  # every statement that was made here

    def home(self, number: int) -> Home:
        """The home of one node."""
        return Home(load(self.directory / self.nodes[number] / "dongting.toml"))

    def _key(self, organisation: str):  # type: ignore[no-untyped-def]
        keystore = Keystore.open(self.directory / organisation / "keys" / organisation / "keystore.json")
        keystore.unlock(self._passphrase)
        return keystore.signing_key(f"{organisation}/signing")

    # Processes

    def start(self, *numbers: int, point: int = 0, times: int = 1, skew: int = 0) -> None:
        """Start nodes (all of them when none is named), with a crash point or a clock that is wrong."""
        for number in numbers or range(len(self.nodes)):
            home = self.home(number)
            (home.path / "run" / "ledger.sock").unlink(missing_ok=True)
            self._processes[number] = self._nursery.start(
                home.path / "node.log", str(home.path), str(self.directory / "passphrase"),
                str(point), str(times), str(skew),
            )  # fmt: skip

    def signal(self, number: int, signal_: int) -> None:
        """Send a signal to every process of a node."""
        os.killpg(self._processes[number].pid, signal_)

    def group(self, number: int) -> int:
        """The process group of a node."""
        return self._processes[number].pid

    def kill(self, *numbers: int) -> None:
        """End nodes as a loss of power would, CometBFT too."""
        for number in numbers:
            self.signal(number, signal.SIGKILL)
            self._processes.pop(number).wait()

    def stop(self, *numbers: int) -> None:
        """Ask nodes to end (all of them when none is named), and wait."""
        ending = [(n, self._processes.pop(n)) for n in numbers or list(self._processes)]
        for _, process in ending:
            process.terminate()
        for _, process in ending:
            process.wait(_PATIENCE)

    def wait(self, number: int) -> int:
        """Wait for a node's process to end by itself, and for its CometBFT; the exit code."""
        process = self._processes.pop(number)
        code = process.wait(_PATIENCE)
        end = time.monotonic() + _PATIENCE
        while _group_lives(process.pid) and time.monotonic() < end:
            time.sleep(0.05)
        return code

    def close(self) -> None:
        """Kill whatever still runs."""
        for number in list(self._processes):
            if _group_lives(self._processes[number].pid):
                self.kill(number)

    # Talking to them

    @asynccontextmanager
    async def facade(self, number: int, patience: float = _PATIENCE) -> AsyncIterator[Facade]:
        """The façade of one node, once it answers; refused when it does not within `patience` seconds."""
        socket = self.home(number).socket
        link = Link(socket)
        try:
            end = time.monotonic() + patience
            while True:
                try:
                    await remote(link).status()
                    break
                except Refused:
                    if time.monotonic() > end:
                        raise
                    await asyncio.sleep(0.05)
            yield remote(link)
        finally:
            await link.close()

    async def submit(self, number: int, *statements: bytes) -> list[Fate]:
        """Submit through one node; the fates."""
        async with self.facade(number) as node:
            return (await node.submit(list(statements))).fates

    async def status(self, number: int) -> Status:
        """Where one node stands."""
        async with self.facade(number) as node:
            return await node.status()

    async def level(self, *numbers: int) -> Status:
        """Wait until these nodes (all when none is named) have the same ledger; where it stands."""
        end = time.monotonic() + _PATIENCE
        while True:
            found = [await self.status(n) for n in numbers or range(len(self.nodes))]
            if len({(each.size, each.root, each.state) for each in found}) == 1:
                return found[0]
            if time.monotonic() > end:
                raise TimeoutError(f"the ledgers stay apart: {[(s.height, s.root[:8]) for s in found]}")
            await asyncio.sleep(0.1)

    def audit(self) -> None:
        """Derive every node's ledger again; raises on the first finding."""
        for number in range(len(self.nodes)):
            report = audit(self.home(number))
            assert report.clean, [found.text() for found in report.findings]

    def add(self, node: str) -> int:
        """A further node of this consortium, whose home is there already; its number."""
        self.nodes.append(node)
        self._keys[node] = self._key(node)
        return len(self.nodes) - 1

    def statement(self, author: str, action: str, subject: str, arguments: dict[str, Any]) -> bytes:
        """A statement of one of these organisations, dated now."""
        return self._build(author, action, subject, arguments, int(time.time()))

    def _build(self, author: str, action: str, subject: str, arguments: dict[str, Any], issued: int) -> bytes:
        made = build(
            self._keys[author], self.profile, issuer=author, network=self.network, action=action,
            subject=subject, arguments=arguments, issued=issued, nonce=os.urandom(16),
        )  # fmt: skip
        self.made.add(made)
        return made

    async def decide(self, number: int, action: str, arguments: dict[str, Any]) -> Any:
        """Let all founders vote for an action, through one node; the decided proposal."""
        self._drawn += 1
        id = f"proposal-{self._drawn}"
        about, voters = f"governance.proposal/{id}", [each.id for each in self.genesis.founders]
        told = {"id": id, "action": action, "arguments": jcs.encode(arguments).decode()}
        await self.accepted(number, self.statement(voters[0], "governance/propose", about, told))
        async with self.facade(number) as node:
            for voter in voters:
                cast = {"proposal": id, "choice": "for"}
                await self.accepted(number, self.statement(voter, "governance/vote", about, cast))
                record = await node.record("governance.proposal", id, 0)
                found = msgspec.json.decode(record.body)
                if found["state"] != "open":
                    return found
        raise AssertionError("the founders did not decide")

    async def accepted(self, number: int, statement: bytes) -> int:
        """Submit one statement that must be accepted; its index."""
        (fate,) = await self.submit(number, statement)
        assert fate.state == "accepted", fate
        assert fate.index is not None
        return fate.index

    def evidence(self, number: int | None = None, author: int = 0, *, issued: int | None = None) -> bytes:
        """A statement that registers some evidence; another number is another record, none is a new one."""
        organisation = self.nodes[author]
        self._drawn += 1
        given = f"new-{self._drawn}" if number is None else str(number)
        id = f"evidence-{organisation}-{given}"
        told = {"id": id, "kind": "file", "content": hashlib.sha256(given.encode()).hexdigest()}
        made = int(time.time()) if issued is None else issued
        return self._build(organisation, "evidence/register", f"evidence.evidence/{id}", told, made)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


async def _serve(path: Path, passphrase: Path, point: int, times: int, skew: int) -> None:
    """Run one node until SIGTERM."""
    home = Home(load(path / "dongting.toml"))
    home.prepare()
    log_key = unlocked_log_key(home.config, passphrase.read_bytes())
    node = opened(home, home.ledger(), log_key, lambda: int(time.time()) + skew, crash_point(point, times))
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await node.start()
    server = LinkServer(node, home.socket)
    await server.start()
    await ended.wait()
    await server.stop()
    await node.stop()


if __name__ == "__main__":
    _home, _passphrase, *_numbers = arguments()
    asyncio.run(_serve(Path(_home), Path(_passphrase), *map(int, _numbers)))
