"""Erasing a person, and the journal of it: the page `/erasures`, `GET /api/erasures`, `GET /api/erasures/people`, and
`POST /api/customers/<id>/erase`, `POST /api/people/<id>/erase`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app.docs.database import Database
from app.docs.record import Record
from app.shop.actor import Actor
from app.shop.erasing import journal
from app.shop.erasing.cleaning import done
from app.shop.erasing.erase import erase, is_erased, still_open
from app.shop.reason import say
from app.shop.sale import SaleError
from app.web import present
from app.web.conflicts.hall import Hall
from app.web.conflicts.words import Words
from app.web.i18n import boot
from app.web.json_api import answer, missing, read_json, whole

#: People that a search shows.
FOUND = 20


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes; and `erase_reasons()` for the dialog, on whichever page it stands."""
    blueprint.context_processor(lambda: {"erase_reasons": reason_names})

    @blueprint.get("/erasures")
    def erasures_page() -> str:
        return render_template(
            "conflicts/erasures.html",
            **hall.frame(),
            boot=boot({"first": _page(hall, None), "may": _may(hall), "money": hall.money()}),
        )

    @blueprint.get("/api/erasures")
    def erasures() -> Response:
        return answer(_page(hall, request.args.get("before")))

    @blueprint.get("/api/erasures/people")
    def people() -> Response:
        """Whom `q` finds: customers, and members of the staff who left."""
        hall.actor({}).need("erase", say("erasing a person’s data"))
        return answer({"rows": _people(hall, (request.args.get("q") or "").strip()[:200])})

    @blueprint.post("/api/customers/<path:id>/erase")
    def erase_customer(id: str) -> Response:
        return _erase(hall, id, [hall.company])

    @blueprint.post("/api/people/<path:id>/erase")
    def erase_staff(id: str) -> Response:
        return _erase(hall, id, hall.stores())


def reason_names() -> dict[str, str]:
    """Why somebody is erased, in words, by what the `erasure` says."""
    return {
        "asked": _("The person asked for it"),
        "unused": _("Not needed any more"),
        "left": _("No longer works here"),
        "mistake": _("Entered by mistake, or twice"),
        "other": _("Another reason"),
    }


def _may(hall: Hall) -> bool:
    try:
        return hall.actor({}).may("erase")
    except SaleError:
        return False


def _erase(hall: Hall, id: str, databases: list[Database]) -> Response:
    """Body `{"request", "reason", "despite"?, "approvals"?}`. 409 `still_open` with `open`, what is open in words,
    until `despite` is true."""
    body = read_json()
    actor: Actor = hall.actor(body)
    database = next((each for each in databases if each.read(id) is not None), None)
    if database is None:
        raise missing(say("This person is not here any more."))
    found = still_open(id, hall.company, hall.stores())
    try:
        doc, repeated = erase(
            database,
            id,
            request=str(body.get("request") or ""),
            reason=str(body.get("reason") or ""),
            on=hall.on,
            actor=actor,
            still_open=found,
            despite=body.get("despite") is True,
        )
    except SaleError as refused:
        if refused.error == "still_open":
            refused.details["words"] = [_open(entry, hall) for entry in found]
        raise
    shown = _row({**doc, "database": database.name}, hall, Words(hall), _heard(hall), _own(hall))
    return answer({"erasure": shown, "repeated": repeated}, 200 if repeated else 201)


def _open(entry: Mapping[str, Any], hall: Hall) -> str:
    """What is still open with somebody, in words."""
    if entry["kind"] == "carts":
        return _("A parked cart is theirs (%(num)s).", num=entry["count"])
    money = present.amount(entry["amount"], int(hall.money()["digits"]))
    if entry["kind"] == "owes":
        return _("They owe %(amount)s on account: afterwards nobody can tell who.", amount=money)
    return _("They have store credit of %(amount)s: afterwards it can’t be spent.", amount=money)


# -- showing ----------------------------------------------------------------------------------------------------------


def _page(hall: Hall, before: str | None) -> dict[str, Any]:
    """`{"rows", "next", "shares"}`: `shares` false where nobody else's confirmations are known, at a till."""
    rows, following = journal.page(hall.databases(), before=before, limit=whole("limit", 50, 200))
    words, heard, own = Words(hall), _heard(hall), _own(hall)
    shown = [_row(doc, hall, words, heard, own) for doc in rows]
    if hall.node.kind == "office" and not all(row["clean"] for row in shown):
        hall.node.report_soon()  # somebody looks, and waits for it: what the others told is read now, not in a minute
    return {"rows": shown, "next": following, "shares": hall.node.kind == "office"}


def _own(hall: Hall) -> tuple[str, dict[str, str]]:
    return hall.on, done(hall.databases())


def _heard(hall: Hall) -> dict[str, Any]:
    watch = hall.node.central_erasing
    return {} if watch is None else watch.known()


def _row(
    doc: Mapping[str, Any],
    hall: Hall,
    words: Words,
    heard: Mapping[str, Any],
    own: tuple[str, Mapping[str, str]],
) -> dict[str, Any]:
    """`{"id", "about", "kind", "title", "database", "at", "when", "who", "where", "reason", "despite", "nodes":
    [{"node", "name", "when", "as_of"}], "central": null | {"when"}, "clean"}`; `when` null: not yet, as far as is known
    here."""
    known = heard.get(str(doc["about"]), {})
    nodes = journal.nodes(
        doc, own=(*own, hall.node.kind), heard=known.get("heard", {}), reports=hall.node.terminal_reports()
    )
    central = None
    hub = any(row["kind"] == "hub" for row in nodes)  # a central that says it by itself, and of its files
    if hall.node.kind == "office" and hall.node.config.central_url is not None and not hub:
        central = {"when": words.when(known["at"]) if known.get("at") else None}
    told = [
        {
            "node": row["node"],
            "name": _node_name(row),
            "when": words.when(row["at"]) if row["at"] else None,
            "as_of": words.when(row["told"]) if row["told"] else None,
        }
        for row in nodes
    ]
    return {
        **{key: doc[key] for key in ("about", "kind", "database", "at")},
        "id": doc["_id"],
        "title": _("Erased customer") if doc["kind"] == "customer" else _("Erased member of the staff"),
        "when": words.when(doc["at"]),
        "who": words.who(doc.get("by")),
        "where": words.where(doc.get("on")),
        "reason": reason_names().get(str(doc["reason"]), str(doc["reason"])),
        "despite": bool(doc.get("despite")),
        "nodes": told,
        "central": central,
        "clean": all(row["when"] for row in told) and (central is None or central["when"] is not None),
    }


def _node_name(row: Mapping[str, Any]) -> str:
    if row["kind"] == "hub":
        return _("Central")
    return _("Head office") if row["kind"] == "office" else str(row["node"]).upper()


def _people(hall: Hall, q: str) -> list[dict[str, Any]]:
    company = hall.company
    found: list[Record] = []
    if q:
        found = company.find("customer_card", q, limit=FOUND) or company.search("customer", q, limit=FOUND)
    rows = [_person(record, hall.company.name) for record in found if not is_erased(record)]
    needle = q.casefold()
    for store in hall.stores():
        for record in store.each("staff"):
            doc = record.doc()
            if doc.get("inactive") and not doc.get("erased") and needle and needle in str(doc.get("name")).casefold():
                rows.append(_person(record, store.name))
    return rows[:FOUND]


def _person(record: Record, database: str) -> dict[str, Any]:
    """`{"id", "kind", "name", "about", "database"}`"""
    doc = record.doc()
    customer = record.type == "customer"
    about = [doc.get(key) for key in ("group", "phone", "email")] if customer else [_("No longer works here"), database]
    return {
        "id": record.id,
        "kind": record.type,
        "name": str(doc.get("name") or record.id.partition(":")[2]),
        "about": " · ".join(str(one) for one in about if one),
        "database": database,
    }
