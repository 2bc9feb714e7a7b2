"""The lines of a cart while they are priced: which price holds, what is left of it, what took something off.

Of the price lists that hold for this customer today, the one of the highest priority that has a price for the product
and the quantity counts (then by id); within it the first of its entries that the quantity reaches, so the entries stand
best defined first (a product's before its category's, the larger quantity before the smaller). The quantity that counts
is the product's in the whole cart. The catalogue's own price is the last of the planned ones that has begun by the
store's clock (`listed`); a list's percentage is taken off that. A keyed price stands over every list, and, where it is
another than the catalogue's, is the last word of whoever keyed it: no promotion touches it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.shop.money import MAX_AMOUNT, MILLION, WHOLE, divide, line_amount

NO_PRICE = "no_price"
TOO_LARGE = "too_large"
#: Kinds of line that are no goods: they have no tax, no discount, and are no revenue.
CARDS = ("giftcard", "topup")


class PricingError(ValueError):
    """A cart that has no price. `code` is `no_price` (an open price that nobody keyed) or `too_large`; `line` is the id
    of the cart's line, None where the whole is at fault."""

    def __init__(self, code: str, line: str | None) -> None:
        super().__init__(f"{code}: {line}")
        self.code, self.line = code, line


class Line:
    """One line of the cart. `amount` is before discounts, `rest` what is left after those so far, both with the sign of
    `quantity`; `used` are the thousandths that line promotions have consumed, from the first unit on."""

    __slots__ = (
        "amount",
        "category",
        "discounts",
        "family",
        "fixed",
        "id",
        "kind",
        "list",
        "measured",
        "open",
        "place",
        "price",
        "product",
        "quantity",
        "rest",
        "source",
        "used",
    )

    def __init__(self, source: Mapping[str, Any], place: int) -> None:
        self.source = source
        self.place = place
        self.id: str = source["id"]
        self.kind: str = source.get("kind") or "goods"
        self.product: str | None = source.get("product")
        self.family: str | None = source.get("family")
        self.category: str | None = source.get("category")
        self.quantity: int = source["quantity"]
        self.fixed: Mapping[str, Any] | None = source.get("fixed")
        self.measured = bool(source.get("measured")) or self.quantity % WHOLE != 0
        self.price: dict[str, int] = {"amount": 0, "per": WHOLE}
        self.list: str | None = None
        self.amount = 0
        self.rest = 0
        self.used = 0
        self.open = False
        self.discounts: list[dict[str, Any]] = []

    @property
    def goods(self) -> bool:
        """Whether discounts may touch it: no card, and not the return of a known line."""
        return self.kind not in CARDS and self.fixed is None

    def worth(self, start: int, quantity: int) -> int:
        """What `quantity` thousandths from `start` on come to; the parts of a line add up to its amount."""
        if start == 0 and quantity == self.quantity:
            return self.amount
        upto = divide(self.amount * (start + quantity), self.quantity)
        return upto - divide(self.amount * start, self.quantity)

    def take_off(self, amount: int, kind: str, id: str | None, name: str | None) -> None:
        """Notes a discount of `amount`; one promotion is one entry of the line, however often it took something."""
        self.rest -= amount
        if id is not None:
            for discount in self.discounts:
                if discount.get("id") == id:
                    discount["amount"] += amount
                    return
        made: dict[str, Any] = {"kind": kind}
        if id is not None:
            made["id"] = id
        if name is not None:
            made["name"] = name
        made["amount"] = amount
        self.discounts.append(made)


def listed(source: Mapping[str, Any], now: Mapping[str, str]) -> Mapping[str, int] | None:
    """The catalogue's price of a line's product at this moment: its `price`, or the last of those `planned` (`{"at":
    "2026-11-23T06:00", "price"}`, the earliest first) whose time has come."""
    found: Mapping[str, int] | None = source.get("price")
    moment = f"{now['date']}T{now['time']}"
    for plan in source.get("planned") or ():
        if plan["at"] <= moment:
            found = plan["price"]
    return found


def percent_off(price: Mapping[str, int] | None, percent: int) -> dict[str, int] | None:
    """A price less `percent` millionths of it."""
    if price is None:
        return None
    return {"amount": divide(price["amount"] * (MILLION - percent), MILLION), "per": price.get("per", WHOLE)}


def read_lines(
    cart: Mapping[str, Any], lists: Sequence[Mapping[str, Any]], now: Mapping[str, str] | None = None
) -> list[Line]:
    """The cart's lines with their prices and amounts; `lists` are the price lists that hold, the strongest first, `now`
    the book's."""
    lines = [Line(source, place) for place, source in enumerate(cart["lines"])]
    sold: dict[str, int] = {}
    for line in lines:
        if line.goods and line.product is not None and line.quantity > 0:
            sold[line.product] = sold.get(line.product, 0) + line.quantity
    ranks = {entry["id"]: rank for rank, entry in enumerate(lists)}
    for line in lines:
        if line.fixed is not None:
            _fix(line)
            continue
        count = sold.get(line.product or "", 0) if line.quantity > 0 else -line.quantity
        _price(line, count or line.quantity, ranks, listed(line.source, now) if now else line.source.get("price"))
        line.amount = line.rest = line_amount(line.price, line.quantity)
        if abs(line.amount) > MAX_AMOUNT:
            raise PricingError(TOO_LARGE, line.id)
    return lines


def _fix(line: Line) -> None:
    assert line.fixed is not None
    given = line.source.get("keyed") or line.source.get("price")
    line.amount, line.rest = line.fixed["amount"], line.fixed["total"]
    line.discounts = [dict(discount) for discount in line.fixed["discounts"]]
    line.price = _whole(given) if given else {"amount": abs(line.amount), "per": abs(line.quantity) or WHOLE}
    line.list = line.source.get("list")


def _price(line: Line, count: int, ranks: Mapping[str, int], own: Mapping[str, int] | None) -> None:
    keyed, found = line.source.get("keyed"), own
    if keyed is not None:
        line.price = _whole(keyed)
    else:
        best = len(ranks)
        for entry in line.source.get("prices") or ():
            rank = ranks.get(entry["list"], best)
            if rank < best and entry["from"] <= count:
                offered = percent_off(own, entry["percent"]) if entry.get("percent") else entry["price"]
                if offered is not None:
                    best, line.list, found = rank, entry["list"], offered
        if found is None:
            raise PricingError(NO_PRICE, line.id)
        line.price = _whole(found)
    other = keyed is not None and own is not None and line.price != _whole(own)
    by_hand = other and not line.source.get("label")
    line.open = line.goods and line.kind == "goods" and line.quantity > 0 and line.amount >= 0 and not by_hand


def _whole(price: Mapping[str, int]) -> dict[str, int]:
    return {"amount": price["amount"], "per": price.get("per", WHOLE)}
