"""Who sends a request: its HTTP message signature (RFC 9421) under a member's registered key.

A signature counts for five minutes, once in each worker of a node; what members ask by request is safe to
repeat. It is checked before any content is read; the content is then held against the Content-Digest
(RFC 9530) that the signature covers.
"""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dongting.errors import Refused, require
from dongting.http.codes import NO_STANDING, REPLAYED, TOO_MANY_REQUESTS, WRONG_AUTHORITY
from dongting.http.limits import Buckets, Limits
from dongting.http.messages import Head
from dongting.kernel.codes import UNKNOWN_KEY
from dongting.node.facade import Signer
from dongting.node.people.access import Actor
from dongting.standards.http_signatures import Policy, Request, parse_signatures, verify
from dongting.standards.http_signatures.refusals import BAD_FIELD, UNSIGNED
from dongting.standards.rate_limit import Allowance
from dongting.wire.keys import PublicKey, public_key

MAX_AGE = 300  # seconds
MAX_AHEAD = 30
REMEMBERED = 600  # seconds for which a nonce is remembered at least
CACHED = 2.0  # seconds for which a key is not asked for again

_KEYID = re.compile(r"[0-9a-f]{64}(@[a-z0-9][a-z0-9._-]{0,63})?")
_PARAMETERS = ("keyid", "nonce")
_BY_PARTS = Policy(parameters=_PARAMETERS, max_age=MAX_AGE, max_ahead=MAX_AHEAD)
_BY_URI = Policy(("@method", "@target-uri"), parameters=_PARAMETERS, max_age=MAX_AGE, max_ahead=MAX_AHEAD)
_MOST_KEYS = 10_000
_MOST_NONCES = 500_000


@dataclass(frozen=True, slots=True)
class Caller:
    """The member that asks; `acts_for` holds its own id and those whose successor it is. It signed the
    request with its own key, or a person here asks for it by an API key: the `actor`.

    `kid` is the thumbprint of its key; that of a node that asks for it has `@` and the organisation behind.
    """

    organisation: str
    roles: frozenset[str]
    acts_for: frozenset[str]
    kid: str
    actor: Actor | None = None

    @property
    def node(self) -> bool:
        """Whether a node's key signed, on the organisation's behalf."""
        return "@" in self.kid

    def is_or_succeeds(self, organisation: str) -> bool:
        """Whether the caller is that organisation or acts for it now."""
        return organisation in self.acts_for


class _Nonces:
    """Nonces seen in two generations, so that memory is bounded and each is kept long enough."""

    def __init__(self) -> None:
        self._new: set[tuple[str, str]] = set()
        self._old: set[tuple[str, str]] = set()
        self._turned = 0.0

    def check(self, kid: str, nonce: str, now: float) -> None:
        """Refuse a nonce that was seen."""
        if now - self._turned >= REMEMBERED:
            self._old = self._new if now - self._turned < 2 * REMEMBERED else set()
            self._new, self._turned = set(), now
        key = (kid, nonce)
        require(key not in self._new and key not in self._old, REPLAYED)
        require(len(self._new) < _MOST_NONCES, TOO_MANY_REQUESTS, rate=_MOST_NONCES // REMEMBERED, wait=60)

    def add(self, kid: str, nonce: str) -> None:
        """Remember one that was checked."""
        self._new.add((kid, nonce))


class Callers:
    """Verifies request signatures; `find` tells whose key a `keyid` names: a thumbprint, or that of a node
    with `@` and the organisation for which it asks.

    `scheme` and `authorities` (host, or host:port, lower case) are those by which this node is reached;
    `clock` tells seconds since 1970, `ticks` seconds that never go back. `by_key` knows who sends an API key.
    """

    def __init__(
        self,
        find: Callable[[str], Awaitable[Signer]],
        scheme: str,
        authorities: frozenset[str],
        limits: Limits,
        clock: Callable[[], float],
        ticks: Callable[[], float],
        by_key: Callable[[str], Awaitable[Caller]] | None = None,
    ) -> None:
        self._find = find
        self._scheme = scheme
        self._authorities = authorities
        self._clock = clock
        self._ticks = ticks
        self._by_key = by_key
        self._known: OrderedDict[str, tuple[float, Caller, PublicKey]] = OrderedDict()
        self._nonces = _Nonces()
        self._buckets = Buckets(limits.rate, limits.burst, ticks)

    async def caller(self, head: Head) -> Caller:
        """Who sends this request; refuses a missing, wrong, old or repeated signature, and a bad API key."""
        token = bearer(head)
        if token is not None and self._by_key is not None:
            caller = await self._by_key(token)
            self._buckets.take(caller.organisation)
            return caller
        return await self._signed(head)

    async def _signed(self, head: Head) -> Caller:
        fields = tuple(field for field in head.fields if field[0] in _SIGNING)
        signatures = parse_signatures(fields)
        if not signatures:
            raise Refused(UNSIGNED)
        kid = signatures[0].input.text("keyid") or ""
        nonce = signatures[0].input.text("nonce") or ""
        require(
            8 <= len(nonce) <= 64, BAD_FIELD, field="signature-input", why="a nonce of 8 to 64 characters"
        )
        caller, key = await self._lookup(kid)
        policy = _BY_URI if "@target-uri" in signatures[0].input.components else _BY_PARTS
        verify(
            self._request(head),
            policy,
            int(self._clock()),
            lambda keyid, base, signature: keyid == kid and key.verify(signature, base),
            content=head.has_content,
        )
        # In this order a repeated request costs its signer nothing, and one too many no memory of others.
        self._nonces.check(kid, nonce, self._ticks())
        self._buckets.take(caller.kid if caller.node else caller.organisation)
        self._nonces.add(kid, nonce)
        require(caller.roles, NO_STANDING, organisation=caller.organisation)
        return caller

    async def member(self, kid: str) -> Caller:
        """The member whose active signing key has this thumbprint."""
        return (await self._lookup(kid))[0]

    def allowance(self, organisation: str) -> Allowance:
        """What an organisation may still ask in this worker."""
        return self._buckets.allowance(organisation)

    def _request(self, head: Head) -> Request:
        authority = (head.get("host") or "").lower()
        known = authority in self._authorities
        require(known, WRONG_AUTHORITY, given=authority[:80], known=", ".join(sorted(self._authorities)))
        return Request(head.method, self._scheme, authority, head.path, head.query or None, head.fields)

    async def _lookup(self, kid: str) -> tuple[Caller, PublicKey]:
        require(_KEYID.fullmatch(kid), UNKNOWN_KEY, kid=kid[:64])
        now = self._ticks()
        cached = self._known.get(kid)
        if cached is not None and now - cached[0] < CACHED:
            return cached[1], cached[2]
        signer = await self._find(kid)
        caller = Caller(signer.organisation, frozenset(signer.roles), frozenset(signer.acts_for), kid)
        key = public_key(signer.key)
        self._known[kid] = (now, caller, key)
        self._known.move_to_end(kid)
        if len(self._known) > _MOST_KEYS:
            self._known.popitem(last=False)
        return caller, key


_SIGNING = frozenset({"signature", "signature-input"})


def bearer(head: Head) -> str | None:
    """The token of `Authorization: Bearer` (RFC 6750, section 2.1); None where there is none."""
    scheme, _, token = (head.get("authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
