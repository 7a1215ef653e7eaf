"""The page on the API says what the declarations say, and its example verifies a real message."""

import importlib.util
import re
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from dongting.standards.webhooks import fields, secret

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("api_page", PAGE.with_suffix(".py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date() -> None:
    text = PAGE.read_text("utf-8")
    assert script().updated(text) == text, "run: .venv/bin/python docs/api.py"


def test_the_example_takes_our_messages_once_and_nobody_elses() -> None:
    found = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert found is not None
    space: dict[str, Any] = {}
    exec(found[1], space)
    seen: set[str] = set()
    sent = dict(fields("310-0", int(time.time()), b'{"id":"310-0"}', [bytes(32)]))
    assert space["receive"](sent, b'{"id":"310-0"}', seen, secret(bytes(32))) == {"id": "310-0"}
    assert space["receive"](sent, b'{"id":"310-0"}', seen, secret(bytes(32))) is None
    with pytest.raises(WebhookVerificationError):
        space["receive"](sent, b'{"id":"310-0"}', seen, secret(b"\x01" * 32))
