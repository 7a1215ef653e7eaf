"""The form of a bundle: what is read back, and what is refused."""

import io
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.wire import bundle
from dongting.wire.bundle import Chain, Header, Seal
from dongting.wire.keys import PrivateKey
from dongting.wire.profile import INTERNATIONAL, profile_named
from dongting.wire.suites import ED25519, SM2

HEADER = bundle.record(bundle.HEADER, b"{}")
SEAL = bundle.record(bundle.SEAL, b"{}")
LEAF = bundle.record(bundle.LEAF, b"leaf")


def read(data: bytes) -> list[tuple[bytes, bytes]]:
    return list(bundle.records(io.BytesIO(data).read))


def test_records_are_read_back_in_order() -> None:
    data = bundle.FIRST_LINE + HEADER + LEAF + LEAF + SEAL
    assert [kind for kind, _ in read(data)] == [b"H", b"L", b"L", b"S"]
    assert bundle.FIRST_LINE + b"".join(bundle.record(*each) for each in read(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b"", b"dongting bundle 2\n" + HEADER + SEAL, bundle.FIRST_LINE, bundle.FIRST_LINE + HEADER,
        bundle.FIRST_LINE + LEAF + SEAL, bundle.FIRST_LINE + HEADER + HEADER + SEAL,
        bundle.FIRST_LINE + HEADER + SEAL + b"x", bundle.FIRST_LINE + HEADER + SEAL[:-1],
        bundle.FIRST_LINE + HEADER + b"X" + bytes(8) + SEAL,
        bundle.FIRST_LINE + HEADER + b"L" + (bundle.LONGEST + 1).to_bytes(8),
    ],
)  # fmt: skip
def test_every_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read(data)
    assert refused.value.code is bundle.BAD_BUNDLE


@pytest.mark.parametrize("profile", ["international", "national"])
def test_a_seal_holds_for_exactly_these_records_and_that_key(profile: str) -> None:
    rules = profile_named(profile)
    key = PrivateKey.generate(SM2 if profile == "national" else ED25519)

    def chain(*records: bytes) -> Chain:
        made = Chain(rules)
        for each in records:
            made.add(each)
        return made

    seal = chain(HEADER, LEAF).seal("green-tech", key)
    assert seal.kid == key.public().thumbprint(rules).hex()
    assert chain(HEADER, LEAF).sealed(seal, key.public())
    for other in ((HEADER,), (LEAF, HEADER), (HEADER, LEAF, LEAF), (HEADER + LEAF,)):
        assert not chain(*other).sealed(seal, key.public())
    assert not chain(HEADER, LEAF).sealed(seal, PrivateKey.generate(ED25519).public())


def test_the_chain_of_hashes_is_what_the_specification_says() -> None:
    chain = Chain(INTERNATIONAL)
    chain.add(LEAF)
    expected = INTERNATIONAL.hash(INTERNATIONAL.hash(b"dongting bundle 1\n") + b"L\0\0\0\0\0\0\0\x04leaf")
    assert chain.digest == expected


@pytest.mark.parametrize("kind", [Header, Seal])
@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"surprise":1}', b"\xff"])
def test_json_of_another_shape_is_refused(kind: Any, data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        bundle.decoded(data, kind)
    assert refused.value.code is bundle.BAD_BUNDLE
