"""Envelopes: the data key of one stored blob, sealed to one reader.

An envelope names the blob by the hash of its ciphertext, so it never says what is inside, and its four
fields are bound together: one that was moved to another blob, reader or key does not open. Envelopes
travel between nodes and never enter the ledger.
"""

from typing import Annotated

import msgspec

from dongting.errors import Code, require
from dongting.wire import cbor
from dongting.wire.keys import from_base64, to_base64
from dongting.wire.profile import Profile
from dongting.wire.sealing import DecryptionKey, EncryptionKey

OTHER_KEY = Code(
    "wire", 97, "envelope-for-another-key",
    "This envelope for {reader} was sealed to the key {wanted}, which is not the key {given}. "
    "Open it with that key, or ask the holder to seal it to your current one.",
    "此信封（收件方 {reader}）封装给密钥 {wanted}，而不是 {given}。"
    "请用该密钥打开，或让持有方用您当前的密钥重新封装。",
)  # fmt: skip

_LABEL = "dongting/envelope/v1"
_Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", max_length=64)]


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`blob`: the ciphertext's address; `reader`: an organisation; `key`: the thumbprint of its
    encryption key; `sealed`: the data key, base64url without padding."""

    blob: _Hex
    reader: Annotated[
        str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$(?!\n)", max_length=64)
    ]
    key: _Hex
    sealed: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]+$(?!\n)", max_length=600)]

    def open(self, private: DecryptionKey, profile: Profile) -> bytes:
        """The data key; refuses another key than the one named, and sealed bytes moved from elsewhere."""
        given = private.public().thumbprint(profile).hex()
        require(given == self.key, OTHER_KEY, reader=self.reader, wanted=self.key[:16], given=given[:16])
        return private.open(from_base64(self.sealed), _info(self.blob, self.reader, self.key, profile))


def seal(blob: str, reader: str, data_key: bytes, key: EncryptionKey, profile: Profile) -> Envelope:
    """An envelope that lets the reader, and nobody else, decrypt the blob at that address (64 hex digits)."""
    thumbprint = key.thumbprint(profile).hex()
    sealed = key.seal(data_key, _info(blob, reader, thumbprint, profile))
    return Envelope(blob, reader, thumbprint, to_base64(sealed))


def _info(blob: str, reader: str, key: str, profile: Profile) -> bytes:
    return cbor.encode([_LABEL, profile.name, bytes.fromhex(blob), reader, bytes.fromhex(key)])
