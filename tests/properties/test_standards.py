"""Codecs for outside standards: whatever arrives is read back exactly or refused with a code."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.standards.dsp import read_status
from dongting.standards.http_signatures import parse_digest, parse_signatures, request, signature_base
from dongting.standards.odrl import Price, Terms, Words, from_odrl, to_odrl
from dongting.standards.problem import decode as decode_problem
from dongting.standards.regions import check as check_region
from dongting.standards.regions import is_within, parent
from dongting.standards.table_schema import decode_lines, encoding_of, infer
from dongting.standards.uscc import check as check_credit_code

PROSE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), min_size=1, max_size=40)
WORDS = st.builds(Words, zh=PROSE, en=PROSE) | st.builds(Words, en=PROSE)
MOMENTS = st.integers(0, 253_402_300_799)
TERMS = st.builds(
    Terms,
    purpose=WORDS,
    legal_basis=st.none() | WORDS,
    recipients=st.lists(st.from_regex("[!-~]{1,20}", fullmatch=True), unique=True, max_size=3).map(tuple),
    count=st.none() | st.integers(1, 2**53 - 1),
    region=st.sampled_from([None, "430000", "430102001", "430102001001"]),
    start=st.none() | MOMENTS,
    onward=st.sampled_from(["none", "within-organisation", "allowed"]),
    destroy_within_days=st.none() | st.integers(0, 36_500),
    conditions=st.none() | WORDS,
    price=st.none()
    | st.builds(Price, st.integers(0, 2**53 - 1), st.sampled_from(["CNY", "JPY", "KWD", "CLF", "EUR"])),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(TERMS)
def test_any_terms_survive_their_policy(terms: Terms) -> None:
    document = json.loads(json.dumps(to_odrl(terms, "urn:x", "urn:a", "urn:b", "urn:t")))
    assert from_odrl(document).terms == terms


@given(TERMS, st.data())
def test_a_policy_with_any_member_exchanged_is_refused_or_says_so(terms: Terms, data: st.DataObject) -> None:
    document = to_odrl(terms, "urn:x", "urn:a", "urn:b", "urn:t")
    key = data.draw(st.sampled_from(sorted(document.keys() - {"@context"})))
    document[key] = data.draw(JSON)
    try:
        policy = from_odrl(document)
    except Refused:
        return
    again = to_odrl(
        policy.terms, policy.uid, policy.assigner, policy.assignee, policy.target,
        kind=policy.kind, timestamp=policy.timestamp,
    )  # fmt: skip
    assert again == document


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_signature_fields_are_read_or_refused(covered: str, signature: str) -> None:
    message = request("GET", "https://x.example/", [("Signature-Input", covered), ("Signature", signature)])
    with suppress(Refused):
        for found in parse_signatures(message.fields):
            signature_base(message, found.input)


@given(st.from_regex(r'a=\(("@?[a-z]{1,5}" ?){0,3}\)(;[a-z]{1,8}=("x"|[0-9]{1,3})){0,3}', fullmatch=True))
def test_signature_parameters_are_written_as_they_were_read(covered: str) -> None:
    try:
        [found] = parse_signatures((("signature-input", covered), ("signature", "a=:AAAA:")))
    except Refused:
        return
    again = (("signature-input", "a=" + found.input.serialize()), ("signature", "a=:AAAA:"))
    assert parse_signatures(again) == [found]


@given(JSON, st.text(max_size=40), st.binary(max_size=60))
def test_anything_else_is_read_or_refused(document: Any, text: str, data: bytes) -> None:
    for read in (
        lambda: from_odrl(document),
        lambda: read_status(document),
        lambda: parse_digest(text),
        lambda: decode_problem(data),
        lambda: check_credit_code(text),
        lambda: check_region(text),
        lambda: infer(decode_lines([data], encoding_of(data))),
        lambda: infer([text]),
    ):
        with suppress(Refused):
            read()


@given(st.from_regex(r"43[0-9]{4}([0-9]{3}){0,2}", fullmatch=True))
def test_a_region_lies_within_its_parent_and_is_named_once(code: str) -> None:
    try:
        short = check_region(code)
    except Refused:
        return
    assert check_region(short) == short
    above = parent(code)
    assert above is not None
    assert is_within(code, above)
    assert not is_within(above, code)
