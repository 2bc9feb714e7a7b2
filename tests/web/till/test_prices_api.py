"""Prices over JSON: the book, what a product needs to be priced, what a cart would come to."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskClient

from app.node import Node
from app.shop.pricing import price


def stocked(node: Node) -> None:
    docs: list[dict[str, Any]] = [
        {"_id": "product:cup", "type": "product", "schema": 1, "sku": "cup", "name": "Cup", "barcodes": ["77"],
         "category": None, "sold_by": "unit", "price": {"amount": 500}},
        {"_id": "product:open", "type": "product", "schema": 1, "sku": "open", "name": "Open", "barcodes": ["78"],
         "category": None, "sold_by": "unit", "price": None},
        {"_id": "promotion:cups", "type": "promotion", "schema": 1, "name": "Cups", "kind": "buy", "buy": 1, "get": 1,
         "products": ["product:cup"]},
        {"_id": "promotion:staff", "type": "promotion", "schema": 1, "name": "Staff", "kind": "percent",
         "scope": "cart", "percent": 100_000, "groups": ["staff"]},
        {"_id": "customer:ann", "type": "customer", "schema": 1, "name": "Ann", "group": "staff"},
    ]  # fmt: skip
    for doc in docs:
        node.company.put(doc)


def test_a_page_can_price_a_product_by_what_the_api_tells_and_comes_to_the_servers_total(
    terminal: Node, till: FlaskClient
) -> None:
    stocked(terminal)
    shown = till.get("/api/barcode/77").json["rows"][0]
    book = till.get("/api/pricebook").json
    assert book["timezone"]
    line = {"id": "l1", "kind": "goods", "name": shown["name"], "quantity": 3000, **shown["pricing"]}
    told = till.post("/api/price", json={"cart": {"lines": [{"product": "product:cup", "quantity": 3000}]}})
    assert told.status_code == 200
    assert told.json["total"] == price({"lines": [line]}, book)["total"] == 1000
    assert told.json["promotions"] == [{"id": "promotion:cups", "name": "Cups", "amount": 500}]
    assert till.post("/api/price", json={"cart": {"lines": [{**line, "price": {"amount": 1}}]}}).json["total"] == 1000


def test_a_price_is_told_for_the_customers_group_and_nothing_is_written(terminal: Node, till: FlaskClient) -> None:
    stocked(terminal)
    before = terminal.store_db.last_n
    cart = {"customer": {"id": "customer:ann"}, "lines": [{"product": "product:cup", "quantity": 1000}]}
    assert till.post("/api/price", json={"cart": cart}).json["total"] == 450
    assert terminal.store_db.last_n == before


def test_what_a_sale_costs_is_what_the_price_was(terminal: Node, till: FlaskClient) -> None:
    stocked(terminal)
    lines = [{"product": "product:cup", "quantity": 3000}]
    total = till.post("/api/price", json={"cart": {"lines": lines}}).json["total"]
    sale = {"sale": "sale-price-1", "lines": lines, "tenders": [{"kind": "cash", "amount": total}], "total": total}
    sold = till.post("/api/sales", json=sale)
    assert sold.status_code == 201, sold.json
    assert sold.json["order"]["total"] == total
    assert sold.json["order"]["lines"][0]["discounts"] == [
        {"kind": "promotion", "id": "promotion:cups", "name": "Cups", "amount": 500}
    ]


def test_what_has_no_price_is_said_in_words_with_its_place(terminal: Node, till: FlaskClient) -> None:
    stocked(terminal)

    def refused(cart: Any) -> tuple[int, str, str]:
        answer = till.post("/api/price", data=json.dumps({"cart": cart}), content_type="application/json")
        return answer.status_code, answer.json["field"], answer.json["reason"]

    cup = {"product": "product:cup", "quantity": 1000}
    assert refused({"lines": [cup, {"product": "product:open", "quantity": 1000}]}) == (
        400, "cart.lines.1.keyed", "Line 2: the price is missing.",
    )  # fmt: skip
    much = {"quantity": 9_999_999_999, "name": "X", "price": {"amount": 10**12 - 1}}
    assert refused({"lines": [much]})[1:] == ("cart.lines.0.quantity", "Line 1: the amount is too large.")
    assert refused({"lines": [{**cup, "quantity": 0}]})[1] == "cart.lines.0.quantity"
    assert refused({"lines": [{**cup, "id": "a"}, {**cup, "id": "a"}]})[2] == "Two lines have one id."
    assert refused({})[1] == "cart.lines"


def test_a_keyed_price_and_a_returned_line_stand_as_the_page_has_them(terminal: Node, till: FlaskClient) -> None:
    stocked(terminal)
    fixed = {"amount": -700, "discounts": [{"kind": "manual", "amount": -70}], "total": -630, "tax": []}
    lines = [
        {"id": "a", "product": "product:cup", "quantity": 2000, "keyed": {"amount": 300}},
        {"id": "b", "product": "product:cup", "quantity": -1000, "fixed": fixed},
        {"id": "c", "product": None, "name": "Odds", "quantity": 1000, "keyed": {"amount": 5}},
    ]
    priced = till.post("/api/price", json={"cart": {"lines": lines}}).json
    assert [line["total"] for line in priced["lines"]] == [600, -630, 5]


def test_a_price_list_gives_a_price_to_what_the_catalogue_has_none_for(terminal: Node, till: FlaskClient) -> None:
    stocked(terminal)
    prices = [{"product": "product:open", "price": {"amount": 700}}]
    rule = {"type": "pricelist", "schema": 1, "name": "All", "currency": "EUR", "digits": 2, "prices": prices}
    terminal.company.put({"_id": "pricelist:all", **rule})
    lines = [{"product": "product:open", "quantity": 1000}]
    assert till.post("/api/price", json={"cart": {"lines": lines}}).json["total"] == 700
    sale = {"sale": "sale-price-2", "lines": lines, "tenders": [{"kind": "cash", "amount": 700}], "total": 700}
    order = till.post("/api/sales", json=sale).json["order"]
    assert (order["total"], order["lines"][0]["list"]) == (700, "pricelist:all")


def test_the_catalogues_own_price_keyed_again_is_no_price_by_hand(terminal: Node, till: FlaskClient) -> None:
    """Scripts that name each price, as the first version had to, get the promotions too."""
    stocked(terminal)
    lines = [{"product": "product:cup", "quantity": 2000, "price": {"amount": 500}}]
    sale = {"sale": "sale-price-3", "lines": lines, "tenders": [{"kind": "cash", "amount": 500}], "total": 500}
    assert till.post("/api/sales", json=sale).status_code == 201
