"""A network's profile: which hash its log, tree, thumbprints and commitments use, and which ciphers.

Fixed in genesis for the life of a network. *international*: SHA-256 (FIPS 180-4), AES-256-GCM, HPKE.
*national*: SM3 (GB/T 32905-2016), SM4-GCM (GB/T 32907-2016), SM2 sealing (GB/T 32918.4-2016).
Code takes the hash from the profile and never names one itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256 as _sha256
from typing import Literal

import gmssl_pyx
from cryptography.hazmat.primitives import hashes

from dongting.errors import Code, Refused

ProfileName = Literal["international", "national"]

UNKNOWN_PROFILE = Code(
    "wire", 1, "unknown-profile",
    "No profile is called {name}; use international or national.",
    "没有名为 {name} 的密码配置；请用 international 或 national。",
)  # fmt: skip


def sha256(data: bytes) -> bytes:
    """SHA-256 of the data, 32 bytes."""
    return _sha256(data).digest()


def sm3(data: bytes) -> bytes:
    """SM3 of the data (GB/T 32905-2016), 32 bytes."""
    return bytes(gmssl_pyx.sm3_hash(data))


@dataclass(frozen=True, slots=True)
class Profile:
    """The choices that all members of one network share; `hash` maps bytes to 32 bytes."""

    name: ProfileName
    hash_name: str
    hash: Callable[[bytes], bytes]

    def hash_chunks(self, chunks: Iterable[bytes]) -> bytes:
        """The same hash of a content that comes in pieces, in constant memory."""
        running = hashes.Hash(hashes.SHA256() if self.hash_name == "sha-256" else hashes.SM3())
        for chunk in chunks:
            running.update(chunk)
        return running.finalize()


INTERNATIONAL = Profile("international", "sha-256", sha256)
NATIONAL = Profile("national", "sm3", sm3)
PROFILES: dict[str, Profile] = {profile.name: profile for profile in (INTERNATIONAL, NATIONAL)}


def profile_named(name: str) -> Profile:
    """The profile of that name; refuses an unknown one."""
    if name not in PROFILES:
        raise Refused(UNKNOWN_PROFILE, name=name[:40])
    return PROFILES[name]
