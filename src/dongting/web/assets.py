"""Static files: read once, served under an address that changes with their content.

Caching follows RFC 9111: an address with the digest may be kept for ever, one without is asked again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dongting.errors import Refused
from dongting.http.codes import NOT_FOUND
from dongting.http.messages import Reply
from dongting.web.site import Site
from dongting.web.visits import Visit

FOLDER = Path(__file__).parent / "static"
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file and the digest of its content."""

    data: bytes
    media_type: str
    digest: str


class Assets:
    """All static files of the console."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, Asset] = {}
        for path in sorted(each for each in folder.rglob("*") if each.suffix in _TYPES):
            data = path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()[:16]
            self._files[path.relative_to(folder).as_posix()] = Asset(data, _TYPES[path.suffix], digest)

    def address(self, name: str) -> str:
        """Where a file is served."""
        return f"/static/{name}?v={self._files[name].digest}"

    def reply(self, name: str, visit: Visit) -> Reply:
        """The file."""
        found = self._files.get(name)
        if found is None:
            raise Refused(NOT_FOUND)
        lasting = visit.head.asked.get("v") == found.digest
        cache = "public, max-age=31536000, immutable" if lasting else "public, no-cache"
        return Reply(200, found.data, found.media_type, [("cache-control", cache)])


async def static(site: Site, visit: Visit) -> Reply:
    """GET /static/NAME."""
    return site.assets.reply(visit.named["name"], visit)


async def favicon(site: Site, visit: Visit) -> Reply:
    """GET /favicon.svg."""
    return site.assets.reply("favicon.svg", visit)


async def robots(site: Site, visit: Visit) -> Reply:
    """GET /robots.txt (RFC 9309): pages may be indexed, but not each combination of filters."""
    rules = "User-agent: *\nDisallow: /v1/\nDisallow: /*?\nAllow: /*?lang=\n"
    return Reply(
        200, rules.encode(), "text/plain; charset=utf-8", [("cache-control", "public, max-age=3600")]
    )
