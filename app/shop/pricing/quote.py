"""What a cart would come to: priced as a sale would be, nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.shop import ids, schemas, sound
from app.shop.pricing.book import Books
from app.shop.pricing.lines import CARDS, NO_PRICE, PricingError
from app.shop.pricing.price import price
from app.shop.reason import say
from app.shop.sale import SaleError, invalid
from app.shop.schemas.price import PRICE_REQUEST


def quote(books: Books, request: Any) -> dict[str, Any]:
    """The priced cart of `schemas.price.PriceRequest`, as `pricing.price` answers. Raises SaleError."""
    try:
        cart = PRICE_REQUEST.read(request)["cart"]
    except schemas.Invalid as refused:
        raise invalid(refused.problems[0].reason, refused.problems[0].field) from None
    products = _products(books, cart["lines"])
    lines = [_line(books, index, line, products) for index, line in enumerate(cart["lines"])]
    places = {line["id"]: index for index, line in enumerate(lines)}
    if len(places) != len(lines):
        raise invalid(say("Two lines have one id."), "cart.lines")
    try:
        return price({**cart, "customer": _customer(books, cart["customer"]), "lines": lines}, books.book())
    except PricingError as wrong:
        raise _in_words(wrong, places) from None


def _products(books: Books, lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    wanted = sorted({line["product"] for line in lines if line["product"] is not None})
    records = books.desk.company.read_many(wanted)
    return {r.id: sound.product(r.id, r.full()) for r in records if r is not None and not r.deleted}


def _line(books: Books, index: int, line: Mapping[str, Any], products: Mapping[str, Any]) -> dict[str, Any]:
    product = products.get(line["product"] or "")
    if line["kind"] in CARDS and (line["quantity"] < 0 or line["discounts"]) and not line.get("fixed"):
        raise invalid(say("Line %(number)s: a gift card is sold as it is.", number=index + 1), f"cart.lines.{index}")
    name = line.get("name") or (ids.product_name(line["product"] or "") if product is None else None)
    own = {key: line[key] for key in ("kind", "keyed", "label", "discounts", "fixed") if line.get(key) is not None}
    if product is None:
        own |= {key: line.get(key) for key in ("product", "category", "price")}
    return books.line_for(product, id=line.get("id") or f"l{index + 1}", quantity=line["quantity"], name=name, **own)


def _customer(books: Books, customer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if customer is None:
        return None
    id = customer["id"]
    record = books.desk.company.read(id)
    group = None if record is None or record.deleted else record.doc().get("group")
    return {"id": id, "group": group if isinstance(group, str) else None}


def _in_words(wrong: PricingError, places: Mapping[str, int]) -> SaleError:
    if wrong.line is None:
        return invalid(say("The total is too large."), "cart.lines")
    index = places[wrong.line]
    if wrong.code == NO_PRICE:
        return invalid(say("Line %(number)s: the price is missing.", number=index + 1), f"cart.lines.{index}.keyed")
    return invalid(say("Line %(number)s: the amount is too large.", number=index + 1), f"cart.lines.{index}.quantity")
