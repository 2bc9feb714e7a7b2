"""Documents as they may come: any program with a password writes to the central what it likes.

What is not as it should be is left out, so that one such document keeps no other from being seen, sold or summed. It
stays in the store as it came, and `couchtill verify` names what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from app.shop import ids
from app.shop.money import MAX_AMOUNT, MAX_INTEGER, MAX_PER, MAX_QUANTITY

Check = Callable[[Any], bool]


def is_whole(value: Any, low: int = -MAX_INTEGER, high: int = MAX_INTEGER) -> bool:
    """Whether this is an integer (no boolean, no float) from `low` to `high`."""
    return type(value) is int and low <= value <= high


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_price(value: Any) -> bool:
    """Whether this is `{"amount", "per"}` as a document has it."""
    if not isinstance(value, Mapping) or not is_whole(value.get("amount"), 0, MAX_AMOUNT):
        return False
    return is_whole(value.get("per", 1000), 1, MAX_PER)


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def is_part(value: Any) -> bool:
    """Whether this is a part of a bundle: `{"product", "quantity"}`."""
    return isinstance(value, Mapping) and is_text(value.get("product")) and is_whole(value.get("quantity"), 1)


def units(product: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The packings of a product that can be sold, each with `name`, `quantity`, `barcodes` and `price` (or None)."""
    given = product.get("units")
    found = []
    for unit in given if isinstance(given, list) else ():
        if isinstance(unit, Mapping) and is_text(unit.get("name")) and is_whole(unit.get("quantity"), 1, MAX_QUANTITY):
            barcodes = unit.get("barcodes")
            price = unit.get("price")
            found.append(
                {
                    "name": unit["name"],
                    "quantity": unit["quantity"],
                    "barcodes": [code for code in barcodes if is_text(code)] if isinstance(barcodes, list) else [],
                    "price": dict(price) if isinstance(price, Mapping) and is_price(price) else None,
                }
            )
    return found


PRODUCT: dict[str, Check] = {
    "sku": is_text,
    "name": lambda name: isinstance(name, str) and bool(name.strip()),
    "barcodes": is_texts,
    "category": is_text,
    "size": is_text,
    "unit": is_text,
    "decimals": lambda decimals: is_whole(decimals, 0, 3),
    "price": is_price,
    "taxes": is_texts,
    "picture": is_text,
    "variant_of": is_text,
    "variant": is_text,
    "deposit": is_text,
    "min_age": lambda age: is_whole(age, 0, 150),
    "bundle": lambda parts: isinstance(parts, list) and all(map(is_part, parts)),
}


def product(id: str, doc: dict[str, Any]) -> dict[str, Any]:
    """The product `id` as a till can show and sell it: a price that is none is keyed at the sale, a name that is none
    is the SKU."""
    wrong = [key for key, right in PRODUCT.items() if doc.get(key) is not None and not right(doc[key])]
    if not wrong and "name" in doc and doc["name"] is not None:
        return doc
    made = {key: value for key, value in doc.items() if key not in wrong}
    if made.get("name") is None:
        made["name"] = ids.product_name(id)
    return made


# -- orders ------------------------------------------------------------------------------------------------------

_TEXTS = ("terminal", "store", "series", "currency")


def is_order(doc: Mapping[str, Any]) -> bool:
    """Whether an order, of whatever version, can be shown and summed."""
    header = doc.get("header") or {}
    return (
        all(is_text(doc.get(key)) for key in _TEXTS)
        and is_whole(doc.get("number"))
        and is_whole(doc.get("digits", 2), 0, 4)
        and is_whole(doc.get("total"))
        and is_whole(doc.get("change") or 0)
        and _is_time(doc.get("at"))
        and _all(doc.get("lines"), _is_line)
        and _all(doc.get("tenders"), lambda tender: is_text(tender.get("kind")) and is_whole(tender.get("amount")))
        and _all(doc.get("tax") or [], _is_tax)
        and isinstance(header, Mapping)
        and is_text(header.get("name") or "")
        and is_texts(header.get("lines") or [])
        and is_texts(header.get("footer") or [])
    )


def _all(values: Any, right: Callable[[Mapping[str, Any]], bool]) -> bool:
    return isinstance(values, list) and all(isinstance(value, Mapping) and right(value) for value in values)


def _is_line(line: Mapping[str, Any]) -> bool:
    return (
        is_text(line.get("name"))
        and is_whole(line.get("quantity"))
        and is_whole(line.get("amount"))
        and is_price(line.get("price"))
        and is_text(line.get("unit") or "")
        and is_text(line.get("note") or "")
        and _all(line.get("discounts") or [], lambda discount: is_whole(discount.get("amount")))
    )


def _is_tax(tax: Mapping[str, Any]) -> bool:
    return is_text(tax.get("name")) and all(is_whole(tax.get(key)) for key in ("rate", "base", "amount"))


def _is_time(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
