import pytest

from dongting.errors import Refused
from dongting.standards.table_schema import decode_lines, encoding_of, sniff
from dongting.standards.table_schema.dialect import BAD_ENCODING, MAX_LINE

TEXT = "城市,备注\n长沙,二\u2028行\r\n株洲,𠮷\n"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_encoding_is_recognised_wherever_the_sample_is_cut(encoding: str) -> None:
    data = TEXT.encode(encoding)
    assert {encoding_of(data[:length]) for length in range(6, len(data) + 1)} == {encoding}


def test_plain_ascii_counts_as_utf8() -> None:
    assert encoding_of(b"a,b\n1,2\n") == "utf-8"
    assert encoding_of(b"") == "utf-8"


@pytest.mark.parametrize("data", ["a,b".encode("utf-16"), b"a\x00b", b"\x81\xff,", b"PK\x03\x04\x00"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        encoding_of(data)
    assert caught.value.code is BAD_ENCODING


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines_are_the_same_however_the_file_is_cut(encoding: str, size: int) -> None:
    data = TEXT.encode(encoding)
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    lines = ["城市,备注\n", "长沙,二\u2028行\r\n", "株洲,𠮷\n"]
    assert list(decode_lines(chunks, encoding)) == lines


def test_the_byte_order_mark_is_left_out() -> None:
    assert list(decode_lines([b"\xef\xbb", b"\xbfa\nb"], "utf-8")) == ["a\n", "b"]


@pytest.mark.parametrize("chunks", [[b"a\xff\n"], [b"a\n", b"\xe4\xb8"], [b"x" * (MAX_LINE + 1)]])
def test_bytes_that_do_not_decode_or_never_end_a_line_are_refused(chunks: list[bytes]) -> None:
    with pytest.raises(Refused) as caught:
        list(decode_lines(chunks, "utf-8"))
    assert caught.value.code is BAD_ENCODING


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        ([], ","),
        (["one column\n", "only\n"], ","),
        (["a;b\n", "1,5;2,5\n", "3,5;4,5\n"], ";"),
        (["a,b,c\n", "x;y,2,3\n"], ","),
        (["a\tb\n", "1, 2\t3\n"], "\t"),
    ],
)
def test_the_delimiter_that_splits_rows_evenly_is_chosen(lines: list[str], delimiter: str) -> None:
    assert sniff(lines) == delimiter
