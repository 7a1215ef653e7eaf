import copy
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from dongting.errors import Refused
from dongting.standards.odrl import (
    BAD_POLICY,
    BAD_TERMS,
    OUTSIDE_SUBSET,
    Price,
    Terms,
    Words,
    from_odrl,
    to_odrl,
)

UID = "urn:uuid:e8dc8655-44c2-46ef-b701-4cffdc2faa44"
BUREAU, COMPANY = "https://hunan.example/o/env-bureau", "https://hunan.example/o/green-tech"
DATASET = "https://hunan.example/d/air"

LEAST = Terms(purpose=Words(en="Research"))
MOST = Terms(
    purpose=Words(zh="空气质量预报", en="Air-quality forecast"),
    legal_basis=Words(zh="《政务数据共享条例》第十二条"),
    recipients=("https://hunan.example/o/lab", "https://hunan.example/o/park"),
    count=1000,
    region="430000",
    start=1_800_000_000,
    end=1_831_536_000,
    onward="within-organisation",
    destroy_within_days=30,
    conditions=Words(zh="注明出处", en="Name the source"),
    price=Price(123_405),
)


def document(terms: Terms = MOST, **options: Any) -> dict[str, Any]:
    return to_odrl(terms, UID, BUREAU, COMPANY, DATASET, **options)


@pytest.mark.parametrize("onward", ["none", "within-organisation", "allowed"])
@pytest.mark.parametrize("terms", [LEAST, MOST], ids=["least", "most"])
def test_terms_survive_their_policy(terms: Terms, onward: Any) -> None:
    terms = msgspec.structs.replace(terms, onward=onward)
    policy = from_odrl(json.loads(json.dumps(document(terms, timestamp=1_800_000_001))))
    assert policy.terms == terms
    assert (policy.kind, policy.uid, policy.target) == ("Agreement", UID, DATASET)
    assert (policy.assigner, policy.assignee, policy.timestamp) == (BUREAU, COMPANY, 1_800_000_001)


def test_terms_survive_as_the_content_of_a_part() -> None:
    assert msgspec.json.decode(msgspec.json.encode(MOST), type=Terms) == MOST


def test_the_policy_is_written_in_the_words_of_odrl() -> None:
    written = document()
    assert written["@type"] == "Agreement"
    assert written["permission"][0] == {
        "action": "use",
        "constraint": [
            {
                "leftOperand": "purpose",
                "operator": "isAnyOf",
                "rightOperand": [
                    {"@value": "空气质量预报", "@language": "zh"},
                    {"@value": "Air-quality forecast", "@language": "en"},
                ],
            },
            {"leftOperand": "recipient", "operator": "isAnyOf", "rightOperand": list(MOST.recipients)},
            {
                "leftOperand": "count",
                "operator": "lteq",
                "rightOperand": {"@value": "1000", "@type": "xsd:integer"},
            },
            {"leftOperand": "spatial", "operator": "isPartOf", "rightOperand": "430000"},
            {
                "leftOperand": "dateTime",
                "operator": "gteq",
                "rightOperand": {"@value": "2027-01-15T08:00:00Z", "@type": "xsd:dateTime"},
            },
            {
                "leftOperand": "dateTime",
                "operator": "lt",
                "rightOperand": {"@value": "2028-01-15T08:00:00Z", "@type": "xsd:dateTime"},
            },
        ],
        "duty": [
            {
                "action": "compensate",
                "constraint": [
                    {
                        "leftOperand": "payAmount",
                        "operator": "eq",
                        "rightOperand": {"@value": "1234.05", "@type": "xsd:decimal"},
                        "unit": "http://publications.europa.eu/resource/authority/currency/CNY",
                    }
                ],
            }
        ],
    }
    assert written["obligation"][0]["action"] == "delete"
    assert "prohibition" not in written


def test_onward_use_is_prohibited_unless_said_otherwise() -> None:
    assert document(LEAST)["prohibition"] == [{"action": "distribute"}]


@pytest.mark.parametrize(
    ("price", "written"),
    [
        (Price(0), "0.00"),
        (Price(5), "0.05"),
        (Price(100), "1.00"),
        (Price(500, "JPY"), "500"),
        (Price(1500, "KWD"), "1.500"),
        (Price(2**53 - 1), "90071992547409.91"),
    ],
)
def test_an_amount_is_written_in_the_major_unit_of_its_currency(price: Price, written: str) -> None:
    policy = document(msgspec.structs.replace(LEAST, price=price))
    [duty] = policy["permission"][0]["duty"]
    assert duty["constraint"][0]["rightOperand"]["@value"] == written
    assert from_odrl(policy).terms.price == price


@pytest.mark.parametrize("moment", [0, 1, 951_782_400, 253_402_300_799])
def test_a_moment_survives(moment: int) -> None:
    terms = msgspec.structs.replace(LEAST, start=moment)
    assert from_odrl(document(terms)).terms.start == moment


def test_an_offer_needs_no_assignee_and_a_request_no_assigner() -> None:
    offer = to_odrl(msgspec.structs.replace(MOST), UID, BUREAU, None, DATASET, kind="Offer")
    assert from_odrl(offer).assignee is None
    request = to_odrl(LEAST, UID, None, COMPANY, DATASET, kind="Request")
    assert from_odrl(request).kind == "Request"


@pytest.mark.parametrize(
    ("assigner", "assignee", "kind"),
    [
        (None, COMPANY, "Agreement"),
        (BUREAU, None, "Agreement"),
        (None, COMPANY, "Offer"),
        (BUREAU, None, "Request"),
    ],
)
def test_a_policy_without_its_party_is_refused(assigner: Any, assignee: Any, kind: Any) -> None:
    with pytest.raises(Refused) as caught:
        to_odrl(LEAST, UID, assigner, assignee, DATASET, kind=kind)
    assert caught.value.code is BAD_POLICY


def test_order_and_context_have_no_meaning() -> None:
    changed = document()
    changed["permission"].reverse()
    changed["permission"][1]["constraint"].reverse()
    changed["@context"] = "http://www.w3.org/ns/odrl.jsonld"
    assert from_odrl(changed).terms == MOST


Change = Callable[[dict[str, Any]], object]

MORE: list[Change] = [
    lambda d: d.update(profile="https://example.com/profile"),
    lambda d: d["permission"].append({"action": "print"}),
    lambda d: d["permission"][0].update(target="https://hunan.example/d/other"),
    lambda d: d["permission"][0]["constraint"].append(
        {"leftOperand": "industry", "operator": "eq", "rightOperand": "steel"}
    ),
    lambda d: d["permission"][0]["constraint"][2].update(unit="month"),
    lambda d: d["permission"][0]["duty"].append({"action": "inform"}),
    lambda d: d["obligation"][0].update(action="archive"),
    lambda d: d.update(prohibition=[{"action": "derive"}]),
    lambda d: d["permission"][1]["constraint"][0].update(rightOperand={"@id": "https://hunan.example/o/x"}),
]


@pytest.mark.parametrize("change", MORE)
def test_a_policy_that_says_more_is_refused_whole(change: Change) -> None:
    changed = copy.deepcopy(document())
    change(changed)
    with pytest.raises(Refused) as caught:
        from_odrl(changed)
    assert caught.value.code in {OUTSIDE_SUBSET, BAD_POLICY}


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("permission"),
        lambda d: d.pop("@id"),
        lambda d: d.update({"@type": "Ticket"}),
        lambda d: d.update({"@id": 7}),
        lambda d: d.update(permission="use"),
        lambda d: d["permission"][0].pop("constraint"),
        lambda d: d["permission"][0]["constraint"].pop(0),
        lambda d: d["permission"][0]["constraint"][2]["rightOperand"].update({"@value": "١"}),
        lambda d: d["permission"][0]["constraint"][4]["rightOperand"].update({"@value": "2027-01-15"}),
        lambda d: d["permission"][0]["constraint"][0].update(rightOperand="research"),
        lambda d: d.update(timestamp=5),
        lambda d: d["permission"][0]["constraint"][1].update(rightOperand=[7]),
        lambda d: d["permission"][0]["constraint"][2]["rightOperand"].update({"@value": "0"}),
        lambda d: d["permission"][0]["constraint"][3].update(rightOperand="湖南"),
    ],
)
def test_a_malformed_policy_is_refused(change: Change) -> None:
    changed = copy.deepcopy(document())
    change(changed)
    with pytest.raises(Refused) as caught:
        from_odrl(changed)
    assert caught.value.code is BAD_POLICY


@pytest.mark.parametrize("value", [None, [], "policy", 7])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(Refused):
        from_odrl(value)


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": Words()},
        {"purpose": Words(zh="", en="Research")},
        {"conditions": Words()},
        {"start": 5, "end": 5},
        {"recipients": ("a", "a")},
    ],
)
def test_terms_that_contradict_themselves_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        document(msgspec.structs.replace(LEAST, **changes))
    assert caught.value.code is BAD_TERMS


@pytest.mark.parametrize(
    "data",
    [
        b'{"purpose":{"en":"x"},"count":0}',
        b'{"purpose":{"en":"x"},"region":"43"}',
        b'{"purpose":{"en":"x"},"start":253402300800}',
        b'{"purpose":{"en":"x"},"onward":"maybe"}',
        b'{"purpose":{"en":"x"},"price":{"minor":-1}}',
        b'{"purpose":{"en":"x"},"colour":"red"}',
        b'{"purpose":{"en":"\\u0000"}}',
        b"{}",
    ],
)
def test_terms_outside_their_limits_do_not_decode(data: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(data, type=Terms)
