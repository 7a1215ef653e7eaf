"""First answers under a caller's key: given again, never to another request, for a day, so many at most."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dongting.errors import Refused
from dongting.standards.idempotency_key import IN_PROGRESS, OTHER_REQUEST, TOO_MANY_KEYS
from dongting.store.answers import ABANDONED, EACH, KEPT, Answer, Answers

DONE = Answer(201, "application/json", [("etag", '"x"')], b"{}")


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[Answers]:
    made = Answers(tmp_path / "answers.sqlite")
    yield made
    made.close()


def refusal(answers: Answers, *arguments: object) -> object:
    with pytest.raises(Refused) as refused:
        answers.begin(*arguments)  # type: ignore[arg-type]
    return refused.value.code


def test_the_first_answer_is_given_again(answers: Answers) -> None:
    assert answers.begin("a", "key", b"1", 1000) is None
    answers.keep("a", "key", DONE)
    again = answers.begin("a", "key", b"1", 1000 + KEPT - 1)
    assert again is not None
    assert (again.status, again.media_type, again.body) == (201, "application/json", b"{}")
    assert [tuple(field) for field in again.fields] == [("etag", '"x"')]


def test_another_request_is_refused_and_other_callers_have_keys_of_their_own(answers: Answers) -> None:
    answers.begin("a", "key", b"1", 1000)
    answers.keep("a", "key", DONE)
    assert refusal(answers, "a", "key", b"2", 1000) is OTHER_REQUEST
    assert answers.begin("b", "key", b"2", 1000) is None


def test_while_it_is_worked_on_nobody_else_begins(answers: Answers) -> None:
    answers.begin("a", "key", b"1", 1000)
    assert refusal(answers, "a", "key", b"1", 1001) is IN_PROGRESS
    assert answers.begin("a", "key", b"1", 1000 + ABANDONED) is None, "its worker has ended"
    assert refusal(answers, "a", "key", b"1", 1001 + ABANDONED) is IN_PROGRESS


def test_one_of_many_at_once_begins(answers: Answers) -> None:
    begun: list[object] = []

    def ask() -> None:
        with suppress(Refused):
            begun.append(answers.begin("a", "key", b"1", 1000))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun == [None]


def test_what_had_no_effect_may_come_again(answers: Answers) -> None:
    answers.begin("a", "key", b"1", 1000)
    answers.release("a", "key")
    assert answers.begin("a", "key", b"2", 1000) is None
    answers.keep("a", "key", DONE)
    answers.release("a", "key")
    assert answers.begin("a", "key", b"2", 1000) is not None, "an answer is not forgotten"


def test_a_key_expires(answers: Answers) -> None:
    answers.begin("a", "key", b"1", 1000)
    answers.keep("a", "key", DONE)
    assert answers.begin("a", "key", b"2", 1000 + KEPT) is None


def test_a_caller_has_so_many_keys_at_most(answers: Answers) -> None:
    for number in range(EACH):
        answers.begin("a", str(number), b"1", 1000 + number)
    with pytest.raises(Refused) as refused:
        answers.begin("a", "more", b"1", 3000)
    assert refused.value.code is TOO_MANY_KEYS
    assert refused.value.facts["wait"] == 1000 + KEPT - 3000
    assert answers.begin("b", "more", b"1", 3000) is None
    assert answers.begin("a", "more", b"1", 1000 + KEPT) is None


def test_they_are_shared_by_processes_and_outlive_them(answers: Answers, tmp_path: Path) -> None:
    answers.begin("a", "key", b"1", 1000)
    answers.keep("a", "key", DONE)
    other = Answers(tmp_path / "answers.sqlite")
    found = other.begin("a", "key", b"1", 1000)
    other.close()
    assert found is not None
    assert found.body == b"{}"
