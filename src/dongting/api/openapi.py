"""The description of the API in OpenAPI 3.1.1, made from the declarations of routes and applications."""

from collections.abc import Iterable, Sequence
from typing import Any, get_type_hints

import msgspec

import dongting
from dongting.api import samples
from dongting.api.routes import IF_NONE_MATCH, JSON, PLAIN, Content, Route
from dongting.api.schemas import components
from dongting.appkit.app import App
from dongting.errors import Code
from dongting.http.codes import (
    BAD_HEADER,
    BAD_PARAMETER,
    BAD_PATH,
    BAD_QUERY,
    BODY_TOO_LARGE,
    HEADER_TOO_LARGE,
    INTERNAL,
    NO_STANDING,
    REPLAYED,
    TOO_MANY_REQUESTS,
    TOO_SLOW,
    UNEXPECTED_BODY,
    WRONG_AUTHORITY,
    WRONG_MEDIA_TYPE,
)
from dongting.node.events import RecordVersion
from dongting.node.link import LEDGER_AWAY
from dongting.node.people import codes as people
from dongting.standards.cloudevents import CloudEvent
from dongting.standards.http_signatures.refusals import BAD_DIGEST, BAD_SIGNATURE, UNSIGNED
from dongting.standards.idempotency_key import BAD_KEY, IN_PROGRESS, OTHER_REQUEST, TOO_MANY_KEYS
from dongting.standards.problem import MEDIA_TYPE, Problem

_ALWAYS = (BAD_PATH, BAD_QUERY, BAD_PARAMETER, BAD_HEADER, HEADER_TOO_LARGE, INTERNAL, LEDGER_AWAY)
_SIGNED = (UNSIGNED, BAD_SIGNATURE, REPLAYED, NO_STANDING, WRONG_AUTHORITY, TOO_MANY_REQUESTS)
_KEYED = (BAD_KEY, OTHER_REQUEST, IN_PROGRESS, TOO_MANY_KEYS)
_WITH_BODY = (BODY_TOO_LARGE, TOO_SLOW, WRONG_MEDIA_TYPE, BAD_DIGEST)

_TAGS = {
    "statements": ("What members state · 声明", "The only way in which the ledger changes."),
    "acting": ("Acting · 操作", "By arguments, for organisations whose keys this node holds."),
    "records": ("Records, lists and search · 记录、列表与检索", "The present state and what led to it."),
    "events": ("Events · 事件", "CloudEvents 1.0: live (server-sent events), or page by page."),
    "webhooks": ("Webhooks · 事件推送", "Standard Webhooks 1.0.0, WeCom and DingTalk robots."),
    "log": ("The log · 日志", "RFC 9162, C2SP tlog-tiles: anyone can mirror and audit it."),
    "proofs": ("Receipts and proof files · 回执与证明", "RFC 9942; verified offline."),
    "files": ("Encrypted files · 加密文件", "The node never holds the keys."),
    "parts": ("Encrypted parts · 加密附件", "Text between parties, committed to in statements."),
    "nodes": ("Members' own nodes · 成员节点", "Which node's key may ask for which organisation."),
    "applications": ("Actions and record types · 操作与记录类型", "What the applications declare."),
    "sign-offs": ("Two people · 双人签署", "What one person signed off and another confirms."),
    "people": ("People · 人员", "Who acts for an organisation that this node hosts, and what they may do."),
    "keys": ("API keys · API 密钥", "What programs send to act as a person."),
    "health": ("Operation · 运行", "For operators."),
}
_FILTERS = """Filters: any indexed field of the type (`/v1/actions` lists them), a field that names a party,
its state, or `@party` for any of its parties, and the value that it must have; an empty value finds records
without one."""
_DESCRIPTION = """Share information between organisations, under terms, with proof that anyone can check.
组织之间依约共享信息，任何人均可验证。

Members sign requests (RFC 9421) with a registered key: cover `@method`, `@authority`, `@path`, `@query`
(or `@method`, `@target-uri`) and, with content, `content-digest` (RFC 9530); give `created`, `keyid` (the
key's thumbprint) and a `nonce`. People of an organisation whose keys this node holds send an API key as
`Authorization: Bearer` instead. Refusals are problem details (RFC 9457) with a stable `code` and `number`;
`Accept-Language: zh` or `en` chooses the language of their text."""


def document(routes: Sequence[Route], apps: Iterable[App], url: str) -> dict[str, Any]:
    """The whole description, as plain data."""
    apps = list(apps)
    references, schemas = _schemas(routes, apps)
    paths: dict[str, Any] = {}
    for each in routes:
        paths.setdefault(each.path.replace("...}", "}"), {})[each.method.lower()] = _operation(
            each, references
        )
    return {
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Dongting · 洞庭", "version": dongting.__version__, "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": url}],
        "tags": [{"name": n, "description": f"{title}. {text}"} for n, (title, text) in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "signature": {
                    "type": "apiKey", "in": "header", "name": "Signature",
                    "description": "HTTP Message Signature (RFC 9421) under a member's registered key.",
                },
                "key": {
                    "type": "http", "scheme": "bearer",
                    "description": "An API key of a person (`dt_…`), within its scopes.",
                },
            },
            "headers": _FIELDS,
            "responses": {"Problem": _problem("A refusal (RFC 9457).", references)},
        },
    }  # fmt: skip


def _schemas(routes: Sequence[Route], apps: Sequence[App]) -> tuple[dict[Any, Any], dict[str, Any]]:
    contents = [
        c for r in routes for c in (r.takes, r.gives, r.later) if c is not None and c.media_type == JSON
    ]
    declared = [record for app in apps for record in app.records]
    arguments = [action.arguments for app in apps for action in app.actions.values()]
    parameters = [hint for r in routes for hint in get_type_hints(r.asks, include_extras=True).values()]
    kinds = list(dict.fromkeys([*(c.type for c in contents), Problem, *declared, *arguments, *parameters]))
    found, schemas = components(kinds)
    references = dict(zip(kinds, found, strict=True))
    for app in apps:
        for struct, record in app.records.items():
            schema = schemas[_name(references[struct])]
            schema["x-record-type"] = record.name
            schema["title"], schema["x-title-zh"] = record.title.en, record.title.zh
        for action in app.actions.values():
            schemas[_name(references[action.arguments])].setdefault("x-actions", []).append(action.name)
    versions = schemas[RecordVersion.__name__]["properties"]
    versions["record"] = {"anyOf": [references[record] for record in declared]}
    schemas[CloudEvent.__name__]["properties"]["data"] = references[RecordVersion]
    return references, schemas


def _name(reference: dict[str, str]) -> str:
    return reference["$ref"].rsplit("/", 1)[1]


def _operation(each: Route, references: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": each.name,
        "summary": f"{each.title.en} · {each.title.zh}",
        "description": each.doc,
        "tags": [each.tag],
        "parameters": [*_parameters(each, references), *_header_fields(each)],
        "responses": _responses(each, references),
        "security": [{"signature": []}, *([{"key": []}] if each.needs else [])] if each.signed else [],
    }
    if each.takes is not None:
        content = _content(each.takes, references)
        if each.or_takes is not None:
            content |= _content(each.or_takes, references)
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(each: Route, references: dict[Any, Any]) -> list[dict[str, Any]]:
    hints = get_type_hints(each.asks, include_extras=True)
    found = []
    for field in msgspec.structs.fields(each.asks):
        in_path = f"{{{field.name}}}" in each.path or f"{{{field.name}...}}" in each.path
        schema = _given(references[hints[field.name]])
        if isinstance(field.default, bool | int | str):
            schema["default"] = field.default
        described = schema.pop("description", None)
        parameter: dict[str, Any] = {
            "name": field.name, "in": "path" if in_path else "query",
            "required": in_path or field.required, "schema": schema,
        }  # fmt: skip
        if described:
            parameter["description"] = described
        found.append(parameter)
    if each.open_query:
        found.append({
            "name": "fields", "in": "query", "required": False, "style": "form", "explode": True,
            "description": _FILTERS,
            "schema": {
                "type": "object", "additionalProperties": {"type": "string"},
                "examples": [{"state": "ACTIVE", "@party": "env-bureau"}],
            },
        })  # fmt: skip
    return found


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter where it is given: what may be left out cannot be sent as null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    around = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**around, **kinds[0]} if len(kinds) == 1 else dict(schema)


def _header_fields(each: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": field.name, "in": "header", "required": field.required, "description": field.text,
            "schema": {"type": "string", "pattern": field.pattern, "examples": [field.example]},
        }
        for field in each.fields
    ]  # fmt: skip


def _responses(each: Route, references: dict[Any, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": each.title.en}
    if each.gives is not None:
        done["content"] = _content(each.gives, references)
    found: dict[str, Any] = {str(each.status): done}
    if each.or_gives is not None:
        done["content"] |= _content(each.or_gives, references)
    done["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in _answer_fields(each)}
    if each.partial:
        found["206"] = {"description": "One range of the bytes", "content": done["content"]}
    if each.later is not None:
        waits = "Somebody else has to agree first"
        found["202"] = {"description": waits, "content": _content(each.later, references)}
    if IF_NONE_MATCH in each.fields:
        found["304"] = {"description": "The answer is still that of If-None-Match"}
    codes: dict[int, list[Code]] = {}
    by_key = (people.BAD_KEY, people.NOT_ALLOWED) if each.signed and each.needs else ()
    extra = (*(_SIGNED if each.signed else ()), *(_KEYED if each.keyed else ()))
    body = _WITH_BODY if each.takes is not None else (UNEXPECTED_BODY,)
    for code in (*each.refuses, *_ALWAYS, *extra, *by_key, *body):
        codes.setdefault(code.status, []).append(code)
    for status, those in sorted(codes.items()):
        names = ", ".join(dict.fromkeys(f"`{code}`" for code in those))
        found[str(status)] = _problem(f"Refused: {names}", references)
    found["default"] = {"$ref": "#/components/responses/Problem"}
    return found


def _answer_fields(each: Route) -> list[str]:
    """The response fields of a success that follow from what the route is."""
    return [
        *(["ETag"] if IF_NONE_MATCH in each.fields else []),
        *(["Link"] if each.lists else []),
        *(["RateLimit", "RateLimit-Policy"] if each.signed else []),
    ]


def _described(text: str, example: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "string"}, "example": example}


#: Response fields that many operations have.
_FIELDS = {
    "ETag": _described(
        "The validator of this answer (RFC 9110, section 8.8.3).", '"9f86d081884c7d659a2feaa0"'
    ),
    "Link": _described(
        "The first page and, unless this is the last one, the next (RFC 8288).",
        '</v1/records/sharing.agreement?limit=50>; rel="first", '
        '</v1/records/sharing.agreement?limit=50&cursor=WzAsMTIsIiJd>; rel="next"',
    ),
    "RateLimit": _described(
        "Requests that remain to the organisation in this worker, and the seconds after which all of them "
        "are there again (draft-ietf-httpapi-ratelimit-headers-10).",
        '"organisation";r=299;t=1',
    ),
    "RateLimit-Policy": _described(
        "Requests that may be sent in a window of seconds.", '"organisation";q=300;w=3'
    ),
}


def _problem(description: str, references: dict[Any, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "content": {
            MEDIA_TYPE: {"schema": references[Problem], "example": msgspec.to_builtins(samples.PROBLEM)}
        },
    }


def _content(content: Content, references: dict[Any, Any]) -> dict[str, Any]:
    media: dict[str, Any]
    if content.media_type == JSON:
        media = {"schema": references[content.type]}
    elif content.media_type == PLAIN:
        media = {"schema": {"type": "string"}}
    else:
        media = {"schema": {"type": "string", "contentMediaType": content.media_type}}
    if content.example is not None:
        media["example"] = msgspec.to_builtins(content.example)
    return {content.media_type: media}
