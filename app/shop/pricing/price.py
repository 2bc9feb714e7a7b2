"""The one pricing function: a cart and a price book in, every figure of the order out.

Pure: plain data in and out, integers only, no clock and no database. `app/static/js/pricing/price.js` is the same
function once more for the page; `tests/shop/pricing/` holds both to the same answers, key by key.

In this order: price lists give each line its price; line promotions, greedy by priority, then id, each unit consumed by
one at most; at most one cart promotion; discounts by hand, of lines, then of the cart; bundles and deposits become
lines; taxes. What takes something off the whole cart is allotted to its lines by largest remainder, so that every line
stands by itself when it comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.shop.money import MAX_AMOUNT, MAX_QUANTITY
from app.shop.pricing import tax
from app.shop.pricing.conditions import holds, strongest, used_codes
from app.shop.pricing.discounts import cart_discounts, line_discounts
from app.shop.pricing.explode import explode
from app.shop.pricing.figures import order_figures
from app.shop.pricing.lines import CARDS, TOO_LARGE, PricingError, read_lines
from app.shop.pricing.promotions import promote


def price(cart: Mapping[str, Any], book: Mapping[str, Any]) -> dict[str, Any]:
    """The cart priced by the book. Shapes, all amounts minor units, quantities thousandths, rates millionths:

    * book: `{"currency", "digits", "tax_mode": "included" | "added", "rounding": {"scope": "line" | "tax", "mode":
      "half_away" | "half_even"}, "taxes": {id: {"name", "rate"}}, "default_taxes": [id], "lists": [price list],
      "promotions": [promotion], "now": {"date": "2026-11-22", "time": "14:05", "weekday": 1–7}}`, the store's time.
    * cart: `{"customer": {"id", "group"} | null, "coupons": [code], "discounts": [{"kind", "percent" | "amount",
      "name"?}], "lines": [line]}`; all but `lines` may be absent.
    * line: `{"id", "kind": "goods" | "giftcard" | "topup" | "deposit", "product", "category", "family" (its variants'
      template), "name", "quantity", "measured", "price" (the catalogue's), "keyed", "label" (the keyed price came from
      the item's own barcode: promotions hold), "prices": [{"list", "from", "price"} or, off the catalogue's
      price of that moment, {"list", "from", "percent"}], "planned": [{"at": "2026-11-23T06:00", "price"}] (prices of
      the catalogue that are to come, the earliest first), "taxes": [id] | null,
      "discounts", "bundle": [{"id", "product", "name", "category", "quantity", "value", "taxes", "deposit"?}],
      "deposit": {"product", "name", "price", "taxes"}, "fixed": {"amount", "discounts", "total", "tax"}}`.
    * answer: `{"lines": [{"id", "of", "kind", "product", "name", "category", "quantity", "price", "list", "amount",
      "discounts": [{"kind", "id"?, "name"?, "amount"}], "total", "tax": [{"id", "rate", "base", "amount"}],
      "bundle"}], "tax_mode", "rounding", "subtotal", "discount", "tax": [… with "name"], "total", "promotions": [{"id",
      "name", "amount"}], "coupons": [codes that took something off], "revenue"}`. `revenue` is the subtotal without
      gift cards and top-ups.

    Raises PricingError: an open price that nobody keyed, or a figure too large for a receipt.
    """
    lists = strongest(entry for entry in book.get("lists") or () if holds(entry, cart, book["now"]))
    lines = read_lines(cart, lists, book["now"])
    applied = promote(lines, cart, book)
    line_discounts(lines)
    cart_discounts(lines, cart.get("discounts") or ())
    out: list[dict[str, Any]] = []
    open_lines: list[int] = []
    rates: list[list[tax.Rate]] = []
    known = book["taxes"]
    usual = book.get("default_taxes") or []
    for line in lines:
        for made, taxes in explode(line):
            if abs(made["amount"]) > MAX_AMOUNT or abs(made["quantity"]) > MAX_QUANTITY:
                raise PricingError(TOO_LARGE, line.id)
            if isinstance(taxes, tuple):
                made["tax"] = list(taxes)
            else:
                ids = usual if taxes is None else taxes
                open_lines.append(len(out))
                rates.append([tax.Rate(id, known[id]["name"], known[id]["rate"]) for id in ids if id in known])
            out.append(made)
    found = tax.assess([out[place]["total"] for place in open_lines], rates, book["tax_mode"], book["rounding"])
    for place, entries in zip(open_lines, found, strict=True):
        out[place]["tax"] = entries
    names = {id: entry["name"] for id, entry in known.items()}
    figures = order_figures(out, book["tax_mode"], names, book["rounding"])
    if abs(figures["total"]) > MAX_AMOUNT:
        raise PricingError(TOO_LARGE, None)
    return {
        "lines": out,
        **figures,
        "promotions": [{"id": id, "name": entry[0]["name"], "amount": entry[1]} for id, entry in applied.items()],
        "coupons": used_codes(cart, [entry[0] for entry in applied.values()]),
        "revenue": figures["subtotal"] - sum(line["total"] for line in out if line["kind"] in CARDS),
    }
