"""What else the sample shop has: its settings, price list, promotions and customers, as documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Part = tuple[str, str, dict[str, Any]]
"""Id, type, fields."""

MONEY = {"currency": "EUR", "digits": 2}
PERCENT = 10_000

#: Labels of the shop's scale: 21 item(5) weight in grams(5), 22 item(5) price in cents(5), and a check digit.
CODES = [
    {"prefix": "21", "kind": "weight", "item": 5, "value": 5, "decimals": 3},
    {"prefix": "22", "kind": "price", "item": 5, "value": 5, "decimals": 2},
]

SETTINGS: dict[str, Any] = {
    # A visitor looks around; a real till locks after some minutes without work.
    "lock_after": 86_400,
    "codes": CODES,
    "card": "simulated",
    "cash_rounding": None,
    "expenses": ["Postage", "Cleaning", "Flowers for the counter", "Other"],
    "foreign": [
        {"code": "USD", "digits": 2, "num": 92, "den": 100},
        {"code": "CHF", "digits": 2, "num": 104, "den": 100},
    ],
    "refund_limit": 2000,
}


def documents() -> Iterator[Part]:
    """Everything of this module."""
    yield "settings:all", "settings", {"scope": "all", "values": SETTINGS}
    yield from _lists()
    yield from _promotions()
    yield from _customers()


def _lists() -> Iterator[Part]:
    prices = [
        {"product": "product:coffee-beans", "category": None, "least": 0, "price": _price(849), "percent": None},
        {"product": "product:milk", "category": None, "least": 10_000, "price": _price(109), "percent": None},
        {"product": None, "category": "category:bakery", "least": 0, "price": None, "percent": 15 * PERCENT},
    ]
    yield "pricelist:cafes", "pricelist", {"name": "Cafés next door", "groups": ["cafés"], **MONEY, "prices": prices}


def _promotions() -> Iterator[Part]:
    bars = ["product:milk-chocolate", "product:dark-chocolate"]
    yield _promotion("bars", "3 bars for €4", "count", products=bars, count=3, price=_price(400), priority=20, **MONEY)
    evening = [{"weekdays": None, "begins": "18:00", "ends": "20:00"}]
    yield _promotion(
        "evening", "Evening bakery", "percent",
        categories=["category:bakery"], percent=30 * PERCENT, hours=evening, priority=10,
    )  # fmt: skip
    yield _promotion("house", "Spring cleaning", "percent", categories=["category:house"], percent=10 * PERCENT)
    yogurts = ["product:strawberry-yoghurt"]
    yield _promotion("yoghurt", "Yoghurt: buy 3, get 1", "buy", products=yogurts, buy=3, get=1, priority=10)
    yield _promotion(
        "welcome", "Welcome coupon", "amount",
        scope="cart", amount=500, spend=2500, coupons=["WELCOME5"], **MONEY,
    )  # fmt: skip


def _customers() -> Iterator[Part]:
    cafe = {
        "name": "Café Lindenhof",
        "group": "cafés",
        "email": "kitchen@lindenhof.example",
        "phone": "040 5550 11",
        "address": ["14 Linden Lane", "Little Harbour"],
        "tax_number": "DE 000 000 000",
        "account_limit": 50_000,
    }
    yield "customer:sample-lindenhof", "customer", cafe
    yield (
        "customer:sample-okafor",
        "customer",
        {"name": "Amara Okafor", "phone": "040 5550 27", "cards": ["9990000000017"]},
    )
    yield "customer:sample-weber", "customer", {"name": "Jonas Weber", "email": "jonas@weber.example"}
    yield "customer:sample-li", "customer", {"name": "Li Wei 李伟", "phone": "040 5550 88", "account_limit": 5_000}


def _promotion(slug: str, name: str, kind: str, **fields: Any) -> Part:
    return f"promotion:{slug}", "promotion", {"name": name, "kind": kind, **fields}


def _price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}
