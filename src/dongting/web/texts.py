"""How pages speak: messages by gettext, numbers and moments as the reader's language writes them.

English stands in the source; Chinese in `locales/zh/LC_MESSAGES/messages.po`, compiled when first used.
"""

import gettext
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from dongting.appkit.fields import PLACES, Text
from dongting.errors import Language

LANGUAGES: Mapping[Language, str] = {"zh": "中文", "en": "English"}
CATALOGUE = Path(__file__).parent / "locales" / "zh" / "LC_MESSAGES" / "messages.po"

_TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}
_DAYS = 4096  # that are remembered as they are written
_LAST = 253_402_000_000  # a moment near the end of the year 9999
_SMALL = 10  # below 2 to this power, bytes are told as bytes
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")


def marked(message: str) -> str:
    """The message itself; says that it is translated where it is shown."""
    return message


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """The messages of a language."""
    if language == "en":
        return gettext.NullTranslations()
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="zh")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class Tongue:
    """One language for pages of a network whose day ends in `zone`, an offset such as `+08:00`."""

    def __init__(self, language: Language, zone: str) -> None:
        self.language = language
        self.tag = _TAGS[language]
        self.translations = translations(language)
        self._locale = Locale.parse("zh_Hans_CN" if language == "zh" else "en_GB")
        self._days: dict[tuple[date, str], str] = {}
        hours, minutes = zone[1:].split(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        self._zone = timezone(-offset if zone[0] == "-" else offset)

    def say(self, message: str, **values: Any) -> str:
        """A message of ours with its values, as plain text."""
        said = self.translations.gettext(message)
        return said % values if values else said

    def words(self, text: Text) -> Markup:
        """A member's words: in this language if they are there, else marked as being in the other.

        They are isolated, so that characters of theirs cannot turn the order of what stands around them.
        """
        own = bool(text.zh if self.language == "zh" else text.en)
        if own:
            return Markup("<bdi>%s</bdi>") % text.best(self.language)
        other: Language = "en" if self.language == "zh" else "zh"
        return Markup('<bdi lang="%s">%s</bdi>') % (_TAGS[other], text.best(self.language))

    def plain(self, text: Text) -> str:
        """A member's words without marks, for titles and attributes."""
        return text.best(self.language)

    def label(self, text: Text) -> str:
        """The name of a choice, as it begins a line."""
        said = text.best(self.language)
        return said[:1].upper() + said[1:]

    def number(self, value: int) -> str:
        """A number with its separators."""
        return numbers.format_decimal(value, locale=self._locale)

    def share(self, part: int, whole: int) -> str:
        """A part of a whole in per cent, rounded down, so that 100 % means all."""
        thousandths = part * 1000 // whole if whole else 0
        return numbers.format_percent(thousandths / 1000, "#,##0.#%", locale=self._locale)

    def money(self, minor: int, currency: str) -> str:
        """An amount in minor units, as the language writes it; its currency by the code of ISO 4217."""
        places = PLACES.get(currency, 2)
        value = Decimal(minor).scaleb(-places)
        shown = numbers.format_decimal(value, "#,##0" + "." * (places > 0) + "0" * places, self._locale)
        return f"{shown} {currency}"

    def day(self, seconds: int) -> Markup:
        """The day of a moment, in the network's zone."""
        day = self._local(seconds).date()
        return Markup('<time datetime="%s">%s</time>') % (day.isoformat(), self._date(day, "long"))

    def moment(self, seconds: int) -> Markup:
        """Day and time of a moment, in the network's zone."""
        local = self._local(seconds)
        stamp = local.astimezone(UTC).isoformat()[:19]
        written = f"{self._date(local.date(), 'medium')} {local:%H:%M:%S}"
        return Markup('<time datetime="%sZ">%s</time>') % (stamp, written)

    def _date(self, day: date, how: Literal["long", "medium"]) -> str:
        """A day as the language writes it; pages name the same few days many times."""
        found = self._days.get((day, how))
        if found is None:
            if len(self._days) >= _DAYS:
                self._days.clear()
            found = self._days[day, how] = dates.format_date(day, how, self._locale)
        return found

    def size(self, power: int) -> str:
        """The most bytes that a content of this size class has."""
        step, rest = divmod(power, _SMALL)
        return f"{self.number(2**rest)} {_UNITS[step]}"

    def bytes(self, size: int) -> str:
        """A size in bytes, in the unit that suits it."""
        power = max(size.bit_length() - 1, 0) // _SMALL
        shown = numbers.format_decimal(size / 1024**power, "#,##0.#", locale=self._locale)
        return f"{shown} {_UNITS[power]}"

    def _local(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(min(max(seconds, 0), _LAST), self._zone)


def lines(text: str) -> Markup:
    """The text with its line breaks."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())
