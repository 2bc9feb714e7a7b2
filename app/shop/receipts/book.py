"""The receipts of a till on paper: originals, numbered copies, gift receipts, and those that a printer still owes.

Nothing about printing can undo a sale. A receipt that the printer did not take waits, also over a restart, until it is
printed or somebody takes it off the list.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from app.shop import clock as clocks
from app.shop import ids
from app.shop.actor import ANYBODY, Actor
from app.shop.desk import Desk
from app.shop.reason import Reason, say
from app.shop.receipts import printing
from app.shop.receipts.finding import Finder
from app.shop.sale import SaleError

Doc = Mapping[str, Any]
WAITING = "couchtill.prints."  # local document: what this terminal's printer still owes
ORIGINALS = "couchtill.originals."  # local document: the newest receipts that went onto paper as the original
#: Orders back from the newest whose receipt may still be the original.
FRESH = 3
#: Receipts that wait at most; older ones can be printed from the list of receipts.
MOST = 50


class ReceiptsBook:
    """`event` writes an event (`Shifts.event`). `show(order, gift=…, copy=…)` makes of an order what a printer prints;
    the web gives it, since it has the languages."""

    def __init__(self, desk: Desk, event: Callable[..., Any]) -> None:
        self.desk = desk
        self.finder = Finder(desk)
        self._event = event
        self._lock = threading.Lock()

    def copies(self, order_id: str) -> int:
        """How many copies of a receipt were made as far as this terminal knows."""
        return sum(record.doc().get("kind") == "reprint" for record in self.desk.store.find("event_about", order_id))

    def issue(
        self, order: Doc, request: str, actor: Actor = ANYBODY, *, gift: bool = False, original: bool = False
    ) -> int:
        """Notes that a receipt goes onto paper, and gives the number of the copy: 0 for the original and for a gift
        receipt, which shows no prices.

        `original` asks for the first print after the sale; once, and for the newest receipts of this till only: a
        receipt that could be had twice without a mark could be refunded twice elsewhere. A copy needs the right
        `reprint` and leaves an event, as a gift receipt does.
        """
        id = str(order["_id"])
        known = self.desk.written("event", request)
        if known is not None and (known["about"], known["kind"]) != (id, "gift_receipt" if gift else "reprint"):
            raise SaleError(409, "request_used", say("This request printed something else already."), "request")
        if gift:
            self._event("gift_receipt", request, actor, about=id)
            return 0
        with self._lock:
            if original and self.is_fresh(order) and self._first(id):
                return 0
        with self.desk.store.transaction():
            known = self.desk.written("event", request)
            if known is not None:
                return int(known["details"].get("copy", 1))
            actor.need("reprint", say("print a receipt again"), about=id)
            copy = self.copies(id) + 1
            self._event("reprint", request, actor, about=id, details={"copy": copy}, right="reprint")
            return copy

    def _first(self, id: str) -> bool:
        """Whether this is the first time that it goes onto paper; it stays noted over a restart."""
        name = ORIGINALS + self.desk.terminal
        with self.desk.store.transaction():
            kept = self.desk.store.get_local(name)
            ids = list(kept["orders"]) if kept else []
            if id in ids:
                return False
            self.desk.store.put_local(name, {"orders": [*ids, id][-MOST:]})  # those before are fresh no more
        return True

    def is_fresh(self, order: Doc) -> bool:
        """Whether it is one of the last few receipts of this till."""
        head = self.desk.journal.head()
        own = head is not None and order.get("series") == head.series
        return own and head is not None and order["number"] > head.number - FRESH

    # -- the printer ---------------------------------------------------------------------------------------------

    def print(
        self, order: Doc, shown: Doc, *, copy: int = 0, gift: bool = False, open_drawer: bool = False
    ) -> dict[str, Any]:
        """Prints now: `{"printed", "error", "reason"}`. What the printer does not take waits in the queue; a till that
        prints by the browser has `{"printed": false, "error": "browser"}`."""
        settings = self.desk.settings
        if not printing.has_printer(settings):
            return {"printed": False, "error": "browser", "reason": ""}
        try:
            printing.print_receipt(settings, shown, open_drawer=open_drawer)
        except printing.PrinterError as failed:
            said = failed.reason.parts
            self._wait({"order": order["_id"], "copy": copy, "gift": gift, "reason": failed.reason, "said": said})
            return {"printed": False, "error": failed.error, "reason": failed.reason}
        self.forget(str(order["_id"]), copy, gift)
        return {"printed": True, "error": "", "reason": ""}

    def waiting(self) -> list[dict[str, Any]]:
        """What the printer still owes, the oldest first: `[{"id", "order", "copy", "gift", "since", "reason"}]`."""
        kept = self.desk.store.get_local(WAITING + self.desk.terminal)
        rows = [dict(row) for row in kept["rows"]] if kept else []
        for row in rows:
            if row.get("said"):
                row["reason"] = Reason.kept(row["said"])
        return rows

    def retry(self, show: Callable[..., Doc]) -> dict[str, Any]:
        """Prints what waits, the oldest first, until the printer refuses: `{"printed": how many, "waiting", "reason"}`.
        `show(order, copy=…, gift=…)` gives what is to be printed."""
        printed, reason = 0, ""
        for row in self.waiting():
            record = self.desk.store.read(row["order"])
            if record is None or record.deleted:
                self.forget(row["order"], row["copy"], row["gift"])
                continue
            order = record.full()
            answer = self.print(
                order, show(order, copy=row["copy"], gift=row["gift"]), copy=row["copy"], gift=row["gift"]
            )
            if not answer["printed"]:
                reason = answer["reason"]
                break
            printed += 1
        return {"printed": printed, "waiting": self.waiting(), "reason": reason}

    def drop(self, id: str) -> None:
        """Takes one off the queue. Raises SaleError 404."""
        rows = self.waiting()
        left = [row for row in rows if row["id"] != id]
        if len(left) == len(rows):
            raise SaleError(404, "not_found", say("This receipt doesn't wait to be printed."))
        self._keep(left)

    def forget(self, order: str, copy: int, gift: bool) -> None:
        rows = self.waiting()
        left = [row for row in rows if (row["order"], row["copy"], row["gift"]) != (order, copy, gift)]
        if len(left) != len(rows):
            self._keep(left)

    def _wait(self, row: dict[str, Any]) -> None:
        same = [each for each in self.waiting() if all(each[key] == row[key] for key in ("order", "copy", "gift"))]
        others = [each for each in self.waiting() if each not in same]
        since = same[0]["since"] if same else clocks.stamp(self.desk.clock())
        id = ids.nonce(f"{row['order']} {row['copy']} {row['gift']}")
        rows = [*others, {"id": id, "since": since, **row}]
        self._keep(sorted(rows, key=lambda each: each["since"])[-MOST:])

    def _keep(self, rows: list[dict[str, Any]]) -> None:
        with self.desk.store.transaction():
            self.desk.store.put_local(WAITING + self.desk.terminal, {"rows": rows})
