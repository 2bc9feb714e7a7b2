"""A product's price, changed at the till: with the right for it or a supervisor's PIN, never over what was not seen."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from app.node import Node
from app.web import create_app
from app.web.keys import KeyRing
from tests.web.till.test_people_api import CASHIER, SUPERVISOR, Window, staffed, window

__all__ = ["staffed", "window"]  # fixtures of the people's tests

PRICE = "products/product:4000001/price"


def seen(window: Window) -> str:
    return str(window.send("GET", "products/product:4000001")[1]["rev"])


def test_a_supervisor_changes_a_price_and_the_document_says_who_and_where(
    window: Window, staffed: dict[str, str], terminal: Node
) -> None:
    window.sign_in(staffed["Sam"], SUPERVISOR)
    status, shown = window.send("PUT", PRICE, {"rev": seen(window), "price": {"amount": 260}})

    assert (status, shown["price"]["amount"], shown["pricing"]["price"]["amount"]) == (200, 260, 260)
    doc = terminal.company.get("product:4000001")
    assert (doc["price"]["amount"], doc["updated_by"], doc["updated_on"]) == (260, staffed["Sam"], "s1-t1")
    assert doc["name"] == "Espresso" and doc["barcodes"] == ["4000001"]


def test_a_cashier_needs_a_supervisors_pin_which_says_for_which_price(
    window: Window, staffed: dict[str, str], terminal: Node
) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    request = {"rev": seen(window), "price": {"amount": 260}}
    status, refused = window.send("PUT", PRICE, request)
    assert (status, refused["error"], refused["right"]) == (403, "needs_approval", "catalogue")
    assert refused["reason"] == "A supervisor must allow this: another price for Espresso: €2.60."
    assert terminal.company.get("product:4000001")["price"]["amount"] == 245

    lent = {"right": "catalogue", "staff": staffed["Sam"], "pin": SUPERVISOR}
    approval = window.send("POST", "approvals", lent)[1]["approval"]
    assert window.send("PUT", PRICE, {**request, "approvals": [approval]})[0] == 200
    again: Any = {"rev": seen(window), "price": {"amount": 270}, "approvals": [approval]}
    assert window.send("PUT", PRICE, again)[0] == 403  # once
    assert terminal.company.get("product:4000001")["updated_by"] == staffed["Cleo"]


def test_what_somebody_else_changed_meanwhile_is_shown_and_nothing_is_written(
    till: FlaskClient, terminal: Node
) -> None:
    rev = till.get("/api/products/product:4000001").json["rev"]
    path = "/api/products/product:4000001/price"
    assert till.put(path, json={"rev": rev, "price": {"amount": 260}}).status_code == 200
    late = till.put(path, json={"rev": rev, "price": {"amount": 270}})
    assert (late.status_code, late.json["error"], late.json["current"]["price"]["amount"]) == (409, "conflict", 260)
    # The answer was lost and the window asks again: it stands already.
    again = till.put(path, json={"rev": rev, "price": {"amount": 260, "per": 1000}})
    assert again.status_code == 200 and again.json["rev"] == late.json["current"]["rev"]
    assert terminal.company.get("product:4000001")["_rev"].startswith("2-")


def test_only_a_product_has_a_price(till: FlaskClient, terminal: Node) -> None:
    rev = terminal.company.get("category:drinks")["_rev"]
    for id in ("category:drinks", "product:none", "store:s1"):
        assert till.put(f"/api/products/{id}/price", json={"rev": rev, "price": {"amount": 1}}).status_code == 404


def test_a_key_changes_prices_only_with_the_right_for_it(terminal: Node) -> None:
    client = create_app(terminal).test_client()
    ring = KeyRing(terminal.path)
    for name, rights, expected in (("seller", ["sell"], 403), ("labels", ["catalogue"], 200)):
        bearer = {"Authorization": f"Bearer {ring.add(name, rights)}"}
        rev = client.get("/api/products/product:4000001", headers=bearer).json["rev"]
        body = {"rev": rev, "price": {"amount": 299}}
        answer = client.put("/api/products/product:4000001/price", json=body, headers=bearer)
        assert answer.status_code == expected, answer.json
