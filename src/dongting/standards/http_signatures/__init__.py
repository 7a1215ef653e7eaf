"""HTTP Message Signatures (RFC 9421, February 2024) with Content-Digest (RFC 9530, February 2024).

Structured fields follow RFC 9651, parsed by the `http-sf` library. Signing and verifying are callbacks,
so that the package holds no keys and names no cipher. The supported subset: fields without component
parameters and the derived components of `message.DERIVED`; everything else is refused, never ignored.
"""

from dongting.standards.http_signatures.base import (
    PARAMETERS,
    SignatureInput,
    signature_base,
)
from dongting.standards.http_signatures.digest import (
    content_digest,
    digest_field,
    matches_digest,
    parse_digest,
)
from dongting.standards.http_signatures.fields import Signature, parse_signatures, signature_fields
from dongting.standards.http_signatures.message import DERIVED, Request, Response, request
from dongting.standards.http_signatures.policy import Policy
from dongting.standards.http_signatures.signing import Signer, Verifier, sign, verify

__all__ = [
    "DERIVED",
    "PARAMETERS",
    "Policy",
    "Request",
    "Response",
    "Signature",
    "SignatureInput",
    "Signer",
    "Verifier",
    "content_digest",
    "digest_field",
    "matches_digest",
    "parse_digest",
    "parse_signatures",
    "request",
    "sign",
    "signature_base",
    "signature_fields",
    "verify",
]
