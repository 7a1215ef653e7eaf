"""What membership tells other applications about organisations; they declare what they need of it."""

from dongting.appkit.context import Reader
from dongting.apps.membership.keys import SigningKey
from dongting.apps.membership.organisations import Organisation, active_founders, offices

_MAX_STEPS = 64


class Organisations:
    """The organisations at one moment; an unknown one is answered with None or False, never refused."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def exists(self, id: str) -> bool:
        """Whether the organisation was ever admitted."""
        return self._reader.get(Organisation, id) is not None

    def standing(self, id: str) -> str | None:
        """`active`, `suspended`, `expelled`, `merged` or `split`."""
        found = self._reader.get(Organisation, id)
        return None if found is None else found.standing

    def in_good_standing(self, id: str) -> bool:
        """Whether it is a member that is neither suspended nor expelled nor succeeded."""
        return self.standing(id) == "active"

    def acts_for(self, organisation: str, other: str) -> bool:
        """Whether `organisation` is `other`, or succeeded it, directly or through others."""
        if organisation == other:
            return True
        found = self._reader.get(Organisation, organisation)
        return found is not None and other in found.predecessors

    def kind(self, id: str) -> str | None:
        """What it is: `government`, `enterprise`, ..."""
        found = self._reader.get(Organisation, id)
        return None if found is None else found.kind

    def region(self, id: str) -> str | None:
        """Its administrative division (GB/T 2260)."""
        found = self._reader.get(Organisation, id)
        return None if found is None else found.region

    def roles(self, id: str) -> frozenset[str]:
        """The offices that it holds: `founder`, `supervisor`, `registrar`."""
        found = self._reader.get(Organisation, id)
        return frozenset() if found is None else frozenset(found.roles)

    def encryption_key(self, id: str) -> str | None:
        """The COSE_Key to which others seal for it, base64url."""
        found = self._reader.get(Organisation, id)
        return None if found is None else found.encryption_key

    def successor(self, id: str) -> str:
        """Who acts for this organisation now: itself, or the last in the chain of its successors."""
        for _ in range(_MAX_STEPS):
            found = self._reader.get(Organisation, id)
            if found is None or found.successor is None:
                return id
            id = found.successor
        return id

    def supervisor(self) -> str | None:
        """The organisation that may read what parties send each other, if the network has one."""
        return offices(self._reader).supervisor

    def founders(self) -> tuple[str, ...]:
        """The founders in good standing, at most 50, in the order in which they took office."""
        return active_founders(self._reader)

    def signs(self, thumbprint: str) -> bool:
        """Whether a key with this thumbprint was ever registered to sign statements."""
        return self._reader.get(SigningKey, thumbprint) is not None


def organisations(reader: Reader) -> Organisations:
    """The organisations over the present state."""
    return Organisations(reader)
