"""A file of customers: looked through first (new, changed, unchanged, wrong, row by row), then written; and the export.

A row names its customer by `customer_id`. What the file has no column for stays as it is, an empty cell empties the
field. The same file again changes nothing; a customer that somebody changed in between is left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.csvfile import CsvFile, ImportRefused, Row, guarded, unguarded
from app.shop.money import MAX_AMOUNT
from app.shop.reason import say

COLUMNS: Final = (
    "customer_id", "name", "group", "email", "phone", "address", "tax_number", "note", "cards", "account_limit",
    "inactive",
)  # fmt: skip
ALIASES: Final = {"household_id": "customer_id", "card": "cards"}
#: Bytes of a file: 50,000 customers take about five million.
LARGEST: Final = 16_000_000
BATCH: Final = 500
#: Rows of which the changes are kept to be shown.
SHOWN: Final = 1000
YES, NO = ("yes", "true", "1", "x"), ("", "no", "false", "0")


class Fault(NamedTuple):
    """What is wrong with a row: its line in the file, its customer, the column ("" for the whole), why, its cells."""

    line: int
    key: str
    column: str
    reason: str
    cells: list[str]


@dataclass
class Looked:
    """A file that was looked through. `writing`: what each new or changed row writes, with the revision it was read at
    (None: new); `shown`: `{"line", "key", "name", "kind", "changes": [[column, before, after]]}`."""

    columns: list[str]
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    writing: list[tuple[str | None, dict[str, Any]]] = field(default_factory=list)


class Wrong(Exception):
    """A cell that can't be taken: the column, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def look(data: bytes, name: str, company: Database, digits: int) -> Looked:
    """Looks a file through; nothing is written. Raises ImportRefused where it can't be read at all."""
    if not data.strip():
        raise ImportRefused(f"{name} is empty.")
    source = io.BytesIO(data)
    source.name = name
    file = CsvFile(source, COLUMNS, ("customer_id",), encoding="", aliases=ALIASES, lenient=True)
    found = Looked(list(file.columns))
    columns = [column for column in file.columns if column in COLUMNS and column != "customer_id"]
    lines: dict[str, int] = {}
    cards: dict[str, str] = {}
    batch: list[Row] = []
    for row in file:
        batch.append(row)
        if len(batch) == BATCH:
            _look(batch, columns, company, digits, found, lines, cards)
            batch = []
    _look(batch, columns, company, digits, found, lines, cards)
    return found


def _look(
    batch: list[Row], columns: list[str], company: Database, digits: int, found: Looked, lines: dict[str, int],
    cards: dict[str, str],
) -> None:  # fmt: skip
    keys = [unguarded(row.values.get("customer_id", "")).strip() for row in batch]
    records = company.read_many([f"customer:{key}" for key in keys])
    for row, key, record in zip(batch, keys, records, strict=True):
        found.rows += 1
        try:
            _row(row, key, record, columns, company, digits, found, lines, cards)
        except Wrong as wrong:
            found.faults.append(Fault(row.line, key, wrong.column, wrong.reason, row.cells))


def _row(
    row: Row, key: str, record: Record | None, columns: list[str], company: Database, digits: int, found: Looked,
    lines: dict[str, int], cards: dict[str, str],
) -> None:  # fmt: skip
    if row.reason is not None:
        if not row.cells:
            raise Wrong("", say("A quote in this row is not closed, or stands where none may."))
        own, most = len(row.cells), len(found.columns)
        raise Wrong("", say("The row has %(own)s columns, the first line names %(most)s.", own=own, most=most))
    if not key:
        raise Wrong("customer_id", say("The number of the customer is missing."))
    if len(key) > 60 or not key.isprintable() or " " in key:
        raise Wrong("customer_id", say("This is no number of a customer: 60 characters at most, no spaces."))
    if key in lines:
        raise Wrong("customer_id", say("This customer stands on line %(line)s already.", line=lines[key]))
    there = record is not None and not record.deleted
    if record is not None and there and record.doc().get("erased"):
        reason = say("This person’s data were erased. Give a person who comes back another number.")
        raise Wrong("customer_id", reason)
    if record is not None and record.conflicts:
        raise Wrong("", say("Two versions of this customer wait for a decision: choose there first."))
    given = {column: _cell(column, row.values.get(column, ""), digits) for column in columns}
    before = record.full() if record is not None and there else {}
    base = {"type": "customer", "schema": 1, "key": key, "name": key}
    after = {**(before or base), **{name: value for name, value in given.items()}}
    if before:
        after = {k: v for k, v in after.items() if v is not None or before.get(k) is not None or k in before}
    else:
        after = {k: v for k, v in after.items() if v is not None}
    problems = schemas.check({k: v for k, v in after.items() if not k.startswith("_")})
    if problems:
        raise Wrong(problems[0].field.partition(".")[0], problems[0].reason)
    if not str(after.get("name") or "").strip():
        raise Wrong("name", say("The name is missing."))
    _cards(given.get("cards") or [], key, company, cards)
    lines[key] = row.line
    changes = [
        [column, _shown(column, before.get(column), digits), _shown(column, after.get(column), digits)]
        for column in columns
        if (before.get(column) or None) != (after.get(column) or None)
    ]
    if before and not changes:
        found.unchanged += 1
        return
    kind = "changed" if before else "new"
    found.changed += kind == "changed"
    found.new += kind == "new"
    if len(found.shown) < SHOWN:
        shown = {"line": row.line, "key": key, "name": str(after.get("name") or key), "kind": kind, "changes": changes}
        found.shown.append(shown)
    body = {name: value for name, value in after.items() if not name.startswith("_")}
    found.writing.append((str(before["_rev"]) if before else None, {"_id": f"customer:{key}", **body}))


def _cards(given: list[str], key: str, company: Database, cards: dict[str, str]) -> None:
    for code in given:
        owner = cards.setdefault(code, key)
        for record in company.find("customer_card", code, limit=20):
            doc = record.doc()
            if record.id != f"customer:{key}" and not doc.get("erased") and not doc.get("inactive"):
                owner = record.id.partition(":")[2]
        if owner != key:
            raise Wrong("cards", say("The card %(code)s belongs to another customer.", code=code))


def _cell(column: str, text: str, digits: int) -> Any:
    text = unguarded(text).strip()
    if column == "address":
        return [line.strip() for line in re.split(r"[\n|]", text) if line.strip()]
    if column == "cards":
        return list(dict.fromkeys(text.split()))
    if column == "inactive":
        if text.lower() not in (*YES, *NO):
            raise Wrong(column, say("“%(text)s” is neither yes nor no.", text=text[:40]))
        return text.lower() in YES
    if column == "account_limit":
        return _amount(text, digits) if text else None
    return text or (None if column != "name" else "")


def _amount(text: str, digits: int) -> int:
    found = re.fullmatch(r"(\d{1,15})(?:[.,](\d+))?", text)
    if found is None or len(found[2] or "") > digits:
        raise Wrong("account_limit", say("“%(text)s” is no amount.", text=text[:40]))
    amount = int(found[1] + (found[2] or "").ljust(digits, "0"))
    if amount > MAX_AMOUNT:
        raise Wrong("account_limit", say("“%(text)s” is too large.", text=text[:40]))
    return amount


def _shown(column: str, value: Any, digits: int) -> str:
    if value is None or value == [] or value == "":
        return ""
    if column == "account_limit" and isinstance(value, int):
        text = str(value).rjust(digits + 1, "0")
        return f"{text[:-digits]}.{text[-digits:]}" if digits else text
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return ("|" if column == "address" else " ").join(str(one) for one in value)
    return str(value)


def apply(found: Looked, company: Database, *, by: str | None, on: str) -> dict[str, Any]:
    """Writes what was looked through, in batches, each one commit: `{"written", "left_out", "left": [key]}`. What is
    another one by now is left out, and what stands there already is nothing to do."""
    written, left = 0, list[str]()
    for start in range(0, len(found.writing), BATCH):
        part = found.writing[start : start + BATCH]
        stamps = {"updated_at": clocks.stamp(clocks.now()), "updated_by": by, "updated_on": on}
        with company.transaction():
            docs = []
            for (rev, doc), record in zip(part, company.read_many([doc["_id"] for _, doc in part]), strict=True):
                now = None if record is None or record.deleted else record.rev
                if now != rev:
                    own = {} if record is None or record.deleted else record.full()
                    if any(own.get(name) != value for name, value in doc.items() if not name.startswith("updated_")):
                        left.append(str(doc["_id"]).partition(":")[2])
                    continue
                docs.append({**doc, **stamps, **({"_rev": record.rev} if record is not None else {})})
            results = company.bulk_docs(docs) if docs else []
            written += sum("error" not in result for result in results)
    return {"written": written, "left_out": len(left), "left": left[:100]}


def wrong_csv(found: Looked, tell: Callable[[str], str]) -> bytes:
    """The wrong rows as they stood, with line, column and reason: put right, they are the next file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*found.columns, "line", "column", "reason"])
    for fault in found.faults:
        cells = (fault.cells + [""] * len(found.columns))[: len(found.columns)]
        writer.writerow([*cells, fault.line, fault.column, guarded(tell(fault.reason))])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def exported(company: Database, digits: int, *, guard: bool = True) -> Iterator[bytes]:
    """Every customer that is not erased, as CSV in parts, by number of change; `guard`: no cell is a formula."""
    yield b"\xef\xbb\xbf" + (",".join(COLUMNS) + "\r\n").encode()
    out = io.StringIO()
    writer = csv.writer(out)
    for count, record in enumerate(company.each("customer"), 1):
        doc = record.doc()
        if not doc.get("erased"):
            cells = [record.id.partition(":")[2], *(_shown(name, doc.get(name), digits) for name in COLUMNS[1:])]
            writer.writerow([guarded(cell) for cell in cells] if guard else cells)
        if count % BATCH == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()
