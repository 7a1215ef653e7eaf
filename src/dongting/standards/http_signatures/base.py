"""The signature base: the bytes that are signed (RFC 9421, section 2.5).

It is made from the covered components and the parameters as they were parsed, in their order, so that
signer and verifier build the same bytes or the signature does not verify.
"""

from dataclasses import dataclass
from typing import Any

import http_sf

from dongting.errors import Refused, require
from dongting.standards.http_signatures.message import Message, component_value
from dongting.standards.http_signatures.refusals import BAD_COMPONENT, BAD_FIELD

#: The signature parameters (section 2.3) and their types; created and expires are seconds since 1970.
PARAMETERS: dict[str, type] = {
    "created": int,
    "expires": int,
    "nonce": str,
    "alg": str,
    "keyid": str,
    "tag": str,
}


@dataclass(frozen=True, slots=True)
class SignatureInput:
    """What one signature covers, and its parameters; the order of both is part of what is signed."""

    components: tuple[str, ...]
    parameters: tuple[tuple[str, int | str], ...]

    def get(self, name: str) -> int | str | None:
        """The value of a parameter, or None."""
        return dict(self.parameters).get(name)

    def integer(self, name: str) -> int | None:
        """The value of `created` or `expires`, or None."""
        value = self.get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str | None:
        """The value of `keyid`, `alg`, `nonce` or `tag`, or None."""
        value = self.get(name)
        return value if isinstance(value, str) else None

    def check(self) -> None:
        """Refuse components named twice, and parameters unknown, named twice or of the wrong type."""
        for component in self.components:
            once = self.components.count(component) == 1
            require(once, BAD_COMPONENT, component=component[:60], why="covered twice")
        names = [name for name, _ in self.parameters]
        for name, value in self.parameters:
            known = names.count(name) == 1 and type(value) is PARAMETERS.get(name)
            require(known, BAD_FIELD, field="signature-input", why=f"parameter {name[:60]}")

    def serialize(self) -> str:
        """The inner list with its parameters, as `@signature-params` and Signature-Input hold it."""
        self.check()
        items: list[Any] = [(component, {}) for component in self.components]
        # A list of one inner list is written exactly as that inner list (RFC 9651, section 4.1.1.1).
        single: Any = [(items, dict(self.parameters))]
        try:
            return http_sf.ser(single)
        except ValueError as error:
            raise Refused(BAD_FIELD, field="signature-input", why=str(error)[:200]) from None


def signature_base(message: Message, covered: SignatureInput) -> bytes:
    """The bytes to sign or verify; refuses components that are unsupported or that the message lacks."""
    parameters = covered.serialize()
    lines = [f'"{name}": {component_value(message, name)}' for name in covered.components]
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines).encode("ascii")
