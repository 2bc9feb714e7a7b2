"""Days of a store with everything that can happen at its tills: sold, returned, exchanged, tipped, rounded, paid with
gift cards, foreign cash, on account; sums of its documents that call nothing of `app.shop` for a figure."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from app.docs.database import Database
from app.shop.actor import Actor
from app.shop.desk import Contact
from app.shop.indexes import indexes_for
from app.shop.sale import SaleError
from app.shop.till import Till

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CURRENCIES = {"EUR": 2, "JPY": 0, "KWD": 3}
TAXES = [("tax:full", "VAT 19 %", 190_000), ("tax:low", "VAT 7 %", 70_000)]
#: Prices in minor units, chosen to round.
GOODS = [
    {"_id": "product:milk", "name": "Milk", "price": 129, "category": "category:food", "taxes": ["tax:low"]},
    {"_id": "product:tea", "name": "Tea", "price": 355, "category": "category:food", "taxes": ["tax:low"]},
    {"_id": "product:cup", "name": "Cup", "price": 1995, "category": "category:home", "taxes": ["tax:full"]},
    {"_id": "product:book", "name": "Book", "price": 777, "category": None, "taxes": ["tax:full", "tax:low"]},
    {"_id": "product:free", "name": "Untaxed", "price": 1001, "category": "category:home", "taxes": []},
    {"_id": "product:cola", "name": "Cola", "price": 199, "category": "category:food", "taxes": ["tax:full"],
     "deposit": "product:bottle"},
    {"_id": "product:bottle", "name": "Bottle", "price": 25, "category": None, "taxes": ["tax:full"]},
]  # fmt: skip
SETTINGS = {
    "tips": True,
    "cash_rounding": {"step": 5, "mode": "half_away"},
    "foreign": [{"code": "USD", "digits": 2, "num": 9, "den": 10}],
    "trust": {"giftcard": 10**9, "credit": 10**9, "account": 10**9},
}

_products = st.sampled_from([product["_id"] for product in GOODS if product["_id"] != "product:bottle"])
sales = st.fixed_dictionaries({
    "do": st.just("sale"),
    "lines": st.lists(st.tuples(_products, st.integers(1, 4), st.integers(0, 60)), min_size=1, max_size=4),
    "open": st.integers(0, 900),
    "others": st.lists(
        st.tuples(st.sampled_from(["card", "coupon", "giftcard", "credit", "account", "foreign"]), st.integers(1, 400)),
        max_size=3,
    ),
    "tip": st.integers(0, 50),
    "cart_off": st.integers(0, 90),
})  # fmt: skip
steps = st.one_of(
    sales,
    sales,
    st.fixed_dictionaries({"do": st.just("card"), "amount": st.integers(1, 5000)}),
    st.fixed_dictionaries({"do": st.just("topup"), "to": st.sampled_from(["credit", "account"]),
                           "amount": st.integers(1, 5000)}),
    st.fixed_dictionaries({"do": st.just("refund"), "of": st.integers(0, 50), "part": st.booleans(),
                           "way": st.sampled_from(["paid", "credit", "cash"]), "void": st.booleans()}),
    st.fixed_dictionaries({"do": st.just("exchange"), "of": st.integers(0, 50), "for": _products}),
    st.fixed_dictionaries({"do": st.just("loose"), "product": _products, "count": st.integers(1, 3)}),
    st.fixed_dictionaries({"do": st.just("event"), "kind": st.sampled_from(["void_line", "void_cart", "reprint"])}),
    st.fixed_dictionaries({"do": st.just("move"), "kind": st.sampled_from(["in", "out", "expense", "drop"]),
                           "amount": st.integers(1, 3000)}),
    st.fixed_dictionaries({"do": st.just("wait"), "minutes": st.integers(1, 900)}),
    st.fixed_dictionaries({"do": st.just("close"), "off": st.integers(-40, 40)}),
    st.fixed_dictionaries({"do": st.just("turn")}),
    st.fixed_dictionaries({"do": st.just("twin"), "of": st.integers(0, 50), "hours": st.integers(0, 40)}),
    st.fixed_dictionaries({"do": st.just("clone"), "of": st.integers(0, 50)}),
)  # fmt: skip


class Market:
    """A store with two tills on one database, worked by whoever's turn it is."""

    def __init__(self, folder: Path, currency: str = "EUR", mode: str = "included", scope: str = "line") -> None:
        self.folder = folder
        self.now = MORNING
        self.currency, self.digits = currency, CURRENCIES[currency]
        self.company = Database(folder / "company.db", indexes=indexes_for("company"))
        self.store = Database(folder / "store-s1.db", name="store-s1", indexes=indexes_for("store-s1"))
        self.company.bulk_docs(self._shop(mode, scope))
        self._n = itertools.count(1)
        self._minted = itertools.count(1)
        self.tills = [self._till(name) for name in ("s1-t1", "s1-t2")]
        self.people = [Actor("staff:ann", "Ann"), Actor("staff:bob", "Bob"), Actor()]
        self.turn = 0
        self.codes: list[str] = []
        self.refused = 0

    def _shop(self, mode: str, scope: str) -> list[dict[str, Any]]:
        store = {
            "_id": "store:s1", "type": "store", "schema": 1, "id": "s1", "name": "Market", "currency": self.currency,
            "digits": self.digits, "timezone": "Asia/Tokyo", "day_start": "04:00", "tax_mode": mode, "taxes": [],
            "header": [], "footer": [], "locations": [],
        }  # fmt: skip
        taxes = [
            {"_id": id, "type": "tax", "schema": 1, "name": name, "rate": rate, "stores": None}
            for id, name, rate in TAXES
        ]
        goods = [
            {**each, "type": "product", "schema": 1, "sku": each["_id"][8:], "barcodes": [], "sold_by": "unit",
             "price": {"amount": each["price"], "per": 1000}}
            for each in GOODS
        ]  # fmt: skip
        values = {**SETTINGS, "tax_rounding": {"scope": scope, "mode": "half_away"}}
        settings = {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values}
        customer = {"_id": "customer:ann", "type": "customer", "schema": 1, "name": "Ann"}
        names = [
            {"_id": f"category:{slug}", "type": "category", "schema": 1, "name": slug.title()}
            for slug in ("food", "home")
        ]
        return [store, *taxes, *goods, settings, customer, *names]

    def _till(self, name: str) -> Till:
        return Till(
            self.company,
            self.store,
            terminal=name,
            store_id="s1",
            clock=self._clock,
            mint=lambda: f"k{next(self._minted) % 10}",
            contact=lambda: Contact(self.now, None, True),
        )

    def _clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def close(self) -> None:
        self.company.close()
        self.store.close()

    # -- what may happen -----------------------------------------------------------------------------------------

    @property
    def till(self) -> Till:
        return self.tills[self.turn % 2]

    @property
    def actor(self) -> Actor:
        return self.people[self.turn % 3]

    def request(self) -> str:
        return f"request-{next(self._n):08}"

    def orders(self) -> list[dict[str, Any]]:
        return [record.full() for record in self.store.each("order")]

    def do(self, step: dict[str, Any]) -> None:
        """One thing that happens; what the shop doesn't allow doesn't."""
        try:
            getattr(self, f"do_{step['do']}")(step)
        except SaleError:
            self.refused += 1

    def sell(self, **request: Any) -> dict[str, Any]:
        whole = {"sale": self.request(), "customer": "customer:ann", **request}
        return self.till.sell(whole, self.actor)[0]

    def do_sale(self, step: dict[str, Any]) -> None:
        lines: list[dict[str, Any]] = []
        for product, count, off in step["lines"]:
            discounts = [{"kind": "manual", "amount": off}] if off else []
            lines.append({"product": product, "quantity": 1000 * count, "discounts": discounts})
        if step["open"]:
            lines.append({"product": None, "name": "Keyed", "quantity": 1000, "price": {"amount": step["open"]}})
        tenders: list[dict[str, Any]] = []
        for kind, amount in step["others"]:
            tender: dict[str, Any] = {"kind": kind, "amount": amount}
            if kind == "giftcard":
                if not self.codes:
                    continue
                tender["code"] = self.codes[amount % len(self.codes)]
            elif kind == "foreign":
                tender = {"kind": kind, "currency": "USD", "foreign": amount}
            tenders.append(tender)
        tenders.append({"kind": "cash", "amount": 100_000})
        discounts = [{"kind": "cart", "amount": step["cart_off"]}] if step["cart_off"] else []
        self.sell(lines=lines, tenders=tenders, tip=step["tip"], discounts=discounts)

    def do_card(self, step: dict[str, Any]) -> None:
        amount = step["amount"]
        line = {"id": "g1", "kind": "giftcard", "quantity": 1000, "price": {"amount": amount}}
        order = self.sell(lines=[line], tenders=[{"kind": "cash", "amount": amount + 7}])
        self.codes.append(self.till.seller.codes(order)["g1"])

    def do_topup(self, step: dict[str, Any]) -> None:
        line = {"kind": "topup", "to": step["to"], "quantity": 1000, "price": {"amount": step["amount"]}}
        self.sell(lines=[line], tenders=[{"kind": "card", "amount": step["amount"], "reference": "4711"}])

    def _earlier(self, place: int) -> dict[str, Any] | None:
        sold = sorted((order for order in self.orders() if order["kind"] == "sale"), key=lambda order: order["_id"])
        return sold[place % len(sold)] if sold else None

    def do_refund(self, step: dict[str, Any]) -> None:
        order = self._earlier(step["of"])
        if order is None:
            return
        wanted: dict[str, Any] = {"sale": self.request(), "order": order["_id"], "way": step["way"]}
        if step["part"]:
            line = next((line for line in order["lines"] if line["quantity"] >= 1000), None)
            wanted["lines"] = [{"line": line["id"], "quantity": 1000}] if line else None
        elif step["void"]:
            wanted["void"] = True
        self.till.refunds.refund(wanted, self.actor)

    def do_exchange(self, step: dict[str, Any]) -> None:
        order = self._earlier(step["of"])
        if order is None:
            return
        line = order["lines"][0]["id"]
        back = {"product": None, "name": "x", "quantity": -1000, "return_of": {"order": order["_id"], "line": line},
                "restock": "restock"}  # fmt: skip
        self.sell(
            lines=[{"product": step["for"], "quantity": 9000}, back], tenders=[{"kind": "cash", "amount": 100_000}]
        )

    def do_loose(self, step: dict[str, Any]) -> None:
        back = {"product": step["product"], "quantity": -1000 * step["count"], "restock": "damaged"}
        sold = {"product": "product:cup", "quantity": 9000}
        self.sell(lines=[sold, back], tenders=[{"kind": "cash", "amount": 100_000}])

    def do_event(self, step: dict[str, Any]) -> None:
        self.till.shifts.event(step["kind"], self.request(), self.actor)

    def do_move(self, step: dict[str, Any]) -> None:
        body = {"request": self.request(), "kind": step["kind"], "amount": step["amount"], "category": "Postage"}
        self.till.shifts.move({**body, "confirmed": True}, self.actor)

    def do_wait(self, step: dict[str, Any]) -> None:
        self.now += timedelta(minutes=step["minutes"])

    def do_turn(self, step: dict[str, Any]) -> None:
        self.turn += 1

    def do_close(self, step: dict[str, Any]) -> None:
        if self.till.shifts.current() is None:
            self.till.shifts.open({"request": self.request(), "float": 1000}, self.actor)
            return
        self.close_shift(step["off"])

    def close_shift(self, off: int = 0) -> None:
        shift = self.till.shifts.current()
        if shift is not None:
            expected = self.till.shifts.x_report()["sums"]["cash"]["expected"]
            counted = {"total": max(0, expected + off)}
            self.till.shifts.close(shift["_id"], {"request": self.request(), "counted": counted, "note": "counted"})

    def close_all(self) -> None:
        """Both drawers are counted."""
        for self.turn in (0, 1):
            self.close_shift()

    def arrive(self, order: dict[str, Any], **fields: Any) -> str:
        """An order as another life of its terminal wrote it; its id."""
        number = order["number"]
        made = {**order, "series": "s1-t1.zz", **fields}
        del made["_rev"]
        made["_id"] = f"order:{made['series']}:{number:08}:{next(self._n):010x}"
        with suppress(KeyError):
            made["at"] = fields["at"]
        self.store.bulk_docs([{**made, "_rev": f"1-{next(self._n):032x}"}], new_edits=False)
        return str(made["_id"])

    def do_twin(self, step: dict[str, Any]) -> None:
        """The same sale written twice, perhaps on another day: it counts once."""
        order = self._earlier(step["of"])
        if order is not None:
            at = datetime.fromisoformat(order["at"]) + timedelta(hours=step["hours"])
            text = at.isoformat(timespec="milliseconds")[:23] + "Z"
            self.arrive(order, at=text, business_date=text[:10])

    def do_clone(self, step: dict[str, Any]) -> None:
        """Another sale under the same number: both count."""
        order = self._earlier(step["of"])
        if order is not None:
            self.arrive(order, sale=self.request(), series=order["series"])


# -- the same by hand --------------------------------------------------------------------------------------------


def counting(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of several orders with one `sale` the one with the smallest id."""
    first: dict[str, dict[str, Any]] = {}
    for order in sorted(orders, key=lambda order: order["_id"]):
        first.setdefault(order["sale"], order)
    return list(first.values())


def worth(order: dict[str, Any], line: dict[str, Any]) -> int:
    """What a line asked of the customer."""
    return int(line["total"]) + (sum(t["amount"] for t in line["tax"]) if order["tax_mode"] == "added" else 0)


def by_hand(orders: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums of these orders, from their own lines, tenders and taxes."""
    found: dict[str, Any] = {
        "revenue": 0, "tax": Counter(), "base": Counter(), "tender": Counter(), "discount": 0, "product": Counter(),
        "category": Counter(), "day": Counter(), "cashier": Counter(), "terminal": Counter(), "receipts": len(orders),
        "tips": sum(order["tip"] for order in orders), "rounding": sum(order["cash_rounding"] for order in orders),
        "sold": Counter(), "quantity": defaultdict(int), "foreign": 0, "returned": 0,
    }  # fmt: skip
    for order in orders:
        for line in order["lines"]:
            value = worth(order, line)
            if line.get("kind") in ("giftcard", "topup"):
                found["sold"]["payment" if line.get("to") == "account" else line["kind"]] += value
                continue
            found["revenue"] += value
            found["discount"] += sum(discount["amount"] for discount in line["discounts"])
            product = line["product"] or f"name:{line['name']}"
            found["product"][product] += value
            found["quantity"][product] += line["quantity"]
            found["category"][line["category"] or ""] += value
            found["day"][order["business_date"]] += value
            found["cashier"][order["cashier"] or ""] += value
            found["terminal"][order["terminal"]] += value
            found["returned"] += value if line["quantity"] < 0 else 0
            for tax in line["tax"]:
                found["tax"][f"{tax['id']}|{tax['rate']}"] += tax["amount"]
                found["base"][f"{tax['id']}|{tax['rate']}"] += tax["base"]
        for tender in order["tenders"]:
            found["tender"][tender["kind"]] += tender["amount"]
            found["foreign"] += tender.get("foreign", 0)
        found["tender"]["cash"] -= order["change"]
    return found
