"""A file of products looked through, and then written: what is new, changed, unchanged and wrong, before anything is.

    file → rows → what each says of its document → new, changed, unchanged, or wrong (line, column, reason)
                                                     └── apply: the same once more, in batches, each one commit

A product that somebody changed after it was looked through is left out. The same file again changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.csvfile import CsvFile, ImportRefused, Row, guarded, unguarded
from app.shop.importing import category as category_doc
from app.shop.pricing import plans
from app.shop.range import columns
from app.shop.range.columns import ALIASES, COLUMNS, KNOWN, Context, Doc, Wrong
from app.shop.range.many import BATCH, batches
from app.shop.reason import say

#: Rows whose changes are kept to be shown; all are counted, and every wrong row is kept.
SHOWN = 2000
#: Bytes of a file: 50,000 products with all that is known of them take about ten million.
LARGEST = 32_000_000

Progress = Callable[[int], bool]


class Fault(NamedTuple):
    """What is wrong with a row: the line of the file that it begins on, the column ("" for the whole), and why."""

    line: int
    product: str
    column: str
    reason: str
    cells: list[str]


@dataclass
class Looked:
    """A file that was looked through. `seen` has the revision of each product that would be written, None for new
    ones; `shown` are the first rows that would be: `{"line", "product", "name", "kind", "changes": [[column, before,
    after]]}`; `categories` are those that would be made, id → name."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, str | None] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)


class ProductFile:
    """A CSV file of products, with its header checked. Raises ImportRefused where it can't be read at all."""

    def __init__(
        self, data: bytes, name: str, company: Database, digits: int, *, encoding: str = "", delimiter: str = "",
        decimal: str = "",
    ) -> None:  # fmt: skip
        source = io.BytesIO(data)
        source.name = name
        self.company = company
        self.file = CsvFile(
            source, KNOWN, ("product_id",), encoding=encoding, delimiter=delimiter or None, aliases=ALIASES,
            lenient=True,
        )  # fmt: skip
        self.columns = [name for name in self.file.columns if name in COLUMNS]
        if "price" in self.columns and "price_cents" in self.columns:
            raise ImportRefused(f"{name} has both “price” and “price_cents”: keep one of them.")
        if not self.columns:
            raise ImportRefused(f"{name} says nothing of its products; known columns are {', '.join(KNOWN)}.")
        self.context = self._context(digits, decimal or self._decimal())

    def _decimal(self) -> str:
        return (
            columns.decimal_of([row.values.get("price", "") for row in self.file]) if "price" in self.columns else "."
        )

    def _context(self, digits: int, decimal: str) -> Context:
        taxes = frozenset(record.id for record in self.company.each("tax"))
        stores = frozenset(record.id for record in self.company.each("store"))
        categories, named = category_names(self.company)
        inside = {
            f"product:{self._number(row)}"
            for row in self.file
            if "deposit" in self.columns or "variant_of" in self.columns
        }

        def there(id: str) -> bool:
            record = self.company.read(id)
            return id in inside or (record is not None and not record.deleted)

        return Context(digits, decimal, categories, taxes, stores, there, named)

    @staticmethod
    def _number(row: Row) -> str:
        return unguarded(row.values.get("product_id", ""))

    # -- looking -------------------------------------------------------------------------------------------------

    def look(self, progress: Progress = lambda done: True) -> Looked:
        """Looks the file through; nothing is written. Ends early where `progress` says so."""
        looked, lines, codes = Looked(), dict[str, int](), self._codes()
        for batch in batches(self.file, 500):
            numbers = [self._number(row) for row in batch]
            records = self.company.read_many([f"product:{number}" for number in numbers])
            for row, number, record in zip(batch, numbers, records, strict=True):
                looked.rows += 1
                self._look_at(row, number, record, looked, lines, codes)
            if not progress(looked.rows):
                break
        return looked

    def _codes(self) -> tuple[dict[str, str], set[str]]:
        """Of the codes in the file, whose each is; and the products that the file speaks of. A code that stands at two
        products is the first one's."""
        owners: dict[str, str] = {}
        inside: set[str] = set()
        if "barcode" not in self.columns:
            return owners, inside
        for row in self.file:
            number = self._number(row)
            inside.add(f"product:{number}")
            for code in unguarded(row.values.get("barcode", "")).split():
                owners.setdefault(code, f"product:{number}")
        return owners, inside

    def _look_at(
        self, row: Row, number: str, record: Record | None, looked: Looked, lines: dict[str, int],
        codes: tuple[dict[str, str], set[str]],
    ) -> None:  # fmt: skip
        def wrong(column: str, reason: str) -> None:
            looked.faults.append(Fault(row.line, number, column, reason, row.cells))

        if row.reason is not None:
            if row.cells:
                own, most = len(row.cells), len(self.file.columns)
                return wrong("", say("The row has %(own)s columns, the first line names %(most)s.", own=own, most=most))
            return wrong("", say("A quote in this row is not closed, or stands where none may."))
        if not number:
            return wrong("product_id", say("The number of the product is missing."))
        if record is None and (len(number) > 60 or not number.isprintable() or " " in number):
            return wrong("product_id", say("The number must have 60 characters at most, and no spaces."))
        if record is None and columns.SHORTENED.fullmatch(number) and not number.isdigit():
            reason = say(
                "A spreadsheet has shortened “%(text)s”: make the column text, and fill it in anew.", text=number
            )
            return wrong("product_id", reason)
        if number in lines:
            return wrong("product_id", say("This product stands on line %(line)s already.", line=lines[number]))
        lines[number] = row.line
        before = record.full() if record is not None and not record.deleted else None
        after, faults = self.made(row, number, before)
        for column, reason in faults:
            wrong(column, reason)
        if faults:
            return None
        if after is None:
            looked.unchanged += 1
            return None
        double = self._double(before, after, codes)
        if double is not None:
            return wrong("barcode", double)
        problem = next(iter(schemas.check(after)), None)
        if problem is not None:
            return wrong(problem.field.partition(".")[0], problem.reason)
        self._new_category(row, after, looked)
        looked.seen[after["_id"]] = None if record is None else record.rev
        looked.new += before is None
        looked.changed += before is not None
        if len(looked.shown) < SHOWN:
            looked.shown.append(self._row(row, before, after))
        return None

    def made(self, row: Row, number: str, before: Doc | None) -> tuple[Doc | None, list[tuple[str, Any]]]:
        """The document as the row has it, None where that is as it is; and what is wrong, `(column, reason)`."""
        head = {"_id": f"product:{number}", "type": "product", "schema": 1, "sku": number}
        codes = [] if "barcode" in self.columns else [number]
        usual = {"name": "", "barcodes": codes, "category": None, "sold_by": "unit", "price": None}
        doc: Doc = dict(before) if before is not None else {**head, **usual}
        faults: list[tuple[str, Any]] = []
        for column in self.columns:
            text = unguarded(row.values.get(column, ""))
            if before is None and not text:
                continue
            if before is not None and COLUMNS[column][1] and text == columns.show(before, column, self.context).strip():
                continue
            try:
                fields = COLUMNS[column][0](text, self.context, doc)
            except Wrong as fault:
                faults.append((column, fault.reason))
                continue
            for name, value in fields.items():
                if doc.get(name) != value:
                    doc[name] = value
        if before is None and not doc["name"]:
            faults.append(("name", say("The name is missing.")))
        return (None if before is not None and doc == before else doc), faults

    def _double(self, before: Doc | None, after: Doc, codes: tuple[dict[str, str], set[str]]) -> Any:
        """Whether a barcode that the product gets is another's: in the file, or here and the file doesn't take it
        away."""
        owners, inside = codes
        known = set((before or {}).get("barcodes") or ())
        for code in after.get("barcodes") or ():
            if code in known:
                continue
            other = owners.get(code, str(after["_id"]))
            if other == after["_id"]:
                found = self.company.find("product_barcode", code, limit=3)
                other = next((r.id for r in found if r.id != after["_id"] and r.id not in inside), other)
            if other != after["_id"]:
                return say(
                    "The barcode %(code)s belongs to product %(other)s.", code=code, other=other.partition(":")[2]
                )
        return None

    def _new_category(self, row: Row, after: Doc, looked: Looked) -> None:
        id = after.get("category")
        if id and "category" in self.columns and id not in self.context.categories.values():
            looked.categories.setdefault(id, unguarded(row.values.get("category", "")))

    def _row(self, row: Row, before: Doc | None, after: Doc) -> dict[str, Any]:
        changes = []
        for column in self.columns:
            was = columns.show(before, column, self.context) if before is not None else ""
            now = columns.show(after, column, self.context)
            if was != now:
                changes.append([column, was[:200], now[:200]])
        shown = {"line": row.line, "product": after["sku"], "name": after["name"]}
        return {**shown, "kind": "new" if before is None else "changed", "changes": changes}

    # -- writing -------------------------------------------------------------------------------------------------

    def apply(
        self, looked: Looked, *, by: str | None, on: str, progress: Progress = lambda done: True,
        clock: clocks.Clock = clocks.now,
    ) -> dict[str, Any]:  # fmt: skip
        """Writes what was looked through: `{"written", "left", "stopped"}`, `left` the numbers of products that
        somebody changed since (they are as they were). Ends after a batch where `progress` says so; the file again
        writes the rest."""
        self._write_categories(looked, by, on, clocks.stamp(clock()))
        written, left, done = 0, list[str](), 0
        rows = (row for row in self.file if row.reason is None and f"product:{self._number(row)}" in looked.seen)
        wrong = {fault.line for fault in looked.faults}
        for batch in batches((row for row in rows if row.line not in wrong), BATCH):
            with self.company.transaction():
                written += self._write(batch, looked, left, by, on, clocks.stamp(clock()))
            done += len(batch)
            if not progress(done):
                return {"written": written, "left": left, "stopped": done < len(looked.seen)}
        return {"written": written, "left": left, "stopped": False}

    def _write_categories(self, looked: Looked, by: str | None, on: str, at: str) -> None:
        stamp = {"updated_at": at, "updated_by": by, "updated_on": on}
        for batch in batches(looked.categories.items(), BATCH):
            with self.company.transaction():
                records = self.company.read_many([id for id, _ in batch])
                new = [
                    {**category_doc(name), "_id": id, **stamp, **({"_rev": record.rev} if record is not None else {})}
                    for (id, name), record in zip(batch, records, strict=True)
                    if record is None or record.deleted
                ]
                if new:
                    self.company.bulk_docs(new)

    def _write(self, batch: Sequence[Row], looked: Looked, left: list[str], by: str | None, on: str, at: str) -> int:
        writing: list[Doc] = []
        ids = [f"product:{self._number(row)}" for row in batch]
        for row, id, record in zip(batch, ids, self.company.read_many(ids), strict=True):
            before = record.full() if record is not None and not record.deleted else None
            after, faults = self.made(row, id.partition(":")[2], before)
            if after is None and not faults:
                continue  # it is so already: this file was applied before
            if faults or (record.rev if record is not None else None) != looked.seen[id]:
                left.append(id.partition(":")[2])
                continue
            assert after is not None
            stamp = {"updated_at": at, "updated_by": by, "updated_on": on, **plans.priced(before, after, at)}
            revision = {"_rev": record.rev} if record is not None else {}
            writing.append({**after, **stamp, **revision})
        results = self.company.bulk_docs(writing) if writing else []
        left += [doc["sku"] for doc, result in zip(writing, results, strict=True) if "error" in result]
        return sum(1 for result in results if "error" not in result)


def category_names(company: Database) -> tuple[dict[str, str], dict[str, str]]:
    """Name of a category (in small letters) → its id, with every id among the values; and id → the name that it is
    written by: where no other has that name."""
    by_name: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for record in company.each("category"):
        name = str(record.doc().get("name") or "").strip()
        names[record.id] = name
        by_name.setdefault(name.casefold(), []).append(record.id)
    found = {name: ids[0] for name, ids in by_name.items() if name}
    found |= {f"category:{id}": id for id in names}
    plain = {id: name for id, name in names.items() if name and by_name[name.casefold()] == [id] and _kept(name)}
    return found, plain


def _kept(name: str) -> bool:
    """Whether a name comes back from a cell as it was."""
    return not name.startswith("category:") and name == name.strip() and len(name) <= 100


def faults_csv(faults: Sequence[Fault], header: Sequence[str], told: Callable[[str], str]) -> Iterator[bytes]:
    """The wrong rows as a file: their cells as they stood, then line, column and reason; safe in a spreadsheet."""
    yield "\ufeff".encode() + _line([*header, "line", "column", "reason"])
    for fault in faults:
        cells = (fault.cells + [""] * len(header))[: len(header)]
        yield _line([*map(guarded, map(unguarded, cells)), str(fault.line), fault.column, told(fault.reason)])


def exported(
    company: Database, records: Iterator[Record], context: Context, *, guard: bool, delimiter: str
) -> Iterator[bytes]:
    """Products as a file, a header first; UTF-8 with its mark, as spreadsheets want it."""
    yield "\ufeff".encode() + _line(list(columns.EXPORTED), delimiter)
    for record in records:
        doc = record.full()
        cells = [columns.show(doc, column, context) for column in columns.EXPORTED]
        yield _line([guarded(cell) for cell in cells] if guard else cells, delimiter)


def export_context(company: Database, digits: int, decimal: str) -> Context:
    return Context(digits, decimal, named=category_names(company)[1])


def _line(cells: Sequence[str], delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerow(cells)
    return out.getvalue().encode()


__all__ = ["Fault", "ImportRefused", "Looked", "ProductFile", "export_context", "exported", "faults_csv"]
