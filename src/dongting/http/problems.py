"""Refusals as replies: problem details (RFC 9457) with the fields that RFC 9110 asks for beside them."""

from dongting.errors import Language, Refused
from dongting.http.messages import Reply
from dongting.standards import problem

#: Offered with each 401 (RFC 9421, section 5.1): what a signature here has to cover.
ACCEPT_SIGNATURE = 'sig=("@method" "@authority" "@path" "@query" "content-digest");created;keyid;nonce'

#: Refusals after which the rest of the request is not read.
_CLOSING = frozenset({400, 408, 411, 413, 415, 431})


def refusal(refused: Refused, language: Language, *, instance: str | None = None) -> Reply:
    """The reply to a refused request, in the reader's language."""
    status = refused.code.status
    details = problem.from_refused(refused, language, instance=instance)
    fields = [
        ("content-language", language),
        ("vary", "accept-language"),
        ("cache-control", "no-store"),
    ]
    if status == 401:
        fields.append(("www-authenticate", 'Signature realm="dongting"'))
        fields.append(("accept-signature", ACCEPT_SIGNATURE))
    elif status == 405:
        fields.append(("allow", str(refused.facts.get("allowed", ""))))
    elif status in (429, 503):
        fields.append(("retry-after", str(refused.facts.get("wait", 1 if status == 429 else 2))))
    elif status == 416 and "size" in refused.facts:
        fields.append(("content-range", f"bytes */{refused.facts['size']}"))
    if status in _CLOSING:
        fields.append(("connection", "close"))
    return Reply(status, problem.encode(details), problem.MEDIA_TYPE, fields)
