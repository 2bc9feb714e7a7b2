"""The history of a document, as a person and a program see it; bringing an older version back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.docs.database import Database
from app.node import Node, NodeConfig
from app.node import config as node_config
from app.shop.actor import ANYBODY
from app.shop.conflicts.case import seen
from app.shop.conflicts.resolve import resolve
from app.shop.editing import edit
from app.web import create_app
from tests.support.forks import fork, on
from tests.support.hub import Hub
from tests.web.conftest import client_of
from tests.web.till.shopfront import stock
from tests.web.till.test_people_api import CASHIER, MANAGER, Window, staffed, window

__all__ = ["staffed", "window"]  # fixtures of the people's tests

MILK = "product:4000001"
PAGE = f"/history/company/{MILK}"
API = f"/api/history/company/{MILK}"


def change(database: Database, id: str, by: str = "staff:ann", where: str = "s1-t1", **changes: Any) -> str:
    record = database.read(id)
    assert record is not None
    return str(edit(database, id, record.rev, changes, by=by, on=where)["_rev"])


def now(database: Database, id: str = MILK) -> str:
    record = database.read(id)
    assert record is not None
    return record.rev


def test_the_page_tells_who_changed_what_when_and_where(terminal: Node, till: FlaskClient) -> None:
    terminal.store_db.put({"_id": "staff:ann", "type": "staff", "schema": 1, "name": "Ann Lee", "role": "cashier"})
    change(terminal.company, MILK, name="Mlik", price={"amount": 199, "per": 1000})

    page = till.get(PAGE).text

    assert "<strong>Ann Lee</strong> · Till 1 · <time" in page
    assert "</span>€1.99</ins>" in page
    assert page.count("data-restore") == 1
    assert ">In use<" in page
    chinese = till.get(PAGE, headers={"Accept-Language": "zh"}).text
    assert ">正在使用<" in chinese and ">In use<" not in chinese


def test_what_is_no_longer_held_is_said_with_how_many(terminal: Node, till: FlaskClient) -> None:
    for n in range(4):
        change(terminal.company, MILK, name=f"Milk {n}")
    terminal.company.compact()

    assert "4 versions no longer held here" in till.get(PAGE).text
    told = till.get(API + "?central=1").get_json()
    assert (told["missing"], told["central"]) == (4, {"reached": False, "found": 0})
    assert [entry["kind"] for entry in told["entries"]] == ["unknown", "gap"]


def test_an_older_version_comes_back_once_and_only_over_what_was_seen(terminal: Node, till: FlaskClient) -> None:
    first = now(terminal.company)
    second = change(terminal.company, MILK, name="Mlik")
    asked = {"request": "restore-1", "rev": first, "seen": second}

    assert till.post(API + "/restore", json={**asked, "seen": first}).get_json()["error"] == "changed"
    done = till.post(API + "/restore", json=asked)
    again = till.post(API + "/restore", json=asked)

    assert (done.status_code, again.get_json()) == (200, done.get_json())
    assert now(terminal.company) == done.get_json()["rev"]
    assert done.get_json()["resolution"]["kind"] == "restored"
    assert "Older version brought back" in till.get(PAGE).text


def test_bad_requests_are_told_in_words(till: FlaskClient) -> None:
    assert till.get("/history/company/product:none").status_code == 404
    assert till.get("/history/secrets/product:milk").status_code == 404
    assert till.get("/api/history/company/product:none").status_code == 404
    assert till.post(API + "/restore", json={"request": "restore-1"}).status_code == 400
    wrong = till.post(API + "/restore", json={"request": "restore-1", "rev": "7", "seen": "1-a"})
    assert (wrong.status_code, wrong.get_json()["field"]) == (400, "rev")


def test_a_receipt_tells_who_made_it_and_offers_nothing(terminal: Node, till: FlaskClient) -> None:
    order = {
        "_id": "order:s1-t1.k1:00000001:aaaaaaaaaa",
        "type": "order",
        "schema": 2,
        "at": "2026-11-22T12:00:00.000Z",
    }
    terminal.store_db.put({**order, "terminal": "s1-t1", "cashier": None})

    page = till.get(f"/history/store-s1/{order['_id']}").text

    assert "written once" in page and "Till 1" in page
    assert "data-restore" not in page


def test_a_dispute_leads_to_the_decision_and_the_decision_may_be_taken_back(
    head_office: Node, office: FlaskClient
) -> None:
    company = head_office.company
    price = {"amount": 140, "per": 1000}
    rev, _ = fork(company, MILK, on("office", price=price), on("s1-t1", price={"amount": 150, "per": 1000}))
    assert "nobody has decided yet" in office.get(PAGE).text

    fingerprint = seen(company, MILK)
    assert fingerprint is not None
    done = resolve(
        company, MILK, request="request-1", seen=fingerprint, actor=ANYBODY, on="office", take=rev, note="shelf"
    )
    page = office.get(PAGE).text
    assert f'data-undo="{done["resolution"]["_id"]}"' in page
    assert "shelf" in page and "by a decision" in page

    change(company, MILK, name="Milk")
    assert "data-undo" not in office.get(PAGE).text


def test_the_drawing_opens_where_it_is_folded_without_a_script(head_office: Node, office: FlaskClient) -> None:
    for n in range(40):
        change(head_office.company, MILK, name=f"Milk {n}")
    page = office.get(PAGE).text
    assert "more edits" in page and '<details class="card history-details" >' in page
    key = page.split("?unfold=")[1].split("#")[0].split('"')[0]

    opened = office.get(PAGE, query_string={"unfold": key}).text

    assert opened.count('class="tree-node') > page.count('class="tree-node')
    assert "Fold again" in opened and 'history-details" open' in opened


def test_of_people_only_who_may_change_them_sees_what_they_were(
    window: Window, staffed: dict[str, str], terminal: Node
) -> None:
    at = f"history/store-s1/{staffed['Sam']}"
    nobody = create_app(terminal).test_client().get(f"/{at}")
    assert nobody.status_code in (302, 303, 401, 403)

    window.sign_in(staffed["Cleo"], CASHIER)
    status, refused = window.send("GET", at)
    assert (status, refused["error"]) == (403, "needs_approval")
    assert "Sam" not in window.client.get(f"/{at}").get_data(as_text=True)

    window.send("DELETE", "session")
    window.sign_in(staffed["Mia"], MANAGER)
    status, told = window.send("GET", at)
    assert (status, told["rev"]) == (200, now(terminal.store_db, staffed["Sam"]))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as hub:
        yield hub


def test_what_only_head_office_still_holds_is_fetched_on_a_click_and_brought_back(hub: Hub, tmp_path: Path) -> None:
    there = hub.node.directory.create("company")
    stock(there)
    revs = [now(there)]
    for n in range(3):
        revs.append(change(there, MILK, name=f"Milk {n}"))
    url, user, password = node_config.split_central(hub.url)
    config = NodeConfig(kind="terminal", id="s1-t1", store="s1", central_url=url, central_user=user)
    path = tmp_path / "s1-t1"
    path.mkdir()
    node_config.write_secret(path, "central", password or "")
    node = Node(path, config).start(links=False)
    try:
        stock(node.company)
        leaf = there.open_revs(MILK, "all", with_revs=True)[0]["ok"]
        assert node.company.bulk_docs([leaf], new_edits=False) == []
        node.company.compact()
        till = client_of(node)

        page = till.get(PAGE).text
        assert "3 versions no longer held here" in page and "Ask head office" in page and "data-restore" not in page
        asked = till.get(PAGE + "?central=1").text
        assert "3 versions came from there" in asked and asked.count("data-restore") == 3
        assert node.company.held(MILK) == [node.company.get(MILK)]  # looking keeps nothing

        done = till.post(API + "/restore", json={"request": "restore-1", "rev": revs[1], "seen": revs[3]})
        assert (done.status_code, node.company.get(MILK)["name"]) == (200, "Milk 0")

        hub.stop()
        away = till.get(PAGE + "?central=1").text
        assert "Head office can’t be reached" in away
        wanted = {"request": "restore-2", "rev": revs[2], "seen": done.get_json()["rev"]}
        assert till.post(API + "/restore", json=wanted).get_json()["error"] == "not_held"
    finally:
        node.stop()
