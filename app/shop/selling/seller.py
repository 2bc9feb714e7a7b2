"""The one durable write of a sale, and everything that is asked before it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.docs.errors import DocsError, DocumentTooLarge, InsufficientStorage, StoreError
from app.shop import clock as clocks
from app.shop.actor import ANYBODY, Actor
from app.shop.desk import Desk
from app.shop.journal import Head
from app.shop.ledger import Balances, derive
from app.shop.ledger.movements import has_movements
from app.shop.payments import card, codes
from app.shop.payments.settle import Settled, paid, settle
from app.shop.pricing.book import Books
from app.shop.reason import Money, Reason, say
from app.shop.sale import SaleError, invalid, read_request
from app.shop.schemas.order import STORED_VALUE
from app.shop.selling.draft import Draft, Drafts, Offers
from app.shop.selling.payback import passed_on
from app.shop.selling.rights import approvals
from app.shop.selling.tenders import check_tips, read_tenders

log = logging.getLogger("couchtill.shop")

Doc = Mapping[str, Any]
SECRET = "couchtill.cards"  # local document of the store: what the codes of our gift cards are made from


class Seller:
    """Sells at one till. `for_sale` gives the shift of a sale (`Shifts.for_sale`), `sold_cart` ends a parked cart."""

    def __init__(
        self,
        desk: Desk,
        balances: Balances,
        books: Books,
        offers: Offers,
        for_sale: Callable[[Head, str | None], str],
        sold_cart: Callable[[str | None, Doc], None],
    ) -> None:
        self.desk = desk
        self.balances = balances
        self._for_sale = for_sale
        self._sold_cart = sold_cart
        self._drafts = Drafts(desk, books, offers)

    def sell(self, request: Doc, actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """As `Till.sell`."""
        try:
            sold = self.sold(request)
            if sold is not None:
                return sold, True
            return self._sell(read_request(request), actor)
        except InsufficientStorage as full:
            reason = say("The disk is full: the sale was not made. Make room on this terminal, then try again.")
            raise SaleError(507, "insufficient_storage", reason) from full
        except DocumentTooLarge as large:
            raise SaleError(
                413, "too_large", say("The sale is too large for one receipt: split it."), "lines"
            ) from large
        except DocsError as refused:
            raise SaleError(
                refused.status, refused.error, say("The sale was not made: %(reason)s", reason=Reason(refused.reason))
            ) from refused

    def write(self, wanted: Doc, body: Doc, actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Writes an order that is worked out to its tenders: the order, and whether its `sale` was sold already.

        `wanted` has `sale`, and may have `seen` and `shift` of the window; `body` everything of the order that doesn't
        depend on its place: `kind`, `lines`, figures, `tenders`, `approvals`. Joins the caller's transaction. Raises
        SaleError: no such shift, or a balance that can't be drawn on.
        """
        with self.desk.store.transaction():
            sold = self.sold(wanted)
            if sold is not None:
                return sold, True
            over = actor.may("account_over") or "account_over" in actor.approvals
            keyed = [str(tender["code"]) for tender in wanted.get("tenders") or () if tender.get("code")]
            self.balances.check(body["lines"], body["tenders"], body["customer"], over=over, keyed=keyed)
            head, behind = self.desk.journal.ready(wanted.get("seen"))
            shift = self._for_sale(head, wanted.get("shift"))
            head = self.desk.journal.newest(head)
            whole = {"schema": 2, "shift": shift, "drawer": self.desk.terminal, "cashier": actor.staff, **body}
            number = head.number + 1
            order = self.desk.append("order", wanted["sale"], whole, head=head, number=number, behind=behind)
            for tender in body["tenders"]:
                if tender.get("payment"):
                    card.CardDesk(self.desk.store, card.SimulatedTerminal()).use(tender["payment"], wanted["sale"])
            self._sold_cart(wanted.get("cart"), order)
        return order, False

    def follow(self, order: Doc) -> None:
        """The ledger follows an order at once; where that fails the next look at the store makes up for it."""
        if not has_movements(order):
            return
        try:
            derive(self.desk.company, self.desk.store)
        except (DocsError, StoreError) as failed:
            log.warning("the movements of a sale are not written yet: %s", failed)

    def sold(self, request: Any) -> dict[str, Any] | None:
        """The order that a `sale` id has already."""
        sale = request.get("sale") if isinstance(request, Mapping) else None
        if not isinstance(sale, str):
            return None
        found = self.desk.store.find("order_sale", sale, limit=10)
        # Two orders with one sale are an incident; the one that counts is the one that is shown.
        return min(found, key=lambda record: record.id).full() if found else None

    def codes(self, order: Doc) -> dict[str, str]:
        """Line id → the code of each gift card that this till made for the order, as it is printed; for as long as the
        order's shift is open, so that a repeated request can still print it. No document holds it."""
        head = self.desk.journal.head()
        if order.get("terminal") != self.desk.terminal or head is None or head.shift != order.get("shift"):
            return {}
        found = {}
        for line in order["lines"]:
            if line.get("kind") == "giftcard" and line["quantity"] > 0:
                code = codes.mint(self._secret(), order["sale"], line["id"])
                if codes.hash_of(code) == line.get("card"):
                    found[line["id"]] = codes.shown(code)
        return found

    # -- one sale ------------------------------------------------------------------------------------------------

    def _sell(self, wanted: dict[str, Any], actor: Actor) -> tuple[dict[str, Any], bool]:
        self._check_contact()
        check_tips(self.desk, wanted)
        minted = self._minted(wanted)
        tenders = read_tenders(self.desk, wanted)
        if any(line.get("return_of") for line in wanted["lines"]):
            # What was returned before must not change while a return is worked out.
            with self.desk.store.transaction():
                order, repeated = self.write(wanted, self._body(wanted, minted, tenders, actor), actor)
        else:
            order, repeated = self.write(wanted, self._body(wanted, minted, tenders, actor), actor)
        self.follow(order)
        return order, repeated

    def _settle(self, wanted: Doc, draft: Draft, tenders: list[dict[str, Any]]) -> Settled:
        facts, _ = self.desk.facts.read()
        rule = self.desk.settings["cash_rounding"]
        _check_coupons(draft, wanted["tip"], tenders, facts["digits"])
        return settle(draft.total, wanted["tip"], tenders, rule, facts["digits"], coupon=draft.coupon)

    def _body(
        self, wanted: Doc, minted: Mapping[str, str], tenders: list[dict[str, Any]], actor: Actor
    ) -> dict[str, Any]:
        draft = self._drafts.draft(wanted, minted)
        kind, refund_of = _kind(wanted, draft)
        lent = approvals(self.desk, wanted, draft, tenders, actor)
        settled = self._settle(wanted, draft, tenders)
        facts, _ = self.desk.facts.read()
        returned = {line["return_of"]["order"] for line in draft.lines if line.get("return_of")}
        mode, exchanged = draft.figures["tax_mode"], bool(returned) and refund_of is None
        passed = {"passed": passed_on(self.desk, draft.lines, mode, settled.tenders)} if exchanged else {}
        return {
            "kind": kind,
            "refund_of": refund_of,
            "returns": sorted(returned),
            **passed,
            "cart": wanted["cart"],
            "customer": wanted["customer"],
            "approvals": lent,
            "header": {"name": facts["name"], "lines": facts["header"], "footer": facts["footer"]},
            "lines": draft.lines,
            **draft.figures,
            "coupons": draft.coupons,
            "promotions": draft.promotions,
            "tip": wanted["tip"],
            "cash_rounding": settled.cash_rounding,
            "tenders": settled.tenders,
            "paid": settled.paid,
            "change": settled.change,
            "note": wanted["note"],
            "invoice": wanted["invoice"],
        }

    # -- what is asked before ------------------------------------------------------------------------------------

    def _check_contact(self) -> None:
        """Raises SaleError 409 `central_not_seen` where settings forbid selling on after so many hours alone."""
        hours = self.desk.settings["offline_hours"]
        if hours is None:
            return
        last = self.desk.contact().last
        if last is not None and (self.desk.clock() - last).total_seconds() <= hours * 3600:
            return
        reason = say(
            "This till has not heard from head office for more than %(hours)s hours, and may not sell until it has. "
            "See to the line, then try again.",
            hours=hours,
        )
        details = {"hours": hours, "last": clocks.stamp(last) if last is not None else None}
        raise SaleError(409, "central_not_seen", reason, "", details)

    def _minted(self, wanted: Doc) -> dict[str, str]:
        """Codes for the gift cards that the request sells without one; its lines without an id get theirs here."""
        found = {}
        for index, line in enumerate(wanted["lines"]):
            if line["kind"] == "giftcard" and line.get("code") is None:
                id = line.get("id") or f"l{index + 1}"
                found[id] = codes.mint(self._secret(), wanted["sale"], id)
        return found

    def _secret(self) -> bytes:
        """This till's secret for codes; it never leaves the node."""
        kept = self.desk.store.get_local(SECRET)
        if kept is None:
            with self.desk.store.transaction():
                kept = self.desk.store.get_local(SECRET)
                if kept is None:
                    kept = {"secret": secrets.token_hex(32)}
                    self.desk.store.put_local(SECRET, kept)
        return bytes.fromhex(kept["secret"])


def _kind(wanted: Doc, draft: Draft) -> tuple[str, str | None]:
    """What the order is, and the one receipt that it refunds: its lines say it, whatever the request calls it."""
    if any(line["quantity"] > 0 for line in draft.lines):
        if wanted["kind"] == "refund" or wanted["refund_of"]:
            raise invalid(say("A refund sells nothing: everything in it comes back."), "kind")
        return "sale", None
    of = {(line.get("return_of") or {}).get("order") for line in draft.lines}
    receipt = of.pop() if len(of) == 1 else None
    if wanted["refund_of"] and wanted["refund_of"] != receipt:
        raise invalid(say("A refund of a receipt returns what that receipt sold."), "refund_of")
    return "refund", receipt


def _check_coupons(draft: Draft, tip: int, tenders: Sequence[Doc], digits: int) -> None:
    """A manufacturer pays for goods with a coupon: for no gift card, and no tip."""
    coupons = paid([tender for tender in tenders if tender["amount"] > 0], "coupon")
    cards = sum(line["total"] for line in draft.lines if line.get("kind") in STORED_VALUE and line["total"] > 0)
    goods = draft.total - draft.coupon - cards
    if (cards or tip) and coupons > max(0, goods):
        reason = say(
            "The coupons are worth %(coupons)s, more than the goods of %(goods)s.",
            coupons=Money(coupons, digits),
            goods=Money(max(0, goods), digits),
        )
        raise invalid(reason, "tenders")
