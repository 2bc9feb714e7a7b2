"""Shifts over JSON: opening, cash, events, X, the close and its Z; and their pages: `/shift`, `/zreports`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app.shop.actor import Actor
from app.shop.reason import say
from app.shop.receipts import printing
from app.shop.sale import SaleError
from app.shop.shifts import Shifts
from app.web import report_paper
from app.web.i18n import boot
from app.web.json_api import answer, missing, read_json, whole
from app.web.reasons import tell
from app.web.till.actors import actor_of


def names_of(node: Any, *ids: Any) -> dict[str, str]:
    """The names of people, by id; of one that isn't known, the id."""
    found: dict[str, str] = {}
    for id in {id for id in ids if isinstance(id, str)}:
        record = node.store_db.read(id)
        name = record.doc().get("name") if record is not None and not record.deleted else None
        found[id] = name if isinstance(name, str) and name else id.partition(":")[2]
    return found


def row(z: dict[str, Any]) -> dict[str, Any]:
    """A Z report as a row of a list."""
    keys = ("terminal", "number", "at", "opened", "business_date", "currency", "digits", "difference", "shift")
    sums = z["sums"] if isinstance(z.get("sums"), dict) else {}
    receipts = sums.get("receipts")
    return {
        "id": z["_id"],
        **{key: z.get(key) for key in keys},
        "revenue": sums.get("revenue"),
        "receipts": receipts.get("count") if isinstance(receipts, dict) else None,
    }


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    def shifts() -> Shifts:
        found: Shifts = node.till.shifts
        return found

    def made(body: dict[str, Any], repeated: bool, name: str) -> Response:
        return answer({name: body, "repeated": repeated}, 200 if repeated else 201)

    @blueprint.get("/api/shift")
    def get_shift() -> Response:
        state = shifts().state(actor_of(node, {}))
        last = state["last"]
        opened_by = state["shift"]["by"] if state["shift"] else None
        return answer({**state, "last": row(last) if last else None, "names": names_of(node, opened_by)})

    @blueprint.post("/api/shifts")
    def open_shift() -> Response:
        body = read_json()
        return made(*shifts().open(body, actor_of(node, body)), "shift")

    @blueprint.post("/api/shifts/<path:id>/close")
    def close_shift(id: str) -> Response:
        body = read_json()
        return made(*shifts().close(id, body, actor_of(node, body)), "zreport")

    @blueprint.post("/api/shift/postpone")
    def postpone() -> Response:
        body = read_json()
        return made(*shifts().postpone(body, actor_of(node, body)), "event")

    @blueprint.post("/api/cash")
    def cash() -> Response:
        body = read_json()
        return made(*shifts().move(body, actor_of(node, body)), "cash")

    @blueprint.post("/api/drawer")
    def drawer() -> Response:
        body = read_json()
        event, repeated = shifts().drawer(body, actor_of(node, body))
        kicked, wrong = False, ""
        if not repeated:
            try:
                kicked = printing.kick(node.till.desk.settings)
            except printing.PrinterError as error:
                wrong = str(error)
        return answer(
            {"event": event, "repeated": repeated, "kicked": kicked, "wrong": wrong}, 200 if repeated else 201
        )

    @blueprint.post("/api/events")
    def page_event() -> Response:
        body = read_json()
        return made(*shifts().page_event(body, actor_of(node, body)), "event")

    @blueprint.get("/api/reports/x")
    def x_report() -> Response:
        return answer(shifts().x_report(actor_of(node, {})))

    @blueprint.post("/api/reports/x")
    def print_x() -> Response:
        """The same, noted as an event: somebody looked."""
        body = read_json()
        return answer(shifts().print_x(body, actor_of(node, body)))

    @blueprint.post("/api/reports/print")
    def print_report() -> Response:
        """An X (without `zreport`) or a Z onto the till's printer; `{"printed", "error", "reason"}`, the error
        `browser` where it has none."""
        body = read_json()
        shown = shown_x(actor_of(node, body)) if body.get("zreport") is None else shown_z(str(body["zreport"]))
        if shown is None:
            raise missing(say("There is no Z report %(id)s here.", id=body["zreport"]))
        if not printing.has_printer(node.till.desk.settings):
            return answer({"printed": False, "error": "browser", "reason": ""})
        try:
            printing.print_report(node.till.desk.settings, shown)
        except printing.PrinterError as failed:
            return answer({"printed": False, "error": failed.error, "reason": tell(failed.reason)})
        return answer({"printed": True, "error": "", "reason": ""})

    def shown_x(actor: Actor) -> dict[str, Any]:
        x = shifts().x_report(actor)
        facts, _known = node.till.facts.read()
        by = [cashier["by"] for cashier in x["sums"]["cashiers"]]
        return report_paper.x_paper(x, facts, names_of(node, x["shift"]["by"], *by))

    def shown_z(id: str) -> dict[str, Any] | None:
        z = shifts().zreport(id)
        if z is None:
            return None
        facts, _known = node.till.facts.read()
        by = [cashier.get("by") for cashier in (z.get("sums") or {}).get("cashiers") or []]
        names = names_of(node, z.get("by"), z.get("opened_by"), *by)
        return report_paper.z_paper(z, facts, names, late=len(shifts().late(z["shift"])))

    @blueprint.get("/api/zreports")
    def zreports() -> Response:
        limit = whole("limit", 20, 200)
        found = shifts().zreports(limit, request.args.get("before"))
        return answer({"rows": [row(z) for z in found], "next": found[-1]["_id"] if len(found) == limit else None})

    @blueprint.get("/api/zreports/<path:id>")
    def zreport(id: str) -> Response:
        found = shifts().zreport(id)
        if found is None:
            raise missing(say("There is no Z report %(id)s here.", id=id))
        return answer({"zreport": found, "late": shifts().late(found["shift"])})

    # -- pages ---------------------------------------------------------------------------------------------------

    def message(title: str, text: str, status: int) -> tuple[str, int]:
        link = {"href": "..", "name": _("Back to the till")}
        return render_template("message.html", title=title, text=text, link=link, boot=boot({})), status

    def paper(shown: dict[str, Any]) -> str:
        part = request.args.get("part") == "paper"
        page = "till/report_paper.html" if part else "till/report.html"
        return render_template(page, report=shown, boot=boot({}))

    @blueprint.get("/shift")
    def shift_page() -> str | tuple[str, int]:
        """The X report of the open shift, to be printed."""
        try:
            return paper(shown_x(actor_of(node, {})))
        except SaleError as refused:
            if refused.error == "no_shift":
                return message(_("No shift is open"), _("There is nothing to report before one is opened."), 404)
            return message(_("You can’t see this"), _("A supervisor can: ask for the X report at the till."), 403)

    @blueprint.get("/zreports/<path:id>")
    def zreport_page(id: str) -> str | tuple[str, int]:
        try:
            shown = shown_z(id)
        except (KeyError, TypeError, ValueError, AttributeError):
            text = _("Another program wrote it, or a newer CouchTill. It is kept as it came.")
            return message(_("This report can’t be read here"), text, 200)
        if shown is None:
            text = _("There is no Z report with this number on this till.")
            return message(_("No such report"), text, 404)
        return paper(shown)

    @blueprint.get("/zreports")
    def zreports_page() -> str:
        """The latest Z reports of the store."""
        facts, _known = node.till.facts.read()
        rows = [report_paper.z_row(row(z), facts["timezone"]) for z in shifts().zreports(100)]
        return render_template("till/zreports.html", rows=rows, boot=boot({}))
