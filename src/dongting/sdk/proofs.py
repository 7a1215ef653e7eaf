"""Proof files as one party holds them: the node's proof, with the openings that this party can read."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from dongting.errors import Refused
from dongting.sdk.contents import Facts
from dongting.sdk.parts import Parts
from dongting.sdk.transport import Transport
from dongting.wire import proof as proofs
from dongting.wire.blocks import BlockEnd
from dongting.wire.keys import from_base64
from dongting.wire.part import Part
from dongting.wire.part import decode as decode_part
from dongting.wire.profile import Profile
from dongting.wire.proof import Opening
from dongting.wire.statement import decode as decode_statement

_COMMITMENT = re.compile(r"[0-9a-f]{64}")
#: Not there, not this party's to read, or erased: then the proof goes without.
_CLOSED = frozenset({403, 404, 410})


class Proofs:
    """Fetches proof files for one organisation."""

    def __init__(self, transport: Transport, parts: Parts, profile: Profile) -> None:
        self._transport = transport
        self._parts = parts
        self._profile = profile

    def fetch(self, addresses: Sequence[str], *, openings: bool = True) -> bytes:
        """The proof of the story behind these records, opened as far as this organisation can read it."""
        answer = self._transport.ask(
            "POST",
            "/v1/proofs",
            content=msgspec.json.encode({"addresses": list(addresses)}),
            headers={"content-type": "application/json"},
        )
        if not openings:
            return answer.content
        return proofs.with_openings(answer.content, self._openings(answer.content))

    def receipt(self, index: int) -> bytes:
        """The COSE receipt of the statement at this index (RFC 9942)."""
        return self._transport.ask("GET", f"/v1/receipts/{index}").content

    def _openings(self, data: bytes) -> Iterator[Opening]:
        for commitment in dict.fromkeys(self._commitments(data)):
            try:
                plain = self._parts.plain(commitment)
            except Refused as error:
                if error.code.status in _CLOSED:
                    continue
                raise
            opening = self._opening(commitment, decode_part(plain))
            if opening is not None:
                yield opening

    def _opening(self, commitment: str, part: Part) -> Opening | None:
        """The opening of a part, or, of a file's content, what is kept of it: salt and digest."""
        if part.commitment(self._profile) == commitment:
            return Opening.of(part, self._profile)
        try:
            facts = msgspec.json.decode(part.content, type=Facts)
        except msgspec.DecodeError:
            return None
        return Opening(bytes.fromhex(commitment), from_base64(facts.salt), bytes.fromhex(facts.digest))

    def _commitments(self, data: bytes) -> Iterator[str]:
        """Whatever in the statements' arguments may be a commitment; the node knows which are."""
        for _, leaf in proofs.decode(data).leaves:
            if BlockEnd.decode(leaf) is None:
                yield from _hexadecimal(msgspec.json.decode(decode_statement(leaf, self._profile).payload))


def _hexadecimal(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _COMMITMENT.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _hexadecimal(item)
    elif isinstance(value, list):
        for item in value:
            yield from _hexadecimal(item)
