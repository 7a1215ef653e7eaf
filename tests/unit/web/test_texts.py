"""Every message stands in both languages, and every one is used; numbers and moments by locale."""

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from dongting import web
from dongting.appkit.fields import Text
from dongting.web.texts import CATALOGUE, Tongue

SOURCE = Path(str(web.__file__)).parent
_FIELD = re.compile(r"%\((\w+)\)s")


def used() -> set[str | tuple[str, ...]]:
    """The messages in templates and code."""
    found = extract_from_dir(
        str(SOURCE), [("**.py", "python"), ("**.html", "jinja2")],
        {"**.html": {"extensions": "jinja2.ext.i18n", "trimmed": "true"}},
        {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None},
    )  # fmt: skip
    return {message for _, _, message, _, _ in found}


def translated() -> dict[str | tuple[str, ...], tuple[str, ...]]:
    """The messages of the Chinese catalogue and what they are there."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh", abort_invalid=True)
    assert not any(message.fuzzy for message in catalogue)
    plain = [message for message in catalogue if message.id]
    return {
        (tuple(m.id) if isinstance(m.id, list | tuple) else m.id): (
            tuple(m.string) if isinstance(m.string, list | tuple) else (m.string or "",)
        )
        for m in plain
    }


def test_every_message_is_translated_and_none_is_left_over() -> None:
    assert used() == set(translated())
    assert not [message for message, strings in translated().items() if not all(strings)]


def test_a_translation_has_the_fields_of_its_message() -> None:
    for message, strings in translated().items():
        last = message[-1] if isinstance(message, tuple) else message
        for string in strings:
            assert Counter(_FIELD.findall(string)) == Counter(_FIELD.findall(last)), message


def test_chinese_is_chinese() -> None:
    known = {"STORY", "DATA"}
    for message, strings in translated().items():
        assert all(re.search("[\u4e00-\u9fff]", string) for string in strings) or message in known


def test_templates_say_nothing_without_translation() -> None:
    for path in (SOURCE / "templates").glob("*.html"):
        text = re.sub(
            r"\{#.*?#\}|\{%\s*trans.*?endtrans\s*%\}|\{[{%].*?[%}]\}",
            " ",
            path.read_text("utf-8"),
            flags=re.S,
        )
        text = re.sub(r"<(pre|code)\b.*?</\1>|<!doctype[^>]*>|<[^>]*>|&\w+;", " ", text, flags=re.S)
        left = set(re.findall(r"[A-Za-z]{2,}", text))
        assert left <= {"JSON", "LD", "Turtle", "CSV", "Excel"}, (path.name, left)


@pytest.mark.parametrize(
    ("language", "number", "day", "moment", "size"),
    [
        ("en", "1,234,567", "1 March 2026", "1 Mar 2026 00:30:05", "512 KB"),
        ("zh", "1,234,567", "2026年3月1日", "2026年3月1日 00:30:05", "512 KB"),
    ],
)
def test_numbers_and_moments_are_written_as_the_language_does_in_the_networks_zone(
    language: str, number: str, day: str, moment: str, size: str
) -> None:
    tongue = Tongue("zh" if language == "zh" else "en", "+08:00")
    at = 1_772_296_205  # 2026-02-28T16:30:05Z
    assert tongue.number(1_234_567) == number
    assert tongue.day(at) == f'<time datetime="2026-03-01">{day}</time>'
    assert tongue.moment(at) == f'<time datetime="2026-02-28T16:30:05Z">{moment}</time>'
    assert tongue.size(19) == size
    assert tongue.money(120_050, "CNY") == "1,200.50 CNY"
    assert tongue.money(5, "CNY") == "0.05 CNY"
    assert tongue.money(1200, "JPY") == "1,200 JPY"
    assert tongue.size(0) == "1 B"
    assert tongue.moment(2**53 - 1).startswith("<time")


def test_a_western_zone_is_behind() -> None:
    assert "28 Feb 2026 11:00:05" in Tongue("en", "-05:30").moment(1_772_296_205)


def test_a_members_words_are_escaped_and_isolated() -> None:
    said = Tongue("en", "+00:00").words(Text(en="<b>\u202eevil"))
    assert said == "<bdi>&lt;b&gt;\u202eevil</bdi>"
