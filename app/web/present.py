"""How documents are shown: products for a page's modules, orders as rows; amounts and quantities as texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from babel.numbers import format_currency, format_decimal
from flask_babel import get_locale
from flask_babel import gettext as _

from app.shop import sound

#: A greater number is no sum and no quantity of a shop: it is shown as it is.
MOST = 10**18

#: Between KWD and 2.600; not between $, JP¥ and theirs.
_SIGN_OF_LETTERS = re.compile(r"(?<=[^\W\d_])(?=\d)")

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


def person_name(doc: Doc | None) -> str:
    """What to call a customer, or a member of the staff; "" for one who isn't here. Who was erased has no name."""
    if doc is None:
        return ""
    if doc.get("erased") is True:
        return _("Erased customer") if doc.get("type") == "customer" else ""
    name = doc.get("name")
    return name if isinstance(name, str) else ""


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
        "kind": order.get("kind") or "sale",
        "refund_of": order.get("refund_of"),
        "currency": order.get("currency"),
        "digits": order.get("digits", 2),
    }


def amount(value: int, digits: int) -> str:
    """Minor units as the reader's language writes them, without a currency's sign."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    if abs(value) > MOST:
        return str(value)
    return format_decimal(Decimal(value).scaleb(-digits), pattern, locale=get_locale())


def money(value: int, currency: str, digits: int) -> str:
    """Minor units with the currency's sign, as the reader's language writes them, and as a page's modules do: a sign
    of letters stands apart from the number."""
    if abs(value) > MOST:
        return str(value)
    pattern = "¤#,##0" + ("." + "0" * digits if digits else "")
    number = Decimal(value).scaleb(-digits)
    text = format_currency(number, currency, pattern, locale=get_locale(), currency_digits=False)
    return _SIGN_OF_LETTERS.sub("\N{NO-BREAK SPACE}", text)


def signed(value: int, digits: int) -> str:
    """As `amount`, what is taken off or paid out with a true minus sign before it."""
    return f"−{amount(-value, digits)}" if value < 0 else amount(value, digits)


def quantity(value: int) -> str:
    """Thousandths as the reader's language writes them: 1500 is 1.5."""
    if abs(value) > MOST:
        return str(value)
    return format_decimal(Decimal(value).scaleb(-3), "#,##0.###", locale=get_locale())


def tender_name(kind: str) -> str:
    """What a payment is called, in the reader's language."""
    names = {
        "cash": _("Cash"),
        "card": _("Card"),
        "giftcard": _("Gift card"),
        "credit": _("Store credit"),
        "account": _("Customer account"),
        "coupon": _("Coupon"),
        "foreign": _("Foreign cash"),
    }
    return names.get(kind, kind)
