"""Proof that whoever registers a key holds its private half.

The new key signs a message of its own domain that names the network, the organisation and the key, so
that the proof serves nobody else and nowhere else. Without it an organisation could register another's
public key and claim what the other signed.
"""

from dongting.wire.keys import PublicKey, SigningKey
from dongting.wire.profile import Profile

DOMAIN = b"dongting/possession/v1\x00"


def message(network: str, organisation: str, thumbprint: bytes) -> bytes:
    """What is signed: domain, network id (64 hexadecimal digits), thumbprint (32 bytes), organisation id."""
    return DOMAIN + network.encode("ascii") + thumbprint + organisation.encode("ascii")


def prove(key: SigningKey, profile: Profile, network: str, organisation: str) -> bytes:
    """The proof that goes with a new key of that organisation: a signature of 64 bytes."""
    return key.sign(message(network, organisation, key.public().thumbprint(profile)))


def proven(key: PublicKey, profile: Profile, network: str, organisation: str, proof: bytes) -> bool:
    """Whether the proof was made with the private half of this key, for this organisation and network."""
    return key.verify(proof, message(network, organisation, key.thumbprint(profile)))
