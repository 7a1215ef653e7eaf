"""The same statements in Turtle (W3C RDF 1.1 Turtle, 25 February 2014).

Only documents of `documents` are written: compact names, explicit nodes and literals. Anything that was
put inside under a context of its own, such as a whole ODRL policy, is written as its address alone.
"""

import re
from typing import Any

from dongting.standards.dcat.documents import PREFIXES, Node

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: Characters that may not stand in an IRI (section 6.4, IRIREF), besides controls and space.
_NOT_IN_IRI = frozenset('<>"{}|^`\\')
_LOCAL = re.compile("[A-Za-z][A-Za-z0-9_]*")


def to_turtle(document: Node) -> str:
    """The document's statements, nodes with an address first written where they are first met."""
    lines = [f"@prefix {prefix}: <{address}> ." for prefix, address in PREFIXES.items()]
    subjects: list[str] = []
    pending = [document]
    written: set[str] = set()
    while pending:
        node = pending.pop(0)
        if node["@id"] not in written:
            written.add(node["@id"])
            body = _members(node, pending, "    ")
            subjects.append(f"{_iri(node['@id'])} {body} .")
    return "\n".join(lines) + "\n\n" + "\n\n".join(subjects) + "\n"


def _members(node: Node, pending: list[Node], indent: str) -> str:
    members = []
    for key, value in node.items():
        if key in ("@context", "@id"):
            continue
        if key == "@type":
            members.append(f"a {value}")
            continue
        values = value if isinstance(value, list) else [value]
        members.append(f"{key} " + ", ".join(_object(one, pending, indent) for one in values))
    return f" ;\n{indent}".join(members)


def _object(value: Any, pending: list[Node], indent: str) -> str:
    if isinstance(value, str):
        return _string(value)
    if "@value" in value:
        language, datatype = value.get("@language"), value.get("@type")
        return _string(value["@value"]) + (f"@{language}" if language else f"^^{datatype}")
    if "@id" in value:
        if len(value) > 1 and "@context" not in value:
            pending.append(value)
        return _iri(value["@id"])
    inner = indent + "    "
    return f"[\n{inner}{_members(value, pending, inner)}\n{indent}]"


def _string(text: str) -> str:
    escaped = "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04X}" if c < " " else c) for c in text)
    return f'"{escaped}"'


def _iri(iri: str) -> str:
    prefix, _colon, local = iri.partition(":")
    if prefix in PREFIXES and _LOCAL.fullmatch(local):
        return iri
    escaped = "".join(f"%{ord(c):02X}" if c <= " " or c in _NOT_IN_IRI else c for c in iri)
    return f"<{escaped}>"
