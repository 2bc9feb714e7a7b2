"""The sample shop of the pictures, with a morning's work behind it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from app.demo import people
from app.demo.opening import Visit
from tests.screenshots.quarrels import Quarrels, new_id
from tests.support.process import READY, CouchTill, wait_until


class Shop:
    """The demo, with a morning's work behind it."""

    def __init__(self, demo: CouchTill, data: Path) -> None:
        self.demo, self.data = demo, data
        self.zreport = ""
        demo.wait_for(READY, timeout=120)
        self.one, self.two = (Visit(self._link(name)) for name in ("t1", "t2"))
        self.one.sign_in(people.ANA)
        self.two.sign_in(people.CLEO)

    def _link(self, name: str) -> str:
        link: str = requests.post(f"{self.demo.url}/demo/enter/{name}", timeout=60).json()["url"]
        return link

    def work(self) -> None:
        """Sales on both tills, parked carts, cash out."""
        for till in (self.one, self.two):
            wait_until(lambda till=till: self._knows(till), 60, "the catalogue")
        made: list[dict[str, Any]] = []
        baskets = (
            ("farm-loaf", "butter", "milk"), ("coffee-to-go", "croissant"), ("lager", "crisps"),
            ("milk-chocolate", "milk-chocolate", "dark-chocolate"), ("flowers", "birthday-card"),
            ("breakfast-bag", "orange-juice", "coffee-beans"),
        )  # fmt: skip
        for place, basket in enumerate(baskets):
            till = self.two if place % 3 == 2 else self.one
            made.append(sell(till, basket, {"kind": "cash", "amount": 5000}))
        sell(self.two, ("soap", "washing-up", "toilet-paper"), {"kind": "cash", "amount": 2000})
        self.order = made[-1]["order"]["_id"]
        allowed = {"right": "cash_out", "staff": people.BEN.id, "pin": people.BEN.pin}
        self.one.ask("POST", "api/cash", {
            "request": new_id(), "kind": "expense", "amount": 450, "category": "Postage", "reason": "Stamps",
            "approvals": [self.one.ask("POST", "api/approvals", allowed)["approval"]],
        })  # fmt: skip
        for name, skus in (("Blue coat, back at five", ("eggs-10", "butter")), ("Table 4", ("coffee-to-go",))):
            self._park(name, skus)
        self._quarrel(refunded=made[0]["order"]["_id"], changed=made[1]["order"]["_id"])

    def _quarrel(self, **orders: str) -> None:
        one, two, manager, office = (Visit(self._link(name)) for name in ("t1", "t2", "t1", "office"))
        for visit, person in ((one, people.BEN), (two, people.BEN), (manager, people.DORA)):
            visit.sign_in(person)
        Quarrels(self.demo.url, one, two, manager, office, self.data / "office").make(**orders)

    def close_day(self) -> str:
        """The Z of the second till, made when it is needed first; its id."""
        if not self.zreport:
            shift = self.two.ask("GET", "api/shift")["shift"]
            counted = {"request": new_id(), "counted": {"total": 17_000}, "note": "A coin rolled under the counter."}
            closed = self.two.ask("POST", f"api/shifts/{shift['_id']}/close", counted)
            self.zreport = closed["zreport"]["_id"]
        return self.zreport

    @staticmethod
    def _knows(till: Visit) -> bool:
        try:
            return bool(till.ask("GET", "api/products/product:tote-blue"))
        except requests.RequestException:
            return False

    def _park(self, name: str, skus: tuple[str, ...]) -> None:
        lines = {}
        for place, sku in enumerate(skus):
            product = self.one.ask("GET", f"api/products/product:{sku}")
            product = product.get("product", product)
            line = {"product": f"product:{sku}", "quantity": 1000, "name": product["name"]}
            lines[f"01JLINE{place:019d}"] = line
        try:
            self.one.ask("POST", "api/carts", {"request": new_id(), "name": name, "lines": lines})
        except requests.HTTPError as error:
            print(f"no parked cart: {error.response.text[:300]}", file=sys.stderr)


def sell(till: Visit, skus: tuple[str, ...], tender: dict[str, Any]) -> dict[str, Any]:
    """One sale over the API, its change in cash."""
    lines = [{"id": f"l{n}", "product": f"product:{sku}", "quantity": 1000, "age": True} for n, sku in enumerate(skus)]
    for line in lines:
        if line["product"] not in ("product:lager", "product:red-wine"):
            del line["age"]
    return till.ask("POST", "api/sales", {"sale": new_id(), "lines": lines, "tenders": [tender]})


@contextmanager
def the_shop() -> Iterator[Shop]:
    """The sample shop in a folder of its own, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="couchtill-screenshots-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "demo"
        demo = CouchTill("demo", "--data", data, "--port", "0")
        try:
            shop = Shop(demo, data)
            shop.work()
            yield shop
        finally:
            demo.stop()
