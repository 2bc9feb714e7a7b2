"""How a sale can be paid, over JSON: kinds, balances, the card terminal, and what a gift card's answer tells once."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from app.node import Node
from app.shop.follow import follow
from app.shop.payments import codes
from tests.web.till.shopfront import line, sale


def settings(node: Node, **values: Any) -> None:
    node.company.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values})


def card(amount: int = 2000, **fields: Any) -> dict[str, Any]:
    return {"id": "g1", "kind": "giftcard", "quantity": 1000, "price": {"amount": amount}, **fields}


def test_a_window_asks_which_payments_this_till_takes(till: FlaskClient, terminal: Node) -> None:
    usual = till.get("/api/tenders").json
    assert usual["kinds"] == ["cash", "card", "giftcard", "credit", "account", "coupon"]
    assert (usual["card"], usual["tips"], usual["cash_rounding"]) == ("slip", False, None)
    dollar = {"code": "USD", "digits": 2, "num": 9, "den": 10}
    settings(terminal, foreign=[dollar], tips=True, cash_rounding={"step": 5}, card="simulated")
    asked = till.get("/api/tenders").json
    assert "foreign" in asked["kinds"]
    assert (asked["foreign"], asked["tips"], asked["card"]) == ([dollar], True, "simulated")


def test_the_code_of_a_new_gift_card_is_in_the_answer_and_nowhere_else(till: FlaskClient, terminal: Node) -> None:
    answer = till.post("/api/sales", json=sale(card(), cash=2000)).json
    code = answer["codes"]["g1"]
    again = till.post("/api/sales", json=sale(card(), cash=2000)).json
    assert again == {**answer, "repeated": True}
    assert code not in till.get(f"/api/receipts/{answer['order']['_id']}").text
    balance = till.get(f"/api/balances/giftcard?code={code.lower()}").json
    assert (balance["balance"], balance["known"], balance["online"]) == (2000, True, False)
    paid = sale(line(), sale="01JTESTSALE0000000000000002") | {
        "tenders": [{"kind": "giftcard", "amount": 245, "code": code}]
    }
    assert till.post("/api/sales", json=paid).status_code == 201
    assert till.get(f"/api/balances/giftcard?code={code}").json["balance"] == 1755
    assert "codes" not in till.post("/api/sales", json=paid).json


def test_what_a_customer_owes_is_told_with_head_offices_last_statement(till: FlaskClient, terminal: Node) -> None:
    terminal.company.put({"_id": "customer:ada", "type": "customer", "schema": 1, "name": "Ada"})
    path = "/api/balances/customer/customer:ada"
    told = till.get(path).json
    assert (told["account"]["text"], told["account"]["statement"], told["account"]["known"]) == ("€0.00", None, False)
    statement = {"_id": "statement:account:customer:ada:1", "type": "statement", "schema": 1, "balance": -1250,
                 "account": "account:customer:ada", "as_of": "2026-11-20T17:04:00.000Z", "covers": [], "on": "office",
                 "currency": "EUR", "digits": 2}  # fmt: skip
    terminal.company.put({**statement, "covers": [{"series": "s2-t1.m3", "through": 7, "count": 2, "sum": -1250}]})
    told = till.get(path).json["account"]
    assert (told["text"], told["statement"]["text"]) == ("-€12.50", "-€12.50")
    assert told["statement"]["words"].startswith("Nov 20, 2026, ") and told["as_of_words"] is None


def test_a_code_that_cannot_be_is_refused_in_words(till: FlaskClient) -> None:
    answer = till.get("/api/balances/giftcard?code=abc")
    assert (answer.status_code, answer.json["field"]) == (400, "code")
    assert till.get("/api/balances/giftcard").json["field"] == "code"
    assert till.get("/api/balances/customer/customer:nobody").status_code == 404


def test_a_card_that_nobody_has_issued_is_a_task_with_the_end_of_its_code(till: FlaskClient, terminal: Node) -> None:
    code = codes.mint(b"of nobody", "sale-0001", "l1")
    paid = sale(line()) | {"tenders": [{"kind": "giftcard", "amount": 245, "code": code}]}
    order = till.post("/api/sales", json=paid).json["order"]
    follow(terminal.company, terminal.company)
    [task] = till.get("/api/tasks").json["rows"]
    assert task["title"] == "A gift card that nobody has issued was taken"
    assert task["text"].startswith(f"Gift card … {code[-4:]} paid 2.45 on trust at S1-T1")
    assert [receipt["id"] for receipt in task["receipts"]] == [order["_id"]]


def test_codes_of_gift_cards_are_not_guessed_at_will(till: FlaskClient) -> None:
    code = till.post("/api/sales", json=sale(card(), cash=2000)).json["codes"]["g1"]
    for _ in range(8):
        assert till.get(f"/api/balances/giftcard?code={code}").status_code == 200
    guessed = [till.get(f"/api/balances/giftcard?code=GUESS-{number:04}") for number in range(8)]
    assert [each.status_code for each in guessed] == [200] * 5 + [429] * 3
    assert (guessed[-1].json["error"], guessed[-1].json["wait"] > 0) == ("too_many_codes", True)
    assert till.get(f"/api/balances/giftcard?code={code}").status_code == 429


def test_a_payment_by_card_is_asked_for_once_and_can_be_taken_back(till: FlaskClient) -> None:
    asked = {"request": "pay-00000001", "amount": 245}
    first = till.post("/api/card", json=asked).json
    assert (first["state"], first["currency"]) == ("approved", "EUR")
    assert till.post("/api/card", json=asked).json == first
    assert till.post("/api/card", json={**asked, "amount": 999}).status_code == 409
    assert till.post("/api/card", json={"request": "pay-00000001", "action": "status"}).json == first
    assert till.post("/api/card", json={"request": "pay-00000001", "action": "reverse"}).json["state"] == "reversed"
    assert till.post("/api/card", json={"request": "pay-00000002", "action": "reverse"}).status_code == 404
    assert till.post("/api/card", json={"request": "pay-00000003"}).json["field"] == "amount"


def test_a_payment_that_lacks_what_its_kind_needs_names_the_field(till: FlaskClient) -> None:
    for tender, field in (
        ({"kind": "giftcard", "amount": 245}, "tenders.0.code"),
        ({"kind": "credit", "amount": 245}, "customer"),
        ({"kind": "foreign", "currency": "USD"}, "tenders.0.foreign"),
        ({"kind": "card"}, "tenders.0.amount"),
    ):
        answer = till.post("/api/sales", json=sale(line()) | {"tenders": [tender]})
        assert (answer.status_code, answer.json["field"]) == (400, field)
        assert answer.json["reason"].endswith(".")
