"""The Link header field of Web Linking (RFC 8288, October 2017), as far as lists need it."""

from collections.abc import Mapping


def link(targets: Mapping[str, str]) -> str:
    """The field's value: each relation type (section 2.1.1) with its target, a URI reference.

    Targets hold no `>`: they are addresses of our own making, percent-encoded.
    """
    return ", ".join(f'<{target}>; rel="{relation}"' for relation, target in targets.items())
