"""How text becomes search terms."""

import pytest

from dongting.store.words import MAX_TERMS, Term, fold, terms, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("水质监测", ["水质", "质监", "监测", "测"]),
        ("水", ["水"]),
        ("Water quality", ["water", "quality"]),
        ("PM2.5监测", ["pm2", "5", "监测", "测"]),
        ("ＡＢＣ１２３", ["abc123"]),
        ("Dòngtíng Café", ["dongting", "cafe"]),
        ("a_b-c", ["a", "b", "c"]),
        ("水 质", ["水", "质"]),
        ("データ", ["デー", "ータ", "タ"]),
        ("𬭎钯", ["𬭎钯", "钯"]),  # Extension E, beyond the basic plane
        ("数据🙂目录", ["数据", "据", "目录", "录"]),
        ("\0\ud800", []),
        ("", []),
    ],
)
def test_text_is_cut_into_pairs_and_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_query_looks_for_a_run_as_a_phrase_and_for_one_character_as_a_beginning() -> None:
    assert terms("水质监测 湖") == [Term(("水质", "质监", "监测")), Term(("湖",), True)]


def test_a_query_looks_for_longer_words_as_beginnings_and_for_short_ones_whole() -> None:
    assert terms("dataset 5") == [Term(("dataset",), True), Term(("5",), False)]


def test_a_query_keeps_no_syntax() -> None:
    for term in terms('"a b" AND c* OR (d:e) \' & | ! <-> {title} ^x NEAR(a,b) \\ --;'):
        assert all(word.isalnum() for word in term.words)


def test_a_query_is_bounded() -> None:
    assert len(terms(" ".join(f"w{i}" for i in range(100)))) == MAX_TERMS
    assert len(terms("x" * 5000)[0].words[0]) == 64


def test_accents_are_dropped_from_letters_but_syllables_stay_whole() -> None:
    assert fold("É") == "e"
    assert fold("가") == "가"
    assert fold("が") == "が"
