"""Who may sign: what the kernel needs to know of a signer, whichever application keeps the members."""

from typing import Protocol

import msgspec


class Principal(msgspec.Struct, frozen=True):
    """A signer as the ledger knows it at one moment.

    `acts_for` holds its own id and the ids of those whose successor it is.
    """

    id: str
    roles: frozenset[str]
    acts_for: frozenset[str]


class Authority(Protocol):
    """Answers from the present state whose key signed, and with which roles."""

    def signer(self, issuer: str, kid: str) -> Principal:
        """The principal `issuer`, signing with the key of thumbprint `kid` (64 hexadecimal digits).

        Refuses, with the application's own stable codes, an unknown issuer, a key that is not its own,
        and a key that is revoked. A suspended or expelled organisation is returned without roles.
        """
        ...

    def key(self, kid: str) -> bytes | None:
        """The COSE_Key bytes of a registered signing key, also a revoked one."""
        ...

    def owner(self, kid: str) -> str | None:
        """The organisation that registered the key with this thumbprint."""
        ...
