"""Head office: sales of all stores, takings of the day, and a price that nobody overwrites unseen."""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient

from app.node import Node
from app.shop.till import Till
from app.web import words
from tests.web.till.shopfront import line, sale


def sell(node: Node, terminal: str, number: int, **request: Any) -> dict[str, Any]:
    """A sale as if it had arrived from `terminal`."""
    till = Till(node.company, node.directory.get("store-s1"), terminal=terminal, store_id="s1")
    body = {**sale(line(), cash=245), "sale": f"01JOFFICE{terminal}{number:05d}", **request}
    return till.sell(body)[0]


def test_sales_of_all_tills_are_listed_newest_first(office: FlaskClient, head_office: Node) -> None:
    sold = [sell(head_office, f"s1-t{1 + n % 2}", n)["_id"] for n in range(4)]

    rows = office.get("/api/sales").json["rows"]

    assert [row["id"] for row in rows] == sold[::-1]
    assert rows[0]["timezone"] == "Europe/Berlin"


def test_takings_add_up_by_store_and_terminal(office: FlaskClient, head_office: Node) -> None:
    for n in range(3):
        sell(head_office, "s1-t1", n)
    sell(head_office, "s1-t2", 9)

    [store] = office.get("/api/takings").json["rows"]

    assert (store["receipts"], store["total"], store["currency"]) == (4, 980, "EUR")
    assert [(till["terminal"], till["receipts"], till["total"]) for till in store["terminals"]] == [
        ("s1-t1", 3, 735),
        ("s1-t2", 1, 245),
    ]


def test_takings_of_a_store_without_sales_are_nothing(office: FlaskClient) -> None:
    [store] = office.get("/api/takings").json["rows"]

    assert (store["receipts"], store["total"], store["terminals"]) == (0, 0, [])


def test_a_price_is_edited_and_says_where(office: FlaskClient, head_office: Node) -> None:
    seen = office.get("/api/products/product:4000001").json

    answer = office.put("/api/products/product:4000001/price", json={"rev": seen["rev"], "price": {"amount": 260}})

    assert answer.status_code == 200
    assert answer.json["price"] == {"amount": 260, "per": 1000}
    assert answer.json["rev"].startswith("2-")
    doc = head_office.company.get("product:4000001")
    assert (doc["price"]["amount"], doc["updated_on"], doc["name"]) == (260, "office", "Espresso")


def test_an_edit_of_what_has_changed_since_writes_nothing_and_shows_both(
    office: FlaskClient, head_office: Node
) -> None:
    seen = office.get("/api/products/product:4000001").json
    office.put("/api/products/product:4000001/price", json={"rev": seen["rev"], "price": {"amount": 260}})

    answer = office.put("/api/products/product:4000001/price", json={"rev": seen["rev"], "price": {"amount": 300}})

    assert (answer.status_code, answer.json["error"]) == (409, "conflict")
    assert answer.json["current"]["price"]["amount"] == 260
    assert head_office.company.get("product:4000001")["price"]["amount"] == 260


def test_the_same_price_again_writes_nothing(office: FlaskClient) -> None:
    seen = office.get("/api/products/product:4000001").json

    answer = office.put("/api/products/product:4000001/price", json={"rev": seen["rev"], "price": seen["price"]})

    assert answer.json["rev"] == seen["rev"]


def test_bad_prices_are_refused_with_their_field(office: FlaskClient) -> None:
    rev = office.get("/api/products/product:4000001").json["rev"]
    path = "/api/products/product:4000001/price"

    def field(body: dict[str, Any]) -> tuple[int, str]:
        answer = office.put(path, json=body)
        return answer.status_code, answer.json["field"]

    assert field({"price": {"amount": 1}}) == (400, "rev")
    assert field({"rev": rev}) == (400, "price")
    assert field({"rev": rev, "price": {"amount": -1}}) == (400, "price.amount")
    assert field({"rev": rev, "price": {"amount": 10**15}}) == (400, "price.amount")
    assert field({"rev": rev, "price": {"amount": 1.5}}) == (400, "price.amount")
    assert field({"rev": rev, "price": 5})[0] == 400
    assert office.put("/api/products/product:none/price", json={"rev": rev, "price": {"amount": 1}}).status_code == 404


def test_the_page_and_a_receipt_of_any_store_open(office: FlaskClient, head_office: Node) -> None:
    order = sell(head_office, "s1-t1", 1)

    assert "Sales as they arrive" in office.get("/").text
    assert "EUR 2.45" in office.get(f"/receipts/{order['_id']}").text
    assert office.get("/receipts/order:none").status_code == 404


def test_a_receipt_says_its_store_s_time_at_head_office_too(office: FlaskClient, head_office: Node) -> None:
    order = sell(head_office, "s1-t1", 1)
    sold = datetime.fromisoformat(order["at"]).astimezone(ZoneInfo("Europe/Berlin"))
    assert sold.strftime("%-I:%M:%S") in office.get(f"/receipts/{order['_id']}").text


def test_an_office_without_stores_says_so_instead_of_failing(office: FlaskClient, head_office: Node) -> None:
    head_office.directory.delete("store-s1")

    assert office.get("/api/sales").json["rows"] == []
    assert office.get("/api/takings").json["rows"] == []


def test_an_order_that_is_none_hides_no_other(office: FlaskClient, head_office: Node) -> None:
    sold = sell(head_office, "s1-t1", 1)
    odd = {"type": "order", "at": 12, "lines": 5, "total": "x", "business_date": sold["business_date"]}
    head_office.directory.get("store-s1").put({"_id": "order:junk", **odd})

    assert {row["id"] for row in office.get("/api/sales").json["rows"]} == {sold["_id"], "order:junk"}
    assert office.get("/api/takings").json["rows"][0]["total"] == sold["total"]
    assert "can’t be read here" in office.get("/receipts/order:junk").text


def test_a_store_that_is_none_does_not_change_the_currency(office: FlaskClient, head_office: Node) -> None:
    head_office.company.put({"_id": "store:../Bad Id", "type": "store", "schema": 1, "digits": "x"})

    assert office.get("/api/state").json["currency"] == "EUR"


def test_times_are_those_of_the_store_and_not_of_greenwich(office: FlaskClient) -> None:
    with office.application.test_request_context("/central"):
        assert "9:38" in words.when("2026-11-22T20:38:00.000Z")


def test_prices_are_shown_in_the_money_of_most_stores(office: FlaskClient, head_office: Node) -> None:
    here = head_office.company.get("store:s1")
    for id, currency, digits in (("a1", "JPY", 0), ("s2", "EUR", 2)):
        head_office.database(f"store-{id}")
        head_office.company.put(
            {**without_rev(here), "_id": f"store:{id}", "id": id, "currency": currency, "digits": digits}
        )

    assert office.get("/api/state").json["currency"] == "EUR"  # not that of a1, which stands first
    for path in ("/products", "/prices"):
        page = html.unescape(office.get(path).text)
        assert "€1.39 here is ¥139 in Corner Shop." in page, path  # a product has one number
    jpy = head_office.company.get("store:a1")
    head_office.company.put({**jpy, "currency": "EUR", "digits": 2})
    assert "Stores with another currency" not in office.get("/products").text


def without_rev(doc: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in doc.items() if name != "_rev"}
