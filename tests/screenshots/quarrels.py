"""What two places did apart in the sample shop, so that the inbox has something to show.

The price and the refund are done as people do them, with Till 1's line cut. The rest comes as replication would bring
it: as edits of one revision, written to head office.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from app.demo import people
from app.demo.opening import Visit
from app.shop import clock
from app.web.users import api_key
from tests.support.forks import DELETED, Doc, arrive, fork, on
from tests.support.process import wait_until

#: Two prices; three versions of several fields; deleted here, edited there; decided already.
PRICE, FIELDS, GONE, TOLD = "product:olive-oil", "product:honey", "product:candles", "product:tea"

TIMEOUT = 30


class Remote:
    """A database of a node over HTTP, as far as ``tests.support.forks`` needs one."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.auth = ("api", key)

    def get(self, id: str, *, rev: str | None = None) -> Doc:
        answer = self._session.get(f"{self.url}/{id}", params={"rev": rev} if rev else None, timeout=TIMEOUT)
        answer.raise_for_status()
        found: Doc = answer.json()
        return found

    def bulk_docs(self, docs: list[Doc], new_edits: bool) -> list[Any]:
        body = {"docs": docs, "new_edits": new_edits}
        answer = self._session.post(f"{self.url}/_bulk_docs", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        refused: list[Any] = answer.json()
        return refused


class Quarrels:
    """``one``, ``two``: a supervisor at each till; ``manager`` at one of them. ``demo``: the page's URL; ``office``:
    head office, its data in ``path``."""

    def __init__(self, demo: str, one: Visit, two: Visit, manager: Visit, office: Visit, path: Path) -> None:
        self.demo, self.one, self.two, self.manager, self.office = demo, one, two, manager, office
        self.company: Any = Remote(f"{office.url}/couch/company", api_key(path))
        self.store: Any = Remote(f"{office.url}/couch/store-s1", api_key(path))

    def make(self, refunded: str, changed: str) -> None:
        """All of it. `refunded` and `changed` are orders of Till 1."""
        wait_until(lambda: answers(lambda: self.two.ask("GET", f"api/refunds/{refunded}")), 60, refunded)
        wait_until(lambda: answers(lambda: self.store.get(changed)), 60, changed)
        for id in (FIELDS, GONE, TOLD):
            seen = self.company.get(id)  # what replication is made to bring below says nothing where there is nothing
            arrive(self.company, id, seen["_rev"], seen)
        self._told()
        self._apart(refunded)
        self._brought()
        self._changed(changed)
        self._erased()
        wait_until(self._all_there, 60, "what is to decide")

    def _told(self) -> None:
        """A product with a past: prices of head office, two places, a decision."""
        for amount in (289, 299, 319):
            self._price(self.office, TOLD, amount)
        fork(
            self.company,
            TOLD,
            on("office", now(), price=price(329)),
            on("s1-t2", now(), people.BEN.id, price=price(309)),
        )
        case = f"api/conflicts/company/{TOLD}"
        seen = self.office.ask("GET", case)
        other = next(side["rev"] for side in seen["sides"] if side["on"] == "s1-t2")
        self.office.ask("POST", f"{case}/resolve", {"request": new_id(), "seen": seen["seen"], "take": other})

    def _apart(self, refunded: str) -> None:
        """Till 1 without a line: its price, and head office's, for one product; a receipt refunded on both tills."""
        self._line("cut")
        try:
            self._price(self.office, PRICE, 949)
            self._price(self.one, PRICE, 999)
            lines = [{"id": "l0", "product": PRICE, "quantity": 3000}]
            self.one.ask("POST", "api/sales", sale(lines))
            for till in (self.one, self.two):
                self._refund(till, refunded)
        finally:
            self._line("plug")

    def _brought(self) -> None:
        by_ben: Any = (now(), people.BEN.id)
        meadow = "From the meadows {}, spun in May."
        harbour, river = meadow.format("behind the harbour"), meadow.format("by the river")
        fork(
            self.company,
            FIELDS,
            on("office", now(), price=price(699), description=harbour),
            on("s1-t1", *by_ben, price=price(679), name="Meadow honey, raw", barcodes=["2900000000438", "4006040"]),
            on("s1-t2", *by_ben, name="Meadow honey, local", description=river),
        )
        fork(
            self.company, GONE, {**DELETED, **on("office", now())}, on("s1-t1", now(), people.BEN.id, price=price(329))
        )

    def _changed(self, order: str) -> None:
        """A receipt that somebody rewrote: the first version stays the one that counts."""
        doc = {key: value for key, value in self.store.get(order).items() if key != "_rev"}
        self.store.bulk_docs([{**doc, "total": doc["total"] - 500, "_rev": f"1-{'0' * 32}"}], new_edits=False)

    def _erased(self) -> None:
        for name, reason in (("Nora Quill", "asked"), ("Tom Ashby", "unused")):
            new = self.manager.ask("POST", "api/customers", {"request": new_id(), "name": name, "phone": "040 5550 99"})
            body = {"request": new_id(), "reason": reason}
            self.manager.ask("POST", f"api/customers/{new['customer']['id']}/erase", body)

    def _price(self, at: Visit, id: str, amount: int) -> None:
        found = at.ask("GET", f"api/products/{id}")
        body = {"rev": found.get("product", found)["rev"], "price": price(amount)}
        at.ask("PUT", f"api/products/{id}/price", body)

    def _refund(self, at: Visit, order: str) -> None:
        lines = [{"line": "l0", "quantity": 1000}]
        at.ask("POST", "api/refunds", {"sale": new_id(), "order": order, "lines": lines})

    def _line(self, action: str) -> None:
        requests.post(f"{self.demo}/demo/{action}/t1", timeout=60).raise_for_status()

    def _all_there(self) -> bool:
        counts = self.office.ask("GET", "api/inbox")["counts"]
        return bool(counts["conflicts"] >= 3 and counts["incidents"] and counts["tasks"])


def answers(ask: Callable[[], object]) -> bool:
    """Whether what it asks for is there."""
    try:
        return bool(ask())
    except requests.HTTPError:
        return False


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


def now() -> str:
    return clock.stamp(clock.now())


def sale(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"sale": new_id(), "lines": lines, "tenders": [{"kind": "cash", "amount": 5000}]}


def new_id() -> str:
    return uuid.uuid4().hex
