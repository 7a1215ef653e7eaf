"""A proof of possession serves one key, one organisation and one network."""

import pytest

from dongting.wire.keys import PrivateKey
from dongting.wire.possession import message, prove, proven
from dongting.wire.profile import INTERNATIONAL, NATIONAL
from dongting.wire.suites import SUITES, Suite

NETWORK = "ab" * 32


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_the_holder_of_the_private_key_proves_possession(suite: Suite) -> None:
    key = PrivateKey.generate(suite)
    proof = prove(key, INTERNATIONAL, NETWORK, "env-bureau")
    assert proven(key.public(), INTERNATIONAL, NETWORK, "env-bureau", proof)


def test_a_proof_serves_nothing_else() -> None:
    key, other = (PrivateKey.generate(SUITES["Ed25519"]) for _ in range(2))
    proof = prove(key, INTERNATIONAL, NETWORK, "env-bureau")
    assert not proven(other.public(), INTERNATIONAL, NETWORK, "env-bureau", proof)
    assert not proven(key.public(), INTERNATIONAL, "cd" * 32, "env-bureau", proof)
    assert not proven(key.public(), INTERNATIONAL, NETWORK, "env-burea", proof)
    assert not proven(key.public(), NATIONAL, NETWORK, "env-bureau", proof)
    assert not proven(key.public(), INTERNATIONAL, NETWORK, "env-bureau", proof[:-1])


def test_the_message_is_domain_network_thumbprint_organisation() -> None:
    expected = b"dongting/possession/v1\0" + b"ab" * 32 + bytes(32) + b"env-bureau"
    assert message(NETWORK, "env-bureau", bytes(32)) == expected
