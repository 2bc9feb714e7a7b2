"""Cases worked out by hand: each says what it is about and how its figures come about."""

from __future__ import annotations

from collections.abc import Iterator

from tests.shop.pricing.golden import goods, sets, taxes, units
from tests.shop.pricing.golden.builders import Case


def cases() -> Iterator[Case]:
    """`{"name", "how", "cart", "book", "expected"}`; `expected` has the figures that the hand worked out."""
    yield from goods.lines()
    yield from goods.lists()
    yield from units.simple_promotions()
    yield from sets.set_promotions()
    yield from sets.cart_promotions()
    yield from sets.by_hand()
    yield from taxes.taxes()
    yield from taxes.special_lines()
    yield from taxes.refused()
