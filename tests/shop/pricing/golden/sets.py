"""Promotions of several units together, of the cart, and discounts by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.shop.pricing.golden.builders import Case, book, cart, case, euros, item, promotion


def set_promotions() -> Iterator[Case]:
    yield case(
        "buy two get one, the cheapest of three",
        "3.00, 2.00, 1.00: 1.00 is free",
        cart(item("a", 100), item("b", 200), item("c", 300)),
        book(promotion("p", "buy", buy=2, get=1)),
        total=500,
    )
    yield case(
        "buy one get one half off, twice",
        "4 × 2.50: two at 1.25: 7.50",
        cart(item("a", 250, 4)),
        book(promotion("p", "buy", buy=1, get=1, percent=500_000)),
        total=750,
    )
    yield case(
        "the dearest are grouped first",
        "5, 4 | 3, 2 | 1: 4 and 2 are free",
        cart(item("a", 100), item("b", 200), item("c", 300), item("d", 400), item("e", 500)),
        book(promotion("p", "buy", buy=1, get=1)),
        total=900,
        promotions={"promotion:p": 600},
    )
    yield case(
        "buy a coffee get a cake",
        "2 coffees, 3 cakes: two cakes of 2.00 free",
        cart(item("coffee", 300, 2), item("cake", 200, 3)),
        book(promotion("p", "buy", buy=1, get=1, products=["product:coffee"], get_products=["product:cake"])),
        total=800,
    )
    yield case(
        "what was bought for it is consumed too",
        "coffee and cake went to p, so q finds one cake: 0.20 off",
        cart(item("coffee", 300), item("cake", 200, 2)),
        book(
            promotion("p", "buy", buy=1, get=1, priority=1, products=["product:coffee"], get_products=["product:cake"]),
            promotion("q", "percent", percent=100_000),
        ),
        promotions={"promotion:p": 200, "promotion:q": 20},
        total=480,
    )
    yield case(
        "three for five",
        "7 × 2.00: two sets 5.00 each, one at 2.00",
        cart(item("a", 200, 7)),
        book(promotion("p", "count", count=3, price=euros(500))),
        total=1200,
        promotions={"promotion:p": 200},
    )
    yield case(
        "three for five across lines, to the cent",
        "2.00 + 2.00 + 1.90 = 5.90: 0.90 off: 0.61 and 0.29 (0.6102, 0.2898)",
        cart(item("a", 200, 2), item("b", 190)),
        book(promotion("p", "count", count=3, price=euros(500))),
        total=500,
        lines={"a": 339, "b": 161},
    )
    yield case(
        "three for five, no more than once",
        "6 × 2.00, one set: 5.00 + 6.00",
        cart(item("a", 200, 6)),
        book(promotion("p", "count", count=3, price=euros(500), limit=1)),
        total=1100,
    )
    yield case(
        "a set that would be dearer is no set",
        "3 × 1.00 = 3.00 < 5.00",
        cart(item("a", 100, 3)),
        book(promotion("p", "count", count=3, price=euros(500))),
        total=300,
        promotions={},
    )
    meal = [
        {"products": ["product:roll"], "count": 1},
        {"categories": ["category:drinks"], "count": 1},
    ]
    food = (
        item("roll", 300, 2),
        item("cola", 200, category="category:drinks"),
        item("juice", 250, category="category:drinks"),
    )
    yield case(
        "a roll and a drink for four",
        "two meals: 3.00 + 2.50, 3.00 + 2.00 → 8.00 of 10.50",
        cart(*food),
        book(promotion("p", "mix", parts=meal, price=euros(400))),
        total=800,
        promotions={"promotion:p": 250},
    )
    yield case(
        "a roll and a drink, a fifth off",
        "20 % of 10.50 = 2.10",
        cart(*food),
        book(promotion("p", "mix", parts=meal, percent=200_000)),
        total=840,
    )
    yield case(
        "ten million pieces",
        "9,999,999 at 0.01, three for 0.02: 3,333,333 sets save a cent each",
        cart(item("a", 1, 9_999_999)),
        book(promotion("p", "count", count=3, price=euros(2))),
        total=6_666_666,
    )


def cart_promotions() -> Iterator[Case]:
    goods = (item("a", 1000), item("b", 500), item("c", 500))
    off = promotion("p", "amount", scope="cart", amount=100)
    yield case(
        "an amount off the cart, by largest remainder",
        "1.00 of 20.00: 0.50, 0.25, 0.25",
        cart(*goods),
        book(off),
        lines={"a": 950, "b": 475, "c": 475},
        total=1900,
    )
    yield case(
        "a cent that can't be split goes to the first",
        "0.10 off 3 × 1.00: 0.04, 0.03, 0.03",
        cart(item("a", 100), item("b", 100), item("c", 100)),
        book({**off, "amount": 10}),
        lines={"a": 96, "b": 97, "c": 97},
    )
    yield case(
        "at most one cart promotion",
        "q has the higher priority: 10 % of 20.00",
        cart(*goods),
        book(off, promotion("q", "percent", scope="cart", percent=100_000, priority=1)),
        total=1800,
        promotions={"promotion:q": 200},
    )
    yield case(
        "spend 20 get one off",
        "19.99 is not enough",
        cart(item("a", 1999)),
        book({**off, "spend": 2000}),
        total=1999,
    )
    yield case(
        "the spend is what is left after line promotions",
        "20.00 less 10 % = 18.00 < 20.00",
        cart(*goods),
        book({**off, "spend": 2000}, promotion("l", "percent", percent=100_000)),
        total=1800,
        promotions={"promotion:l": 200},
    )
    yield case(
        "the whole cart for fifteen",
        "20.00 → 15.00",
        cart(*goods),
        book(promotion("p", "price", scope="cart", price=euros(1500))),
        total=1500,
    )
    yield case(
        "a cart promotion without one of its products",
        "10 % of b and c: 1.00",
        cart(*goods),
        book(promotion("p", "percent", scope="cart", percent=100_000, exclude_products=["product:a"])),
        total=1900,
        lines={"a": 1000, "b": 450, "c": 450},
    )
    yield case(
        "gift cards don't count for it",
        "10 % of 10.00, the card of 50.00 as it is",
        cart(item("a", 1000), item("card", None, keyed=euros(5000), kind="giftcard")),
        book(promotion("p", "percent", scope="cart", percent=100_000)),
        total=5900,
        revenue=900,
    )


def by_hand() -> Iterator[Case]:
    def off(**fields: Any) -> dict[str, Any]:
        return {"kind": "manual", **fields}

    yield case(
        "promotion, line discount, cart discount, in this order",
        "10.00 − 20 % = 8.00, − 1.00 = 7.00, − 10 % = 6.30",
        cart(item("a", 1000, discounts=[off(amount=100)]), discounts=[off(percent=100_000)]),
        book(promotion("p", "percent", percent=200_000)),
        total=630,
    )
    yield case(
        "two discounts of one line, one after the other",
        "10.00 − 50 % = 5.00, − 50 % = 2.50",
        cart(item("a", 1000, discounts=[off(percent=500_000), off(percent=500_000)])),
        book(),
        total=250,
    )
    yield case(
        "more than there is",
        "5.00 off 1.29 takes 1.29",
        cart(item("a", 129, discounts=[off(amount=500)])),
        book(),
        total=0,
    )
    yield case(
        "an amount off the cart",
        "0.05 off 1.00 and 2.00: 1.667 and 3.333 cents → 2 and 3",
        cart(item("a", 100), item("b", 200), discounts=[off(amount=5)]),
        book(),
        lines={"a": 98, "b": 197},
    )
    yield case(
        "the cart's discount touches no return",
        "10 % of what is sold (10.00); the return of 4.00 stays",
        cart(item("a", 1000), item("b", 400, -1), discounts=[off(percent=100_000)]),
        book(),
        total=500,
        lines={"a": 900, "b": -400},
    )
    yield case(
        "a discount on a return without a receipt",
        "−10.00 less 10 %: −9.00",
        cart(item("a", 1000, -1, discounts=[off(percent=100_000)])),
        book(),
        total=-900,
        discount=-100,
    )
