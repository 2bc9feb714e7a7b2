"""The end of a shift: everything it did is summed, compared with what was counted, and written down as its Z.

All of it happens in one transaction of the store, which a sale needs too: a sale is in the Z, or comes after it and is
told that the shift is closed. A crash leaves either the Z or the open shift.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.docs.database import Database
from app.shop.actor import Actor
from app.shop.desk import Desk
from app.shop.journal import Head
from app.shop.reason import say
from app.shop.sale import SaleError, invalid
from app.shop.shifts import covers, requests
from app.shop.shifts.report import Report, report


def close(desk: Desk, id: str, wanted: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The Z report of the shift `id`; inside a transaction. `wanted` is a `requests.Close`.

    Raises SaleError: 404 for a shift that isn't here, 409 `other_terminal`, 409 `shift_closed` with the id of its Z,
    400 `needs_note` where a count differs from what is expected and nobody says why.
    """
    actor.need("shift_close", say("closing the shift"))
    record = desk.store.read(id)
    if record is None or record.deleted or record.type != "shift":
        raise SaleError(404, "not_found", say("There is no such shift on this till."))
    shift = record.full()
    if not covers.is_shift(shift):
        raise SaleError(409, "unreadable", say("Another program wrote this shift; it can’t be closed here."))
    if shift["terminal"] != desk.terminal:
        name = str(shift["terminal"]).upper()
        raise SaleError(409, "other_terminal", say("This shift is open on %(name)s: it is closed there.", name=name))
    head, behind = desk.journal.ready()
    found = covers.Documents(desk.store, shift)
    if found.zreports and head.shift != id:
        first = min(found.zreports, key=lambda z: str(z["at"]))
        details = {"zreport": first["_id"], "shift": head.shift}
        raise SaleError(409, "shift_closed", say("This shift is closed: its Z is written."), "", details)
    # Of a terminal that was copied, one life may have closed the shift: the other's Z has what that one left.
    part = found.without(found.zreports)
    sums = report(part.shift, part.orders, part.cash, part.events)
    declared = _compare(desk, sums, wanted, actor)
    before = _grand(desk, head)
    body = {
        "shift": id,
        "drawer": shift["drawer"],
        "by": actor.staff,
        "approvals": actor.lent("shift_close"),
        "opened": shift["at"],
        "opened_by": shift["by"],
        "sums": sums,
        "expected": sums["cash"]["expected"],
        "declared": declared,
        "difference": declared - sums["cash"]["expected"],
        "denominations": wanted["counted"]["denominations"],
        "note": wanted["note"],
        "carts": open_carts(desk.store),
        "doubled": part.doubled,
        "unreadable": sorted(found.unreadable),
        "grand_before": before,
        "grand_after": before + sums["revenue"],
        "covers": covers.covers(desk.store, part.all(), head),
    }
    after: dict[str, Any] = {"z": head.z + 1, "grand": body["grand_after"]}
    if head.shift == id:
        after["shift"] = None
    return desk.append("zreport", wanted["request"], body, head=head, number=head.z + 1, behind=behind, **after)


def _compare(desk: Desk, sums: Report, wanted: Mapping[str, Any], actor: Actor) -> int:
    """Writes what was counted beside what is expected, and returns the drawer's cash. Raises SaleError."""
    counted = wanted["counted"]
    cash = requests.cash_of(counted, "total", "counted.")
    if cash is None:
        raise invalid(say("The cash in the drawer must be counted."), "counted.total")
    differences: list[dict[str, Any]] = []

    def beside(row: dict[str, Any], expected: int, declared: int, **about: Any) -> None:
        row.update(expected=expected, declared=declared, difference=declared - expected)
        if declared != expected:
            differences.append({**about, "expected": expected, "declared": declared, "difference": declared - expected})

    rows = {row["kind"]: row for row in sums["tenders"]}
    zeros = {"count": 0, "in": 0, "out": 0, "net": 0}
    cash_row = rows.setdefault("cash", {"kind": "cash", **zeros})
    beside(cash_row, sums["cash"]["expected"], cash, tender="cash")
    for kind, declared in counted["tenders"].items():
        if kind in ("cash", "foreign"):
            raise invalid(say("Cash is counted as a total, foreign cash by currency."), f"counted.tenders.{kind}")
        if kind not in desk.settings["tenders"] and kind not in rows:
            raise invalid(say("“%(kind)s” is no way of paying here.", kind=kind), f"counted.tenders.{kind}")
        row = rows.setdefault(kind, {"kind": kind, **zeros})
        beside(row, row["net"], declared, tender=kind)
    sums["tenders"] = [rows[kind] for kind in sorted(rows)]
    known = {rate["code"]: rate["digits"] for rate in desk.settings["foreign"]}
    foreign = {row["currency"]: row for row in sums["foreign"]}
    for code, declared in counted["foreign"].items():
        if code not in foreign and code not in known:
            raise invalid(say("“%(code)s” is no currency that is taken here.", code=code), f"counted.foreign.{code}")
        row = foreign.setdefault(
            code, {"currency": code, "digits": known.get(code, 2), "in": 0, "out": 0, "net": 0, "amount": 0}
        )
        beside(row, row["net"], declared, currency=code)
    sums["foreign"] = [foreign[code] for code in sorted(foreign)]
    if differences and not wanted["note"].strip():
        seen = desk.settings["count"] != "blind" or actor.may("count_see")
        reason = say("What was counted differs from what is expected: count again, or say why.")
        details = {"differences": differences} if seen else {"differs": [_what(entry) for entry in differences]}
        raise SaleError(400, "needs_note", reason, "note", details)
    return cash


def _what(entry: Mapping[str, Any]) -> str:
    return str(entry.get("tender") or entry["currency"])


def _grand(desk: Desk, head: Head) -> int:
    """The perpetual total before this Z. The first Z of a new series goes on from the terminal's latest one that is
    here: a restored head knows less."""
    if head.z:
        return head.grand
    for record in desk.store.find("zreport_at", descending=True):
        doc = record.doc()
        if doc.get("terminal") == desk.terminal and isinstance(doc.get("grand_after"), int):
            return int(doc["grand_after"])
    return head.grand


def open_carts(store: Database) -> int:
    """How many parked carts the store has."""
    return sum(record.doc().get("state") == "parked" for record in store.each("cart"))
