"""The state tree against a naive reading of its format, which also made `tests/vectors/state.json`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.kernel.store import Change
from dongting.kernel.tree import CACHE, Tree
from dongting.wire.profile import INTERNATIONAL, NATIONAL, PROFILES, Profile
from dongting.wire.state import (
    STATE_ENTRY_DIFFERS,
    STATE_RECORD_ABSENT,
    STATE_RECORD_PRESENT,
    key_hash,
    state_proof,
    value_hash,
    verify,
)

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "state.json").read_text())


class Memory:
    """A store in a dict."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.rows.get(key)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self.rows.get(key) for key in keys]

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        found = [key for key in sorted(self.rows) if key.startswith(prefix) and key >= prefix + start]
        return ((key, self.rows[key]) for key in found)

    def scan_back(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        raise NotImplementedError

    def write(self, changes: Sequence[Change]) -> None:
        for key, value in changes:
            if value is None:
                del self.rows[key]
            else:
                self.rows[key] = value

    def close(self) -> None:
        pass


def naive_root(records: dict[bytes, bytes], profile: Profile, depth: int = 0) -> bytes:
    """The root of these key hashes and value hashes, straight from the format's definition."""
    if not records:
        return profile.hash(b"dongting/state/empty/v1\0")
    if len(records) <= 16:
        entries = b"".join(key + value for key, value in sorted(records.items()))
        return profile.hash(b"dongting/state/bucket/v1\0" + entries)
    children = b""
    for digit in "0123456789abcdef":
        below = {key: value for key, value in records.items() if key.hex()[depth] == digit}
        children += naive_root(below, profile, depth + 1)
    return profile.hash(b"dongting/state/branch/v1\0" + children)


def numbered(count: int, profile: Profile) -> dict[bytes, bytes]:
    """The hashes of the records `demo.item/0` and so on, whose entries are their numbers in ASCII."""
    return {key_hash(f"demo.item/{n}", profile): value_hash(str(n).encode(), profile) for n in range(count)}


def grown(batches: Sequence[dict[bytes, bytes]], profile: Profile) -> tuple[Tree, Memory]:
    store = Memory()
    tree = Tree.open(store, profile)
    for batch in batches:
        update = tree.update(batch)
        store.write(update.changes)
        tree.commit(update)
    return tree, store


#: Key hashes that share long prefixes, so that deep splits are met; real ones are as good as random.
near = st.builds(
    lambda shared, rest: bytes(shared) + rest.to_bytes(2) + bytes(30 - shared),
    st.integers(0, 30),
    st.integers(0, 2**16 - 1),
)
values = st.binary(min_size=32, max_size=32)
batches = st.lists(st.dictionaries(near | values, values, max_size=40), max_size=6)


@given(batches, st.sampled_from([INTERNATIONAL, NATIONAL]), st.sampled_from([0, 2000, 20_000, CACHE]))
@settings(deadline=None, max_examples=100)
def test_the_root_is_that_of_the_naive_reading_after_every_batch_and_after_opening_again(
    steps: list[dict[bytes, bytes]], profile: Profile, cache: int
) -> None:
    store = Memory()
    tree = Tree.open(store, profile, cache)
    records: dict[bytes, bytes] = {}
    for batch in steps:
        tree.update({key: bytes(32) for key in batch})  # dropped, and must leave no trace
        update = tree.update(batch)
        store.write(update.changes)
        tree.commit(update)
        records |= batch
        assert update.root == tree.root == naive_root(records, profile)
    again = Tree.open(store, profile)
    assert again.root == tree.root
    assert again._branches == tree._branches


@given(st.dictionaries(near | values, values, max_size=90), st.data())
@settings(deadline=None, max_examples=60)
def test_order_and_batching_do_not_change_the_root_or_the_stored_buckets(
    records: dict[bytes, bytes], data: st.DataObject
) -> None:
    at_once = grown([records], INTERNATIONAL)
    order = data.draw(st.permutations(list(records)))
    size = data.draw(st.integers(1, 40))
    older = {key: bytes(32) for key in order[::3]}
    steps = [{key: records[key] for key in order[at : at + size]} for at in range(0, len(order), size)]
    in_steps = grown([older, *steps], INTERNATIONAL)
    assert in_steps[0].root == at_once[0].root
    assert in_steps[1].rows == at_once[1].rows


@given(st.integers(0, 400), st.integers(0, 500), st.sampled_from([INTERNATIONAL, NATIONAL]))
@settings(deadline=None, max_examples=60)
def test_every_record_is_proved_current_and_every_other_address_absent(
    count: int, asked: int, profile: Profile
) -> None:
    tree, _ = grown([numbered(count, profile)], profile)
    address, entry = f"demo.item/{asked}", str(asked).encode()
    plain = tree.prove(key_hash(address, profile)).plain()
    proof = state_proof(plain)
    if asked < count:
        verify(tree.root, address, entry, proof, profile)
        with pytest.raises(Refused) as other:
            verify(tree.root, address, entry + b"!", proof, profile)
        assert other.value.code == STATE_ENTRY_DIFFERS
        with pytest.raises(Refused) as absent:
            verify(tree.root, address, None, proof, profile)
        assert absent.value.code == STATE_RECORD_PRESENT
    else:
        verify(tree.root, address, None, proof, profile)
        with pytest.raises(Refused) as present:
            verify(tree.root, address, entry, proof, profile)
        assert present.value.code == STATE_RECORD_ABSENT


@pytest.mark.parametrize("case", VECTORS["roots"], ids=lambda case: f"{case['profile']}-{case['records']}")
def test_the_published_roots_come_out_of_the_naive_reading_and_of_the_tree(case: dict[str, object]) -> None:
    profile = PROFILES[str(case["profile"])]
    records = numbered(int(str(case["records"])), profile)
    assert naive_root(records, profile).hex() == case["root"]
    assert grown([records], profile)[0].root.hex() == case["root"]


def write_vectors() -> None:
    """Make the vectors anew: `python tests/properties/test_state_tree.py`, only when the format changes."""
    roots = [
        {
            "profile": profile.name,
            "records": count,
            "root": naive_root(numbered(count, profile), profile).hex(),
        }
        for profile in (INTERNATIONAL, NATIONAL)
        for count in (0, 1, 16, 17, 40, 300, 5000)
    ]
    vectors = {**VECTORS, "roots": roots}
    path = Path(__file__).parent.parent / "vectors" / "state.json"
    path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write_vectors()
