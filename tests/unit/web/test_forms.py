"""Forms are read strictly: types, sizes, control characters; a file's name is never a path."""

from typing import Any

import pytest

from dongting.errors import Refused
from dongting.http.messages import Head
from dongting.web.forms import Form, parse

MULTIPART = "multipart/form-data; boundary=abc"


def head(kind: str, *more: tuple[str, str]) -> Head:
    return Head("POST", "/", "", {}, (("content-type", kind), *more))


def part(disposition: str, data: bytes, *more: bytes) -> bytes:
    return b"\r\n".join([b"--abc", b"Content-Disposition: " + disposition.encode(), *more, b"", data, b""])


def test_fields_come_decoded_and_several_times() -> None:
    form = parse(head("application/x-www-form-urlencoded"), b"a=%E4%BD%A0+x&b=1&b=2&c=&d=+p%0D%0Aq+")
    assert (form.get("a"), form.all("b"), form.get("c"), form.get("none")) == ("你 x", ["1", "2"], "", "")
    assert (form.get("d"), form.raw("d")) == ("p\nq", " p\nq ")
    assert parse(head("application/x-www-form-urlencoded"), b"") == Form()


def test_a_file_comes_with_its_name_without_directories() -> None:
    body = (
        part('form-data; name="note"', "甲\r\n乙".encode())
        + part('form-data; name="data"; filename="../\x01y\\wd.csv"', b"\x00\xff", b"Content-Type: text/csv")
        + part('form-data; name="none"; filename=""', b"")
        + b"--abc--\r\n"
    )  # fmt: skip
    form = parse(head(MULTIPART), body)
    assert form.get("note") == "甲\n乙"
    found = form.file("data")
    assert found is not None
    assert (found.name, found.media_type, found.data) == ("wd.csv", "text/csv", b"\x00\xff")
    assert form.file("none") is None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"), ("", b"a=1"), ("multipart/form-data", b"--abc--\r\n"),
        ("application/x-www-form-urlencoded", b"a"), ("application/x-www-form-urlencoded", b"a=%FF"),
        ("application/x-www-form-urlencoded", b"a=%00"), ("application/x-www-form-urlencoded", b"a=\xe4"),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 60_001),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(401))),
        (MULTIPART, part('form-data; name="a"', b"x")), (MULTIPART, b"rubbish"),
        (MULTIPART, part('form-data; name="a"', b"\xff") + b"--abc--\r\n"),
        (MULTIPART, part("form-data", b"x") + b"--abc--\r\n"),
        (MULTIPART, part('form-data; name="a"', b"x") * 401 + b"--abc--\r\n"),
    ],
)  # fmt: skip
def test_what_is_not_a_form_of_ours_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        parse(head(kind), body)
    assert caught.value.code.status in (400, 415)


def test_a_form_has_no_content_coding_and_a_bound(pages: Any) -> None:
    with pytest.raises(Refused):
        parse(head("application/x-www-form-urlencoded", ("content-encoding", "gzip")), b"a=1")
    someone = pages.someone("env-bureau", "requester")
    answer = someone.post("/switch", organisation="x" * 300_000)
    assert answer.status_code == 413
