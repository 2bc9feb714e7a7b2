"""Card terminals: what one must be able to do, a simulated one, and the desk that remembers what each said.

A payment is asked for with an id of the client's (`request`), so that asking again is never paying again. When the
terminal doesn't answer in time nobody knows whether the card was charged: the state is `unknown` until it was asked
again or the payment was reversed, and no sale may count it.
"""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from app.docs.database import Database
from app.shop import clock
from app.shop.reason import say
from app.shop.sale import SaleError

APPROVED, DECLINED, UNKNOWN, REVERSED = "approved", "declined", "unknown", "reversed"
KEPT = "couchtill.card."  # local document of the store's database: one for each payment asked for here
#: What the last two digits of an amount make the simulated terminal do.
DECLINES, TIMES_OUT = 51, 68


class NoAnswer(Exception):
    """The terminal did not say in time what became of the payment."""


class CardTerminal(Protocol):
    """A machine that charges cards. Amounts are minor units; below zero money goes back to the card."""

    def pay(self, request: str, amount: int, currency: str) -> tuple[str, str]:
        """`(approved | declined, reference)`. Asked again with one `request` it answers as it did. Raises NoAnswer."""

    def reverse(self, request: str) -> bool:
        """Takes a payment back, also one whose answer was lost; whether it is certain that the card isn't charged."""


class SimulatedTerminal:
    """Approves, but declines amounts that end on 51, and doesn't answer on 68."""

    def pay(self, request: str, amount: int, currency: str) -> tuple[str, str]:
        ending = abs(amount) % 100
        if ending == TIMES_OUT:
            raise NoAnswer
        reference = hashlib.sha256(request.encode()).hexdigest()[:6].upper()
        return (DECLINED if ending == DECLINES else APPROVED), reference

    def reverse(self, request: str) -> bool:
        return True


class CardDesk:
    """The payments asked for at one till, each with its last state, kept over a crash."""

    def __init__(self, store: Database, terminal: CardTerminal) -> None:
        self.store = store
        self.terminal = terminal

    def pay(self, request: str, amount: int, currency: str) -> dict[str, Any]:
        """`{"request", "amount", "currency", "state", "reference", "at"}`; the state is approved, declined or unknown.
        Raises SaleError 409 for another amount under the same request."""
        known = self.payment(request)
        if known is not None:
            if known["amount"] != amount:
                raise SaleError(409, "another_amount", say("This payment was asked for with another amount."), "amount")
            if known["state"] != UNKNOWN:
                return known
        # First what was asked for, then the asking: a crash in between leaves a payment that can be reversed.
        self._keep(request, amount, currency, UNKNOWN, None)
        try:
            state, reference = self.terminal.pay(request, amount, currency)
        except NoAnswer:
            return self._keep(request, amount, currency, UNKNOWN, None)
        return self._keep(request, amount, currency, state, reference)

    def reverse(self, request: str) -> dict[str, Any]:
        """The payment, reversed. Raises SaleError: 404 for one that was never asked for, 409 for one that is part of a
        sale, or that the terminal couldn't take back."""
        known = self.payment(request)
        if known is None:
            raise SaleError(404, "not_found", say("This payment was never asked for here."), "request")
        if known.get("sale"):
            raise SaleError(409, "sold", say("This payment belongs to a sale: refund the sale instead."), "request")
        if known["state"] in (APPROVED, UNKNOWN):
            if not self.terminal.reverse(request):
                raise SaleError(
                    409, "not_reversed", say("The card terminal could not take the payment back."), "request"
                )
            return self._keep(request, known["amount"], known["currency"], REVERSED, known["reference"])
        return known

    def payment(self, request: str) -> dict[str, Any] | None:
        """What is known of a payment."""
        kept = self.store.get_local(KEPT + request)
        return None if kept is None else {name: value for name, value in kept.items() if not name.startswith("_")}

    def approved(self, request: str, sale: str) -> dict[str, Any] | None:
        """The payment, if it was approved and is no other sale's."""
        known = self.payment(request)
        return known if known is not None and known["state"] == APPROVED and known.get("sale", sale) == sale else None

    def use(self, request: str, sale: str) -> None:
        """The payment is that sale's now; inside its transaction. Raises SaleError 409 where it was taken back, or
        became another sale's, meanwhile."""
        known = self.approved(request, sale)
        if known is None:
            raise SaleError(
                409, "card_not_approved", say("The payment of the card terminal is no longer there."), "tenders"
            )
        self.store.put_local(KEPT + request, {**known, "sale": sale})

    def loose(self) -> list[dict[str, Any]]:
        """Payments that the card bears, or may bear, and that no sale counts, the oldest first: of a window that lost
        its cart. One that is being paid with at this moment is among them."""
        found = []
        for kept in self.store.local_docs():
            if not str(kept.get("_id", "")).removeprefix("_local/").startswith(KEPT):
                continue
            if kept.get("state") in (APPROVED, UNKNOWN) and not kept.get("sale") and not kept.get("noted"):
                found.append({name: value for name, value in kept.items() if not name.startswith("_")})
        return sorted(found, key=lambda payment: str(payment.get("at") or ""))

    def note(self, request: str, by: str | None) -> dict[str, Any]:
        """Somebody has dealt with a loose payment in another way, and it is no longer listed. Raises SaleError 404."""
        known = self.payment(request)
        if known is None:
            raise SaleError(404, "not_found", say("This payment was never asked for here."), "request")
        noted = {**known, "noted": {"by": by, "at": clock.stamp(clock.now())}}
        self.store.put_local(KEPT + request, noted)
        return noted

    def _keep(self, request: str, amount: int, currency: str, state: str, reference: str | None) -> dict[str, Any]:
        known = self.payment(request) or {}
        body: dict[str, Any] = {
            "request": request, "amount": amount, "currency": currency, "state": state, "reference": reference,
            "at": known.get("at") or clock.stamp(clock.now()),
        }  # fmt: skip
        self.store.put_local(KEPT + request, body)
        return body
