"""Promotions that take something off each unit."""

from __future__ import annotations

from collections.abc import Iterator

from tests.shop.pricing.golden.builders import SUNDAY, Case, book, cart, case, euros, item, promotion


def simple_promotions() -> Iterator[Case]:
    tea, milk = item("tea", 350, 2), item("milk", 129, 3)
    only_tea = {"products": ["product:tea"]}
    yield case(
        "ten percent off one product",
        "7.00 − 0.70, milk 3.87 as it is: 10.17",
        cart(tea, milk),
        book(promotion("p", "percent", percent=100_000, **only_tea)),
        total=1017,
        promotions={"promotion:p": 70},
    )
    yield case(
        "an amount off each",
        "2 × 0.50 off tea: 6.00 + 3.87",
        cart(tea, milk),
        book(promotion("p", "amount", amount=50, **only_tea)),
        total=987,
        promotions={"promotion:p": 100},
    )
    yield case(
        "an amount never takes more than there is",
        "5.00 off each milk of 1.29: 3.87 off, tea 7.00 left",
        cart(tea, milk),
        book(promotion("p", "amount", amount=500, products=["product:milk"])),
        total=700,
        promotions={"promotion:p": 387},
    )
    yield case(
        "each for a price",
        "milk at 1.00: 3.00, 0.87 off",
        cart(milk),
        book(promotion("p", "price", price=euros(100))),
        total=300,
        promotions={"promotion:p": 87},
    )
    yield case(
        "a price above the usual one is no promotion",
        "milk at 2.00 would be dearer",
        cart(milk),
        book(promotion("p", "price", price=euros(200))),
        total=387,
        promotions={},
    )
    yield case(
        "a category, without one of its products",
        "fruit is half: pears 2.00 → 1.00, apples are excluded",
        cart(item("pear", 200, category="category:fruit"), item("apple", 300, category="category:fruit")),
        book(
            promotion(
                "p", "percent", percent=500_000, categories=["category:fruit"], exclude_products=["product:apple"]
            )
        ),
        total=400,
    )
    yield case(
        "a product means its variants",
        "the red shirt is of the family shirt: 20.00 − 5.00",
        cart(item("shirt-red", 2000, family="product:shirt")),
        book(promotion("p", "amount", amount=500, products=["product:shirt"])),
        total=1500,
    )
    yield case(
        "a limit goes to the dearest",
        "one piece half off: the tea, 1.75",
        cart(milk, tea),
        book(promotion("p", "percent", percent=500_000, limit=1)),
        promotions={"promotion:p": 175},
        total=912,
    )
    yield case(
        "the higher priority takes the units, the other gets what is left",
        "b (2): 2 teas 0.50 off each; a gets the milks only: 10 % of 3.87 = 0.387 → 0.39",
        cart(tea, milk),
        book(promotion("a", "percent", percent=100_000), promotion("b", "amount", amount=50, priority=2, **only_tea)),
        promotions={"promotion:b": 100, "promotion:a": 39},
        total=948,
    )
    yield case(
        "of equal priority the smaller id goes first",
        "a takes both teas, b finds none",
        cart(tea),
        book(promotion("b", "percent", percent=900_000), promotion("a", "percent", percent=100_000)),
        promotions={"promotion:a": 70},
        total=630,
    )
    yield case(
        "a limit leaves the other units to the next promotion",
        "a: one tea half off 1.75; b: the other 1.00 off",
        cart(tea),
        book(promotion("a", "percent", percent=500_000, limit=1), promotion("b", "amount", amount=100)),
        promotions={"promotion:a": 175, "promotion:b": 100},
        total=425,
    )
    yield case(
        "two promotions that exclude each other",
        "a was given to the tea, so b is not, though milk is free for it",
        cart(tea, milk),
        book(
            promotion("a", "percent", percent=100_000, **only_tea),
            promotion("b", "percent", percent=500_000, excludes=["promotion:a"]),
        ),
        promotions={"promotion:a": 70},
        total=1017,
    )
    happy = [{"weekdays": [5, 6, 7], "begins": "14:00", "ends": "15:00"}]
    yield case(
        "happy hour",
        "Sunday 14:05 is within",
        cart(tea),
        book(promotion("p", "percent", percent=500_000, hours=happy)),
        total=350,
    )
    yield case(
        "the end of a happy hour is no more happy",
        "14:05 until 14:05",
        cart(tea),
        book(promotion("p", "percent", percent=500_000, hours=[{"begins": "13:00", "ends": "14:05"}])),
        total=700,
    )
    yield case(
        "a night that began on Saturday",
        "Sunday 01:30 belongs to Saturday's 22:00 to 02:00",
        cart(tea),
        book(
            promotion("p", "percent", percent=500_000, hours=[{"weekdays": [6], "begins": "22:00", "ends": "02:00"}]),
            now={**SUNDAY, "time": "01:30"},
        ),
        total=350,
    )
    coupon = promotion("p", "percent", percent=100_000, coupons=["SAVE10"])
    yield case("a coupon's promotion without its code", "nothing", cart(tea), book(coupon), total=700, coupons=[])
    yield case(
        "a coupon's code in small letters",
        "ten percent; the other code does nothing",
        cart(tea, coupons=["save10", "NO"]),
        book(coupon),
        total=630,
        coupons=["SAVE10"],
    )
    yield case(
        "a promotion for a customer group",
        "no customer, no promotion",
        cart(tea),
        book(promotion("p", "percent", percent=100_000, groups=["staff"])),
        total=700,
    )
    yield case(
        "a promotion from a spend",
        "goods come to 10.87, 10.00 is asked of the whole cart: tea at 3.00",
        cart(tea, milk),
        book(promotion("p", "price", price=euros(300), spend=1000, spend_on="cart", **only_tea)),
        total=987,
    )
    yield case(
        "measured goods are taken whole",
        "1.234 kg at 9.99 = 12.33; half off 6.165 → 6.17",
        cart(item("cheese", 999) | {"quantity": 1234}),
        book(promotion("p", "percent", percent=500_000, limit=1)),
        total=616,
    )
