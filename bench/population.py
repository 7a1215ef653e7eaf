"""A node of a city's size: one million records, of which ten thousand are datasets, with their views.

    python bench/population.py DIRECTORY [RECORDS]

Every record is made by the real kernel from a statement that an organisation signed: datasets with a first
version, requests for them, agreements with a delivery that is due, evidence. Only the check of signatures
is left out. Blocks lie a few minutes apart and end now. Keys and draws are fixed.
"""

import hashlib
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_sign_seed_keypair

from dongting.kernel.machine import Machine
from dongting.node.config import read
from dongting.node.home import Home
from dongting.node.installed import installed_rules
from dongting.node.views_rebuild import blocks
from dongting.store.ledger import LedgerStore
from dongting.store.rows import Block, Changed
from dongting.testing.ledger import FOUNDERS, network
from dongting.wire import jcs
from dongting.wire.genesis import Founder, decode
from dongting.wire.keys import PrivateKey, PublicKey, to_base64
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.sealing import DecryptionKey, method_for
from dongting.wire.statement import Statement, build
from dongting.wire.suites import ED25519
from statements import Network

RECORDS = 1_000_000
DATASETS = 10_000
ORGANISATIONS = 50  # the most founders that a genesis takes
BLOCK = 500  # statements
SPAN = 200 * 86_400  # seconds from the first block to now
#: Of what a record is made, by weight, once all datasets are there.
REQUESTS, AGREED = 0.45, 0.6

PLACES = [
    "洞庭湖",
    "湘江",
    "长沙市",
    "岳阳市",
    "株洲市",
    "资江",
    "沅江",
    "澧水",
    "常德市",
    "益阳市",
    "大通湖",
]
THINGS = [
    "水质", "空气质量", "土壤", "噪声", "排污口", "固体废物",
    "生态", "水文", "气象", "遥感影像", "碳排放", "饮用水源",
]  # fmt: skip
FORMS = ["监测数据", "年度报告", "实时数据", "名录", "台账", "许可信息", "统计表", "预警记录", "评估结果"]
ENGLISH = ["water", "air", "soil", "noise", "monitoring", "station", "quality", "report", "annual", "river"]
THEMES = ["ENVI", "TRAN", "HEAL", "ECON", "GOVE", "REGI", "AGRI", "ENER"]
FREQUENCIES = ["HOURLY", "DAILY", "MONTHLY", "ANNUAL"]
OPENINGS = ["unconditional", "conditional", "not-open"]
KINDS = ["government", "enterprise", "association", "university", "research", "park"]
BASIS = {"zh": "《政务数据共享条例》第十二条", "en": "Regulation on sharing, article 12"}


def new_city(created: int) -> Network:
    """A network of many founders."""
    keys, log_key = {id: _key(id) for id, *_ in FOUNDERS}, _key("log")
    some = network(INTERNATIONAL, keys, log_key, created=created)
    more = [_founder(number) for number in range(ORGANISATIONS - len(FOUNDERS))]
    genesis = network(INTERNATIONAL, keys, log_key, created=created, founders=[*some.founders, *more])
    return Network(INTERNATIONAL, keys, log_key, genesis, INTERNATIONAL.hash(genesis.encode()).hex())


def _key(name: str) -> PrivateKey:
    """The same key at every run, so that a home can be measured again."""
    _, private = crypto_sign_seed_keypair(hashlib.sha256(f"bench {name}".encode()).digest())
    return PrivateKey(ED25519, private)


def city_at(home: Path) -> Network:
    """The network of a home that was populated before."""
    data = (home / "genesis.json").read_bytes()
    keys = {id: _key(id) for id, *_ in FOUNDERS}
    return Network(INTERNATIONAL, keys, _key("log"), decode(data), INTERNATIONAL.hash(data).hex())


def _founder(number: int) -> Founder:
    place, thing = PLACES[number % len(PLACES)], THINGS[number % len(THINGS)]
    return Founder(
        f"org-{number}", KINDS[number % len(KINDS)],
        {"zh": f"{place}{thing}中心{number}", "en": f"Centre {number} for {ENGLISH[number % 10]}"},
        [to_base64(_key(f"org-{number}").public().cose())],
        to_base64(DecryptionKey.generate(method_for(INTERNATIONAL)).public().cose()),
        region=f"43{number % 13 + 1:02d}00",
    )  # fmt: skip


class City:
    """Draws what the organisations do: pairs of author and action with its arguments, in a valid order."""

    def __init__(self, net: Network, records: int, datasets: int) -> None:
        self._chance = random.Random(1)
        self._records = records
        self._datasets = datasets
        self._organisations = [founder.id for founder in net.genesis.founders]
        self._open: list[tuple[str, str]] = []  # datasets that are offered, with their publishers
        self.made = 0  # records that the actions so far have made

    def acts(self, now: int) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """(author, action, subject, arguments) for one block after another at the time `now`."""
        for number in range(self._datasets):
            publisher = self._organisation()
            arguments = self._publication(number)
            self._open.append((arguments["id"], publisher))
            self.made += 2
            yield publisher, "catalogue/publish", f"catalogue.dataset/{arguments['id']}", arguments
        number = 0
        while self.made < self._records:
            number += 1
            yield from self._request(number, now) if self._chance.random() < REQUESTS else self._file(number)

    def _request(self, number: int, now: int) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        dataset, publisher = self._open[int(self._chance.paretovariate(0.5) * 7) % len(self._open)]
        consumer = self._organisation()
        if consumer == publisher:
            return
        id = f"request-{number}"
        terms = hashlib.sha256(id.encode()).hexdigest()
        asked = {"id": id, "dataset": dataset, "terms": terms, "start": now, "end": now + 500 * 86_400}
        self.made += 1
        yield consumer, "sharing/request", f"sharing.negotiation/{id}", asked
        if self._chance.random() < AGREED:
            self.made += 2
            yield publisher, "sharing/agree", f"sharing.negotiation/{id}", {"id": id, "terms": terms}

    def _file(self, number: int) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        id = f"file-{number}"
        content = hashlib.sha256(id.encode()).hexdigest()
        self.made += 1
        arguments = {"id": id, "kind": "file", "content": content}
        yield self._organisation(), "evidence/register", f"evidence.evidence/{id}", arguments

    def _organisation(self) -> str:
        return self._organisations[int(self._chance.paretovariate(0.7)) % len(self._organisations)]

    def _publication(self, number: int) -> dict[str, Any]:
        draw = self._chance
        place, thing, form = draw.choice(PLACES), draw.choice(THINGS), draw.choice(FORMS)
        names = ["station", "hour", "value", "unit", "method", "quality", "latitude", "longitude"]
        columns = [{"name": name, "type": "string", "title": {"zh": f"{thing}{name}"}} for name in names]
        opening = draw.choices(OPENINGS, (5, 3, 2))[0]
        conditional = {"legal_basis": BASIS} if draw.random() < 0.3 else {}
        return {
            "id": f"dataset-{number}",
            "title": {"zh": f"{place}{thing}{form}{number}", "en": " ".join(draw.choices(ENGLISH, k=4))},
            "description": {"zh": "，".join(draw.choice(PLACES) + draw.choice(THINGS) for _ in range(30))},
            "theme": draw.choice(THEMES), "frequency": draw.choice(FREQUENCIES),
            "region": f"43{draw.randrange(1, 14):02d}00", "keywords": draw.sample(THINGS, 3),
            "sharing": "conditional" if conditional else "unconditional", **conditional,
            "opening": opening, "grade": "general-1", "columns": columns,
            "content": {
                "commitment": hashlib.sha256(b"%d" % number).hexdigest(),
                "size_class": draw.randrange(12, 33), "media_type": "text/csv",
            },
        }  # fmt: skip


class _Unsigned:
    """Stands in for a private key where nobody looks at signatures."""

    suite = ED25519

    def __init__(self, key: PrivateKey) -> None:
        self._public = key.public()

    def public(self) -> PublicKey:
        """The public key of the organisation."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """No signature, as long as one."""
        return bytes(64)


def populate(home: Path, records: int = RECORDS, datasets: int = DATASETS) -> Network:
    """Fill a new home's ledger and, in a process beside it, its views; its network."""
    home.mkdir(parents=True)
    now = int(time.time())
    net = new_city(now - SPAN - 86_400)
    (home / "genesis.json").write_bytes(net.genesis.encode())
    store = LedgerStore(home / "ledger")
    machine = Machine(store, installed_rules(net.profile), net.genesis.encode())
    # Not forked: the store has threads that a fork would miss.
    context = multiprocessing.get_context("spawn")
    queue: Queue[Block | None] = context.Queue(20)
    viewing = context.Process(target=_view, args=(home, queue))
    viewing.start()
    for block in blocks(machine, -1):
        queue.put(block)
    for moment, statements in _statements(net, records, datasets, now):
        queue.put(_commit(machine, moment, statements))
    queue.put(None)
    viewing.join()
    assert viewing.exitcode == 0
    store.close()
    return net


def _view(home: Path, queue: "Queue[Block | None]") -> None:
    views = Home(read({"node": {"home": str(home)}})).views()
    views.rebuild(iter(queue.get, None))
    views.close()


def _statements(net: Network, records: int, datasets: int, now: int) -> Iterator[tuple[int, list[Statement]]]:
    """The statements of one block after another, and the moment of each."""
    # About 0.75 statements make one record.
    apart = SPAN * BLOCK // max(records * 3 // 4, BLOCK)
    moment, city, pending = now - SPAN, City(net, records, datasets), list[Statement]()
    keys = {founder.id: _key(founder.id) for founder in net.genesis.founders}
    signing = {id: _Unsigned(key) for id, key in keys.items()}
    kids = {id: key.public().thumbprint(net.profile) for id, key in keys.items()}
    for number, (author, action, subject, arguments) in enumerate(city.acts(now)):
        given = {
            "issuer": author, "network": net.id, "action": action, "subject": subject,
            "arguments": arguments, "issued": moment, "nonce": number.to_bytes(16),
        }  # fmt: skip
        data = build(signing[author], net.profile, **given)
        pending.append(
            Statement(
                data, net.profile.hash(b"\x00" + data), author, subject, net.id, action, moment, None,
                number.to_bytes(16), kids[author], -8, jcs.encode(arguments),
            )
        )  # fmt: skip
        if len(pending) == BLOCK:
            yield moment, pending
            pending = []
            moment = min(moment + apart, now)
    if pending:
        yield moment, pending


def _commit(machine: Machine, moment: int, statements: list[Statement]) -> Block:
    """Execute and commit a block; what it changed, for the views."""
    block = machine.execute(moment, statements)
    refused = next((outcome for outcome in block.outcomes if isinstance(outcome, Exception)), None)
    assert refused is None, refused
    machine.commit(block)
    head, changes = block.head, []
    for made in block.written:
        type, _, id = made.address.partition("/")
        changes.append(Changed(type, id, made.version, made.leaf, head.height, head.time, made.body))
    return Block(head.height, changes)


if __name__ == "__main__":
    began = time.monotonic()
    populate(Path(sys.argv[1]), *(int(text) for text in sys.argv[2:3]))
    print(f"{time.monotonic() - began:.0f} s")
