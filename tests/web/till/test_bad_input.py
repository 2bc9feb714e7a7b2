"""What comes in wrong at a till, each with its answer: a reason with its field, nothing half written, selling goes on.

Some have their tests where they belong; this is the whole list, and `test_the_list_is_whole` holds it:

    a product without a price           test_sales_api, test_selling (browser), and here in a parked cart
    a product deleted while parked      here
    a customer with an open conflict    test_carts_api, and sold to: here
    a negative quantity                 test_sales_api, test_sale; elsewhere than on a line: here
    10^15 cents                         test_sales_api; in every other field for money: here
    one barcode on two products         test_till_api, test_products; made while the till is open: here
    a clock a day off                   test_clock (shop and replicator); through the API: here
    guessed PINs                        test_people_api, test_signing_in, test_people (browser)
    a form posted from elsewhere        test_forgery: every route
    script in a product's name          test_till_api, test_receipts_api, test_selling; in every other name: here
"""

from __future__ import annotations

import ast
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from app.shop.desk import Contact
from app.shop.verify import verify_store
from tests.support.process import ROOT
from tests.web.till.shopfront import line, product, sale

TOO_MUCH = 10**15
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
DAY = 86_400_000

#: Where the answers that are not tested here are.
ELSEWHERE = {
    "web/till/test_sales_api.py": ["test_a_bad_request_is_refused_with_reason_and_field_and_nothing_is_written"],
    "browser/test_selling.py": [
        "test_an_open_price_is_asked_for",
        "test_script_in_a_products_name_is_text_on_the_page",
    ],
    "web/till/test_carts_api.py": [
        "test_a_customer_with_an_open_conflict_is_shown_and_only_the_field_in_question_waits",
    ],
    "shop/selling/test_sale.py": ["test_a_negative_quantity_must_say_that_it_is_a_return"],
    "web/till/test_till_api.py": [
        "test_a_barcode_answers_all_that_have_it",
        "test_script_in_a_products_name_stays_text",
    ],
    "shop/shifts/test_clock.py": [
        "test_a_clock_behind_the_last_document_never_turns_time_back",
        "test_opening_with_a_wrong_clock_needs_a_supervisor",
    ],
    "web/till/test_people_api.py": ["test_five_wrong_pins_lock_that_person_and_nobody_else"],
    "shop/people/test_signing_in.py": ["test_many_guesses_at_the_same_moment_are_no_more_than_the_rule_allows"],
    "web/till/test_forgery.py": ["test_a_form_posted_from_another_site_does_nothing"],
    "web/till/test_receipts_api.py": ["test_script_in_a_products_name_stays_text_on_paper"],
}


def test_the_list_is_whole() -> None:
    for file, tests in ELSEWHERE.items():
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert [test for test in tests if test not in there] == [], file


def parked(till: FlaskClient, *skus: str, **more: Any) -> dict[str, Any]:
    lines = {sku: {"product": f"product:{sku}", "name": f"Thing {sku}", "quantity": 1000, **more} for sku in skus}
    answer = till.post("/api/carts", json={"request": "01JBADINPUT000000000000001", "lines": lines})
    assert answer.status_code == 201, answer.json
    cart: dict[str, Any] = answer.json["cart"]
    return cart


def count(terminal: Node) -> dict[str, int]:
    return {type: terminal.store_db.count(type) for type in ("order", "shift", "cash", "event", "zreport")}


# -- products that changed while a cart waited ------------------------------------------------------------------------


def test_a_product_deleted_while_it_was_parked_is_sold_at_the_price_that_the_cart_has(
    till: FlaskClient, terminal: Node
) -> None:
    cart = parked(till, "4000001", price={"amount": 245, "per": 1000})
    doc = terminal.company.get("product:4000001")
    terminal.company.put({"_id": doc["_id"], "_rev": doc["_rev"], "_deleted": True})
    (row,) = till.get("/api/carts").json["rows"]
    assert row["lines"]["4000001"]["gone"]
    request = {**sale(line(id="4000001"), cash=245), "cart": cart["id"]}
    lacks = till.post("/api/sales", json=request)
    assert (lacks.status_code, lacks.json["field"]) == (400, "lines.0.price")
    assert lacks.json["reason"] == "Line 1: the catalogue lacks this product; key in a price."
    kept = row["lines"]["4000001"]
    request["lines"] = [line(id="4000001", name=kept["name"], price=kept["price"])]
    order = till.post("/api/sales", json=request).json["order"]

    assert [(each["name"], each["total"]) for each in order["lines"]] == [("Thing 4000001", 245)]
    assert till.get("/api/carts").json == {"rows": []}
    assert verify_store(terminal.store_db) == []


def test_a_product_whose_price_went_away_while_it_was_parked_asks_for_one(till: FlaskClient, terminal: Node) -> None:
    cart = parked(till, "4000001")
    doc = terminal.company.get("product:4000001")
    terminal.company.put({**doc, "price": None})
    assert till.get(f"/api/carts/{cart['id']}").status_code == 200
    answer = till.post("/api/sales", json={**sale(line(id="4000001"), cash=245), "cart": cart["id"]})
    assert (answer.status_code, answer.json["field"]) == (400, "lines.0.price")
    assert answer.json["reason"] == "Line 1: the price is missing."
    assert terminal.store_db.count("order") == 0 and till.get(f"/api/carts/{cart['id']}").status_code == 200


def test_a_barcode_that_a_second_product_gets_while_the_till_is_open_offers_both(
    till: FlaskClient, terminal: Node
) -> None:
    assert [row["id"] for row in till.get("/api/barcode/4000001").json["rows"]] == ["product:4000001"]
    terminal.company.put(product("twin", "Espresso, too", 250, barcodes=["4000001"]))
    both = {row["id"]: row["name"] for row in till.get("/api/barcode/4000001").json["rows"]}
    assert both == {"product:4000001": "Espresso", "product:twin": "Espresso, too"}


def test_a_customer_with_an_open_conflict_buys_as_anybody(till: FlaskClient, terminal: Node) -> None:
    base = {"_id": "customer:c", "type": "customer", "schema": 1, "name": "Carl"}
    rev = terminal.company.put({**base, "phone": "1"})
    terminal.company.put({**base, "phone": "2"}, rev=rev)
    other = {**base, "phone": "3", "_rev": "2-ffffffffffffffffffffffffffffffff"}
    other["_revisions"] = {"start": 2, "ids": ["f" * 32, rev[2:]]}
    terminal.company.bulk_docs([other], new_edits=False)
    answer = till.post("/api/sales", json={**sale(line(), cash=245), "customer": "customer:c"})

    assert answer.status_code == 201 and answer.json["order"]["customer"] == "customer:c"
    assert till.get("/api/customers?q=carl").json["rows"][0]["id"] == "customer:c"


# -- figures that can't be --------------------------------------------------------------------------------------------

LINES = {"a": {"product": "product:4000001", "name": "Espresso", "quantity": 1000, "price": {"amount": 245}}}
WRONG: list[tuple[str, str, dict[str, Any], str]] = [
    ("a float", "shifts", {"request": "open-00000001", "float": TOO_MUCH}, "float"),
    ("a float below zero", "shifts", {"request": "open-00000001", "float": -1}, "float"),
    ("a million million notes", "shifts",
     {"request": "open-00000001", "denominations": [{"value": 5000, "count": TOO_MUCH}]}, "denominations.0.count"),
    ("a tip", "sales", {**sale(line(), cash=245), "tip": TOO_MUCH}, "tip"),
    ("a discount", "sales", {**sale(line(), cash=245), "discounts": [{"kind": "manual", "amount": TOO_MUCH}]},
     "discounts.0.amount"),
    ("a discount below zero", "sales", {**sale(line(), cash=245), "discounts": [{"kind": "manual", "amount": -5}]},
     "discounts.0.amount"),
    ("a line's discount", "sales",
     sale(line(discounts=[{"kind": "manual", "amount": TOO_MUCH}]), cash=245), "lines.0.discounts.0.amount"),
    ("a percentage", "sales", {**sale(line(), cash=245), "discounts": [{"kind": "manual", "percent": TOO_MUCH}]},
     "discounts.0.percent"),
    ("a quantity", "sales", sale(line(quantity=TOO_MUCH), cash=245), "lines.0.quantity"),
    ("a total", "sales", {**sale(line(), cash=245), "total": TOO_MUCH}, "total"),
    ("a gift card", "sales",
     sale({"kind": "giftcard", "name": "Card", "quantity": 1000, "price": {"amount": TOO_MUCH}}, cash=1),
     "lines.0.price.amount"),
    ("a payment by card", "sales",
     {**sale(line()), "tenders": [{"kind": "card", "amount": TOO_MUCH, "reference": "1"}]}, "tenders.0.amount"),
    ("a coupon below zero", "sales", {**sale(line()), "tenders": [{"kind": "coupon", "amount": -245}]},
     "tenders"),
    ("a parked quantity", "carts",
     {"request": "01JBADINPUT000000000000002", "lines": {"a": {**LINES["a"], "quantity": TOO_MUCH}}},
     "lines.a.quantity"),
    ("a parked price", "carts",
     {"request": "01JBADINPUT000000000000002", "lines": {"a": {**LINES["a"], "price": {"amount": TOO_MUCH}}}},
     "lines.a.price.amount"),
    ("a price that is asked about", "price",
     {"cart": {"lines": [{"id": "a", "product": "product:4000001", "quantity": TOO_MUCH}]}}, "quantity"),
    ("a refund's quantity", "refunds",
     {"sale": "01JBADINPUT000000000000003", "order": "order:none", "lines": [{"line": "a", "quantity": -1000}]},
     "lines.0.quantity"),
    ("a returned quantity", "refunds/quote",
     {"sale": "01JBADINPUT000000000000003", "order": "order:none", "lines": [{"line": "a", "quantity": TOO_MUCH}]},
     "lines.0.quantity"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "field"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_figure_that_can_not_be_is_refused_with_its_field_and_nothing_is_written(
    till: FlaskClient, terminal: Node, path: str, body: dict[str, Any], field: str
) -> None:
    answer = till.post(f"/api/{path}", json=body)
    assert answer.status_code in (400, 409), (answer.status_code, answer.json)
    assert str(answer.json["field"]).endswith(field), answer.json
    assert answer.json["reason"].endswith(".") and "Traceback" not in answer.text
    assert set(count(terminal).values()) == {0} and terminal.store_db.count("cart") == 0


# -- a clock a day off ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [DAY, -DAY])
def test_with_a_clock_a_day_off_the_till_sells_says_so_and_writes_it_on_every_document(
    till: FlaskClient, terminal: Node, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    monkeypatch.setattr(terminal.till.desk, "contact", lambda: Contact(ahead=ahead))
    state = till.get("/api/shift").json
    assert state["clock_wrong"] and state["clock"]["off"] == ahead
    orders = [till.post("/api/sales", json={**sale(line(), cash=245), "sale": f"01JCLOCK{n:08}"}) for n in range(2)]
    written = [answer.json["order"] for answer in orders]

    assert [answer.status_code for answer in orders] == [201, 201]
    assert [order["clock"]["off"] for order in written] == [ahead, ahead]
    kinds = [record.doc()["kind"] for record in terminal.store_db.each("event")]
    assert kinds.count("clock") == 1
    assert verify_store(terminal.store_db) == []


# -- script in names --------------------------------------------------------------------------------------------------


def test_script_in_any_name_or_note_runs_on_no_page(till: FlaskClient, terminal: Node) -> None:
    terminal.company.put({**terminal.company.get("store:s1"), "name": SCRIPT, "header": [SCRIPT], "footer": [SCRIPT]})
    terminal.company.put({**terminal.company.get("product:4000001"), "name": SCRIPT})
    terminal.company.put({"_id": "tax:x", "type": "tax", "schema": 1, "name": SCRIPT[:60], "rate": 70_000})
    customer = {"request": "01JBADINPUT000000000000004", "name": SCRIPT, "note": SCRIPT}
    known = till.post("/api/customers", json=customer).json["customer"]["id"]
    shift = till.post("/api/shifts", json={"request": "open-00000001", "float": 0, "note": SCRIPT}).json["shift"]
    body = {
        **sale(line(note=SCRIPT), cash=245),
        "customer": known, "note": SCRIPT, "invoice": {"name": SCRIPT, "address": [SCRIPT]},
    }  # fmt: skip
    order = till.post("/api/sales", json=body).json["order"]
    parked(till, "4000001", note=SCRIPT)
    counted = {"request": "close-00000001", "counted": {"total": 0}, "note": SCRIPT}
    z = till.post(f"/api/shifts/{shift['_id']}/close", json=counted).json["zreport"]
    pages = ["/", "/people", "/sync", "/display", "/zreports", f"/zreports/{z['_id']}", f"/receipts/{order['_id']}"]
    pages += [f"/receipts/{order['_id']}?gift=1", f"/receipts/{order['_id']}?copy=1", "/api/docs"]
    for path in pages:
        page = till.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text and "<img src=x" not in page.text, path
        assert "default-src 'self'" in page.headers["Content-Security-Policy"], path
    for path in ("/api/state", "/api/carts", f"/api/customers/{known}", "/api/receipts"):
        answer = till.get(path)
        assert answer.mimetype == "application/json" and answer.headers["X-Content-Type-Options"] == "nosniff", path
    person = {"request": "01JBADINPUT000000000000005", "name": SCRIPT[:60], "role": "manager", "pin": "739151"}
    assert till.post("/api/people", json=person).status_code == 201
    assert "<script>alert" not in till.get("/").text and till.get("/api/session").mimetype == "application/json"
