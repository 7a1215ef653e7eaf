"""What a verifier knows of a network from its genesis document alone, and a receipt checked against it.

The id that a person compares is the hash of the document, so everything here follows from that id.
"""

from dataclasses import dataclass

from dongting.errors import Code, Refused, require
from dongting.wire import genesis as documents
from dongting.wire import receipt as receipts
from dongting.wire.genesis import Genesis
from dongting.wire.keys import PublicKey, from_base64, public_key
from dongting.wire.note import VerifierKey
from dongting.wire.profile import Profile, profile_named
from dongting.wire.receipt import Receipt
from dongting.wire.statement import decode as decode_statement

OTHER_NETWORK = Code(
    "sdk", 1, "other-network",
    "This belongs to the network {given}, not to {expected}. Compare the network id with its members.",
    "此内容属于网络 {given}，而不是 {expected}。请向网络成员核对网络标识。",
)  # fmt: skip
UNKNOWN_LOG_KEY = Code(
    "sdk", 2, "unknown-log-key",
    "The key {key} does not sign for this network's log; ask for a receipt that its operator signed.",
    "密钥 {key} 无权为本网络的日志签名；请索取由其运营方签署的回执。",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Network:
    """`id` 64 hexadecimal digits, `origin` the log's name, `log_keys` by thumbprint with their owners,
    `founder_keys` by thumbprint with their owners."""

    id: str
    genesis: Genesis
    profile: Profile
    origin: str
    log_keys: dict[bytes, tuple[PublicKey, str]]
    founder_keys: dict[bytes, tuple[PublicKey, str]]

    def verifier_keys(self) -> list[VerifierKey]:
        """The log keys as signers of notes."""
        return [VerifierKey(self.origin, key) for key, _ in self.log_keys.values()]


def network_of(genesis: bytes, expected: str | None = None) -> Network:
    """The network that begins with these bytes; refuses one whose id is not the expected one."""
    document = documents.decode(genesis)
    profile = profile_named(document.profile)
    id = documents.network_id(genesis, profile)
    require(expected in (None, id), OTHER_NETWORK, given=id, expected=(expected or "")[:64])
    log_keys = {}
    for entry in document.log_keys:
        key = public_key(from_base64(entry.key))
        log_keys[key.thumbprint(profile)] = key, entry.owner
    founder_keys = {}
    for founder in document.founders:
        for text in founder.signing_keys:
            key = public_key(from_base64(text))
            founder_keys[key.thumbprint(profile)] = key, founder.id
    return Network(id, document, profile, documents.origin(document), log_keys, founder_keys)


def verify_receipt(receipt: bytes, statement: bytes, network: Network) -> Receipt:
    """The receipt, if the network's log proves by it that this statement is in it.

    It proves place and time, not the author: whose key signed is for a proof file to show.
    """
    claimed = decode_statement(statement, network.profile)
    if claimed.network != network.id:
        raise Refused(OTHER_NETWORK, given=claimed.network, expected=network.id)
    kid = receipts.decode(receipt).kid
    if kid not in network.log_keys:
        raise Refused(UNKNOWN_LOG_KEY, key=kid.hex()[:16])
    key, _ = network.log_keys[kid]
    return receipts.verify_inclusion(
        network.profile, receipt, statement, key, network.origin, claimed.subject
    )
