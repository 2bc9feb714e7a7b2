"""Head office's list of Z reports, and each of them; a till has its own (`app/web/till/shifts.py`)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app.docs.database import Database
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.shifts import covers
from app.web import report_paper
from app.web.i18n import boot
from app.web.json_api import answer, missing
from app.web.reasons import tell
from app.web.reports import asked, names
from app.web.reports.hall import Hall

#: Z reports on one page.
MOST = 500


def row(store: str, z: dict[str, Any]) -> dict[str, Any]:
    """A Z report as a row of a list."""
    keys = ("terminal", "number", "at", "opened", "business_date", "currency", "digits", "difference", "shift")
    sums = z["sums"] if isinstance(z.get("sums"), dict) else {}
    receipts = sums.get("receipts")
    return {
        "id": z["_id"],
        "store": store,
        **{key: z.get(key) for key in keys},
        "revenue": sums.get("revenue"),
        "receipts": receipts.get("count") if isinstance(receipts, dict) else None,
    }


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes, at head office."""
    if not hall.office:
        return

    def listed(wanted: asked.Asked) -> tuple[list[dict[str, Any]], bool]:
        """The newest `MOST`, and whether there are older ones."""
        found, days = [], {"low": wanted.range.low, "high": wanted.range.high}
        for sums in wanted.stores:
            records = sums.database.find("zreport_date", **days, limit=MOST + 1, descending=True)
            found += [row(sums.store, record.full()) for record in records]
        found.sort(key=lambda z: (str(z["at"]), z["id"]), reverse=True)
        return found[:MOST], len(found) > MOST

    def find(id: str) -> tuple[str, Database, dict[str, Any]] | None:
        for sums in hall.stores():
            record = sums.database.read(id)
            if record is not None and not record.deleted and record.type == "zreport":
                return sums.store, sums.database, record.full()
        return None

    @blueprint.get("/api/zreports")
    def zreports() -> Response:
        """`{"rows", "more"}`: the newest first; `more`, whether there are older ones of these days."""
        rows, more = listed(asked.read(hall, request.args))
        return answer({"rows": rows, "more": more})

    @blueprint.get("/api/zreports/<path:id>")
    def zreport(id: str) -> Response:
        found = find(id)
        if found is None:
            raise missing(say("There is no Z report %(id)s here.", id=id))
        _store, database, z = found
        return answer({"zreport": z, "late": late(database, z)})

    @blueprint.get("/zreports")
    def zreports_page() -> tuple[str, int]:
        fault, status = "", 200
        try:
            wanted = asked.read(hall, {"range": "" if request.args.get("from") else "days28", **request.args})
        except SaleError as wrong:
            fault, status = tell(wrong.reason), wrong.status
            wanted = asked.read(hall, {"range": "days28"})
        rows: list[dict[str, Any]] = []
        found, more = listed(wanted)
        for z in found:
            facts = hall.facts(z["store"])
            rows.append({**report_paper.z_row(z, facts["timezone"]), "store": facts["name"]})
        monies = {f"{z['currency']}/{z['digits']}" for z in found}
        shown = hall.page(
            "reports/zreports.html",
            rows=rows,
            more=MOST if more else 0,
            one_money=len(monies) == 1,  # amounts of several are in no order
            fault=fault,
            choice=wanted.choice,
            presets=names.presets(),
            stores=[(sums.store, hall.facts(sums.store)["name"]) for sums in hall.stores()],
            has_journal=True,
        )
        return shown, status

    @blueprint.get("/zreports/<path:id>")
    def zreport_page(id: str) -> str | tuple[str, int]:
        link = {"href": "..", "name": _("Back to head office")}
        found = find(id)
        if found is None:
            text = _("There is no Z report with this number here. It may not have arrived yet.")
            return render_template("message.html", title=_("No such report"), text=text, link=link), 404
        store, database, z = found
        try:
            by = [cashier["by"] for cashier in z["sums"]["cashiers"]]
            people = {id for id in [z["by"], z["opened_by"], *by] if isinstance(id, str)}
            called = names.names_of(hall, "cashier", people, {})
            shown = report_paper.z_paper(z, hall.facts(store), called, late=len(late(database, z)))
        except (KeyError, TypeError, ValueError, AttributeError):
            text = _("Another program wrote it, or a newer CouchTill. It is kept as it came.")
            return render_template("message.html", title=_("This report can’t be read here"), text=text, link=link)
        part = request.args.get("part") == "paper"
        template = "till/report_paper.html" if part else "till/report.html"
        return render_template(template, report=shown, home_name=_("Head office"), boot=boot({}))


def late(database: Database, z: dict[str, Any]) -> list[str]:
    """The ids of the shift's documents that came after its Z."""
    record = database.read(str(z.get("shift")))
    if record is None or record.deleted:
        return []
    shift = record.full()
    if not covers.is_shift(shift):
        return []
    found = covers.Documents(database, shift)
    return sorted(found.without(found.zreports).ids)
