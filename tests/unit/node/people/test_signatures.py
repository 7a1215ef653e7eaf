"""What the custodian signs for people leaves a line each, told apart by the statement's id."""

from typing import Any

from dongting.wire.keys import PrivateKey
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.statement import Statement, build, decode
from dongting.wire.suites import ED25519

KEY = PrivateKey.generate(ED25519)


def statement(action: str, subject: str, arguments: dict[str, Any], number: int = 0) -> Statement:
    """A statement of env-bureau; another number is another statement."""
    data = build(
        KEY, INTERNATIONAL, issuer="env-bureau", network="ab" * 32, action=action, subject=subject,
        arguments=arguments, issued=1_790_000_000, nonce=number.to_bytes(16),
    )  # fmt: skip
    return decode(data, INTERNATIONAL)


def test_each_statement_leaves_one_line_with_person_action_record_and_id(people: Any) -> None:
    wei = people.person("wei")
    one = statement("catalogue/withdraw", "catalogue.dataset/air", {"id": "air"})
    people.accounts.signatures.signed("env-bureau", wei, one)
    people.accounts.signatures.signed(
        "env-bureau", "", statement("evidence/register", "evidence.entry/e", {})
    )
    by_wei, by_nobody = people.lines()[-2:]
    assert by_wei.pop("salt") != by_nobody.pop("salt")
    assert by_wei == {
        "at": people.now, "what": "signed", "person": wei, "organisation": "env-bureau",
        "action": "catalogue/withdraw", "subject": "catalogue.dataset/air", "statement": one.leaf.hex(),
    }  # fmt: skip
    assert "person" not in by_nobody
