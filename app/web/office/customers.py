"""Customers: the page `/customers`, `GET/POST /api/customers`, `GET/PUT /api/customers/<id>`, `…/purchases`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, request

from app.docs.database import Database
from app.shop.actor import ANYBODY
from app.shop.customer_records import MOST, STATES, CustomerRecords
from app.shop.ledger.statements import Standing
from app.shop.reason import say
from app.web import present, words
from app.web.json_api import Problem, answer, read_json, whole
from app.web.office.frame import page


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    def stores() -> dict[str, Database]:
        return {store: node.directory.get(f"store-{store}") for store in node.stores()}

    records = CustomerRecords(node.company, stores, node.id)

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
