"""Card payments without a sale, reports on the printer, one's own PIN."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from app.node import Node
from app.shop.people.pins import LEAST
from tests.support.printer import Printer
from tests.web.till.shopfront import line, sale
from tests.web.till.test_people_api import CASHIER, Window, staffed, window  # noqa: F401
from tests.web.till.test_receipts_api import configure


def asked(till: FlaskClient, request: str, amount: int, **fields: Any) -> dict[str, Any]:
    answer = till.post("/api/card", json={"request": request, "amount": amount, **fields})
    assert answer.status_code == 200, answer.json
    body: dict[str, Any] = answer.json
    return body


def test_an_approved_card_payment_without_a_sale_is_listed_until_it_is_reversed_or_noted(
    till: FlaskClient, terminal: Node
) -> None:
    configure(terminal, card="simulated")
    for request, amount in (("pay-0001", 1290), ("pay-0002", 700), ("pay-0003", 251), ("pay-0004", 245)):
        asked(till, request, amount)
    tender = {"kind": "card", "amount": 245, "payment": "pay-0004"}
    assert till.post("/api/sales", json=sale(line(), tenders=[tender])).status_code == 201
    rows = till.get("/api/card").json["rows"]
    assert [(row["request"], row["amount"], row["state"]) for row in rows] == [
        ("pay-0001", 1290, "approved"),
        ("pay-0002", 700, "approved"),
    ]
    assert all(row["at"] for row in rows)

    till.post("/api/card", json={"request": "pay-0001", "action": "reverse"})
    till.post("/api/card", json={"request": "pay-0002", "action": "note"})
    assert till.get("/api/card").json["rows"] == []
    assert asked(till, "pay-0001", 1290)["state"] == "reversed"


def test_x_and_z_print_on_the_tills_printer_and_else_in_the_browser(till: FlaskClient, terminal: Node) -> None:
    shift = till.post("/api/shifts", json={"request": "open-00000001", "float": 10000}).json["shift"]
    till.post("/api/sales", json=sale(line(), cash=245))
    assert till.post("/api/reports/print", json={}).json == {"printed": False, "error": "browser", "reason": ""}
    printer = Printer()
    try:
        configure(terminal, printer={"kind": "network", "host": "127.0.0.1", "port": printer.port})
        assert till.post("/api/reports/print", json={}).json["printed"] is True
        body = {"request": "close-0001", "counted": {"total": 10245}}
        z = till.post(f"/api/shifts/{shift['_id']}/close", json=body).json["zreport"]
        assert till.post("/api/reports/print", json={"zreport": z["_id"]}).json["printed"] is True
        x_paper, z_paper = printer.printed(2)
    finally:
        printer.close()

    assert "X report" in x_paper.text and "102.45" in x_paper.text
    assert "Z report 1" in z_paper.text and "Perpetual total" in z_paper.text
    assert till.post("/api/reports/print", json={"zreport": "zreport:none"}).status_code == 404
    assert "no" in till.post("/api/reports/print", json={}).json["error"]


def test_a_cashier_changes_the_own_pin_by_the_old_one_and_goes_on_working(
    window: Window,  # noqa: F811
    staffed: dict[str, str],  # noqa: F811
) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    assert window.send("PUT", "session/pin", {"old": "0000", "pin": "8264"})[1]["error"] == "wrong_pin"
    weak = window.send("PUT", "session/pin", {"old": CASHIER, "pin": "1" * LEAST})
    assert (weak[0], weak[1]["error"]) == (400, "weak_pin")
    status, session = window.send("PUT", "session/pin", {"old": CASHIER, "pin": "8264"})
    assert (status, session["staff"]) == (200, staffed["Cleo"])
    assert window.send("GET", "session")[1]["staff"] == staffed["Cleo"]

    window.send("DELETE", "session")
    assert window.send("PUT", "session/pin", {"old": "8264", "pin": "5093"})[0] == 401
    assert window.sign_in(staffed["Cleo"], CASHIER)[0] == 403
    assert window.sign_in(staffed["Cleo"], "8264")[0] == 200
