"""From a cart's line to the lines of the order: a bundle becomes its components, a deposit stands beside its goods.

Price and discounts of a bundle are worked out for the bundle; then each is allotted to its components by their value.
A component's price is what was allotted for its whole quantity, so price × quantity / per is its amount, and it keeps
its own taxes. A deposit follows the quantity of its goods; nothing is taken off it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.shop.money import WHOLE, allot, divide, line_amount
from app.shop.pricing.lines import Line

Out = dict[str, Any]


def explode(line: Line) -> Iterator[tuple[Out, Any]]:
    """The order's lines, without their taxes, of one line of the cart; each with the ids of its taxes (None: the
    store's usual ones) or, for a returned line, its finished taxes as a tuple."""
    source, parts = line.source, line.source.get("bundle")
    if line.fixed is not None:
        bundle = source.get("bundle")
        made = _line(line, line.id, source.get("of"), source, line.quantity, line.price, line.amount, line.discounts)
        made["bundle"] = bundle if isinstance(bundle, str) else None
        made["total"] = line.rest
        yield made, tuple(dict(entry) for entry in line.fixed["tax"])
        return
    if not parts:
        yield (
            _line(line, line.id, None, source, line.quantity, line.price, line.amount, line.discounts),
            [] if not line.goods else source.get("taxes"),
        )
        yield from _deposit(line, line.id, source.get("deposit"), line.quantity)
        return
    quantities = [_times(line.quantity, part["quantity"]) for part in parts]
    values = [abs(line_amount(part["value"], quantity)) for part, quantity in zip(parts, quantities, strict=True)]
    amounts = allot(line.amount, values)
    rests = list(amounts)
    shares: list[list[Out]] = [[] for _ in parts]
    for discount in line.discounts:
        for place, taken in enumerate(allot(discount["amount"], [abs(rest) for rest in rests])):
            if taken:
                shares[place].append({**discount, "amount": taken})
                rests[place] -= taken
    for place, part in enumerate(parts):
        id, quantity = f"{line.id}.{part['id']}", quantities[place]
        price = {"amount": abs(amounts[place]), "per": abs(quantity)}
        made = _line(line, id, line.id, part, quantity, price, amounts[place], shares[place])
        made["bundle"] = line.product
        yield made, part.get("taxes")
        yield from _deposit(line, id, part.get("deposit"), quantity)


def _times(bundles: int, each: int) -> int:
    """The thousandths of a component in `bundles` thousandths of a bundle, at least one."""
    quantity = divide(bundles * each, WHOLE)
    return quantity or (1 if bundles >= 0 else -1)


def _deposit(line: Line, id: str, deposit: Mapping[str, Any] | None, quantity: int) -> Iterator[tuple[Out, Any]]:
    if not deposit:
        return
    price = {"amount": deposit["price"]["amount"], "per": deposit["price"].get("per", WHOLE)}
    amount = line_amount(price, quantity)
    made = _line(line, f"{id}.deposit", id, deposit, quantity, price, amount, [])
    made["kind"] = "deposit"
    made["list"] = None
    yield made, deposit.get("taxes")


def _line(
    line: Line,
    id: str,
    of: str | None,
    named: Mapping[str, Any],
    quantity: int,
    price: dict[str, int],
    amount: int,
    discounts: list[Out],
) -> Out:
    return {
        "id": id,
        "of": of,
        "kind": line.kind,
        "product": named.get("product"),
        "name": named.get("name"),
        "category": named.get("category"),
        "quantity": quantity,
        "price": price,
        "list": line.list,
        "amount": amount,
        "discounts": discounts,
        "total": amount - sum(discount["amount"] for discount in discounts),
        "tax": [],
        "bundle": None,
    }
