"""Stores at head office: made, changed, closed; the central prepared for one; linked without a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node, NodeConfig
from app.node import config as node_config
from couch.provision import provision
from tests.support.hub import ADMIN, PASSWORD, Hub
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy
from tests.web.conftest import client_of
from tests.web.office.test_office_api import sell

NEW = {
    "request": "01JSTORE000000000000000001",
    "id": "s2",
    "name": "Harbour",
    "currency": "EUR",
    "digits": 2,
    "timezone": "Europe/Berlin",
    "address": ["1 Quay", ""],
    "locations": [{"id": "floor", "name": "Sales floor"}, {"id": "shelf-1", "name": "Shelf 1", "within": "floor"}],
}


def test_a_store_is_made_once_however_often_it_is_asked_for(office: FlaskClient, head_office: Node) -> None:
    first = office.post("/api/stores", json=NEW)
    again = office.post("/api/stores", json=NEW)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["store"]["rev"] == again.json["store"]["rev"]
    assert first.json["store"]["address"] == ["1 Quay"]
    doc = head_office.company.get("store:s2")
    assert (doc["updated_on"], doc["locations"][1]["within"]) == ("office", "floor")
    wait_until(lambda: "s2" in head_office.stores())


def test_another_store_of_that_name_is_refused_at_its_field(office: FlaskClient) -> None:
    office.post("/api/stores", json=NEW)
    answer = office.post("/api/stores", json={**NEW, "name": "Elsewhere", "request": "01JSTORE000000000000000002"})

    assert (answer.status_code, answer.json["error"], answer.json["field"]) == (409, "taken", "id")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": "S 2"}, "id"),
        ({"id": ""}, "id"),
        ({"name": " "}, "name"),
        ({"currency": "euro"}, "currency"),
        ({"digits": 9}, "digits"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"day_start": "24:00"}, "day_start"),
        ({"header": ["x" * 200]}, "header.0"),
        ({"locations": [{"id": "a", "name": "A", "within": "b"}]}, "locations"),
        ({"locations": [{"id": "a", "name": "A", "within": "a"}]}, "locations"),
        ({"strange": 1}, "strange"),
        ({"request": "x"}, "request"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(
    office: FlaskClient, head_office: Node, wrong: dict[str, Any], field: str
) -> None:
    answer = office.post("/api/stores", json={**NEW, **wrong})

    assert (answer.status_code, answer.json["field"]) == (400, field)
    assert head_office.company.read("store:s2") is None


def test_an_edit_of_what_changed_since_shows_both_and_writes_nothing(office: FlaskClient, head_office: Node) -> None:
    rev = office.get("/api/stores/s1").json["rev"]
    office.put("/api/stores/s1", json={"rev": rev, "name": "First"})
    answer = office.put("/api/stores/s1", json={"rev": rev, "name": "Second"})

    assert (answer.status_code, answer.json["error"], answer.json["fields"]) == (409, "changed", ["name"])
    assert answer.json["current"]["name"] == "First"
    assert head_office.company.get("store:s1")["name"] == "First"
    assert office.put("/api/stores/s1", json={"rev": rev, "name": "First"}).status_code == 200


def test_the_currency_of_a_store_that_has_sold_stays(office: FlaskClient, head_office: Node) -> None:
    sell(head_office, "s1-t1", 1)
    rev = office.get("/api/stores/s1").json["rev"]
    answer = office.put("/api/stores/s1", json={"rev": rev, "currency": "USD"})

    assert (answer.status_code, answer.json["error"], answer.json["field"]) == (409, "store_sold", "currency")


def test_a_store_is_closed_and_opened_but_never_the_last_one(office: FlaskClient) -> None:
    rev = office.get("/api/stores/s1").json["rev"]
    assert office.put("/api/stores/s1", json={"rev": rev, "inactive": True}).json["error"] == "last_store"
    office.post("/api/stores", json=NEW)
    closed = office.put("/api/stores/s1", json={"rev": rev, "inactive": True}).json["store"]
    assert closed["inactive"] is True
    rows = office.get("/api/stores").json["rows"]
    assert [row["id"] for row in rows] == ["s2", "s1"]
    assert office.put("/api/stores/s1", json={"rev": closed["rev"], "inactive": False}).status_code == 200


def test_the_page_says_what_there_is(office: FlaskClient) -> None:
    page = office.get("/stores").get_data(as_text=True)
    assert "Corner Shop" in page and "Make a store" in page
    assert "新建门店" in office.get("/stores", headers={"Accept-Language": "zh"}).get_data(as_text=True)


# -- with a central ---------------------------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as running:
        provision(running.url, office={"id": "office", "password": "office-pass-1"}, iterations=10)
        yield running


@pytest.fixture
def linked(tmp_path: Path, hub: Hub) -> Iterator[Node]:
    config = NodeConfig(kind="office", id="office", central_url=f"http://127.0.0.1:{hub.port}", central_user="office")
    node_config.write_secret(tmp_path / "linked", "central", "office-pass-1")
    with Node(tmp_path / "linked", config) as node:
        yield node


def test_a_new_store_is_linked_as_soon_as_the_central_is_prepared(linked: Node, hub: Hub) -> None:
    office = client_of(linked)
    office.post("/api/stores", json=NEW)
    path = "/api/stores/s2/central"

    wait_until(lambda: office.get("/api/stores").json["rows"][0]["link"]["missing"])
    who = {"name": ADMIN, "password": PASSWORD}
    plan = office.post(path, json=who)
    assert plan.status_code == 200 and any("store-s2" in step for step in plan.json["steps"])
    assert "store-s2" not in hub.node.directory.names(), "looking changes nothing"

    assert office.post(path, json={**who, "apply": True}).status_code == 200
    hub.node.directory.get("store-s2").put({"_id": "from:a till"})
    wait_until(lambda: linked.directory.get("store-s2").read("from:a till") is not None)
    wait_until(lambda: office.get("/api/stores").json["rows"][0]["link"]["level"] == "ok")
    assert office.post(path, json=who).json["steps"] == []


def test_a_wrong_administrator_is_told_in_words_and_kept_nowhere(
    linked: Node, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    office = client_of(linked)
    office.post("/api/stores", json=NEW)
    for given, status in (
        ({}, 400),
        ({"name": "admin", "password": "guess-9183"}, 403),
        ({"name": "office", "password": "office-pass-1"}, 403),
    ):
        answer = office.post("/api/stores/s2/central", json=given)
        assert answer.status_code == status and answer.json["reason"]
    office.post("/api/stores/s2/central", json={"name": ADMIN, "password": PASSWORD, "apply": True})
    kept = b"".join(file.read_bytes() for file in linked.path.rglob("*") if file.is_file())
    assert PASSWORD.encode() not in kept and b"guess-9183" not in kept
    assert PASSWORD not in caplog.text and "guess-9183" not in caplog.text


def test_a_central_that_is_away_is_told_in_words(linked: Node, hub: Hub) -> None:
    office = client_of(linked)
    office.post("/api/stores", json=NEW)
    hub.stop()
    answer = office.post("/api/stores/s2/central", json={"name": ADMIN, "password": PASSWORD})
    assert answer.status_code == 502 and PASSWORD not in answer.get_data(as_text=True)


def test_it_is_prepared_as_by_the_command_and_what_was_left_alone_is_told(linked: Node, hub: Hub) -> None:
    office = client_of(linked)
    office.post("/api/stores", json=NEW)
    who, path = {"name": ADMIN, "password": PASSWORD}, "/api/stores/s2/central"
    assert office.post(path, json={**who, "apply": True}).json["notes"] == []
    terminal = {"type": "terminal", "schema": 1, "store": "store:s2", "incarnations": ["k7"]}
    for name in ("s2-t1", "s2-t2"):
        hub.node.directory.get("store-s2").put({"_id": f"terminal:{name}", "terminal": name, **terminal})
    provision(hub.url, terminals=[{"id": "s2-t2", "password": "of-tests"}], iterations=10)
    told = office.post(path, json=who).json
    assert told["notes"] == ["s2-t1 has no account at the central: replace it on the page Terminals."]
    assert told["steps"] == []


def test_settings_of_a_couchdb_are_set_and_those_of_somebody_are_told(tmp_path: Path, hub: Hub) -> None:
    with FaultProxy(f"http://127.0.0.1:{hub.port}") as proxy:
        apache = {"couchdb": "Welcome", "version": "3.5.2", "vendor": {"name": "The Apache Software Foundation"}}
        as_json = {"Content-Type": "application/json"}
        proxy.answer(200, json.dumps(apache), as_json, match="^GET /$")
        proxy.answer(200, '{"max_dbs_open": "77"}', as_json, match="^GET /_node/[^/]+/_config/")
        config = NodeConfig(kind="office", id="office", central_url=proxy.url, central_user="office")
        node_config.write_secret(tmp_path / "linked", "central", "office-pass-1")
        with Node(tmp_path / "linked", config) as node:
            office = client_of(node)
            office.post("/api/stores", json=NEW)
            told = office.post("/api/stores/s2/central", json={"name": ADMIN, "password": PASSWORD}).json
        assert "The setting couchdb/users_db_security_editable is set." in told["steps"]
        assert [note for note in told["notes"] if "max_dbs_open" in note] == [
            "The setting couchdb/max_dbs_open is 77, as somebody has set it, and stays so; 5000 would be ours."
        ]
