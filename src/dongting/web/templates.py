"""The templates of a language: Jinja2 with every value escaped and unknown names refused."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from dongting.web.texts import Tongue


def environment(tongue: Tongue, **known: Any) -> Environment:
    """The templates speaking one language; `known` are further names that all of them know."""
    made = Environment(
        loader=PackageLoader("dongting.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(tongue.translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(known)
    return made
