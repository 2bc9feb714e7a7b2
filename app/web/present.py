"""How documents are shown: products for a page's modules, orders as rows and as printed receipts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from babel.numbers import format_decimal, format_percent
from flask_babel import get_locale
from flask_babel import gettext as _

from app.shop import sound
from app.web import words

Doc = Mapping[str, Any]


def product(doc: Doc, categories: Mapping[str, Doc], *, picture_base: str = "api/pictures/") -> dict[str, Any]:
    """A product as the page wants it: `{"id", "rev", "name", "size", "code", "price", "open", "measured", "unit",
    "category": {"id", "name", "colour"} or null, "picture", "inactive"}`; `categories` are the catalogue's, by id."""
    doc = sound.product(doc["_id"], dict(doc))
    barcodes = doc.get("barcodes") or []
    category = doc.get("category")
    measured = doc.get("sold_by") == "measure"
    picture = doc.get("picture")
    return {
        "id": doc["_id"],
        "rev": doc["_rev"],
        "name": str(doc.get("name") or doc["_id"].partition(":")[2]),
        "size": doc.get("size") or "",
        "code": str(barcodes[0] if barcodes else doc.get("sku") or ""),
        "price": doc.get("price"),
        "open": doc.get("price") is None,
        "measured": measured,
        "unit": (doc.get("unit") or "") if measured else "",
        "category": _category(category, categories.get(category) or {}) if category else None,
        "picture": picture_base + quote(picture, safe="") if picture else None,
        "inactive": bool(doc.get("inactive")),
    }


def _category(id: str, entry: Doc) -> dict[str, Any]:
    return {"id": id, "name": entry.get("name") or id.partition(":")[2], "colour": entry.get("colour")}


def order_row(order: Doc, timezone: str) -> dict[str, Any]:
    """A sale as a row of a list; `timezone` is its store's, in which its time is shown. One that can't be read is
    listed with its id for a number."""
    if not sound.is_order(order):
        order = {"_id": order["_id"], "number": order["_id"].partition(":")[2], "terminal": "?"}
        order["lines"] = [{"name": _("This receipt can’t be read here")}]
    return {
        "id": order["_id"],
        "terminal": order.get("terminal") or "",
        "store": order.get("store") or "",
        "series": order.get("series") or "",
        "number": order.get("number"),
        "at": order.get("at"),
        "timezone": timezone,
        "lines": len(order.get("lines") or ()),
        "names": ", ".join(str(line.get("name")) for line in (order.get("lines") or ())[:3]),
        "total": order.get("total", 0),
        "currency": order.get("currency"),
        "digits": order.get("digits", 2),
    }


def amount(value: int, digits: int) -> str:
    """Minor units as the reader's language writes them, without a currency's sign."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(Decimal(value).scaleb(-digits), pattern, locale=get_locale())


def quantity(value: int) -> str:
    """Thousandths as the reader's language writes them: 1500 is 1.5."""
    return format_decimal(Decimal(value).scaleb(-3), "#,##0.###", locale=get_locale())


def receipt(order: Doc, zone: str | None = None) -> dict[str, Any]:
    """An order as its printed receipt, its time in `zone`: every figure a text, nothing looked up anywhere else."""
    digits = int(order.get("digits", 2))
    header = order.get("header") or {}

    def shown(value: int) -> str:
        return amount(value, digits)

    taxes = order.get("tax") or []
    name = header.get("name") or ""
    above = [line for i, line in enumerate(header.get("lines") or []) if i or line != name]
    return {
        "id": order["_id"],
        "number": order.get("number"),
        "label": f"{str(order.get('terminal') or '').upper()} · {order.get('number')}",
        "at": order.get("at"),
        "when": words.when(order.get("at"), zone),
        "header": {
            "name": name,
            "lines": above,
            "footer": header.get("footer") or [],
        },
        "lines": [_line(line, digits) for line in order.get("lines") or ()],
        "total": f"{order.get('currency') or ''} {shown(order.get('total', 0))}".strip(),
        "tenders": [
            {"name": tender_name(tender["kind"]), "amount": shown(tender["amount"])} for tender in order["tenders"]
        ],
        "change": shown(order["change"]) if order.get("change") else "",
        "taxes": [
            {
                "name": tax["name"],
                "rate": "" if "%" in tax["name"] else _rate(tax["rate"]),
                "base": shown(tax["base"]),
                "amount": shown(tax["amount"]),
            }
            for tax in taxes
        ],
        "added_taxes": [
            {"name": tax["name"], "amount": shown(tax["amount"])}
            for tax in (taxes if order.get("tax_mode") == "added" else ())
        ],
    }


def _rate(millionths: int) -> str:
    return format_percent(Decimal(millionths) / 1_000_000, "#,##0.###%", locale=get_locale())


def _line(line: Doc, digits: int) -> dict[str, Any]:
    price = line.get("price") or {}
    per = int(price.get("per", 1000))
    unit = line.get("unit") or ""
    each = amount(int(price.get("amount", 0)), digits)
    if per != 1000:
        each = f"{each} / {quantity(per)}{f' {unit}' if unit else ''}"
    elif unit:
        each = f"{each} / {unit}"
    count = quantity(line["quantity"]) + (f" {unit}" if unit else "")
    return {
        "name": line.get("name") or "",
        "detail": f"{count} × {each}" if line["quantity"] != 1000 or unit or per != 1000 else "",
        "note": line.get("note") or "",
        "amount": amount(line.get("amount", 0), digits),
        "discounts": [
            {"name": discount.get("name") or _("Discount"), "amount": amount(discount["amount"], digits)}
            for discount in line.get("discounts") or ()
        ],
    }


def tender_name(kind: str) -> str:
    return {"cash": _("Cash"), "coupon": _("Coupon")}.get(kind, kind)
