import pytest

from dongting.errors import Code, Refused
from dongting.standards.http_signatures import (
    Policy,
    Request,
    Response,
    content_digest,
    parse_signatures,
    request,
    sign,
    signature_fields,
    verify,
)
from dongting.standards.http_signatures import refusals as why
from dongting.standards.http_signatures.message import component_value

NOW = 1_800_000_000
COVERED = ("@method", "@authority", "@path", "@query")


def signer(base: bytes) -> bytes:
    return b"signed " + base


def verifier(keyid: str, base: bytes, signature: bytes) -> bool:
    return keyid == "us" and signature == signer(base)


def signed(
    components: tuple[str, ...] = COVERED,
    parameters: dict[str, int | str] | None = None,
    uri: str = "https://node.example/api/statements?wait=1",
    fields: tuple[tuple[str, str], ...] = (),
) -> Request:
    parameters = {"created": NOW, "keyid": "us"} if parameters is None else parameters
    plain = request("POST", uri, fields)
    return request("POST", uri, fields + sign(plain, components, parameters, signer))


def refusal(message: Request, policy: Policy | None = None, content: bool = False, now: int = NOW) -> Code:
    with pytest.raises(Refused) as caught:
        verify(message, policy or Policy(), now, verifier, content=content)
    assert caught.value.text("en")
    assert caught.value.text("zh")
    return caught.value.code


def changed(message: Request, **parts: object) -> Request:
    kept = {name: getattr(message, name) for name in Request.__dataclass_fields__}
    return Request(**{**kept, **parts})


def test_what_is_signed_verifies_and_says_by_whom() -> None:
    signature = verify(
        signed(parameters={"created": NOW, "keyid": "us", "nonce": "n1"}), Policy(), NOW, verifier
    )
    assert signature.input.text("keyid") == "us"
    assert signature.input.text("nonce") == "n1"
    assert signature.input.integer("created") == NOW


@pytest.mark.parametrize(
    "parts", [{"method": "PUT"}, {"authority": "other.example"}, {"path": "/api/else"}, {"query": "wait=2"}]
)
def test_a_change_of_anything_covered_is_refused(parts: dict[str, str]) -> None:
    assert refusal(changed(signed(), **parts)) is why.BAD_SIGNATURE


def test_a_default_port_and_upper_case_host_sign_the_same() -> None:
    verify(changed(signed(), authority="NODE.example:443"), Policy(), NOW, verifier)


def test_an_unknown_key_is_refused() -> None:
    assert refusal(signed(parameters={"created": NOW, "keyid": "them"})) is why.BAD_SIGNATURE


def test_a_message_without_signature_is_refused() -> None:
    assert refusal(request("GET", "https://node.example/")) is why.UNSIGNED


@pytest.mark.parametrize("left_out", COVERED)
def test_a_signature_that_covers_too_little_is_refused(left_out: str) -> None:
    assert refusal(signed(tuple(name for name in COVERED if name != left_out))) is why.NOT_COVERED


def test_content_must_be_covered_by_its_digest() -> None:
    assert refusal(signed(), content=True) is why.NOT_COVERED
    fields = (("Content-Digest", content_digest(b"{}")),)
    verify(signed((*COVERED, "content-digest"), fields=fields), Policy(), NOW, verifier, content=True)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"keyid": "us"}, why.MISSING_PARAMETER),
        ({"created": NOW}, why.MISSING_PARAMETER),
        ({"created": NOW - 301, "keyid": "us"}, why.TOO_OLD),
        ({"created": NOW + 31, "keyid": "us"}, why.DATED_AHEAD),
        ({"created": NOW - 10, "expires": NOW, "keyid": "us"}, why.EXPIRED),
    ],
)
def test_a_signature_outside_its_time_or_incomplete_is_refused(
    parameters: dict[str, int | str], code: Code
) -> None:
    assert refusal(signed(parameters=parameters)) is code


@pytest.mark.parametrize("age", [300, 0, -30])
def test_a_signature_at_the_edge_of_its_time_verifies(age: int) -> None:
    verify(signed(parameters={"created": NOW - age, "keyid": "us"}), Policy(), NOW, verifier)


def test_a_nonce_can_be_demanded() -> None:
    assert refusal(signed(), Policy(parameters=("keyid", "nonce"))) is why.MISSING_PARAMETER


def test_an_algorithm_outside_the_policy_is_refused() -> None:
    policy = Policy(algorithms=frozenset({"ed25519"}))
    parameters: dict[str, int | str] = {"created": NOW, "keyid": "us", "alg": "hmac-sha256"}
    assert refusal(signed(parameters=parameters), policy) is why.BAD_ALGORITHM


def test_two_signatures_are_refused_unless_one_is_named() -> None:
    plain = request("GET", "https://node.example/")
    parts = [
        parse_signatures(sign(plain, COVERED, {"created": NOW, "keyid": "us"}, signer, label))[0]
        for label in ("ours", "proxy")
    ]
    both = changed(plain, fields=signature_fields(parts))
    assert refusal(both) is why.AMBIGUOUS
    assert verify(both, Policy(), NOW, verifier, label="ours").label == "ours"


@pytest.mark.parametrize(
    ("input_field", "signature_field", "code"),
    [
        ("sig=(", "sig=:AAAA:", why.BAD_FIELD),
        ('sig=("@method")', "sig=AAAA", why.BAD_FIELD),
        ('sig=("@method")', "sig=:AAAA:;x", why.BAD_FIELD),
        ('sig=("@method")', "other=:AAAA:", why.BAD_FIELD),
        ('sig=("@method"), sig=("@path")', "sig=:AAAA:", why.BAD_FIELD),
        ('sig=("@method");created=1;created=2', "sig=:AAAA:", why.BAD_FIELD),
        ('sig=("@method");created="1"', "sig=:AAAA:", why.BAD_FIELD),
        ('sig=("@method");created=?1', "sig=:AAAA:", why.BAD_FIELD),
        ('sig=("@method");created=1.5', "sig=:AAAA:", why.BAD_FIELD),
        ('sig=("@method");colour="red"', "sig=:AAAA:", why.BAD_FIELD),
        ("sig=(method)", "sig=:AAAA:", why.BAD_FIELD),
        ('sig="@method"', "sig=:AAAA:", why.BAD_FIELD),
        ('sig=("@method" "@method")', "sig=:AAAA:", why.BAD_COMPONENT),
        ('sig=("@method";req)', "sig=:AAAA:", why.BAD_COMPONENT),
        ("sig=(" + '"a" ' * 3000 + ")", "sig=:AAAA:", why.BAD_FIELD),
        ("sig=(\u4e2d)", "sig=:AAAA:", why.BAD_FIELD),
    ],
)
def test_malformed_fields_are_refused(input_field: str, signature_field: str, code: Code) -> None:
    fields = (("Signature-Input", input_field), ("Signature", signature_field))
    assert refusal(request("GET", "https://node.example/", fields)) is code


@pytest.mark.parametrize(
    ("component", "code"),
    [
        ("@request-target", why.BAD_COMPONENT),
        ("@signature-params", why.BAD_COMPONENT),
        ("Date", why.BAD_COMPONENT),
        ("", why.BAD_COMPONENT),
        ('a" b', why.BAD_COMPONENT),
        ("date", why.MISSING_COMPONENT),
        ("@status", why.MISSING_COMPONENT),
    ],
)
def test_components_that_are_unknown_or_absent_are_refused(component: str, code: Code) -> None:
    with pytest.raises(Refused) as caught:
        component_value(request("GET", "https://node.example/"), component)
    assert caught.value.code is code


@pytest.mark.parametrize("value", ["a\rb", "a\x00b", "é", "a\x7fb"])
def test_a_value_that_could_forge_a_line_or_is_not_ascii_is_refused(value: str) -> None:
    with pytest.raises(Refused) as caught:
        component_value(request("GET", "https://node.example/", [("date", value)]), "date")
    assert caught.value.code is why.BAD_FIELD


def test_field_values_are_stripped_unfolded_and_joined() -> None:
    """RFC 9421, section 2.1: the examples of combined and folded fields."""
    fields = [
        ("X-OWS-Header", "   Leading and trailing whitespace.   "),
        ("X-Obs-Fold-Header", "Obsolete\r\n    line folding."),
        ("Cache-Control", "max-age=60"),
        ("Cache-Control", "   must-revalidate"),
        ("X-Empty-Header", ""),
    ]
    message = request("GET", "https://www.example.com/path?param=value", fields)
    assert component_value(message, "x-ows-header") == "Leading and trailing whitespace."
    assert component_value(message, "x-obs-fold-header") == "Obsolete line folding."
    assert component_value(message, "cache-control") == "max-age=60, must-revalidate"
    assert component_value(message, "x-empty-header") == ""


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://www.example.com/path?param=value", "https www.example.com /path ?param=value"),
        ("HTTP://Example.com:80", "http example.com / ?"),
        ("http://example.com:8080?queryString", "http example.com:8080 / ?queryString"),
        ("https://[::1]:443/a%20b#part", "https [::1] /a%20b ?"),
    ],
)
def test_derived_components_follow_the_target(uri: str, expected: str) -> None:
    message = request("GET", uri)
    values = [component_value(message, name) for name in ("@scheme", "@authority", "@path", "@query")]
    assert " ".join(values) == expected


def test_the_target_uri_is_the_absolute_form() -> None:
    uri = "https://www.example.com/path?param=value"
    assert component_value(request("POST", uri), "@target-uri") == uri


@pytest.mark.parametrize("uri", ["/path", "ftp://example.com/", "https:///path", "https://me@example.com/"])
def test_a_uri_without_scheme_and_host_is_refused(uri: str) -> None:
    with pytest.raises(Refused):
        request("GET", uri)


def test_a_response_is_signed_by_its_status() -> None:
    response = Response(503, (("Date", "today"),))
    assert component_value(response, "@status") == "503"
    with pytest.raises(Refused):
        component_value(response, "@method")


def test_parameters_that_cannot_be_written_are_refused() -> None:
    plain = request("GET", "https://node.example/")
    for parameters in ({"nonce": "é"}, {"created": 10**16}, {"created": True}, {"unknown": 1}):
        with pytest.raises(Refused):
            sign(plain, COVERED, parameters, signer)
