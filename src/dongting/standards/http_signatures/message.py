"""An HTTP message as signatures see it: derived components and combined fields (RFC 9421, section 2).

A component value never holds a line break, so that no field can forge a line of the signature base.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dongting.errors import require
from dongting.standards.http_signatures.refusals import BAD_COMPONENT, BAD_FIELD, MISSING_COMPONENT

Fields = tuple[tuple[str, str], ...]

DEFAULT_PORTS = {"http": ":80", "https": ":443"}
TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")  # RFC 9110, section 5.6.2


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `query` has no leading `?` and is None where the target has none; `fields` in order."""

    method: str
    scheme: str
    authority: str
    path: str
    query: str | None = None
    fields: Fields = ()


@dataclass(frozen=True, slots=True)
class Response:
    """A response: its status code, and its fields in order."""

    status: int
    fields: Fields = ()


Message = Request | Response


def request(method: str, uri: str, fields: Iterable[tuple[str, str]] = ()) -> Request:
    """The request for an absolute `http` or `https` URI (RFC 9110, section 4.2); refuses another."""
    scheme, separator, rest = uri.partition("://")
    scheme = scheme.lower()
    require(separator and scheme in DEFAULT_PORTS, BAD_FIELD, field="uri", why="http or https is needed")
    rest = rest.partition("#")[0]
    end = min((rest.index(mark) for mark in "/?" if mark in rest), default=len(rest))
    authority, target = rest[:end], rest[end:]
    require(authority and "@" not in authority, BAD_FIELD, field="uri", why="a host without user is needed")
    path, mark, query = target.partition("?")
    return Request(method, scheme, authority, path, query if mark else None, tuple(fields))


def _authority(message: Request) -> str:
    """Section 2.2.3: lower case, without the scheme's default port."""
    return message.authority.lower().removesuffix(DEFAULT_PORTS.get(message.scheme.lower(), "\n"))


def _target_uri(message: Request) -> str:
    """Section 2.2.2."""
    query = "" if message.query is None else "?" + message.query
    return f"{message.scheme.lower()}://{_authority(message)}{message.path or '/'}{query}"


_OF_REQUEST: dict[str, Callable[[Request], str]] = {
    "@method": lambda message: message.method,  # section 2.2.1, case kept
    "@target-uri": _target_uri,
    "@authority": _authority,
    "@scheme": lambda message: message.scheme.lower(),  # section 2.2.4
    "@path": lambda message: message.path or "/",  # section 2.2.6
    "@query": lambda message: "?" + (message.query or ""),  # section 2.2.7
}

#: The derived components that can be covered; `@status` is that of a response (section 2.2.9).
DERIVED = frozenset({*_OF_REQUEST, "@status"})


def component_value(message: Message, component: str) -> str:
    """The value of a covered component; refuses one that is unknown or that the message lacks."""
    derived = component.startswith("@")
    value = _derived(message, component) if derived else _field(message.fields, component)
    clean = value.isascii() and all(" " <= character <= "~" or character == "\t" for character in value)
    require(clean, BAD_FIELD, field=component, why="only printable ASCII can be signed")
    return value


def _derived(message: Message, component: str) -> str:
    require(component in DERIVED, BAD_COMPONENT, component=component[:60], why="unknown derived component")
    if isinstance(message, Response):
        require(component == "@status", MISSING_COMPONENT, component=component)
        return str(message.status)
    require(component != "@status", MISSING_COMPONENT, component=component)
    return _OF_REQUEST[component](message)


def _field(fields: Fields, name: str) -> str:
    """All values of a field, each stripped and unfolded, joined by a comma and a space (section 2.1)."""
    require(
        name and TOKEN.issuperset(name), BAD_COMPONENT, component=name[:60], why="not a lower-case field name"
    )
    values = [value for key, value in fields if key.lower() == name]
    require(values, MISSING_COMPONENT, component=name)
    return ", ".join(_unfold(value) for value in values)


def _unfold(value: str) -> str:
    lines = value.strip(" \t\r\n").replace("\r\n", "\n").split("\n")
    return " ".join(line.strip(" \t") for line in lines)
