"""Products and customers from CSV files, checked row by row. Importing a file twice changes nothing.

Products: `product_id` (the SKU), `name`, `price_cents`, and as you have them `barcode` (several with spaces between;
the product id when there is no such column), `size`, `category`, `department`, `brand`, `manufacturer_id`, `sold_by`
(`unit`, or a measure: `volume`, `weight`, `measure`) and `unit` (of the measure). A blank price is an open one, keyed
at the till; the price of a measured product is that of one whole unit. A blank name is shown as the category, else as
the product id. Every category gets a document.

Customers: `household_id` or `customer_id`, and as you have them `name`, `email`, `phone`, `group`, `note`; `age`,
`income` and `household_size` are kept as attributes. This is the form of *The Complete Journey* data, with room for
more.

What a file says of a document counts; what it doesn't speak of (a picture, taxes, *inactive*) stays as it is.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from app.docs.database import Database
from app.shop import clock, schemas
from app.shop.csvfile import CsvFile, ImportRefused, Row
from app.shop.erasing.erase import is_erased
from app.shop.money import MAX_AMOUNT, WHOLE

__all__ = ["ImportRefused", "Report", "import_customers", "import_products", "read_customers", "read_products"]

Source = str | Path | BinaryIO | CsvFile

BATCH = 500  # documents a commit: a replicator or a sale never waits long behind one

PRODUCT_COLUMNS = (
    "product_id", "name", "size", "category", "department", "brand", "manufacturer_id", "sold_by", "price_cents",
    "barcode", "unit",
)  # fmt: skip
CUSTOMER_COLUMNS = (
    "household_id", "customer_id", "name", "email", "phone", "group", "note", "age", "income", "household_size",
)  # fmt: skip
MEASURES = {"volume": "gal", "weight": "lb", "measure": "kg"}  # what the unit is when no column says


@dataclass
class Report:
    """What an import did: rows read, documents new, changed and unchanged, rows refused (and where they were put)."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    reject_path: Path | None = None
    reasons: list[str] = field(default_factory=list)  # the first few refusals, in words

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "reject_path": str(self.reject_path) if self.reject_path else None}


class Refused(Exception):
    """One row can't be taken; the message says why."""


class Rejects:
    """The file of refused rows: their cells as they stood, then line and reason. Made with the first refusal."""

    def __init__(self, path: Path | None, columns: list[str], report: Report) -> None:
        self.path, self.columns, self.report = path, columns, report
        self._rows: list[list[str]] = []

    def add(self, row: Row, reason: str) -> None:
        self.report.rejected += 1
        if len(self.report.reasons) < 10:
            self.report.reasons.append(f"Line {row.line}: {reason}")
        cells = (row.cells + [""] * len(self.columns))[: len(self.columns)]
        self._rows.append([*cells, str(row.line), reason])

    def write(self) -> None:
        if self.path is None or not self._rows:
            return
        with open(self.path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*self.columns, "line", "reason"])
            writer.writerows(self._rows)
        self.report.reject_path = self.path


def read_products(source: str | Path | BinaryIO) -> CsvFile:
    """The file with its header checked, before anything is done for it. Raises ImportRefused."""
    return CsvFile(source, PRODUCT_COLUMNS, ("product_id", "name", "price_cents"))


def read_customers(source: str | Path | BinaryIO) -> CsvFile:
    """As `read_products`."""
    file = CsvFile(source, CUSTOMER_COLUMNS, ())
    if _customer_key(file) not in file.columns:
        raise ImportRefused(f"{file.name} has no column “customer_id” or “household_id”.")
    return file


def _customer_key(file: CsvFile) -> str:
    return "customer_id" if "customer_id" in file.columns else "household_id"


def import_products(
    source: Source, database: Database, reject_path: str | Path | None = None, *, by: str = "import"
) -> Report:
    """Products, and the categories they name, from a CSV file (plain or gzip) into `company`.

    Raises ImportRefused when the file as a whole can't be read. Refused rows are written to `reject_path` with the
    reason.
    """
    file = source if isinstance(source, CsvFile) else read_products(source)
    categories: dict[str, dict[str, Any]] = {}

    def document(values: Mapping[str, str]) -> list[dict[str, Any]]:
        made = product(values, has_barcodes="barcode" in file.columns)
        name = values.get("category", "")
        if name and made["category"] not in categories:
            categories[made["category"]] = category(name)
            return [categories[made["category"]], made]
        return [made]

    return _import(file, database, document, reject_path, "product_id", by)


def import_customers(
    source: Source, database: Database, reject_path: str | Path | None = None, *, by: str = "import"
) -> Report:
    """Customers from a CSV file into `company`; as `import_products`."""
    file = source if isinstance(source, CsvFile) else read_customers(source)
    key = _customer_key(file)
    return _import(file, database, lambda values: [customer(values, key)], reject_path, key, by)


# -- rows to documents -------------------------------------------------------------------------------------------


def product(values: Mapping[str, str], *, has_barcodes: bool) -> dict[str, Any]:
    """The product of a row. Raises Refused."""
    sku = _key(values.get("product_id", ""), "product_id")
    sold_by = values.get("sold_by", "").lower() or "unit"
    if sold_by != "unit" and sold_by not in MEASURES:
        raise Refused(f"sold_by is “{sold_by}”; known are unit, {', '.join(MEASURES)}.")
    barcodes = values.get("barcode", "").split() if has_barcodes else [sku]
    name = values.get("name") or values.get("category") or sku
    doc: dict[str, Any] = {
        "_id": f"product:{sku}",
        "type": "product",
        "schema": 1,
        "sku": sku,
        "name": name,
        "barcodes": list(dict.fromkeys(barcodes)),
        "category": f"category:{slug(values['category'])}" if values.get("category") else None,
        "department": values.get("department") or None,
        "brand": values.get("brand") or None,
        "size": values.get("size") or None,
        "sold_by": "unit",
        "price": _price(values.get("price_cents", "")),
    }
    if sold_by != "unit":
        doc |= {"sold_by": "measure", "unit": values.get("unit") or MEASURES[sold_by], "decimals": 3}
    elif values.get("unit"):
        doc["unit"] = values["unit"]
    if values.get("manufacturer_id"):
        doc["attributes"] = {"manufacturer_id": values["manufacturer_id"]}
    return doc


def category(name: str) -> dict[str, Any]:
    return {"_id": f"category:{slug(name)}", "type": "category", "schema": 1, "name": name}


def customer(values: Mapping[str, str], key: str) -> dict[str, Any]:
    """The customer of a row. Raises Refused."""
    known = _key(values.get(key, ""), key)
    usual = f"Household {known}" if key == "household_id" else known
    doc: dict[str, Any] = {
        "_id": f"customer:{known}",
        "type": "customer",
        "schema": 1,
        "key": known,
        "name": values.get("name") or usual,
    }
    doc |= {name: values[name] for name in ("email", "phone", "group", "note") if values.get(name)}
    details = {name: values[name] for name in ("age", "income", "household_size") if values.get(name)}
    if details:
        doc["attributes"] = details
    return doc


def slug(name: str) -> str:
    """`FRZN ICE` is `frzn-ice`: letters and digits of any script, small, hyphens between."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "-", text).strip("-") or "other"


def _key(text: str, column: str) -> str:
    if not text:
        raise Refused(f"{column} is missing.")
    if len(text) > 60 or not text.isprintable() or " " in text:
        raise Refused(f"{column} “{text[:60]}” is not usable: up to 60 characters, no spaces.")
    return text


def _price(text: str) -> dict[str, int] | None:
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,20}", text):
        raise Refused(f"price_cents “{text[:40]}” is not a whole number of cents.")
    cents = int(text)
    if cents < 0:
        raise Refused(f"price_cents {cents} is negative.")
    if cents > MAX_AMOUNT:
        raise Refused(f"price_cents {cents} is too large.")
    return {"amount": cents, "per": WHOLE}


# -- documents to the store --------------------------------------------------------------------------------------


def _import(
    file: CsvFile,
    database: Database,
    document: Callable[[Mapping[str, str]], list[dict[str, Any]]],
    reject_path: str | Path | None,
    key: str,
    by: str,
) -> Report:
    report = Report()
    rejects = Rejects(Path(reject_path) if reject_path else None, file.columns, report)
    batch: list[tuple[Row, dict[str, Any]]] = []
    try:
        for row, doc in _documents(file, document, key, report, rejects):
            batch.append((row, doc))
            if len(batch) >= BATCH:
                _store(batch, database, report, rejects, by)
                batch = []
        _store(batch, database, report, rejects, by)
    finally:
        rejects.write()
    return report


def _documents(
    file: CsvFile,
    document: Callable[[Mapping[str, str]], list[dict[str, Any]]],
    key: str,
    report: Report,
    rejects: Rejects,
) -> Iterator[tuple[Row, dict[str, Any]]]:
    lines: dict[str, int] = {}
    for row in file:
        report.rows += 1
        reason = row.reason
        if reason is None and row.values.get(key) in lines:
            reason = f"{key} {row.values[key]} stands on line {lines[row.values[key]]} already."
        if reason is None:
            try:
                made = document(row.values)
                faults = [problem for doc in made for problem in schemas.check(doc)]
                reason = f"{faults[0].field}: {faults[0].reason}" if faults else None
            except Refused as refused:
                reason = str(refused)
        if reason is not None:
            rejects.add(row, reason)
            continue
        lines[row.values[key]] = row.line
        for doc in made:
            yield row, doc


def _store(
    batch: list[tuple[Row, dict[str, Any]]], database: Database, report: Report, rejects: Rejects, by: str
) -> None:
    """Writes what is new or changed, in one commit. The revisions are read in the same transaction: nobody comes
    between."""
    if not batch:
        return
    stamp = {"updated_at": clock.stamp(clock.now()), "updated_by": by, "updated_on": database.name}
    with database.transaction():
        writing: list[tuple[Row, dict[str, Any]]] = []
        records = database.read_many([doc["_id"] for _, doc in batch])
        for (row, doc), record in zip(batch, records, strict=True):
            counted = doc["type"] != "category"
            if record is None:
                writing.append((row, {**doc, **stamp}))
                report.created += counted
                continue
            if is_erased(record):
                rejects.add(row, "This person’s data were erased. Give a person who comes back another number.")
                continue
            before = {} if record.deleted else record.doc()
            after = {**before, **{name: value for name, value in doc.items() if name != "_id"}}
            if after == before:
                report.unchanged += counted
                continue
            report.updated += counted
            writing.append((row, {**after, "_id": doc["_id"], "_rev": record.rev, **stamp}))
        if writing:
            results = database.bulk_docs([doc for _, doc in writing])
            for (row, _), result in zip(writing, results, strict=True):
                if "error" in result:
                    rejects.add(row, f"{result['error']}: {result['reason']}")
