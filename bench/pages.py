"""`page_p95_ms`, `search_p95_ms`, `page_kb`: pages of a node with a million records while statements arrive.

    python bench/pages.py [DIRECTORY]

In an open loop 40 pages a second are asked for in the mix below, timed from when each was due, while 50
statements a second are accepted; all on this machine. DIRECTORY is a home that `population.py` filled.
"""

import asyncio
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from connection import Connection
from dongting.node.config import read
from dongting.node.home import Home
from node import running
from people import signed_in
from population import DATASETS, FORMS, KINDS, ORGANISATIONS, PLACES, THEMES, THINGS, city_at, populate
from statements import Network, signed

RATE, WRITES = 40, 50  # pages and statements a second
SECONDS, WARM = 60, 10
CONNECTIONS = 40  # visitors with a connection of their own

Draw = Callable[[random.Random], str]
_known: list[str] = []  # ids of evidence, of every organisation


def _words(draw: random.Random) -> str:
    said = draw.choice(
        [
            lambda: draw.choice(THINGS), lambda: f"{draw.choice(PLACES)} {draw.choice(THINGS)}",
            lambda: f"{draw.choice(PLACES)}{draw.choice(THINGS)}{draw.choice(FORMS)}",
            lambda: "water quality", lambda: str(draw.randrange(DATASETS)), lambda: "湖",
        ]
    )()  # fmt: skip
    return quote(said)


def _organisation(draw: random.Random) -> str:
    return f"org-{draw.randrange(ORGANISATIONS - 3)}"


#: The mix: what is asked for, of a hundred pages how many, whether by a signed-in person, and its address.
#: Datasets 0 to 9,999 are open to nine visitors in ten: the others are asked for by members.
MIX: tuple[tuple[str, int, bool, Draw], ...] = (
    ("front", 7, False, lambda d: "/"),
    ("catalogue", 9, False, lambda d: "/catalogue"),
    ("catalogue, one facet", 6, False, lambda d: f"/catalogue?theme={d.choice(THEMES)}"),
    ("catalogue, two facets", 6, False, lambda d: f"/catalogue?theme={d.choice(THEMES)}&opening=conditional"),
    ("catalogue, publisher", 4, False, lambda d: f"/catalogue?publisher={_organisation(d)}"),
    ("search", 12, False, lambda d: f"/catalogue?q={_words(d)}"),
    ("search, one facet", 4, False, lambda d: f"/catalogue?q={_words(d)}&theme={d.choice(THEMES)}"),
    ("members", 3, False, lambda d: "/organisations"),
    ("members, search", 2, False, lambda d: f"/organisations?q={quote(d.choice(PLACES))}"),
    ("members, kind", 2, False, lambda d: f"/organisations?kind={d.choice(KINDS)}"),
    ("member", 4, False, lambda d: f"/organisations/{_organisation(d)}"),
    ("log", 3, False, lambda d: "/log"),
    ("verify", 2, False, lambda d: "/verify"),
    ("dataset", 14, True, lambda d: f"/records/catalogue.dataset/dataset-{d.randrange(DATASETS)}"),
    ("overview", 4, True, lambda d: "/desk"),
    ("list of evidence", 4, True, lambda d: "/records/evidence.evidence"),
    ("list of requests", 4, True, lambda d: "/records/sharing.negotiation?state=REQUESTED"),
    ("list of deliveries", 4, True, lambda d: "/records/sharing.transfer"),
    ("evidence", 6, True, lambda d: f"/records/evidence.evidence/{d.choice(_known)}"),
)  # fmt: skip
SEARCHES = frozenset({"search", "search, one facet", "members, search"})
_ASSETS = re.compile(rb'(?:<link rel="(?:stylesheet|icon)[^>]*href|<script[^>]*src|<img[^>]*src)="([^"]+)"')


def look_up(home: Path) -> None:
    """Learn ids of records that there are, some of every organisation."""
    views = Home(read({"node": {"home": str(home)}})).views()
    for number in range(ORGANISATIONS - 3):
        page = views.list("evidence.evidence", {"owner": f"org-{number}"}, limit=200)
        _known.extend(row.id for row in page.rows)
    views.close()


def drawn(seed: int) -> Iterator[tuple[str, bool, str]]:
    """Name, whether signed in, and address of one page after another, always the same."""
    draw = random.Random(seed)
    weights = [share for _, share, _, _ in MIX]
    while True:
        name, _, member, address = draw.choices(MIX, weights)[0]
        yield name, member, address(draw)


async def _loop(url: str, cookie: str, seconds: int, seed: int) -> dict[str, list[float]]:
    connections = [Connection(url) for _ in range(CONNECTIONS)]
    taken: dict[str, list[float]] = {}
    began = time.perf_counter()

    async def one(number: int, name: str, member: bool, path: str) -> None:
        due = began + number / RATE
        await asyncio.sleep(max(0, due - time.perf_counter()))
        fields = {"accept": "text/html", "accept_language": "zh" if number % 2 else "en"}
        if member:
            fields["cookie"] = cookie
        await connections[number % CONNECTIONS].get(path, **fields)
        taken.setdefault(name, []).append((time.perf_counter() - due) * 1e3)

    pages = drawn(seed)
    await asyncio.gather(*(one(number, *next(pages)) for number in range(seconds * RATE)))
    for connection in connections:
        connection.close()
    return taken


async def _write(url: str, net: Network, seconds: int, first: int) -> None:
    """Send so many statements a second, one by one."""
    statements = list(signed(net, seconds * WRITES, first=first, step=2))
    connections = [Connection(url) for _ in range(8)]
    began = time.perf_counter()

    async def one(number: int, data: bytes) -> None:
        await asyncio.sleep(max(0, began + number / WRITES - time.perf_counter()))
        await connections[number % len(connections)].post("/v1/statements", data, "application/cose")

    await asyncio.gather(*(one(number, data) for number, data in enumerate(statements)))
    for connection in connections:
        connection.close()


async def _both(url: str, net: Network, cookie: str, seconds: int, round: int) -> dict[str, list[float]]:
    first = 2 * (10**9 + round * 10**6)
    pages, _ = await asyncio.gather(
        _loop(url, cookie, seconds, round), _write(url, net, seconds, first)
    )  # fmt: skip
    return pages


async def weight(url: str, cookie: str) -> dict[str, float]:
    """What a first visit of each kind of page loads, in kB (1,000 bytes): the page and all that it names."""
    connection, found, assets = Connection(url), {}, dict[str, int]()
    draw = random.Random(0)
    for name, _, member, address in MIX:
        page = await connection.get(
            address(draw), accept="text/html", **({"cookie": cookie} if member else {})
        )
        named = {each.decode() for each in _ASSETS.findall(page)}
        for each in named - set(assets):
            assets[each] = len(await connection.get(each))
        found[name] = (len(page) + sum(assets[each] for each in named)) / 1e3
    connection.close()
    return found


def percentile(taken: list[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted(taken)[min(int(len(taken) * share), len(taken) - 1)]


def measure(home: Path | None = None) -> dict[str, float]:
    """Fill a node unless a home is given, run it, and ask."""
    made = None if home else Path(tempfile.mkdtemp(prefix="bench-", dir=Path.cwd()))
    try:
        node = home if home is not None else (made or Path()) / "node"
        net = city_at(node) if home else populate(node)
        cookie = signed_in(node)
        look_up(node)
        with running(node, net) as (url, _, _):
            asyncio.run(_both(url, net, cookie, WARM, int(time.time()) % 1000 * 2))
            taken = asyncio.run(_both(url, net, cookie, SECONDS, int(time.time()) % 1000 * 2 + 1))
            weights = asyncio.run(weight(url, cookie))
    finally:
        if made:
            shutil.rmtree(made)
    for name, _, _, _ in MIX:
        times = taken[name]
        print(
            f"{name:24} {len(times):5} pages  median {percentile(times, 0.5):7.1f} ms  p95 "
            f"{percentile(times, 0.95):7.1f} ms  {weights[name]:6.1f} kB",
            file=sys.stderr,
        )
    searched = [one for name, times in taken.items() if name in SEARCHES for one in times]
    everything = [one for times in taken.values() for one in times]
    return {
        "page_p50_ms": percentile(everything, 0.5),
        "page_p95_ms": percentile(everything, 0.95),
        "search_p95_ms": percentile(searched, 0.95),
        "page_kb": max(weights.values()),
    }


if __name__ == "__main__":
    for name, value in measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None).items():
        print(f"{name:24} {value:12.3f}")
