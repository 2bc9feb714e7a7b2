"""A small shop for the tests of the pages, and clients that speak to a node's application without a socket."""

from __future__ import annotations

from typing import Any

from app.docs.database import Database

STORE = {
    "_id": "store:s1",
    "type": "store",
    "schema": 1,
    "id": "s1",
    "name": "Corner Shop",
    "currency": "EUR",
    "digits": 2,
    "timezone": "Europe/Berlin",
    "header": ["12 Linden Lane"],
    "footer": ["Thank you!"],
}


def product(sku: str, name: str, amount: int | None, **fields: Any) -> dict[str, Any]:
    """A product; `amount` None is an open price."""
    price = None if amount is None else {"amount": amount, "per": fields.pop("per", 1000)}
    return {
        "_id": f"product:{sku}",
        "type": "product",
        "schema": 1,
        "sku": sku,
        "name": name,
        "barcodes": [sku],
        "sold_by": "unit",
        "price": price,
        **fields,
    }


CATEGORIES = [
    {"_id": "category:drinks", "type": "category", "schema": 1, "name": "Drinks", "sort": 1, "colour": "#2f7f8f"},
    {"_id": "category:fruit", "type": "category", "schema": 1, "name": "Fruit", "sort": 2},
]

PRODUCTS = [
    product("4000001", "Espresso", 245, category="category:drinks", size="small"),
    product("4000002", "Lemonade", 199, category="category:drinks", size="0.5 l"),
    product("4000003", "Orange juice", 320, category="category:drinks"),
    product("4000004", "Bananas", 199, category="category:fruit", sold_by="measure", unit="kg", decimals=3),
    product("4000005", "Flowers", None),
    product("4000006", "Unleaded", 2199, sold_by="measure", unit="gal", decimals=3, per=10000),
    product("4000007", "Wine <b>bold</b>", 1090, category="category:drinks"),
    product("4000008", "Twin one", 100, barcodes=["777777"]),
    product("4000009", "Twin two", 200, barcodes=["777777"]),
    product("4000010", "No longer sold", 100, inactive=True, barcodes=["888888"]),
]


def shop(**store: Any) -> list[dict[str, Any]]:
    """The documents of the shop; `store` are more fields of its store."""
    return [{**STORE, **store}, *CATEGORIES, *PRODUCTS]


def stock(company: Database, **store: Any) -> None:
    """Puts the shop into `company`."""
    company.bulk_docs(shop(**store))


def sale(*lines: dict[str, Any], cash: int | None = None, **fields: Any) -> dict[str, Any]:
    """A sale request; `cash` None pays nothing."""
    tenders = [] if cash is None else [{"kind": "cash", "amount": cash}]
    return {"sale": "01JTESTSALE0000000000000001", "lines": list(lines), "tenders": tenders, **fields}


def line(sku: str = "4000001", quantity: int = 1000, **fields: Any) -> dict[str, Any]:
    return {"product": f"product:{sku}", "quantity": quantity, **fields}
