"""The audit log: each organisation exports its own lines with their proof; any change is found offline."""

import asyncio
from typing import Any

import msgspec
import pytest

from dongting.errors import Refused
from dongting.node.people.anchoring import Anchoring
from dongting.sdk import audit_log
from dongting.sdk.audit_log import commitment, verify
from dongting.wire.profile import INTERNATIONAL

CLIENT = "198.51.100.7"
PASSWORD = "seven herons over the lake"


def filled(people: Any) -> Any:
    """Lines of two organisations and of nobody."""
    people.person("wei")
    people.person("lan", "green-tech")
    for login in ("wei", "lan", "nobody", "wei"):
        try:
            people.entrance.sign_in(login, PASSWORD, CLIENT)
        except Refused:
            assert login == "nobody"
    return people.accounts.audit


def changed(data: bytes, **changes: Any) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(data), **changes})


def test_an_export_holds_the_lines_of_its_organisation_and_is_proven(people: Any) -> None:
    audit = filled(people)
    found = verify(audit.export("green-tech"))
    told = [msgspec.json.decode(line) for _, line in found.lines]
    assert [one["what"] for one in told] == ["set-up-link-made", "person-joined", "sign-in"]
    assert found.size == audit.head().size == 8
    assert found.root == audit.head().root
    assert "wei" not in audit.export("green-tech").decode()
    operators = verify(audit.export("env-bureau"))
    assert len(operators.lines) == 5, "with the line of nobody"
    assert verify(audit.export("newcomer")).lines == []


def test_names_and_passwords_stand_in_no_line(people: Any) -> None:
    audit = filled(people)
    data = audit.export("env-bureau") + audit.export("green-tech")
    for secret in (b"Wei", b"nobody", PASSWORD.encode()):
        assert secret not in data
    assert audit.lines("green-tech")[0].name == "Lan", "names come from the register"


@pytest.mark.parametrize("what", ["a changed line", "a missing line", "a moved line", "another root"])
def test_a_change_is_found(people: Any, what: str) -> None:
    data = filled(people).export("env-bureau")
    lines = msgspec.json.decode(data)["lines"]
    changes: dict[str, Any] = {
        "a changed line": {"lines": [[i, line.replace("sign-in", "sign-on")] for i, line in lines]},
        "a missing line": {"lines": lines[:-1]},
        "a moved line": {"lines": [[lines[0][0] + 1, lines[0][1]], *lines[1:]]},
        "another root": {"root": "0" * 64},
    }
    with pytest.raises(Refused) as refused:
        verify(changed(data, **changes[what]))
    assert refused.value.code is audit_log.CHANGED


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b'{"format":1}'])
def test_what_is_no_export_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        verify(data)
    assert refused.value.code is audit_log.NOT_EXPORT


def test_a_line_of_another_organisation_does_not_pass_for_its_own(people: Any) -> None:
    data = filled(people).export("green-tech")
    with pytest.raises(Refused) as refused:
        verify(changed(data, organisation="env-bureau"))
    assert refused.value.code is audit_log.NOT_EXPORT


def test_an_anchor_is_claimed_once_in_its_time_and_given_back_when_it_fails(people: Any) -> None:
    audit = filled(people)
    first = audit.claim(3600)
    assert first is not None
    assert audit.claim(3600) is None, "another worker has it"
    audit.released(first)
    second = audit.claim(3600)
    assert second is not None
    audit.anchored(second)
    people.now += 3600
    assert audit.claim(3600) is None, "nothing is new"
    people.person("yu")
    later = audit.claim(3600)
    assert later is not None
    assert later.size > second.size
    found = verify(audit.export("env-bureau"))
    assert found.anchor == second, "the last that stands on the ledger"
    record = {"id": second.evidence, "content": commitment(second, INTERNATIONAL)}
    verify(audit.export("env-bureau"), on_ledger=record)
    for wrong in ({**record, "content": "0" * 64}, {**record, "id": "other"}, {}):
        with pytest.raises(Refused) as refused:
            verify(audit.export("env-bureau"), on_ledger=wrong)
        assert refused.value.code is audit_log.NOT_ANCHORED


def test_an_anchor_of_another_log_is_found(people: Any) -> None:
    audit = filled(people)
    made = audit.claim(60)
    audit.anchored(made)
    people.person("yu")
    data = audit.export("env-bureau")
    anchor = {**msgspec.json.decode(data)["anchor"], "root": "1" * 64}
    with pytest.raises(Refused):
        verify(changed(data, anchor=anchor))


def test_pages_of_lines_go_back_in_time(people: Any) -> None:
    audit = filled(people)
    newest = audit.lines("env-bureau", limit=2)
    earlier = audit.lines("env-bureau", before=newest[-1].index)
    assert [line.index for line in (*newest, *earlier)] == sorted(
        (line.index for line in audit.lines("env-bureau")), reverse=True
    )
    assert {line.what for line in audit.lines("env-bureau", what="sign-in")} == {"sign-in"}
    assert dict(audit.kinds("env-bureau"))["sign-in"] == 2


def test_where_nobody_can_sign_the_anchor_waits(people: Any) -> None:
    filled(people)

    class Locked:
        async def run(self, *_: Any) -> None:
            raise Refused(audit_log.NOT_ANCHORED, evidence="x")

    anchoring = Anchoring(people.accounts, Locked(), 60)  # type: ignore[arg-type]
    assert asyncio.run(anchoring.once()) is None
    assert people.accounts.audit.claim(60) is not None
