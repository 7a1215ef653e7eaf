"""Passwords: Argon2id (RFC 9106, second recommended parameters), and which are too weak.

To verify costs 64 MiB and tens of milliseconds, so a process does two at a time and no more. Somebody who
does not exist costs the same as somebody who does.
"""

import re
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from dongting.errors import require
from dongting.node.people.codes import WEAK_PASSWORD

SHORTEST, LONGEST = 12, 256  # characters

_COMMON = re.compile(
    r"(?:password|passw0rd|passphrase|qwerty|qwertyuiop|asdfgh|zxcvbn|letmein|welcome|admin|administrator"
    r"|dongting|iloveyou|abc|abcdef|1234567890|0123456789|123456789|12345678|123456|123|woaini|[0-9!@#$.])*",
    re.IGNORECASE,
)


class Passwords:
    """Hashes passwords and compares them with what is kept; `hasher` sets other parameters (tests)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._two = threading.BoundedSemaphore(2)
        self._nobody = self._hasher.hash("nobody has this password")

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        with self._two:
            return self._hasher.hash(password)

    def verified(self, kept: str | None, password: str) -> bool:
        """Whether `kept` is the hash of this password; None takes as long and is never right."""
        with self._two:
            try:
                right = self._hasher.verify(kept or self._nobody, password[: 4 * LONGEST])
            except (VerifyMismatchError, InvalidHashError):
                return False
        return right and kept is not None


def check(password: str, *names: str) -> None:
    """Refuse a password that is short, endless, somebody's name, of few characters, or commonly tried."""
    said = password.casefold()
    strong = (
        SHORTEST <= len(password) <= LONGEST
        and len(set(said)) > 4
        and not _COMMON.fullmatch(said)
        and all(said != name.casefold() and said != name.casefold() * 2 for name in names)
        and not any("\x00" <= character < " " for character in password)
    )
    require(strong, WEAK_PASSWORD)
