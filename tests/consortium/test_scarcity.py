"""A consortium of four when one lacks disk or time, when one is flooded past its gateway, when all are idle.

Each story with statements ends with equal roots and a clean audit.
"""

import asyncio
import base64
import contextlib
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from dongting.engines.cometbft.budget import TRANSACTIONS
from dongting.engines.cometbft.rpc import Rpc, RpcError
from dongting.engines.cometbft.transactions import MAX_TRANSACTION, pack, pack_message
from dongting.testing.load import Load, ends_well
from dongting.testing.validators import Validators

SOAK = bool(os.environ.get("DONGTING_SOAK"))
DISK = 256 * 2**20  # bytes


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Put what lies in a directory on a disk of its own that is soon full."""
    kept = place.with_name(f"{place.name}.kept")
    place.rename(kept)
    place.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", place], check=True)
    try:
        shutil.copytree(kept, place, dirs_exist_ok=True)
        shutil.rmtree(kept)
        yield
        shutil.copytree(place, kept, ignore=shutil.ignore_patterns("*.sock"))
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
    place.rmdir()
    kept.rename(place)


def fill(place: Path) -> Path:
    """Leave no byte free on the disk of this directory; the file that takes the room."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass
    return filler


async def stops_writing(validators: Validators, number: int) -> str:
    """Wait until a node writes no more; why, as it says."""
    async with asyncio.timeout(60):
        while (told := await validators.status(number)).writing:
            await asyncio.sleep(0.2)
    return str(told.reason)


def test_a_validator_whose_disk_is_full_says_so_and_stops_alone_and_catches_up_when_there_is_room(
    shared: Validators,
) -> None:
    async def story() -> None:
        await asyncio.to_thread(shared.stop, 2)
        with small_disk(shared.home(2).path):
            shared.start(2)
            async with Load(shared, 0, 1) as load:
                await load.grows()
                await shared.level()
                filler = fill(shared.home(2).path)
                assert "No room is left" in await stops_writing(shared, 2)
                await load.grows()
                filler.unlink()
                await asyncio.to_thread(shared.stop, 2)
                shared.start(2)
                await load.grows()
            await ends_well(shared, load)
            await asyncio.to_thread(shared.stop, 2)
        shared.start(2)
        await shared.level()

    asyncio.run(story())


@contextlib.asynccontextmanager
async def slowed(validators: Validators, number: int) -> AsyncIterator[None]:
    """Let a node have a tenth of the time."""

    async def throttle() -> None:
        try:
            while True:
                validators.signal(number, signal.SIGSTOP)
                await asyncio.sleep(0.45)
                validators.signal(number, signal.SIGCONT)
                await asyncio.sleep(0.05)
        finally:
            validators.signal(number, signal.SIGCONT)

    task = asyncio.create_task(throttle())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_a_validator_with_a_tenth_of_the_time_stops_nobody_and_catches_up(shared: Validators) -> None:
    async def story() -> None:
        async with Load(shared, 0, 1) as load:
            await load.grows()
            async with slowed(shared, 3):
                await load.grows(60)
            await load.grows()
        await ends_well(shared, load)

    asyncio.run(story())


async def put(rpc: Rpc, tx: bytes) -> str:
    """Put a transaction in a node's mempool past its gateway; why it was refused, if it was."""
    try:
        answer = await rpc.call("broadcast_tx_sync", tx=base64.b64encode(tx).decode())
    except RpcError as error:
        return error.why
    return str(answer["log"])


def test_transactions_that_are_too_long_or_are_none_are_refused_at_the_door(shared: Validators) -> None:
    async def story() -> None:
        rpc = Rpc(shared.home(1).path / "run" / "rpc.sock")
        forged = bytearray(shared.evidence(author=1))
        forged[-1] ^= 1
        async with Load(shared, 0, 1) as load:
            await load.grows()
            assert "Tx too large" in await put(rpc, os.urandom(2**20 + 1))
            assert "error reading request body" in await put(rpc, os.urandom(4 * 2**20))
            assert await put(rpc, os.urandom(MAX_TRANSACTION + 1)) == "these bytes are no transaction"
            assert await put(rpc, os.urandom(100)) == "these bytes are no transaction"
            assert await put(rpc, pack([bytes(forged)], os.urandom(8))) == "wire/bad-signature"
            async with shared.facade(2) as node:
                signed = await node.checkpoint()
            assert await put(rpc, pack_message(signed.encode(), os.urandom(8))) == ""
            await load.grows()
        await rpc.close()
        await ends_well(shared, load)

    asyncio.run(story())


def test_a_member_that_sends_past_its_gateway_without_end_stops_nobody(shared: Validators) -> None:
    async def story() -> None:
        rpc = Rpc(shared.home(1).path / "run" / "rpc.sock")
        over = asyncio.Event()

        async def flood() -> Counter[str]:
            told: Counter[str] = Counter()
            while not over.is_set():
                txs = [
                    pack_message(os.urandom(64), os.urandom(8)),
                    pack([shared.evidence(author=1)], os.urandom(8)),
                ]
                told.update(await asyncio.gather(*(put(rpc, tx) for tx in txs)))
            return told

        async with Load(shared, 0, 2) as load:
            await load.grows()
            flooding = [asyncio.create_task(flood()) for _ in range(16)]
            await load.grows(60)
            over.set()
            told: Counter[str] = sum(await asyncio.gather(*flooding), Counter())
            assert told["no validator signed this message"] == told.total() / 2 >= len(flooding)
            await load.grows()
        await rpc.close()
        await ends_well(shared, load)

    asyncio.run(story())


def test_of_one_member_no_more_waits_in_the_mempools_than_its_share_and_others_go_in(
    shared: Validators,
) -> None:
    async def story() -> None:
        rpc = Rpc(shared.home(1).path / "run" / "rpc.sock")
        await asyncio.to_thread(shared.stop, 2, 3)
        answers: Counter[str] = Counter()
        for _ in range(TRANSACTIONS // 20 + 2):
            txs = [pack([shared.evidence(author=1)], os.urandom(8)) for _ in range(20)]
            answers.update(await asyncio.gather(*(put(rpc, tx) for tx in txs)))
        assert answers == {"": TRANSACTIONS, "too many transactions of its sender wait here": 40}
        assert await put(rpc, pack([shared.evidence()], os.urandom(8))) == ""
        await rpc.close()
        shared.start(2, 3)
        async with Load(shared, 0, 2) as load:
            await load.grows()
        await ends_well(shared, load)

    asyncio.run(story())


def seconds_of(validators: Validators, number: int) -> float:
    """The processor time that the processes of a node took."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            _state, _parent, group, *rest = path.read_text().rpartition(")")[2].split()
            if int(group) == validators.group(number):
                ticks += int(rest[8]) + int(rest[9])
    return ticks / os.sysconf("SC_CLK_TCK")


def test_a_consortium_in_which_nothing_happens_makes_no_block(shared: Validators) -> None:
    async def heights() -> set[str]:
        found = set()
        for number in range(4):
            rpc = Rpc(shared.home(number).path / "run" / "rpc.sock")
            found.add((await rpc.call("status"))["sync_info"]["latest_block_height"])
            await rpc.close()
        return found

    async def story() -> None:
        await shared.accepted(0, shared.evidence())
        await shared.level()
        before: set[str] = set()
        async with asyncio.timeout(60):
            while len(before) != 1 or await heights() != before:  # the last block may be on its way
                before = await heights()
                await asyncio.sleep(3)
        took, length = [seconds_of(shared, number) for number in range(4)], 600 if SOAK else 60
        await asyncio.sleep(length)
        assert await heights() == before
        shares = [(seconds_of(shared, number) - took[number]) / length for number in range(4)]
        print("idle, of a core:", " ".join(f"{share:.1%}" for share in shares))
        assert not SOAK or max(shares) < 0.05

    asyncio.run(story())
    shared.audit()
