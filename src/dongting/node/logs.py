"""Structured logs: one JSON object a line (RFC 8259), or lines for people; no secrets, no forged lines.

Modules log by `logging.getLogger("dongting.<module>")`, a short constant message and facts in `extra`:
`log.info("block committed", extra={"height": 7})`. A fact whose name says that it is a secret, a
private key, and the password in an address are replaced; control characters are escaped.
"""

import json
import logging
import logging.handlers
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from dongting.errors import Refused
from dongting.node.settings import names_a_secret
from dongting.wire.keys import PrivateKey
from dongting.wire.sealing import DecryptionKey

ROOT = "dongting"
HIDDEN = "(hidden)"

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_USER_INFO = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
_SHORT_NAMES = frozenset({"authorization", "cookie", "data_key", "salt", "secrets", "envelope", "sealed"})
_CONTROL = {code: f"\\x{code:02x}" for code in [*range(32), *range(127, 160)]} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def hidden(name: str) -> bool:
    """Whether a fact of that name is never written."""
    return name.lower() in _SHORT_NAMES or names_a_secret(name)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC, RFC 3339), level, module, message, then the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of this record."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "module": record.name,
            "message": _clean(record.getMessage()),
            **_facts(record),
        }
        if record.exc_info:
            line["trace"] = _clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str)


class TextFormatter(logging.Formatter):
    """A line for people: time, level, message, facts as `name=value`; a trace follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of this record."""
        facts = "".join(f" {name}={value}" for name, value in _facts(record).items())
        line = f"{_time(record)} {record.levelname:<7} {_clean(record.getMessage())}{facts}".translate(
            _CONTROL
        )
        if record.exc_info:
            trace = _clean(self.formatException(record.exc_info)).splitlines()
            line += "".join(f"\n    {part.translate(_CONTROL)}" for part in trace)
        return line


def handler(style: Literal["json", "text"], file: Path | None, stream: TextIO) -> logging.Handler:
    """What writes the lines: to `file` (0640, reopened when rotated away), else to `stream`."""
    made: logging.Handler
    if file is None:
        made = logging.StreamHandler(stream)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o640)
        made = logging.handlers.WatchedFileHandler(file, encoding="utf-8")
    made.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    return made


@contextmanager
def logging_to(made: logging.Handler, level: str) -> Iterator[logging.Logger]:
    """Send the project's logs, from `level` on, to that handler alone while the block runs."""
    logger = logging.getLogger(ROOT)
    before = (logger.level, logger.propagate, list(logger.handlers))
    logger.setLevel(level.upper())
    logger.propagate = False
    logger.handlers[:] = [made]
    try:
        yield logger
    finally:
        logger.setLevel(before[0])
        logger.propagate = before[1]
        logger.handlers[:] = before[2]
        made.close()


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    given = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
    return {name: HIDDEN if hidden(name) else _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, PrivateKey | DecryptionKey):
        return HIDDEN
    if isinstance(value, Refused):
        return str(value.code)
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"  # bytes may be keys or contents: only their size is told
    if isinstance(value, dict):
        return {str(k): HIDDEN if hidden(str(k)) else _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return _clean(str(value))


def _clean(text: str) -> str:
    return _USER_INFO.sub(rf"\1:{HIDDEN}@", text)
