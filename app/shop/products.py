"""The catalogue as a till asks it: by words, by category, by barcode; and its people."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from app.docs.database import Database
from app.docs.queries import RANKED
from app.docs.record import Record
from app.shop import sound

MOST = 500  # products on one page
FRESH = 2.0  # seconds for which category counts may be old while the catalogue is being changed


class Shelf(Protocol):
    """What a store makes of the catalogue: `pricing.book.Books` is one."""

    def current(self, product: dict[str, Any]) -> dict[str, Any]: ...
    def sells(self, product: Mapping[str, Any]) -> bool: ...
    def chooses(self) -> bool: ...


class Catalogue:
    """The products and categories of `company`. Answers are the documents themselves, with `_id` and `_rev`; of one
    that is not as it should be, what can be read (`sound.product`). With a `shelf`, a store's own: only what is in its
    range is listed and searched, at the prices of this moment."""

    def __init__(self, company: Database, shelf: Shelf | None = None) -> None:
        self.company = company
        self.shelf = shelf
        self._lock = threading.Lock()
        self._counted: tuple[int, float, list[dict[str, Any]]] | None = None

    def page(
        self,
        q: str | None = None,
        category: str | None = None,
        limit: int = 60,
        after: str | None = None,
        *,
        everywhere: bool = False,
    ) -> list[dict[str, Any]]:
        """A page of products that may be sold (not inactive) and that this store sells (`everywhere`: that any does).

        `q`: every word of it begins a word of the name, SKU, barcode or brand; the best first, one page only. Else
        all of `category`, or of the catalogue, by name, variants only as the product that they are variants of;
        `after` is the id of the last one of the page before.
        """
        limit = max(1, min(limit, MOST))
        if q is not None and q.strip():
            return self._searched(q, category, limit)
        last = self.company.read(after) if after is not None else None
        if after is not None and last is None:
            return []
        products: list[dict[str, Any]] = []
        while len(products) < limit:
            wanted = limit - len(products)
            found = self._browse(category, wanted, last)
            listed = [self._product(record) for record in found if not _inactive(record) and not _variant(record)]
            products += [product for product in listed if everywhere or self.sells(product)]
            if len(found) < wanted:
                break
            last = found[-1]
        return products

    def _searched(self, q: str, category: str | None, limit: int) -> list[dict[str, Any]]:
        wanted = limit * 2 + 20
        while True:
            found = self.company.search("product", q, limit=wanted)
            products = [self._product(record) for record in found if not _inactive(record)]
            products = [product for product in products if self.sells(product)]
            if category is not None:
                products = [product for product in products if product.get("category") == category]
            if len(products) >= limit or len(found) < wanted or wanted >= RANKED or self.shelf is None:
                return products[:limit]
            wanted = min(wanted * 8, RANKED)

    def sells(self, product: Mapping[str, Any]) -> bool:
        """Whether this store has it in its range; a catalogue that is no store's has everything."""
        return self.shelf is None or self.shelf.sells(product)

    def _product(self, record: Record) -> dict[str, Any]:
        product = sound.product(record.id, record.full())
        return product if self.shelf is None else self.shelf.current(product)

    def _browse(self, category: str | None, limit: int, after: Record | None) -> list[Record]:
        if category is None:
            return self.company.find("product_name", limit=limit, after=after)
        return self.company.find("product_category", category, limit=limit, after=after)

    def product(self, id: str) -> dict[str, Any] | None:
        """A product by its id (inactive ones too), or None."""
        record = self.company.read(id)
        return None if record is None or record.deleted or record.type != "product" else self._product(record)

    def by_barcode(self, code: str) -> list[dict[str, Any]]:
        """The products with this barcode; several when a code was given twice, and then a person chooses.

        What a scanner sends is tried in each way in which it may stand in the catalogue (`barcodes.readings`).
        """
        from app.shop.barcodes import readings  # which knows the catalogue

        for attempt in readings(code.strip()):
            found = self.with_barcode(attempt)
            if found:
                active = [product for product in found if not product.get("inactive")]
                return active or found
        return []

    def with_barcode(self, code: str) -> list[dict[str, Any]]:
        """The products that have exactly this barcode."""
        return [self._product(record) for record in self.company.find("product_barcode", code, limit=20)]

    def with_unit_barcode(self, code: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The products of which a packing has exactly this barcode, each with that packing."""
        products = [self._product(record) for record in self.company.find("product_unit_barcode", code, limit=20)]
        return [(product, unit) for product in products for unit in sound.units(product) if code in unit["barcodes"]]

    def with_item(self, item: str, zeroed: str) -> list[dict[str, Any]]:
        """The products that a code with a value in it means: by SKU, by barcode (`barcodes.candidates`)."""
        from app.shop.barcodes import candidates

        for tried in candidates(item, zeroed):
            found = [self._product(record) for record in self.company.find("product_sku", tried, limit=20)]
            found += [p for p in self.with_barcode(tried) if all(p["_id"] != each["_id"] for each in found)]
            if found:
                active = [product for product in found if not product.get("inactive")]
                return active or found
        return []

    def variants(self, id: str) -> list[dict[str, Any]]:
        """The products that are variants of this one and may be sold, by their `sort`, then by name."""
        found = self.company.find("product_variant", id, limit=MOST)
        variants = [self._product(record) for record in found if not _inactive(record)]
        return sorted(variants, key=lambda doc: doc["sort"] if sound.is_whole(doc.get("sort")) else 0)

    def has_variants(self, id: str) -> bool:
        return bool(self.company.find("product_variant", id, limit=1))

    def categories(self) -> list[dict[str, Any]]:
        """`[{"id", "name", "count", "parent", "sort", "colour", "picture"}]` of the categories that have products, by
        `sort`, then name. A category that products name but that has no document is called by its id."""
        now = time.monotonic()
        with self._lock:
            kept = self._counted
            if kept is not None and (kept[0] == self.company.last_n or now - kept[1] < FRESH):
                return kept[2]
            seen = self.company.last_n
            counts = {id: n for id, n in self.company.tally("product_category").items() if isinstance(id, str)}
            found = [_category(record, counts.pop(record.id)) for record in self._named(counts)]
            found += [{"id": id, "name": id.partition(":")[2] or id, "count": n} for id, n in counts.items()]
            found.sort(key=lambda entry: (entry.get("sort") or 0, entry["name"].casefold(), entry["id"]))
            if self.shelf is not None and self.shelf.chooses():
                # How many of a category are sold here only a walk through it would tell.
                found = [{**entry, "count": 0} for entry in found if self.page(None, entry["id"], 1)]
            self._counted = (seen, now, found)
            return found

    def _named(self, counts: dict[str, int]) -> list[Record]:
        records = self.company.read_many(sorted(counts))
        return [r for r in records if r is not None and not r.deleted and r.type == "category"]

    def customers(self, q: str | None = None, limit: int = 20) -> list[dict[str, Any]]:
        """Customers whose name, key, phone or e-mail has words that begin so; without `q` the first by name."""
        limit = max(1, min(limit, MOST))
        if q is not None and q.strip():
            found = self.company.search("customer", q, limit=limit)
        else:
            found = self.company.find("customer_name", limit=limit)
        return [doc for doc in (record.full() for record in found) if not doc.get("inactive") and not doc.get("erased")]


def _inactive(record: Record) -> bool:
    return '"inactive":true' in record.body and bool(record.doc().get("inactive"))


def _variant(record: Record) -> bool:
    return '"variant_of":"' in record.body and isinstance(record.doc().get("variant_of"), str)


def _category(record: Record, count: int) -> dict[str, Any]:
    doc = record.doc()
    shown = {key: doc[key] for key in ("parent", "colour", "picture") if sound.is_text(doc.get(key))}
    if sound.is_whole(doc.get("sort")):
        shown["sort"] = doc["sort"]
    return {"id": record.id, "name": str(doc.get("name") or record.id), "count": count, **shown}
