"""Content-Digest (RFC 9530, section 2): the content of a message under SHA-256 or SHA-512.

Digests are taken as bytes, so that a body which is streamed is hashed by the caller as it passes.
"""

import hashlib
from collections.abc import Mapping

import http_sf

from dongting.errors import require
from dongting.standards.http_signatures.fields import parse_dictionary
from dongting.standards.http_signatures.refusals import BAD_DIGEST, BAD_FIELD

#: The active algorithms of the registry (RFC 9530, section 7.2) and their digests' sizes in bytes.
ALGORITHMS = {"sha-256": 32, "sha-512": 64}


def content_digest(content: bytes) -> str:
    """The field's value for a content at hand, under SHA-256."""
    return digest_field({"sha-256": hashlib.sha256(content).digest()})


def digest_field(digests: Mapping[str, bytes]) -> str:
    """The field's value for digests by algorithm name; refuses unknown names and wrong sizes."""
    for name, digest in digests.items():
        right = len(digest) == ALGORITHMS.get(name)
        require(right, BAD_FIELD, field="content-digest", why=f"{name[:60]} of {len(digest)} bytes")
    return http_sf.ser({name: (digest, {}) for name, digest in digests.items()})


def parse_digest(value: str) -> dict[str, bytes]:
    """The digests of a field by algorithm; ignores algorithms that are not active (section 2), needs one."""
    digests = {}
    for name, (digest, parameters) in parse_dictionary(
        "content-digest", (("content-digest", value),)
    ).items():
        plain = isinstance(digest, bytes) and not parameters
        require(plain, BAD_FIELD, field="content-digest", why=f"{name[:60]} is not a plain byte sequence")
        if name in ALGORITHMS:
            right = len(digest) == ALGORITHMS[name]
            require(right, BAD_FIELD, field="content-digest", why=f"{name} has the wrong size")
            digests[name] = bytes(digest)
    require(digests, BAD_FIELD, field="content-digest", why="sha-256 or sha-512 is needed")
    return digests


def matches_digest(value: str, content: bytes) -> None:
    """Refuse a content that differs from any of the active digests in the field's value."""
    for name, digest in parse_digest(value).items():
        actual = hashlib.sha256(content) if name == "sha-256" else hashlib.sha512(content)
        require(actual.digest() == digest, BAD_DIGEST)
