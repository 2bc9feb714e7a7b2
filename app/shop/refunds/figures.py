"""The figures of a returned line. Pure: integers in, integers out, from the sold line's own allotted figures.

Refunded = round(value × cumulative returned / sold) − already refunded, for the total, each discount, each tax and the
line's share of manufacturers' coupons alike. Promotions are never worked out again. So any sequence of partial returns
adds up, and the one that completes the line reverses it to the cent::

    sold 3 for 10.00      returned 1 → 3.33    1 more → 3.34 (6.67 − 3.33)    the last → 3.33 (10.00 − 6.67)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.shop.money import allot, divide
from app.shop.schemas.order import STORED_VALUE

Doc = Mapping[str, Any]

#: What a returned line keeps of the one that it returns, where that has it.
KEPT = (
    "product", "sku", "name", "category", "unit", "decimals", "kind", "of", "bundle", "list", "card", "hint", "to",
    "keyed",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """The figures of a line, or the sum of several: `quantity` in thousandths, all else in minor units. `discounts`,
    `bases` and `taxes` by place, as the sold line has them."""

    quantity: int = 0
    amount: int = 0
    discounts: tuple[int, ...] = ()
    total: int = 0
    bases: tuple[int, ...] = ()
    taxes: tuple[int, ...] = ()
    coupon: int = 0

    def plus(self, other: Figures) -> Figures:
        return Figures(
            self.quantity + other.quantity,
            self.amount + other.amount,
            _add(self.discounts, other.discounts),
            self.total + other.total,
            _add(self.bases, other.bases),
            _add(self.taxes, other.taxes),
            self.coupon + other.coupon,
        )

    def negative(self) -> Figures:
        return Figures(
            -self.quantity,
            -self.amount,
            tuple(-value for value in self.discounts),
            -self.total,
            tuple(-value for value in self.bases),
            tuple(-value for value in self.taxes),
            -self.coupon,
        )


#: Nothing returned yet.
NOTHING = Figures()


def _add(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return tuple(value + (shorter[i] if i < len(shorter) else 0) for i, value in enumerate(longer))


def figures_of(line: Doc) -> Figures:
    """The figures as they stand on a line; those of a returned one are negative."""
    taxes = line.get("tax") or ()
    return Figures(
        line["quantity"],
        line["amount"],
        tuple(discount["amount"] for discount in line.get("discounts") or ()),
        line["total"],
        tuple(tax["base"] for tax in taxes),
        tuple(tax["amount"] for tax in taxes),
        line.get("coupon") or 0,
    )


def returned(lines: Iterable[Doc]) -> Figures:
    """What `lines`, each a return of one and the same sold line, have given back: as `already` of `fixed_line`, so
    positive."""
    total = NOTHING
    for line in lines:
        total = total.plus(figures_of(line).negative())
    return total


def line_of(order: Doc, id: str) -> Doc | None:
    """The line of an order by its id."""
    return next((line for line in order["lines"] if line["id"] == id), None)


def payable(line: Doc, tax_mode: str) -> int:
    """What a line asked of the customer: its total, and the taxes that come on top."""
    added = sum(tax["amount"] for tax in line.get("tax") or ()) if tax_mode == "added" else 0
    return int(line["total"]) + added


def coupon_shares(order: Doc) -> dict[str, int]:
    """Line id → its share of the manufacturers' coupons that paid, split over the sold lines by what each asked for.
    Money put on a card or an account is no goods that a coupon pays: it has a share only of what goods don't cover."""
    paid = sum(tender["amount"] for tender in order["tenders"] if tender["kind"] == "coupon" and tender["amount"] > 0)
    lines = [line for line in order["lines"] if line["quantity"] > 0]
    if not paid or not lines:
        return {line["id"]: 0 for line in lines}
    weights = [max(0, payable(line, order["tax_mode"])) for line in lines]
    stored = [line.get("kind") in STORED_VALUE for line in lines]
    goods = [0 if money else weight for money, weight in zip(stored, weights, strict=True)]
    rest = max(0, paid - sum(goods)) if any(stored) else 0
    shares = allot(paid - rest, goods)
    if rest:  # more than all the goods cost
        others = allot(rest, [weight if money else 0 for money, weight in zip(stored, weights, strict=True)])
        shares = [share + other for share, other in zip(shares, others, strict=True)]
    return {line["id"]: share for line, share in zip(lines, shares, strict=True)}


def proportion(value: int, cumulative: int, sold: int, already: int) -> int:
    """round(value × cumulative / sold) − already."""
    return divide(value * cumulative, sold) - already


def give_back(order: Doc, id: str, quantity: int, already: Figures = NOTHING) -> Figures:
    """The figures that returning `quantity` thousandths of line `id` gives back, all as the sale has them (positive).

    `already` is what was returned of this line before. Raises KeyError for a line that the order lacks, ValueError for
    one that was not sold (a return itself), for nothing, and for more than is left.
    """
    line = line_of(order, id)
    if line is None:
        raise KeyError(id)
    sold = figures_of(line)
    if sold.quantity <= 0 or quantity <= 0 or already.quantity + quantity > sold.quantity:
        raise ValueError("more than was sold")
    cumulative = already.quantity + quantity

    def part(value: int, before: int) -> int:
        return proportion(value, cumulative, sold.quantity, before)

    def parts(values: Sequence[int], before: Sequence[int]) -> tuple[int, ...]:
        return tuple(part(value, before[i] if i < len(before) else 0) for i, value in enumerate(values))

    discounts = parts(sold.discounts, already.discounts)
    # The money that goes back follows the rule to the cent; with several discounts that round the same way the amount
    # before them may then be off it by as many halves.
    total = part(sold.total, already.total)
    amount = total + sum(discounts)
    taxes = parts(sold.taxes, already.taxes)
    bases = parts(sold.bases, already.bases)
    # What held for the sale's figures holds for the part: prices that contain their taxes, or to which they come.
    if all(base == sold.total - sum(sold.taxes) for base in sold.bases):
        bases = tuple(total - sum(taxes) for _ in bases)
    elif all(base == sold.total for base in sold.bases):
        bases = tuple(total for _ in bases)
    coupon = part(coupon_shares(order)[id], already.coupon)
    # Tills that each rounded up while they were apart may have given a cent too many by now: then this part gives
    # nothing, and the one that completes the line sets it right.
    if cumulative < sold.quantity and min(0, total, *discounts, *taxes, coupon) < 0:
        zeros = (0,) * len(taxes)
        return Figures(quantity, 0, (0,) * len(discounts), 0, zeros, zeros, 0)
    return Figures(quantity, amount, discounts, total, bases, taxes, coupon)


def fixed_line(order: Doc, id: str, quantity: int, already: Figures = NOTHING) -> dict[str, Any]:
    """The figures of a return of `quantity` thousandths (positive) of line `id` of `order`, as the pricing function
    takes them for `fixed`, and as the returned line stores them: every one negative.

    `{"amount", "discounts": [{the sale's, with "amount" negative or 0}], "total", "tax": [{"id", "rate", "base",
    "amount"}], "coupon"}`. `coupon` is the line's share of the manufacturers' coupons of that sale: it is stored on the
    returned line, and the order that returns it has the sum of these as one tender of kind `coupon` (a coupon never
    pays out). `total` = `amount` − the discounts; included: base = total − taxes. `amount` need not be price × quantity
    / per: what was rounded once for all that was sold is not rounded anew for its parts.

    `already` (see `known.Returns.already`) is what earlier returns gave back. Raises as `give_back`.
    """
    line = line_of(order, id)
    back = give_back(order, id, quantity, already).negative()
    assert line is not None
    return {
        "amount": back.amount,
        "discounts": [
            {**discount, "amount": value}
            for discount, value in zip(line.get("discounts") or (), back.discounts, strict=True)
        ],
        "total": back.total,
        "tax": [
            {"id": tax["id"], "rate": tax["rate"], "base": base, "amount": value}
            for tax, base, value in zip(line.get("tax") or (), back.bases, back.taxes, strict=True)
        ],
        "coupon": back.coupon,
    }


def return_line(
    order: Doc, id: str, quantity: int, already: Figures = NOTHING, *, as_id: str, restock: str | None = None
) -> dict[str, Any]:
    """The whole line of an order that returns `quantity` thousandths (positive) of line `id`: negative quantity and
    figures, `return_of`, `restock`, and what names the goods, all from the sold line. Raises as `give_back`."""
    line = line_of(order, id)
    fixed = fixed_line(order, id, quantity, already)
    assert line is not None
    kept = {name: line[name] for name in KEPT if name in line}
    if not fixed["coupon"]:
        del fixed["coupon"]
    return {
        "id": as_id,
        **kept,
        "quantity": -quantity,
        "price": dict(line["price"]),
        **fixed,
        "return_of": {"order": order["_id"], "line": id},
        "restock": restock,
    }
