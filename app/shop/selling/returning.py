"""The lines of a cart that return something of an earlier receipt: their figures come from that receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.shop import sound
from app.shop.desk import Desk
from app.shop.reason import say
from app.shop.refunds import figures, known
from app.shop.sale import SaleError, invalid

if TYPE_CHECKING:
    from app.shop.selling.draft import Item


def _sold(desk: Desk, item: Item) -> dict[str, Any]:
    """The receipt that a line returns something of: of one sale that was written twice the order that counts."""
    of = item.wanted["return_of"]["order"]
    record = desk.store.read(of)
    order = None if record is None or record.deleted or record.type != "order" else record.full()
    if order is not None and (same := desk.store.find("order_sale", str(order.get("sale")), limit=10)):
        order = min(same, key=lambda found: found.id).full()
    if order is None or not sound.is_order(order):
        raise invalid(
            say("%(where)s: there is no receipt %(of)s here.", where=item.where, of=of), f"{item.place}.return_of"
        )
    facts, _ = desk.facts.read()
    if (order["store"], order["currency"], order.get("digits", 2)) != (
        facts["id"], facts["currency"], facts["digits"],
    ):  # fmt: skip
        reason = say("%(where)s: that receipt is of another store, or in another currency.", where=item.where)
        raise SaleError(409, "elsewhere", reason, f"{item.place}.return_of")
    return order


def return_lines(desk: Desk, items: Sequence[Item], customer: str | None) -> None:
    """Sets `returned` and `priced` of the lines that return something of a receipt; several may return parts of one
    line. `customer` is the cart's. Raises SaleError."""
    given: dict[tuple[str, str], figures.Figures] = {}
    for item in items:
        of = item.wanted.get("return_of")
        if not of:
            continue
        order = _sold(desk, item)
        key = (order["_id"], of["line"])
        if key not in given:
            back = known.already(known.returning(desk.store, order["_id"]), order["_id"])
            given[key] = back.get(of["line"], figures.NOTHING)
        quantity = -item.wanted["quantity"]
        try:
            line = figures.return_line(
                order,
                of["line"],
                quantity,
                given[key],
                as_id=item.id,
                restock=item.wanted.get("restock", "restock"),
            )
        except KeyError:
            raise invalid(
                say("%(where)s: the receipt has no line %(line)s.", where=item.where, line=of["line"]),
                f"{item.place}.return_of",
            ) from None
        except ValueError:
            reason = say("%(where)s: more than was sold, or than is left of it, can't be returned.", where=item.where)
            raise SaleError(409, "returned_already", reason, f"{item.place}.quantity") from None
        given[key] = given[key].plus(figures.figures_of(line).negative())
        if line.get("to") and customer != order.get("customer"):
            reason = say(
                "%(where)s: that money is on the account of the receipt’s customer: choose them first.",
                where=item.where,
            )
            raise invalid(reason, "customer")
        item.returned = line
        item.priced = {
            "id": item.id,
            "kind": line.get("kind") or "goods",
            "product": line.get("product"),
            "category": line.get("category"),
            "name": line["name"],
            "quantity": line["quantity"],
            "price": line["price"],
            "fixed": {name: line[name] for name in ("amount", "discounts", "total", "tax")},
        }
