"""Messages as the standard's parser (section 9.2.6) takes them apart."""

from dongting.standards.server_sent_events import message, retry


def test_a_message_has_an_id_and_one_line_of_data() -> None:
    assert message("310-2", b'{"a":1}') == b'id: 310-2\ndata: {"a":1}\n\n'


def test_without_data_only_the_id_moves_on() -> None:
    assert message("311") == b"id: 311\n\n"


def test_the_time_to_wait() -> None:
    assert retry(2000) == b"retry: 2000\n\n"
