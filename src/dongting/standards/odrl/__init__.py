"""Terms of use as an ODRL policy (W3C ODRL Information Model 2.2 and Vocabulary 2.2, 15 February 2018).

The subset: one target, one assigner, one assignee; `use` under constraints, `distribute` permitted or
prohibited, `compensate` as duty, `delete` as obligation. A policy outside the subset is refused, never
read in part, because a term that one side did not see would not be agreed.
"""

from dongting.standards.odrl.policy import (
    BAD_POLICY,
    CONTEXT,
    OUTSIDE_SUBSET,
    Kind,
    Policy,
    from_odrl,
    to_odrl,
)
from dongting.standards.odrl.terms import BAD_TERMS, Onward, Price, Terms, Words

__all__ = [
    "BAD_POLICY",
    "BAD_TERMS",
    "CONTEXT",
    "OUTSIDE_SUBSET",
    "Kind",
    "Onward",
    "Policy",
    "Price",
    "Terms",
    "Words",
    "from_odrl",
    "to_odrl",
]
