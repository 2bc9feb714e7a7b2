"""The entry that documents of one day make in the books, as rows whose debit is their credit. Pure.

    receipts           debit  what was paid, by kind; cash less the change      credit  revenue net of tax, by taxes
                                                                                        each tax
                                                                                        gift cards and balances sold
                                                                                        tips, cash rounding
    cash movements     in, out, an expense, a drop to the safe, against the drawer's cash
    Z reports          what was counted more or less than expected

What comes back is the same with the sides changed. An order whose own figures don't fit leaves a row of its own, so
that the books never hide it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.shop.reports import figures
from app.shop.reports.accounts import Accounts
from app.shop.shifts import covers
from app.shop.sound import is_whole

Doc = Mapping[str, Any]
#: Currency, digits, account, text, tax, rate, tender.
Place = tuple[str, int, str, str, str | None, int | None, str | None]


class Entry:
    """The rows while they are added up: a balance (debit above zero) and a base for each place."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self._rows: dict[Place, list[int]] = {}
        self._money: tuple[str, int] = ("", 0)
        self._sign = 1

    def add(self, doc: Doc, sign: int = 1) -> None:
        """Adds a document; with `sign` -1 takes one back that was booked."""
        self._money = (doc["currency"], doc.get("digits", 2))
        self._sign = sign
        kind = doc.get("type")
        if kind == "order":
            self._order(doc)
        elif kind == "cash":
            self._move(doc)
        elif kind == "zreport":
            self._count(doc)

    def _put(
        self, account: str, text: str, debit: int, *, tax: str | None = None, rate: int | None = None,
        tender: str | None = None, base: int = 0,
    ) -> None:  # fmt: skip
        row = self._rows.setdefault((*self._money, account, text, tax, rate, tender), [0, 0])
        row[0] += self._sign * debit
        row[1] += self._sign * base

    def _order(self, order: Doc) -> None:
        accounts, head = self.accounts, figures.head(order)
        names = {(tax["id"], tax["rate"]): str(tax["name"]) for tax in order["tax"]}
        left = 0
        for tender in figures.tenders(order):
            text = TENDERS.get(tender.kind, tender.kind)
            if tender.kind == "foreign":
                text = f"{text} {tender.currency}"
            self._put(accounts.tender(tender.kind), text, tender.amount, tender=tender.kind)
            left += tender.amount
        if head.change:
            self._put(accounts.tender("cash"), TENDERS["cash"], -head.change, tender="cash")
            left -= head.change
        for line in figures.lines(order):
            if line.stored:
                continue
            taxes = tuple(sorted({id for id, _rate, _base, _amount in line.taxes}))
            if line.kind == "deposit":
                account, text = accounts.of("deposits"), "Deposits"
            else:
                account = accounts.sales(line.category, taxes)
                text = "Sales" + (f", {', '.join(_named(line, names))}" if taxes else "")
            net = line.revenue - line.tax
            self._put(account, text, -net, tax="+".join(taxes) or None)
            left -= net
            for id, rate, base, amount in line.taxes:
                text = names.get((id, rate), id)
                self._put(accounts.of("tax", id), text, -amount, tax=id, rate=rate, base=base)
                left -= amount
        for raw in order["lines"]:
            if figures.kind_of(raw) in figures.STORED:
                to = raw.get("to") if raw.get("to") in ("credit", "account") else "giftcard"
                self._put(accounts.of(to), STORED[to], -raw["total"])
                left -= raw["total"]
        if head.tip:
            self._put(accounts.of("tips"), "Tips", -head.tip)
        if head.rounding:
            self._put(accounts.of("rounding"), "Cash rounding", -head.rounding)
        left -= head.tip + head.rounding
        if left:
            self._put(accounts.of("difference"), f"Figures that don't add up: {order['_id']}"[:200], -left)

    def _move(self, move: Doc) -> None:
        accounts, kind, amount = self.accounts, move["kind"], move["amount"]
        cash = accounts.of("cash")
        if kind == "in":
            self._put(cash, MOVES["in"], amount, tender="cash")
            self._put(accounts.of("cash_in"), MOVES["in"], -amount)
            return
        if kind == "expense":
            category = str(move.get("category") or "")
            account, text = accounts.of("expense", category), f"Expense {category}".strip()
        else:
            account = accounts.of("safe" if kind == "drop" else "cash_out")
            text = MOVES[kind]
        self._put(account, text, amount)
        self._put(cash, text, -amount, tender="cash")

    def _count(self, z: Doc) -> None:
        difference = z["difference"]
        if difference:
            text = "Counted differently"
            self._put(self.accounts.of("cash"), text, difference, tender="cash")
            self._put(self.accounts.of("difference"), text, -difference)

    def rows(self, key: str) -> list[dict[str, Any]]:
        """The rows, each with a key of its own that begins with `key`, by currency and account."""
        made: list[dict[str, Any]] = []
        for place, (balance, base) in sorted(self._rows.items(), key=lambda each: tuple(map(str, each[0]))):
            currency, digits, account, text, tax, rate, tender = place
            if not balance and not base:
                continue
            made.append(
                {
                    "key": f"{key}.{len(made) + 1:03d}",
                    "account": account,
                    "text": text[:200],
                    "tax": tax,
                    "rate": rate,
                    # The base of a tax is told on the side that the tax stands on: as revenue, above zero.
                    "base": base if rate is not None else None,
                    "tender": tender,
                    "debit": max(0, balance),
                    "credit": max(0, -balance),
                    "currency": currency,
                    "digits": digits,
                }
            )
        return made


#: The words of books are English, as those of documents are.
TENDERS = {
    "cash": "Cash",
    "card": "Card",
    "giftcard": "Gift card",
    "credit": "Store credit",
    "account": "Customer account",
    "coupon": "Coupon",
    "foreign": "Foreign cash",
}
STORED = {"giftcard": "Gift cards sold", "credit": "Store credit sold", "account": "Accounts paid off"}
MOVES = {"in": "Cash put in", "out": "Cash taken out", "drop": "To the safe"}


def _named(line: figures.Line, names: Mapping[tuple[str, int], str]) -> list[str]:
    return sorted({names.get((id, rate), id) for id, rate, _base, _amount in line.taxes})


def entry(accounts: Accounts, docs: Iterable[Doc], back: Iterable[Doc], key: str) -> list[dict[str, Any]]:
    """The rows of `docs`, less those of `back`."""
    made = Entry(accounts)
    for doc in docs:
        made.add(doc)
    for doc in back:
        made.add(doc, -1)
    return made.rows(key)


def is_bookable(doc: Doc) -> bool:
    """Whether a document can be booked: what another program made wrong is left out, and listed."""
    kind = doc.get("type")
    if not isinstance(doc.get("currency"), str) or not is_whole(doc.get("digits", 2), 0, 4):
        return False
    if kind == "order":
        return figures.counts(doc)
    if kind == "cash":
        return covers.is_move(doc)
    return kind == "zreport" and is_whole(doc.get("difference"))


def balances(rows: Iterable[Doc]) -> dict[str, tuple[int, int]]:
    """Currency → what the rows' debits and credits come to."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        debit, credit = found.get(row["currency"], (0, 0))
        found[row["currency"]] = (debit + row["debit"], credit + row["credit"])
    return found
