"""What can be said about declared settings: their documents, their bounds, an example file, a reference.

Everything is read from the structs that declare the settings, so that no text can fall behind.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Meta, Struct

from dongting.errors import Language

_SECRET = re.compile(
    r"passw|passphrase|secret|token|private|credential_value|api_?key|(^|[._])(pin|pass|key)$"
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `name` is `section.field`, `kind` its type with its bounds; the texts are for people."""

    name: str
    en: str
    zh: str
    default: Any
    kind: Any

    def allowed(self, language: Language) -> str:
        """What values it takes, in that language."""
        return allowed(self.kind, language)

    def text(self, language: Language) -> str:
        """What it does, in that language."""
        return self.zh if language == "zh" else self.en


def documented(en: str, zh: str, shape: tuple[str, str] | None = None) -> Meta:
    """The text of a setting in English and Chinese; `shape` says in words what its pattern takes."""
    return Meta(
        extra={"doc": {"en": en, "zh": zh}, "shape": dict(zip(("en", "zh"), shape or (), strict=False))}
    )


def every(sections: Mapping[str, type[Struct]]) -> Iterator[Setting]:
    """All settings, in the order of their declaration."""
    for section, struct in sections.items():
        for field in msgspec.structs.fields(struct):
            doc = _extra(field.type)["doc"]
            yield Setting(f"{section}.{field.name}", doc["en"], doc["zh"], field.default, field.type)


def names(sections: Mapping[str, type[Struct]]) -> list[str]:
    """The names of all settings."""
    return [setting.name for setting in every(sections)]


def allowed(kind: Any, language: Language) -> str:
    """What values a setting of that type takes, in words."""
    base, metas = _parts(kind)
    shape = _extra(kind)["shape"].get(language)
    if shape:
        return str(shape)
    if get_origin(base) is Literal:
        return " | ".join(toml(choice) for choice in get_args(base))
    if base is bool:
        return "true | false"
    if base is int:
        low, high = (
            [getattr(m, bound) for m in metas if getattr(m, bound) is not None] for bound in ("ge", "le")
        )
        return f"{low[0]} – {high[0]}"
    return "文字" if language == "zh" else "text"


def example(sections: Mapping[str, type[Struct]], language: Language = "en") -> str:
    """A whole configuration file with every setting at its default, commented out, and explained."""
    lines: list[str] = []
    for section in sections:
        lines += [f"[{section}]"]
        for setting in every({section: sections[section]}):
            lines += [f"# {setting.text(language)}", f"# ({setting.allowed(language)})"]
            lines += [f"# {setting.name.split('.', 1)[1]} = {toml(setting.default)}", ""]
    return "\n".join(lines)


def reference(sections: Mapping[str, type[Struct]], language: Language = "en") -> str:
    """All settings as a Markdown table."""
    head = (
        ("设置", "默认值", "允许", "含义")
        if language == "zh"
        else ("Setting", "Default", "Allowed", "Meaning")
    )
    rows = [head, ("---",) * 4]
    for setting in every(sections):
        bounds = setting.allowed(language).replace("|", "\\|")
        rows.append((f"`{setting.name}`", f"`{toml(setting.default)}`", bounds, setting.text(language)))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def toml(value: Any) -> str:
    """A value as TOML spells it, shortened for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value[:200].translate(_ESCAPES) + '"'
    return str(value)[:200]


def closest(name: str, known: list[str]) -> str | None:
    """The known name that this one most likely meant."""
    last = name.rsplit(".", 1)[-1]  # the right setting in the wrong section, or in none
    found = [other for other in known if other.endswith(f".{last}")]
    found = found or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return found[0] if found else None


def names_a_secret(name: str) -> bool:
    """Whether a setting of that name would hold a secret."""
    return _SECRET.search(name.lower()) is not None


def holds_password(url: str) -> bool:
    """Whether an address has a password in it, before the host or as a parameter."""
    parts = urlsplit(url)
    return parts.password is not None or any(names_a_secret(key) for key, _ in parse_qsl(parts.query))


def host_of(url: str) -> str:
    """The host of an address, empty if there is none."""
    return urlsplit(url).hostname or ""


_ESCAPES = {code: f"\\u{code:04x}" for code in [*range(32), 127]} | {ord('"'): '\\"', ord("\\"): "\\\\"}


def _parts(kind: Any) -> tuple[Any, tuple[Meta, ...]]:
    return get_args(kind)[0], kind.__metadata__


def _extra(kind: Any) -> dict[str, Any]:
    _, metas = _parts(kind)
    return next(meta.extra for meta in metas if meta.extra)
