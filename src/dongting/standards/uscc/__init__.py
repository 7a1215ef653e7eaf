"""Unified social credit code of legal persons and other organisations (GB 32100-2015).

Eighteen characters: registration authority (1), category (1), region of the registration authority
(6 digits, GB/T 2260), subject (9, an organisation code under GB 11714-1997), check character (1).
Tables of authorities and categories grow by amendment and are not checked; both check characters are.
"""

from dongting.standards.uscc.code import (
    BAD_CHARACTER,
    BAD_CHECK,
    BAD_LENGTH,
    BAD_ORGANISATION,
    BAD_REGION,
    CreditCode,
    check,
    check_character,
    organisation_check_character,
)

__all__ = [
    "BAD_CHARACTER",
    "BAD_CHECK",
    "BAD_LENGTH",
    "BAD_ORGANISATION",
    "BAD_REGION",
    "CreditCode",
    "check",
    "check_character",
    "organisation_check_character",
]
