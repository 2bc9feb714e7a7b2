"""Head office on its first day: it says what comes first, until a store has goods and a till."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from app.node import Node, NodeConfig
from app.web import create_app
from app.web.reasons import plain
from tests.web.conftest import client_of
from tests.web.office.test_stores_api import NEW


def test_an_empty_head_office_says_what_comes_first(tmp_path: Path) -> None:
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        office = client_of(node)

        page = office.get("/").text

        assert "The first steps" in page
        for path in ("/stores", "/products", "/staff", "/terminals"):
            assert f'<a href="{path}">' in page
        assert '<li class="done">' not in page

        office.post("/api/stores", json=NEW).get_json()
        assert '<li class="done">' in office.get("/").text


def test_a_shop_at_work_is_told_nothing_of_the_kind(office: FlaskClient, head_office: Node) -> None:
    head_office.database("store-s1").put({"_id": "terminal:s1-t1", "type": "terminal", "store": "s1"})

    assert "The first steps" not in office.get("/").text


def test_what_is_to_be_decided_stands_beside_the_menu(office: FlaskClient) -> None:
    for path in ("/conflicts", "/conflicts?list=tasks", "/erasures"):
        page = office.get(path).text
        assert 'class="room-menu"' in page, path
        assert page.count("<main") == page.count("<h1") == 1, path
    assert 'aria-current="page"' in office.get("/erasures").text


def test_head_office_is_told_what_it_can_do_itself(head_office: Node, terminal: Node) -> None:
    said = {}
    for node in (head_office, terminal):
        with create_app(node).test_request_context("/"):
            said[node.kind] = plain("The database does not exist there.")

    assert said["terminal"] == "The central has no such database: ask head office."
    assert said["office"] == "The central is not prepared for this yet: the page Stores prepares it."


def test_a_price_list_and_a_promotion_are_told_with_the_names_of_their_goods(
    office: FlaskClient, head_office: Node
) -> None:
    meant = {"products": ["product:4000001"], "exclude_categories": ["category:gone"]}
    head_office.company.put({"_id": "promotion:p", "type": "promotion", "schema": 1, "name": "P", "kind": "percent",
                             "percent": 100000, **meant})  # fmt: skip

    names = office.get("/api/range/promotion/promotion:p").json["names"]

    assert names == {"product:4000001": head_office.company.get("product:4000001")["name"]}
