"""A folder of receipts in the form of `sample/`, and each receipt as the request that a till window would send."""

from __future__ import annotations

import csv
import gzip
import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from app.shop.money import WHOLE, line_amount
from app.shop.totals import Totals

SAMPLE = Path(str(files("app.replay"))) / "sample"
SPACE = uuid.UUID("6f7f3f1e-2a57-4a43-9d0a-6f0b1c7f7c51")  # the space of our sale ids: one receipt, one id, always
NOTE = 500  # cents: cash is given in fives, so that there is change


@dataclass(frozen=True)
class Receipt:
    """One receipt: its number in the data, its store (`s367`), and its lines as the rows of the file."""

    basket: str
    store: str
    customer: str
    rows: tuple[dict[str, str], ...]

    @property
    def sale(self) -> str:
        return str(uuid.uuid5(SPACE, self.basket))

    @property
    def totals(self) -> Totals:
        return Totals(1, len(self.rows), self._sum("sales_cents"), self._sum("coupon_cents"))

    def _sum(self, column: str) -> int:
        return sum(int(row[column]) for row in self.rows)

    def request(self, catalogue: Catalogue) -> dict[str, Any]:
        """What is posted to `/api/sales`. A line's price is left to the catalogue where the catalogue has the one that
        was paid; else it is keyed: the shelf price of the whole line."""
        total, coupon = self._sum("sales_cents"), self._sum("coupon_cents")
        cash = -(-(total - coupon) // NOTE) * NOTE
        tenders = [{"kind": "coupon", "amount": coupon}, {"kind": "cash", "amount": cash}]
        return {
            "sale": self.sale,
            "customer": f"customer:{self.customer}",
            "lines": [_line(row, catalogue) for row in self.rows],
            "tenders": [tender for tender in tenders if tender["amount"]],
            "total": total,
        }


def _line(row: dict[str, str], catalogue: Catalogue) -> dict[str, Any]:
    sku = row["product_id"]
    quantity = int(row["quantity"]) * (1 if sku in catalogue.measured else WHOLE)
    off = {"retail": int(row["retail_discount_cents"]), "coupon_match": int(row["coupon_match_cents"])}
    shelf = int(row["sales_cents"]) + sum(off.values())
    line: dict[str, Any] = {"product": f"product:{sku}", "quantity": quantity}
    price = catalogue.prices.get(sku)
    if price is None or line_amount({"amount": price}, quantity) != shelf:
        line["price"] = {"amount": shelf, "per": quantity}
    line["discounts"] = [{"kind": kind, "amount": amount} for kind, amount in off.items() if amount]
    return line


@dataclass(frozen=True)
class Catalogue:
    """What the replay must know of the products: prices in cents by SKU, and which are measured."""

    prices: dict[str, int]
    measured: frozenset[str]


class Data:
    """A folder with `products.csv.gz`, `customers.csv`, `receipts.csv.gz` and `totals.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.products = self._file("products")
        self.customers = self._file("customers")
        prices, measured = {}, set()
        for row in _rows(self.products):
            if row["price_cents"]:
                prices[row["product_id"]] = int(row["price_cents"])
            if row["sold_by"] not in ("", "unit"):
                measured.add(row["product_id"])
        self.catalogue = Catalogue(prices, frozenset(measured))
        self.receipts = list(self._receipts())
        with open(folder / "totals.json", encoding="utf-8") as file:
            self.totals = {f"s{store}": Totals(**sums) for store, sums in json.load(file).items()}

    def _file(self, name: str) -> Path:
        for path in (self.folder / f"{name}.csv.gz", self.folder / f"{name}.csv"):
            if path.exists():
                return path
        raise FileNotFoundError(f"{self.folder} has no {name}.csv.gz and no {name}.csv.")

    def _receipts(self) -> Iterator[Receipt]:
        baskets: dict[str, list[dict[str, str]]] = {}
        for row in _rows(self._file("receipts")):
            baskets.setdefault(row["basket_id"], []).append(row)
        for basket, rows in baskets.items():
            yield Receipt(basket, f"s{rows[0]['store_id']}", rows[0]["household_id"], tuple(rows))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    yield from csv.DictReader(io.StringIO(text))
