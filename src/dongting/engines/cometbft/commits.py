"""What the validators decided, fetched from this node's CometBFT for a proof (`dongting.wire.commit`).

CometBFT keeps every header with its votes. A header holds the app hash of the block before it, so what the
newest block led to is decided one block later.
"""

import asyncio
import base64
import time
from calendar import timegm
from collections.abc import Callable, Mapping
from typing import Any

from dongting.engines.cometbft.place import Place
from dongting.engines.cometbft.rpc import RpcError
from dongting.errors import Code, Fault, Refused
from dongting.wire.commit import Step, Vote, header_hash, ordered
from dongting.wire.protobuf import data, item, number

NOT_YET = Code(
    "cometbft", 9, "not-cosigned",
    "The validators have not decided about the newest block yet ({why}); ask again in a moment.",
    "验证者尚未对最新区块作出决定（{why}）；请稍后再试。",
    status=503,
)  # fmt: skip

PATIENCE = 5.0  # seconds
_PAUSE = 0.05
_FOR_THE_BLOCK = 2  # BlockIDFlag: its vote is for this block

Call = Callable[..., Any]


class Commits:
    """Reads one CometBFT; `call` is its JSON-RPC."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._changes: dict[int, Step] = {}  # by the height of their header; they never change

    async def steps(self, place: Place) -> tuple[Step, ...]:
        """From the validators of genesis to the decision about what the block at `place` led to."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                last = await self._about(place)
                height = int(last["header"]["height"])
                # The result of block n is in header n + 1, which names the validators of n + 2.
                changes = [await self._change(n + 1) for n in place.changes if n + 1 < height]
                return (*changes, step_of(last, await self._validators(height)))
            except RpcError as error:
                if time.monotonic() > end:
                    raise Refused(NOT_YET, why=error.why) from None
                await asyncio.sleep(_PAUSE)

    async def _about(self, place: Place) -> Any:
        """The header with votes that holds the app hash of `place`."""
        held = await self._signed(place.height)
        if held["header"]["app_hash"].lower() == place.app_hash.hex():
            return held  # the block changed nothing
        return await self._signed(place.height + 1)

    async def _signed(self, height: int) -> Any:
        return (await self._call("commit", height=str(height)))["signed_header"]

    async def _change(self, height: int) -> Step:
        found = self._changes.get(height)
        if found is None:
            following = ordered(await self._validators(height + 1))
            plain = step_of(await self._signed(height), await self._validators(height))
            found = Step(plain.header, plain.round, plain.parts, plain.votes, tuple(following))
            self._changes[height] = found
        return found

    async def _validators(self, height: int) -> dict[bytes, int]:
        found = await self._call("validators", height=str(height), per_page="100")
        return {
            base64.b64decode(each["pub_key"]["value"]): int(each["voting_power"])
            for each in found["validators"]
        }


def step_of(signed: Mapping[str, Any], validators: Mapping[bytes, int]) -> Step:
    """The step that a signed header is, with as few votes as decide it."""
    commit = signed["commit"]
    header = _header(signed["header"])
    parts = commit["block_id"]["parts"]
    if header_hash(header) != bytes.fromhex(commit["block_id"]["hash"]):
        raise Fault("a header of CometBFT has another hash than its votes are for")
    power, votes = 0, []
    for index, (each, (_, weight)) in enumerate(zip(commit["signatures"], ordered(validators), strict=True)):
        if each["block_id_flag"] == _FOR_THE_BLOCK and 3 * power <= 2 * sum(validators.values()):
            power += weight
            votes.append(Vote(index, *_time(each["timestamp"]), base64.b64decode(each["signature"])))
    return Step(header, int(commit["round"]), _parts(parts), tuple(votes))


def _header(told: Mapping[str, Any]) -> tuple[bytes, ...]:
    """The 14 fields of a header as they are hashed, a value without a message of its own in a wrapper."""
    version, last = told["version"], told["last_block_id"]
    total, parts_hash = _parts(last["parts"])
    seconds, nanos = _time(told["time"])
    hashes = (
        "last_commit_hash", "data_hash", "validators_hash", "next_validators_hash", "consensus_hash",
        "app_hash", "last_results_hash", "evidence_hash", "proposer_address",
    )  # fmt: skip
    return (
        number(1, int(version["block"])) + number(2, int(version.get("app", 0))),
        data(1, told["chain_id"].encode()),
        number(1, int(told["height"])),
        number(1, seconds) + number(2, nanos),
        data(1, bytes.fromhex(last["hash"])) + item(2, number(1, total) + data(2, parts_hash)),
        *(data(1, bytes.fromhex(told[name])) for name in hashes),
    )


def _parts(told: Mapping[str, Any]) -> tuple[int, bytes]:
    return int(told["total"]), bytes.fromhex(told["hash"])


def _time(text: str) -> tuple[int, int]:
    """Seconds since 1970 and nanoseconds of an RFC 3339 time in UTC."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds, int(fraction.ljust(9, "0"))
