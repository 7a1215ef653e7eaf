"""An operator who signs whatever it likes: a log with any leaves over any state, under a ledger's name.

What such a log shows must still be refused wherever its members' signatures do not support it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dongting.kernel.tree import Tree
from dongting.testing.ledger import Ledger
from dongting.testing.members import thumbprint
from dongting.testing.stores import MemoryStore
from dongting.testing.stories import CONSUMER, DATASET, DESCRIPTION, PUBLISHER
from dongting.wire import checkpoint, excerpt, jcs, merkle
from dongting.wire.blocks import BlockEnd
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import origin
from dongting.wire.keys import to_base64
from dongting.wire.multiproof import multi_path
from dongting.wire.proof import Proof
from dongting.wire.state import key_hash, value_hash


def on_record(ledger: Ledger, *organisations: str) -> dict[str, dict[str, Any]]:
    """The records of these organisations' present keys."""
    found = {}
    for owner in organisations:
        id, key = thumbprint(ledger, ledger.keys[owner]), to_base64(ledger.keys[owner].public().cose())
        found[f"membership.signing-key/{id}"] = {
            "id": id,
            "owner": owner,
            "key": key,
            "added": ledger.time - 1,
        }
    return found


class Operator:
    """Signs a log of its own making under the ledger's name."""

    def __init__(self, ledger: Ledger, records: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.ledger = ledger
        form = b'{"body":%b,"leaf":-1,"version":1}'
        kept = on_record(ledger, PUBLISHER, CONSUMER) if records is None else records
        self.keep({address: form % jcs.encode(body) for address, body in kept.items()})

    def keep(self, entries: Mapping[str, bytes]) -> None:
        """Have this state, entries by address, and no other."""
        profile, store = self.ledger.profile, MemoryStore()
        self.entries = dict(entries)
        self.tree = Tree.open(store, profile)
        update = self.tree.update(
            {key_hash(a, profile): value_hash(entry, profile) for a, entry in entries.items()}
        )
        store.write(update.changes)
        self.tree.commit(update)

    def statement(self, author: str, **changes: Any) -> bytes:
        """A publication, signed; `changes` as for `Ledger.sign`."""
        arguments = {"id": DATASET, **DESCRIPTION}
        return self.ledger.sign(author, "catalogue/publish", arguments, **changes)

    def end(self, height: int, first: int, time: int | None = None) -> bytes:
        """A block end over the present state."""
        return BlockEnd(height, time or self.ledger.time, first, self.tree.root).encode()

    def prove(self, *leaves: bytes, left_out: Sequence[int] = ()) -> bytes:
        """A proof file of a log of these leaves, without those at the indices left out."""
        profile = self.ledger.profile
        hashes = [merkle.leaf_hash(profile, leaf) for leaf in leaves]
        shown = [index for index in range(len(leaves)) if index not in left_out]
        path = multi_path(
            profile,
            shown,
            len(leaves),
            lambda level, i: merkle.root(profile, hashes[i << level : i + 1 << level]),
        )
        at = Checkpoint(origin(self.ledger.genesis), len(leaves), merkle.root(profile, hashes))
        keys = [key_hash(address, profile) for address in self.entries]
        return Proof(
            genesis=self.ledger.genesis.encode(),
            checkpoint=checkpoint.sign(at, [self.ledger.log_key]),
            leaves=tuple((index, leaves[index]) for index in shown),
            path=tuple(path),
            records=tuple(sorted(self.entries.items())),
            state=tuple(excerpt.merge({key: self.tree.prove(key) for key in keys})),
        ).encode()
