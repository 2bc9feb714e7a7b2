"""The range at head office over JSON: documents, many at once, planned prices, a promotion tried, files."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from app.shop.till import Till
from tests.web.office.test_office_api import sell

ESPRESSO = "product:4000001"
REQUEST = "01JRANGE{:018d}"


def done(office: FlaskClient, id: str, patience: float = 400.0) -> dict[str, Any]:
    """A job at its end."""
    until = time.monotonic() + patience
    while True:
        job: dict[str, Any] = office.get(f"/api/range/jobs/{id}").json
        if job["state"] != "running":
            return job
        assert time.monotonic() < until, job
        time.sleep(0.05)


def upload(office: FlaskClient, text: str | bytes, number: int = 1, **how: str) -> dict[str, Any]:
    data = text.encode() if isinstance(text, str) else text
    query = {"request": REQUEST.format(number), "name": "range.csv", **how}
    answer = office.post("/api/range/import", query_string=query, data=data, content_type="text/csv")
    assert answer.status_code == 202, answer.json
    return done(office, query["request"])


# -- documents -------------------------------------------------------------------------------------------------------


def test_a_product_is_made_once_however_often_it_is_sent(office: FlaskClient) -> None:
    body = {"request": REQUEST.format(1), "sku": "tea", "name": "Tea", "price": {"amount": 450, "per": 1000}}
    first = office.post("/api/range/product", json=body)
    again = office.post("/api/range/product", json=body)
    assert (first.status_code, again.status_code, again.json["repeated"]) == (201, 200, True)
    assert again.json["doc"]["rev"] == first.json["doc"]["rev"]
    other = office.post("/api/range/product", json={**body, "name": "Another"})
    assert (other.status_code, other.json["field"]) == (409, "sku")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"price": {"amount": -1}}, "price.amount"),
        ({"price": 5}, "price"),
        ({"category": "category:none"}, "category"),
        ({"taxes": ["tax:none"]}, "taxes"),
        ({"stores": ["store:none"]}, "stores"),
        ({"deposit": "product:x1"}, "deposit"),
        ({"variant_of": "product:none"}, "variant_of"),
        ({"bundle": [{"product": "product:none", "quantity": 1000}]}, "bundle"),
        ({"units": [{"name": "box"}]}, "units.0.quantity"),
        ({"min_age": 999}, "min_age"),
        ({"colour": "red"}, "colour"),
        ({"barcodes": ["a", "a"]}, "barcodes"),
        ({"sku": ""}, "sku"),
    ],
)
def test_a_field_at_fault_is_named_and_nothing_is_written(
    office: FlaskClient, head_office: Node, fields: dict[str, Any], field: str
) -> None:
    last = head_office.company.last_n
    body = {"request": REQUEST.format(1), "sku": "x1", "name": "X", "price": None, **fields}
    answer = office.post("/api/range/product", json=body)
    assert (answer.status_code, answer.json["field"]) == (400, field), answer.json
    assert answer.json["reason"] and head_office.company.last_n == last


def test_an_edit_that_came_second_is_told_both_values_and_overwrites_nothing(office: FlaskClient) -> None:
    seen = office.get(f"/api/range/product/{ESPRESSO}").json
    office.put(f"/api/range/product/{ESPRESSO}", json={"rev": seen["rev"], "name": "Theirs", "brand": "B"})
    answer = office.put(f"/api/range/product/{ESPRESSO}", json={"rev": seen["rev"], "name": "Mine"})
    assert (answer.status_code, answer.json["fields"]) == (409, ["name"])
    assert (answer.json["current"]["name"], answer.json["current"]["brand"]) == ("Theirs", "B")
    assert office.get(f"/api/range/product/{ESPRESSO}").json["name"] == "Theirs"


def test_a_code_that_two_products_have_is_told(office: FlaskClient) -> None:
    body = {"request": REQUEST.format(1), "sku": "twin", "name": "Twin", "barcodes": ["4000001"]}
    made = office.post("/api/range/product", json=body).json["doc"]
    assert made["doubles"] == [{"code": "4000001", "id": ESPRESSO, "name": "Espresso"}]
    assert office.get("/api/range/doubles?code=4000001").json["rows"][0]["id"]


def test_categories_lie_in_no_circle(office: FlaskClient) -> None:
    upper = office.post("/api/range/category", json={"request": REQUEST.format(1), "name": "Upper"}).json["doc"]
    lower = {"request": REQUEST.format(2), "name": "Lower", "parent": upper["id"], "colour": "#112233"}
    made = office.post("/api/range/category", json=lower).json["doc"]
    answer = office.put(f"/api/range/category/{upper['id']}", json={"rev": upper["rev"], "parent": made["id"]})
    assert (answer.status_code, answer.json["field"]) == (400, "parent")


def test_a_tax_is_made_and_changed(office: FlaskClient) -> None:
    tax = {"request": REQUEST.format(1), "name": "VAT", "rate": 190_000}
    made = office.post("/api/range/tax", json=tax).json["doc"]
    answer = office.put(f"/api/range/tax/{made['id']}", json={"rev": made["rev"], "rate": 200_000})
    assert answer.json["doc"]["rate"] == 200_000
    assert [row["id"] for row in office.get("/api/range/tax").json["rows"]] == ["tax:vat"]


def test_products_are_found_by_words_code_category_state_and_store(office: FlaskClient, head_office: Node) -> None:
    two = {"type": "store", "schema": 1, "id": "s2", "name": "Two", "currency": "EUR", "digits": 2}
    head_office.company.put({"_id": "store:s2", **two})
    doc = head_office.company.get("product:4000002")
    head_office.company.put({**doc, "inactive": True})
    doc = head_office.company.get(ESPRESSO)
    head_office.company.put({**doc, "stores": ["store:s1"]})

    def ids(query: str) -> set[str]:
        return {row["id"].partition(":")[2] for row in office.get(f"/api/range/products?{query}").json["rows"]}

    assert ids("q=espr") == ids("q=4000001") == {"4000001"}
    assert "4000002" not in ids("") and "4000002" in ids("state=aside") and "4000002" in ids("state=all")
    assert ids("category=category:fruit") == {"4000004"}
    assert "4000001" in ids("store=store:s1") and "4000001" not in ids("store=store:s2")
    assert office.get("/api/range/products?state=odd").status_code == 400


def test_a_list_comes_in_pages(office: FlaskClient) -> None:
    found, after = [], ""
    while True:
        page = office.get(f"/api/range/products?limit=2&after={after}").json
        found += [row["id"] for row in page["rows"]]
        after = page["next"]
        if not after:
            break
    assert len(found) == len(set(found)) == len(office.get("/api/range/products").json["rows"])


def test_a_picture_is_bounded_and_must_be_one(office: FlaskClient) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 100
    made = office.post("/api/range/pictures?name=tea", data=png, content_type="image/png")
    assert made.status_code == 201
    assert office.get(f"/api/pictures/{made.json['picture']}").data == png
    assert office.post("/api/range/pictures", data=png, content_type="image/png").json == made.json
    for data, kind, status in (
        (b"<svg onload='x'/>", "image/svg+xml", 415),
        (b"GIF89a" + b"0" * 600_000, "image/gif", 413),
        (b"<html>", "image/png", 400),
    ):
        assert office.post("/api/range/pictures", data=data, content_type=kind).status_code == status


def test_many_are_changed_at_once_and_what_somebody_else_changed_is_left_out(
    office: FlaskClient, head_office: Node
) -> None:
    rows = office.get("/api/range/products").json["rows"]
    doc = head_office.company.get(ESPRESSO)
    head_office.company.put({**doc, "name": "Theirs"})
    body = {"request": REQUEST.format(1), "products": [{"id": row["id"], "rev": row["rev"]} for row in rows]}
    started = office.post("/api/range/many", json={**body, "changes": {"brand": "House"}})
    assert started.status_code == 202
    job = done(office, REQUEST.format(1))
    assert (job["result"]["written"], job["result"]["left_out"]) == (len(rows) - 1, 1)
    assert job["result"]["left"][0]["id"] == ESPRESSO
    assert head_office.company.get("product:4000003")["brand"] == "House"


# -- prices ----------------------------------------------------------------------------------------------------------


def test_a_planned_price_is_drafted_written_shown_with_the_product_and_called_off(office: FlaskClient) -> None:
    what = {"prices": [{"product": ESPRESSO, "price": {"amount": 260, "per": 1000}}]}
    draft = office.post("/api/range/plans/draft", json={"what": what}).json
    assert (draft["count"], draft["down"], draft["rows"][0]["was"]["amount"]) == (1, 0, 245)
    body = {"request": REQUEST.format(1), "starts": "2099-01-05", "starts_at": "06:00", "what": what}
    plan = office.post("/api/range/plans", json=body).json
    assert (plan["name"], plan["state"], plan["entries"][0]["now"]["amount"]) == ("Espresso", "planned", 245)
    [told] = office.get(f"/api/range/product/{ESPRESSO}").json["planned"]
    assert (told["starts"], told["price"]["amount"]) == ("2099-01-05", 260)
    off = office.put(f"/api/range/plans/{plan['id']}", json={"revs": plan["revs"], "inactive": True}).json
    assert off["state"] == "off" and office.get(f"/api/range/product/{ESPRESSO}").json["planned"] == []


def test_a_price_that_was_planned_holds_at_a_till_and_leaves_its_old_receipts_alone(
    office: FlaskClient, head_office: Node
) -> None:
    """The moment is past in the documents, as it is when the clock has reached it."""
    before = sell(head_office, "s1-t1", 1)
    entry = {"product": ESPRESSO, "price": {"amount": 260, "per": 1000}}
    head = {"type": "pricelist", "schema": 1, "name": "Monday", "currency": "EUR", "digits": 2}
    head_office.company.put(
        {"_id": "pricelist:plan", **head, "catalogue": True, "starts": "2020-01-06", "prices": [entry]}
    )
    till = Till(head_office.company, head_office.directory.get("store-s1"), terminal="s1-t2", store_id="s1")
    after = sell(head_office, "s1-t2", 2, tenders=[{"kind": "cash", "amount": 260}])
    assert (before["total"], after["total"]) == (245, 260)
    receipt = till.receipt(before["_id"])
    assert receipt is not None and receipt["total"] == 245


def test_a_file_of_prices_says_which_rows_can_not_be_used(office: FlaskClient) -> None:
    text = "barcode;price\n4000001;2,60\nnone;1,00\n4000002;\n"
    answer = office.post("/api/range/plans/file", data=text.encode(), content_type="text/csv").json
    assert answer["prices"] == [{"product": ESPRESSO, "price": {"amount": 260, "per": 1000}}]
    assert [row["line"] for row in answer["wrong"]] == [3, 4]


# -- promotions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promotion", "quantity", "given"),
    [
        ({"kind": "percent", "percent": 100_000}, 2, 49),
        ({"kind": "amount", "amount": 45}, 2, 90),
        ({"kind": "price", "price": {"amount": 200, "per": 1000}}, 2, 90),
        ({"kind": "buy", "buy": 2, "get": 1}, 3, 245),
        ({"kind": "count", "count": 3, "price": {"amount": 500, "per": 1000}}, 3, 235),
        ({"kind": "mix", "parts": [{"products": [ESPRESSO], "count": 2}], "percent": 500_000}, 2, 245),
        ({"kind": "percent", "percent": 100_000, "scope": "cart"}, 2, 49),
        ({"kind": "percent", "percent": 100_000, "starts": "2099-01-01"}, 2, 0),
    ],
)
def test_each_kind_of_promotion_is_tried_on_a_cart_before_it_is_written(
    office: FlaskClient, head_office: Node, promotion: dict[str, Any], quantity: int, given: int
) -> None:
    last = head_office.company.last_n
    lines = [{"product": ESPRESSO, "quantity": quantity * 1000}]
    body = {"promotion": {"name": "Trial", **promotion}, "store": "store:s1", "lines": lines}
    answer = office.post("/api/range/promotions/try", json=body).json
    assert (answer["given"], answer["without"] - answer["total"]) == (given, given), answer
    assert head_office.company.last_n == last


def test_a_promotion_that_can_not_be_names_its_field(office: FlaskClient) -> None:
    body = {"promotion": {"kind": "percent"}, "lines": [{"product": ESPRESSO, "quantity": 1000}]}
    answer = office.post("/api/range/promotions/try", json=body)
    assert (answer.status_code, answer.json["field"]) == (400, "percent")
    made = office.post("/api/range/promotion", json={"request": REQUEST.format(1), "name": "X", "kind": "odd"})
    assert (made.status_code, made.json["field"]) == (400, "kind")


# -- files -----------------------------------------------------------------------------------------------------------


def test_an_export_comes_back_and_changes_nothing(office: FlaskClient, head_office: Node) -> None:
    text = office.get("/api/range/export").data
    last = head_office.company.last_n
    result = upload(office, text)["result"]
    assert (result["new"], result["changed"], result["wrong"]) == (0, 0, 0) and result["unchanged"] > 5
    assert head_office.company.last_n == last


def test_a_file_is_looked_through_applied_and_called_off(office: FlaskClient, head_office: Node) -> None:
    text = "product_id,name,price\n4000001,Espresso,2.60\nnew,New,1\nbad,,1\n"
    last = head_office.company.last_n
    job = upload(office, text)
    assert {name: job["result"][name] for name in ("new", "changed", "wrong")} == {"new": 1, "changed": 1, "wrong": 1}
    assert head_office.company.last_n == last
    [wrong] = office.get(f"/api/range/import/{job['id']}/rows").json["rows"]
    assert (wrong["line"], wrong["column"], wrong["reason"]) == (4, "name", "The name is missing.")
    [changed] = office.get(f"/api/range/import/{job['id']}/rows?kind=changed").json["rows"]
    assert changed["changes"] == [["price", "2.45", "2.60"]]
    applied = office.post(f"/api/range/import/{job['id']}/apply", json={"request": REQUEST.format(2)})
    assert applied.status_code == 202
    assert done(office, REQUEST.format(2))["result"]["written"] == 2
    assert head_office.company.get(ESPRESSO)["price"]["amount"] == 260
    assert office.delete(f"/api/range/jobs/{REQUEST.format(2)}").json["state"] == "done"


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"name\nTea\n", b"product_id\n1\n"])
def test_what_is_no_file_of_products_is_one_sentence(office: FlaskClient, data: bytes) -> None:
    query = {"request": REQUEST.format(1)}
    answer = office.post("/api/range/import", query_string=query, data=data, content_type="text/csv")
    job = done(office, REQUEST.format(1)) if answer.status_code == 202 else answer.json
    assert job["reason"] and job.get("state", "failed") == "failed"


def test_what_is_unknown_or_too_large_is_refused(office: FlaskClient) -> None:
    assert office.get("/api/range/jobs/none").status_code == 404
    assert office.get("/api/range/import/none/rows").status_code == 404
    assert office.post("/api/range/import?request=01JRANGEX0000000000000001", json={}).status_code == 415
    query = {"request": REQUEST.format(1), "encoding": "ebcdic"}
    answer = office.post("/api/range/import", query_string=query, data=b"x", content_type="text/csv")
    assert (answer.status_code, answer.json["field"]) == (400, "encoding")


def test_a_price_list_as_long_as_one_may_be_is_read_and_written(office: FlaskClient, head_office: Node) -> None:
    rows = [{"product": ESPRESSO, "least": n, "price": {"amount": 200, "per": 1000}} for n in range(20_000)]
    body = {"request": REQUEST.format(1), "name": "Trade", "currency": "EUR", "digits": 2, "prices": rows}
    made = office.post("/api/range/pricelist", json=body)
    assert made.status_code == 201, made.json
    doc = office.get(f"/api/range/pricelist/{made.json['doc']['id']}").json
    assert (len(doc["prices"]), doc["names"]) == (20_000, {ESPRESSO: "Espresso"})
    change = {"rev": doc["rev"], "prices": [*rows[1:], {"product": ESPRESSO, "least": 30_000, "price": {"amount": 1}}]}
    assert office.put(f"/api/range/pricelist/{doc['id']}", json=change).status_code == 200
    large = office.post("/api/range/promotion", data=b" " * 1_000_001, content_type="application/json")
    assert large.status_code == 413


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_thousand_rows_of_which_one_per_cent_are_wrong_in_twelve_ways(
    office: FlaskClient, head_office: Node
) -> None:
    """Each wrong row is listed with its line, column and reason; the others are written, once."""
    ways = {
        ("product_id", ",Nameless,1,{n},Food"): "missing",
        ("product_id", "0,Again,1,{n},Food"): "twice",
        ("product_id", "a b{n},Space,1,{n},Food"): "space",
        ("name", "w{n},,1,{n},Food"): "no name",
        ("name", "w{n}," + "x" * 201 + ",1,{n},Food"): "long",
        ("price", "w{n},P,cheap,{n},Food"): "no amount",
        ("price", "w{n},P,-1,{n},Food"): "negative",
        ("price", "w{n},P,1.999,{n},Food"): "decimals",
        ("barcode", "w{n},P,1,4.00638E+12,Food"): "shortened",
        ("barcode", "w{n},P,1,4000001,Food"): "another's",
        ("category", "w{n},P,1,{n},category:none"): "no category",
        ("", "w{n},P,1"): "columns",
    }
    wrong = list(ways)
    rows, expected = [], []
    for n in range(50_000):
        if n % 100 == 99:
            column, row = wrong[n // 100 % len(wrong)]
            expected.append((n + 2, column))
            rows.append(row.format(n=n))
        else:
            rows.append(f"{n},Product {n},{n % 1000}.{n % 100:02d},9{n:08d},Food {n % 40}")
    text = "product_id,name,price,barcode,category\n" + "\n".join(rows) + "\n"

    job = upload(office, text)

    result = job["result"]
    assert (job["state"], result["rows"], result["new"], result["wrong"]) == ("done", 50_000, 49_500, 500)
    listed = csv.DictReader(
        io.StringIO(office.get(f"/api/range/import/{job['id']}/wrong.csv").data.decode("utf-8-sig"))
    )
    found = [(int(row["line"]), row["column"], bool(row["reason"])) for row in listed]
    assert found == [(line, column, True) for line, column in expected]
    office.post(f"/api/range/import/{job['id']}/apply", json={"request": REQUEST.format(2)})
    assert done(office, REQUEST.format(2))["result"] == {"written": 49_500, "left_out": 0, "left": []}
    assert head_office.company.get("product:12345")["price"] == {"amount": 34545, "per": 1000}
    again = upload(office, text, 3)["result"]
    assert (again["new"], again["changed"], again["unchanged"], again["wrong"]) == (0, 0, 49_500, 500)
