"""A policy as JSON-LD and back (ODRL Information Model 2.2, sections 2.1 to 2.6; Vocabulary 2.2, section 5).

Decoding encodes again and compares, so that nothing in a policy is ever ignored; lists are compared
without order, because order has no meaning in ODRL.
"""

from typing import Any, Literal

import msgspec

from dongting.errors import Code, Refused, require
from dongting.standards.odrl import literals
from dongting.standards.odrl.terms import Terms

#: Model 2.2, section 2.1: what the provider offers, what the consumer asks for, what both agreed.
Kind = Literal["Offer", "Request", "Agreement"]

CONTEXT: list[Any] = [
    "http://www.w3.org/ns/odrl.jsonld",
    {
        "dct": "http://purl.org/dc/terms/",
        "dpv": "https://w3id.org/dpv#",
        "dspace": "https://w3id.org/dspace/2025/1/",
        "timestamp": "dspace:timestamp",
    },
]

BAD_POLICY = Code(
    "odrl", 2, "bad-policy",
    "The document is not an ODRL policy of this subset: {why}.",
    "该文档不是本子集内的 ODRL 策略：{why}。",
)  # fmt: skip
OUTSIDE_SUBSET = Code(
    "odrl", 3, "outside-subset",
    "The policy says more than can be expressed here; ask for one with the terms listed in the documents.",
    "该策略含有此处无法表达的内容；请对方按文档所列条款重新给出。",
)  # fmt: skip


class Policy(msgspec.Struct, frozen=True):
    """A policy: who permits what to whom; parties, target and uid are IRIs, `timestamp` is in seconds."""

    kind: Kind
    uid: str
    target: str
    assigner: str | None
    assignee: str | None
    terms: Terms
    timestamp: int | None = None


def to_odrl(
    terms: Terms,
    uid: str,
    assigner: str | None,
    assignee: str | None,
    target: str,
    *,
    kind: Kind = "Agreement",
    timestamp: int | None = None,
) -> dict[str, Any]:
    """The policy as a JSON-LD document.

    An agreement names both parties, an offer its assigner, a request its assignee (Model 2.2, 2.1).
    `timestamp` is when the agreement was made (Dataspace Protocol 2025-1), in seconds since 1970.
    """
    terms.check()
    require(assigner or kind == "Request", BAD_POLICY, why=f"{kind} without assigner")
    require(assignee or kind == "Offer", BAD_POLICY, why=f"{kind} without assignee")
    document: dict[str, Any] = {"@context": CONTEXT, "@type": kind, "@id": uid, "target": target}
    if assigner is not None:
        document["assigner"] = assigner
    if assignee is not None:
        document["assignee"] = assignee
    if timestamp is not None:
        document["timestamp"] = literals.from_instant(timestamp)["@value"]
    if terms.legal_basis is not None:
        document["dpv:hasLegalBasis"] = literals.from_words(terms.legal_basis)
    if terms.conditions is not None:
        document["dct:description"] = literals.from_words(terms.conditions)
    return document | _rules(terms, assignee)


def _rules(terms: Terms, assignee: str | None) -> dict[str, Any]:
    use: dict[str, Any] = {"action": "use", "constraint": _constraints(terms)}
    if terms.price is not None:
        amount, unit = literals.from_price(terms.price)
        paid = _constraint("payAmount", "eq", amount) | {"unit": unit}
        use["duty"] = [{"action": "compensate", "constraint": [paid]}]
    rules: dict[str, Any] = {"permission": [use]}
    if terms.onward == "none":
        rules["prohibition"] = [{"action": "distribute"}]
    elif terms.onward == "allowed":
        rules["permission"].append({"action": "distribute"})
    else:
        inside = _constraint("recipient", "isPartOf", {"@id": assignee or "odrl:assignee"})
        rules["permission"].append({"action": "distribute", "constraint": [inside]})
    if terms.destroy_within_days is not None:
        after = _constraint("event", "gt", {"@id": "odrl:policyUsage"})
        within = _constraint("elapsedTime", "lteq", literals.from_days(terms.destroy_within_days))
        rules["obligation"] = [{"action": "delete", "constraint": [after, within]}]
    return rules


def _constraints(terms: Terms) -> list[dict[str, Any]]:
    """The constraints on use; the vocabulary's left operands, section 5 of the Vocabulary."""
    constraints = [_constraint("purpose", "isAnyOf", literals.from_words(terms.purpose))]
    if terms.recipients:
        constraints.append(_constraint("recipient", "isAnyOf", list(terms.recipients)))
    if terms.count is not None:
        constraints.append(_constraint("count", "lteq", literals.from_integer(terms.count)))
    if terms.region is not None:
        constraints.append(_constraint("spatial", "isPartOf", terms.region))
    if terms.start is not None:
        constraints.append(_constraint("dateTime", "gteq", literals.from_instant(terms.start)))
    if terms.end is not None:
        constraints.append(_constraint("dateTime", "lt", literals.from_instant(terms.end)))
    return constraints


def _constraint(left: str, operator: str, right: Any) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def from_odrl(document: Any) -> Policy:
    """The policy in a JSON-LD document of this subset; refuses one that says anything else or more."""
    try:
        policy, said = _read(document), _normal(document)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise Refused(BAD_POLICY, why=f"{type(error).__name__} {error}"[:200]) from None
    policy.terms.check()
    again = to_odrl(
        policy.terms, policy.uid, policy.assigner, policy.assignee, policy.target,
        kind=policy.kind, timestamp=policy.timestamp,
    )  # fmt: skip
    require(_normal(again) == said, OUTSIDE_SUBSET)
    return policy


def _read(document: Any) -> Policy:
    [use] = [rule for rule in document["permission"] if rule["action"] == "use"]
    found = {
        (constraint["leftOperand"], constraint["operator"]): constraint["rightOperand"]
        for constraint in use["constraint"]
    }
    fields: dict[str, Any] = {"purpose": literals.to_words(found["purpose", "isAnyOf"])}
    for name, key, read in (
        ("recipients", ("recipient", "isAnyOf"), tuple),
        ("count", ("count", "lteq"), literals.to_integer),
        ("region", ("spatial", "isPartOf"), str),
        ("start", ("dateTime", "gteq"), literals.to_instant),
        ("end", ("dateTime", "lt"), literals.to_instant),
    ):
        if key in found:
            fields[name] = read(found[key])
    for name, member in (("legal_basis", "dpv:hasLegalBasis"), ("conditions", "dct:description")):
        if member in document:
            fields[name] = literals.to_words(document[member])
    fields["onward"] = _onward(document)
    for duty in use.get("duty", []):
        [paid] = duty["constraint"]
        fields["price"] = literals.to_price(paid["rightOperand"], paid["unit"])
    for obligation in document.get("obligation", []):
        [days] = [c["rightOperand"] for c in obligation["constraint"] if c["leftOperand"] == "elapsedTime"]
        fields["destroy_within_days"] = literals.to_days(days)
    timestamp = document.get("timestamp")
    made = {"@value": timestamp, "@type": "xsd:dateTime"}
    return msgspec.convert(
        {
            "kind": document["@type"],
            "uid": document["@id"],
            "target": document["target"],
            "assigner": document.get("assigner"),
            "assignee": document.get("assignee"),
            "terms": msgspec.to_builtins(Terms(**fields)),
            "timestamp": None if timestamp is None else literals.to_instant(made),
        },
        Policy,
    )


def _onward(document: Any) -> str:
    for rule in document["permission"]:
        if rule["action"] == "distribute":
            return "within-organisation" if "constraint" in rule else "allowed"
    return "none"


def _normal(value: Any) -> Any:
    """The document without its context and with lists in one order."""
    if isinstance(value, dict):
        return {key: _normal(inner) for key, inner in value.items() if key != "@context"}
    if isinstance(value, list):
        items = [_normal(inner) for inner in value]
        return sorted(items, key=lambda item: msgspec.json.encode(item, order="deterministic"))
    return value
