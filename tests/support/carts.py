"""Any cart and any price book, for hypothesis: few products, so that rules meet; odd prices, so that they round."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PRODUCTS = [f"product:{letter}" for letter in "abcdef"]
FAMILIES = ["product:shirt", "product:mug"]
CATEGORIES = ["category:fruit", "category:bread", "category:drinks"]
GROUPS = ["staff", "trade"]
CODES = ["SAVE", "Ten-10", "xmas"]
TAXES = ["tax:vat", "tax:low", "tax:city", "tax:gone"]
CURRENCIES = [("USD", 2), ("JPY", 0), ("KWD", 3), ("EUR", 2)]
DAYS = ["2026-11-20", "2026-11-22", "2026-11-24"]
TIMES = ["00:00", "01:30", "14:05", "17:00", "18:59", "23:59"]


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def few(values: list[str], most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


amounts = st.sampled_from([0, 1, 2, 33, 99, 100, 129, 250, 333, 1000, 1999]) | st.integers(0, 5000)
percents = st.sampled_from([1, 100_000, 125_000, 333_333, 500_000, 1_000_000]) | st.integers(1, 1_000_000)
prices = st.builds(
    lambda amount, per: {"amount": amount, "per": per}, amounts, st.sampled_from([1000, 1000, 1000, 10_000, 7, 100])
)
whole_prices = amounts.map(lambda amount: {"amount": amount, "per": 1000})
planned = st.lists(
    st.builds(
        lambda day, time, price: {"at": f"{day}T{time}", "price": price},
        st.sampled_from(DAYS),
        st.sampled_from(TIMES),
        prices,
    ),
    min_size=1,
    max_size=3,
).map(lambda plans: sorted(plans, key=lambda plan: plan["at"]))
counted = st.integers(1, 12).map(lambda n: n * 1000)
measured = st.integers(1, 5000)


def clean(value: dict[str, Any]) -> dict[str, Any]:
    """Without what is None: as the book has it."""
    return {key: entry for key, entry in value.items() if entry is not None}


discounts = st.lists(
    st.builds(lambda n, name: {"kind": "manual", "amount": n, "name": name}, st.integers(1, 500), some(st.just("Dent")))
    | percents.map(lambda percent: {"kind": "manual", "percent": percent}),
    max_size=2,
)
taxes = some(st.lists(st.sampled_from(TAXES), max_size=3, unique=True))
deposits = st.builds(
    lambda price, taxes: {"product": "product:deposit", "name": "Deposit", "price": price, "taxes": taxes},
    whole_prices,
    taxes,
)


@st.composite
def components(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "id": str(number),
            "product": draw(st.sampled_from(PRODUCTS)),
            "name": f"Part {number}",
            "category": draw(some(st.sampled_from(CATEGORIES))),
            "quantity": draw(st.sampled_from([1000, 2000, 500, 1])),
            "value": draw(prices),
            "taxes": draw(taxes),
            "deposit": draw(st.none() | st.none() | deposits),
        }
        for number in range(1, draw(st.integers(1, 3)) + 1)
    ]


@st.composite
def fixed(draw: st.DrawFn, id: str) -> dict[str, Any]:
    """A returned line of a known receipt."""
    amount = draw(st.integers(0, 5000))
    off = draw(st.integers(0, amount))
    base = draw(st.integers(0, amount - off))
    return {
        "id": id,
        "product": "product:a",
        "name": "Returned",
        "quantity": -1000 * draw(st.integers(1, 3)),
        "price": draw(some(prices)),
        "fixed": {
            "amount": -amount,
            "discounts": [{"kind": "promotion", "id": "promotion:old", "name": "Old", "amount": -off}] if off else [],
            "total": off - amount,
            "tax": [{"id": "tax:vat", "rate": 190_000, "base": -base, "amount": off + base - amount}],
        },
    }


@st.composite
def lines(draw: st.DrawFn, id: str, lists: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["goods"] * 8 + ["giftcard", "topup", "fixed"]))
    if kind == "fixed":
        return draw(fixed(id))
    if kind != "goods":
        return {"id": id, "kind": kind, "product": None, "name": "Card", "quantity": 1000, "keyed": draw(whole_prices)}
    whole = draw(st.booleans()) or draw(st.booleans())
    sign = draw(st.sampled_from([1] * 7 + [-1]))
    product = draw(st.sampled_from([*PRODUCTS, None]))
    keyed = draw(st.none() | st.none() | st.none() | prices)
    line = {
        "id": id,
        "kind": "goods",
        "product": product,
        "name": f"Näme {id}",
        "category": draw(some(st.sampled_from(CATEGORIES))),
        "family": draw(st.none() | st.none() | st.sampled_from(FAMILIES)),
        "quantity": sign * draw(counted if whole else measured),
        "measured": draw(st.sampled_from([None, None, True])),
        "price": draw(prices) if draw(st.integers(0, 12)) else None,
        "keyed": keyed,
        "label": draw(st.none() | st.just(True)) if keyed else None,
        "prices": draw(
            some(
                st.lists(
                    st.builds(
                        lambda list, least, offer: {"list": list, "from": least, **offer},
                        st.sampled_from(lists or ["pricelist:none"]),
                        st.sampled_from([0, 1000, 3000, 10_000]),
                        prices.map(lambda price: {"price": price}) | percents.map(lambda part: {"percent": part}),
                    ),
                    max_size=3,
                )
            )
        ),
        "planned": draw(planned) if not draw(st.integers(0, 3)) else None,
        "taxes": draw(taxes),
        "discounts": draw(discounts) if draw(st.booleans()) else None,
        "bundle": draw(components()) if not draw(st.integers(0, 5)) else None,
        "deposit": draw(deposits) if not draw(st.integers(0, 5)) else None,
    }
    return clean(line)


hours = st.lists(
    st.builds(
        lambda days, begins, ends: clean({"weekdays": days, "begins": begins, "ends": ends}),
        some(st.lists(st.integers(1, 7), min_size=1, max_size=4, unique=True)),
        some(st.sampled_from(TIMES)),
        some(st.sampled_from([*TIMES[1:], "24:00"])),
    ),
    min_size=1,
    max_size=2,
)


@st.composite
def conditions(draw: st.DrawFn, id: str) -> dict[str, Any]:
    rare = st.integers(0, 4)
    return {
        "id": id,
        "name": f"Rule {id[-1]} ½",
        "priority": draw(st.sampled_from([None, 0, 1, 1, 5, -3])),
        "groups": draw(few(GROUPS)) if not draw(rare) else None,
        "starts": draw(st.sampled_from(DAYS)) if not draw(rare) else None,
        "starts_at": draw(st.sampled_from(TIMES)) if not draw(rare) else None,
        "ends": draw(st.sampled_from(DAYS)) if not draw(rare) else None,
        "ends_at": draw(st.sampled_from([*TIMES, "24:00"])) if not draw(rare) else None,
        "hours": draw(hours) if not draw(rare) else None,
    }


meant = {
    "products": some(few([*PRODUCTS, *FAMILIES], 4)),
    "categories": st.none() | st.none() | few(CATEGORIES, 2),
}


@st.composite
def promotions(draw: st.DrawFn, id: str, others: list[str], kind: str | None = None) -> dict[str, Any]:
    rare = st.integers(0, 4)
    kind = kind or draw(st.sampled_from(["percent", "amount", "price", "buy", "count", "mix"]))
    each = kind in ("percent", "amount", "price")
    cart = each and draw(st.integers(0, 2)) == 0
    rule = {
        **draw(conditions(id)),
        "kind": kind,
        "scope": "cart" if cart else draw(st.sampled_from([None, "line"])),
        "products": draw(meant["products"]),
        "categories": draw(meant["categories"]),
        "exclude_products": draw(few(PRODUCTS, 2)) if not draw(rare) else None,
        "exclude_categories": draw(few(CATEGORIES, 1)) if not draw(rare) else None,
        "limit": draw(st.integers(1, 5)) if not cart and not draw(rare) else None,
        "spend": draw(st.sampled_from([1, 500, 1000, 5000])) if not draw(rare) else None,
        "spend_on": "cart" if not cart and not draw(rare) else None,
        "coupons": draw(few(CODES, 2)) if not draw(rare) else None,
        "excludes": draw(few(others, 2)) if others and not draw(rare) else None,
    }
    if kind == "percent":
        rule["percent"] = draw(percents)
    elif kind == "amount":
        rule["amount"] = draw(st.integers(1, 700))
    elif kind == "price":
        rule["price"] = draw(whole_prices if cart else prices)
    elif kind == "buy":
        rule |= {"buy": draw(st.integers(1, 3)), "get": draw(st.integers(1, 2)), "percent": draw(some(percents))}
        if draw(st.booleans()):
            rule["get_products"] = draw(few(PRODUCTS))
    elif kind == "count":
        rule |= {"count": draw(st.integers(1, 4)), "price": draw(whole_prices)}
    else:
        rule["parts"] = [
            clean({"products": draw(meant["products"]), "categories": draw(meant["categories"]), "count": n})
            for n in draw(st.lists(st.integers(1, 2), min_size=1, max_size=3))
        ]
        rule |= {"percent": draw(percents)} if draw(st.booleans()) else {"price": draw(whole_prices)}
    return clean(rule)


roundings = st.builds(
    lambda scope, mode: {"scope": scope, "mode": mode},
    st.sampled_from(["line", "tax"]),
    st.sampled_from(["half_away", "half_even"]),
)
KNOWN_TAXES = {
    "tax:vat": {"name": "VAT", "rate": 190_000},
    "tax:low": {"name": "Low", "rate": 70_000},
    "tax:city": {"name": "City", "rate": 8_875},
}


@st.composite
def books(draw: st.DrawFn, most_lists: int = 3, most_promotions: int = 6) -> dict[str, Any]:
    currency, digits = draw(st.sampled_from(CURRENCIES))
    lists = [f"pricelist:{n}" for n in range(draw(st.integers(0, most_lists)))]
    ids = [f"promotion:{n}" for n in range(draw(st.integers(0, most_promotions)))]
    return {
        "currency": currency,
        "digits": digits,
        "tax_mode": draw(st.sampled_from(["included", "added"])),
        "rounding": draw(roundings),
        "taxes": {id: KNOWN_TAXES[id] for id in draw(st.sampled_from([[], ["tax:vat"], list(KNOWN_TAXES)]))},
        "default_taxes": draw(st.lists(st.sampled_from(TAXES), max_size=2, unique=True)),
        "lists": [clean(draw(conditions(id))) for id in lists],
        "promotions": draw(st.permutations([draw(promotions(id, ids)) for id in ids])),
        "now": {
            "date": draw(st.sampled_from(DAYS)),
            "time": draw(st.sampled_from(TIMES)),
            "weekday": draw(st.integers(1, 7)),
        },
    }


@st.composite
def carts(draw: st.DrawFn, book: dict[str, Any], most: int = 6) -> dict[str, Any]:
    lists = [entry["id"] for entry in book["lists"]]
    number = draw(st.integers(0, most))
    return {
        "customer": draw(some(st.sampled_from([{"id": "customer:1", "group": g} for g in [*GROUPS, None]]))),
        "coupons": draw(st.lists(st.sampled_from([*CODES, "save", "NO"]), max_size=3)),
        "discounts": draw(discounts) if draw(st.booleans()) else [],
        "lines": [draw(lines(f"l{place}", lists)) for place in range(1, number + 1)],
    }


@st.composite
def pairs(draw: st.DrawFn, most: int = 6, **sizes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """`(cart, book)`: any cart, and any book that has something to do with it."""
    book = draw(books(**sizes))
    return draw(carts(book, most)), book
