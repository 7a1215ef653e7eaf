"""Parts: content that travels beside a statement, bound to it by a salted commitment.

    commitment = H("dongting/part/v1" || 00 || salt || H(content)),  H the profile's hash

A hash commitment with a 32-byte random salt hides (the content cannot be guessed from it, short or
not) and binds (nobody finds a second content). The content digest stands inside, so that a file of any
size is committed to from its running digest. Without salt and content the commitment says
nothing and every proof over it still holds: that is what erasure relies on.
"""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from dongting.errors import Code, require
from dongting.wire.keys import from_base64, to_base64
from dongting.wire.profile import Profile

SALT_SIZE = 32

PART_DIFFERS = Code(
    "wire", 80, "part-differs",
    "This content is not the part that the statement commits to: commitment {commitment} expected. "
    "Ask its holder for the part again.",
    "此内容不是该声明所承诺的部分：应符合承诺值 {commitment}。请向持有方重新索取。",
)  # fmt: skip
BAD_PART = Code(
    "wire", 81, "bad-part",
    "This is not a part: {why}.",
    "这不是有效的部分：{why}。",
    status=400,
)  # fmt: skip

_LABEL = b"dongting/part/v1\0"
_DIGEST_SIZE = 32
_Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", max_length=64)]


def commit(salt: bytes, digest: bytes, profile: Profile) -> str:
    """The commitment to content with that digest (32 bytes each), as 64 lower-case hexadecimal digits."""
    require(len(salt) == SALT_SIZE, BAD_PART, why=f"its salt has {len(salt)} bytes, not {SALT_SIZE}")
    require(len(digest) == _DIGEST_SIZE, BAD_PART, why=f"its digest has {len(digest)} bytes, not 32")
    return profile.hash(_LABEL + salt + digest).hex()


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """Salt and content. The salt comes from the caller's randomness, 32 bytes, never used twice.

    What is encrypted and stored is `encode()`, so that salt and content are erased together.
    """

    salt: bytes
    content: bytes

    def commitment(self, profile: Profile) -> str:
        """What the statement holds: 64 lower-case hexadecimal digits."""
        return commit(self.salt, profile.hash(self.content), profile)

    def opening(self, profile: Profile) -> "Opening":
        """What shows, without the content, which digest lies behind the commitment."""
        return Opening(
            self.commitment(profile), to_base64(self.salt), profile.hash(self.content).hex()
        )  # fmt: skip

    def encode(self) -> bytes:
        """Salt, then content."""
        return self.salt + self.content


def decode(data: bytes) -> Part:
    """The part in these bytes, salt first; refuses fewer than the salt's."""
    require(len(data) >= SALT_SIZE, BAD_PART, why=f"it is shorter than its salt of {SALT_SIZE} bytes")
    return Part(bytes(data[:SALT_SIZE]), bytes(data[SALT_SIZE:]))


def matching(commitment: str, part: Part, profile: Profile) -> Part:
    """The same part; refuses one that is not behind that commitment."""
    require(part.commitment(profile) == commitment, PART_DIFFERS, commitment=commitment[:64])
    return part


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Opens a commitment up to the content's digest; kept apart from the content, erased with it."""

    commitment: _Hex
    salt: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}$(?!\n)", max_length=43)]
    digest: _Hex

    def verify(self, profile: Profile) -> bool:
        """Whether content with this digest, and no other, lies behind the commitment."""
        return commit(from_base64(self.salt), bytes.fromhex(self.digest), profile) == self.commitment

    def covers(self, content: bytes, profile: Profile) -> bool:
        """Whether this content lies behind the commitment."""
        return profile.hash(content).hex() == self.digest and self.verify(profile)
