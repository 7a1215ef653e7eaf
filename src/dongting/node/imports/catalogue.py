"""Importing a catalogue: every row is checked as publishing would check it; all rows are taken or none.

The check runs the action itself on a reading of the ledger that keeps what it writes to itself. A row that
was published before with the same words counts as done, so that an import can be repeated at any time.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from dongting.appkit.context import Context
from dongting.appkit.shapes import Pair
from dongting.apps.catalogue import Dataset
from dongting.errors import Code, Fault, Refused, require
from dongting.node.drafting import ACTIONS
from dongting.node.imports.form import Column, columns, taken
from dongting.node.imports.sheet import MOST_ROWS, TOO_MANY_ROWS, rows
from dongting.sdk.client import Client

PUBLISH = ACTIONS["catalogue/publish"]
COLUMNS: tuple[Column, ...] = tuple(columns(PUBLISH.arguments, frozenset({"content"})))
_BATCH = 500  # statements in one request

NO_HEADER = Code(
    "imports", 4, "no-header",
    "None of the first rows names the columns {columns}; begin with the template.",
    "前几行中没有列名 {columns}；请使用模板。",
    status=400,
)  # fmt: skip
INVALID_ROWS = Code(
    "imports", 5, "invalid-rows",
    "{number} rows are not valid, so nothing was imported; see what is wrong with each: {first}",
    "{number} 行无效，未导入任何内容；请查看各行问题：{first}",
    status=400,
)  # fmt: skip
STOPPED = Code(
    "imports", 6, "import-stopped",
    "The ledger refused the row of {id} ({why}); {done} of {number} rows are on record. Import the file "
    "again: rows on record are passed over.",
    "账本拒绝了 {id} 所在行（{why}）；{number} 行中已有 {done} 行入账。"
    "请重新导入该文件：已入账的行将被跳过。",
    status=409,
)  # fmt: skip


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong with a row: its number as spreadsheets count, the column, and why, (English, Chinese)."""

    row: int
    column: Pair
    why: Pair


class Entry(msgspec.Struct, frozen=True):
    """A valid row: its arguments; `done` when the ledger has it already."""

    row: int
    arguments: dict[str, Any]
    done: bool


class Checked(msgspec.Struct, frozen=True):
    """What a file would import, and everything that is wrong with it."""

    entries: list[Entry]
    mistakes: list[Mistake]
    digest: str

    @property
    def fresh(self) -> list[Entry]:
        """What is not on record yet."""
        return [entry for entry in self.entries if not entry.done]


def check(data: bytes, author: str, known: Callable[[str], Dataset | None]) -> Checked:
    """Check a file for an organisation; `known` finds a dataset on the ledger."""
    found = rows(data)
    place, heads = _header(found)
    entries: list[Entry] = []
    mistakes: list[Mistake] = []
    rehearsal = _Rehearsal(author, known)
    body = [(number, cells) for number, cells in found[place + 1 :] if not _names_columns(cells)]
    require(len(body) <= MOST_ROWS, TOO_MANY_ROWS, most=MOST_ROWS)
    for number, cells in body:
        by_path = {path: cells[at] for at, path in heads.items() if at < len(cells)}
        arguments, wrong = taken(list(COLUMNS), by_path)
        mistakes += [Mistake(number, column.label, why) for column, why in wrong]
        if not wrong:
            outcome = _outcome(rehearsal, number, arguments)
            (entries if isinstance(outcome, Entry) else mistakes).append(outcome)  # type: ignore[arg-type]
    return Checked(entries, mistakes, hashlib.sha256(data).hexdigest())


def require_valid(checked: Checked) -> None:
    """Refuse a file of which one row is wrong."""
    wrong = {mistake.row for mistake in checked.mistakes}
    first = "; ".join(f"{m.row}: {m.column[0]} {m.why[0]}" for m in checked.mistakes[:3])
    require(not wrong, INVALID_ROWS, number=len(wrong), first=first)


def carry_out(client: Client, checked: Checked, progress: Callable[[int], None] = lambda _: None) -> int:
    """Sign and send what is not on record yet, as one batch; how many rows were published.

    Each statement's `cti` follows from organisation, file and row: sent twice, it counts once.
    """
    require_valid(checked)
    fresh, done = checked.fresh, 0
    for start in range(0, len(fresh), _BATCH):
        part = fresh[start : start + _BATCH]
        statements = [
            client.statements.sign(
                PUBLISH.name, f"{PUBLISH.about.name}/{entry.arguments['id']}", entry.arguments,
                nonce=_nonce(client.organisation or "", checked.digest, entry),
            )
            for entry in part
        ]  # fmt: skip
        for entry, fate in zip(part, client.submit(statements), strict=True):
            if fate.state != "accepted":
                why = fate.problem.code if fate.problem else fate.state
                raise Refused(STOPPED, id=entry.arguments["id"], why=why, done=done, number=len(fresh))
            done += 1
        progress(done)
    return done


def _nonce(organisation: str, digest: str, entry: Entry) -> bytes:
    said = msgspec.json.encode(["dongting/import", organisation, digest, entry.arguments["id"]])
    return hashlib.sha256(said).digest()[:16]


def _header(found: list[tuple[int, list[str]]]) -> tuple[int, dict[int, str]]:
    for place, (_, cells) in enumerate(found[:3]):
        if _names_columns(cells):
            named = {
                at: c.path for at, cell in enumerate(cells) for c in COLUMNS if cell and c.is_called(cell)
            }
            return place, named
    needed = ", ".join(column.label[0] for column in COLUMNS if column.required)
    raise Refused(NO_HEADER, columns=needed)


def _names_columns(cells: list[str]) -> bool:
    """Whether a row names all columns that must be there."""
    return all(
        any(cell and column.is_called(cell) for cell in cells) for column in COLUMNS if column.required
    )


def _outcome(rehearsal: "_Rehearsal", number: int, arguments: dict[str, Any]) -> Entry | Mistake:
    try:
        asked = msgspec.convert(arguments, PUBLISH.arguments)
    except msgspec.ValidationError as error:
        return _misfit(number, str(error))
    if rehearsal.same(asked):
        return Entry(number, arguments, True)
    try:
        PUBLISH.run(rehearsal, asked)
    except Refused as refused:
        return Mistake(number, ("row", "整行"), (refused.text("en"), refused.text("zh")))
    return Entry(number, arguments, False)


def _misfit(number: int, error: str) -> Mistake:
    """What the types say, in plain words where the column is known."""
    why, _, where = error.partition(" - at `$.")
    path = where.rstrip("`").partition("[")[0]
    missing = error.partition("missing required field `")[2].rstrip("`")
    column = next((c for c in COLUMNS if c.path == path or c.way[0] == (missing or path)), None)
    label = column.label if column else (path or missing or "row", path or missing or "整行")
    if missing:
        return Mistake(number, label, ("is missing", "未填写"))
    return Mistake(number, label, (f"does not fit: {why}", f"不符合要求：{why}"))


class _Rehearsal(Context):
    """A reading of the ledger on which an action runs without changing anything."""

    def __init__(self, author: str, known: Callable[[str], Dataset | None]) -> None:
        self._author = author
        self._known = known
        self._written: dict[str, Dataset] = {}

    @property
    def author(self) -> str:
        return self._author

    @property
    def time(self) -> int:
        return 0

    @property
    def height(self) -> int:
        return 0

    @property
    def version(self) -> int:
        return 1

    @property
    def network(self) -> str:
        return "0" * 64

    @property
    def profile(self) -> str:
        return "international"

    @property
    def roles(self) -> frozenset[str]:
        return frozenset()

    def get(self, record: type[Any], id: str) -> Any:
        if record is not Dataset:
            raise Fault(f"publishing reads {record.__name__}, which an import does not foresee")
        return self._written.get(id) or self._known(id)

    def put(self, record: Any) -> None:
        if isinstance(record, Dataset):
            self._written[record.id] = record

    def acts_for(self, organisation: str) -> bool:
        return organisation == self._author

    def supplied(self, protocol: type[Any]) -> Any:
        raise Fault(f"publishing asks for {protocol.__name__}, which an import does not foresee")

    def blank(self, leaf: int) -> str:
        raise Fault("publishing redacts nothing")

    def attempt(self, action: str, arguments: bytes) -> Code | None:
        raise Fault("publishing attempts nothing")

    def same(self, asked: Any) -> bool:
        """Whether the ledger has this very description, offered by the same organisation."""
        found = self._known(asked.id)
        return found is not None and found.publisher == self._author and all(
            getattr(found, name) == getattr(asked, name)
            for name in asked.__struct_fields__
            if name not in ("id", "content")
        )  # fmt: skip
