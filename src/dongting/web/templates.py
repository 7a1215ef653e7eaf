"""The templates of a language: Jinja2 with every value escaped and unknown names refused.

A language has an environment of its own, so messages without values are translated when a template is read,
not each time that it is shown.
"""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, nodes, select_autoescape
from jinja2.visitor import NodeTransformer

from dongting.web.texts import Tongue


class _Spoken(NodeTransformer):
    """Puts the translation in place of each message that takes no values."""

    def __init__(self, tongue: Tongue) -> None:
        self._tongue = tongue

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (named after the class of the node)
        """`_("message")` becomes what it says, as gettext of the i18n extension would give it: markup."""
        self.generic_visit(node)
        plain = len(node.args) == 1 and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        if isinstance(node.node, nodes.Name) and node.node.name == "_" and plain:
            [message] = node.args
            if isinstance(message, nodes.Const) and isinstance(message.value, str):
                said = self._tongue.translations.gettext(message.value) % {}
                return nodes.MarkSafe(nodes.Const(said, lineno=node.lineno), lineno=node.lineno)
        return node


class _Speaking(Environment):
    """An environment whose templates are read in one language."""

    tongue: Tongue

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = _Spoken(self.tongue).visit(super()._parse(source, name, filename))
        assert isinstance(tree, nodes.Template)
        return tree


def environment(tongue: Tongue, **known: Any) -> Environment:
    """The templates speaking one language; `known` are further names that all of them know."""
    made = _Speaking(
        loader=PackageLoader("dongting.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.tongue = tongue
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(tongue.translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(known)
    return made
