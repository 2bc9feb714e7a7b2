"""A file of products (`app.shop.recordfile`): its columns, its barcodes, and the categories that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from app.docs.database import Database
from app.docs.record import Record
from app.shop import recordfile
from app.shop.csvfile import ImportRefused, Row, unguarded
from app.shop.pricing import plans
from app.shop.range import columns
from app.shop.range.columns import ALIASES, COLUMNS, KNOWN, Context, Doc, category
from app.shop.range.many import BATCH, batches
from app.shop.reason import phrase, say
from app.shop.recordfile import Fault, Looked, RecordFile, Told, faults_csv

#: Bytes of a file: 50,000 products with all that is known of them take about ten million.
LARGEST = 32_000_000


class ProductFile(RecordFile):
    """A CSV file of products, with its header checked. Raises ImportRefused where it can't be read at all.

    `named`: a product without a name is called as its category, else as its number.
    """

    kind = "product"
    table = COLUMNS
    aliases: ClassVar = ALIASES
    keys: ClassVar = ("product_id",)
    amounts: ClassVar = ("price",)
    missing = say("The number of the product is missing.")
    twice = phrase("This product stands on line %(line)s already.")

    def __init__(self, data: bytes, name: str, company: Database, digits: int, *, named: bool = False, **how: Any):
        self.named = named
        #: Of the codes in the file, whose each is, and the products that the file speaks of. A code that stands at two
        #: products is the first one's.
        self._owners: dict[str, str] = {}
        self._inside: set[str] = set()
        super().__init__(data, name, company, digits, **how)
        if "price" in self.columns and "price_cents" in self.columns:
            raise ImportRefused(f"{name} has both “price” and “price_cents”: keep one of them.")
        if not self.columns:
            raise ImportRefused(f"{name} says nothing of its products; known columns are {', '.join(KNOWN)}.")

    def make_context(self, digits: int, decimal: str) -> Context:
        taxes = frozenset(record.id for record in self.company.each("tax"))
        stores = frozenset(record.id for record in self.company.each("store"))
        categories, named = category_names(self.company)
        inside = {
            self.id(self.number(row)) for row in self.file if "deposit" in self.columns or "variant_of" in self.columns
        }

        def there(id: str) -> bool:
            record = self.company.read(id)
            return id in inside or (record is not None and not record.deleted)

        return Context(digits, decimal, categories, taxes, stores, there, named)

    def new(self, number: str) -> Doc:
        codes = [] if "barcode" in self.columns else [number]
        head = {"_id": self.id(number), "type": "product", "schema": 1, "sku": number}
        return {**head, "name": "", "barcodes": codes, "category": None, "sold_by": "unit", "price": None}

    def cell(self, row: Row, number: str, column: str) -> str:
        text = super().cell(row, number, column)
        if column == "name" and not text and self.named:
            return super().cell(row, number, "category") or number
        return text

    # -- beside the others ---------------------------------------------------------------------------------------

    def begin(self) -> None:
        self._owners, self._inside = {}, set()
        if "barcode" not in self.columns:
            return
        for row in self.file:
            id = self.id(self.number(row))
            self._inside.add(id)
            for code in unguarded(row.values.get("barcode", "")).split():
                self._owners.setdefault(code, id)

    def across(self, before: Doc | None, after: Doc) -> Told | None:
        """Whether a barcode that the product gets is another's: in the file, or here and the file doesn't take it
        away."""
        known = set((before or {}).get("barcodes") or ())
        for code in after.get("barcodes") or ():
            if code in known:
                continue
            other = self._owners.get(code, str(after["_id"]))
            if other == after["_id"]:
                found = self.having("product_barcode", "barcodes", code)
                other = next((r.id for r in found if r.id != after["_id"] and r.id not in self._inside), other)
            if other != after["_id"]:
                own = other.partition(":")[2]
                return "barcode", say("The barcode %(code)s belongs to product %(other)s.", code=code, other=own)
        return None

    # -- what is written besides ---------------------------------------------------------------------------------

    def taken(self, row: Row, after: Doc, looked: Looked) -> None:
        id = after.get("category")
        if id and "category" in self.columns and id not in self.context.categories.values():
            looked.categories.setdefault(id, unguarded(row.values.get("category", "")))

    def prepare(self, looked: Looked, stamp: Doc) -> None:
        for batch in batches(looked.categories.items(), BATCH):
            with self.company.transaction():
                records = self.company.read_many([id for id, _ in batch])
                new = [
                    {**category(name), "_id": id, **stamp, **({"_rev": record.rev} if record is not None else {})}
                    for (id, name), record in zip(batch, records, strict=True)
                    if record is None or record.deleted
                ]
                if new:
                    self.company.bulk_docs(new)

    def stamp(self, before: Doc | None, after: Doc, at: str) -> Doc:
        return plans.priced(before, after, at)


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


def exported(records: Iterable[Record], context: Context, *, guard: bool, delimiter: str) -> Iterator[bytes]:
    """Products as a file (`recordfile.exported`)."""
    return recordfile.exported(
        columns.EXPORTED, records, lambda doc, column: columns.show(doc, column, context), guard=guard,
        delimiter=delimiter,
    )  # fmt: skip


def export_context(company: Database, digits: int, decimal: str) -> Context:
    return Context(digits, decimal, named=category_names(company)[1])


__all__ = ["Fault", "ImportRefused", "Looked", "ProductFile", "export_context", "exported", "faults_csv"]
