"""Customers: the page `/customers`, `GET/POST /api/customers`, `GET/PUT /api/customers/<id>`, `…/purchases`; the file:
`POST /api/customers/import`, `…/apply`, `GET /api/customers/export`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, request, stream_with_context

from app.docs.database import Database
from app.shop import clock, customer_file, forms
from app.shop.actor import ANYBODY
from app.shop.csvfile import ImportRefused
from app.shop.customer_records import MOST, STATES, CustomerRecords
from app.shop.ledger.statements import Standing
from app.shop.reason import Reason, say
from app.web import present, words
from app.web.json_api import Problem, answer, missing, read_json, whole
from app.web.office.frame import page
from app.web.reasons import tell

#: Files that were looked through and may be applied: the last ones.
KEPT = 3
#: Wrong rows, and rows that change, in an answer; the file of wrong rows has all.
SHOWN = 200


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    def stores() -> dict[str, Database]:
        return {store: node.directory.get(f"store-{store}") for store in node.stores()}

    records = CustomerRecords(node.company, stores, node.id)
    looked: dict[str, customer_file.Looked] = {}

    def listing() -> dict[str, Any]:
        state = request.args.get("state") or "active"
        if state not in STATES:
            raise Problem(
                400, "invalid", say("The state must be one of: %(values)s.", values=", ".join(STATES)), "state"
            )
        q, group = (request.args.get("q") or "")[:200], (request.args.get("group") or "")[:60]
        return records.page(q, group, state, request.args.get("after"), whole("limit", 50, MOST))

    @blueprint.get("/customers")
    def customers_page() -> str:
        boot = {"list": records.page(limit=50), "groups": records.groups(), "count": node.company.count("customer")}
        return page("office/customers.html", boot=boot)

    @blueprint.get("/api/customers")
    def find_customers() -> Response:
        """`?q=&group=&state=active|aside|all&after=&limit=`: `{"rows", "next"}`."""
        return answer(listing())

    @blueprint.get("/api/customers/groups")
    def customer_groups() -> Response:
        return answer({"groups": records.groups()})

    @blueprint.get("/api/customers/export")
    def customers_export() -> Response:
        """Every customer that is not erased, as a file; for a spreadsheet no cell is a formula (`?for=programs`: each
        cell is what it is)."""
        parts = customer_file.exported(node.company, _digits(), guard=request.args.get("for") != "programs")
        response = Response(stream_with_context(parts), content_type="text/csv; charset=utf-8")
        name = f"customers-{clock.stamp(clock.now())[:10]}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.post("/api/customers/import")
    def customers_look() -> Response:
        """The file is the body (text/csv), `?request=`: what it would do, row by row; nothing is written."""
        if request.mimetype not in ("text/csv", "application/octet-stream", "application/gzip"):  # no form sends these
            raise Problem(415, "bad_content_type", say("The file must be sent as text/csv."), "file")
        id = forms.request_id(request.args.get("request"))
        largest = customer_file.LARGEST
        if (request.content_length or 0) > largest:
            raise Problem(413, "too_large", say("The file is too large: %(num)s bytes at most.", num=largest), "file")
        request.max_content_length = largest + 1
        name = (request.args.get("name") or "customers.csv")[:200]
        try:
            found = customer_file.look(request.get_data(cache=False), name, node.company, _digits())
        except ImportRefused as refused:
            raise Problem(400, "unreadable", Reason(str(refused)), "file") from None
        looked[id] = found
        for old in list(looked)[:-KEPT]:
            del looked[old]
        return answer(_found(id, found))

    @blueprint.get("/api/customers/import/<id>/wrong.csv")
    def customers_wrong(id: str) -> Response:
        found = looked.get(id)
        if found is None:
            raise missing(say("This file has not been looked through."))
        response = Response(customer_file.wrong_csv(found, tell), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="wrong-rows.csv"'
        return response

    @blueprint.post("/api/customers/import/<id>/apply")
    def customers_apply(id: str) -> Response:
        """Writes what was looked through, in batches. What somebody changed since is left out; twice is harmless."""
        read_json()
        found = looked.get(id)
        if found is None:
            raise missing(say("This file has not been looked through."))
        return answer(customer_file.apply(found, node.company, by=None, on=node.id))

    @blueprint.post("/api/customers")
    def make_customer() -> Response:
        row, repeated = records.make(read_json(), ANYBODY)
        return answer({"customer": row, "repeated": repeated}, 200 if repeated else 201)

    @blueprint.get("/api/customers/<path:id>/purchases")
    def customer_purchases(id: str) -> Response:
        """Receipts of all stores, the newest first: `{"rows", "next"}`."""
        found = records.purchases(id, request.args.get("before"), whole("limit", 20, MOST))
        office = current_app.extensions["couchtill.office"]
        rows = []
        for order in found["rows"]:
            row = office.row(order)
            money = present.money(row["total"], str(row["currency"] or ""), int(row["digits"]))
            rows.append({**row, "when": words.when(row["at"], row["timezone"]), "total_text": money})
        return answer({"rows": rows, "next": found["next"]})

    @blueprint.get("/api/customers/<path:id>")
    def one_customer(id: str) -> Response:
        """The customer, their price lists, and what stands on their accounts, as of when."""
        row = records.get(id)
        accounts = {kind: _standing(found, node.zone) for kind, found in records.accounts(id).items()}
        return answer({"customer": row, "accounts": accounts, "lists": records.lists(row["group"])})

    @blueprint.put("/api/customers/<path:id>")
    def change_customer(id: str) -> Response:
        return answer({"customer": records.change(id, read_json(), ANYBODY)})


def _digits() -> int:
    return int(current_app.extensions["couchtill.office"].money()["digits"])


def _standing(found: Standing, zone: Callable[[], str]) -> dict[str, Any]:
    """An account with its amounts in words: `as_of` is when head office last said so, `since` what moved after it."""
    office = current_app.extensions["couchtill.office"].money()
    currency, digits = found.currency or office["currency"], office["digits"] if found.digits is None else found.digits
    return {
        **found._asdict(),
        "text": present.money(found.balance, currency, digits),
        "since_text": present.money(found.since, currency, digits),
        "as_of_words": words.when(found.as_of, zone()) if found.as_of else None,
        "last_words": words.when(found.last, zone()) if found.last else None,
    }


def _found(id: str, found: customer_file.Looked) -> dict[str, Any]:
    faults = [
        {"line": fault.line, "key": fault.key, "column": fault.column, "reason": tell(fault.reason)}
        for fault in found.faults[:SHOWN]
    ]
    counts = {name: getattr(found, name) for name in ("rows", "new", "changed", "unchanged")}
    return {"id": id, **counts, "wrong": len(found.faults), "faults": faults, "shown": found.shown[:SHOWN]}
