import pytest

from dongting.errors import Refused
from dongting.standards.http_signatures import content_digest, digest_field, matches_digest, parse_digest
from dongting.standards.http_signatures.refusals import BAD_DIGEST, BAD_FIELD

# RFC 9530, appendix A: the content is this object followed by a line feed.
CONTENT = b'{"hello": "world"}\n'
FIELD = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


def test_the_digest_is_that_of_the_standard() -> None:
    assert content_digest(CONTENT) == FIELD
    matches_digest(FIELD, CONTENT)


def test_a_changed_content_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        matches_digest(FIELD, CONTENT + b" ")
    assert caught.value.code is BAD_DIGEST


def test_every_digest_of_the_field_must_match() -> None:
    wrong = digest_field({"sha-512": bytes(64)})
    with pytest.raises(Refused) as caught:
        matches_digest(f"{FIELD}, {wrong}", CONTENT)
    assert caught.value.code is BAD_DIGEST


def test_insecure_algorithms_are_ignored_beside_an_active_one() -> None:
    assert list(parse_digest(f"md5=:AAAA:, {FIELD}")) == ["sha-256"]


@pytest.mark.parametrize(
    "field", ["", "md5=:AAAA:", "sha-256=:AAAA:", "sha-256=abc", f"{FIELD};x", f"{FIELD}, {FIELD}", "sha-256"]
)
def test_a_malformed_field_is_refused(field: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_digest(field)
    assert caught.value.code is BAD_FIELD


def test_an_unknown_algorithm_is_never_written() -> None:
    with pytest.raises(Refused):
        digest_field({"sha-1": bytes(20)})
