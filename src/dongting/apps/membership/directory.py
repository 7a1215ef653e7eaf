"""Who may sign: what the kernel asks about each statement's signer (`dongting.appkit.authority`).

On the path of every statement, so it reads two records and computes little else.
"""

from functools import lru_cache

from dongting.appkit.app import MEMBER
from dongting.appkit.authority import Authority, Principal
from dongting.appkit.context import Reader
from dongting.apps.membership.codes import KEY_REVOKED, NOT_ITS_KEY, UNKNOWN_ISSUER, UNKNOWN_KEY
from dongting.apps.membership.keys import SigningKey
from dongting.apps.membership.organisations import Organisation
from dongting.errors import Refused
from dongting.wire.keys import from_base64


@lru_cache(maxsize=4096)
def _principal(id: str, standing: str, roles: tuple[str, ...], predecessors: tuple[str, ...]) -> Principal:
    """The signer with these facts; remembered, because the same few sign most statements."""
    held = frozenset((MEMBER, *roles)) if standing == "active" else frozenset()
    return Principal(id, held, frozenset((id, *predecessors)))


class Directory:
    """The registered keys and organisations at one moment."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def signer(self, issuer: str, kid: str) -> Principal:
        """The organisation that signed; without roles unless it is in good standing.

        Refuses an unknown issuer, an unknown or another's key, and a revoked key.
        """
        organisation = self._reader.get(Organisation, issuer)
        if organisation is None:
            raise Refused(UNKNOWN_ISSUER, issuer=issuer[:64])
        key = self._reader.get(SigningKey, kid)
        if key is None:
            raise Refused(UNKNOWN_KEY, key=kid[:64])
        if key.owner != issuer:
            raise Refused(NOT_ITS_KEY, key=kid, issuer=issuer)
        if key.revoked is not None:
            raise Refused(KEY_REVOKED, key=kid)
        return _principal(issuer, organisation.standing, organisation.roles, organisation.predecessors)

    def key(self, kid: str) -> bytes | None:
        """The COSE_Key bytes of a registered signing key, also of a revoked one."""
        key = self._reader.get(SigningKey, kid)
        return None if key is None else from_base64(key.key)

    def owner(self, kid: str) -> str | None:
        """The organisation that registered the key with this thumbprint."""
        key = self._reader.get(SigningKey, kid)
        return None if key is None else key.owner


def directory(reader: Reader) -> Authority:
    """The authority that the kernel asks, over the present state."""
    return Directory(reader)
