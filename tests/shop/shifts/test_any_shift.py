"""Whatever a shift does: what X and Z say are the sums of its documents, and nothing is in two Zs, or in none."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.shop import schemas
from app.shop.till import Till
from app.shop.verify import verify_store
from tests.shop.conftest import Shop

amounts = st.integers(1, 50_000)
sales = st.fixed_dictionaries({
    "do": st.just("sale"),
    "lines": st.lists(
        st.tuples(st.sampled_from(["product:milk", "product:tea", "product:fuel"]), st.integers(1, 5000)),
        min_size=1, max_size=4,
    ),
    "card": st.integers(0, 100),  # percent of the total
    "over": st.integers(0, 1000),
    "off": st.integers(0, 50),
})  # fmt: skip
returns = st.fixed_dictionaries({"do": st.just("return"), "quantity": st.integers(1, 3)})
moves = st.fixed_dictionaries({
    "do": st.just("move"), "kind": st.sampled_from(["in", "out", "expense", "drop"]), "amount": amounts,
})  # fmt: skip
events = st.fixed_dictionaries({
    "do": st.just("event"),
    "kind": st.sampled_from(["void_line", "void_cart", "price", "reprint", "drawer", "gift_receipt"]),
})  # fmt: skip
closes = st.fixed_dictionaries({"do": st.just("close"), "off": st.integers(-500, 500), "float": st.integers(0, 30_000)})
days = st.lists(st.one_of(sales, sales, returns, moves, events, closes), max_size=25)


class Day:
    """A till that does what it is told, and keeps the cash as a drawer would."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder)
        self.till: Till = self.shop.till()
        self.n = 0
        self.drawer = 0
        self.zs: list[dict[str, Any]] = []
        self.open(0)

    def request(self) -> str:
        self.n += 1
        return f"request-{self.n:06}"

    def open(self, float: int) -> None:
        self.drawer = float
        self.till.shifts.open({"request": self.request(), "float": float})

    def do(self, step: dict[str, Any]) -> None:
        getattr(self, f"do_{step['do']}")(step)

    def do_sale(self, step: dict[str, Any]) -> None:
        lines: list[dict[str, Any]] = [{"product": id, "quantity": quantity} for id, quantity in step["lines"]]
        total = self.shop.total(self.till, lines)
        if step["off"] and total > step["off"]:
            first = self.shop.total(self.till, lines[:1])
            off = min(step["off"], first)
            if off:
                lines[0]["discounts"] = [{"kind": "manual", "amount": off}]
                total -= off
        card = total * step["card"] // 100
        tenders = [{"kind": "card", "amount": card}] if card else []
        cash = total - card + step["over"]
        if cash:
            tenders.append({"kind": "cash", "amount": cash})
        if not tenders:
            return
        order = self.shop.sell(self.till, lines=lines, tenders=tenders)
        self.drawer += cash - order["change"]

    def do_return(self, step: dict[str, Any]) -> None:
        lines = [{"product": "product:milk", "quantity": -1000 * step["quantity"], "restock": "restock"}]
        back = -129 * step["quantity"]
        self.shop.sell(self.till, lines=lines, tenders=[{"kind": "cash", "amount": back}])
        self.drawer += back

    def do_move(self, step: dict[str, Any]) -> None:
        body = {"request": self.request(), "kind": step["kind"], "amount": step["amount"], "category": "Other"}
        self.till.shifts.move({**body, "confirmed": True})
        self.drawer += step["amount"] if step["kind"] == "in" else -step["amount"]

    def do_event(self, step: dict[str, Any]) -> None:
        self.till.shifts.event(step["kind"], self.request())

    def do_close(self, step: dict[str, Any]) -> None:
        shift = self.till.shifts.current()
        assert shift is not None
        x = self.till.shifts.x_report()
        declared = max(0, self.drawer + step["off"])
        body = {"request": self.request(), "counted": {"total": declared}, "note": "counted"}
        z, _ = self.till.shifts.close(shift["_id"], body)
        assert (z["expected"], z["difference"]) == (self.drawer, declared - self.drawer)
        sums = {**z["sums"], "tenders": [bare(row) for row in z["sums"]["tenders"]]}
        assert [row for row in sums["tenders"] if row["count"] or row["net"]] == x["sums"]["tenders"]
        assert {**sums, "tenders": 0} == {**x["sums"], "tenders": 0}
        self.zs.append(z)
        self.open(step["float"])


def bare(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("kind", "count", "in", "out", "net")}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days)
def test_any_day_adds_up(steps: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        day = Day(Path(folder))
        try:
            for step in steps:
                day.do(step)
            day.do_close({"off": 0, "float": 0})
            check(day)
        finally:
            for database in day.shop.databases:
                database.close()


def check(day: Day) -> None:
    store = day.till.store
    orders = [record.doc() for record in store.each("order")]
    grand = 0
    for number, z in enumerate(day.zs, 1):
        assert schemas.check(z) == []
        sums = z["sums"]
        own = [order for order in orders if order["shift"] == z["shift"]]
        # The Z equals its documents …
        assert sums["receipts"]["count"] == len(own)
        assert sums["total"] == sum(order["total"] for order in own)
        assert sums["discount"] == sum(order["discount"] for order in own)
        assert sums["paid"] - sums["change"] == sums["total"] + sums["tips"] + sums["rounding"]
        assert sum(row["net"] for row in sums["tenders"]) == sums["paid"] - sums["change"]
        assert sum(row["total"] for row in sums["cashiers"]) == sums["total"]
        assert sum(row["cash"] for row in sums["cashiers"]) == sums["cash"]["sales"]
        moves = [record.doc() for record in store.each("cash") if record.doc()["shift"] == z["shift"]]
        assert sums["cash"]["in"] == sum(move["amount"] for move in moves if move["kind"] == "in")
        events = [record.doc() for record in store.each("event") if record.doc()["shift"] == z["shift"]]
        assert sums["counts"]["voids"] == sum(event["kind"].startswith("void_") for event in events)
        # … its numbers have no gaps, and the perpetual total never breaks.
        assert (z["number"], z["grand_before"]) == (number, grand)
        grand += sums["revenue"]
        assert z["grand_after"] == grand
        assert day.till.shifts.late(z["shift"]) == []
    covers = [cover for z in day.zs for cover in z["covers"]]
    # What they cover follows on without a gap: each begins with the Z before it.
    assert [cover["first"] for cover in covers] == [1, *[z["journal"] for z in day.zs[:-1]]]
    assert [cover["last"] for cover in covers] == [z["journal"] - 1 for z in day.zs]
    assert [cover["hash"] for cover in covers] == [z["prev"] for z in day.zs]
    assert verify_store(store) == []
    numbers = sorted(order["number"] for order in orders)
    assert numbers == list(range(1, len(numbers) + 1))
