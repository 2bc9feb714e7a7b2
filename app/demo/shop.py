"""The sample shop: a corner shop made up for the demo, as documents of the central's ``company``.

``sample/catalogue.csv`` has its products, ``sample/pictures`` a drawing for each; ``offers`` has the rest. Ours, and
free for any use. The column ``more`` says what only some products are:
``deposit=SKU min_age=16 variant_of=SKU variant=Green bundle=SKU:4+SKU:1``.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from app.demo import offers

Doc = dict[str, Any]

STORE, STORE_NAME = "s1", "Corner Shop"

#: When the sample was made. Fixed, so that every demo has the same revisions.
MADE = {"updated_at": "2026-01-01T00:00:00.000Z", "updated_by": "sample", "updated_on": "sample"}

CATEGORIES = (
    ("fruit", "Fruit & vegetables", "#4f9d3a"),
    ("bakery", "Bakery", "#c98a3c"),
    ("dairy", "Milk, eggs & cheese", "#5b8fc7"),
    ("drinks", "Drinks", "#2f7f8f"),
    ("pantry", "Pantry", "#a8573f"),
    ("sweets", "Sweets & snacks", "#b54b82"),
    ("house", "House & care", "#5d6bb3"),
    ("paper", "Papers & pens", "#6d6d6d"),
)

#: id, name, rate in millionths. Prices include it.
TAXES = (("reduced", "VAT 7 %", 70_000), ("standard", "VAT 19 %", 190_000))


def documents() -> Iterator[Doc]:
    """Every document of the shop, without ``_rev``."""
    yield _doc(f"store:{STORE}", "store", **_store())
    for identity, doctype, fields in offers.documents():
        yield _doc(identity, doctype, **fields)
    for slug, name, rate in TAXES:
        yield _doc(f"tax:{slug}", "tax", name=name, rate=rate)
    for place, (slug, name, colour) in enumerate(CATEGORIES):
        yield _doc(f"category:{slug}", "category", name=name, sort=place, colour=colour)
    for row in _rows():
        yield _product(row)
        if _picture(row["sku"]) is not None:
            yield _picture_doc(row["sku"], row["name"])


def _store() -> Doc:
    return {
        "id": STORE,
        "name": STORE_NAME,
        "currency": "EUR",
        "digits": 2,
        "timezone": "Europe/Berlin",
        "day_start": "04:00",
        "tax_mode": "included",
        "taxes": ["tax:standard"],
        "header": [STORE_NAME, "12 Linden Lane", "Little Harbour"],
        "footer": ["Thank you, see you tomorrow!", "Exchange within 14 days with this receipt."],
    }


def _rows() -> list[dict[str, str]]:
    text = (files("app.demo") / "sample" / "catalogue.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def _product(row: dict[str, str]) -> Doc:
    price = {"amount": int(row["price"]), "per": 1000} if row["price"] else None
    return _doc(
        f"product:{row['sku']}",
        "product",
        sku=row["sku"],
        name=row["name"],
        barcodes=[row["barcode"]] if row["barcode"] else [],
        category=f"category:{row['category']}",
        size=row["size"] or None,
        sold_by="measure" if row["unit"] else "unit",
        unit=row["unit"] or None,
        **({"decimals": 3} if row["unit"] else {}),
        price=price,
        taxes=[f"tax:{row['tax']}"],
        picture=f"picture:{row['sku']}" if _picture(row["sku"]) is not None else None,
        **_more(row["more"]),
    )


def _more(text: str) -> Doc:
    fields: Doc = {}
    for name, _, value in (word.partition("=") for word in text.split()):
        if name == "bundle":
            parts = (part.partition(":") for part in value.split("+"))
            fields[name] = [{"product": f"product:{sku}", "quantity": int(count) * 1000} for sku, _, count in parts]
        elif name == "min_age":
            fields[name] = int(value)
        else:
            fields[name] = value if name == "variant" else f"product:{value}"
    return fields


def _picture(sku: str) -> bytes | None:
    drawing = files("app.demo") / "sample" / "pictures" / f"{sku}.svg"
    return drawing.read_bytes() if drawing.is_file() else None


def _picture_doc(sku: str, name: str) -> Doc:
    data = _picture(sku)
    assert data is not None
    content = {"content_type": "image/svg+xml", "data": base64.b64encode(data).decode()}
    return {**_doc(f"picture:{sku}", "picture", name=name), "_attachments": {"picture.svg": content}}


def _doc(identity: str, doctype: str, **fields: Any) -> Doc:
    return {"_id": identity, "type": doctype, "schema": 1, **fields, **MADE}
