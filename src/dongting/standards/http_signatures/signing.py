"""Sign and verify an HTTP message with the caller's own keys (RFC 9421, sections 3.1 and 3.2)."""

from collections.abc import Callable, Mapping, Sequence

from dongting.errors import Refused, require
from dongting.standards.http_signatures.base import SignatureInput, signature_base
from dongting.standards.http_signatures.fields import Signature, parse_signatures, signature_fields
from dongting.standards.http_signatures.message import Fields, Message
from dongting.standards.http_signatures.policy import Policy
from dongting.standards.http_signatures.refusals import AMBIGUOUS, BAD_SIGNATURE, UNSIGNED

#: Signs the signature base.
Signer = Callable[[bytes], bytes]
#: `(keyid, signature base, signature)`: whether the signature verifies; False for an unknown key.
Verifier = Callable[[str, bytes, bytes], bool]


def sign(
    message: Message,
    components: Sequence[str],
    parameters: Mapping[str, int | str],
    signer: Signer,
    label: str = "sig",
) -> Fields:
    """The fields Signature-Input and Signature to add to the message."""
    covered = SignatureInput(tuple(components), tuple(parameters.items()))
    return signature_fields([Signature(label, covered, signer(signature_base(message, covered)))])


def verify(
    message: Message,
    policy: Policy,
    now: int,
    verifier: Verifier,
    *,
    content: bool = False,
    label: str | None = None,
) -> Signature:
    """The one signature of the message (or the one so labelled), after it was checked and verified.

    `now` is in seconds since 1970; `content` says whether the message has content, which then must be
    covered by its digest: compare that separately (`matches_digest`, or as the content streams past).
    Replays within `max_age` are the caller's to refuse, by `nonce` or by what the request does.
    """
    signature = _only(parse_signatures(message.fields), label)
    policy.check(signature.input, now, content)
    keyid = signature.input.text("keyid") or ""
    good = verifier(keyid, signature_base(message, signature.input), signature.signature)
    require(good, BAD_SIGNATURE, keyid=keyid[:80])
    return signature


def _only(signatures: list[Signature], label: str | None) -> Signature:
    if label is not None:
        signatures = [signature for signature in signatures if signature.label == label]
    if not signatures:
        raise Refused(UNSIGNED)
    require(len(signatures) == 1, AMBIGUOUS, count=len(signatures))
    return signatures[0]
