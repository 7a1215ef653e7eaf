"""The fields Signature-Input and Signature, parsed strictly (RFC 9421, sections 4.1 and 4.2).

Beyond RFC 9651, a key that occurs twice is refused: receivers that keep the first and receivers that
keep the last would otherwise check different things.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import http_sf

from dongting.errors import Refused, require
from dongting.standards.http_signatures.base import SignatureInput
from dongting.standards.http_signatures.message import Fields
from dongting.standards.http_signatures.refusals import BAD_COMPONENT, BAD_FIELD

MAX_FIELD = 8192  # characters of one combined field


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a message: its label, what it covers, and its bytes."""

    label: str
    input: SignatureInput
    signature: bytes


def parse_dictionary(name: str, fields: Fields) -> dict[str, tuple[Any, dict[str, Any]]]:
    """The members of a dictionary field (RFC 9651, section 3.2); empty where the message lacks it."""
    values = [value for key, value in fields if key.lower() == name]
    if not values:
        return {}
    text = ", ".join(values)
    require(len(text) <= MAX_FIELD, BAD_FIELD, field=name, why=f"longer than {MAX_FIELD} characters")
    require(text.isascii(), BAD_FIELD, field=name, why="not ASCII")

    def twice(key: str, _where: str) -> NoReturn:
        raise Refused(BAD_FIELD, field=name, why=f"{key[:60]} occurs twice")

    try:
        parsed: Any = http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=twice)
    except ValueError as error:
        raise Refused(BAD_FIELD, field=name, why=str(error)[:200]) from None
    members: dict[str, tuple[Any, dict[str, Any]]] = parsed
    return members


def parse_signatures(fields: Fields) -> list[Signature]:
    """All signatures of a message, in the order of Signature-Input; refuses labels without a partner."""
    inputs = parse_dictionary("signature-input", fields)
    values = parse_dictionary("signature", fields)
    for label in inputs.keys() ^ values.keys():
        raise Refused(BAD_FIELD, field="signature", why=f"{label[:60]} stands in one of two fields only")
    return [Signature(label, _input(inputs[label]), _bytes(values[label])) for label in inputs]


def _input(member: tuple[Any, dict[str, Any]]) -> SignatureInput:
    items, parameters = member
    require(isinstance(items, list), BAD_FIELD, field="signature-input", why="not an inner list")
    components = []
    for name, modifiers in items:
        require(isinstance(name, str), BAD_FIELD, field="signature-input", why="a component is not a string")
        require(not modifiers, BAD_COMPONENT, component=name[:60], why="component parameters")
        components.append(name)
    parsed = SignatureInput(tuple(components), tuple(parameters.items()))
    parsed.check()
    return parsed


def _bytes(member: tuple[Any, dict[str, Any]]) -> bytes:
    value, modifiers = member
    plain = isinstance(value, bytes) and not modifiers
    require(plain, BAD_FIELD, field="signature", why="not a byte sequence without parameters")
    return bytes(value)


def signature_fields(signatures: Sequence[Signature]) -> Fields:
    """The two fields that carry the signatures, ready to be added to a message."""
    inputs = ", ".join(f"{one.label}={one.input.serialize()}" for one in signatures)
    values = http_sf.ser({one.label: (one.signature, {}) for one in signatures})
    return (("Signature-Input", inputs), ("Signature", values))
