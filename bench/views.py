"""How fast the views fill and answer: `python bench/views.py [DELIVERIES] [DATASETS] [NOTES] [URL]`.

Deliveries are records without text, datasets and notes have some; without a URL the views are SQLite in
a temporary directory. Times are milliseconds of one call through `Views`.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from dongting.appkit.app import App, Record
from dongting.appkit.fields import Text
from dongting.appkit.workflow import State, Workflow
from dongting.store.fields import PARTY
from dongting.store.rows import Block, Changed
from dongting.store.views import Views

app = App("bench", 1, Text(en="Bench"))
STATES = ("offered", "checked", "accepted", "disputed")
FLOW = Workflow(
    states={
        "offered": State("", "", next="receiver", due="due"),
        "checked": State("", "", next="sender"),
        "accepted": State("", "", final=True),
        "disputed": State("", "", next="sender", due="due"),
    },
    moves={},
)


@app.record(
    ("Delivery", "交付"),
    indexed=("dataset", "size", "day", "due"),
    parties=("sender", "receiver"),
    workflow=FLOW,
)
class Delivery(Record):
    id: str
    dataset: str
    sender: str
    receiver: str
    size: int
    day: str
    due: int
    state: str


@app.record(
    ("Dataset", "数据集"), indexed=("publisher", "themes", "share", "title", "updated"),
    searched=("title", "description"), parties=("publisher",),
)  # fmt: skip
class Dataset(Record):
    id: str
    publisher: str
    title: Text
    description: Text
    themes: tuple[str, ...]
    share: str
    updated: int


@app.record(("Note", "笔记"), indexed=("author", "kind"), searched=("title", "text"))
class Note(Record):
    id: str
    author: str
    kind: str
    title: Text
    text: Text


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
    "水质",
    "空气质量",
    "土壤",
    "噪声",
    "排污口",
    "固废",
    "生态",
    "水文",
    "气象",
    "遥感影像",
    "碳排放",
    "饮用水源",
]
KINDS = ["监测数据", "年度报告", "实时数据", "目录", "台账", "许可信息", "统计表", "预警记录", "评估结果"]
ENGLISH = ["water", "air", "soil", "noise", "monitoring", "station", "quality", "report", "annual", "river"]
chance = random.Random(1)
NEWEST = 30_000_000


def chinese(words: int) -> str:
    return "，".join(
        chance.choice(PLACES) + chance.choice(THINGS) + chance.choice(KINDS) for _ in range(words)
    )  # fmt: skip


def organisation() -> str:
    return f"org-{int(chance.paretovariate(0.7)) % 2000}"


def delivery(i: int) -> Delivery:
    day = f"20{20 + i % 7}-{1 + i % 12:02d}-{1 + i % 28:02d}"
    state = chance.choices(STATES, (1, 1, 200, 1))[0]
    size = chance.randrange(10**9)
    return Delivery(
        f"d-{i}", f"ds-{chance.randrange(10_000)}", organisation(), organisation(), size, day,
        chance.randrange(NEWEST), state,
    )  # fmt: skip


def dataset(i: int) -> Dataset:
    english = " ".join(chance.choices(ENGLISH, k=4)) + f" {i}"
    return Dataset(
        f"ds-{i}", organisation(), Text(zh=chinese(1) + str(i), en=english), Text(zh=chinese(12)),
        tuple(chance.sample(THINGS, 3)), chance.choice(["open", "conditional", "closed"]),
        chance.randrange(NEWEST),
    )  # fmt: skip


def note(i: int) -> Note:
    title = Text(zh=chinese(1), en=" ".join(chance.choices(ENGLISH, k=3)))
    return Note(f"n-{i}", organisation(), chance.choice("abcdefgh"), title, Text(zh=chinese(5)))


def blocks(deliveries: int, datasets: int, notes: int) -> Iterator[Block]:
    makers: list[tuple[str, int, Callable[[int], Record]]] = [
        ("bench.dataset", datasets, dataset), ("bench.delivery", deliveries, delivery),
        ("bench.note", notes, note),
    ]  # fmt: skip
    height = 0
    for type, count, make in makers:
        for start in range(0, count, 200):
            changes = []
            for i in range(start, min(start + 200, count)):
                record = make(i)
                changes.append(Changed(type, record.id, 1, i, height, height, msgspec.json.encode(record)))  # type: ignore[attr-defined]
            yield Block(height, changes)
            height += 1


def measure(name: str, call: Callable[[], object], times: int = 40) -> None:
    call()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    print(f"{name:58} median {taken[times // 2]:8.2f}  p95 {taken[int(times * 0.95)]:8.2f}", flush=True)


def deep(page: Callable[[str | None], object], pages: int) -> str | None:
    cursor: str | None = None
    for _ in range(pages):
        cursor = page(cursor).cursor  # type: ignore[attr-defined]
    return cursor


def main() -> None:
    deliveries, datasets, notes = (int(n) for n in (sys.argv[1:4] or ("1000000", "10000", "0")))
    home = tempfile.TemporaryDirectory()
    url = sys.argv[4] if len(sys.argv) > 4 else f"sqlite:///{home.name}/views.db"
    views = Views(url, app.records.values())
    start = time.perf_counter()
    views.rebuild(blocks(deliveries, datasets, notes))
    taken = time.perf_counter() - start
    total = deliveries + datasets + notes
    size = sum(file.stat().st_size for file in Path(home.name).iterdir())
    print(f"filled {total:,} records in {taken:.0f} s: {total / taken:,.0f} a second, {size / 1e6:,.0f} MB")
    ask(views)
    height = views.height

    def block() -> None:
        nonlocal height
        height += 1
        changes = [
            Changed("bench.delivery", f"d-{chance.randrange(deliveries)}", height, 0, height, 0,
                    msgspec.json.encode(delivery(0)))
            for _ in range(50)
        ]  # fmt: skip
        views.apply(list({change.id: change for change in changes}.values()), height)

    measure("apply a block of 50 new versions", block)
    views.close()
    home.cleanup()


def ask(views: Views) -> None:
    big, small, text = "bench.delivery", "bench.dataset", "bench.note"

    def org() -> str:
        return organisation()

    def pick() -> str:
        return chance.choice(PLACES)[:2] + " " + chance.choice(THINGS)[:2]

    measure("list, newest", lambda: views.list(big))
    far = deep(lambda cursor: views.list(big, cursor=cursor, limit=200), 50)
    measure("list, newest, from 10,000 on", lambda: views.list(big, cursor=far))
    measure("list, one filter", lambda: views.list(big, {"sender": org()}))
    measure("list, party", lambda: views.list(big, {PARTY: org()}))
    measure("list, two filters", lambda: views.list(big, {"sender": org(), "state": "offered"}))
    measure("list, two filters, both common", lambda: views.list(big, {PARTY: "org-1", "day": "2020-01-01"}))
    measure(
        "list, three filters", lambda: views.list(big, {PARTY: org(), "receiver": org(), "state": "checked"})
    )
    measure("list, several values", lambda: views.list(big, {"state": ["offered", "disputed", "checked"]}))
    measure("list, several common values", lambda: views.list(big, {"state": ["offered", "accepted"]}))
    measure("list by size", lambda: views.list(big, order="size"))
    measure("list by size, one filter", lambda: views.list(big, {"sender": org()}, order="size"))
    measure("list by size, a value of 0.5 %", lambda: views.list(big, {"state": "offered"}, order="size"))
    measure("list by size, a value of 98 %", lambda: views.list(big, {"state": "accepted"}, order="size"))
    measure(
        "list by size, two filters",
        lambda: views.list(big, {"sender": org(), "state": "offered"}, order="size"),
    )
    measure("datasets by title, theme and share", lambda: views.list(
        small, {"themes": chance.choice(THINGS), "share": "open"}, order="title", descending=False,
    ))  # fmt: skip
    measure("get", lambda: views.get(big, f"d-{chance.randrange(1000)}"))
    measure("get_many of 50", lambda: views.get_many(big, [f"d-{chance.randrange(1000)}" for _ in range(50)]))
    measure("count, two filters", lambda: views.count(big, {"sender": org(), "state": "accepted"}))
    measure("facets of all", lambda: views.facets(big, "state"))
    measure("facets of all, 10,000 values", lambda: views.facets(big, "dataset"))
    measure("facets of datasets under a filter", lambda: views.facets(small, "themes", {"share": "open"}))
    measure("facets under a common filter (bounded)", lambda: views.facets(big, "day", {"state": "accepted"}))
    measure("waiting for an organisation", lambda: views.waiting(org(), NEWEST))
    measure("overdue anywhere", lambda: views.waiting(None, NEWEST, overdue=True))
    measure("search datasets, a common word", lambda: views.search("监测", [small]))
    measure("search datasets, place and thing", lambda: views.search(pick(), [small]))
    measure("search datasets, English", lambda: views.search("water quality", [small]))
    measure("search datasets, one character", lambda: views.search("湖", [small]))
    measure("search datasets, a long run", lambda: views.search("洞庭湖水质监测数据", [small]))
    measure("search datasets, a number", lambda: views.search("7777", [small]))
    measure(
        "search datasets, filters",
        lambda: views.search("监测", [small], {"publisher": org(), "share": "open"}),
    )
    measure("search datasets, nothing there", lambda: views.search("珠穆朗玛", [small]))
    measure("search everything, two common words", lambda: views.search("监测 水质"))
    measure("search everything, one character", lambda: views.search("湖"))
    measure("search everything, English", lambda: views.search("monitoring quality"))
    measure("search notes, filters", lambda: views.search("监测", [text], {"author": org(), "kind": "a"}))
    after = deep(lambda cursor: views.search("水质", cursor=cursor, limit=200), 10)
    measure("search everything, from 2,000 on", lambda: views.search("水质", cursor=after))
    measure("count of a search", lambda: views.count(small, text="水质"))
    measure("facets of a search", lambda: views.facets(small, "themes", text="水质"))


if __name__ == "__main__":
    main()
