"""Who the members are: the keys to which others seal, successors, and the supervisor."""

from dongting.errors import Code, require
from dongting.sdk.records import Record, Records
from dongting.wire.keys import from_base64
from dongting.wire.profile import Profile
from dongting.wire.sealing import EncryptionKey, sealing_key

ORGANISATION = "membership.organisation"
OFFICES = "membership.offices/network"

TOO_LONG_A_CHAIN = Code(
    "sdk", 44, "too-many-successors",
    "{organisation} was succeeded more than {limit} times in a row; name its present successor instead.",
    "{organisation} 的承继链超过 {limit} 次；请直接使用现任承继方的编号。",
)  # fmt: skip

_MAX_STEPS = 64


class Members:
    """Organisations as the ledger has them now."""

    def __init__(self, records: Records, profile: Profile) -> None:
        self._records = records
        self._profile = profile

    def organisation(self, id: str) -> Record:
        """An organisation's record."""
        return self._records.get(ORGANISATION, id)

    def acting_for(self, id: str) -> Record:
        """Who acts for an organisation now: itself, or the last in the chain of its successors."""
        found = self.organisation(id)
        for _ in range(_MAX_STEPS):
            successor = found.record.get("successor")
            if not successor:
                return found
            found = self.organisation(successor)
        require(False, TOO_LONG_A_CHAIN, organisation=id, limit=_MAX_STEPS)
        return found

    def supervisor(self) -> str | None:
        """The organisation that may read what parties send each other, if the network has one."""
        found: str | None = self._records.get(*OFFICES.split("/")).record.get("supervisor")
        return found

    def readers(self, ids: list[str]) -> dict[str, EncryptionKey]:
        """The encryption key of each of these organisations, or of who acts for it now."""
        acting = [self.acting_for(id) for id in dict.fromkeys(ids)]
        return {
            found.id: sealing_key(from_base64(found.record["encryption_key"]), self._profile)
            for found in acting
        }
