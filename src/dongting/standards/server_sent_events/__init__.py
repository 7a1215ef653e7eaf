"""The text/event-stream format (HTML Living Standard, section 9.2, "Server-sent events"), as written.

A message without data changes only the id from which a client resumes (section 9.2.6), so that a stream
in which nothing matches still moves on.
"""

MEDIA_TYPE = "text/event-stream"


def message(id: str, data: bytes = b"") -> bytes:
    """One message; `data` is a single line, such as JSON, and `id` has neither NUL nor line ends."""
    lines = b"id: " + id.encode()
    return lines + (b"\ndata: " + data if data else b"") + b"\n\n"


def retry(milliseconds: int) -> bytes:
    """How long a client should wait before it connects again."""
    return b"retry: %d\n\n" % milliseconds
