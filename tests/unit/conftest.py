"""A node in one process over a real store, and its API asked through ASGI; signed as any organisation."""

import asyncio
import itertools
import secrets
import time
import tomllib
from collections.abc import Awaitable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from dongting.api.app import create
from dongting.http.limits import Limits as HttpLimits
from dongting.node.config import read
from dongting.node.facade import Facade
from dongting.node.home import Home
from dongting.node.keyfile import derivation
from dongting.node.keystore import Keystore
from dongting.node.ledger import LedgerNode, Limits
from dongting.node.projector import Projector
from dongting.standards.http_signatures import content_digest, request, sign
from dongting.testing.ledger import FOUNDERS, network
from dongting.wire import cbor
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.profile import profile_named
from dongting.wire.statement import build
from dongting.wire.suites import ED25519

BASE = "http://localhost:8420"
COVERED = ("@method", "@authority", "@path", "@query")


class Site:
    """One network, one node, and three organisations that ask it."""

    def __init__(
        self, home: Path, facade: Facade | None = None, locked: bool = False, settings: str = ""
    ) -> None:
        self.runner = asyncio.Runner()
        self.profile = profile_named("international")
        tables = {"node": {"home": str(home)}, **tomllib.loads(settings)}
        tables.setdefault("http", {})["max_body"] = 4 * 2**20
        self.home = Home(read(tables))
        self.home.prepare()
        self.keys = {id: PrivateKey.generate(ED25519) for id, *_ in FOUNDERS}
        log_key = PrivateKey.generate(ED25519)
        created = int(time.time()) - 100
        self.genesis = network(self.profile, self.keys, log_key, created=created)
        (self.home.path / "genesis.json").write_bytes(self.genesis.encode())
        self.node = LedgerNode(
            self.home.ledger(),
            self.genesis.encode(),
            self.home.path,
            lambda: int(time.time()),
            log_key=None if locked else log_key,
            limits=Limits(workers=1),
        )
        self.run(self.node.start())
        self.views = self.home.views()
        self.app = create(
            self.home, facade=facade or self.node, limits=HttpLimits(rate=10_000, burst=10_000, wait=0.1)
        )
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        self.client = httpx.AsyncClient(transport=transport, base_url=BASE)
        self._numbers = itertools.count(1)

    def run(self, awaitable: Awaitable[Any]) -> Any:
        async def await_it() -> Any:
            return await awaitable

        return self.runner.run(await_it())

    def close(self) -> None:
        self.run(self.client.aclose())
        self.views.close()
        self.run(self.node.stop())
        self.runner.close()

    def host(self, organisation: str) -> None:
        """A keystore at the node with the organisation's key, or with one that nobody registered."""
        path = self.home.path / "keys" / organisation / "keystore.json"
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        keystore = Keystore.create(path, b"a passphrase for tests", derivation(1024, 1, 1))
        entry = keystore.add(organisation, "signing", "Ed25519", 1)
        key = self.keys.get(organisation)
        if key is not None:
            held = msgspec.structs.replace(entry, public=to_base64(key.public().cose()))
            keystore._save([held], {f"{held.name}/1": to_base64(key.raw)})

    def name(self, stem: str) -> str:
        """An id that is new."""
        return f"{stem}-{next(self._numbers)}"

    def signature(
        self, by: str, method: str, target: str, content: bytes = b"", **changes: Any
    ) -> dict[str, str]:
        """The fields that sign a request; `changes` replace parameters, `covered` or the `key`."""
        key = changes.pop("key", None) or self.keys[by]
        covered = changes.pop("covered", COVERED + (("content-digest",) if content else ()))
        fields = {"content-digest": content_digest(content)} if content else {}
        parameters = {
            "created": int(time.time()),
            "keyid": key.public().thumbprint(self.profile).hex(),
            "nonce": secrets.token_urlsafe(12),
            **changes,
        }
        message = request(method, BASE + target, fields.items())
        return fields | dict(sign(message, covered, parameters, key.sign))

    def ask(
        self,
        method: str,
        target: str,
        *,
        by: str | None = None,
        json: Any = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request, signed when `by` names who asks."""
        fields = dict(headers or {})
        if json is not None:
            content = msgspec.json.encode(json)
            fields.setdefault("content-type", "application/json")
        if by is not None:
            fields |= self.signature(by, method, target, content)
        raw = [(key.encode(), value.encode("latin-1", "replace")) for key, value in fields.items()]
        answer: httpx.Response = self.run(self.client.request(method, target, content=content, headers=raw))
        return answer

    def statement(self, by: str, action: str, arguments: dict[str, Any], **changes: Any) -> bytes:
        """A signed statement."""
        verb = self.node.machine.rules.actions[action]
        given: dict[str, Any] = {
            "issuer": by,
            "network": self.node.machine.network,
            "action": action,
            "subject": f"{verb.prefix}{arguments[verb.declared.subject]}",
            "arguments": arguments,
            "issued": int(time.time()),
            "nonce": secrets.token_bytes(16),
        }
        return build(changes.pop("key", None) or self.keys[by], self.profile, **{**given, **changes})

    def submit(self, *statements: bytes) -> httpx.Response:
        """A batch."""
        body = cbor.encode(list(statements))
        return self.ask("POST", "/v1/statements", content=body, headers={"content-type": "application/cbor"})

    def act(self, by: str, action: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Submit one action, project its block; its outcome."""
        outcome: dict[str, Any] = self.submit(self.statement(by, action, arguments)).json()["statements"][0]
        assert outcome["state"] == "accepted", outcome
        self.project()
        return outcome

    def project(self) -> None:
        """Bring the views up to the ledger."""
        home = self.home
        projector = Projector(self.node, self.views, home.files(), home.parts(), home.envelopes())
        self.run(projector.catch_up())

    def dataset(self, **changes: Any) -> dict[str, Any]:
        """The arguments that publish a new dataset."""
        return {
            "id": self.name("air"),
            "title": {"zh": "空气质量监测", "en": "Air quality"},
            "description": {"zh": "每小时", "en": "hourly"},
            "theme": THEME,
            "frequency": FREQUENCY,
            "sharing": "unconditional",
            "opening": "unconditional",
            "grade": "general-1",
            **changes,
        }


THEME = "ENVI"
FREQUENCY = "HOURLY"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The node that all tests of the API share; each takes ids of its own."""
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[Any]:
    """Makes nodes of the test's own."""
    sites: list[Site] = []

    def make(**changes: Any) -> Site:
        sites.append(Site(tmp_path / str(len(sites)), **changes))
        return sites[-1]

    yield make
    for each in sites:
        each.close()
