"""The registry of members' own nodes, and whose key a request's `keyid` names."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from dongting.appkit.app import MEMBER
from dongting.errors import Code, require
from dongting.node.facade import Facade, Signer
from dongting.store.side import SideStore
from dongting.wire.keys import from_base64

NODE_UNKNOWN = Code(
    "follow", 13, "node-not-registered",
    "No node with the key {kid} asks for {organisation} here. Let the organisation register it with "
    "`dongting node admit`.",
    "此处没有登记为 {organisation} 服务、密钥为 {kid} 的节点。请由该组织执行 `dongting node admit` 登记。",
    status=401,
)  # fmt: skip

_ORGANISATION = "membership.organisation"


class Registered(msgspec.Struct, frozen=True):
    """A node's key (COSE_Key, base64url) and the organisations for which it asks."""

    key: str
    organisations: list[str]


class _Organisation(msgspec.Struct):
    standing: str
    roles: list[str] = []
    predecessors: list[str] = []


class Nodes:
    """The registered nodes, by the thumbprint of their keys."""

    def __init__(self, store: SideStore) -> None:
        self._store = store

    def get(self, kid: str) -> Registered | None:
        """The node with this key."""
        data = self._store.get(kid)
        return None if data is None else msgspec.json.decode(data, type=Registered)

    def admit(self, kid: str, key: str, organisation: str) -> None:
        """Let the node with this key ask for the organisation."""
        found = self.get(kid)
        others = set(found.organisations) if found is not None else set()
        self._store.put(kid, msgspec.json.encode(Registered(key, sorted(others | {organisation}))))

    def dismiss(self, kid: str, organisation: str) -> bool:
        """Let it ask for that organisation no more; whether it did."""
        found = self.get(kid)
        if found is None or organisation not in found.organisations:
            return False
        rest = [each for each in found.organisations if each != organisation]
        if rest:
            self._store.put(kid, msgspec.json.encode(Registered(found.key, rest)))
        else:
            self._store.remove(kid)
        return True

    def of(self, organisation: str) -> list[str]:
        """Thumbprints of the nodes that ask for an organisation."""
        found = ((kid, self.get(kid)) for kid in self._store.names())
        return [kid for kid, node in found if node is not None and organisation in node.organisations]


def finder(facade: Facade, nodes: Nodes) -> Callable[[str], Awaitable[Signer]]:
    """Finds whose key a `keyid` names: an organisation's own, or that of a node that asks for it."""

    async def find(keyid: str) -> Signer:
        kid, at, organisation = keyid.partition("@")
        if not at:
            return await facade.signer(kid)
        node = await asyncio.to_thread(nodes.get, kid)
        known = node is not None and organisation in node.organisations
        require(known, NODE_UNKNOWN, kid=kid[:16], organisation=organisation)
        assert node is not None
        record = await facade.record(_ORGANISATION, organisation, 0)
        found = msgspec.json.decode(record.body, type=_Organisation)
        roles = [MEMBER, *found.roles] if found.standing == "active" else []
        return Signer(organisation, roles, [organisation, *found.predecessors], from_base64(node.key))

    return find
