"""Who orders and signs for this ledger now, as its own state says: log keys, consensus keys, power.

The record of governance decides. From the block at whose end a change counts, CometBFT is told; it follows
two of its blocks later, while log keys change with the ledger's own height.
"""

from typing import Any

import msgspec

from dongting.apps import governance
from dongting.apps.governance import EngineMember, EngineMembers
from dongting.errors import Fault
from dongting.kernel.entries import decode_entry, record_key, version_key
from dongting.kernel.machine import Block, Machine
from dongting.wire.keys import from_base64, public_key

RECORD = governance.app.records[EngineMembers].name
ADDRESS = f"{RECORD}/engine"


def recorded(machine: Machine, block: Block | None = None) -> EngineMembers:
    """The record after the last commit, or after a block that is executed and not written yet."""
    found: Any = block.records.get(ADDRESS, (None, 0))[0] if block is not None else None
    found = found or machine.reader().get(EngineMembers, "engine")
    if found is None:
        raise Fault("the ledger has no engine members: its genesis was not built")
    return found  # type: ignore[no-any-return]


def history(machine: Machine) -> list[EngineMembers]:
    """All versions of the record, the first one first."""
    present = machine.store.get(record_key(ADDRESS))
    if present is None:
        raise Fault("the store has lost the engine's members; run `dongting audit`")
    earlier = [version_key(ADDRESS, n) for n in range(1, decode_entry(present).version)]
    found = []
    for data in [*machine.store.get_many(earlier), present]:
        if data is None:
            raise Fault("the store has lost a version of the engine's members; run `dongting audit`")
        found.append(msgspec.json.decode(decode_entry(data).body, type=EngineMembers))
    return found


def members(machine: Machine) -> tuple[EngineMember, ...]:
    """Whose log keys sign a checkpoint of the present head."""
    return governance.members_at(recorded(machine), machine.head.height)


def voting(machine: Machine, block: Block | None = None) -> dict[bytes, int]:
    """The power of each consensus key (32 bytes, Ed25519) that is to vote on what follows the last commit, or
    `block`; ascending by key, empty where one node orders alone."""
    height = (machine.head if block is None else block.head).height + 1
    found = governance.members_at(recorded(machine, block), height)
    keys = ((each.consensus, each.power) for each in found)
    return dict(sorted((public_key(from_base64(key)).raw, power) for key, power in keys if key is not None))
