"""Erasing over the API: at a till with people, and at head office."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node, NodeConfig
from app.shop.importing import import_customers
from app.web import create_app
from app.web.keys import KeyRing
from app.web.users import api_key
from tests.web.till.shopfront import stock

ADA = {"_id": "customer:ada", "type": "customer", "schema": 1, "cards": ["c-1"], "name": "Ada Quillfeather"}
BODY = {"request": "erase-ada-0001", "reason": "asked"}


@pytest.fixture(params=["terminal", "office"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Node]:
    store = {"id": "s1-t1", "store": "s1"} if request.param == "terminal" else {"id": "office"}
    with Node(tmp_path / "n", NodeConfig(kind=request.param, **store)) as node:
        stock(node.company)
        node.company.put(ADA)
        node.database("store-s1").put(
            {"_id": "staff:gone", "type": "staff", "schema": 1, "name": "Quentin", "role": "cashier", "inactive": True}
        )
        yield node


def client(node: Node, key: str | None = None) -> FlaskClient:
    made = create_app(node).test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key or api_key(node.path)}"
    return made


def test_a_customer_is_found_erased_once_and_in_the_journal(node: Node) -> None:
    web = client(node)
    assert [row["id"] for row in web.get("/api/erasures/people?q=quillf").json["rows"]] == [ADA["_id"]]
    other = web.post("/api/customers/customer:ada/erase", json={**BODY, "reason": "by letter"})
    assert (other.status_code, other.json["field"]) == (400, "reason") and "asked, unused" in other.json["reason"]
    made = web.post("/api/customers/customer:ada/erase", json=BODY)
    assert (made.status_code, made.json["repeated"]) == (201, False)
    again = web.post("/api/customers/customer:ada/erase", json=BODY)
    assert (again.status_code, again.json["repeated"]) == (200, True)
    journal = web.get("/api/erasures").json
    assert [(row["about"], row["title"], row["reason"]) for row in journal["rows"]] == [
        ("customer:ada", "Erased customer", "The person asked for it")
    ]
    assert "Quillfeather" not in web.get("/api/erasures").text + web.get("/erasures").text
    assert web.get("/api/erasures/people?q=quillf").json["rows"] == []
    assert web.post("/api/customers/customer:nobody/erase", json={**BODY, "request": "another-0001"}).status_code == 404


def test_what_is_open_is_told_in_words_and_in_the_readers_language(node: Node) -> None:
    move = {"type": "ledger", "schema": 1, "account": "account:customer:ada", "amount": -1250}
    node.company.put({"_id": "ledger:order:x:1", **move, "at": "2026-11-22T10:00:00.000Z"})
    web = client(node)
    refused = web.post("/api/customers/customer:ada/erase", json=BODY)
    assert (refused.status_code, refused.json["error"]) == (409, "still_open")
    assert refused.json["words"] == ["They owe 12.50 on account: afterwards nobody can tell who."]
    chinese = web.post("/api/customers/customer:ada/erase", json=BODY, headers={"Accept-Language": "zh"})
    assert "12.50" in chinese.json["words"][0] and "欠" in chinese.json["words"][0]
    assert web.post("/api/customers/customer:ada/erase", json={**BODY, "despite": True}).status_code == 201


def test_somebody_who_left_the_staff_is_found_and_erased(node: Node) -> None:
    web = client(node)
    assert [row["kind"] for row in web.get("/api/erasures/people?q=quen").json["rows"]] == ["staff"]
    made = web.post("/api/people/staff:gone/erase", json={"request": "erase-q-0001", "reason": "left"})
    assert made.status_code == 201
    assert made.json["erasure"]["database"] == "store-s1"
    assert node.database("store-s1").get("staff:gone")["name"] == ""


def test_only_who_has_the_right_erases_or_reads_the_journal(tmp_path: Path) -> None:
    with Node(tmp_path / "t", NodeConfig(kind="terminal", id="s1-t1", store="s1")) as node:
        stock(node.company)
        node.company.put(ADA)
        sells = client(node, KeyRing(node.path).add("seller", ["sell", "customer_edit"]))
        assert sells.post("/api/customers/customer:ada/erase", json=BODY).status_code == 403
        assert sells.get("/api/erasures").status_code == 403
        erases = client(node, KeyRing(node.path).add("eraser", ["erase"]))
        assert erases.post("/api/customers/customer:ada/erase", json=BODY).status_code == 201
        assert erases.get("/api/erasures").status_code == 200


def test_an_import_brings_nobody_back(node: Node, tmp_path: Path) -> None:
    client(node).post("/api/customers/customer:ada/erase", json=BODY)
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,name\nada,Ada Quillfeather\nberta,Berta\n")
    report: Any = import_customers(file, node.company, reject_path=tmp_path / "rejects.csv")
    assert report.created == 1 and "erased" in (tmp_path / "rejects.csv").read_text()
    assert node.company.get("customer:ada")["name"] == ""
