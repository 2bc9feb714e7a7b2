"""Customers at head office: found among many, made, changed, put aside, from a file and to one; what they owe."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from tests.support.process import wait_until
from tests.web.office.test_office_api import sell
from tests.web.till.shopfront import line

ADA = {"request": "request-ada", "name": "Ada", "group": "trade", "phone": "0123 456", "cards": ["C-100"]}


def make(office: FlaskClient, **fields: Any) -> dict[str, Any]:
    answer = office.post("/api/customers", json={**ADA, **fields})
    assert answer.status_code == 201, answer.json
    return dict(answer.json["customer"])


def upload(office: FlaskClient, text: str, request: str = "request-file") -> Any:
    return office.post(
        f"/api/customers/import?request={request}&name=c.csv", data=text.encode(), content_type="text/csv"
    )


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
    found = upload(office, text).json
    assert {name: found[name] for name in ("rows", "new", "changed", "unchanged", "wrong")} == {
        "rows": 4, "new": 2, "changed": 0, "unchanged": 0, "wrong": 2,
    }  # fmt: skip
    assert [(fault["line"], fault["column"]) for fault in found["faults"]] == [(4, "account_limit"), (5, "customer_id")]
    assert head_office.company.update_seq == before, "looking writes nothing"

    assert office.post("/api/customers/import/request-file/apply", json={}).json["written"] == 2
    doc = head_office.company.get("customer:7")
    assert (doc["name"], doc["account_limit"], doc["cards"]) == ("Bo", 1250, ["K-7"])
    assert doc["address"] == ["1 Lane", "2 Town"]
    again = office.post("/api/customers/import/request-file/apply", json={}).json
    assert (again["written"], again["left_out"]) == (0, 0)
    assert upload(office, text, "request-more").json["unchanged"] == 2
    wrong = office.get("/api/customers/import/request-file/wrong.csv").get_data(as_text=True)
    assert "account_limit" in wrong and "9,,x" in wrong


def test_what_somebody_changed_since_it_was_looked_through_is_left_out(office: FlaskClient, head_office: Node) -> None:
    upload(office, "customer_id,name\n7,Bo\n8,Cy\n")
    head_office.company.put({"_id": "customer:7", "type": "customer", "schema": 1, "name": "Somebody"})
    done = office.post("/api/customers/import/request-file/apply", json={}).json
    assert (done["written"], done["left"]) == (1, ["7"])
    assert head_office.company.get("customer:7")["name"] == "Somebody"


def test_an_export_is_safe_for_spreadsheets_and_comes_back_as_it_was(office: FlaskClient, head_office: Node) -> None:
    make(office, name="=HYPERLINK(1)", phone="+49 30", note='two\nlines, "quoted"', account_limit=990)
    text = office.get("/api/customers/export").get_data(as_text=True)
    assert "'=HYPERLINK(1)" in text and "\n=HYPERLINK" not in text and ",=" not in text
    assert upload(office, text).json["unchanged"] == 1
    plain = office.get("/api/customers/export?for=programs").get_data(as_text=True)
    assert "=HYPERLINK(1)" in plain and "'=" not in plain


@pytest.mark.parametrize("body", [b"", b"\x00\x01", b"name\nAda\n", b"\xff\xff\xff"])
def test_a_file_that_is_none_is_refused_in_words(office: FlaskClient, body: bytes) -> None:
    answer = office.post("/api/customers/import?request=request-file", data=body, content_type="text/csv")
    assert (answer.status_code, answer.json["field"]) == (400, "file") and answer.json["reason"]


def test_a_big_file_with_many_wrong_rows_lists_each(office: FlaskClient) -> None:
    rows = [f"{n},Name {n},{'bad' if n % 100 == 0 else '1.00'}" for n in range(1, 10_001)]
    found = upload(office, "customer_id,name,account_limit\n" + "\n".join(rows)).json
    assert (found["new"], found["wrong"], len(found["faults"])) == (9_900, 100, 100)
