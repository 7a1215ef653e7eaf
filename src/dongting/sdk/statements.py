"""Building, sending and following statements.

The same bytes can be sent again without harm (the ledger answers with the first outcome), so a lost
answer is repeated with exactly those bytes; a new statement is never made for an old intent.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from dongting.errors import Code, Fault, Refused
from dongting.sdk.transport import NODE_AWAY, Transport, refusal, segment
from dongting.standards.problem import Problem
from dongting.wire import cbor
from dongting.wire.keys import SigningKey
from dongting.wire.profile import Profile
from dongting.wire.statement import Statement, build, decode

OUTCOME_UNKNOWN = Code(
    "sdk", 42, "outcome-unknown",
    "The node fell silent before it said what became of a statement. Ask with `dongting fate {id} {issuer} "
    "{nonce}`; do not sign the same thing anew before you know.",
    "节点在告知声明的处理结果之前失去响应。请用 `dongting fate {id} {issuer} {nonce}` 查询；"
    "在确认结果之前请勿重复签署。",
    status=504,
)  # fmt: skip
NO_SIGNING_KEY = Code(
    "sdk", 43, "no-signing-key",
    "This client has no organisation and no key to sign with; name one with --as.",
    "此客户端没有可用于签名的组织和密钥；请用 --as 指定。",
)  # fmt: skip

ATTEMPTS = 5
PAUSE = 0.5  # seconds before the first repetition, doubled each time


class Fate(msgspec.Struct, frozen=True):
    """What became of a statement: `accepted` (then with its leaf's index, height and block time),
    `refused` (with the problem), `pending`, `unknown` or `expired`."""

    state: str
    id: str
    index: int | None = None
    height: int | None = None
    time: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """An accepted statement: its id (leaf hash), leaf index, block height and time, and its bytes."""

    id: str
    index: int
    height: int
    time: int
    data: bytes


class Statements:
    """Signs and sends as one organisation; `seen` is given each checkpoint with which the node answers."""

    def __init__(
        self,
        transport: Transport,
        network: str,
        organisation: str | None,
        key: SigningKey | None,
        profile: Profile,
        seen: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self._transport = transport
        self._seen = seen
        self._network = network
        self._organisation = organisation
        self._key = key
        self._profile = profile

    def sign(self, action: str, subject: str, arguments: Any, *, nonce: bytes | None = None) -> bytes:
        """A new statement, signed now: `action` is `app/action`, `subject` the record's address.

        `nonce` is its `cti`, 16 bytes, where the same intent must not count twice; else it is drawn.
        """
        if self._key is None or self._organisation is None:
            raise Refused(NO_SIGNING_KEY)
        return build(
            self._key,
            self._profile,
            issuer=self._organisation,
            network=self._network,
            action=action,
            subject=subject,
            arguments=arguments,
            issued=int(time.time()),
            nonce=nonce or secrets.token_bytes(16),
        )

    def send(self, data: bytes) -> Done:
        """Send one statement until its outcome is known; raises the ledger's refusal."""
        statement = decode(data, self._profile)
        pause = PAUSE
        for attempt in range(ATTEMPTS):
            try:
                fate = self.submit([data])[0] if attempt == 0 else self._again(data, statement)
            except Refused as error:
                if error.code is not NODE_AWAY or (attempt == 0 and _never_arrived(error)):
                    raise
            else:
                if fate.state != "pending":
                    return _done(fate, statement)
            time.sleep(pause)
            pause *= 2
        raise _unknown(statement)

    def submit(self, statements: Sequence[bytes]) -> list[Fate]:
        """Send 1 to 1,000 statements in one request; their fates in order."""
        content = cbor.encode(list(statements))
        answer = self._transport.ask(
            "POST", "/v1/statements", content=content, headers={"content-type": "application/cbor"}
        )
        found = msgspec.json.decode(answer.content, type=_Answer)
        if found.checkpoint:
            self._seen(found.checkpoint.encode())
        return found.statements

    def fate(self, id: str, issuer: str, nonce: str) -> Fate:
        """What became of the statement with this leaf hash, issuer and `cti` (hexadecimal)."""
        query = {"iss": issuer, "cti": nonce}
        answer = self._transport.ask("GET", f"/v1/statements/{segment(id)}", query=query)
        return msgspec.json.decode(answer.content, type=Fate)

    def _again(self, data: bytes, statement: Statement) -> Fate:
        fate = self.fate(statement.leaf.hex(), statement.issuer, statement.nonce.hex())
        return self.submit([data])[0] if fate.state == "unknown" else fate


class _Answer(msgspec.Struct):
    statements: list[Fate]
    checkpoint: str = ""


def _done(fate: Fate, statement: Statement) -> Done:
    if fate.problem is not None:
        raise refusal(fate.problem)
    if fate.state != "accepted":
        raise _unknown(statement)
    if fate.index is None or fate.height is None or fate.time is None:
        raise Fault("the node accepted a statement without saying where")
    return Done(fate.id, fate.index, fate.height, fate.time, statement.data)


def _unknown(statement: Statement) -> Refused:
    return Refused(
        OUTCOME_UNKNOWN, id=statement.leaf.hex(), issuer=statement.issuer, nonce=statement.nonce.hex()
    )


def _never_arrived(error: Refused) -> bool:
    """Whether not even a connection came about, so that nothing was sent."""
    return type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout")
