"""Finding a receipt of the store: by its number or code, a product, a day, a customer, an amount, or words of these.

Numbers, codes and days have indexes. All else is looked for in the receipts from the newest back, a bounded stretch at
a time: the answer says how far back it has looked, and the next page goes on from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import sound
from app.shop.desk import Desk

Doc = Mapping[str, Any]
Test = Callable[[Doc], bool]

#: Receipts that one request looks through at most: some 200 ms.
STRETCH = 5000
PAGE = 500
LABEL = re.compile(r"([a-z][a-z0-9-]*?)(\.[0-9a-z]{2,3})?[\s·:#/]+0*(\d{1,12})", re.IGNORECASE)


@dataclass(frozen=True)
class Query:
    """What is looked for; None or "" is anything. `number` a receipt's, `barcode` of a receipt (its id, or series and
    number) or a product, `date` a business day (`YYYY-MM-DD`), `customer` an id or words, `product` an id or words,
    `amount` in minor units (the total or one of the payments), `q` words of any of these, `kind` sale or refund,
    `terminal`, `staff` an id."""

    number: int | None = None
    barcode: str = ""
    date: str = ""
    customer: str = ""
    product: str = ""
    amount: int | None = None
    q: str = ""
    kind: str = ""
    terminal: str = ""
    staff: str = ""


@dataclass(frozen=True)
class Found:
    """A page of orders, the newest first; `next` the order to go on after (null: that was all), `until` the time down
    to which receipts were looked through."""

    orders: list[dict[str, Any]]
    next: str | None
    until: str | None


class Finder:
    """Finds orders of the desk's store."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def find(self, query: Query, limit: int = 20, before: str | None = None) -> Found:
        """The orders that answer `query`, after the order `before` (as a page before gave it as `next`)."""
        direct = self._direct(query)
        if direct is not None:
            rest = [order for order in direct if self._all(query)(order)] if before is None else []
            return Found(rest[: max(limit, 50)], None, None)
        test = self._all(query)
        text = self._text(query.q) if query.q else None
        found: list[dict[str, Any]] = []
        first: set[str] = set()
        if before is None and query.q:
            # A number is found however old it is; the words are looked for from today back.
            numbered = self._numbered(query.q)
            found = [order for order in numbered if test(order)]
            first = {order["_id"] for order in found}
        every = query == Query()  # the plain list leaves out nothing, not even what can't be read here
        looked, last = 0, None
        for record in self._records(query, before):
            order = record.full()
            looked, last = looked + 1, order
            if every or (
                order["_id"] not in first and sound.is_order(order) and test(order) and (text is None or text(order))
            ):
                found.append(order)
            if len(found) >= limit or looked >= STRETCH:
                return Found(found, str(order["_id"]), order.get("at"))
        return Found(found, None, last.get("at") if last else None)

    # -- what names a receipt ------------------------------------------------------------------------------------

    def _direct(self, query: Query) -> list[dict[str, Any]] | None:
        """The orders that a number or a receipt's own code names; None where neither was asked for."""
        if query.barcode:
            own = self.by_code(query.barcode)
            if own:
                return own
        if query.number is not None:
            return self._by_number(query.number)
        if query.q.startswith("order:"):
            return self.by_code(query.q)
        return None

    def by_code(self, code: str) -> list[dict[str, Any]]:
        """The receipt that this code is printed on: the order's id (as its QR code holds it), or series or terminal
        and number (`s1-t1.k7 42`, `S1-T1 · 42`)."""
        code = code.strip()
        if code.startswith("order:"):
            record = self.desk.store.read(code)
            usable = record is not None and not record.deleted and record.type == "order"
            return [record.full()] if record is not None and usable else []
        named = LABEL.fullmatch(code)
        if named is None:
            return []
        terminal, series, number = named[1].lower(), named[2], int(named[3])
        orders = [order for order in self._by_number(number) if order.get("terminal") == terminal]
        return [order for order in orders if not series or order.get("series") == terminal + series.lower()]

    def _by_number(self, number: int) -> list[dict[str, Any]]:
        found = self.desk.store.find("order_number", number, descending=True, limit=200)
        return [order for record in found if sound.is_order(order := record.full())]

    def _numbered(self, q: str) -> list[dict[str, Any]]:
        if q.isdecimal() and len(q) <= 12:
            return self._by_number(int(q))
        return self.by_code(q)

    # -- what is true of it --------------------------------------------------------------------------------------

    def _records(self, query: Query, before: str | None) -> Iterator[Record]:
        after = self.desk.store.read(before) if before is not None else None
        if before is not None and (after is None or after.type != "order"):
            return
        low, high = _around(query.date)
        while True:
            page = self.desk.store.find("order_at", low=low, high=high, descending=True, limit=PAGE, after=after)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1]

    def _all(self, query: Query) -> Test:
        tests: list[Test] = []
        for name in ("kind", "terminal"):
            wanted = getattr(query, name)
            if wanted:
                tests.append(lambda order, name=name, wanted=wanted: order.get(name) == wanted)  # type: ignore[misc]
        if query.date:
            tests.append(lambda order: order.get("business_date") == query.date)
        if query.staff:
            tests.append(lambda order: order.get("cashier") == query.staff)
        if query.amount is not None:
            tests.append(_amount(query.amount))
        if query.customer:
            customers = {query.customer, *self._customers(query.customer)}
            tests.append(lambda order: order.get("customer") in customers)
        if query.product:
            tests.append(self._product(query.product))
        if query.barcode and not self.by_code(query.barcode):
            products = {product["_id"] for product in self.desk.catalogue.by_barcode(query.barcode)}
            tests.append(lambda order: any(_is_of(line, products, query.barcode) for line in order["lines"]))
        return lambda order: all(test(order) for test in tests)

    def _product(self, wanted: str) -> Test:
        words = wanted.casefold().split()
        products = {product["_id"] for product in self.desk.catalogue.by_barcode(wanted)} | {wanted}
        return lambda order: any(
            _is_of(line, products, wanted) or all(word in str(line["name"]).casefold() for word in words)
            for line in order["lines"]
        )

    def _customers(self, text: str) -> set[str]:
        return {record.id for record in self.desk.company.search("customer", text, limit=200)}

    def _text(self, q: str) -> Test:
        """Any of the ways in which a person names a receipt."""
        facts, _ = self.desk.facts.read()
        tests = [self._product(q), lambda order: q.casefold() in str(order.get("note") or "").casefold()]
        customers = self._customers(q)
        if customers:
            tests.append(lambda order: order.get("customer") in customers)
        minor = minor_units(q, facts["digits"])
        if minor is not None:
            tests.append(_amount(minor))
        if len(q) >= 4:
            tests.append(lambda order: any(q in (each.get("hint"), each.get("reference")) for each in order["tenders"]))
        return lambda order: any(test(order) for test in tests)


def minor_units(text: str, digits: int) -> int | None:
    """`12.90` or `12,90` as minor units, or None for what is no amount."""
    try:
        value = Decimal(text.strip().replace(",", ".")).scaleb(digits)
        return int(value) if value == value.to_integral_value() and abs(value) < 10**13 else None
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _amount(wanted: int) -> Test:
    def test(order: Doc) -> bool:
        figures = [order["total"], *(tender["amount"] for tender in order["tenders"])]
        return any(abs(figure) == abs(wanted) for figure in figures)

    return test


def _is_of(line: Doc, products: set[str], code: str) -> bool:
    return line.get("product") in products or line.get("sku") == code


def _around(day: str) -> tuple[str | None, str | None]:
    """Times between which every document of a business day lies, wherever its store is."""
    try:
        noon = datetime.combine(date.fromisoformat(day), datetime.min.time(), clocks.now().tzinfo)
    except ValueError:
        return None, None
    return clocks.stamp(noon - timedelta(hours=15)), clocks.stamp(noon + timedelta(hours=63))
