"""How a refund is paid out: the way it was paid, each tender up to what it paid, and in cash to the coin. Pure.

Order of payout: card, gift card, account, store credit, cash. What coupons paid never pays out: it goes back as a
negative coupon tender. A tip stays with whom it was given to. A refund that completes a sale hands every tender back as
it came, and takes the sale's cash rounding back with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.shop.refunds.figures import payable
from app.shop.sound import is_text, is_whole

Doc = Mapping[str, Any]
#: Rounds an amount (minor units, positive) that is settled in cash.
CashRule = Callable[[int], int]

ORDER = ("card", "giftcard", "account", "credit", "cash")
#: What tells two tenders of a kind apart: the same card, the same customer.
KEYS = {"card": ("reference",), "giftcard": ("card", "hint"), "account": ("customer",), "credit": ("customer",)}


@dataclass(frozen=True)
class Cap:
    """What one tender may still pay out: `amount` in minor units; `keys` are the tender's own fields."""

    kind: str
    amount: int
    keys: tuple[tuple[str, Any], ...] = ()

    def tender(self, amount: int | None = None) -> dict[str, Any]:
        return {"kind": self.kind, "amount": self.amount if amount is None else amount, **dict(self.keys)}

    @property
    def place(self) -> tuple[Any, ...]:
        return (self.kind, self.keys)


@dataclass(frozen=True)
class Payout:
    """`tenders` as `[{"kind", "amount" > 0, …}]`, and `rounding`: what was paid out beyond what was due (minor units,
    negative when less)."""

    tenders: tuple[dict[str, Any], ...]
    rounding: int


def cap_of(tender: Doc, amount: int) -> Cap:
    """Foreign cash goes back as cash of the book currency; a kind that this program doesn't know as what it is."""
    kind = "cash" if tender["kind"] in ("cash", "foreign") else str(tender["kind"])
    names = KEYS.get(kind, ())
    return Cap(kind, amount, tuple((name, tender[name]) for name in names if tender.get(name) is not None))


def passed(order: Doc, of: str | None = None) -> list[Cap]:
    """What an exchange took over from the receipts whose goods it took back (`refunds.passing`), of all or of one."""
    entries = order.get("passed")
    return [
        cap_of(entry, entry["amount"])
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, Mapping)
        and is_text(entry.get("kind"))
        and is_whole(entry.get("amount"), 1)
        and of in (None, entry.get("order"))
    ]


def caps(order: Doc, refunds: Iterable[Doc] = (), gone: Iterable[Cap] = ()) -> list[Cap]:
    """What each tender of a sale may still pay out, in the order of payout: paid − refunded, without tips and coupons.

    Together that is what the sold lines asked for, with the cash rounding. Goods that were handed back in the same sale
    count as what they were paid with (`passed`); without a receipt as cash. `gone` was passed on to later exchanges.
    """
    found: dict[tuple[Any, ...], Cap] = {}

    def add(cap: Cap) -> None:
        known = found.get(cap.place)
        found[cap.place] = cap if known is None else replace(known, amount=known.amount + cap.amount)

    passes = isinstance(order.get("passed"), list)
    cash = -int(order.get("change") or 0)
    tips = int(order.get("tip") or 0)
    for tender in order["tenders"]:
        amount = int(tender["amount"])
        if tender["kind"] == "coupon":
            cash += 0 if passes else min(0, amount)
            continue
        tip = min(int(tender.get("tip") or 0), tips)
        tips -= tip
        add(cap_of(tender, amount - tip))
    mode = str(order.get("tax_mode"))
    returned = [line for line in order["lines"] if line["quantity"] < 0 and not (passes and line.get("return_of"))]
    cash -= sum(payable(line, mode) for line in returned)
    add(Cap("cash", cash - tips))
    for cap in passed(order):
        add(cap)
    for cap in gone:
        add(replace(cap, amount=-cap.amount))
    for refund in refunds:
        for tender in refund["tenders"]:
            if tender["kind"] != "coupon":
                add(cap_of(tender, int(tender["amount"])))
        add(Cap("cash", -int(refund.get("change") or 0)))
    ordered = sorted(found.values(), key=lambda cap: (_place(cap.kind), str(cap.keys)))
    return _without_debts(ordered)


def _place(kind: str) -> int:
    return ORDER.index(kind) if kind in ORDER else ORDER.index("cash")


def _without_debts(ordered: Sequence[Cap]) -> list[Cap]:
    """What one tender gave back too much (a refund of a card's sale in cash) the others give less, the last first."""
    debt = -sum(min(0, cap.amount) for cap in ordered)
    left = []
    for cap in reversed(ordered):
        amount = max(0, cap.amount)
        taken = min(debt, amount)
        debt -= taken
        if amount - taken:
            left.append(replace(cap, amount=amount - taken))
    return left[::-1]


def plan(
    due: int, caps: Sequence[Cap], *, complete: bool, rounding_left: int = 0, rule: CashRule | None = None
) -> Payout:
    """How `due` (minor units, what the customer is to get) is paid out within `caps`.

    `complete`: nothing of the sale is left after this; then it goes back as it came, where that adds up, with the
    cash rounding that is left of it (`rounding_left`). Else the cash part is rounded by `rule`.
    """
    if complete and due + rounding_left == sum(cap.amount for cap in caps):
        return Payout(tuple(cap.tender() for cap in caps), rounding_left)
    tenders: list[dict[str, Any]] = []
    left = due
    for cap in caps:
        amount = min(left, cap.amount)
        if cap.kind == "cash" and amount > 0 and rule is not None:
            amount = min(rule(amount), cap.amount)
        if amount > 0:
            tenders.append(cap.tender(amount))
        left -= amount if amount > 0 else 0
    return Payout(tuple(tenders), -left)


def wished(due: int, tenders: Sequence[Doc], *, rule: CashRule | None = None) -> Payout | None:
    """The payout that a person asked for, or None where it isn't what is due (its cash part rounded by `rule`)."""
    others = sum(tender["amount"] for tender in tenders if tender["kind"] != "cash")
    cash = due - others
    if cash < 0:
        return None
    rounded = rule(cash) if rule is not None and cash else cash
    given = sum(tender["amount"] for tender in tenders if tender["kind"] == "cash")
    if given not in (cash, rounded):
        return None
    return Payout(tuple(dict(tender) for tender in tenders), others + given - due)
