"""JSON-LD literals in policies: language-tagged text, moments, durations, amounts (XML Schema 1.1 part 2).

Each has one written form, so that encoding what was decoded gives the same document.
"""

import re
from datetime import UTC, datetime
from typing import Any

from dongting.standards.odrl.terms import Price, Words

CURRENCY = "http://publications.europa.eu/resource/authority/currency/"

#: ISO 4217 currencies whose minor unit is not a hundredth: digits after the point.
MINOR_DIGITS = {
    currency: digits
    for digits, currencies in (
        (
            0,
            (
                "BIF",
                "CLP",
                "DJF",
                "GNF",
                "ISK",
                "JPY",
                "KMF",
                "KRW",
                "PYG",
                "RWF",
                "UGX",
                "UYI",
                "VND",
                "VUV",
            ),
        ),
        (0, ("XAF", "XOF", "XPF")),
        (3, ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")),
        (4, ("CLF", "UYW")),
    )
    for currency in currencies
}


def from_words(words: Words) -> list[dict[str, str]]:
    """Language-tagged strings, Chinese first."""
    pairs = (("zh", words.zh), ("en", words.en))
    return [{"@value": text, "@language": language} for language, text in pairs if text is not None]


def to_words(values: Any) -> Words:
    """The text in both languages; raises ValueError on anything else."""
    texts = {value["@language"]: value["@value"] for value in values}
    if len(texts) != len(values) or not texts or not texts.keys() <= {"zh", "en"}:
        raise ValueError("text is not in zh or en, once each")
    return Words(**texts)


def from_instant(seconds: int) -> dict[str, str]:
    """An xsd:dateTime in UTC."""
    written = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"@value": written, "@type": "xsd:dateTime"}


def to_instant(value: Any) -> int:
    """Seconds since 1970 of an xsd:dateTime in UTC; raises ValueError on anything else."""
    written = typed(value, "xsd:dateTime")
    moment = datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return int(moment.timestamp())


def from_integer(number: int) -> dict[str, str]:
    """An xsd:integer."""
    return {"@value": str(number), "@type": "xsd:integer"}


def to_integer(value: Any) -> int:
    """The number of an xsd:integer; raises ValueError on anything else."""
    written = typed(value, "xsd:integer")
    if not re.fullmatch("0|[1-9][0-9]{0,15}", written):
        raise ValueError("not a plain count")
    return int(written)


def from_days(days: int) -> dict[str, str]:
    """An xsd:duration of whole days."""
    return {"@value": f"P{days}D", "@type": "xsd:duration"}


def to_days(value: Any) -> int:
    """The days of an xsd:duration of whole days; raises ValueError on anything else."""
    match = re.fullmatch("P(0|[1-9][0-9]{0,5})D", typed(value, "xsd:duration"))
    if not match:
        raise ValueError("not a duration in days")
    return int(match[1])


def from_price(price: Price) -> tuple[dict[str, str], str]:
    """The amount as xsd:decimal in the currency's major unit, and the currency's address."""
    places = MINOR_DIGITS.get(price.currency, 2)
    digits = str(price.minor).rjust(places + 1, "0")
    written = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return {"@value": written, "@type": "xsd:decimal"}, CURRENCY + price.currency


def to_price(value: Any, unit: Any) -> Price:
    """The price in minor units; raises ValueError on an amount finer than the currency."""
    currency = str(unit).removeprefix(CURRENCY)
    written = typed(value, "xsd:decimal")
    places = MINOR_DIGITS.get(currency, 2)
    pattern = "[0-9]{1,16}" + (rf"\.[0-9]{{{places}}}" if places else "")
    if not re.fullmatch(pattern, written):
        raise ValueError("not an amount of the currency")
    return Price(int(written.replace(".", "")), currency)


def typed(value: Any, datatype: str) -> str:
    """The written form of a literal of that datatype; raises ValueError on another."""
    if value["@type"] != datatype or not isinstance(value["@value"], str):
        raise ValueError(f"not a {datatype}")
    return str(value["@value"])
