"""Evidence without upload: a file is hashed where it is; the ledger learns a salted commitment."""

import secrets
from typing import Any

from dongting.errors import Code, Refused
from dongting.http.messages import Reply
from dongting.node.drafting import ACTIONS, Draft, Note
from dongting.node.people.access import READ
from dongting.node.people.codes import NOT_ALLOWED
from dongting.node.publishing import DIGEST
from dongting.node.warrants import may, permissions
from dongting.sdk.client import Client
from dongting.web.desk.acting import Frame, filled, form, stepped
from dongting.web.desk.taking import WRONG, Taken
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit
from dongting.wire.part import SALT_SIZE

REGISTER = ACTIONS["evidence/register"]
NOT_A_DIGEST = Code(
    "web", 6, "not-a-digest",
    "The digest of a file has 64 digits 0–9 and a–f. Let the browser compute it, or use sha256sum.",
    "文件摘要为 64 位十六进制数字（0–9、a–f）。可由浏览器计算，或使用 sha256sum。",
)  # fmt: skip


async def new(site: Site, visit: Visit) -> Reply:
    """GET /evidence/new."""
    _admit(visit)
    source = {"a.kind": ["file"], **await filled(site, visit, REGISTER)}
    if visit.asked("follows"):
        source["a.follows"] = [visit.asked("follows")]
    return await form(site, visit, REGISTER, source, Taken(), frame=_frame(site, visit))


async def register(site: Site, visit: Visit) -> Reply:
    """POST /evidence/new: preview or signature."""
    _admit(visit)
    return await stepped(site, visit, REGISTER, _frame(site, visit))


def _admit(visit: Visit) -> None:
    if not may(visit.member, REGISTER):
        raise Refused(NOT_ALLOWED, permission=", ".join(sorted(permissions(REGISTER))))


def _frame(site: Site, visit: Visit) -> Frame:
    digest, size = visit.form.get("digest").lower(), visit.form.get("size")

    def also(client: Client, draft: Draft) -> None:
        if len(digest) != 64 or not all(digit in "0123456789abcdef" for digit in digest):
            raise Refused(NOT_A_DIGEST)
        name = str(draft.parts.get("label", {}).get("name") or draft.arguments["id"])
        many = int(size) if size.isdecimal() and len(size) < 16 else 0
        salt = draft.salts.setdefault("content", secrets.token_bytes(SALT_SIZE))
        offered = client.contents.measured(digest, name, many, salt)
        draft.arguments["content"] = offered.commitment
        draft.keeps.append(lambda: client.contents.keep(offered, draft.subject))
        draft.notes.append(Note(DIGEST, digest))

    values: dict[str, Any] = {
        "digest": digest, "size": size, "hashed_here": site.profile.name == "international",
        "wrong_digest": WRONG["digest"],
    }  # fmt: skip
    return Frame("evidence-new.html", frozenset({"content"}), also, values=values)


PLACES: tuple[Place, ...] = (Place("/evidence/new", new, register, needs=READ),)
