"""A CSV file of documents of one type (products, customers), looked through and then written.

    file → rows → what each says of its document → new, changed, unchanged, or wrong (line, column, reason)
                                                     └── apply: the same once more, in batches, each one commit

A column that a file doesn't have leaves its field as it is; an empty cell empties it. A document that somebody changed
after it was looked through is left out. The same file again changes nothing.
"""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.csvfile import CsvFile, ImportRefused, Row, guarded, unguarded
from app.shop.range import columns as cells
from app.shop.range.columns import Context, Doc, Read, Show, Wrong
from app.shop.range.many import BATCH, batches
from app.shop.reason import Reason, say

#: Rows whose changes are kept to be shown; all are counted, and every wrong row is kept.
SHOWN = 2000

Progress = Callable[[int], bool]
Told = tuple[str, Any]
"""A column ("" for the whole row), and what is wrong there."""


class Fault(NamedTuple):
    """What is wrong with a row: the line of the file that it begins on, its document's number, the column ("" for the
    whole), why, and its cells as they stood."""

    line: int
    key: str
    column: str
    reason: str
    cells: list[str]


@dataclass
class Looked:
    """A file that was looked through. `seen` has the revision of each document that would be written, None for new
    ones; `shown` are the first rows that would be: `{"line", "key", "name", "kind", "changes": [[column, before,
    after]]}`; `categories` are those that would be made, id → name."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, str | None] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)


class RecordFile(ABC):
    """A CSV file with its header checked. Raises ImportRefused where it can't be read at all.

    `encoding` None takes UTF-8 and nothing else, "" guesses; where not `lenient`, a column that isn't known refuses
    the file.
    """

    kind: ClassVar[str]
    table: ClassVar[Mapping[str, tuple[Read, Show | None]]]
    aliases: ClassVar[Mapping[str, str]]
    #: Columns that may name the document; the first of them that the file has does.
    keys: ClassVar[tuple[str, ...]]
    #: What is said where the number is missing, and where it stands in the file already.
    missing: ClassVar[Reason]
    twice: ClassVar[str]

    def __init__(
        self, data: bytes, name: str, company: Database, digits: int, *, encoding: str | None = "", delimiter: str = "",
        decimal: str = "", lenient: bool = True,
    ) -> None:  # fmt: skip
        self.company = company
        self._codes: dict[str, list[Record]] | None = None
        self.file = self.header(data, name, encoding=encoding, delimiter=delimiter or None, lenient=lenient)
        self.key = next((key for key in self.keys if key in self.file.columns), self.keys[0])
        self.columns = [name for name in self.file.columns if name in self.table]
        self.context = self.make_context(digits, decimal or self._decimal())

    @classmethod
    def header(
        cls, data: bytes, name: str, *, encoding: str | None = None, delimiter: str | None = None, lenient: bool = False
    ) -> CsvFile:
        """The file with its columns named. Raises ImportRefused."""
        source = io.BytesIO(data)
        source.name = name
        known = (*cls.keys, *cls.table)
        needed = cls.keys if len(cls.keys) == 1 else ()
        file = CsvFile(
            source, known, needed, encoding=encoding, delimiter=delimiter, aliases=cls.aliases, lenient=lenient
        )
        if not any(key in file.columns for key in cls.keys):
            named = " or ".join(f"“{key}”" for key in cls.keys)
            raise ImportRefused(
                f"{name} has no column {named}. Its first line must name the columns; known are {', '.join(known)}."
            )
        return file

    def _decimal(self) -> str:
        amounts = [name for name in self.amounts if name in self.columns]
        return cells.decimal_of([row.values.get(name, "") for row in self.file for name in amounts]) if amounts else "."

    # -- what each type says -------------------------------------------------------------------------------------

    #: Columns whose cells tell the decimal sign.
    amounts: ClassVar[tuple[str, ...]] = ()

    def make_context(self, digits: int, decimal: str) -> Context:
        return Context(digits, decimal)

    @abstractmethod
    def new(self, number: str) -> Doc:
        """The document that a new number begins as."""

    def cell(self, row: Row, number: str, column: str) -> str:
        """What a row says in a column."""
        return unguarded(row.values.get(column, ""))

    def refused(self, number: str, record: Record | None) -> Told | None:
        """Why this number can't be taken, before its row is read."""
        return None

    def begin(self) -> None:
        """Before a look: what of the whole file the rows are held against."""
        return

    def across(self, before: Doc | None, after: Doc) -> Told | None:
        """What is wrong with a row beside the others, and beside what is here."""
        return None

    def taken(self, row: Row, after: Doc, looked: Looked) -> None:
        """A row that would be written."""
        return

    def prepare(self, looked: Looked, stamp: Doc) -> None:
        """Before the rows are written: what they name, and isn't there."""
        return

    def stamp(self, before: Doc | None, after: Doc, at: str) -> Doc:
        """What else is written into a document that the file changes."""
        return {}

    def having(self, index: str, member: str, code: str) -> list[Record]:
        """The documents here that have a code in their list `member`, by its index; a file that isn't a node's own
        has none, and is read once."""
        if index in self.company.indexes:
            return self.company.find(index, code, limit=20)
        if self._codes is None:
            self._codes = {}
            for record in self.company.each(self.kind):
                codes = record.doc().get(member)
                for one in codes if isinstance(codes, list) else ():
                    self._codes.setdefault(str(one), []).append(record)
        return self._codes.get(code, [])

    # -- looking -------------------------------------------------------------------------------------------------

    def number(self, row: Row) -> str:
        return unguarded(row.values.get(self.key, ""))

    def id(self, number: str) -> str:
        return f"{self.kind}:{number}"

    def look(self, progress: Progress = lambda done: True) -> Looked:
        """Looks the file through; nothing is written. Ends early where `progress` says so."""
        looked, lines = Looked(), dict[str, int]()
        self.begin()
        for batch in batches(self.file, 500):
            numbers = [self.number(row) for row in batch]
            records = self.company.read_many([self.id(number) for number in numbers])
            for row, number, record in zip(batch, numbers, records, strict=True):
                looked.rows += 1
                for column, reason in self._look_at(row, number, record, looked, lines):
                    looked.faults.append(Fault(row.line, number, column, reason, row.cells))
            if not progress(looked.rows):
                break
        return looked

    def _look_at(
        self, row: Row, number: str, record: Record | None, looked: Looked, lines: dict[str, int]
    ) -> list[Told]:
        if row.reason is not None:
            if row.cells:
                own, most = len(row.cells), len(self.file.columns)
                return [("", say("The row has %(own)s columns, the first line names %(most)s.", own=own, most=most))]
            return [("", say("A quote in this row is not closed, or stands where none may."))]
        if not number:
            return [(self.key, self.missing)]
        if record is None and (len(number) > 60 or not number.isprintable() or " " in number):
            return [(self.key, say("The number must have 60 characters at most, and no spaces."))]
        if record is None and cells.SHORTENED.fullmatch(number) and not number.isdigit():
            return [(self.key, cells.shortened(number))]
        if number in lines:
            return [(self.key, Reason(self.twice, {"line": lines[number]}))]
        refused = self.refused(number, record)
        if refused is not None:
            return [refused]
        lines[number] = row.line
        before = record.full() if record is not None and not record.deleted else None
        after, faults = self.made(row, number, before)
        if faults:
            return faults
        if after is None:
            looked.unchanged += 1
            return []
        wrong = self.across(before, after)
        if wrong is not None:
            return [wrong]
        problem = next(iter(schemas.check(after)), None)
        if problem is not None:
            return [(problem.field.partition(".")[0], problem.reason)]
        self.taken(row, after, looked)
        looked.seen[after["_id"]] = None if record is None else record.rev
        looked.new += before is None
        looked.changed += before is not None
        if len(looked.shown) < SHOWN:
            looked.shown.append(self._shown(row, number, before, after))
        return []

    def made(self, row: Row, number: str, before: Doc | None) -> tuple[Doc | None, list[Told]]:
        """The document as the row has it, None where that is as it is; and what is wrong."""
        doc: Doc = dict(before) if before is not None else self.new(number)
        faults: list[Told] = []
        for column in self.columns:
            text = self.cell(row, number, column)
            read, shown = self.table[column]
            if before is None and not text:
                continue
            if before is not None and shown and text == shown(before, self.context).strip():
                continue
            try:
                fields = read(text, self.context, doc)
            except Wrong as fault:
                faults.append((column, fault.reason))
                continue
            for name, value in fields.items():
                if doc.get(name) != value:
                    doc[name] = value
        if before is None and not doc["name"]:
            faults.append(("name", say("The name is missing.")))
        return (None if before is not None and doc == before else doc), faults

    def _shown(self, row: Row, number: str, before: Doc | None, after: Doc) -> dict[str, Any]:
        changes = []
        for column in self.columns:
            show = self.table[column][1]
            was = show(before, self.context) if show and before is not None else ""
            now = show(after, self.context) if show else ""
            if was != now:
                changes.append([column, was[:200], now[:200]])
        shown = {"line": row.line, "key": number, "name": after["name"]}
        return {**shown, "kind": "new" if before is None else "changed", "changes": changes}

    # -- writing -------------------------------------------------------------------------------------------------

    def apply(
        self, looked: Looked, *, by: str | None, on: str, progress: Progress = lambda done: True,
        clock: clocks.Clock = clocks.now,
    ) -> dict[str, Any]:  # fmt: skip
        """Writes what was looked through: `{"written", "left", "stopped"}`, `left` the numbers of documents that
        somebody changed since (they are as they were). Ends after a batch where `progress` says so; the file again
        writes the rest."""
        self.prepare(looked, {"updated_at": clocks.stamp(clock()), "updated_by": by, "updated_on": on})
        written, left, done = 0, list[str](), 0
        rows = (row for row in self.file if row.reason is None and self.id(self.number(row)) in looked.seen)
        wrong = {fault.line for fault in looked.faults}
        for batch in batches((row for row in rows if row.line not in wrong), BATCH):
            with self.company.transaction():
                written += self._write(batch, looked, left, by, on, clocks.stamp(clock()))
            done += len(batch)
            if not progress(done):
                return {"written": written, "left": left, "stopped": done < len(looked.seen)}
        return {"written": written, "left": left, "stopped": False}

    def _write(self, batch: Sequence[Row], looked: Looked, left: list[str], by: str | None, on: str, at: str) -> int:
        writing: list[Doc] = []
        ids = [self.id(self.number(row)) for row in batch]
        for row, id, record in zip(batch, ids, self.company.read_many(ids), strict=True):
            before = record.full() if record is not None and not record.deleted else None
            after, faults = self.made(row, id.partition(":")[2], before)
            if after is None and not faults:
                continue  # it is so already: this file was applied before
            if faults or (record.rev if record is not None else None) != looked.seen[id]:
                left.append(id.partition(":")[2])
                continue
            assert after is not None
            stamp = {"updated_at": at, "updated_by": by, "updated_on": on, **self.stamp(before, after, at)}
            revision = {"_rev": record.rev} if record is not None else {}
            writing.append({**after, **stamp, **revision})
        results = self.company.bulk_docs(writing) if writing else []
        left += [
            doc["_id"].partition(":")[2] for doc, result in zip(writing, results, strict=True) if "error" in result
        ]
        return sum(1 for result in results if "error" not in result)


def faults_csv(faults: Sequence[Fault], header: Sequence[str], told: Callable[[str], str]) -> Iterator[bytes]:
    """The wrong rows as a file: their cells as they stood, then line, column and reason; safe in a spreadsheet."""
    yield "\ufeff".encode() + line([*header, "line", "column", "reason"])
    for fault in faults:
        own = (fault.cells + [""] * len(header))[: len(header)]
        yield line([*map(guarded, map(unguarded, own)), str(fault.line), fault.column, told(fault.reason)])


def exported(
    header: Sequence[str], records: Iterable[Record], show: Callable[[Doc, str], str], *, guard: bool, delimiter: str
) -> Iterator[bytes]:
    """Documents as a file, a header first; UTF-8 with its mark, as spreadsheets want it. The first column is the
    number."""
    yield "\ufeff".encode() + line(list(header), delimiter)
    for record in records:
        doc = record.full()
        own = [record.id.partition(":")[2], *(show(doc, column) for column in header[1:])]
        yield line([guarded(cell) for cell in own] if guard else own, delimiter)


def line(row: Sequence[str], delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerow(row)
    return out.getvalue().encode()
