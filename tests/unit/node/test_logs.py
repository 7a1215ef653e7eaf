import io
import json
import logging
import stat

import pytest

from dongting.errors import Code, Refused
from dongting.node import logs
from dongting.wire.keys import PrivateKey
from dongting.wire.sealing import X25519, DecryptionKey
from dongting.wire.suites import ED25519


def written(style, act, level="info"):
    stream = io.StringIO()
    with logs.logging_to(logs.handler(style, None, stream), level):
        act(logging.getLogger("dongting.kernel"))
    return stream.getvalue()


def as_json(act, level="info"):
    return [json.loads(line) for line in written("json", act, level).splitlines()]


def test_a_line_is_one_json_object_with_time_level_module_message_and_facts():
    [line] = as_json(lambda log: log.info("block committed", extra={"height": 7, "名称": "洞庭"}))
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info", "module": "dongting.kernel", "message": "block committed",
        "height": 7, "名称": "洞庭",
    }  # fmt: skip


def test_levels_below_the_setting_are_not_written():
    assert as_json(lambda log: log.info("quiet"), level="warning") == []
    assert len(as_json(lambda log: log.debug("loud"), level="debug")) == 1


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize(
    "name",
    ["passphrase", "password", "client_secret", "private_key", "token", "Authorization", "salt", "data_key"],
)
def test_facts_that_name_a_secret_are_hidden(style, name):
    text = written(style, lambda log: log.info("m", extra={name: "hush-hush", "nested": {name: "hush-hush"}}))
    assert "hush-hush" not in text
    assert logs.HIDDEN in text


@pytest.mark.parametrize("style", ["json", "text"])
def test_private_keys_bytes_and_passwords_in_addresses_are_hidden(style):
    signing, opening = PrivateKey.generate(ED25519), DecryptionKey.generate(X25519)
    facts = {
        "one": signing, "two": [opening], "three": signing.raw, "url": "postgresql://u:hush@db/x",
    }  # fmt: skip
    text = written(style, lambda log: log.info("at postgresql://u:hush@db/x with %s", signing, extra=facts))
    assert "hush" not in text
    for raw in (signing.raw, opening.raw):
        assert raw.hex() not in text
        assert repr(raw)[2:20] not in text
    assert "postgresql://u:(hidden)@db/x" in text


@pytest.mark.parametrize("style", ["json", "text"])
def test_what_a_caller_sends_never_starts_a_line_of_its_own(style):
    forged = "x\n2027-01-01T00:00:00Z INFO    forged\r\x1b[2J\u2028"
    text = written(style, lambda log: log.info("got %s", forged, extra={"name_of_file": forged}))
    assert len(text.splitlines()) == 1 or style == "json"
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_a_trace_is_part_of_its_record():
    def fail(log):
        try:
            raise ValueError("postgresql://u:hush@db")
        except ValueError:
            log.exception("failed")

    [line] = as_json(fail)
    assert "ValueError" in line["trace"]
    assert "hush" not in line["trace"]
    first, *rest = written("text", fail).splitlines()
    assert "failed" in first
    assert rest
    assert all(part.startswith("    ") for part in rest)


def test_a_refusal_is_written_by_its_code():
    refusal = Refused(Code("wire", 1, "name", "text {secret}", "文 {secret}"), secret="hush")
    [line] = as_json(lambda log: log.warning("refused", extra={"why": refusal}))
    assert line["why"] == "wire/name"


def test_values_of_any_type_are_written(tmp_path):
    [line] = as_json(
        lambda log: log.info("m", extra={"p": tmp_path, "n": None, "s": {1}, "f": 0.5, "b": True})
    )
    assert (line["p"], line["n"], line["s"], line["f"], line["b"]) == (str(tmp_path), None, [1], 0.5, True)


def test_a_file_is_reopened_after_rotation_and_is_not_for_everyone(tmp_path):
    path = tmp_path / "log" / "node.log"
    with logs.logging_to(logs.handler("json", path, io.StringIO()), "info") as log:
        log.info("one")
        path.rename(path.with_name("node.log.1"))
        log.info("two")
    assert "one" in path.with_name("node.log.1").read_text()
    assert "two" in path.read_text()
    assert stat.S_IMODE(path.with_name("node.log.1").stat().st_mode) & 0o007 == 0


def test_logging_is_as_before_after_the_block():
    logger = logging.getLogger(logs.ROOT)
    before = (logger.level, logger.propagate, list(logger.handlers))
    written("json", lambda log: log.info("m"))
    assert (logger.level, logger.propagate, list(logger.handlers)) == before
