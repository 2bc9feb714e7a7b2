"""Parked carts, customers, codes and tasks over the till's JSON API."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from app.node import Node
from app.shop import tasks
from app.shop.barcodes import check_digit
from tests.web.till.shopfront import line, product, sale

LINES = {
    "a": {"product": "product:4000001", "name": "Espresso", "quantity": 2000, "price": {"amount": 245, "per": 1000}},
    "b": {"product": "product:gone", "name": "A cake", "quantity": 1000, "price": {"amount": 400, "per": 1000}},
}  # fmt: skip


def park(till: FlaskClient, **fields: Any) -> dict[str, Any]:
    answer = till.post("/api/carts", json={"request": "01JCART0000000000000000001", "lines": LINES, **fields})
    assert answer.status_code in (200, 201), answer.json
    cart: dict[str, Any] = answer.json["cart"]
    return cart


def test_a_cart_is_parked_listed_taken_up_changed_and_put_back(till: FlaskClient) -> None:
    cart = park(till, name="Blue coat")
    assert till.get("/api/carts").json == {"rows": [cart]}
    assert (cart["name"], cart["on"], cart["holder"], cart["timezone"]) == ("Blue coat", "s1-t1", None, "Europe/Berlin")
    assert "gone" not in cart["lines"]["a"] and cart["lines"]["b"]["gone"]  # its product was deleted meanwhile
    url = f"/api/carts/{cart['id']}"
    taken = till.post(f"{url}/take", json={"window": "w1"}).json["cart"]
    assert taken["holder"]["window"] == "w1"
    held = till.post(f"{url}/take", json={"window": "w2"})
    assert (held.status_code, held.json["error"], held.json["holder"]["window"]) == (409, "held", "w1")
    assert till.post(f"{url}/take", json={"window": "w2", "over": True}).json["cart"]["holder"]["window"] == "w2"
    more = {**LINES, "c": LINES["a"]}
    changed = till.put(url, json={"rev": cart["rev"], "lines": more, "release": True})
    assert changed.json["joined"] and sorted(changed.json["cart"]["lines"]) == ["a", "b", "c"]
    assert till.get(url).json == changed.json["cart"]
    stale = till.delete(url, json={"rev": cart["rev"]})
    assert (stale.status_code, stale.json["cart"]) == (409, till.get(url).json)
    assert till.delete(url, json={"rev": changed.json["cart"]["rev"]}).json == {"deleted": True}
    assert till.get("/api/carts").json == {"rows": []} and till.get(url).status_code == 404
    assert till.put(url, json={"rev": cart["rev"], "lines": LINES}).json["error"] == "gone"


def test_parking_again_with_the_same_request_parks_once(till: FlaskClient) -> None:
    park(till)
    again = till.post("/api/carts", json={"request": "01JCART0000000000000000001", "lines": LINES})
    assert (again.status_code, again.json["repeated"]) == (200, True)
    for wrong in ({"lines": {}}, {"lines": LINES, "surprise": 1}, {"lines": LINES, "request": "x"}):
        assert till.post("/api/carts", json={"request": "01JCART0000000000000000002", **wrong}).status_code == 400


def test_a_cart_that_another_program_made_wrong_is_shown_as_far_as_it_goes(till: FlaskClient, terminal: Node) -> None:
    wrong = {"_id": "cart:odd", "type": "cart", "parked_at": 1, "lines": {"a": 1, "b": LINES["a"]}, "customer": 5}
    terminal.store_db.put(wrong)
    (row,) = till.get("/api/carts").json["rows"]
    assert list(row["lines"]) == ["b"] and row["customer"] is None


def test_customers_are_found_by_name_phone_mail_and_card_and_edited_by_revision(till: FlaskClient) -> None:
    anna = {
        "name": " Anna Smith ",
        "phone": "+49 30 1234567",
        "email": "anna@example.org",
        "cards": ["C100"],
        "group": "staff",
    }
    made = till.post("/api/customers", json={"request": "01JCUST0000000000000000001", **anna})
    assert made.status_code == 201 and made.json["customer"]["name"] == "Anna Smith"
    again = till.post("/api/customers", json={"request": "01JCUST0000000000000000001", **anna})
    assert (again.status_code, again.json["repeated"]) == (200, True)
    shown = made.json["customer"]
    for q in ("anna", "smi", "1234567", "anna@ex", "C100", "+49 30 1234567"):
        assert [row["id"] for row in till.get("/api/customers", query_string={"q": q}).json["rows"]] == [shown["id"]], q
    assert till.get("/api/customers?card=C100").json["rows"] == [shown]
    url = f"/api/customers/{shown['id']}"
    edited = till.put(url, json={"rev": shown["rev"], "phone": "555"}).json["customer"]
    assert (edited["phone"], edited["email"]) == ("555", "anna@example.org")
    late = till.put(url, json={"rev": shown["rev"], "phone": "777"})
    assert (late.status_code, late.json["error"], late.json["customer"]) == (409, "changed", edited)
    taken = till.post("/api/customers", json={"request": "01JCUST0000000000000000002", "name": "Bo", "cards": ["C100"]})
    assert (taken.status_code, taken.json["field"]) == (409, "cards")
    for wrong, field in (({"name": ""}, "name"), ({"name": 5}, "name"), ({"name": "x", "erased": True}, "erased")):
        answer = till.post("/api/customers", json={"request": "01JCUST0000000000000000003", **wrong})
        assert (answer.status_code, answer.json["field"]) == (400, field)


def test_a_customer_with_an_open_conflict_is_shown_and_only_the_field_in_question_waits(
    till: FlaskClient, terminal: Node
) -> None:
    base = {"_id": "customer:c", "type": "customer", "schema": 1, "name": "Carl"}
    rev = terminal.company.put({**base, "phone": "1"})
    terminal.company.put({**base, "phone": "2"}, rev=rev)
    other = {**base, "phone": "3", "_rev": "2-ffffffffffffffffffffffffffffffff"}
    other["_revisions"] = {"start": 2, "ids": ["f" * 32, rev[2:]]}
    terminal.company.bulk_docs([other], new_edits=False)
    shown = till.get("/api/customers/customer:c").json
    assert shown["conflict"] == {"phone": ["3", "2"]}
    answer = till.put("/api/customers/customer:c", json={"rev": shown["rev"], "phone": "4"})
    assert (answer.status_code, answer.json["error"], answer.json["field"]) == (409, "conflict", "phone")
    ok = till.put("/api/customers/customer:c", json={"rev": shown["rev"], "phone": "3", "email": "c@example.org"})
    assert ok.json["customer"]["email"] == "c@example.org" and ok.json["customer"]["conflict"]


def test_a_code_tells_its_weight_its_price_and_its_packing(till: FlaskClient, terminal: Node) -> None:
    ham = product("12345", "Ham", 2000, sold_by="measure", unit="kg", decimals=3)
    cola = product(
        "4006381333931",
        "Cola",
        100,
        units=[
            {
                "name": "box of 12",
                "quantity": 12000,
                "barcodes": ["14006381333938"],
                "price": {"amount": 999, "per": 1000},
            }
        ],
    )
    rules = [
        {"prefix": "21", "kind": "weight", "item": 5, "value": 5, "decimals": 3},
        {"prefix": "22", "kind": "price", "item": 5, "value": 5, "decimals": 2},
    ]
    settings = {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": {"codes": rules}}
    terminal.company.bulk_docs([ham, cola, settings])

    def row(code: str) -> Any:
        return till.get(f"/api/barcode/{code}").json["rows"][0]

    weighed = row("211234500750" + check_digit("211234500750"))
    assert (weighed["id"], weighed["quantity"], weighed["embedded"]) == ("product:12345", 750, "weight")
    priced = row("221234501500" + check_digit("221234501500"))
    assert (priced["line_price"], priced["quantity"]) == ({"amount": 1500, "per": 750}, 750)
    box = row("14006381333938")
    assert (box["quantity"], box["line_price"], box["sold_unit"]["name"]) == (
        12000,
        {"amount": 999, "per": 12000},
        "box of 12",
    )
    wrong = till.get("/api/barcode/2112345007501")
    assert (wrong.status_code, wrong.json["error"]) == (400, "bad_check_digit")
    assert "check digit" in wrong.json["reason"]


def test_a_product_with_variants_offers_them_and_stands_for_them_on_the_shelf(
    till: FlaskClient, terminal: Node
) -> None:
    kind = {"variant_of": "product:shirt", "category": "category:fruit"}
    sizes = [product(f"shirt-{size}", f"Shirt {size}", 1900, variant=size, **kind) for size in "SML"]
    terminal.company.bulk_docs([product("shirt", "Shirt", 1900, category="category:fruit"), *sizes])
    shelf = till.get("/api/products?category=category:fruit").json["rows"]
    assert [(row["name"], row["variants"]) for row in shelf] == [("Bananas", False), ("Shirt", True)]
    answer = till.get("/api/products/product:shirt/variants").json
    assert [row["variant"] for row in answer["rows"]] == ["L", "M", "S"] and answer["product"]["name"] == "Shirt"
    assert [row["name"] for row in till.get("/api/products?q=shirt m").json["rows"]] == ["Shirt M"]
    assert till.get("/api/products/product:nothing/variants").status_code == 404


def test_a_task_is_told_in_plain_words_until_somebody_has_seen_to_it(till: FlaskClient, terminal: Node) -> None:
    cart = park(till)
    for number in (1, 2):
        request = sale(line(id="a"), cash=1000) | {"sale": f"01JTESTSALE000000000000000{number}", "cart": cart["id"]}
        assert till.post("/api/sales", json=request).status_code == 201
    orders = [row["id"] for row in till.get("/api/receipts").json["rows"]]
    for found in tasks.carts_sold_twice(terminal.store_db, orders):
        tasks.write(terminal.store_db, found)
    tasks.write(terminal.company, tasks.task("from_tomorrow", "something"))
    newer, twice = sorted(till.get("/api/tasks").json["rows"], key=lambda row: row["database"])
    assert "something" in newer["text"]
    assert twice["title"] == "A parked cart was sold twice" and "S1-T1 · 1, S1-T1 · 2" in twice["text"]
    assert [receipt["label"] for receipt in twice["receipts"]] == ["S1-T1 · 1", "S1-T1 · 2"]
    done = till.post("/api/tasks/done", json={"id": twice["id"], "database": twice["database"]})
    assert done.status_code == 200 and [row["id"] for row in till.get("/api/tasks").json["rows"]] == [newer["id"]]
    assert till.post("/api/tasks/done", json={"id": "task:x:y", "database": "company"}).status_code == 404
    assert till.post("/api/tasks/done", json={"id": "task:x:y", "database": "_users"}).status_code == 404
