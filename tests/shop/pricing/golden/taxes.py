"""Taxes, lines that are no goods, bundles, returns, and what has no price."""

from __future__ import annotations

from collections.abc import Iterator

from tests.shop.pricing.golden.builders import TWO, VAT, Case, book, cart, case, euros, item, promotion, taxed


def taxes() -> Iterator[Case]:
    yield case(
        "contained",
        "2.58/1.19 = 2.168 → 2.17 net, 0.41",
        cart(item("a", 129, 2)),
        taxed(VAT),
        total=258,
        tax={"tax:vat": 41},
    )
    yield case(
        "added",
        "2.58 × 0.19 = 0.4902 → 0.49",
        cart(item("a", 129, 2)),
        taxed(VAT, tax_mode="added"),
        total=307,
        tax={"tax:vat": 49},
    )
    yield case(
        "two contained taxes",
        "10.00/1.14975 = 8.6976 → 8.70; 1.30 by 50:99.75 = 0.434, 0.866 → 0.43, 0.87",
        cart(item("a", 1000)),
        taxed(TWO),
        tax={"tax:a": 43, "tax:b": 87},
        total=1000,
    )
    yield case(
        "two added taxes, each rounded for itself",
        "0.50 and 0.9975 → 1.00",
        cart(item("a", 1000)),
        taxed(TWO, tax_mode="added"),
        tax={"tax:a": 50, "tax:b": 100},
        total=1150,
    )
    five = {"tax:vat": {"name": "VAT", "rate": 50_000}}
    dimes = tuple(item(id, 10) for id in "abc")
    yield case(
        "rounded by line",
        "each 0.10 × 5 % = 0.005 → 0.01: 0.03",
        cart(*dimes),
        taxed(five, tax_mode="added"),
        tax={"tax:vat": 3},
        total=33,
    )
    group = {"scope": "tax", "mode": "half_away"}
    yield case(
        "rounded by group",
        "0.30 × 5 % = 0.015 → 0.02, allotted 0.01, 0.01, 0.00",
        cart(*dimes),
        taxed(five, tax_mode="added", rounding=group),
        tax={"tax:vat": 2},
        total=32,
    )
    yield case(
        "half to even, by line",
        "0.005 → 0.00",
        cart(*dimes),
        taxed(five, tax_mode="added", rounding={"scope": "line", "mode": "half_even"}),
        tax={"tax:vat": 0},
        total=30,
    )
    yield case(
        "half to even, by group",
        "0.015 → 0.02 (2 is even)",
        cart(*dimes),
        taxed(five, tax_mode="added", rounding={"scope": "tax", "mode": "half_even"}),
        tax={"tax:vat": 2},
        total=32,
    )
    yield case(
        "contained, by group",
        "3 × 0.99 = 2.97/1.19 = 2.4958 → 2.50, tax 0.47 (by line 0.16 each: 0.48)",
        cart(*(item(id, 99) for id in "abc")),
        taxed(VAT, rounding=group),
        tax={"tax:vat": 47},
        total=297,
    )
    yield case(
        "a product with taxes of its own",
        "tea has none, milk the usual: 1.29/1.19 = 1.084 → 1.08, 0.21",
        cart(item("tea", 350, taxes=[]), item("milk", 129)),
        taxed(VAT),
        tax={"tax:vat": 21},
        total=479,
    )
    yield case(
        "a tax of another store isn't known here",
        "only VAT applies: 1.19/1.19 = 1.00",
        cart(item("a", 119, taxes=["tax:elsewhere", "tax:vat"])),
        taxed(VAT),
        tax={"tax:vat": 19},
    )
    yield case(
        "discounts lower the tax base",
        "11.90 − 50 % = 5.95: 5.00 + 0.95",
        cart(item("a", 1190)),
        taxed(VAT, promotion("p", "percent", percent=500_000)),
        tax={"tax:vat": 95},
        total=595,
    )
    yield case(
        "what is sold and what comes back are rounded apart",
        "sold 0.99: 0.16; back −0.99: −0.16; by group too",
        cart(item("a", 99), item("b", 99, -1)),
        taxed(VAT, rounding=group),
        tax={"tax:vat": 0},
        total=0,
    )


def special_lines() -> Iterator[Case]:
    yield case(
        "a gift card is no revenue and has no tax",
        "50.00, and goods of 1.19 with 0.19",
        cart(item("a", 119), item("card", None, keyed=euros(5000), kind="giftcard")),
        taxed(VAT),
        total=5119,
        revenue=119,
        tax={"tax:vat": 19},
    )
    bottle = {"product": "product:bottle", "name": "Bottle", "price": euros(25), "taxes": []}
    yield case(
        "a deposit follows the quantity, and nothing is taken off it",
        "3 × 1.00 half off = 1.50, and 3 × 0.25",
        cart(item("cola", 100, 3, deposit=bottle)),
        book(promotion("p", "percent", percent=500_000)),
        total=225,
        lines={"cola": 150, "cola.deposit": 75},
    )
    parts = [
        {"id": "1", "product": "product:cup", "name": "Cup", "quantity": 1000, "value": euros(600), "taxes": None},
        {
            "id": "2",
            "product": "product:book",
            "name": "Book",
            "quantity": 2000,
            "value": euros(200),
            "taxes": ["tax:low"],
        },
    ]
    both = {**VAT, "tax:low": {"name": "Low", "rate": 70_000}}
    gift = item("set", 800, bundle=parts)
    yield case(
        "a bundle's price is allotted by value, with the parts' own taxes",
        "8.00 by 6:4 = 4.80, 3.20; 4.80/1.19 = 4.03 + 0.77; 3.20/1.07 = 2.99 + 0.21",
        cart(gift),
        book(taxes=both, default_taxes=["tax:vat"]),
        lines={"set.1": 480, "set.2": 320},
        total=800,
        tax={"tax:vat": 77, "tax:low": 21},
    )
    yield case(
        "a promotion means the bundle, and its parts share it",
        "25 % of 8.00 = 2.00 by 480:320 = 1.20, 0.80",
        cart(gift),
        book(promotion("p", "percent", percent=250_000, products=["product:set"])),
        lines={"set.1": 360, "set.2": 240},
    )
    yield case(
        "a promotion of a part doesn't mean the bundle",
        "the cup is in the set, whose price is a deal already",
        cart(gift),
        book(promotion("p", "percent", percent=250_000, products=["product:cup"])),
        total=800,
    )
    yield case(
        "two bundles to the cent",
        "2 × 3.33 = 6.66 by 12:8 = 3.996, 2.664 → 4.00, 2.66",
        cart(item("set", 333, 2, bundle=parts)),
        book(),
        lines={"set.1": 400, "set.2": 266},
    )
    back = {
        "amount": -700,
        "discounts": [{"kind": "promotion", "id": "promotion:old", "name": "Old", "amount": -70}],
        "total": -630,
        "tax": [{"id": "tax:vat", "rate": 190_000, "base": -529, "amount": -101}],
    }
    yield case(
        "the return of a known line passes through as it was sold",
        "−6.30 with its 1.01 of tax; the new goods pay 1.19",
        cart(item("tea", 350, -2, fixed=back), item("a", 119)),
        taxed(VAT, promotion("p", "percent", percent=500_000, products=["product:tea"])),
        total=-511,
        tax={"tax:vat": -82},
        promotions={},
        lines={"tea": -630},
    )
    yield case(
        "a return without a receipt takes part in no promotion",
        "−3.50",
        cart(item("tea", 350, -1)),
        book(promotion("p", "percent", percent=500_000)),
        total=-350,
        promotions={},
    )


def refused() -> Iterator[Case]:
    yield case(
        "an open price that nobody keyed", "it can't be guessed", cart(item("gift", None)), book(), error="no_price"
    )
    yield case(
        "ten to the fifteenth cents",
        "more than a line may come to",
        cart(
            item(
                "a",
                None,
                keyed={"amount": 10**12 - 1, "per": 1000},
            )
            | {"quantity": 1_000_000}
        ),
        book(),
        error="too_large",
    )
    yield case(
        "lines that fit, and a total that doesn't",
        "2 × 9,999,999,999.99",
        cart(item("a", 10**12 - 1), item("b", 10**12 - 1)),
        book(),
        error="too_large",
    )
