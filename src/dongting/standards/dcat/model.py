"""What a dataset's description holds (DCAT 3, sections 6.3 to 6.8), as plain values.

Moments are seconds since 1970, sizes are bytes, addresses are IRIs; None or empty means not given.
"""

from typing import Any, Literal, get_args

from msgspec import Struct

#: The codes of the EU authority table "frequency" that are offered (dcterms:accrualPeriodicity).
Frequency = Literal[
    "CONT", "UPDATE_CONT", "HOURLY", "BIHOURLY", "TRIHOURLY", "DAILY_2", "DAILY", "WEEKLY_3", "WEEKLY_2",
    "WEEKLY", "BIWEEKLY", "MONTHLY_3", "MONTHLY_2", "MONTHLY", "BIMONTHLY", "QUARTERLY", "ANNUAL_3",
    "ANNUAL_2", "ANNUAL", "BIENNIAL", "TRIENNIAL", "QUADRENNIAL", "QUINQUENNIAL", "DECENNIAL",
    "IRREG", "NEVER", "OTHER", "UNKNOWN",
]  # fmt: skip
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)

#: The codes of the EU authority table "access-right" (dcterms:accessRights).
AccessRights = Literal["PUBLIC", "RESTRICTED", "NON_PUBLIC"]


class Words(Struct, frozen=True):
    """Text for people in Chinese, English or both."""

    zh: str | None = None
    en: str | None = None


class Agent(Struct, frozen=True):
    """An organisation (foaf:Agent)."""

    uri: str
    name: Words


class Identifier(Struct, frozen=True):
    """An identifier that another registry gave (adms:Identifier); `scheme` names the registry."""

    scheme: str
    value: str


class Checksum(Struct, frozen=True):
    """A digest (spdx:Checksum, SPDX 2.3): algorithm such as `sha256` or `sm3`, value in hexadecimal."""

    algorithm: str
    value: str


class Distribution(Struct, frozen=True, kw_only=True):
    """One form in which a dataset can be had (dcat:Distribution)."""

    uri: str
    access_url: str
    title: Words | None = None
    download_url: str | None = None
    media_type: str | None = None
    byte_size: int | None = None
    checksum: Checksum | None = None
    conforms_to: str | None = None
    issued: int | None = None


class Dataset(Struct, frozen=True, kw_only=True):
    """One dataset (dcat:Dataset). `region` is a GB/T 2260 code; `policy` the address of an ODRL policy,
    or the whole policy as JSON-LD; `start` and `end` bound the time that the data describe."""

    uri: str
    identifier: str
    title: Words
    description: Words | None = None
    publisher: Agent | None = None
    themes: tuple[str, ...] = ()
    keywords: tuple[Words, ...] = ()
    issued: int | None = None
    modified: int | None = None
    version: str | None = None
    frequency: Frequency | None = None
    region: str | None = None
    start: int | None = None
    end: int | None = None
    other_identifiers: tuple[Identifier, ...] = ()
    policy: str | dict[str, Any] | None = None
    access_rights: AccessRights | None = None
    landing_page: str | None = None
    distributions: tuple[Distribution, ...] = ()


class Catalogue(Struct, frozen=True, kw_only=True):
    """A catalogue and its datasets (dcat:Catalog)."""

    uri: str
    title: Words
    description: Words | None = None
    publisher: Agent | None = None
    modified: int | None = None
    datasets: tuple[Dataset, ...] = ()
