"""Members' own nodes: which key asks for which organisation, so that followers need no organisation's key.

An organisation registers the key of its node here, by a request that it signs itself. Requests signed by
that key name it and the organisation (`keyid="THUMBPRINT@ORGANISATION"`) and count as the organisation's,
but for registering nodes. A registration concerns this node only and is no fact of the ledger.
"""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.kinds import Hash
from dongting.api.registry import NODE_UNKNOWN
from dongting.api.routes import JSON, Call, Content, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.errors import Code, Refused, require
from dongting.http.messages import Reply
from dongting.kernel.codes import UNKNOWN_KEY
from dongting.wire.keys import from_base64, public_key, to_base64

NODE_KEY_DIFFERS = Code(
    "follow", 11, "node-key-differs",
    "The key has the thumbprint {found}, not the one in the address; send the key that belongs to it.",
    "该公钥的指纹为 {found}，与地址中的不符；请发送与之对应的公钥。",
)  # fmt: skip
ONLY_ITSELF = Code(
    "follow", 12, "only-the-organisation-itself",
    "A node's key cannot register nodes; sign this request with the organisation's own key.",
    "节点密钥不能登记节点；请用组织自己的密钥签署此请求。",
    status=403,
)  # fmt: skip


class NewNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node's public key: COSE_Key bytes in base64url without padding."""

    key: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$(?!\n)", max_length=400)]


class AskNode(msgspec.Struct, frozen=True):
    """One node by the thumbprint of its key."""

    kid: Hash


class NodeList(msgspec.Struct, frozen=True):
    """Thumbprints of the nodes that ask for the caller's organisation."""

    nodes: list[str]


@route(
    "PUT", "/v1/nodes/{kid}", ("Register a node of one's own", "登记本单位的节点"),
    tag="nodes", status=204, most=2048, takes=Content(JSON, NewNode, NewNode(samples.KEY)),
    refuses=(NODE_KEY_DIFFERS, ONLY_ITSELF),
)  # fmt: skip
async def admit_node(service: Service, call: Call, asked: AskNode) -> Reply:
    """Let the node with this key ask here for the caller's organisation; signed by the organisation's key."""
    require(not call.member.node, ONLY_ITSELF)
    try:
        key = public_key(from_base64(call.data.key))
    except Refused as refused:
        raise Refused(UNKNOWN_KEY, kid=asked.kid[:64]) from refused
    found = key.thumbprint(service.profile).hex()
    require(found == asked.kid, NODE_KEY_DIFFERS, found=found)
    text = to_base64(key.cose())
    await asyncio.to_thread(service.nodes.admit, asked.kid, text, call.member.organisation)
    return Reply(204)


@route(
    "DELETE", "/v1/nodes/{kid}", ("Dismiss a node of one's own", "撤销本单位的节点"),
    tag="nodes", status=204, refuses=(ONLY_ITSELF, NODE_UNKNOWN),
)  # fmt: skip
async def dismiss_node(service: Service, call: Call, asked: AskNode) -> Reply:
    """Let the node with this key ask here for the caller's organisation no more."""
    require(not call.member.node, ONLY_ITSELF)
    organisation = call.member.organisation
    there = await asyncio.to_thread(service.nodes.dismiss, asked.kid, organisation)
    require(there, NODE_UNKNOWN, kid=asked.kid[:16], organisation=organisation)
    return Reply(204)


@route(
    "GET", "/v1/nodes", ("The caller's nodes", "本单位的节点"),
    tag="nodes", gives=Content(JSON, NodeList, NodeList([samples.HASH64])),
)  # fmt: skip
async def list_nodes(service: Service, call: Call, asked: Nothing) -> Reply:
    """Which nodes may ask here for the caller's organisation."""
    return json_reply(NodeList(await asyncio.to_thread(service.nodes.of, call.member.organisation)))


ROUTES = (admit_node, dismiss_node, list_nodes)
