"""Statements to measure with: real catalogue and sharing actions of at least 500 bytes, signed ahead.

Half publish a dataset, half request one that was published before; ids never repeat. The organisations
are the three founders of a fresh network.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dongting.testing.ledger import FOUNDERS, network
from dongting.wire.genesis import Genesis
from dongting.wire.keys import PrivateKey
from dongting.wire.profile import INTERNATIONAL, Profile
from dongting.wire.statement import build
from dongting.wire.suites import ED25519

DESCRIPTION = {
    "zh": "逐小时空气质量与气象观测，含缺失值；来源为城市监测站，按月发布并经质量控制。",
    "en": "Hourly air quality and weather readings with missing values, from the city's stations.",
}


@dataclass(frozen=True, slots=True)
class Network:
    """A genesis with the private keys that belong to it."""

    profile: Profile
    keys: dict[str, PrivateKey]
    log_key: PrivateKey
    genesis: Genesis
    id: str


def new_network(created: int | None = None) -> Network:
    """A network created now, so that its statements are valid now."""
    keys = {id: PrivateKey.generate(ED25519) for id, *_ in FOUNDERS}
    log_key = PrivateKey.generate(ED25519)
    genesis = network(INTERNATIONAL, keys, log_key, created=created or int(time.time()) - 60)
    return Network(INTERNATIONAL, keys, log_key, genesis, INTERNATIONAL.hash(genesis.encode()).hex())


def publication(number: int) -> dict[str, Any]:
    """The arguments that publish dataset `number`."""
    return {
        "id": f"changsha-air-quality-hourly-{number}",
        "title": {"zh": f"空气质量 {number}", "en": f"Air quality {number}"},
        "description": DESCRIPTION,
        "theme": "ENVI",
        "frequency": "HOURLY",
        "region": "430100",
        "keywords": ["PM2.5"],
        "sharing": "unconditional",
        "opening": "unconditional",
        "grade": "general-1",
        "columns": [{"name": "hour", "type": "integer"}, {"name": "pm2.5", "type": "decimal"}],
    }


def request(number: int, dataset: int, now: int) -> dict[str, Any]:
    """The arguments that request a dataset, for a year from now."""
    return {
        "id": f"request-green-technology-{number}",
        "dataset": f"changsha-air-quality-hourly-{dataset}",
        "terms": hashlib.sha256(b"%d" % number).hexdigest(),
        "start": now,
        "end": now + 365 * 86_400,
    }


def signed(
    net: Network, count: int, *, first: int = 0, step: int = 1, issued: int | None = None
) -> Iterator[bytes]:
    """`count` statements: in turn a publication and a request for it; with `step` 2 publications only."""
    issued = issued or int(time.time())
    for number in range(first, first + count * step, step):
        if number % 2 == 0:
            author, action, kind = "env-bureau", "catalogue/publish", "catalogue.dataset"
            arguments = publication(number)
        else:
            author, action, kind = "green-tech", "sharing/request", "sharing.negotiation"
            arguments = request(number, number - 1, issued)
        yield build(
            net.keys[author],
            net.profile,
            issuer=author,
            network=net.id,
            action=action,
            subject=f"{kind}/{arguments['id']}",
            arguments=arguments,
            issued=issued,
            nonce=hashlib.sha256(b"%d/%d" % (issued, number)).digest()[:16],
        )
