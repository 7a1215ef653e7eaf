"""The reference of the API, `docs/api.md`, made from the declarations of its routes; run it to write it anew.

    .venv/bin/python docs/api.py

What stands above the reference is kept as it is; a test compares the reference with this.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from dongting.api.app import ROUTES
from dongting.api.openapi import document
from dongting.api.routes import JSON, Content, Route
from dongting.node.installed import APPS

PAGE = Path(__file__).parent / "api.md"
MARK = "<!-- Below: written by docs/api.py from the code; change the code, then run it. -->\n"
_LONGEST = 1200  # characters of an example that the page shows


def reference() -> str:
    """All routes by their tags: what each takes, gives and refuses, with examples."""
    described = document(ROUTES, APPS, "https://node.example")
    titles = {tag["name"]: tag["description"] for tag in described["tags"]}
    parts = []
    for tag, routes in groupby(
        sorted(ROUTES, key=lambda route: list(titles).index(route.tag)), lambda r: r.tag
    ):
        title, _, text = titles[tag].partition(". ")
        parts.append(f"\n### {title}\n\n{text}\n")
        parts += [_route(each, described["paths"]) for each in routes]
    return "".join(parts)


def _route(route: Route, paths: dict[str, Any]) -> str:
    operation = paths[route.path.replace("...}", "}")][route.method.lower()]
    who = "members" if route.signed else "everybody"
    return "".join(
        [
            f"\n#### {route.method} {route.path}\n\n",
            f"{route.title.en} · {route.title.zh}. For {who}.\n\n{route.doc}\n",
            *_parameters(operation),
            *_example("Takes", route.takes),
            *_example("Gives", route.gives, route.status),
            *_refusals(route),
        ]
    )


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    if not operation["parameters"]:
        return
    yield "\n| parameter | in | example | |\n|---|---|---|---|\n"
    for each in operation["parameters"]:
        schema = each["schema"]
        example = schema.get("examples", schema.get("enum", [schema.get("default", "")]))[0]
        shown = json.dumps(example, ensure_ascii=False) if not isinstance(example, str) else example
        need = "" if each["required"] else "optional"
        text = each.get("description", "").replace("\n", " ").replace("|", "\\|")
        yield f"| `{each['name']}` | {each['in']} | `{shown}` | {'. '.join(filter(None, [need, text]))} |\n"


def _example(verb: str, content: Content | None, status: int | None = None) -> Iterator[str]:
    if content is None:
        if status is not None:
            yield f"\n{verb} nothing, with {status}.\n"
        return
    yield f"\n{verb} `{content.media_type}`{f', with {status}' if status is not None else ''}"
    if content.media_type != JSON or content.example is None:
        yield ".\n"
        return
    text = json.dumps(msgspec.to_builtins(content.example), ensure_ascii=False, indent=1)
    yield f":\n\n```json\n{text}\n```\n" if len(text) <= _LONGEST else ".\n"


def _refusals(route: Route) -> Iterator[str]:
    names = dict.fromkeys(str(code) for code in route.refuses)
    if names:
        yield f"\nRefuses: {', '.join(f'`{name}`' for name in names)}.\n"


def updated(text: str) -> str:
    """The page with the reference as the code says it now."""
    return text.partition(MARK)[0] + MARK + reference()


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")
