"""CloudEvents 1.0.2 (CNCF, 5 February 2022) with the JSON event format of the same version.

Context attributes that are not given are left out. `action` and `author` are extension attributes, as
section 3.1 allows: lower-case names, string values.
"""

import msgspec

SPECVERSION = "1.0"
MEDIA_TYPE = "application/cloudevents+json"


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event in structured mode: `source` and `id` together name it for ever, `time` is RFC 3339."""

    specversion: str
    id: str
    source: str
    type: str
    data: msgspec.Raw
    subject: str | None = None
    time: str | None = None
    datacontenttype: str | None = None
    action: str | None = None
    author: str | None = None


def encode(event: CloudEvent) -> bytes:
    """The event in the JSON event format, UTF-8, on one line."""
    return msgspec.json.encode(event)
