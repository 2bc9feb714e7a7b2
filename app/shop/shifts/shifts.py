"""The shifts of one terminal: opened, worked in, closed by a Z. A shift is one drawer's session, and cashiers share it.

Which shift is open stands in the journal's head, so a sale and the close, which hold the same writer's lock, always
agree: a sale is in the Z, or it is told of the next shift.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.docs.errors import DocsError
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import ids
from app.shop.actor import ANYBODY, Actor
from app.shop.closure import need_open
from app.shop.desk import Desk
from app.shop.journal import Behind, Head
from app.shop.reason import Money, Reason, say
from app.shop.sale import SaleError, invalid
from app.shop.shifts import closing, covers, drawer, requests
from app.shop.shifts.denominations import usual
from app.shop.shifts.report import report

#: Milliseconds behind the last document that nobody need be asked about: a time server sets a clock back by as much.
SLIP = 2000
#: Which right each kind of cash movement needs, and what it is to somebody who lacks it.
MOVES = {
    "in": ("cash_in", say("putting cash into the drawer")),
    "out": ("cash_out", say("taking cash out of the drawer")),
    "expense": ("cash_out", say("paying an expense from the drawer")),
    "drop": ("drop", say("taking cash to the safe")),
}
#: Shifts that another life of this terminal left open, looked for among the latest ones.
RECENT = 50


class Shifts:
    """The shifts of the desk's terminal. Safe to call from several threads at once.

    Whatever writes takes a client's `request` id: asked again, it answers with the same document. Everything raises
    SaleError, and then nothing was written.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- which shift is open -------------------------------------------------------------------------------------

    def current(self) -> dict[str, Any] | None:
        """The open shift's document, or None."""
        head = self.desk.journal.head()
        return None if head is None or head.shift is None else self._shift(head.shift)

    def for_sale(self, head: Head, named: str | None = None) -> str:
        """The id of the shift that a sale goes into; inside the sale's transaction, before its own document.

        `named` is the shift that the window knows. Raises SaleError 409: `shift_closed` when that one is closed, with
        the one that is open now (or null) as `shift`; `no_shift` when none is open and settings say that somebody must
        open one. A shift that this till doesn't know (it was restored from an older copy) says nothing.
        """
        head = self.desk.journal.newest(head)
        if named is not None and named != head.shift and self._shift(named) is not None:
            reason = say("This shift is closed: its Z is written. Nothing was sold; the sale goes into the next shift.")
            raise SaleError(409, "shift_closed", reason, "shift", {"shift": head.shift})
        need_open(self.desk)
        if head.shift is not None:
            return head.shift
        if not self.desk.settings["shift_auto"]:
            raise no_shift()
        return str(self.open_auto(head)["_id"])

    def open_auto(self, head: Head) -> dict[str, Any]:
        """Opens a shift with an empty drawer, inside the caller's transaction; the journal goes on after it (`append`
        finds that by itself, also when it is given `head`)."""
        request = f"auto.{secrets.token_hex(8)}"  # nobody repeats it; a clone's must be another
        body: dict[str, Any] = {"float": 0, "denominations": None, "auto": True, "note": "", "by": None}
        body["approvals"] = []
        return self._write_shift(request, body, self.desk.journal.newest(head), None)

    # -- opening -------------------------------------------------------------------------------------------------

    def open(self, request: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Opens a shift: its document, and whether the request was a repeated one.

        `{"request", "float" (minor units, or null), "denominations": [{"value", "count"}] (or null), "note"}`; neither
        is an empty drawer. 409 `shift_open` while another is open. With a clock that is wrong it needs the right
        `clock`; where the last document lies in the future, time then goes back to the present, and the shift says so
        (`clock_reset`).
        """
        wanted = requests.read(requests.OPEN, request)
        return self._once("shift", wanted["request"], lambda: self._open(wanted, actor))

    def _open(self, wanted: dict[str, Any], actor: Actor) -> dict[str, Any]:
        actor.need("shift_open", say("opening a shift"))
        need_open(self.desk)
        float = requests.cash_of(wanted, "float", "") or 0
        head, behind = self.desk.journal.ready()
        if head.shift is not None:
            reason = say("A shift is open here already: close it first.")
            raise SaleError(409, "shift_open", reason, "", {"shift": head.shift})
        rights = ["shift_open"]
        reset = None
        _, wrong = self.desk.stamp(head)
        if is_serious(wrong):
            actor.need("clock", say("opening a shift while the clock is wrong"), clock=wrong)
            rights.append("clock")
            reset = self._reset(head)
        body: dict[str, Any] = {
            "float": float,
            "denominations": wanted["denominations"],
            "auto": False,
            "note": wanted["note"],
            "by": actor.staff,
            "approvals": actor.lent(*rights),
        }
        if reset is not None:
            body["clock_reset"] = {"from": head.at, "to": reset}
        return self._write_shift(wanted["request"], body, head, behind, at=reset)

    def _reset(self, head: Head) -> str | None:
        """The present, for a till whose last document lies in the future by the central's clock, which its own now
        agrees with; None where time goes on as ever."""
        now = self.desk.clock()
        ahead = self.desk.contact().ahead
        if head.at is None or ahead is None or abs(ahead) > clocks.OFF:
            return None
        late = clocks.read(head.at) - (now + timedelta(milliseconds=ahead))
        return clocks.stamp(now) if late > timedelta(milliseconds=clocks.OFF) else None

    def _write_shift(
        self, request: str, body: dict[str, Any], head: Head, behind: Behind | None, at: str | None = None
    ) -> dict[str, Any]:
        """The shift's document; the head then names it."""
        id = ids.numbered("shift", head.series, head.journal + 1, request)
        body = {"drawer": self.desk.terminal, **body}
        return self.desk.append("shift", request, body, head=head, behind=behind, at=at, shift=id)

    # -- during the day ------------------------------------------------------------------------------------------

    def move(self, request: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Cash in, out, for an expense or to the safe: `{"request", "kind", "amount", "category", "reason",
        "confirmed"}`; an expense has a category. The document, and whether the request was a repeated one. 409
        `no_shift`, and `more_than_drawer` unless it is `confirmed`."""
        wanted = requests.read(requests.MOVE, request)
        kind = wanted["kind"]
        category = (wanted["category"] or "").strip() or None
        if kind == "expense" and category is None:
            raise invalid(say("The expense needs a category."), "category")

        def write() -> dict[str, Any]:
            right, doing = MOVES[kind]
            facts = self.desk.facts.read()[0]
            amount = Money(wanted["amount"], int(facts["digits"]), str(facts["currency"]))
            actor.need(right, say("%(doing)s, %(amount)s", doing=doing, amount=amount), amount=wanted["amount"])
            head, behind = self.desk.journal.ready()
            if head.shift is None:
                raise no_shift()
            if kind != "in" and not wanted["confirmed"]:
                drawer.check(self.desk, head.shift, wanted["amount"], actor)
            body = {
                "kind": kind,
                "amount": wanted["amount"],
                "category": category if kind == "expense" else None,
                "reason": wanted["reason"] or wanted["note"],
                "shift": head.shift,
                "drawer": self.desk.terminal,
                "by": actor.staff,
                "approvals": actor.lent(right),
            }
            return self.desk.append("cash", wanted["request"], body, head=head, behind=behind)

        return self._once("cash", wanted["request"], write)

    def page_event(self, request: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """What happened on the page and leaves no other trace: `{"request", "kind": void_line | void_cart | price |
        discount | total_differs, "about", "details"}`. A void needs the right `void`."""
        wanted = requests.read(requests.PAGE_EVENT, request)
        right = "void" if wanted["kind"].startswith("void_") else None
        if right is not None and self.desk.written("event", wanted["request"]) is None:
            actor.need(right, say("taking goods off a cart"))
        return self.event(
            wanted["kind"], wanted["request"], actor, about=wanted["about"], details=wanted["details"], right=right
        )

    def event(
        self,
        kind: str,
        request: str,
        actor: Actor = ANYBODY,
        *,
        about: str | None = None,
        details: Mapping[str, Any] | None = None,
        right: str | None = None,
    ) -> tuple[dict[str, Any], bool]:
        """Writes an event, in the open shift if there is one: the document, and whether `request` had made it already.
        `right` is the one that the caller asked for; an approval of it goes into the document. May be called inside a
        transaction of the store."""

        def write() -> dict[str, Any]:
            head, behind = self.desk.journal.ready()
            body = {
                "kind": kind,
                "about": about,
                "details": dict(details or {}),
                "shift": head.shift,
                "drawer": self.desk.terminal,
                "by": actor.staff,
                "approvals": actor.lent(right),
            }
            return self.desk.append("event", request, body, head=head, behind=behind)

        return self._once("event", request, write)

    def drawer(self, request: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Notes that the drawer is opened without a sale: `{"request", "note"}`."""
        wanted = requests.read(requests.PLAIN, request)
        if self.desk.written("event", wanted["request"]) is None:
            actor.need("drawer", say("opening the drawer without a sale"))
        details = {"note": wanted["note"]} if wanted["note"] else {}
        return self.event("drawer", wanted["request"], actor, details=details, right="drawer")

    def postpone(self, request: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Puts off a close that is due, until the next business day begins: once a day, by a supervisor."""
        wanted = requests.read(requests.PLAIN, request)

        def write() -> dict[str, Any]:
            actor.need("postpone", say("putting off the close of the day"))
            state = self._due()
            if state["shift"] is None:
                raise no_shift()
            if not state["late"]:
                raise SaleError(409, "not_due", say("The close of this shift is not due."))
            if state["postponed"]:
                raise SaleError(409, "postponed", say("The close was put off once already today. Close the shift now."))
            details = {"date": state["business_date"], "note": wanted["note"]}
            about = state["shift"]["_id"]
            return self.event("postpone", wanted["request"], actor, about=about, details=details, right="postpone")[0]

        return self._once("event", wanted["request"], write)

    # -- reports and the close -----------------------------------------------------------------------------------

    def x_report(self, actor: Actor = ANYBODY) -> dict[str, Any]:
        """`{"shift": document, "at", "sums": Report, "carts", "doubled", "unreadable"}` of the open shift as it stands.
        Where the count is blind it needs `count_see` too. 409 `no_shift`."""
        shift = self.current()
        if shift is None:
            raise no_shift()
        self.may_see(actor)
        found = covers.Documents(self.desk.store, shift)
        part = found.without(found.zreports)
        return {
            "shift": shift,
            "at": clocks.stamp(self.desk.clock()),
            "sums": report(part.shift, part.orders, part.cash, part.events),
            "carts": closing.open_carts(self.desk.store),
            "doubled": part.doubled,
            "unreadable": found.unreadable,
        }

    def print_x(self, request: Mapping[str, Any], actor: Actor = ANYBODY) -> dict[str, Any]:
        """As `x_report`, and noted as an event."""
        wanted = requests.read(requests.PLAIN, request)
        made = self.x_report(actor)
        self.event("x_report", wanted["request"], actor, about=made["shift"]["_id"], right="report_x")
        return made

    def may_see(self, actor: Actor) -> None:
        """Raises SaleError 403 for one who may not see what a shift came to."""
        actor.need("report_x", say("the X report"))
        if self.desk.settings["count"] == "blind":
            actor.need("count_see", say("seeing what the drawer should hold before it is counted"))

    def close(self, id: str, request: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Closes a shift with its count: the Z report, and whether the request was a repeated one. See `closing`."""
        wanted = requests.read(requests.CLOSE, request)
        return self._once("zreport", wanted["request"], lambda: closing.close(self.desk, id, wanted, actor))

    def zreports(self, limit: int = 20, before: str | None = None) -> list[dict[str, Any]]:
        """The store's Z reports that are here, the newest first; `before` is the id of the last of the page before."""
        after = self.desk.store.read(before) if before is not None else None
        if before is not None and (after is None or after.type != "zreport"):
            return []
        limit = max(1, min(limit, 500))
        return [z.full() for z in self.desk.store.find("zreport_at", descending=True, limit=limit, after=after)]

    def zreport(self, id: str) -> dict[str, Any] | None:
        """A Z report by its id, or None."""
        return full(self.desk.store.read(id), "zreport")

    def late(self, shift: str) -> list[str]:
        """The ids of the shift's documents that came after its Z: they stand in none, and alter none."""
        doc = self._shift(shift)
        if doc is None:
            return []
        found = covers.Documents(self.desk.store, doc)
        return sorted(found.without(found.zreports).ids) if found.zreports else []

    # -- what the page must know ---------------------------------------------------------------------------------

    def state(self, actor: Actor = ANYBODY) -> dict[str, Any]:
        """`{"shift": document or null, "due", "late", "postponed", "business_date", "clock", "clock_wrong", "count",
        "sees", "auto", "denominations", "expenses", "foreign", "unfinished": [documents], "closed_elsewhere",
        "last": the terminal's latest Z or null, "actions"}`.

        `due`: the business day is over, and nobody put the close off. `clock_wrong`: opening needs a supervisor.
        `unfinished`: shifts that another life of this terminal left open. `closed_elsewhere`: another life closed this
        one; what it doesn't know goes into a Z of its own. `actions`: what comes next, the likeliest first.
        """
        facts, _ = self.desk.facts.read()
        settings = self.desk.settings.read()
        state = self._due()
        shift = state["shift"]
        head = self.desk.journal.head()
        _, wrong = self.desk.stamp(head or Head(""))
        unfinished = self._unfinished(shift)
        if shift is None:
            actions = ["open"]
        elif state["due"]:
            actions = ["close", "postpone"] if not state["postponed"] else ["close"]
        else:
            actions = ["sell", "close"]
        return {
            **state,
            "clock": wrong,
            "clock_wrong": is_serious(wrong),
            "count": settings["count"],
            "sees": settings["count"] != "blind" or actor.may("count_see"),
            "auto": settings["shift_auto"],
            "denominations": settings["denominations"] or usual(facts["currency"], facts["digits"]),
            "expenses": settings["expenses"],
            "foreign": [{"code": rate["code"], "digits": rate["digits"]} for rate in settings["foreign"]],
            "unfinished": unfinished,
            "closed_elsewhere": shift is not None
            and bool(self.desk.store.find("zreport_shift", shift["_id"], limit=1)),
            "last": self._last(),
            "actions": [*actions, *(["close_unfinished"] if unfinished else [])],
        }

    def _due(self) -> dict[str, Any]:
        head = self.desk.journal.head()
        shift = self.current()
        date = self.desk.date(self.desk.stamp(head or Head(""))[0])
        late = shift is not None and str(shift["business_date"]) < date
        postponed = late and shift is not None and self._postponed(shift["_id"], date)
        return {
            "shift": shift,
            "business_date": date,
            "late": late,
            "postponed": postponed,
            "due": late and not postponed,
        }

    def _postponed(self, shift: str, date: str) -> bool:
        events = (record.doc() for record in self.desk.store.find("event_shift", shift))
        told = [doc.get("details") for doc in events if doc.get("kind") == "postpone"]
        return any(isinstance(details, dict) and details.get("date") == date for details in told)

    def _last(self) -> dict[str, Any] | None:
        latest = self.desk.store.find("zreport_at", descending=True, limit=100)
        return next((z.full() for z in latest if z.doc().get("terminal") == self.desk.terminal), None)

    def _unfinished(self, current: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        store = self.desk.store
        found = store.find("shift_at", descending=True, limit=RECENT)
        return [
            record.full()
            for record in found
            if record.doc().get("terminal") == self.desk.terminal
            and covers.is_shift(record.doc())
            and (current is None or record.id != current["_id"])
            and not store.find("zreport_shift", record.id, limit=1)
        ]

    def _shift(self, id: str) -> dict[str, Any] | None:
        return full(self.desk.store.read(id), "shift")

    def _once(self, type: str, request: str, write: Any) -> tuple[dict[str, Any], bool]:
        """What a request made, now or before."""
        try:
            with self.desk.store.transaction():
                done = self.desk.written(type, request)
                return (done, True) if done is not None else (write(), False)
        except DocsError as refused:
            raise SaleError(
                refused.status, refused.error, say("Nothing was written: %(reason)s", reason=Reason(refused.reason))
            ) from refused


def is_serious(wrong: Mapping[str, Any] | None) -> bool:
    """Whether a clock is so wrong that a shift is not opened with it unasked."""
    return wrong is not None and ("off" in wrong or wrong.get("behind", 0) > SLIP)


def full(record: Record | None, type: str) -> dict[str, Any] | None:
    """The document of a record, if it is there and of this type."""
    return None if record is None or record.deleted or record.type != type else record.full()


def no_shift() -> SaleError:
    return SaleError(409, "no_shift", say("No shift is open: open one first."), "shift", {"shift": None})
