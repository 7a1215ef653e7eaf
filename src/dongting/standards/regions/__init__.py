"""Codes for the administrative divisions of China (GB/T 2260-2007, amendments to 2016; GB/T 10114-2003).

Six digits: province (2), prefecture (2), county (2); three more for a township and three more for a
village. The package knows the structure and the provinces; whether a lower code is in use changes
every year by decree and is not checked. The whole country is 100000, as in GB 32100 codes.
"""

from dongting.standards.regions.code import (
    BAD_REGION,
    NATION,
    PROVINCES,
    Level,
    Province,
    check,
    is_within,
    level,
    parent,
    path,
    province,
)

__all__ = [
    "BAD_REGION",
    "NATION",
    "PROVINCES",
    "Level",
    "Province",
    "check",
    "is_within",
    "level",
    "parent",
    "path",
    "province",
]
