"""A small file of prices to plan: `product_id` or `barcode`, and `price`."""

from __future__ import annotations

import io
from typing import Any

from app.docs.database import Database
from app.shop.csvfile import CsvFile, ImportRefused, unguarded
from app.shop.money import WHOLE
from app.shop.range import columns
from app.shop.range.columns import ALIASES, Context, Wrong
from app.shop.reason import Reason, say


def read_prices(data: bytes, company: Database, digits: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """`[{"product", "price"}]` of the rows that can be used, and `[{"line", "reason"}]` of the others. Raises
    ImportRefused where it is no such file."""
    source = io.BytesIO(data)
    source.name = "prices.csv"
    file = CsvFile(source, ("product_id", "barcode", "price"), ("price",), encoding="", aliases=ALIASES, lenient=True)
    key = "product_id" if "product_id" in file.columns else "barcode"
    if key not in file.columns:
        raise ImportRefused(f"{file.name} has no column “product_id” or “barcode”.")
    context = Context(digits, columns.decimal_of([row.values.get("price", "") for row in file]))
    prices: dict[str, dict[str, Any]] = {}
    wrong: list[dict[str, Any]] = []
    for row in file:
        try:
            if row.reason is not None:
                raise Wrong(say("The row can't be read."))
            id, per = _meant(company, key, unguarded(row.values[key]))
            if id in prices:
                raise Wrong(say("This product stands there twice."))
            if not row.values["price"]:
                raise Wrong(say("The price is missing."))
            price = {"amount": columns.amount(unguarded(row.values["price"]), context), "per": per}
            prices[id] = {"product": id, "price": price}
        except Wrong as fault:
            wrong.append({"line": row.line, "reason": Reason(fault.reason.message, fault.reason.values)})
    return list(prices.values()), wrong


def _meant(company: Database, key: str, text: str) -> tuple[str, int]:
    """The product, and what its price is for."""
    if key == "product_id":
        record = company.read(f"product:{text}")
        found = [record] if record is not None and not record.deleted else []
    else:
        found = list(company.find("product_barcode", text, limit=2)) if text else []
    if not found:
        raise Wrong(say("There is no product “%(text)s”.", text=text[:60]))
    if len(found) > 1:
        raise Wrong(say("Several products have the code %(text)s.", text=text[:60]))
    price = found[0].doc().get("price") or {}
    return found[0].id, price.get("per", WHOLE) if isinstance(price, dict) else WHOLE
