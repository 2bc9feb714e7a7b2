"""`POST /api/sales`: one durable write, once, and every refusal in plain words with nothing written."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from app.shop.sale import SaleError
from app.web.json_api import MOST
from tests.web.till.shopfront import line, sale


def test_a_sale_is_an_order_with_number_change_and_snapshot(till: FlaskClient, terminal: Node) -> None:
    answer = till.post("/api/sales", json=sale(line(quantity=2000), cash=1000, total=490))

    assert answer.status_code == 201
    order = answer.json["order"]
    assert (order["number"], order["total"], order["change"]) == (1, 490, 510)
    assert order["lines"][0]["name"] == "Espresso"
    assert terminal.store_db.read(order["_id"]).full() == order


def test_a_repeated_request_gives_the_very_same_order(till: FlaskClient, terminal: Node) -> None:
    first = till.post("/api/sales", json=sale(line(), cash=245))
    again = till.post("/api/sales", json=sale(line(), cash=245))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == {**first.json, "repeated": True}
    assert terminal.store_db.count("order") == 1


def test_requests_with_one_id_at_the_same_moment_sell_once(till: FlaskClient, terminal: Node) -> None:
    app, key = till.application, till.environ_base["HTTP_AUTHORIZATION"]
    orders: list[str] = []

    def post() -> None:
        answer = app.test_client().post("/api/sales", json=sale(line(), cash=245), headers={"Authorization": key})
        orders.append(answer.json["order"]["_id"])

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(orders) == 8
    assert len(set(orders)) == 1
    assert terminal.store_db.count("order") == 1


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("no price for an open-price product", sale(line("4000005"), cash=100), "lines.0.price"),
    ("no price in what was sent", sale({"product": None, "name": "Box", "quantity": 1000}, cash=1), "lines.0.price"),
    ("a price without an amount", sale(line(price={"per": 1000}), cash=245), "lines.0.price.amount"),
    ("a negative quantity", sale(line(quantity=-1000), cash=245), "lines.0.quantity"),
    ("a quantity of nothing", sale(line(quantity=0), cash=245), "lines.0.quantity"),
    ("a quantity with a fraction", sale(line(quantity=1.5), cash=245), "lines.0.quantity"),
    ("a quantity in words", sale(line(quantity="2"), cash=245), "lines.0.quantity"),
    ("10^15 cents", sale(line(price={"amount": 10**15}), cash=10**15), "lines.0.price.amount"),
    ("10^15 cents in cash", sale(line(), cash=10**15), "tenders.0.amount"),
    ("a negative price", sale(line(price={"amount": -1}), cash=0), "lines.0.price.amount"),
    ("nothing paid", sale(line()), "tenders"),
    ("too little paid", sale(line(), cash=244), "tenders"),
    ("an empty cart", sale(cash=1), "lines"),
    ("no id", {"lines": [line()], "tenders": []}, "sale"),
    ("an id too short to be one", sale(line(), cash=245) | {"sale": "x"}, "sale"),
    ("a field that nobody knows", sale(line(), cash=245) | {"discout": 5}, "discout"),
]


@pytest.mark.parametrize(("request_body", "field"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_request_is_refused_with_reason_and_field_and_nothing_is_written(
    till: FlaskClient, terminal: Node, request_body: dict[str, Any], field: str
) -> None:
    before = terminal.store_db.last_n

    answer = till.post("/api/sales", json=request_body)

    assert answer.status_code == 400
    assert answer.json["error"] == "invalid"
    assert answer.json["field"] == field
    assert answer.json["reason"].endswith(".")
    assert terminal.store_db.last_n == before


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"sale"', b"\xff\xfe", b'{"lines": NaN}', b"[" * 5000, b'{"sale": 1e999}'],
    ids=["empty", "cut short", "a list", "a text", "no UTF-8", "NaN", "deep", "beyond a float"],
)
def test_what_is_no_json_object_is_refused(till: FlaskClient, terminal: Node, body: bytes) -> None:
    before = terminal.store_db.last_n

    answer = till.post("/api/sales", data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json["reason"]
    assert terminal.store_db.last_n == before


def test_a_form_of_another_site_is_no_request(till: FlaskClient) -> None:
    answer = till.post("/api/sales", data={"sale": "x"})

    assert answer.status_code == 415
    assert answer.json["error"] == "bad_content_type"


def test_a_request_beyond_the_limit_is_refused_unread(till: FlaskClient, terminal: Node) -> None:
    answer = till.post("/api/sales", data=b" " * (MOST + 1), content_type="application/json")

    assert answer.status_code == 413
    assert terminal.store_db.count("order") == 0


def test_a_total_that_the_window_did_not_show_is_refused_with_both(till: FlaskClient, terminal: Node) -> None:
    answer = till.post("/api/sales", json=sale(line(), cash=1000, total=200))

    assert answer.status_code == 409
    assert (answer.json["error"], answer.json["total"], answer.json["shown"]) == ("total_differs", 245, 200)
    assert terminal.store_db.count("order") == 0


def test_a_window_that_saw_more_than_the_server_knows_begins_a_new_series(till: FlaskClient, terminal: Node) -> None:
    answer = till.post("/api/sales", json=sale(line(), cash=245)).json
    first = answer["order"]
    assert answer["seen"] == till.get("/api/state").json["seen"]
    assert (answer["seen"]["series"], answer["seen"]["number"]) == (first["series"], 1)
    invented = {"series": first["series"], "number": 41}
    again = sale(line(), cash=245, seen=invented) | {"sale": "01JTESTSALE0000000000000002"}
    assert till.post("/api/sales", json=again).json["order"]["number"] == 2

    seen = terminal.till.told({**first, "number": 41})
    third = sale(line(), cash=245, seen=seen) | {"sale": "01JTESTSALE0000000000000003"}
    order = till.post("/api/sales", json=third).json["order"]

    assert order["series"] != first["series"]
    assert order["number"] == 1


def test_a_full_disk_is_said_in_words(till: FlaskClient, terminal: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(request: Any, actor: Any) -> Any:
        raise SaleError(507, "insufficient_storage", "The disk is full: the sale was not made.")

    monkeypatch.setattr(terminal.till, "sell", full)

    answer = till.post("/api/sales", json=sale(line(), cash=245))

    assert answer.status_code == 507
    assert "disk is full" in answer.json["reason"]


def test_nobody_sells_without_the_key(till: FlaskClient) -> None:
    stranger = till.application.test_client()

    for method, path in (("get", "/"), ("get", "/api/state"), ("post", "/api/sales"), ("get", "/api/events")):
        assert getattr(stranger, method)(path).status_code == 401


def test_another_sites_page_may_not_post(till: FlaskClient) -> None:
    answer = till.post("/api/sales", json=sale(line(), cash=245), headers={"Origin": "https://elsewhere.example"})

    assert answer.status_code == 403


def test_a_window_that_was_cut_off_learns_whether_its_sale_was_made(till: FlaskClient) -> None:
    request = sale(line(), cash=245)
    before = till.get(f"/api/sales/{request['sale']}")
    sold = till.post("/api/sales", json=request).json
    after = till.get(f"/api/sales/{request['sale']}")

    assert (before.status_code, before.json["error"]) == (404, "not_found")
    assert (after.status_code, after.json) == (200, {**sold, "repeated": True})


def test_the_receipt_comes_with_the_answer_where_a_window_prefers_it(till: FlaskClient) -> None:
    request = sale(line(), cash=245)
    lean = till.post("/api/sales", json=request).json
    whole = till.post("/api/sales", json=request, headers={"Prefer": "paper"}).json
    asked = till.get(f"/api/sales/{request['sale']}", headers={"Prefer": "paper"}).json
    drawn = till.get(f"/receipts/{lean['order']['_id']}?part=paper&codes=1").text

    assert "paper" not in lean
    assert whole["paper"] == asked["paper"] == drawn
    assert "Espresso" in drawn
