"""Refunds of a store's receipts: what is left of one, what it would give back, and the order that gives it back.

A refund is an order of kind `refund`: negative quantities, amounts and tenders, in the journal and the open shift like
a sale. Any receipt that this terminal's replica of the store holds can be refunded here, as far as it knows (`known`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.docs.errors import DocsError, InsufficientStorage
from app.shop import clock as clocks
from app.shop import ids, sound
from app.shop.actor import ANYBODY, Actor
from app.shop.desk import Desk
from app.shop.pricing import cash_round, tax
from app.shop.reason import Money, Reason, say
from app.shop.refunds import known, payout
from app.shop.refunds.figures import NOTHING, Figures, coupon_shares, fixed_line, line_of, payable, return_line
from app.shop.sale import SaleError, invalid, read_request
from app.shop.schemas.refund import REFUND_REQUEST
from app.shop.selling.accounts import check_customer
from app.shop.selling.payback import value_back

if TYPE_CHECKING:
    from app.shop.selling.seller import Seller

Doc = Mapping[str, Any]


@dataclass(frozen=True)
class Original:
    """A receipt, the orders here that give some of it back, and how much of each line they gave."""

    order: dict[str, Any]
    orders: list[dict[str, Any]]
    already: Mapping[str, Figures]

    def of(self, line: str) -> Figures:
        return self.already.get(line, NOTHING)

    def left(self, line: Doc) -> int:
        """Thousandths that can still be returned."""
        return max(0, line["quantity"] - self.of(line["id"]).quantity)

    @property
    def sold(self) -> list[dict[str, Any]]:
        return [line for line in self.order["lines"] if line["quantity"] > 0]


class Refunds:
    """The refunds of one till. `seller` writes the order, `event` (`Shifts.event`) what a void leaves besides."""

    def __init__(self, desk: Desk, seller: Seller, event: Callable[..., Any]) -> None:
        self.desk = desk
        self._seller = seller
        self._event = event

    def _rule(self) -> payout.CashRule | None:
        rule = self.desk.settings["cash_rounding"]
        return None if rule is None else lambda amount: cash_round(amount, rule)

    # -- what is known -------------------------------------------------------------------------------------------

    def known_as_of(self) -> dict[str, Any]:
        """`{"known_as_of": when this terminal last heard of the other tills (null: never), "online"}`."""
        contact = self.desk.contact()
        return {"known_as_of": clocks.stamp(contact.last) if contact.last else None, "online": contact.online}

    def original(self, id: str) -> Original:
        """A receipt with its returns. Raises SaleError 404 where it isn't here, 409 where it can't be refunded."""
        record = self.desk.store.read(id)
        if record is None or record.deleted or record.type != "order":
            raise SaleError(404, "no_receipt", say("There is no such receipt here."), "order")
        order = record.full()
        # One sale written twice is one sale: its refunds are those of the order that counts.
        same = self.desk.store.find("order_sale", str(order.get("sale")), limit=10)
        if same:
            order = min(same, key=lambda found: found.id).full()
        if not sound.is_order(order) or not all(map(_is_sold_line, order["lines"])):
            reason = say("Another program wrote this receipt; it can't be refunded here.")
            raise SaleError(409, "unreadable", reason, "order")
        orders = known.returning(self.desk.store, order["_id"])
        return Original(order, orders, known.already(orders, order["_id"]))

    def view(self, id: str) -> dict[str, Any]:
        """What of a receipt can still be given back::

            {"order", "number", "terminal", "at", "kind", "currency", "digits", "customer", "total",
             "lines": [{"line", "name", "note", "kind", "unit", "decimals", "quantity", "returned", "left", "amount"}],
             "caps": [{"kind", "amount", …}], "coupon", "refunds": [{"id", "number", "terminal", "at", "total"}],
             "excess": [{"line", "name", "sold", "returned"}], "left": bool, "known_as_of", "online"}

        `amount` is what the customer paid for all of the line; quantities are thousandths.
        """
        original = self.original(id)
        order = original.order
        shares = coupon_shares(order)
        mode = order["tax_mode"]
        lines = [
            {
                "line": line["id"],
                "name": line["name"],
                "note": line.get("note") or "",
                "kind": line.get("kind") or "goods",
                "unit": line.get("unit"),
                "decimals": line.get("decimals") or 0,
                "quantity": line["quantity"],
                "returned": original.of(line["id"]).quantity,
                "left": original.left(line),
                "amount": payable(line, mode),
            }
            for line in original.sold
        ]
        caps = known.caps(order, original.orders)
        return {
            "order": order["_id"],
            **{name: order.get(name) for name in ("number", "terminal", "series", "at", "kind", "currency", "digits")},
            "customer": order.get("customer"),
            "total": order["total"],
            "lines": lines,
            "caps": [cap.tender() for cap in caps],
            "coupon": sum(shares.values()),
            "refunds": [
                {name.lstrip("_"): each.get(name) for name in ("_id", "number", "terminal", "at", "total")}
                for each in original.orders
            ],
            "excess": known.excess(order, original.orders),
            "left": order.get("kind") == "sale" and any(line["left"] for line in lines),
            **self.known_as_of(),
        }

    # -- what it would give --------------------------------------------------------------------------------------

    def line(self, order_id: str, line_id: str, quantity: int, *, as_id: str, restock: str | None) -> dict[str, Any]:
        """A line that returns `quantity` thousandths (positive) of an earlier one, for a mixed cart: as
        `figures.return_line`. Raises SaleError; inside the sale's transaction that is final."""
        original = self.original(order_id)
        self._takes(original, line_id, quantity, "lines")
        return return_line(
            original.order, line_id, quantity, original.of(line_id), as_id=as_id, restock=restock or "restock"
        )

    def fixed(self, order_id: str, line_id: str, quantity: int) -> dict[str, Any]:
        """The figures of such a line, as `figures.fixed_line`."""
        original = self.original(order_id)
        self._takes(original, line_id, quantity, "lines")
        return fixed_line(original.order, line_id, quantity, original.of(line_id))

    def quote(self, request: Doc) -> dict[str, Any]:
        """The figures of a refund that isn't made: the body of its order (lines, taxes, tenders, `total`,
        `cash_rounding`, all negative), and `needs`: the rights that it takes. Raises SaleError."""
        wanted = read_request(request, REFUND_REQUEST)
        body, elsewhere = self._body(wanted)
        return {**body, "needs": self._rights(body, elsewhere)}

    def refund(self, request: Doc, actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Makes a refund: the order, on disk when this returns, and whether the request was a repeated one.

        The request is as `schemas.refund.RefundRequest`. Raises SaleError; then nothing was written.
        """
        sold = self._seller.sold(request)
        if sold is not None:
            return sold, True
        wanted = read_request(request, REFUND_REQUEST)
        try:
            order, repeated = self._refund(wanted, actor)
        except InsufficientStorage as full:
            reason = say("The disk is full: nothing was refunded. Make room on this terminal, then try again.")
            raise SaleError(507, "insufficient_storage", reason) from full
        except DocsError as refused:
            reason = say("Nothing was refunded: %(reason)s", reason=Reason(refused.reason))
            raise SaleError(refused.status, refused.error, reason) from refused
        self._seller.follow(order)
        return order, repeated

    def _refund(self, wanted: dict[str, Any], actor: Actor) -> tuple[dict[str, Any], bool]:
        # What was returned before must not change between the look at it and the write.
        with self.desk.store.transaction():
            body, elsewhere = self._body(wanted)
            rights = self._rights(body, elsewhere)
            for right in rights:
                facts = self.desk.facts.read()[0]
                back = Money(abs(body["total"]), int(facts["digits"]), str(facts["currency"]))
                doing = say("%(doing)s, %(amount)s", doing=DOING[right], amount=back)
                actor.need(right, doing, total=body["total"], about=wanted["order"])
            needed = [right for right in rights if not actor.may(right)]
            order, repeated = self._seller.write(wanted, {**body, "approvals": actor.lent(*needed)}, actor)
            if wanted["void"] and not repeated:
                details = {"refund": order["_id"], "total": order["total"]}
                self._event(
                    "void_sale", f"void.{ids.nonce(wanted['sale'])}", actor, about=body["refund_of"], details=details
                )
        return order, repeated

    def _rights(self, body: Doc, elsewhere: bool) -> list[str]:
        value = value_back(self.desk, body["lines"], body["tax_mode"])
        over = elsewhere or value > self.desk.settings["refund_limit"]
        return ["refund", "refund_over"] if over else ["refund"]

    def _body(self, wanted: Doc) -> tuple[dict[str, Any], bool]:
        """The part of the order that doesn't depend on its place in the journal, and whether some of it is paid out
        otherwise than it was paid."""
        original = self.original(wanted["order"])
        order = original.order
        if order.get("kind") != "sale":
            raise SaleError(409, "not_a_sale", say("This receipt is a refund itself: it can't be refunded."), "order")
        facts, _ = self.desk.facts.read()
        if order.get("store") != facts["id"] or (order["currency"], order["digits"]) != (
            facts["currency"],
            facts["digits"],
        ):
            reason = say("This receipt is of another store, or in another currency; it can't be refunded here.")
            raise SaleError(409, "elsewhere", reason, "order")
        chosen = self._chosen(original, wanted)
        lines = [
            return_line(order, line, quantity, original.of(line), as_id=f"l{i}", restock=restock)
            for i, (line, quantity, restock) in enumerate(chosen, 1)
        ]
        figures = order_figures(order, lines)
        coupon = sum(line.get("coupon", 0) for line in lines)
        shown = wanted["total"]
        if shown is not None and shown != -figures["total"]:
            digits = order["digits"]
            reason = say(
                "The refund is %(total)s, the window showed %(shown)s. Nothing was refunded; look at it again.",
                total=Money(-figures["total"], digits),
                shown=Money(shown, digits),
            )
            raise SaleError(409, "total_differs", reason, "total", {"total": -figures["total"], "shown": shown})
        returning = {line: quantity for line, quantity, _ in chosen}
        complete = all(original.left(line) <= returning.get(line["id"], 0) for line in original.sold)
        paid, elsewhere = self._payout(original, wanted, -figures["total"] + coupon, complete)
        tenders = [{**tender, "amount": -tender["amount"]} for tender in paid.tenders]
        if coupon:
            tenders.append({"kind": "coupon", "amount": coupon})
        body = {
            "kind": "refund",
            "refund_of": order["_id"],
            "returns": [order["_id"]],
            "cart": None,
            "customer": order.get("customer"),
            "header": {"name": facts["name"], "lines": facts["header"], "footer": facts["footer"]},
            "lines": lines,
            **figures,
            "tenders": tenders,
            "paid": sum(tender["amount"] for tender in tenders),
            "change": 0,
            "coupons": [],
            "promotions": promotions(order, lines),
            "tip": 0,
            "cash_rounding": -paid.rounding,
            "note": wanted["note"],
            "invoice": self._recipient(order),
        }
        return body, elsewhere

    def _recipient(self, order: Doc) -> Doc | None:
        """To whom the sale was invoiced, since what gives it back names them too; nobody who was erased since."""
        customer = order.get("customer")
        record = self.desk.company.read(customer) if customer else None
        erased = record is not None and record.doc().get("erased") is True
        return None if erased else order.get("invoice")

    def _chosen(self, original: Original, wanted: Doc) -> list[tuple[str, int, str]]:
        """`[(line, quantity, restock)]`, each line once."""
        given = wanted["lines"]
        if given is None or wanted["void"]:
            given = [
                {"line": line["id"], "quantity": original.left(line)} for line in original.sold if original.left(line)
            ]
            if wanted["void"] and original.orders:
                raise SaleError(409, "returned_already", say("Something of this sale was returned already."), "order")
        if not given:
            reason = (
                say("Nothing of this receipt is left to refund.")
                if wanted["lines"] is None
                else say("Choose what comes back.")
            )
            raise SaleError(409 if wanted["lines"] is None else 400, "nothing_left", reason, "lines")
        chosen: list[tuple[str, int, str]] = []
        for i, each in enumerate(given):
            if any(each["line"] == line for line, _, _ in chosen):
                raise invalid(say("A line is named twice."), f"lines.{i}.line")
            line = self._takes(original, each["line"], each["quantity"], f"lines.{i}")
            usual = "restock" if (line.get("kind") or "goods") == "goods" else "none"
            chosen.append((each["line"], each["quantity"], each.get("restock") or usual))
        return chosen

    def _takes(self, original: Original, id: str, quantity: int, place: str) -> Doc:
        """The line, if as much of it can be returned. Raises SaleError."""
        line = line_of(original.order, id)
        if line is None or line["quantity"] <= 0:
            raise invalid(say("The receipt has no such line."), f"{place}.line")
        left = original.left(line)
        if quantity > left:
            counts = {"left": _count(left), "sold": _count(line["quantity"])}
            reason = say("%(name)s: %(left)s of %(sold)s can still be returned.", name=line["name"], **counts)
            if not left:
                reason = say("%(name)s was returned already.", name=line["name"])
            raise SaleError(409, "returned_already", reason, f"{place}.quantity", {"left": left})
        if quantity % 1000 and line["quantity"] % 1000 == 0 and not line.get("decimals") and not line.get("unit"):
            raise invalid(say("%(name)s is returned by whole pieces.", name=line["name"]), f"{place}.quantity")
        return line

    def _payout(self, original: Original, wanted: Doc, due: int, complete: bool) -> tuple[payout.Payout, bool]:
        """How `due` is paid out, and whether some of it goes elsewhere than it came from."""
        refunds = known.refunds_of(original.orders, original.order["_id"])
        caps = known.caps(original.order, original.orders)
        rule = self._rule()
        given = wanted["tenders"]
        if given is None and wanted["way"] != "paid" and due > 0:
            cash = wanted["way"] == "cash" and rule is not None
            amount = rule(due) if cash and rule is not None else due
            given = [{"kind": wanted["way"], "amount": amount}] if amount else []
        if given is None:
            rounding = sum(int(order.get("cash_rounding") or 0) for order in (original.order, *refunds))
            return payout.plan(due, caps, complete=complete, rounding_left=rounding, rule=rule), False
        tenders = [self._tender(original, tender, i) for i, tender in enumerate(given)]
        left = {cap.place: cap.amount for cap in caps}
        elsewhere = False
        for i, tender in enumerate(tenders):
            place = payout.cap_of(tender, 0).place
            over = tender["amount"] - max(0, left.get(place, 0))
            left[place] = left.get(place, 0) - tender["amount"]
            if over <= 0 or tender["kind"] == "credit":
                continue
            if tender["kind"] != "cash":
                most = Money(tender["amount"] - over, original.order["digits"])
                reason = say("This way no more than %(most)s can go back.", most=most)
                raise SaleError(409, "over_cap", reason, f"tenders.{i}.amount")
            elsewhere = True  # cash for what was paid otherwise: money could be drawn from a stolen card
        planned = payout.wished(due, tenders, rule=rule)
        if planned is None:
            digits = original.order["digits"]
            raise invalid(say("%(due)s is to be paid out.", due=Money(due, digits)), "tenders")
        return planned, elsewhere

    def _tender(self, original: Original, tender: Doc, index: int) -> dict[str, Any]:
        made = {name: value for name, value in tender.items() if value is not None}
        if made["kind"] in ("credit", "account") and "customer" not in made:
            if not original.order.get("customer"):
                raise invalid(say("Whose account? The receipt names no customer."), f"tenders.{index}.customer")
            made["customer"] = original.order["customer"]
        if made["kind"] == "credit":
            where = say("Payment %(number)s", number=index + 1)
            check_customer(self.desk, made["customer"], where, say("store credit"))
        return made


DOING = {
    "refund": say("refund a receipt"),
    "refund_over": say("refund more than the limit, or otherwise than it was paid"),
}


def order_figures(order: Doc, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`{"tax_mode", "rounding", "subtotal", "discount", "tax", "total"}` of returned lines, by the sale's own rules."""
    names = {entry["id"]: entry["name"] for entry in order.get("tax") or ()}
    taxes = tax.summary(lines, names)
    subtotal = sum(line["total"] for line in lines)
    added = sum(entry["amount"] for entry in taxes) if order["tax_mode"] == tax.ADDED else 0
    return {
        "tax_mode": order["tax_mode"],
        "rounding": dict(order["rounding"]),
        "subtotal": subtotal,
        "discount": sum(line["amount"] - line["total"] for line in lines),
        "tax": taxes,
        "total": subtotal + added,
    }


def promotions(order: Doc, lines: Sequence[Doc]) -> list[dict[str, Any]]:
    """What of each promotion of the sale goes back with these lines: `[{"id", "name", "amount" < 0}]`."""
    back: dict[str, int] = {}
    for line in lines:
        for discount in line["discounts"]:
            if discount.get("id"):
                back[discount["id"]] = back.get(discount["id"], 0) + discount["amount"]
    return [{**each, "amount": back[each["id"]]} for each in order.get("promotions") or () if back.get(each["id"])]


def _is_sold_line(line: Doc) -> bool:
    taxes = line.get("tax")
    return (
        sound.is_text(line.get("id"))
        and sound.is_whole(line.get("total"))
        and isinstance(taxes, list)
        and all(isinstance(entry, Mapping) and sound.is_whole(entry.get("amount")) for entry in taxes)
    )


def _count(thousandths: int) -> str:
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)
