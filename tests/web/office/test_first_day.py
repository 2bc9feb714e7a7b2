"""Head office on its first day: it says what comes first, until a store has goods and a till."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from app.node import Node, NodeConfig
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
