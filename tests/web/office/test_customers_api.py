"""Customers at head office: found among many, made, changed, put aside, from a file and to one; what they owe."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from tests.support.process import wait_until
from tests.web.office.test_office_api import sell
from tests.web.office.test_range_api import done
from tests.web.till.shopfront import line

ADA = {"request": "request-ada", "name": "Ada", "group": "trade", "phone": "0123 456", "cards": ["C-100"]}


def make(office: FlaskClient, **fields: Any) -> dict[str, Any]:
    answer = office.post("/api/customers", json={**ADA, **fields})
    assert answer.status_code == 201, answer.json
    return dict(answer.json["customer"])


def upload(office: FlaskClient, text: str, request: str = "request-file") -> dict[str, Any]:
    """What was found in a file."""
    path = f"/api/customers/import?request={request}&name=c.csv"
    answer = office.post(path, data=text.encode(), content_type="text/csv")
    assert answer.status_code == 202, answer.json
    job = done(office, request)
    assert job["state"] == "done", job
    return dict(job["result"])


def apply(office: FlaskClient, own: str, request: str = "request-file") -> dict[str, Any]:
    assert office.post(f"/api/customers/import/{request}/apply", json={"request": own}).status_code == 202
    return dict(done(office, own)["result"])


def test_a_customer_is_made_once_and_found_by_each_of_its_words(office: FlaskClient) -> None:
    make(office)
    assert office.post("/api/customers", json=ADA).status_code == 200
    for q in ("ada", "C-100", "0123"):
        assert [row["name"] for row in office.get(f"/api/customers?q={q}").json["rows"]] == ["Ada"]
    assert office.get("/api/customers?group=trade").json["rows"][0]["id"] == "customer:request-ada"
    assert office.get("/api/customers/groups").json["groups"] == {"trade": 1}


def test_tens_of_thousands_are_paged_by_name(office: FlaskClient, head_office: Node) -> None:
    docs = [
        {"_id": f"customer:{n:05d}", "type": "customer", "schema": 1, "name": f"N{n:05d}", "inactive": n % 2 == 1}
        for n in range(20_000)
    ]
    for start in range(0, len(docs), 1000):
        head_office.company.bulk_docs(docs[start : start + 1000])
    first = office.get("/api/customers?limit=100").json
    second = office.get(f"/api/customers?limit=100&after={first['next']}").json
    assert [row["name"] for row in first["rows"]][:2] == ["N00000", "N00002"]
    assert second["rows"][0]["name"] == "N00200"
    assert [row["name"] for row in office.get("/api/customers?q=n19998").json["rows"]] == ["N19998"]
    assert office.get("/api/customers?state=aside&limit=1").json["rows"][0]["name"] == "N00001"
    seen, after = 0, None
    while True:
        page = office.get(f"/api/customers?limit=100&state=aside{f'&after={after}' if after else ''}").json
        seen, after = seen + len(page["rows"]), page["next"]
        if after is None:
            break
    assert seen == 10_000


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"name": " "}, 400, "name"),
        ({"name": "x" * 201}, 400, "name"),
        ({"account_limit": -1}, 400, "account_limit"),
        ({"cards": ["a", "a"]}, 400, "cards"),
        ({"attributes": {"a": 1}}, 400, "attributes.a"),
        ({"strange": 1}, 400, "strange"),
        ({"request": "x"}, 400, "request"),
        ({"cards": ["C-100"]}, 409, "cards"),
    ],
)
def test_a_wrong_field_is_named(office: FlaskClient, wrong: dict[str, Any], status: int, field: str) -> None:
    make(office)
    answer = office.post("/api/customers", json={**ADA, "request": "request-new", "cards": [], **wrong})
    assert (answer.status_code, answer.json["field"]) == (status, field)


def test_an_edit_of_what_changed_since_shows_both(office: FlaskClient) -> None:
    row = make(office)
    path = f"/api/customers/{row['id']}"
    assert office.put(path, json={"rev": row["rev"], "account_limit": 5000}).status_code == 200
    answer = office.put(path, json={"rev": row["rev"], "account_limit": 7000, "note": "x"})
    assert (answer.status_code, answer.json["error"]) == (409, "changed")
    assert answer.json["current"]["account_limit"] == 5000
    aside = office.put(path, json={"rev": answer.json["current"]["rev"], "inactive": True})
    assert aside.json["customer"]["inactive"] is True
    assert office.get("/api/customers").json["rows"] == []


def test_what_they_bought_and_owe_is_told_with_its_age(office: FlaskClient, head_office: Node) -> None:
    row = make(office)
    head_office.company.put({"_id": "pricelist:trade", "type": "pricelist", "schema": 1, "name": "Trade",
                             "groups": ["trade"], "prices": {}})  # fmt: skip
    for number in (1, 2):
        order = sell(
            head_office, "s1-t1", number, lines=[line()], customer=row["id"],
            tenders=[{"kind": "account", "amount": 245}],
        )  # fmt: skip
    path = f"/api/customers/{row['id']}"
    page = office.get(f"{path}/purchases?limit=1").json
    assert page["rows"][0]["id"] == order["_id"] and page["next"] == order["_id"]
    assert len(office.get(f"{path}/purchases?before={page['next']}").json["rows"]) == 1

    wait_until(lambda: office.get(path).json["accounts"]["account"]["as_of"])
    told = office.get(path).json
    assert (told["accounts"]["account"]["balance"], told["accounts"]["account"]["text"]) == (-490, "-€4.90")
    assert told["accounts"]["credit"]["balance"] == 0
    assert [one["name"] for one in told["lists"]] == ["Trade"]
    statements = list(head_office.company.each("statement"))
    assert statements and all(record.id.startswith(f"statement:account:{row['id']}:") for record in statements)


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_looked_through_and_then_applied_once(office: FlaskClient, head_office: Node) -> None:
    before = head_office.company.update_seq
    text = "customer_id,name,account_limit,cards,address\n7,Bo,12.50,K-7,1 Lane|2 Town\n8,Cy,,,\n9,,x,,\n7,Twice,,,\n"
    found = upload(office, text)
    assert {name: found[name] for name in ("rows", "new", "changed", "unchanged", "wrong")} == {
        "rows": 4, "new": 2, "changed": 0, "unchanged": 0, "wrong": 2,
    }  # fmt: skip
    faults = office.get("/api/customers/import/request-file/rows").json["rows"]
    assert [(fault["line"], fault["key"], fault["column"]) for fault in faults] == [
        (4, "9", "account_limit"), (5, "7", "customer_id"),
    ]  # fmt: skip
    assert head_office.company.update_seq == before, "looking writes nothing"

    assert apply(office, "request-apply-1")["written"] == 2
    doc = head_office.company.get("customer:7")
    assert (doc["name"], doc["account_limit"], doc["cards"]) == ("Bo", 1250, ["K-7"])
    assert doc["address"] == ["1 Lane", "2 Town"]
    again = apply(office, "request-apply-2")
    assert (again["written"], again["left_out"]) == (0, 0)
    assert upload(office, text, "request-more")["unchanged"] == 2
    wrong = office.get("/api/customers/import/request-file/wrong.csv").get_data(as_text=True)
    assert "account_limit" in wrong and "9,,x" in wrong


def test_what_somebody_changed_since_it_was_looked_through_is_left_out(office: FlaskClient, head_office: Node) -> None:
    upload(office, "customer_id,name\n7,Bo\n8,Cy\n")
    head_office.company.put({"_id": "customer:7", "type": "customer", "schema": 1, "name": "Somebody"})
    out = apply(office, "request-apply")
    assert (out["written"], [row["name"] for row in out["left"]]) == (1, ["7"])
    assert head_office.company.get("customer:7")["name"] == "Somebody"


def test_an_export_is_safe_for_spreadsheets_and_comes_back_as_it_was(office: FlaskClient, head_office: Node) -> None:
    make(office, name="=HYPERLINK(1)", phone="+49 30", note='two\nlines, "quoted"', account_limit=990, cards=["007"])
    text = office.get("/api/customers/export").get_data(as_text=True)
    assert "'=HYPERLINK(1)" in text and "\n=HYPERLINK" not in text and ",=" not in text
    assert upload(office, text)["unchanged"] == 1
    plain = office.get("/api/customers/export?for=programs").get_data(as_text=True)
    assert "=HYPERLINK(1)" in plain and "'=" not in plain
    german = office.get("/api/customers/export?decimal=,").get_data(as_text=True)
    assert ";9,90;" in german and upload(office, german, "request-german")["unchanged"] == 1
    assert "HYPERLINK" not in office.get("/api/customers/export?state=aside").get_data(as_text=True)


@pytest.mark.parametrize("body", [b"", b"\x00\x01", b"name\nAda\n", b"\xff\xff\xff"])
def test_a_file_that_is_none_is_refused_in_words(office: FlaskClient, body: bytes) -> None:
    answer = office.post("/api/customers/import?request=request-file", data=body, content_type="text/csv")
    job = done(office, "request-file") if answer.status_code == 202 else answer.json
    assert job["reason"] and job.get("state", "failed") == "failed"


def test_a_file_of_products_is_none_of_customers(office: FlaskClient) -> None:
    data = b"product_id,name\n1,Tea\n"
    office.post("/api/range/import?request=request-file", data=data, content_type="text/csv")
    assert done(office, "request-file")["state"] == "done"
    assert office.get("/api/customers/import/request-file/rows").status_code == 404
    assert office.post("/api/customers/import/request-file/apply", json={"request": "x" * 20}).status_code == 404


#: Column → a row that is wrong there, twelve times.
WRONG = [
    ("customer_id", ",Nameless,,,,"),
    ("customer_id", "0,Again,,,,"),
    ("customer_id", "a b{n},Space,,,,"),
    ("customer_id", "4.00638E+12,Short,,,,"),
    ("customer_id", "erased,Back again,,,,"),
    ("name", "w{n}," + "x" * 201 + ",,,,"),
    ("account_limit", "w{n},P,cheap,,,"),
    ("account_limit", "w{n},P,-1,,,"),
    ("account_limit", "w{n},P,1.999,,,"),
    ("cards", "w{n},P,,mine,,"),
    ("inactive", "w{n},P,,,,perhaps"),
    ("", "w{n},P"),
]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_customers_of_which_one_per_cent_are_wrong_in_twelve_ways(
    office: FlaskClient, head_office: Node
) -> None:
    """Each wrong row is listed with its line, column and reason; the others are written, once."""
    make(office, cards=["mine"])
    erased = {"_id": "customer:erased", "type": "customer", "schema": 1, "name": "", "erased": True}
    head_office.company.put(erased)
    rows, expected = [], []
    for n in range(10_000):
        if n % 100 == 99:
            column, row = WRONG[n // 100 % len(WRONG)]
            expected.append((n + 2, column))
            rows.append(row.format(n=n))
        else:
            rows.append(f"{n},Name {n},{n % 900}.{n % 100:02d},K{n},{'trade' if n % 3 else ''},")
    text = "customer_id,name,account_limit,cards,group,inactive\n" + "\n".join(rows) + "\n"

    found = upload(office, text)

    assert (found["rows"], found["new"], found["wrong"]) == (10_000, 9_900, 100)
    listed = csv.DictReader(
        io.StringIO(office.get("/api/customers/import/request-file/wrong.csv").data.decode("utf-8-sig"))
    )
    told = [(int(row["line"]), row["column"], bool(row["reason"])) for row in listed]
    assert told == [(line, column, True) for line, column in expected]
    assert apply(office, "request-apply") == {"written": 9_900, "left_out": 0, "left": []}
    doc = head_office.company.get("customer:2346")
    assert (doc["account_limit"], doc["cards"], doc.get("group")) == (546 * 100 + 46, ["K2346"], None)
    again = upload(office, text, "request-again")
    assert (again["new"], again["changed"], again["unchanged"], again["wrong"]) == (0, 0, 9_900, 100)
