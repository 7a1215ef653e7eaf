"""Members and decisions for tests: whom the founders admit, and what they decide."""

from typing import Any

from dongting.apps.governance import Proposal
from dongting.apps.membership import organisations
from dongting.errors import Fault
from dongting.testing.ledger import FOUNDERS, Ledger
from dongting.wire import jcs, possession
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.sealing import DecryptionKey, method_for
from dongting.wire.suites import ED25519, SM2


def new_key(ledger: Ledger) -> PrivateKey:
    """A key of the suite that this ledger's founders use."""
    return PrivateKey.generate(SM2 if ledger.profile.name == "national" else ED25519)


def thumbprint(ledger: Ledger, key: PrivateKey) -> str:
    """The id under which a ledger knows a key, 64 hexadecimal digits."""
    return key.public().thumbprint(ledger.profile).hex()


def claim(ledger: Ledger, organisation: str, key: PrivateKey) -> dict[str, str]:
    """A new signing key with the proof that the organisation holds it."""
    proof = possession.prove(key, ledger.profile, ledger.machine.network, organisation)
    return {"key": to_base64(key.public().cose()), "possession": to_base64(proof)}


def encryption_key(ledger: Ledger) -> str:
    """A new public encryption key of the ledger's profile, base64url."""
    return to_base64(DecryptionKey.generate(method_for(ledger.profile)).public().cose())


def applicant(ledger: Ledger, id: str, **changes: Any) -> dict[str, Any]:
    """The arguments that admit an organisation with a key that `ledger.keys` then holds.

    Give `credit_code` or `vouch`; `changes` replace or add arguments.
    """
    key = ledger.keys[id] = new_key(ledger)
    return {
        "id": id,
        "kind": "enterprise",
        "name": {"en": id.replace("-", " ").title()},
        "signing_keys": [claim(ledger, id, key)],
        "encryption_key": encryption_key(ledger),
        **changes,
    }


def enact(ledger: Ledger, action: str, arguments: dict[str, Any]) -> Proposal:
    """Propose an action and vote for it, founder after founder, until it is decided; the proposal."""
    id = f"proposal-{ledger.nonce().hex()}"
    given = {"id": id, "action": action, "arguments": jcs.encode(arguments).decode()}
    founders = organisations(ledger.machine.reader()).founders()
    ledger.act(founders[0], "governance/propose", given)
    for founder in founders:
        ledger.act(founder, "governance/vote", {"proposal": id, "choice": "for"})
        proposal = ledger.get(Proposal, id)
        if proposal is not None and proposal.state != "open":
            return proposal
    raise Fault(f"the founders did not decide {action}")


def admit(ledger: Ledger, id: str, **changes: Any) -> None:
    """Have a founder vouch for an organisation and the founders admit it."""
    if "credit_code" not in changes and "vouch" not in changes:
        changes["vouch"] = f"vouch-{ledger.nonce().hex()}"
        ledger.act(FOUNDERS[0][0], "membership/vouch", {"id": changes["vouch"], "applicant": id})
    proposal = enact(ledger, "membership/admit", applicant(ledger, id, **changes))
    if proposal.refusal is not None:
        raise Fault(f"{id} was not admitted: {proposal.refusal}")
