import json

import pytest

from dongting.errors import Code, Refused
from dongting.standards.problem import BAD_PROBLEM, Problem, decode, encode, from_refused, from_status

LIMIT = Code("demo", 7, "too-many", "There are {count}; send at most 3.", "共有 {count} 个；最多 3 个。", 413)


@pytest.mark.parametrize(
    ("language", "detail"), [("en", "There are 4; send at most 3."), ("zh", "共有 4 个；最多 3 个。")]
)
def test_a_refusal_becomes_a_problem_in_the_readers_language(language: str, detail: str) -> None:
    refused = Refused(LIMIT, count=4)
    problem = from_refused(refused, language, instance="/api/x", base="https://node.example/problems/")
    assert json.loads(encode(problem)) == {
        "type": "https://node.example/problems/demo/too-many",
        "title": "Too many",
        "status": 413,
        "detail": detail,
        "instance": "/api/x",
        "code": "demo/too-many",
        "number": 7,
    }


def test_a_problem_survives_its_json() -> None:
    for problem in (from_refused(Refused(LIMIT, count=4)), from_status(404, "Not Found"), Problem()):
        assert decode(encode(problem)) == problem


def test_a_problem_without_type_is_about_blank() -> None:
    """RFC 9457, section 3.1.1: an absent type means about:blank."""
    assert decode(b'{"status": 404, "title": "Not Found"}').type == "about:blank"


def test_members_that_nobody_knows_are_ignored() -> None:
    """The example of RFC 9457, section 3, has the extensions balance and accounts."""
    data = b"""{"type": "https://example.com/probs/out-of-credit", "title": "You do not have enough credit.",
        "detail": "Your current balance is 30, but that costs 50.", "instance": "/account/12345/msgs/abc",
        "balance": 30, "accounts": ["/account/12345", "/account/67890"]}"""
    problem = decode(data)
    assert problem.type == "https://example.com/probs/out-of-credit"
    assert (problem.code, problem.number, problem.status) == ("", 0, 0)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"<html>", b'{"status": "404"}', b'{"title": 1}', b"\xff"]
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        decode(data)
    assert caught.value.code is BAD_PROBLEM
