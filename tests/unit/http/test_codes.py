"""The codes of refusals are stable; this pins them."""

import re

from dongting.http import codes


def test_numbers_and_names_are_pinned() -> None:
    assert [(code.module, code.number, code.name, code.status) for code in codes.LIST] == [
        ("http", 1, "not-found", 404),
        ("http", 2, "method-not-allowed", 405),
        ("http", 3, "bad-path", 400),
        ("http", 4, "bad-query", 400),
        ("http", 5, "bad-parameter", 400),
        ("http", 6, "bad-body", 400),
        ("http", 7, "wrong-media-type", 415),
        ("http", 8, "body-too-large", 413),
        ("http", 9, "too-slow", 408),
        ("http", 10, "header-too-large", 431),
        ("http", 11, "bad-header", 400),
        ("http", 12, "internal-error", 500),
        ("http", 13, "too-many-requests", 429),
        ("http", 14, "replayed-request", 401),
        ("http", 15, "wrong-authority", 421),
        ("http", 16, "no-standing", 403),
        ("http", 17, "processing", 503),
        ("http", 18, "not-ready", 503),
        ("http", 19, "unexpected-body", 400),
        ("http", 20, "bad-message", 400),
    ]


def test_both_texts_use_the_same_facts() -> None:
    for code in codes.LIST:
        facts = [set(re.findall(r"\{(\w+)\}", text)) for text in (code.en, code.zh)]
        assert facts[0] == facts[1], code
