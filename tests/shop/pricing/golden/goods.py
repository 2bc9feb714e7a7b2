"""What a line costs: quantities, currencies, keyed prices, price lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.shop.pricing.golden.builders import Case, book, cart, case, euros, item, promotion, taxed


def lines() -> Iterator[Case]:
    yield case("an empty cart", "nothing is nothing", cart(), book(), total=0, subtotal=0, discount=0, revenue=0)
    yield case("two milks", "2 × 1.29 = 2.58", cart(item("milk", 129, 2)), book(), total=258, revenue=258)
    yield case(
        "a line's half cent goes away from zero",
        "1.99 × 1.5 = 2.985 → 2.99",
        cart(item("ham", 199) | {"quantity": 1500}),
        book(),
        total=299,
    )
    yield case(
        "fuel by the tenth of a cent",
        "2.199 × 17.41 = 38.28459 → 38.28",
        cart(item("fuel", None) | {"quantity": 17_410, "price": {"amount": 2199, "per": 10_000}}),
        book(),
        total=3828,
    )
    yield case(
        "yen have no cents",
        "3 × 108 = 324; VAT 10 % contained: 324/1.1 = 294.54 → 295, 29 tax",
        cart(item("onigiri", 108, 3)),
        taxed({"tax:vat": {"name": "消費税", "rate": 100_000}}, currency="JPY", digits=0),
        total=324,
        tax={"tax:vat": 29},
    )
    yield case(
        "dinars have three digits",
        "1.250 × 3 = 3.750, ten percent off: 0.375",
        cart(item("dates", 1250, 3), discounts=[{"kind": "manual", "percent": 100_000}]),
        book(currency="KWD", digits=3),
        total=3375,
        discount=375,
    )
    yield case(
        "a keyed price stands over the catalogue's",
        "keyed 1.00, listed 1.29",
        cart(item("milk", 129, keyed=euros(100))),
        book(promotion("p", "percent", percent=500_000)),
        total=100,
        discount=0,
    )
    yield case(
        "promotions hold for a price from the item's own label",
        "keyed by the barcode 3.00, half off: 1.50",
        cart(item("cheese", 999, keyed=euros(300), label=True)),
        book(promotion("p", "percent", percent=500_000)),
        total=150,
    )
    yield case(
        "promotions hold for an open price",
        "no price is listed, keyed 4.00, half off",
        cart(item("gift", None, keyed=euros(400))),
        book(promotion("p", "percent", percent=500_000)),
        total=200,
    )


def lists() -> Iterator[Case]:
    def listed(*prices: tuple[str, int, int]) -> list[dict[str, Any]]:
        return [{"list": f"pricelist:{id}", "from": least, "price": euros(amount)} for id, least, amount in prices]

    trade = {"id": "pricelist:trade", "name": "Trade", "groups": ["trade"]}
    everybody = {"id": "pricelist:all", "name": "All"}
    two = [trade, everybody]
    milk = item("milk", 129, prices=listed(("all", 0, 120), ("trade", 0, 100)))
    yield case("a price list stands over the catalogue", "1.20 for everybody", cart(milk), book(lists=two), total=120)
    yield case(
        "a price list for a customer group holds for its customers",
        "same priority: pricelist:all before …:trade by id",
        cart(milk, customer={"id": "customer:1", "group": "trade"}),
        book(lists=two),
        total=120,
    )
    yield case(
        "the list of the higher priority counts, though it is dearer or cheaper",
        "trade has priority 5: 1.00",
        cart(milk, customer={"id": "customer:1", "group": "trade"}),
        book(lists=[{**trade, "priority": 5}, everybody]),
        total=100,
    )
    yield case(
        "a list that doesn't hold yet",
        "it starts on the 23rd: the catalogue's 1.29",
        cart(milk),
        book(lists=[{**everybody, "starts": "2026-11-23"}]),
        total=129,
    )
    yield case(
        "a list holds on its last day",
        "it ends on the 22nd, which is today",
        cart(milk),
        book(lists=[{**everybody, "ends": "2026-11-22"}]),
        total=120,
    )
    box = listed(("all", 12_000, 90), ("all", 6000, 110))
    yield case(
        "the price for six holds from six",
        "6 × 1.10 = 6.60",
        cart(item("milk", 129, 6, prices=box)),
        book(lists=[everybody]),
        total=660,
    )
    yield case(
        "five are too few for it",
        "5 × 1.29 = 6.45",
        cart(item("milk", 129, 5, prices=box)),
        book(lists=[everybody]),
        total=645,
    )
    yield case(
        "two lines of one product count together",
        "7 + 5 = 12 pieces at 0.90 = 10.80",
        cart(item("milk", 129, 7, prices=box), item("milk", 129, 5, prices=box) | {"id": "l2"}),
        book(lists=[everybody]),
        total=1080,
    )
