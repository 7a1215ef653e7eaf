"""Views are rebuilt while the former stay readable, also when the process is killed in the middle."""

import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

import dongting.store.views
from dongting.appkit.app import App, Record
from dongting.appkit.fields import Text
from dongting.store.rows import Block, Changed, Count
from dongting.store.views import Views

app = App("shelf", 1, Text(en="Shelf", zh="书架"))
NOTE = "shelf.note"
BATCH = 120  # small, so that a rebuild has many steps


@app.record(("Note", "笔记"), indexed=("owner",), searched=("text",))
class Note(Record):
    id: str
    owner: str
    text: str = "水质监测"


def blocks(count: int, each: int = 5) -> Iterator[Block]:
    """Each block holds new notes and one new version of a note of the block before."""
    versions: dict[str, int] = {}
    for height in range(count):
        notes = [Note(f"n-{height}-{i}", f"org-{i}") for i in range(each)]
        if height:
            notes.append(Note(f"n-{height - 1}-0", "org-revised", f"revised {height}"))
        changes = []
        for note in notes:
            versions[note.id] = versions.get(note.id, 0) + 1
            body = msgspec.json.encode(note)
            changes.append(Changed(NOTE, note.id, versions[note.id], height, height, height, body))
        yield Block(height, changes)


def broken(at: int) -> Iterator[Block]:
    """Blocks that cannot be read from that height on."""
    yield from blocks(at, each=50)
    raise OSError("the disk is gone")


def content(views: Views) -> object:
    """All that readers can see."""
    pages = (views.list(NOTE, limit=200), views.search("revised"), views.search("水质"))
    return views.height, views.facets(NOTE, "owner"), views.count(NOTE), [page.rows for page in pages]


@pytest.fixture
def views(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Views]:
    monkeypatch.setattr(dongting.store.views, "_BATCH", BATCH)
    views = Views(database, app.records.values())
    yield views
    views.close()


def test_rebuilt_views_equal_those_that_were_kept_up(views: Views) -> None:
    for block in blocks(30):
        views.apply(block.changes, block.height)
    kept = content(views)
    told: list[int] = []
    assert views.rebuild(blocks(30), told.append) == 29
    assert content(views) == kept
    assert told[-1] == 29
    assert views.rebuilding is None


def test_a_rebuild_of_an_empty_ledger_is_empty(views: Views) -> None:
    assert views.rebuild([]) == -1
    assert views.count(NOTE) == Count(0, True)


def test_the_former_views_are_read_and_kept_up_until_the_new_ones_are_whole(views: Views) -> None:
    source = list(blocks(8, each=50))
    for block in source[:4]:
        views.apply(block.changes, block.height)
    former = content(views)
    seen: list[object] = []
    views.rebuild(source[:6], lambda _: seen.append(content(views)))
    assert seen
    assert all(one == former for one in seen)
    assert views.height == 5
    assert views.apply(source[7].changes, 7, since=6) == 5
    assert views.apply([c for b in source[6:] for c in b.changes], 7, since=5) == 7


def test_a_second_rebuild_begins_anew(views: Views) -> None:
    views.rebuild(blocks(5))
    views.rebuild(blocks(9))
    assert views.height == 8


def test_a_rebuild_that_raised_goes_on_where_it_stopped(views: Views) -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        views.rebuild(broken(9))
    reached = views.rebuilding
    assert reached is not None
    assert reached > 0
    assert views.height == -1
    views.rebuild(block for block in blocks(12, each=50) if block.height > reached)
    assert views.height == 11
    assert views.count(NOTE) == Count(600, True)


def test_an_unfinished_rebuild_under_other_declarations_is_begun_anew(views: Views, database: str) -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        views.rebuild(broken(9))
    assert views.rebuilding is not None
    other = App("shelf", 1, Text(en="Shelf", zh="书架"))
    other.record(("Note", "笔记"), indexed=("owner", "text"), searched=("text",))(Note)
    later = Views(database, other.records.values())
    assert later.outdated
    later.rebuild(blocks(3))
    assert not later.outdated
    assert later.facets(NOTE, "text", limit=1).values == (("水质监测", 13),)
    later.close()


@pytest.mark.parametrize("kill_after", [0, 2, 5])
def test_a_rebuild_survives_a_kill(database: str, views: Views, kill_after: int) -> None:
    views.apply(next(blocks(1)).changes, 0)
    former = content(views)
    child = subprocess.Popen([sys.executable, __file__, database], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    for _ in range(kill_after + 1):
        assert child.stdout.readline()
    child.kill()
    child.wait()
    child.stdout.close()
    assert content(views) == former
    reached = views.rebuilding
    assert (reached is None and not kill_after) or (reached is not None and reached < 39)
    views.rebuild(blocks(40, each=50))
    assert views.height == 39
    assert views.rebuilding is None
    assert views.count(NOTE) == Count(2000, True)
    assert views.count(NOTE, {"owner": "org-revised"}) == Count(39, True)
    assert [row.version for row in views.versions(NOTE, "n-7-0").rows] == [2, 1]


if __name__ == "__main__":
    # The process that is killed: at its first line it has begun, at the others it has stored a height.
    dongting.store.views._BATCH = BATCH
    killed = Views(sys.argv[1], app.records.values())
    print("begun", flush=True)
    killed.rebuild(blocks(40, each=50), lambda height: print(height, flush=True))
