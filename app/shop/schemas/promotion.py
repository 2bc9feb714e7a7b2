"""A promotion: `promotion:<slug>` in `company`. What each kind does is told in app/shop/pricing/promotions.py."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from app.shop.reason import Reason, phrase, say
from app.shop.schemas.base import Amount, Choice, ListOf, Part, Ref, Strict, Text, Whole, called, price_field
from app.shop.schemas.pricelist import Percent, Rule
from app.shop.schemas.store import CURRENCY

CODE = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
MOST_SETS = 1000  # units in one set
MOST_REFS = 5000

#: Which fields each kind must have, and which it may.
NEEDED = {
    "percent": ({"percent"}, set()),
    "amount": ({"amount"}, set()),
    "price": ({"price"}, set()),
    "buy": ({"buy", "get"}, {"percent", "get_products", "get_categories"}),
    "count": ({"count", "price"}, set()),
    "mix": ({"parts"}, {"price", "percent"}),
}
OWN = set[str]().union(*(must | may for must, may in NEEDED.values()))


def _refs(kind: str, label: str) -> ListOf:
    return ListOf(Ref(kind), MOST_REFS, unique=True, allow_none=True, metadata={"label": label})


class MixPart(Strict):
    """One part of a set: `count` units of these products or categories."""

    products = _refs("product", "products")
    categories = _refs("category", "categories")
    count = Whole(1, MOST_SETS, load_default=1)


class Promotion(Rule):
    """A promotion. It means the units of `products` (or of their variants) and `categories` (and those below), of
    everything where it names none, without those excluded."""

    doctype = "promotion"

    kind = Choice(*NEEDED, required=True)
    scope = Choice("line", "cart", load_default="line")
    products = _refs("product", "products")
    categories = _refs("category", "categories")
    exclude_products = _refs("product", "excluded products")
    exclude_categories = _refs("category", "excluded categories")
    percent = Percent(allow_none=True)
    amount = Amount(1, allow_none=True)
    price = price_field(allow_none=True)
    buy = Whole(1, MOST_SETS, allow_none=True, metadata={"label": "number to buy"})
    get = Whole(1, MOST_SETS, allow_none=True, metadata={"label": "number to get"})
    get_products = _refs("product", "products to get")
    get_categories = _refs("category", "categories to get")
    count = Whole(1, MOST_SETS, allow_none=True)
    parts = ListOf(Part(MixPart), 20, allow_none=True)
    limit = Whole(1, 1_000_000, allow_none=True, metadata={"label": "limit per cart"})
    spend = Amount(1, allow_none=True, metadata={"label": "amount to spend"})
    spend_on = Choice("meant", "cart", load_default="meant")
    coupons = ListOf(
        Text(40, pattern=CODE, hint=say("it must be letters, digits, - and _"), metadata={"label": "coupon code"}),
        1000,
        unique=True,
        allow_none=True,
    )
    excludes = ListOf(Ref("promotion"), 1000, unique=True, allow_none=True)
    currency = Text(3, pattern=CURRENCY, hint=say("it must be like %(example)s", example="USD"), allow_none=True)
    digits = Whole(0, 4, allow_none=True)

    def take(self, value: Any) -> dict[str, Any]:
        taken = super().take(value)
        kind = taken["kind"]
        must, may = NEEDED[kind]
        given = {name for name in OWN if taken.get(name) is not None}
        errors: dict[str, list[str]] = {}
        for name in sorted(must - given):
            label = called(self.fields[name], name)
            lacks = phrase("the %(field)s are missing") if name == "parts" else phrase("the %(field)s is missing")
            errors[name] = [Reason(lacks, {"field": label})]
        for name in sorted(given - must - may):
            label = called(self.fields[name], name)
            errors[name] = [say("a promotion of the kind “%(kind)s” has no %(field)s", kind=kind, field=label)]
        if kind == "mix" and "parts" in given and len(given & {"price", "percent"}) != 1:
            errors["price"] = [say("either a price or a percentage must be given")]
        if kind == "mix" and taken.get("parts") == []:
            errors["parts"] = [say("the %(field)s are missing", field=say("parts"))]
        if taken["scope"] == "cart":
            if kind not in ("percent", "amount", "price"):
                errors["scope"] = [say("a promotion of the kind “%(kind)s” is for lines, not for the cart", kind=kind)]
            if taken.get("limit") is not None:
                errors["limit"] = [say("a promotion of the cart is given once: it has no limit")]
            if taken["spend_on"] == "cart" and taken.get("spend"):
                taken["spend_on"] = "meant"
        whole = kind in ("count", "mix") or taken["scope"] == "cart"
        if whole and taken.get("price") and taken["price"]["per"] != 1000:
            errors["price"] = [say("the price is for the whole: its “per” must be 1000")]
        if (given & {"amount", "price"} or taken.get("spend")) and (
            taken.get("currency") is None or taken.get("digits") is None
        ):
            errors["currency"] = [say("a promotion with amounts must name their currency and its digits")]
        if errors:
            raise ValidationError(errors)
        return taken
